//! `list` and `show`: entities as the service has them. Lists follow its pages to the end or to `--top`.

use clap::Args;
use serde_json::Value;

use super::Set;
use crate::commands::Common;
use crate::exit::Exit;
use crate::graph_client::pages;

/// `list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// OData condition: "serialNumber eq '1234'"
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
    /// Members to show, separated by commas
    #[arg(long, value_name = "MEMBERS")]
    select: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER")]
    top: Option<usize>,
    /// Order: "serialNumber desc"
    #[arg(long, value_name = "MEMBERS")]
    orderby: Option<String>,
}

/// `show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Its id
    id: String,
    /// Members to show, separated by commas
    #[arg(long, value_name = "MEMBERS")]
    select: Option<String>,
}

/// Lists a set.
pub async fn list(set: Set, args: &ListArgs, common: &Common) -> anyhow::Result<Exit> {
    let output = common.output();
    let client = common.client(&output).await?;
    let page = args.top.map(|top| top.min(1000).to_string());
    let options = [
        ("$filter", args.filter.as_deref()),
        ("$select", args.select.as_deref()),
        ("$orderby", args.orderby.as_deref()),
        ("$top", page.as_deref()),
    ];
    let given: Vec<_> = options.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect();
    let path = format!("{}{}", set.path(), pages::query(&given));
    let entities = client.pages(&path)?.collect(args.top.unwrap_or(usize::MAX)).await?;
    let is_empty = entities.is_empty();
    output.show(&Value::Array(entities), set.kind())?;
    if is_empty && output.is_table() {
        output.say("none");
    }
    Ok(Exit::Done)
}

/// Shows one entity.
pub async fn show(set: Set, args: &ShowArgs, common: &Common) -> anyhow::Result<Exit> {
    let output = common.output();
    let client = common.client(&output).await?;
    let query = args.select.as_deref().map(|members| pages::query(&[("$select", members)]));
    let found = client.get(&(set.entity(&args.id) + &query.unwrap_or_default())).await;
    let entity = found.map_err(|error| match error.is_not_found() {
        true => anyhow::Error::new(error).context(none_of(set, &args.id)),
        false => error.into(),
    })?;
    output.show(&entity, set.kind())?;
    Ok(Exit::Done)
}

/// People have serial numbers, and an id is asked for.
fn none_of(set: Set, id: &str) -> String {
    let (is_known_as, name) = match set {
        Set::Uploads => return format!("there is no upload with the id {id}"),
        Set::Devices => ("registered device", "devices"),
        Set::Imported => ("import record", "imported"),
    };
    let literal = id.replace('\'', "''");
    format!(
        "there is no {is_known_as} with the id {id}; by serial number: \
         tailmark {name} list --filter \"serialNumber eq '{literal}'\""
    )
}
