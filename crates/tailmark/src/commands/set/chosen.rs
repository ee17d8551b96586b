//! On which entities a command acts: ids as arguments, ids from stdin, or all that meet a condition.
//!
//! What cannot be undone, and what a condition picks out, is asked about first. Without a terminal to ask on
//! nothing is done unless `--yes` says so: an unattended script never gets half way.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;
use serde_json::Value;

use super::Set;
use crate::commands::Common;
use crate::exit::Exit;
use crate::graph_client::{GraphClient, pages};

/// The ids, or the condition.
#[derive(Debug, Args)]
pub struct Chosen {
    /// Their ids; - reads them from stdin, one a line
    #[arg(value_name = "ID", required_unless_present = "filter")]
    ids: Vec<String>,
    /// All that meet an OData condition, instead of ids: "groupTag eq 'Old'"
    #[arg(long, value_name = "CONDITION", conflicts_with = "ids")]
    filter: Option<String>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// Whether an act is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Always: it cannot be undone.
    Always,
    /// Where a condition chooses, since nobody has seen the ids.
    OfConditions,
}

/// One entity to act on.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its id.
    pub id: String,
    /// The entity, where it has been read.
    pub entity: Option<Value>,
}

impl Chosen {
    /// Whether nothing is to be done.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Ends the run where a question could not be asked. Call it before anything else.
    pub fn permit(&self, asks: Asks, common: &Common) -> anyhow::Result<()> {
        if !self.must_ask(asks, common) || io::stdin().is_terminal() {
            return Ok(());
        }
        Err(Exit::Usage.because("nothing was done: without a terminal to ask on, --yes is needed"))
    }

    /// The entities, in the order in which they were named; each once.
    pub async fn targets(&self, set: Set, client: &GraphClient) -> anyhow::Result<Vec<Target>> {
        let Some(filter) = &self.filter else {
            let ids = ids(&self.ids)?;
            return Ok(ids.into_iter().map(|id| Target { id, entity: None }).collect());
        };
        let path = format!("{}{}", set.path(), pages::query(&[("$filter", filter)]));
        let entities = client.pages(&path)?.collect(usize::MAX).await?;
        let with_id = |entity: Value| {
            let id = entity.get("id")?.as_str()?.to_owned();
            Some(Target { id, entity: Some(entity) })
        };
        Ok(entities.into_iter().filter_map(with_id).collect())
    }

    /// Asks, where there is something to ask: `Delete 12 registered devices at graph.microsoft.com?`
    pub fn confirm(
        &self,
        asks: Asks,
        common: &Common,
        what: &str,
        client: &GraphClient,
    ) -> anyhow::Result<()> {
        if !self.must_ask(asks, common) {
            return Ok(());
        }
        write!(io::stderr(), "{what} at {}? [y/N] ", client.base().host_str().unwrap_or_default())?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Exit::Usage.because("nothing was done")),
        }
    }

    fn must_ask(&self, asks: Asks, common: &Common) -> bool {
        !self.dry_run && !common.yes() && (asks == Asks::Always || self.filter.is_some())
    }
}

/// Ids as they were given, those of stdin in the place of `-`; each once.
pub fn ids(given: &[String]) -> anyhow::Result<Vec<String>> {
    let mut ids: Vec<String> = Vec::new();
    for id in given {
        if id == "-" {
            for line in io::stdin().lock().lines() {
                let line =
                    line.map_err(|error| Exit::Failure.because(format!("cannot read stdin: {error}")))?;
                ids.extend(id_of(&line)?);
            }
        } else {
            ids.push(id.clone());
        }
    }
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    Ok(ids)
}

/// The id on a line: bare, or as `-o json` and `-o jsonl` of a list of ids would write it.
fn id_of(line: &str) -> anyhow::Result<Option<String>> {
    let id = line.trim().trim_end_matches(',').trim_matches('"');
    if id.is_empty() || id == "[" || id == "]" {
        return Ok(None);
    }
    if id.contains(char::is_whitespace) {
        return Err(Exit::Usage
            .because("stdin has more than an id on a line: print ids alone with --query '[].id' -o tsv"));
    }
    Ok(Some(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_a_line() {
        let id = |line: &str| id_of(line).ok().flatten();
        assert_eq!(id(" a-1\r"), Some("a-1".to_owned()));
        assert_eq!(id("  \"a-1\","), Some("a-1".to_owned()));
        assert_eq!((id(""), id("["), id("]")), (None, None, None));
        assert!(id_of("serial\tmodel\ta-1").is_err());
    }
}
