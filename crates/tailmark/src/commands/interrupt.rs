//! Ctrl-C: the first one asks a command to stop and say what is going on, the second one ends the program.
//!
//! One task listens from the start, so that no signal is lost between two waits.

use tokio::sync::watch;

use crate::exit::Exit;

/// Knows whether Ctrl-C was pressed.
#[derive(Clone, Debug)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens from now on.
    pub fn listen() -> Interrupt {
        let (raise, raised) = watch::channel(false);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_err() {
                // Without a listener Ctrl-C ends the program by itself.
                return std::future::pending().await;
            }
            raise.send_replace(true);
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(i32::from(Exit::Interrupted.code()));
            }
        });
        Interrupt(raised)
    }

    /// Returns when Ctrl-C was pressed, now or before.
    pub async fn raised(&self) {
        if self.0.clone().wait_for(|raised| *raised).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
