//! What a token claims, each claim of the type it must have.
//!
//! RFC 7519 §4.1 for the registered claims; Entra's access token reference for `tid`, `oid`, `scp`, `roles`,
//! `idtyp`. In comes the payload, out come [`Claims`]; a claim of a wrong type refuses the token even where the
//! claim is optional, because a check that skips what it cannot read is no check. Nothing here says that
//! the claims are true: the signature does.

use odata::value::guid;
use serde_json::{Map, Value};

use super::refusal::{Part, TokenRefusal};
use super::token::object;
use super::{Caller, CallerKind, Tenant};
use crate::issuer::PERSONAL_TENANT;

/// How far two clocks may be apart, in seconds.
const LEEWAY: f64 = 60.0;

/// The claims that matter.
pub(super) struct Claims {
    pub iss: String,
    pub aud: Vec<String>,
    pub tenant: Tenant,
    pub validity: Validity,
    subject: Option<String>,
    app: Option<String>,
    app_name: Option<String>,
    user: Option<String>,
    kind: CallerKind,
    permissions: Vec<String>,
}

/// When a token is good, as NumericDate: seconds, whole or not (RFC 7519 §2).
#[derive(Clone, Copy)]
pub(super) struct Validity {
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
}

impl Validity {
    /// RFC 7519 §4.1.4 to §4.1.6: before `exp`, not before `nbf`, and not issued in the future.
    pub fn check(&self, now: i64) -> Result<(), TokenRefusal> {
        // Exact for every date that can be: 2^53 seconds are 285 million years.
        let now = now as f64;
        if now >= self.exp + LEEWAY {
            return Err(TokenRefusal::Expired);
        }
        if self.nbf.is_some_and(|nbf| nbf > now + LEEWAY) {
            return Err(TokenRefusal::NotYetValid);
        }
        if self.iat.is_some_and(|iat| iat > now + LEEWAY) {
            return Err(TokenRefusal::IssuedInFuture);
        }
        Ok(())
    }
}

impl Claims {
    /// The claims in a payload.
    pub fn read(payload: &str) -> Result<Self, TokenRefusal> {
        let members = Payload(object(payload, Part::Claims)?);
        let exp = members.date("exp")?.ok_or(TokenRefusal::MissingClaim("exp"))?;
        let validity = Validity { exp, nbf: members.date("nbf")?, iat: members.date("iat")? };
        let iss = members.text("iss")?.ok_or(TokenRefusal::MissingClaim("iss"))?;
        let aud = members.audience()?;
        let tenant = members.text("tid")?.ok_or(TokenRefusal::MissingClaim("tid"))?;
        let tenant = guid(&tenant).map(Tenant).ok_or(TokenRefusal::InvalidClaim("tid"))?;
        let (kind, permissions) = members.grant(tenant)?;
        let app = members.first_text(["azp", "appid", "client_id"])?;
        let app_name = members.text("app_displayname")?;
        let user = members.first_text(["upn", "preferred_username", "unique_name"])?;
        let subject = members.first_text(["oid", "sub"])?.or_else(|| app.clone());
        Ok(Self { iss, aud, tenant, validity, subject, app, app_name, user, kind, permissions })
    }

    /// Who calls, now that the claims are believed.
    pub fn into_caller(self) -> Caller {
        Caller {
            tenant: self.tenant,
            subject: self.subject.unwrap_or_default(),
            app: self.app,
            app_name: self.app_name,
            user: self.user,
            kind: self.kind,
            permissions: self.permissions,
        }
    }
}

struct Payload(Map<String, Value>);

impl Payload {
    fn date(&self, name: &'static str) -> Result<Option<f64>, TokenRefusal> {
        // A JSON number is never infinite: one that large is refused by the parser.
        self.typed(name, Value::as_f64)
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, TokenRefusal> {
        self.typed(name, |value| value.as_str().map(str::to_owned))
    }

    fn texts(&self, name: &'static str) -> Result<Option<Vec<String>>, TokenRefusal> {
        self.typed(name, |value| value.as_array().and_then(|values| strings(values)))
    }

    fn typed<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, TokenRefusal> {
        let read = |value| read(value).ok_or(TokenRefusal::InvalidClaim(name));
        self.0.get(name).map(read).transpose()
    }

    /// The first of these that is there, all of them being text or absent.
    fn first_text<const N: usize>(&self, names: [&'static str; N]) -> Result<Option<String>, TokenRefusal> {
        let mut first = None;
        for name in names {
            first = first.or(self.text(name)?);
        }
        Ok(first)
    }

    /// RFC 7519 §4.1.3: one string or an array of them.
    fn audience(&self) -> Result<Vec<String>, TokenRefusal> {
        let read = |value: &Value| match value {
            Value::String(one) => Some(vec![one.clone()]),
            Value::Array(several) => strings(several),
            _ => None,
        };
        self.typed("aud", read)?.ok_or(TokenRefusal::MissingClaim("aud"))
    }

    /// On whose behalf and with which permissions. `scp` is of users only, and a user's `roles` are not an
    /// application's permissions.
    fn grant(&self, tenant: Tenant) -> Result<(CallerKind, Vec<String>), TokenRefusal> {
        let scopes = self.text("scp")?;
        let roles = self.texts("roles")?;
        let idtyp = self.text("idtyp")?;
        // Differs: an application's token with `scp` is refused and `roles` of a user's token grant nothing; no page
        // says what Graph does with the one or the other.
        let application = match (idtyp.as_deref(), &scopes) {
            (Some("app"), Some(_)) => return Err(TokenRefusal::InvalidClaim("scp")),
            (Some("app"), None) => true,
            (Some("user"), _) => false,
            (_, scopes) => scopes.is_none() && roles.is_some(),
        };
        let scopes = scopes.unwrap_or_default();
        let scopes = scopes.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned);
        let permissions = if application { roles.unwrap_or_default() } else { scopes.collect() };
        let kind = match (tenant.0 == PERSONAL_TENANT, application) {
            (true, _) => CallerKind::Personal,
            (false, true) => CallerKind::Application,
            (false, false) => CallerKind::Delegated,
        };
        Ok((kind, permissions))
    }
}

fn strings(values: &[Value]) -> Option<Vec<String>> {
    values.iter().map(|value| value.as_str().map(str::to_owned)).collect()
}
