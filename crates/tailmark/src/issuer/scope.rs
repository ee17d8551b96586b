//! What a client asks for: a resource, permissions of it, and what OpenID Connect adds.
//!
//! In comes `scope` (RFC 6749 §3.3) or v1.0's `resource`, out comes a [`Scope`], and with an application's grants
//! the permissions of the token. Entra's rules: `<resource>/.default` is everything granted, a permission without
//! resource is Graph's, all permissions are of one resource. What was not granted is refused, not left out.

use super::authority::{Origin, Visit};
use super::directory::Application;
use super::refusal::Refusal;
use crate::tls;

/// What OpenID Connect Core 1.0 §5.4 and §11 add to the permissions.
const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// What is asked for.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    /// `aud` of the token.
    pub audience: String,
    /// The resource as it was named, with its slash; empty where it was not.
    prefix: String,
    /// The permissions; nothing: all that were granted.
    permissions: Option<Vec<String>>,
    /// Of [`OPENID`].
    openid: Vec<&'static str>,
}

impl Scope {
    /// Reads `scope`.
    pub fn parse(text: &str, visit: &Visit) -> Result<Self, Refusal> {
        let bad = || Refusal::BadScope(text.to_owned());
        if !text.bytes().all(|byte| matches!(byte, b' ' | 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
            return Err(bad());
        }
        let mut openid = Vec::new();
        let mut resource: Option<&str> = None;
        let mut permissions = Vec::new();
        for token in text.split(' ').filter(|token| !token.is_empty()) {
            if let Some(name) = OPENID.into_iter().find(|name| *name == token) {
                openid.push(name);
                continue;
            }
            let (of, permission) = token.rsplit_once('/').unwrap_or(("", token));
            if permission.is_empty() {
                return Err(bad());
            }
            if resource.is_some_and(|resource| resource != of) {
                return Err(Refusal::SeveralResources(text.to_owned()));
            }
            resource = Some(of);
            permissions.push(permission);
        }
        if resource.is_none() && openid.is_empty() {
            return Err(bad());
        }
        let all = permissions.contains(&".default");
        // `.default` is everything, so nothing can stand beside it.
        if all && permissions.len() > 1 {
            return Err(bad());
        }
        let resource = resource.unwrap_or_default();
        Ok(Self {
            audience: audience(resource, visit)?,
            prefix: if resource.is_empty() { String::new() } else { format!("{resource}/") },
            permissions: if all { None } else { Some(permissions.into_iter().map(str::to_owned).collect()) },
            openid,
        })
    }

    /// Reads v1.0's `resource`: everything that was granted, and always a refresh token and an id token.
    pub fn of_resource(resource: &str, visit: &Visit) -> Result<Self, Refusal> {
        let openid = vec!["openid", "profile", "offline_access"];
        Ok(Self { audience: audience(resource, visit)?, prefix: String::new(), permissions: None, openid })
    }

    /// The same with a refresh token, asked for or not.
    pub fn lasting(mut self) -> Self {
        if !self.has("offline_access") {
            self.openid.push("offline_access");
        }
        self
    }

    /// What was asked for, as `scope` of another request.
    pub fn text(&self) -> String {
        let openid = self.openid.iter().map(|name| (*name).to_owned());
        let all = [".default".to_owned()];
        let permissions = self.permissions.as_deref().unwrap_or(&all);
        let permissions = permissions.iter().map(|name| format!("{}{name}", self.prefix));
        openid.chain(permissions).collect::<Vec<_>>().join(" ")
    }

    /// Whether this of OpenID Connect's scopes is asked for.
    pub fn has(&self, name: &str) -> bool {
        self.openid.contains(&name)
    }

    /// The scopes of a user's token.
    pub fn delegated(&self, application: &Application) -> Result<Vec<String>, Refusal> {
        let Some(asked) = &self.permissions else {
            if application.delegated.is_empty() {
                return Err(Refusal::ConsentRequired(application.app_id.clone()));
            }
            return Ok(application.delegated.clone());
        };
        let granted = |name: &String| {
            let granted = application.delegated.iter().find(|granted| granted.eq_ignore_ascii_case(name));
            granted.cloned().ok_or_else(|| Refusal::ConsentRequired(application.app_id.clone()))
        };
        asked.iter().map(granted).collect()
    }

    /// The roles of an application's token: all or nothing.
    pub fn roles(&self, application: &Application) -> Result<Vec<String>, Refusal> {
        match &self.permissions {
            None => Ok(application.roles.clone()),
            Some(asked) => Err(Refusal::BadScope(format!("{}{}", self.prefix, asked.join(" ")))),
        }
    }

    /// `scope` of the answer, in the client's own spelling, from which it makes its cache's key.
    pub fn answered(&self, granted: &[String]) -> String {
        let openid =
            self.openid.iter().filter(|name| **name != "offline_access").map(|name| (*name).to_owned());
        let permissions = granted.iter().map(|name| format!("{}{name}", self.prefix));
        let default = self.permissions.is_none() && !self.prefix.is_empty();
        let default = default.then(|| format!("{}.default", self.prefix));
        openid.chain(permissions).chain(default).collect::<Vec<_>>().join(" ")
    }
}

/// The audience of a resource. SDKs that are pointed at another Graph ask for its own address, which is the same
/// resource here.
fn audience(resource: &str, visit: &Visit) -> Result<String, Refusal> {
    let audiences = &visit.issuer.audiences;
    let resource = resource.trim_end_matches('/');
    let named =
        audiences.iter().find(|audience| audience.trim_end_matches('/').eq_ignore_ascii_case(resource));
    if let Some(audience) = named {
        return Ok(audience.clone());
    }
    // The Graph of a national cloud is another audience, and here the same service.
    let ours = resource.is_empty()
        || Origin::of(resource).is_some_and(|origin| {
            let host = origin.host();
            host.eq_ignore_ascii_case(visit.origin.host())
                || tls::is_answered(host)
                || visit.issuer.public.as_ref().is_some_and(|public| public.host() == host)
        });
    match audiences.first() {
        Some(audience) if ours => Ok(audience.clone()),
        _ => Err(Refusal::UnknownResource(resource.to_owned())),
    }
}
