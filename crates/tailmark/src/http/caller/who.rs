//! Who calls, and for whom, as a token says.

use std::fmt;

use uuid::Uuid;

/// A tenant. Every query has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tenant(pub Uuid);

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who calls, as far as the token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Whose devices.
    pub tenant: Tenant,
    /// `oid`; where an issuer has none `sub`, or the application. Empty when the token names nobody.
    pub subject: String,
    /// The client application: `azp` or `appid`.
    pub app: Option<String>,
    /// Its name, for people to read: `app_displayname`.
    pub app_name: Option<String>,
    /// The user's name, for people to read: `upn` or `preferred_username`.
    pub user: Option<String>,
    /// On whose behalf.
    pub kind: CallerKind,
    /// `scp` of a user's token, `roles` of an application's, to the letter.
    pub permissions: Vec<String>,
}

/// On whose behalf an application calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind {
    /// A user with a work or school account.
    Delegated,
    /// The application itself.
    Application,
    /// A personal account.
    Personal,
}
