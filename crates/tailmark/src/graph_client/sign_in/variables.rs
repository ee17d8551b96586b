//! What the `AZURE_*` variables say, as Azure's SDKs read them.
//!
//! Sources: the SDKs' `EnvironmentCredential` and `WorkloadIdentityCredential`; Microsoft Graph, *National cloud
//! deployments* (<https://learn.microsoft.com/graph/deployments>).

use std::path::PathBuf;

use reqwest::Url;

use super::assertion::{self, Certificate};
use super::kept::Kept;
use super::{Credential, Error};

/// Microsoft Graph Command Line Tools: a public client that every tenant knows.
const GRAPH_COMMAND_LINE_TOOLS: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
/// Whatever organisation the user is of.
const ORGANIZATIONS: &str = "organizations";
const GLOBAL: &str = "https://login.microsoftonline.com";

/// Authorities, and where their Graph is.
const CLOUDS: [(&str, &str); 5] = [
    ("login.microsoftonline.com", "https://graph.microsoft.com"),
    ("login.microsoft.com", "https://graph.microsoft.com"),
    ("login.microsoftonline.us", "https://graph.microsoft.us"),
    ("login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
    ("login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
];

/// The variables, as they are set.
#[derive(Default)]
#[expect(missing_docs, reason = "the variables of the same names")]
pub struct Variables {
    pub tenant_id: Option<String>,
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
    pub client_certificate_path: Option<PathBuf>,
    pub client_certificate_password: Option<String>,
    pub federated_token_file: Option<PathBuf>,
    pub authority_host: Option<String>,
}

/// Who signs in, and how.
pub(super) struct Chosen {
    pub tenant: String,
    pub client_id: String,
    pub credential: Credential,
}

impl Variables {
    /// Those of the environment; empty ones are not set.
    pub fn of_environment() -> Variables {
        let text = |name: &str| std::env::var(name).ok().filter(|text| !text.trim().is_empty());
        Variables {
            tenant_id: text("AZURE_TENANT_ID"),
            client_id: text("AZURE_CLIENT_ID"),
            client_secret: text("AZURE_CLIENT_SECRET"),
            client_certificate_path: text("AZURE_CLIENT_CERTIFICATE_PATH").map(PathBuf::from),
            client_certificate_password: text("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
            federated_token_file: text("AZURE_FEDERATED_TOKEN_FILE").map(PathBuf::from),
            authority_host: text("AZURE_AUTHORITY_HOST"),
        }
    }

    /// Where one signs in. Over http a secret would be anybody's.
    pub fn authority(&self) -> Result<Url, Error> {
        let host = self.authority_host.as_deref().unwrap_or(GLOBAL).trim();
        let address = if host.contains("://") { host.to_owned() } else { format!("https://{host}") };
        Url::parse(&address)
            .ok()
            .filter(|url| url.scheme() == "https" && url.has_host() && url.username().is_empty())
            .ok_or_else(|| Error::Variables("AZURE_AUTHORITY_HOST is no https:// address".to_owned()))
    }

    /// Where the Graph of this authority's cloud is.
    pub fn graph(&self) -> Result<&'static str, Error> {
        let authority = self.authority()?;
        let host = authority.host_str().unwrap_or_default();
        let known = CLOUDS.iter().find(|(of, _)| of.eq_ignore_ascii_case(host) && authority.port().is_none());
        known.map(|(_, graph)| *graph).ok_or_else(|| {
            Error::Variables(format!("AZURE_AUTHORITY_HOST is {host}: say where its Graph is by --graph-url"))
        })
    }

    /// A secret before a certificate, both before a federated token, as in the SDKs; else a user.
    pub(super) fn chosen(&self, kept: Kept) -> Result<Chosen, Error> {
        let credential = if let Some(secret) = &self.client_secret {
            ("AZURE_CLIENT_SECRET", Credential::Secret(secret.clone()))
        } else if let Some(path) = &self.client_certificate_path {
            if self.client_certificate_password.is_some() {
                return Err(Error::Variables(format!(
                    "AZURE_CLIENT_CERTIFICATE_PASSWORD is set, and only PEM without a password is read; {}",
                    assertion::conversion(path)
                )));
            }
            ("AZURE_CLIENT_CERTIFICATE_PATH", Credential::Certificate(Box::new(Certificate::read(path)?)))
        } else if let Some(path) = &self.federated_token_file {
            ("AZURE_FEDERATED_TOKEN_FILE", Credential::Federated(path.clone()))
        } else {
            let tenant = self.tenant_id.clone().unwrap_or_else(|| ORGANIZATIONS.to_owned());
            let client_id = self.client_id.clone().unwrap_or_else(|| GRAPH_COMMAND_LINE_TOOLS.to_owned());
            return Ok(Chosen { tenant, client_id, credential: Credential::User(kept) });
        };
        let (variable, credential) = credential;
        let needed = |name: &str, value: &Option<String>| {
            value.clone().ok_or_else(|| Error::Variables(format!("{variable} is set, and {name} is not")))
        };
        let tenant = needed("AZURE_TENANT_ID", &self.tenant_id)?;
        Ok(Chosen { tenant, client_id: needed("AZURE_CLIENT_ID", &self.client_id)?, credential })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(authority: &str) -> Variables {
        Variables { authority_host: Some(authority.to_owned()), ..Variables::default() }
    }

    #[test]
    fn each_cloud_has_its_graph() {
        let graph = |authority: &str| variables(authority).graph().ok();
        assert_eq!(Variables::default().graph().ok(), Some("https://graph.microsoft.com"));
        assert_eq!(graph("https://login.microsoftonline.us/"), Some("https://graph.microsoft.us"));
        assert_eq!(graph("LOGIN.chinacloudapi.cn"), Some("https://microsoftgraph.chinacloudapi.cn"));
        assert_eq!(graph("https://localhost:4280"), None);
        assert!(variables("http://login.microsoftonline.com").authority().is_err());
        assert!(variables("https://me@host").authority().is_err());
    }

    #[test]
    fn what_is_missing_is_named() {
        let kept = || Kept::new(None);
        let with_secret = Variables { client_secret: Some("s3cret".to_owned()), ..Variables::default() };
        let error = with_secret.chosen(kept()).err().unwrap().to_string();
        assert_eq!(error, "AZURE_CLIENT_SECRET is set, and AZURE_TENANT_ID is not");
        let user = Variables::default().chosen(kept()).ok().unwrap();
        assert_eq!(
            (user.tenant.as_str(), user.client_id.as_str()),
            (ORGANIZATIONS, GRAPH_COMMAND_LINE_TOOLS)
        );
        let locked = Variables {
            client_certificate_path: Some("a.pfx".into()),
            client_certificate_password: Some("pw".to_owned()),
            ..Variables::default()
        };
        let error = locked.chosen(kept()).err().unwrap().to_string();
        assert!(error.contains("openssl pkcs12 -in a.pfx -nodes -out a.pem"), "{error}");
    }
}
