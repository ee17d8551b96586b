//! A seed file: tenants and their entities to begin with, in the API's own shape.
//!
//! JSON, one object or an array of them, one for each tenant. Ids and states are taken as given. Loading a file
//! twice changes nothing: what is there already stays as it is.

use std::path::Path;

use anyhow::{Context as _, bail};
use autopilot::assignment::Membership;
use autopilot::model::Version;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::exit::Exit;
use crate::issuer::DEFAULT_TENANT;
use crate::store::Store;

/// One tenant of a seed file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tenant {
    #[serde(default = "default_tenant")]
    tenant: Uuid,
    /// The tenant's domains: for people to read.
    #[serde(default, rename = "domains")]
    _domains: Vec<String>,
    /// Groups of devices, in the shape of Graph's `group`: an id with a `membershipRule`, or with `members`, ids of devices.
    #[serde(default)]
    groups: Vec<Group>,
    #[serde(default, rename = "deviceManagement")]
    device_management: Option<Box<RawValue>>,
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

/// Loads a seed file.
///
/// # Errors
/// Where it cannot be read, or does not fit the model; then nothing of it is stored for the tenant at fault.
pub async fn load(store: &Store, file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).map_err(|error| Exit::unreadable(file, &error))?;
    load_text(store, &text).await
}

/// Loads the text of a seed file.
///
/// # Errors
/// Where it does not fit the model; then nothing of it is stored for the tenant at fault.
pub async fn load_text(store: &Store, text: &str) -> anyhow::Result<()> {
    let tenants: Vec<Tenant> = match text.trim_start().chars().next() {
        Some('[') => serde_json::from_str(text)?,
        Some('{') => vec![serde_json::from_str(text)?],
        _ => bail!("a seed is a JSON object, or an array of them"),
    };
    let model = Version::Beta.model();
    let management = model.member("deviceManagement").context("the model has no deviceManagement")?;
    for tenant in tenants {
        let body = tenant.device_management.as_ref().map_or("{}", |body| body.get());
        let sent = odata::json::read::entity(model, management.target, body.as_bytes()).map_err(|error| {
            let target = error.target.clone().unwrap_or_default();
            anyhow::anyhow!("tenant {}: {error} {target}", tenant.tenant)
        })?;
        let groups = tenant.groups.iter().map(|group| {
            let rule = group.membership_rule.as_deref();
            if let Some(rule) = rule.filter(|rule| Membership::of_rule(rule).is_none()) {
                bail!(
                    "tenant {}: the membership rule of group {} is none that is known: {rule}",
                    tenant.tenant,
                    group.id
                );
            }
            Ok((group.id.clone(), serde_json::to_string(group)?))
        });
        let groups = groups.collect::<anyhow::Result<_>>()?;
        store.seeding().load(&tenant.tenant.to_string(), sent, groups).await?;
    }
    Ok(())
}
