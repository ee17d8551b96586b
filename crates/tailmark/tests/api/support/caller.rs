//! Callers: who asks, as their token says.

use autopilot::model::{READ, READ_WRITE};
use tailmark::clock;
use tailmark::issuer::{DEFAULT_TENANT, Issuer, TokenKind, TokenRequest};
use uuid::Uuid;

/// The tenant that most tests are in.
pub const CONTOSO: Uuid = DEFAULT_TENANT;
/// Another tenant.
pub const FABRIKAM: Uuid = Uuid::from_u128(0x2000_0000_0000_4000_8000_0000_0000_0002);

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    tenant: Uuid,
    kind: TokenKind,
    permissions: Vec<String>,
    expires_in: i64,
    audience: Option<&'static str>,
    client: Option<&'static str>,
}

impl Caller {
    /// Someone signed in, with these scopes.
    pub fn user(permissions: &[&str]) -> Self {
        let kind = TokenKind::Delegated { user: "admin@contoso.example".to_owned() };
        let permissions = permissions.iter().copied().map(str::to_owned).collect();
        Self { tenant: CONTOSO, kind, permissions, expires_in: 3600, audience: None, client: None }
    }

    /// Someone signed in who may do everything.
    pub fn writer() -> Self {
        Self::user(&[READ_WRITE])
    }

    /// Someone signed in who may read.
    pub fn reader() -> Self {
        Self::user(&[READ])
    }

    /// An application by itself, with these roles.
    pub fn application(roles: &[&str]) -> Self {
        Self { kind: TokenKind::Application, ..Self::user(roles) }
    }

    /// Someone with a personal account and every scope.
    pub fn personal() -> Self {
        Self { kind: TokenKind::Personal { user: "me@outlook.example".to_owned() }, ..Self::writer() }
    }

    pub fn of(self, tenant: Uuid) -> Self {
        Self { tenant, ..self }
    }

    pub fn expiring_in(self, seconds: i64) -> Self {
        Self { expires_in: seconds, ..self }
    }

    pub fn for_audience(self, audience: &'static str) -> Self {
        Self { audience: Some(audience), ..self }
    }

    /// By another application than the issuer's own.
    pub fn with_app(self, client: &'static str) -> Self {
        Self { client: Some(client), ..self }
    }

    /// The token.
    pub fn token(&self, issuer: &Issuer) -> String {
        let mut request = TokenRequest::new(self.tenant, self.kind.clone(), clock::unix_seconds());
        request.permissions.clone_from(&self.permissions);
        request.expires_in = self.expires_in;
        request.client = self.client.map(str::to_owned);
        if let Some(audience) = self.audience {
            request.audience = audience.to_owned();
        }
        issuer.sign(&request).unwrap()
    }
}
