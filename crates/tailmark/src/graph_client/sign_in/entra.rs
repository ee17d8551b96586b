//! The sign-in service: one tenant's token endpoint, asked with patience.

use std::time::Duration;

use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;

use super::{Error, Granted};
use crate::graph_client::retry::{Retry, retry_after};
use crate::output::cell::printable;

/// One tenant at one authority.
pub(super) struct Entra {
    http: reqwest::Client,
    authority: Url,
    tenant: String,
}

/// RFC 6749 §5.2.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Entra {
    pub fn new(authority: &Url, tenant: &str) -> Result<Entra, Error> {
        let bad = |why: &str| Error::Variables(why.to_owned());
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(|_| bad("cannot set up the HTTP client"))?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        if tenant.is_empty() || !tenant.chars().all(is_name) {
            return Err(bad("AZURE_TENANT_ID is neither a tenant's id nor one of its domains"));
        }
        Ok(Entra { http, authority: authority.clone(), tenant: tenant.to_owned() })
    }

    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    pub fn token_endpoint(&self) -> Url {
        self.endpoint("token")
    }

    fn endpoint(&self, name: &str) -> Url {
        let mut url = self.authority.clone();
        url.set_path(&format!("/{}/oauth2/v2.0/{name}", self.tenant));
        url
    }

    /// A token, by this grant.
    pub async fn token(&self, form: &[(&str, &str)]) -> Result<Granted, Error> {
        self.ask("token", form).await
    }

    /// POST of a form. What asks for patience gets it: a token is as good when it comes twice.
    pub async fn ask<Answer: for<'d> Deserialize<'d>>(
        &self,
        endpoint: &str,
        form: &[(&str, &str)],
    ) -> Result<Answer, Error> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut pause = Retry { attempts: 5, ..Retry::default() }.start();
        loop {
            let request = self.http.post(self.endpoint(endpoint)).body(body.clone());
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let response = request.header("accept", "application/json").send().await;
            let response = response.map_err(|error| self.unreachable(&error))?;
            let status = response.status();
            if status != StatusCode::TOO_MANY_REQUESTS && !status.is_server_error() {
                return self.read(response).await;
            }
            let asked = retry_after(response.headers());
            let Some(delay) = pause.next(asked, status) else {
                return Err(Error::Busy { server: self.server(), status: status.as_u16() });
            };
            tokio::time::sleep(delay).await;
        }
    }

    async fn read<Answer: for<'d> Deserialize<'d>>(&self, response: Response) -> Result<Answer, Error> {
        let status = response.status();
        let body = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| self.nonsense(status.as_u16()));
        }
        let refusal: Refusal = serde_json::from_slice(&body).map_err(|_| self.nonsense(status.as_u16()))?;
        // What follows are ids for Microsoft's support, a line each.
        let sentence = refusal.error_description.split("Trace ID").next().unwrap_or_default().trim();
        Err(Error::Refused { code: printable(&refusal.error), description: printable(sentence) })
    }

    pub fn nonsense(&self, status: u16) -> Error {
        Error::Nonsense { server: self.server(), status }
    }

    fn server(&self) -> String {
        self.authority.origin().ascii_serialization()
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Error::Unreachable { server: self.server(), reason: cause.to_string() }
    }
}
