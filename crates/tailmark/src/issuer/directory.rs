//! The embedded issuer's directory: tenants, their applications and their users.
//!
//! What seed files say of them is kept in memory, so a changed file counts at the next start. Without any, every
//! tenant there could be exists. In each tenant there are, beside what was seeded, the client that the issuer made
//! for itself and the public clients that Microsoft's own tools sign in with; where no users were seeded, one.
//! Names are those of Graph's `application` and `user`.

mod seeded;

use odata::value::guid;
use uuid::{Uuid, uuid};

pub use self::seeded::{SeedError, SeededApplication, SeededUser};
use super::authority::Authority;
use super::certificate::Certificate;
use super::{DEFAULT_PERMISSION, DEFAULT_TENANT, PERSONAL_TENANT, object_id};
use crate::config::auth::Secret;
use crate::config::console::{EMBEDDED_CLIENT, SIGNED_IN};

/// The user of a tenant of which no users were seeded. The password is the generated client's secret.
pub const DEFAULT_USER: &str = "admin@contoso.example";

/// Clients that are known in every tenant of Entra, by their published ids.
const FIRST_PARTY: [(Uuid, &str); 3] = [
    (uuid!("14d82eec-204b-4c2f-b7e8-296a70dab67e"), "Microsoft Graph Command Line Tools"),
    (uuid!("04b07795-8ddb-461a-bbee-02f9e1bf7b46"), "Microsoft Azure CLI"),
    (uuid!("1950a258-227b-4e31-a9cf-717495945fc2"), "Microsoft Azure PowerShell"),
];

/// An application as it is registered.
#[derive(Debug, Clone)]
pub struct Application {
    /// `client_id`: a GUID, or any text that the settings name.
    pub app_id: String,
    /// For people to read.
    pub display_name: String,
    /// The secrets by one of which it shows who it is.
    pub secrets: Vec<ClientSecret>,
    /// The certificates by one of which its assertions are signed.
    pub certificates: Vec<Certificate>,
    /// The scopes that users have consented to.
    pub delegated: Vec<String>,
    /// The roles that it has by itself.
    pub roles: Vec<String>,
    /// Where users may be sent back to.
    pub redirects: Vec<Redirect>,
    /// Whether it may get users' tokens without showing who it is.
    pub public: bool,
}

/// A secret of an application.
#[derive(Debug, Clone)]
pub struct ClientSecret {
    /// What is sent as `client_secret`.
    pub value: Secret,
    /// Unix time, seconds.
    pub expires: Option<i64>,
}

/// An address that users are sent back to.
#[derive(Debug, Clone)]
pub struct Redirect {
    /// The address; from a slash on it is one of whatever origin the issuer was called by.
    pub uri: String,
    /// Of a program on the user's machine: PKCE is required, and `localhost` may have any port.
    pub public: bool,
}

/// A user account.
#[derive(Debug, Clone)]
pub struct User {
    /// The user principal name.
    pub upn: String,
    /// For people to read.
    pub display_name: String,
    /// The object id, where it was given.
    pub id: Option<Uuid>,
    /// What the user has to type, where something.
    pub password: Option<Secret>,
    /// Whether the account may sign in.
    pub enabled: bool,
    /// Whether a password alone is not enough.
    pub mfa: bool,
    /// A personal Microsoft account.
    pub personal: bool,
}

impl User {
    /// `oid`, the same in every token of the tenant.
    pub fn object_id(&self, tenant: Uuid) -> Uuid {
        self.id.unwrap_or_else(|| object_id(self.tenant(tenant), &self.upn))
    }

    /// `tid`: personal accounts are of a tenant of their own.
    pub fn tenant(&self, tenant: Uuid) -> Uuid {
        if self.personal { PERSONAL_TENANT } else { tenant }
    }
}

/// One tenant of a seed.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// `tid`.
    pub id: Uuid,
    /// Names that stand for the tenant in addresses.
    pub domains: Vec<String>,
    /// What was registered.
    pub applications: Vec<Application>,
    /// Who is there.
    pub users: Vec<User>,
}

/// Everybody the issuer knows.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    tenants: Vec<Tenant>,
    everywhere: Vec<Application>,
    default_users: Vec<User>,
}

impl Directory {
    /// A directory without seed, with this client in every tenant.
    pub fn new(client_id: &str, client_secret: &Secret) -> Self {
        let delegated = || {
            ["DeviceManagementServiceConfig.Read.All", DEFAULT_PERMISSION, "User.Read"]
                .map(str::to_owned)
                .to_vec()
        };
        let redirects = || vec![Redirect { uri: "http://localhost".to_owned(), public: true }];
        let own = Application {
            app_id: client_id.to_owned(),
            display_name: "Tailmark's own client".to_owned(),
            secrets: vec![ClientSecret { value: client_secret.clone(), expires: None }],
            certificates: Vec::new(),
            delegated: delegated(),
            roles: vec![DEFAULT_PERMISSION.to_owned()],
            redirects: redirects(),
            public: true,
        };
        let first_party = FIRST_PARTY.map(|(id, name)| Application {
            app_id: id.to_string(),
            display_name: name.to_owned(),
            secrets: Vec::new(),
            certificates: Vec::new(),
            delegated: delegated(),
            roles: Vec::new(),
            redirects: redirects(),
            public: true,
        });
        let console = Application {
            app_id: EMBEDDED_CLIENT.to_owned(),
            display_name: "Tailmark console".to_owned(),
            secrets: Vec::new(),
            certificates: Vec::new(),
            delegated: delegated(),
            roles: Vec::new(),
            redirects: vec![Redirect { uri: SIGNED_IN.to_owned(), public: true }],
            public: true,
        };
        let admin = User {
            upn: DEFAULT_USER.to_owned(),
            display_name: "Administrator".to_owned(),
            id: None,
            password: Some(client_secret.clone()),
            enabled: true,
            mfa: false,
            personal: false,
        };
        let everywhere = [own, console].into_iter().chain(first_party).collect();
        Self { tenants: Vec::new(), everywhere, default_users: vec![admin] }
    }

    /// Adds a tenant of a seed. What is there already under the same id or name stays as it is.
    pub fn add(&mut self, seeded: Tenant) {
        let Some(there) = self.tenants.iter_mut().find(|tenant| tenant.id == seeded.id) else {
            return self.tenants.push(seeded);
        };
        there.domains.extend(seeded.domains);
        for application in seeded.applications {
            if !there.applications.iter().any(|known| same(&known.app_id, &application.app_id)) {
                there.applications.push(application);
            }
        }
        for user in seeded.users {
            if !there.users.iter().any(|known| same(&known.upn, &user.upn)) {
                there.users.push(user);
            }
        }
    }

    /// Removes a tenant of a seed, or all of them.
    pub fn remove(&mut self, tenant: Option<Uuid>) {
        self.tenants.retain(|known| tenant.is_some_and(|tenant| tenant != known.id));
    }

    /// The tenant that a GUID or a domain names, where there is one.
    pub fn tenant(&self, name: &str) -> Option<Uuid> {
        let known = |id: &Uuid| {
            self.tenants.is_empty()
                || *id == PERSONAL_TENANT
                || self.tenants.iter().any(|tenant| tenant.id == *id)
        };
        let by_domain =
            || self.tenants.iter().find(|tenant| tenant.domains.iter().any(|domain| same(domain, name)));
        guid(name).filter(known).or_else(|| by_domain().map(|tenant| tenant.id))
    }

    /// The tenants that an authority stands for.
    fn tenants(&self, authority: Authority) -> Vec<Uuid> {
        match authority {
            Authority::Tenant(tenant) => vec![tenant],
            _ if self.tenants.is_empty() => vec![DEFAULT_TENANT],
            _ => self.tenants.iter().map(|tenant| tenant.id).collect(),
        }
    }

    /// The application with this `client_id`.
    pub fn application(&self, authority: Authority, client_id: &str) -> Option<&Application> {
        let tenants = self.tenants(authority);
        let seeded = self.tenants.iter().filter(|tenant| tenants.contains(&tenant.id));
        let mut known = seeded.flat_map(|tenant| &tenant.applications).chain(&self.everywhere);
        known.find(|application| same(&application.app_id, client_id))
    }

    /// The users who may sign in at an authority, each with the tenant to which the account belongs.
    pub fn users(&self, authority: Authority) -> Vec<(Uuid, &User)> {
        let of = |tenant: Uuid| {
            let seeded = self.tenants.iter().find(|known| known.id == tenant).map(|known| &known.users);
            seeded.filter(|users| !users.is_empty()).unwrap_or(&self.default_users).iter()
        };
        let here = |user: &&User| match authority {
            Authority::Consumers => user.personal,
            Authority::Common => true,
            Authority::Tenant(_) | Authority::Organizations => !user.personal,
        };
        let tenants = self.tenants(authority).into_iter();
        tenants
            .flat_map(|tenant| of(tenant).filter(here).map(move |user| (user.tenant(tenant), user)))
            .collect()
    }

    /// The user with this name.
    pub fn user(&self, authority: Authority, upn: &str) -> Option<(Uuid, &User)> {
        self.users(authority).into_iter().find(|(_, user)| same(&user.upn, upn))
    }

    /// The account of a tenant, work or personal, by the tenant in its tokens.
    pub fn account(&self, tenant: Uuid, upn: &str) -> Option<(Uuid, &User)> {
        let authority =
            if tenant == PERSONAL_TENANT { Authority::Consumers } else { Authority::Tenant(tenant) };
        self.user(authority, upn)
    }

    /// Whether some application sends users to this address.
    pub fn redirects_to(&self, uri: &str) -> bool {
        let seeded = self.tenants.iter().flat_map(|tenant| &tenant.applications);
        seeded.chain(&self.everywhere).flat_map(|app| &app.redirects).any(|redirect| redirect.uri == uri)
    }
}

/// Client ids, domains and user names are the same in any letter case.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
