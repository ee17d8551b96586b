//! `devices update`, `assign-user` and `unassign-user`: the acts that change a registered device.
//!
//! <https://learn.microsoft.com/graph/api/intune-enrollment-windowsautopilotdeviceidentity-updatedeviceproperties>

use clap::Args;
use serde_json::{Map, Value};

use super::Set;
use super::chosen::{Asks, Chosen};
use super::each::{self, Words};
use crate::commands::Common;
use crate::exit::Exit;

/// `devices update`
#[derive(Debug, Args)]
pub struct UpdateArgs {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    properties: Properties,
}

/// What to set.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Properties {
    /// The group tag
    #[arg(long, value_name = "TAG")]
    group_tag: Option<String>,
    /// The device's name
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// The assigned user's principal name
    #[arg(long, value_name = "UPN")]
    user: Option<String>,
    /// How the assigned user is greeted
    #[arg(long, value_name = "NAME")]
    user_name: Option<String>,
}

/// `devices assign-user`
#[derive(Debug, Args)]
pub struct AssignArgs {
    #[command(flatten)]
    chosen: Chosen,
    /// The user's principal name
    #[arg(long, value_name = "UPN")]
    user: String,
    /// How the user is greeted [default: the principal name]
    #[arg(long, value_name = "NAME")]
    user_name: Option<String>,
}

/// Changes what was named and leaves the rest.
pub async fn update(args: &UpdateArgs, common: &Common) -> anyhow::Result<Exit> {
    let Properties { group_tag, display_name, user, user_name } = &args.properties;
    let texts = [
        ("groupTag", group_tag),
        ("displayName", display_name),
        ("userPrincipalName", user),
        ("addressableUserName", user_name),
    ];
    let body = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?.into())));
    let words = Words { done: "updated", would: "would be updated" };
    act(&args.chosen, "Update", "updateDeviceProperties", body.collect(), words, common).await
}

/// Assigns a user.
pub async fn assign_user(args: &AssignArgs, common: &Common) -> anyhow::Result<Exit> {
    let name = args.user_name.as_ref().unwrap_or(&args.user);
    let body = [("userPrincipalName", &args.user), ("addressableUserName", name)];
    let body = body.map(|(name, text)| (name.to_owned(), text.clone().into()));
    let words = Words { done: "assigned", would: "would be assigned" };
    act(&args.chosen, "Assign a user to", "assignUserToDevice", body.into_iter().collect(), words, common)
        .await
}

/// Takes the user away.
pub async fn unassign_user(chosen: &Chosen, common: &Common) -> anyhow::Result<Exit> {
    let words = Words { done: "unassigned", would: "would be unassigned" };
    let verb = "Take the user away from";
    act(chosen, verb, "unassignUserFromDevice", Map::new(), words, common).await
}

async fn act(
    chosen: &Chosen,
    verb: &str,
    action: &'static str,
    body: Map<String, Value>,
    words: Words,
    common: &Common,
) -> anyhow::Result<Exit> {
    chosen.permit(Asks::OfConditions, common)?;
    let output = common.output();
    let client = common.client(&output).await?;
    let targets = chosen.targets(Set::Devices, &client).await?;
    if chosen.is_dry_run() {
        return each::look(Set::Devices, &client, &output, targets, words).await;
    }
    if !targets.is_empty() {
        let what = format!("{verb} {}", Set::Devices.counted(targets.len()));
        chosen.confirm(Asks::OfConditions, common, &what, &client)?;
    }
    let body = Value::Object(body);
    let act = |id: &str| {
        let (client, body) = (client.clone(), body.clone());
        let path = format!("{}/{action}", Set::Devices.entity(id));
        async move { client.post(&path, &body).await.map(drop) }
    };
    each::each(&output, targets, words.done, act).await
}
