//! A client's assertion: a JWT by which an application shows that it has the key of one of its certificates.
//!
//! RFC 7523 §3, with Entra's header: `x5t` or `x5t#S256` names a registered certificate, and only that one is
//! tried; a key in the assertion itself (`jwk`, `x5c`) is passed over. The algorithm must be one of the key's.
//!
//! An assertion may come again until it expires: `@azure/msal-node` and `msal` for Python keep one for ten minutes
//! and send it with every request, and RFC 7523 §3 leaves it to the server.

use jsonwebtoken::Validation;
use reqwest::Url;
use serde::Deserialize;

use super::authority::{Authority, Visit};
use super::directory::Application;
use super::refusal::Refusal;
use crate::jwt::Algorithm;

/// How far two clocks may be apart, in seconds.
const LEEWAY: f64 = 60.0;

/// RFC 7523 §3; `jti` as Entra's documentation demands it.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    iat: Option<f64>,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Whether the assertion shows that its sender is the application.
pub(super) fn check(
    assertion: &str,
    application: &Application,
    visit: &Visit,
    authority: Authority,
) -> Result<(), Refusal> {
    let header = jsonwebtoken::decode_header(assertion).map_err(|_| Refusal::AssertionForm("its header"))?;
    if header.crit.is_some() {
        return Err(Refusal::AssertionForm("its header asks for what is not known here"));
    }
    let algorithm = [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256]
        .into_iter()
        .find(|algorithm| jsonwebtoken::Algorithm::from(*algorithm) == header.alg)
        .ok_or(Refusal::AssertionForm("its algorithm is none of RS256, PS256, ES256"))?;
    // Some libraries encode with padding.
    let thumbprint = |text: &Option<String>| text.as_ref().map(|text| text.trim_end_matches('=').to_owned());
    let (sha1, sha256) = (thumbprint(&header.x5t), thumbprint(&header.x5t_s256));
    if sha1.is_none() && sha256.is_none() {
        return Err(Refusal::AssertionKey("its header names no certificate by x5t or x5t#S256"));
    }
    let certificate = application
        .certificates
        .iter()
        .find(|certificate| {
            sha256.as_ref().is_none_or(|sha256| *sha256 == certificate.sha256)
                && sha1.as_ref().is_none_or(|sha1| *sha1 == certificate.sha1)
        })
        .ok_or(Refusal::AssertionKey("no certificate with this thumbprint is registered"))?;
    if !certificate.algorithms.contains(&algorithm) {
        return Err(Refusal::AssertionKey("the certificate's key is of another algorithm"));
    }
    // The library checks the signature; times and names are checked below, by the issuer's own clock.
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Claims>(assertion, &certificate.key, &validation).map_err(
        |error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => {
                Refusal::AssertionKey("the certificate's key did not make the signature")
            }
            _ => Refusal::AssertionForm("iss, sub, aud, exp and jti are needed, each of its type"),
        },
    )?;
    let claims = claims.claims;
    let now = visit.issuer.now();
    if now < certificate.validity.0 || now > certificate.validity.1 {
        return Err(Refusal::AssertionKey("the certificate is not within its valid time range"));
    }
    let now = now as f64;
    let early = [claims.nbf, claims.iat].into_iter().flatten().any(|date| date > now + LEEWAY);
    if now >= claims.exp + LEEWAY || early {
        return Err(Refusal::AssertionTime);
    }
    let own = |name: &String| name.eq_ignore_ascii_case(&application.app_id);
    if !own(&claims.iss) || !own(&claims.sub) {
        return Err(Refusal::AssertionSubject);
    }
    if claims.jti.is_empty() {
        return Err(Refusal::AssertionForm("its jti is empty"));
    }
    let for_us = |audience: &String| is_for_us(audience, visit, authority);
    let for_us = match &claims.aud {
        Audience::One(audience) => for_us(audience),
        Audience::Several(audiences) => audiences.iter().any(for_us),
    };
    if for_us {
        Ok(())
    } else {
        Err(Refusal::AssertionForm(
            "its audience is not this token endpoint, by a name that http.public_url or the first start gave it",
        ))
    }
}

/// An audience is one of our names, the same tenant, and the token endpoint or the issuer: libraries send either,
/// with the tenant as it was configured in them.
fn is_for_us(audience: &str, visit: &Visit, authority: Authority) -> bool {
    let Ok(url) = Url::parse(audience) else { return false };
    let Some(host) = url.host_str() else { return false };
    let Some((tenant, rest)) = url.path().trim_start_matches('/').split_once('/') else { return false };
    let endpoint = matches!(rest.trim_end_matches('/'), "" | "v2.0" | "oauth2/v2.0/token" | "oauth2/token");
    let same_tenant = visit.named(tenant).is_ok_and(|named| match (named, authority) {
        (Authority::Tenant(named), Authority::Tenant(asked)) => named == asked,
        _ => true,
    });
    endpoint && same_tenant && matches!(url.scheme(), "http" | "https") && visit.is_ours(host)
}
