//! One act on each of many entities, several at a time, with a report of every one.
//!
//! A refusal of one entity does not keep the others from theirs. What would be refused for all of them (no
//! sign-in, a service that is away or too busy) and Ctrl-C begin nothing new; requests that are under way are
//! waited for, so that the report is true.

use std::future::Future;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Set;
use super::chosen::Target;
use crate::commands::import::progress;
use crate::commands::interrupt::Interrupt;
use crate::exit::Exit;
use crate::graph_client::{Error, GraphClient};
use crate::output::{Kind, Output};

/// How many requests are under way at a time.
const AT_ONCE: usize = 8;

/// The words for an act.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// `deleted`
    pub done: &'static str,
    /// `would be deleted`
    pub would: &'static str,
}

/// Acts on all of them and reports; `word` is what is said of one where it went well.
pub async fn each<Act, Answer>(
    output: &Output,
    targets: Vec<Target>,
    word: &'static str,
    act: Act,
) -> anyhow::Result<Exit>
where
    Act: Fn(&str) -> Answer,
    Answer: Future<Output = Result<(), Error>> + Send + 'static,
{
    let interrupt = Interrupt::listen();
    let bar = progress::acting(output, targets.len() as u64);
    let mut results: Vec<Option<Result<(), Error>>> = targets.iter().map(|_| None).collect();
    let (mut running, mut waiting) = (JoinSet::new(), targets.iter().enumerate());
    let (mut stopped, mut interrupted) = (false, false);
    loop {
        while !stopped
            && running.len() < AT_ONCE
            && let Some((at, target)) = waiting.next()
        {
            let answer = act(&target.id);
            running.spawn(async move { (at, answer.await) });
        }
        let next = tokio::select! {
            next = running.join_next() => next,
            () = interrupt.raised(), if !interrupted => {
                (stopped, interrupted) = (true, true);
                continue;
            }
        };
        let Some(done) = next else { break };
        let (at, result) = done?;
        stopped |= result.as_ref().is_err_and(concerns_all);
        if let Some(place) = results.get_mut(at) {
            *place = Some(result);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let report: Value =
        targets.iter().zip(&results).map(|(target, result)| row(target, result, word)).collect();
    output.show(&report, Kind::Acts)?;
    let count =
        |wanted: fn(&Result<(), Error>) -> bool| results.iter().flatten().filter(|it| wanted(it)).count();
    let done = count(Result::is_ok);
    let missing = count(|it| it.as_ref().is_err_and(Error::is_not_found));
    let failed = count(Result::is_err) - missing;
    let untried = results.iter().filter(|result| result.is_none()).count();
    let parts = [(done, word), (missing, "not found"), (failed, "failed"), (untried, "not tried")];
    let parts: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(n, word)| format!("{n} {word}")).collect();
    output.say(&if parts.is_empty() { "none".to_owned() } else { parts.join(", ") });
    if interrupted {
        return Err(Exit::Interrupted.because("interrupted"));
    }
    let refusal = results.into_iter().flatten().filter_map(Result::err).find(concerns_all);
    match refusal {
        Some(error) => Err(error.into()),
        None if failed > 0 => Ok(Exit::SomeFailed),
        None if missing > 0 => Ok(Exit::NotFound),
        None => Ok(Exit::Done),
    }
}

/// Whether the others would fare no better.
fn concerns_all(error: &Error) -> bool {
    !matches!(error, Error::Refused(refused) if !matches!(refused.status, 401 | 403))
}

fn row(target: &Target, result: &Option<Result<(), Error>>, word: &str) -> Value {
    let member = |name: &str| target.entity.as_ref().and_then(|entity| entity.get(name)).cloned();
    let (result, problem) = match result {
        Some(Ok(())) => (word, None),
        Some(Err(error)) if error.is_not_found() => ("not found", None),
        Some(Err(error)) => ("failed", Some(error.to_string())),
        None => ("not tried", None),
    };
    let mut row = json!({ "id": target.id });
    if let (Some(row), Some(serial)) = (row.as_object_mut(), member("serialNumber")) {
        row.insert("serialNumber".to_owned(), serial);
    }
    if let Some(row) = row.as_object_mut() {
        row.insert("result".to_owned(), result.into());
        row.extend(problem.map(|problem| ("problem".to_owned(), problem.into())));
    }
    row
}

/// What [`each`] would act on: reads the entities that were named by id only, and changes nothing.
pub async fn look(
    set: Set,
    client: &GraphClient,
    output: &Output,
    targets: Vec<Target>,
    words: Words,
) -> anyhow::Result<Exit> {
    if targets.iter().all(|target| target.entity.is_some()) {
        return each(output, targets, words.would, |_| std::future::ready(Ok(()))).await;
    }
    let act = |id: &str| {
        let (client, path) = (client.clone(), set.entity(id));
        async move { client.get(&path).await.map(drop) }
    };
    each(output, targets, words.would, act).await
}
