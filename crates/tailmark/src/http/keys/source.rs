//! Where an issuer is found and what it may vouch for.
//!
//! In comes an entry of `auth.issuer`, out comes the address of its discovery document (OpenID Connect
//! Discovery 1.0 §4.1: the issuer's name with `/.well-known/openid-configuration`), the name that the document
//! and its tokens must bear (RFC 8414 §3.3), and the tenants allowed. `http:` is for loopback only.

use std::net::IpAddr;

use odata::value::guid;
use reqwest::Url;
use uuid::Uuid;

use crate::config::auth::Auth;

const WELL_KNOWN: &str = ".well-known/openid-configuration";

/// What stands for the tenant in the name of an issuer of many tenants.
const TENANT: &str = "{tenantid}";

/// An issuer by address and name.
#[derive(Debug, Clone)]
pub struct Source {
    discovery: Url,
    /// The exact name, or a template with `{tenantid}`.
    name: String,
    /// Further names in tokens.
    also: Vec<String>,
    /// The tenant that the name itself names.
    own_tenant: Option<Uuid>,
    tenants: Vec<Uuid>,
    transport: Transport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Https,
    /// `http:` is accepted on loopback addresses, because the settings say so.
    HttpOnLoopback,
    /// The issuer in this program, reached on its own loopback address.
    Embedded,
}

/// Why an entry of `auth.issuer` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is not a URL of an issuer.
    #[error("`{0}` is not the URL of an issuer")]
    NotAnIssuer(String),
    /// It is `http:`.
    #[error("`{0}` is not https; http is for loopback addresses, and only with auth.allow_http_issuer")]
    NotHttps(String),
    /// It vouches for every tenant in the world and nothing says which may come in.
    #[error("`{0}` vouches for every tenant: name those that may use this service in auth.tenants")]
    EveryTenant(String),
    /// The HTTP client cannot be made.
    #[error("no HTTP client for the issuer")]
    Client(#[from] reqwest::Error),
}

impl Source {
    /// The issuer inside this program: `address` is where it can be reached from here, `base` its permanent name.
    ///
    /// Its document bears the name of the address under which it was asked, as RFC 8414 §3.3 has it; its access
    /// tokens bear the permanent one, in the form of either version.
    ///
    /// # Errors
    /// The address is not on loopback, or no address.
    pub fn embedded(address: &str, base: &str, auth: &Auth) -> Result<Self, SourceError> {
        let entry = format!("{}/common/v2.0/{WELL_KNOWN}", address.trim_end_matches('/'));
        let discovery = Url::parse(&entry).map_err(|_| SourceError::NotAnIssuer(address.to_owned()))?;
        let source = Self {
            discovery,
            name: format!("{}/{TENANT}/v2.0", address.trim_end_matches('/')),
            also: ["v2.0", ""].map(|form| format!("{}/{TENANT}/{form}", base.trim_end_matches('/'))).to_vec(),
            own_tenant: None,
            tenants: auth.tenants.clone(),
            transport: Transport::Embedded,
        };
        if source.reachable(&source.discovery) { Ok(source) } else { Err(SourceError::NotHttps(entry)) }
    }

    /// An issuer elsewhere, by its name.
    ///
    /// # Errors
    /// The entry is not a URL that may be believed.
    pub fn external(entry: &str, auth: &Auth) -> Result<Self, SourceError> {
        let not_an_issuer = || SourceError::NotAnIssuer(entry.to_owned());
        let separator = if entry.ends_with('/') { "" } else { "/" };
        let url = Url::parse(entry).map_err(|_| not_an_issuer())?;
        let discovery =
            Url::parse(&format!("{entry}{separator}{WELL_KNOWN}")).map_err(|_| not_an_issuer())?;
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !plain || url.password().is_some() || url.host().is_none() || entry.contains(['{', '}']) {
            return Err(not_an_issuer());
        }
        let transport = if auth.allow_http_issuer { Transport::HttpOnLoopback } else { Transport::Https };
        let shared = entry.split('/').any(is_shared);
        let name = entry.split('/').map(|part| if is_shared(part) { TENANT } else { part });
        let source = Self {
            discovery,
            name: name.collect::<Vec<_>>().join("/"),
            also: Vec::new(),
            own_tenant: entry.split('/').find_map(guid),
            tenants: auth.tenants.clone(),
            transport,
        };
        if !source.reachable(&source.discovery) {
            return Err(SourceError::NotHttps(entry.to_owned()));
        }
        if shared && source.tenants.is_empty() {
            return Err(SourceError::EveryTenant(entry.to_owned()));
        }
        Ok(source)
    }

    /// Whether `iss` is a name of this issuer in tokens, with the tenant in its place where it is a template.
    pub fn issues(&self, iss: &str, tenant: Uuid) -> bool {
        let is = |name: &String| match name.contains(TENANT) {
            true => name.replace(TENANT, &tenant.to_string()) == iss,
            false => name == iss,
        };
        if self.is_embedded() { self.also.iter().any(is) } else { is(&self.name) }
    }

    /// Whether the issuer may vouch for the tenant.
    pub fn allows(&self, tenant: Uuid) -> bool {
        self.own_tenant.is_none_or(|own| own == tenant)
            && (self.tenants.is_empty() || self.tenants.contains(&tenant))
    }

    /// Whether this is the issuer inside this program.
    pub fn is_embedded(&self) -> bool {
        self.transport == Transport::Embedded
    }

    /// The address of the discovery document.
    pub fn discovery(&self) -> &str {
        self.discovery.as_str()
    }

    /// What `issuer` in the discovery document must be, to the letter.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether a document of this issuer may be fetched from there.
    pub(super) fn reachable(&self, url: &Url) -> bool {
        match (url.scheme(), self.transport) {
            ("https", _) => true,
            ("http", Transport::HttpOnLoopback | Transport::Embedded) => on_loopback(url),
            _ => false,
        }
    }

    /// Whether the issuer is on this machine, so that a proxy and the system's certificates have no part in it.
    pub(super) fn is_plain(&self) -> bool {
        self.discovery.scheme() == "http"
    }
}

/// Entra's names for "whichever tenant"; their metadata has the template instead.
fn is_shared(part: &str) -> bool {
    matches!(part, "common" | "organizations")
}

fn on_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("");
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
