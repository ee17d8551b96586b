//! `delete`: what a set holds, gone for good.

use super::Set;
use super::chosen::{Asks, Chosen};
use super::each::{self, Words};
use crate::commands::Common;
use crate::exit::Exit;

const WORDS: Words = Words { done: "deleted", would: "would be deleted" };

/// Deletes what was chosen, after a yes.
pub async fn run(set: Set, chosen: &Chosen, common: &Common) -> anyhow::Result<Exit> {
    chosen.permit(Asks::Always, common)?;
    let output = common.output();
    let client = common.client(&output).await?;
    let targets = chosen.targets(set, &client).await?;
    if chosen.is_dry_run() {
        return each::look(set, &client, &output, targets, WORDS).await;
    }
    if !targets.is_empty() {
        let what = format!("Delete {}", set.counted(targets.len()));
        chosen.confirm(Asks::Always, common, &what, &client)?;
    }
    let act = |id: &str| {
        let (client, path) = (client.clone(), set.entity(id));
        async move { client.delete(&path).await }
    };
    each::each(&output, targets, WORDS.done, act).await
}
