//! How a run of `tailmark` ends: one word for every exit code.
//!
//! Scripts read the number, so the numbers are part of the interface and are listed in `tailmark help`.
//! A command either returns an [`Exit`] or fails with an error; [`Exit::of`] finds the code that belongs
//! to an error by looking through its causes for a [`Stop`] or an answer of the service.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::graph_client;

/// The outcome of a command, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: failed for a reason that has no code of its own.
    Failure,
    /// 2: the command line does not say what to do, or a destructive act was not confirmed.
    Usage,
    /// 3: what was asked for is not there.
    NotFound,
    /// 4: sign-in needed, or refused.
    SignIn,
    /// 5: finished, and some devices failed.
    SomeFailed,
    /// 6: validation failed and nothing was sent.
    Invalid,
    /// 7: the time is up and something is still pending.
    StillPending,
    /// 8: the service kept saying that it is too busy.
    Throttled,
    /// 130: interrupted with Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::NotFound => 3,
            Exit::SignIn => 4,
            Exit::SomeFailed => 5,
            Exit::Invalid => 6,
            Exit::StillPending => 7,
            Exit::Throttled => 8,
            Exit::Interrupted => 130,
        }
    }

    /// An error that ends the run with this code: `return Err(Exit::Usage.because("…"))`.
    pub fn because(self, message: impl Into<String>) -> anyhow::Error {
        Stop { exit: self, message: message.into() }.into()
    }

    /// An error that ends the run because a file that was named cannot be read; with 3 where it is not there.
    pub fn unreadable(file: &Path, error: &io::Error) -> anyhow::Error {
        let exit = match error.kind() {
            io::ErrorKind::NotFound => Exit::NotFound,
            _ => Exit::Failure,
        };
        exit.because(format!("cannot read {}: {error}", file.display()))
    }

    /// The code that belongs to an error; 1 when nothing in it says more.
    pub fn of(error: &anyhow::Error) -> Exit {
        for cause in error.chain() {
            if let Some(stop) = cause.downcast_ref::<Stop>() {
                return stop.exit;
            }
            if let Some(error) = cause.downcast_ref::<graph_client::Error>() {
                return error.exit();
            }
        }
        Exit::Failure
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// An error that knows the exit code it leads to.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Stop {
    /// How the run ends.
    pub exit: Exit,
    /// What people read.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn an_error_keeps_its_code_under_added_context() {
        let error =
            Err::<(), _>(Exit::Invalid.because("two lines are wrong")).context("devices.csv").unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Invalid);
        assert_eq!(Exit::of(&anyhow::anyhow!("the disk is full")), Exit::Failure);
    }
}
