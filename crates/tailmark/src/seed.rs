//! A seed file: tenants to begin with, with who may sign in there and what they have, in the API's own shape.
//!
//! JSON or YAML, one object or an array of them, one for each tenant. Ids and states of entities are taken as given.
//! Loading a file twice changes nothing: what is there already stays as it is. Applications and users are not
//! stored: they are what the files say at each start.

use std::path::Path;

use anyhow::{Context as _, bail};
use autopilot::assignment::Membership;
use autopilot::model::Version;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::exit::Exit;
use crate::issuer::DEFAULT_TENANT;
use crate::issuer::directory::{self, SeededApplication, SeededUser};
use crate::store::Store;

/// One tenant of a seed file; `Entities` is text that is read later.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tenant<Entities> {
    #[serde(default = "default_tenant")]
    tenant: Uuid,
    /// Names that stand for the tenant in the issuer's addresses.
    #[serde(default)]
    domains: Vec<String>,
    #[serde(default)]
    applications: Vec<SeededApplication>,
    #[serde(default)]
    users: Vec<SeededUser>,
    /// Groups of devices, in the shape of Graph's `group`: an id with a `membershipRule`, or with `members`, ids of devices.
    #[serde(default)]
    groups: Vec<Group>,
    #[serde(default = "nothing", rename = "deviceManagement")]
    device_management: Option<Entities>,
}

/// A group of devices.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Group {
    id: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    membership_rule: Option<String>,
    #[serde(default)]
    members: Vec<String>,
}

fn default_tenant() -> Uuid {
    DEFAULT_TENANT
}

fn nothing<T>() -> Option<T> {
    None
}

impl<Entities> Tenant<Entities> {
    fn map<Other>(self, read: impl FnOnce(Entities) -> Other) -> Tenant<Other> {
        Tenant {
            tenant: self.tenant,
            domains: self.domains,
            applications: self.applications,
            users: self.users,
            groups: self.groups,
            device_management: self.device_management.map(read),
        }
    }
}

/// What a seed says of one tenant.
#[derive(Debug)]
pub struct Seeded {
    /// Who may sign in.
    pub directory: directory::Tenant,
    /// Groups of devices: ids, and what is stored of them.
    groups: Vec<(String, String)>,
    /// The entities, as JSON.
    entities: Option<String>,
}

/// Loads a seed file: stores the entities, and answers who may sign in.
///
/// # Errors
/// Where it cannot be read, or does not fit the model; then nothing of it is stored for the tenant at fault.
pub async fn load(store: &Store, file: &Path) -> anyhow::Result<Vec<directory::Tenant>> {
    let text = std::fs::read_to_string(file).map_err(|error| Exit::unreadable(file, &error))?;
    load_text(store, &text, Some(file.parent().unwrap_or(Path::new(".")))).await
}

/// Loads the text of a seed file. Files that it names are beside `folder`; without one it may name none.
///
/// # Errors
/// Where it does not fit the model; then nothing of it is stored for the tenant at fault.
pub async fn load_text(
    store: &Store,
    text: &str,
    folder: Option<&Path>,
) -> anyhow::Result<Vec<directory::Tenant>> {
    let model = Version::Beta.model();
    let management = model.member("deviceManagement").context("the model has no deviceManagement")?;
    let mut directories = Vec::new();
    for Seeded { directory, groups, entities } in read(text, folder)? {
        let tenant = directory.id;
        let entities = entities.as_deref().unwrap_or("{}");
        let sent =
            odata::json::read::entity(model, management.target, entities.as_bytes()).map_err(|error| {
                let target = error.target.clone().unwrap_or_default();
                anyhow::anyhow!("tenant {tenant}: {error} {target}")
            })?;
        store.seeding().load(&tenant.to_string(), sent, groups).await?;
        directories.push(directory);
    }
    Ok(directories)
}

/// What the text of a seed file says. Files that it names are beside `folder`; without one it may name none.
///
/// # Errors
/// Where it is no seed; with line and column, or the name of what cannot be.
pub fn read(text: &str, folder: Option<&Path>) -> anyhow::Result<Vec<Seeded>> {
    let read = |tenant: Tenant<String>| {
        let id = tenant.tenant;
        let applications = tenant.applications.into_iter().map(|application| application.read(folder));
        let users = tenant.users.into_iter().map(SeededUser::read);
        let directory = directory::Tenant {
            id,
            domains: tenant.domains,
            applications: applications.collect::<Result<_, _>>().with_context(|| format!("tenant {id}"))?,
            users: users.collect::<Result<_, _>>().with_context(|| format!("tenant {id}"))?,
        };
        let groups = tenant.groups.iter().map(|group| stored(id, group)).collect::<anyhow::Result<_>>()?;
        Ok(Seeded { directory, groups, entities: tenant.device_management })
    };
    tenants(text)?.into_iter().map(read).collect()
}

/// A group's id, and what is stored of it.
fn stored(tenant: Uuid, group: &Group) -> anyhow::Result<(String, String)> {
    let rule = group.membership_rule.as_deref();
    if let Some(rule) = rule.filter(|rule| Membership::of_rule(rule).is_none()) {
        bail!("tenant {tenant}: the membership rule of group {} is none that is known: {rule}", group.id);
    }
    Ok((group.id.clone(), serde_json::to_string(group)?))
}

/// JSON where it looks like it, else YAML; errors say line and column.
fn tenants(text: &str) -> anyhow::Result<Vec<Tenant<String>>> {
    let text = text.trim_start_matches('\u{feff}');
    // Entities of JSON stay as they are written: numbers keep their digits, and members sent twice are found.
    let written = |tenant: Tenant<Box<RawValue>>| tenant.map(|entities| entities.get().to_owned());
    let first = text.trim_start().chars().next();
    match first {
        Some('[') => {
            let tenants: Vec<_> = serde_json::from_str(text)?;
            return Ok(tenants.into_iter().map(written).collect());
        }
        Some('{') => return Ok(vec![written(serde_json::from_str(text)?)]),
        _ => {}
    }
    let converted = |tenant: Tenant<serde_json::Value>| tenant.map(|entities| entities.to_string());
    match yaml_serde::from_str(text)? {
        yaml_serde::Value::Sequence(_) => {
            let tenants: Vec<_> = yaml_serde::from_str(text)?;
            Ok(tenants.into_iter().map(converted).collect())
        }
        yaml_serde::Value::Mapping(_) => Ok(vec![converted(yaml_serde::from_str(text)?)]),
        _ => bail!("a seed is an object, or an array of them, in JSON or YAML"),
    }
}
