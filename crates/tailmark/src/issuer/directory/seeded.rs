//! Applications and users as a seed file says them, in the words of Graph's resources.
//!
//! In come members of a JSON or YAML object, out come [`Application`] and [`User`]. Certificates are PEM, in the
//! file itself or in one beside it.

use std::path::Path;

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::{Application, ClientSecret, Redirect, User};
use crate::config::auth::Secret;
use crate::issuer::certificate::{Certificate, CertificateError};

/// Why a seed's application cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A member has no value, or one that cannot be.
    #[error("{0}")]
    Value(String),
    /// A certificate cannot be read.
    #[error("keyCredentials of application {app_id}: {cause}")]
    Certificate {
        /// Whose.
        app_id: String,
        /// What is wrong with it.
        cause: CertificateError,
    },
}

/// An application, in the words of Graph's `application` and of its service principal's grants.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeededApplication {
    app_id: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    is_fallback_public_client: bool,
    #[serde(default)]
    password_credentials: Vec<PasswordCredential>,
    #[serde(default)]
    key_credentials: Vec<KeyCredential>,
    #[serde(default)]
    web: Addresses,
    #[serde(default)]
    public_client: Addresses,
    #[serde(default)]
    delegated_permissions: Vec<String>,
    #[serde(default)]
    application_permissions: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PasswordCredential {
    secret_text: Secret,
    #[serde(default)]
    end_date_time: Option<String>,
    #[serde(default, rename = "displayName")]
    _display_name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyCredential {
    /// PEM, or the path of a PEM file.
    key: String,
    #[serde(default, rename = "displayName")]
    _display_name: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Addresses {
    #[serde(default)]
    redirect_uris: Vec<String>,
}

/// A user, in the words of Graph's `user`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeededUser {
    user_principal_name: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    id: Option<Uuid>,
    #[serde(default)]
    password_profile: Option<PasswordProfile>,
    #[serde(default = "yes")]
    account_enabled: bool,
    #[serde(default)]
    mfa: bool,
    #[serde(default)]
    personal: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordProfile {
    password: Secret,
}

fn yes() -> bool {
    true
}

impl SeededApplication {
    /// The application; files of certificates are beside `folder`, and without one there may be none.
    ///
    /// # Errors
    /// A member that cannot be used, by its name.
    pub fn read(self, folder: Option<&Path>) -> Result<Application, SeedError> {
        let app_id = not_empty("appId of an application", self.app_id)?;
        let secret = |credential: PasswordCredential| {
            let expires = credential.end_date_time.map(|text| instant(&app_id, &text)).transpose()?;
            if credential.secret_text.expose().is_empty() {
                return Err(SeedError::Value(format!(
                    "passwordCredentials of application {app_id}: secretText is empty"
                )));
            }
            Ok(ClientSecret { value: credential.secret_text, expires })
        };
        let secrets = self.password_credentials.into_iter().map(secret).collect::<Result<Vec<_>, _>>()?;
        let certificate = |credential: &KeyCredential| {
            Certificate::read(&credential.key, folder)
                .map_err(|cause| SeedError::Certificate { app_id: app_id.clone(), cause })
        };
        let certificates = self.key_credentials.iter().map(certificate).collect::<Result<Vec<_>, _>>()?;
        let redirects = |addresses: Addresses, public| {
            addresses.redirect_uris.into_iter().map(move |uri| Redirect { uri, public })
        };
        let redirects: Vec<Redirect> =
            redirects(self.web, false).chain(redirects(self.public_client, true)).collect();
        if let Some(redirect) = redirects.iter().find(|redirect| !is_absolute(&redirect.uri)) {
            return Err(SeedError::Value(format!(
                "redirectUris of application {app_id}: `{}` is not an absolute URI without fragment",
                redirect.uri
            )));
        }
        // An application that can show nothing is public, whatever the file says.
        let public = self.is_fallback_public_client || secrets.is_empty() && certificates.is_empty();
        Ok(Application {
            display_name: if self.display_name.is_empty() { app_id.clone() } else { self.display_name },
            app_id,
            secrets,
            certificates,
            delegated: self.delegated_permissions,
            roles: self.application_permissions,
            redirects,
            public,
        })
    }
}

impl SeededUser {
    /// The user.
    ///
    /// # Errors
    /// A member that cannot be used, by its name.
    pub fn read(self) -> Result<User, SeedError> {
        let upn = not_empty("userPrincipalName of a user", self.user_principal_name)?;
        let password = self.password_profile.map(|profile| profile.password);
        if password.as_ref().is_some_and(|password| password.expose().is_empty()) {
            return Err(SeedError::Value(format!("passwordProfile of user {upn}: password is empty")));
        }
        Ok(User {
            display_name: if self.display_name.is_empty() { upn.clone() } else { self.display_name },
            upn,
            id: self.id,
            password,
            enabled: self.account_enabled,
            mfa: self.mfa,
            personal: self.personal,
        })
    }
}

fn not_empty(what: &str, text: String) -> Result<String, SeedError> {
    if text.trim().is_empty() { Err(SeedError::Value(format!("{what} is empty"))) } else { Ok(text) }
}

fn is_absolute(uri: &str) -> bool {
    reqwest::Url::parse(uri).is_ok_and(|uri| uri.fragment().is_none())
}

/// Unix time of an RFC 3339 text.
fn instant(app_id: &str, text: &str) -> Result<i64, SeedError> {
    OffsetDateTime::parse(text, &Rfc3339).map(OffsetDateTime::unix_timestamp).map_err(|_| {
        SeedError::Value(format!(
            "passwordCredentials of application {app_id}: endDateTime `{text}` is no time"
        ))
    })
}
