//! `tailmark explain`: what an error code of an import means, where it comes from and what to do.
//!
//! In: a number (`806`) or a name (`ZtdDeviceAlreadyAssigned`), as a client met it. Out: the table of the
//! service itself, so that both say the same, and where it has the page. Without an argument it lists all of them.

use autopilot::rejection::Rejection;
use clap::Args;
use serde_json::{Value, json};

use super::Common;
use crate::catalogue;
use crate::exit::Exit;
use crate::output::Kind;

const EXAMPLES: &str = "\
Examples:
  tailmark explain 806
  tailmark explain ZtdDeviceAssignedToOtherTenant
  tailmark explain";

/// `tailmark explain`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// deviceErrorCode or deviceErrorName; all of them when left out
    #[arg(value_name = "CODE|NAME")]
    code: Option<String>,
}

/// Prints the explanation; exit code 3 for what nobody knows.
pub fn run(args: &ExplainArgs, common: &Common) -> anyhow::Result<Exit> {
    let output = common.output();
    let found: Vec<Rejection> = match &args.code {
        None => Rejection::ALL.to_vec(),
        Some(code) => match code.trim().parse() {
            Ok(number) => Rejection::by_code(number).collect(),
            Err(_) => Rejection::by_name(code).into_iter().collect(),
        },
    };
    if found.is_empty() {
        let code = args.code.as_deref().unwrap_or_default();
        return Err(Exit::NotFound
            .because(format!("no error has the code or name {code}; `tailmark explain` lists all")));
    }
    if output.wants_prose() && args.code.is_some() {
        let prose: Vec<_> = found.iter().map(|each| prose(*each, &common.server)).collect();
        output.line(&prose.join("\n\n"))?;
    } else {
        output
            .show(&found.iter().map(|each| described(*each, &common.server)).collect(), Kind::Rejections)?;
    }
    Ok(Exit::Done)
}

fn described(rejection: Rejection, server: &str) -> Value {
    json!({
        "code": rejection.published_code(),
        "name": rejection.name(),
        "otherName": rejection.other_name(),
        "occasion": rejection.occasion().to_string(),
        "meaning": rejection.meaning(),
        "cause": rejection.cause(),
        "remedy": rejection.remedy(),
        "page": page(rejection, server),
    })
}

fn prose(rejection: Rejection, server: &str) -> String {
    let (meaning, cause, remedy) = (rejection.meaning(), rejection.cause(), rejection.remedy());
    let page = page(rejection, server);
    format!("{rejection}\n  Meaning  {meaning}\n  Cause    {cause}\n  Remedy   {remedy}\n  Page     {page}")
}

/// Where a running service has the page of it.
fn page(rejection: Rejection, server: &str) -> String {
    let server = server.trim_end_matches('/');
    format!("{server}{}/{}", catalogue::PLACE, catalogue::name_of(rejection))
}
