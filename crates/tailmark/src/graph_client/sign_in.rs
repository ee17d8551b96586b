//! Signing in to Microsoft's service, in the ways of its SDKs: as the `AZURE_*` variables say.
//!
//! With a client secret, a certificate or a federated token the program is an application (client credentials,
//! RFC 6749 §4.4; assertions, RFC 7523); without any of them a user signs in with a device code (RFC 8628).
//! A token is for the Graph host that it is sent to and no other, is renewed before it expires, and once more
//! where it is refused. No secret comes from an argument, and none is in an error or in `Debug`.
//!
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>,
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code>

mod assertion;
mod device_code;
mod entra;
pub mod kept;
pub mod variables;

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::Url;
use serde::Deserialize;
use tokio::sync::Mutex;

use self::assertion::Certificate;
use self::entra::Entra;
use self::kept::{Account, Kept};
use super::Token;
use crate::exit::Exit;

/// The scope that device-management commands need of a user.
const READ_WRITE: &str = "DeviceManagementServiceConfig.ReadWrite.All";
/// How long before its end a token is renewed.
const MARGIN: Duration = Duration::from_secs(300);
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The variables do not say enough, or contradict each other.
    #[error("{0}")]
    Variables(String),
    /// A file of a credential or of kept sign-ins.
    #[error("{}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The answer is a refusal: `error` and the first sentences of `error_description`.
    #[error("sign-in refused: {description} ({code})")]
    Refused {
        /// `invalid_client`, …
        code: String,
        /// `AADSTS7000215: …`
        description: String,
    },
    /// Nobody entered the code in time, or somebody said no.
    #[error("nobody signed in: {0}")]
    NotApproved(&'static str),
    /// Nobody listens there, or the connection broke.
    #[error("cannot reach {server} to sign in: {reason}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// The innermost cause.
        reason: String,
    },
    /// Still too busy after some attempts.
    #[error("{server} is too busy to sign anybody in ({status})")]
    Busy {
        /// Host and port.
        server: String,
        /// The last status.
        status: u16,
    },
    /// Neither a token nor a refusal.
    #[error("{server} does not answer as a sign-in service ({status})")]
    Nonsense {
        /// Host and port.
        server: String,
        /// The status.
        status: u16,
    },
}

impl Error {
    /// The exit code that belongs to it.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Variables(_) => Exit::Usage,
            Error::File { .. } | Error::Refused { .. } | Error::NotApproved(_) => Exit::SignIn,
            Error::Busy { .. } => Exit::Throttled,
            Error::Unreachable { .. } | Error::Nonsense { .. } => Exit::Failure,
        }
    }
}

/// How the program shows who it is.
enum Credential {
    /// An application with a secret.
    Secret(String),
    /// An application with the key of a certificate.
    Certificate(Box<Certificate>),
    /// An application that somebody else vouches for; the file is read each time, since it is replaced.
    Federated(PathBuf),
    /// A user.
    User(Kept),
}

/// What the token endpoint answers.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
    refresh_token: Option<String>,
    id_token: Option<String>,
}

struct Fresh {
    token: Token,
    until: Instant,
}

/// Somebody who can sign in, and has when the first token is asked for.
pub struct SignIn {
    entra: Entra,
    client_id: String,
    /// The origin of the Graph service.
    resource: String,
    credential: Credential,
    fresh: Mutex<Option<Fresh>>,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("client_id", &self.client_id)
            .field("how", &self.how())
            .finish_non_exhaustive()
    }
}

impl SignIn {
    /// As the variables say, for the Graph service at this address.
    pub fn new(variables: &variables::Variables, graph: &Url, kept: Kept) -> Result<SignIn, Error> {
        let variables::Chosen { tenant, client_id, credential } = variables.chosen(kept)?;
        let entra = Entra::new(&variables.authority()?, &tenant)?;
        let resource = graph.origin().ascii_serialization();
        Ok(SignIn { entra, client_id, resource, credential, fresh: Mutex::new(None) })
    }

    /// `client secret`, `certificate`, `federated token` or `device code`.
    pub fn how(&self) -> &'static str {
        match self.credential {
            Credential::Secret(_) => "client secret",
            Credential::Certificate(_) => "certificate",
            Credential::Federated(_) => "federated token",
            Credential::User(_) => "device code",
        }
    }

    /// The tenant, as it was named.
    pub fn tenant(&self) -> &str {
        self.entra.tenant()
    }

    /// The client that signs in, or through which a user does.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// A token that is good for some minutes at least.
    pub async fn token(&self) -> Result<Token, Error> {
        let mut fresh = self.fresh.lock().await;
        if let Some(fresh) = fresh.as_ref().filter(|fresh| fresh.until > Instant::now()) {
            return Ok(fresh.token.clone());
        }
        let granted = self.grant().await?;
        let token = Token::parse(&granted.access_token).ok_or_else(|| self.entra.nonsense(200))?;
        let lifetime = Duration::from_secs(granted.expires_in);
        // One that lives shorter than the margin is used for half its time.
        let good_for = lifetime.saturating_sub(MARGIN).max(lifetime / 2);
        *fresh = Some(Fresh { token: token.clone(), until: Instant::now() + good_for });
        Ok(token)
    }

    /// Forgets a token that was refused, so that the next one is a new one.
    pub async fn refused(&self, token: &Token) {
        let mut fresh = self.fresh.lock().await;
        if fresh.as_ref().is_some_and(|fresh| fresh.token == *token) {
            *fresh = None;
        }
    }

    /// Forgets the user who signed in before, so that one is asked for again.
    pub fn forget(&self) -> Result<(), Error> {
        match &self.credential {
            Credential::User(kept) => kept.forget(&self.account()),
            _ => Ok(()),
        }
    }

    /// Who signed in with a device code, as far as is known.
    pub fn user(&self) -> Result<Option<String>, Error> {
        match &self.credential {
            Credential::User(kept) => Ok(kept.find(&self.account())?.and_then(|found| found.user)),
            _ => Ok(None),
        }
    }

    fn account(&self) -> Account {
        Account {
            authority: self.entra.authority().to_owned(),
            tenant: self.entra.tenant().to_owned(),
            client_id: self.client_id.clone(),
        }
    }

    async fn grant(&self) -> Result<Granted, Error> {
        let all = format!("{}/.default", self.resource);
        let mut form = vec![("client_id", self.client_id.as_str()), ("scope", all.as_str())];
        let assertion = match &self.credential {
            Credential::User(kept) => return self.grant_to_user(kept).await,
            Credential::Secret(secret) => {
                form.push(("client_secret", secret));
                None
            }
            Credential::Certificate(certificate) => {
                Some(certificate.assertion(&self.client_id, self.entra.token_endpoint().as_str())?)
            }
            Credential::Federated(path) => Some(kept::read_text(path)?.trim().to_owned()),
        };
        if let Some(assertion) = &assertion {
            form.extend([("client_assertion_type", JWT_BEARER), ("client_assertion", assertion.as_str())]);
        }
        form.push(("grant_type", "client_credentials"));
        self.entra.token(&form).await
    }

    async fn grant_to_user(&self, kept: &Kept) -> Result<Granted, Error> {
        let account = self.account();
        let scope = format!("{}/{READ_WRITE} openid profile offline_access", self.resource);
        let before = kept.find(&account)?;
        if let Some(before) = &before {
            let form = [
                ("grant_type", "refresh_token"),
                ("client_id", self.client_id.as_str()),
                ("refresh_token", before.refresh_token.as_str()),
                ("scope", scope.as_str()),
            ];
            match self.entra.token(&form).await {
                Ok(granted) => {
                    kept.keep(&account, &granted, before.user.clone())?;
                    return Ok(granted);
                }
                // Expired, revoked, or a second factor is due: the user signs in again.
                Err(Error::Refused { code, .. })
                    if code == "invalid_grant" || code == "interaction_required" => {}
                Err(error) => return Err(error),
            }
        }
        let granted = device_code::sign_in(&self.entra, &self.client_id, &scope).await?;
        kept.keep(&account, &granted, None)?;
        Ok(granted)
    }
}
