//! Whom the first segment of an issuer's address names, and under which address the client called.
//!
//! An authority is a tenant by GUID or domain, or one of Entra's names for several. An origin is scheme and host
//! as the client used them: every address in an answer begins with it, so that it works through any port or name.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header, uri};
use reqwest::Url;
use std::sync::Arc;
use uuid::Uuid;

use super::directory::Directory;
use super::refusal::Refusal;
use super::{Issuer, PERSONAL_TENANT};
use crate::tls::{self, Transport};

/// The names of Entra's public cloud, the preferred one first, the one for caches second.
pub(super) const PUBLIC_CLOUD: [&str; 4] =
    ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"];

/// The names by which a machine calls itself.
pub(super) const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Whom the first segment of the path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authority {
    /// One tenant.
    Tenant(Uuid),
    /// `organizations`: whichever tenant a work account is of.
    Organizations,
    /// `common`: work and personal accounts.
    Common,
    /// `consumers`: personal accounts.
    Consumers,
}

impl Authority {
    /// Reads the first segment of the path.
    pub fn parse(segment: &str, directory: &Directory) -> Result<Self, Refusal> {
        match segment.to_ascii_lowercase().as_str() {
            "common" => Ok(Self::Common),
            "organizations" => Ok(Self::Organizations),
            "consumers" => Ok(Self::Consumers),
            name => match directory.tenant(name) {
                Some(PERSONAL_TENANT) => Ok(Self::Consumers),
                Some(tenant) => Ok(Self::Tenant(tenant)),
                None => Err(Refusal::NoSuchTenant(segment.to_owned())),
            },
        }
    }

    /// The segment again; a tenant by its GUID.
    pub fn segment(self) -> String {
        match self {
            Self::Tenant(tenant) => tenant.to_string(),
            Self::Organizations => "organizations".to_owned(),
            Self::Common => "common".to_owned(),
            Self::Consumers => "consumers".to_owned(),
        }
    }

    /// What stands for the tenant in the issuer's name: a GUID, or Entra's `{tenantid}`.
    pub fn tenant_in_name(self) -> String {
        match self {
            Self::Tenant(tenant) => tenant.to_string(),
            Self::Consumers => PERSONAL_TENANT.to_string(),
            Self::Organizations | Self::Common => "{tenantid}".to_owned(),
        }
    }
}

/// Scheme and host under which the client reached us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: &'static str,
    host: String,
}

impl Origin {
    /// `https://host:port`, without a slash at the end.
    pub fn base(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The origin of a base address of ours.
    pub fn of(base: &str) -> Option<Self> {
        let url = Url::parse(base).ok()?;
        let host = url.host_str()?;
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Some(Self { scheme: if url.scheme() == "https" { "https" } else { "http" }, host })
    }

    fn read(parts: &Parts, public: Option<&Self>) -> Result<Self, Refusal> {
        // Over HTTP/2 the host is part of the address.
        let named = parts.uri.authority().map(uri::Authority::as_str);
        let host = match named {
            Some(host) if !parts.headers.contains_key(header::HOST) => checked(host)?,
            _ => host(&parts.headers)?,
        };
        let secure = parts.extensions.get::<Transport>().is_some_and(|transport| transport.scheme() == "https")
            // Something in front takes care of TLS and calls us by the public name.
            || public.is_some_and(|public| public.scheme == "https" && public.host.eq_ignore_ascii_case(host));
        Ok(Self { scheme: if secure { "https" } else { "http" }, host: host.to_owned() })
    }
}

/// The host under which the client reached us, fit to be part of a URL (RFC 9110 §7.2).
fn host(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Refusal::BadHost);
    };
    checked(host.to_str().map_err(|_| Refusal::BadHost)?)
}

fn checked(host: &str) -> Result<&str, Refusal> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let valid = host.len() <= 255
        && host.chars().all(plain)
        && host.parse::<uri::Authority>().is_ok_and(|authority| !authority.host().is_empty());
    if valid { Ok(host) } else { Err(Refusal::BadHost) }
}

/// What every address of the issuer needs to know of a request.
pub(super) struct Visit {
    pub issuer: Arc<Issuer>,
    /// Who is known, for the time of this request.
    pub directory: Arc<Directory>,
    pub origin: Origin,
    pub headers: HeaderMap,
    /// The first segment of the path.
    segment: String,
}

impl FromRequestParts<Arc<Issuer>> for Visit {
    type Rejection = axum::response::Response;

    async fn from_request_parts(parts: &mut Parts, issuer: &Arc<Issuer>) -> Result<Self, Self::Rejection> {
        let origin =
            Origin::read(parts, issuer.public.as_ref()).map_err(|refusal| refusal.respond(&parts.headers))?;
        let segment = parts.uri.path().split('/').nth(1).unwrap_or_default().to_owned();
        Ok(Self {
            issuer: Arc::clone(issuer),
            directory: issuer.directory(),
            origin,
            headers: parts.headers.clone(),
            segment,
        })
    }
}

impl Visit {
    /// Whom the address names.
    pub fn authority(&self) -> Result<Authority, Refusal> {
        self.named(&self.segment)
    }

    /// Whom the first segment of another address names.
    pub fn named(&self, segment: &str) -> Result<Authority, Refusal> {
        Authority::parse(segment, &self.directory)
    }

    /// Whether a host of an address is a name of this service: the loopback's, that of its first start, that of the
    /// settings, or one of Entra's. Not the one by which it was just called: whoever calls could choose it.
    pub fn is_ours(&self, host: &str) -> bool {
        let base = Origin::of(self.issuer.base());
        let own = [base.as_ref(), self.issuer.public.as_ref()];
        let names = own.into_iter().flatten().map(Origin::host).chain(PUBLIC_CLOUD).chain(LOOPBACK);
        let asked = without_port(host);
        tls::is_answered(&asked) || names.map(without_port).any(|name| name == asked)
    }
}

/// A host name without its port, in lower case.
pub(super) fn without_port(host: &str) -> String {
    let end = if host.starts_with('[') { host.find(']').map(|end| end + 1) } else { host.find(':') };
    host.get(..end.unwrap_or(host.len())).unwrap_or(host).to_ascii_lowercase()
}
