//! `tailmark completion SHELL`: the script that completes commands and options.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::CommandLine;
use crate::exit::Exit;

const EXAMPLES: &str = "\
Examples:
  source <(tailmark completion bash)
  tailmark completion zsh > ~/.zfunc/_tailmark
  tailmark completion powershell | Out-String | Invoke-Expression";

/// `tailmark completion`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionArgs {
    /// The shell to complete in
    shell: Shell,
}

/// Prints the script.
pub fn run(args: &CompletionArgs) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut CommandLine::command(), "tailmark", &mut script);
    match std::io::Write::write_all(&mut std::io::stdout(), &script) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Done),
    }
}
