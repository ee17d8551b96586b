//! The progress bars of an import, on stderr and on a terminal only.

use indicatif::{ProgressBar, ProgressStyle};

use super::watch::Counts;
use crate::output::Output;

/// A bar that counts devices as they are sent.
pub fn sending(output: &Output, devices: u64) -> ProgressBar {
    bar(output, devices, "sending")
}

/// A bar that counts devices as they get their outcome.
pub fn watching(output: &Output, devices: u64) -> ProgressBar {
    bar(output, devices, "registering")
}

/// The devices by state.
pub fn show(bar: &ProgressBar, counts: Counts) {
    let mut message = format!("{} complete", counts.complete);
    for (count, word) in [(counts.error, "failed"), (counts.pending(), "in progress")] {
        if count > 0 {
            message.push_str(&format!(" · {count} {word}"));
        }
    }
    bar.set_length(counts.total);
    bar.set_message(message);
    bar.set_position(counts.complete + counts.error);
}

fn bar(output: &Output, devices: u64, act: &'static str) -> ProgressBar {
    if output.is_quiet() {
        return ProgressBar::hidden();
    }
    // The bar goes to stderr, and is not drawn where that is no terminal.
    let bar = ProgressBar::new(devices).with_prefix(act);
    if let Ok(style) = ProgressStyle::with_template("{prefix:>11} [{bar:24}] {pos}/{len}  {wide_msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
