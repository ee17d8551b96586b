//! An entry as a page of `docs/errors`, and all of them as its list in `docs/errors.md`.

use std::fmt::Write as _;

use super::{Entry, Family, PLACE};

/// The longest line, as in the other documents.
const WIDTH: usize = 120;

/// The page of an entry in Markdown.
#[must_use]
pub fn markdown(entry: &Entry) -> String {
    let Entry { name, family, reasons } = entry;
    let source = match family {
        Family::Import => "crates/autopilot/src/rejection",
        Family::Api => "crates/tailmark/src/catalogue/refusals.rs",
    };
    let mut page =
        format!("# {name}\n\n<!-- Written from {source}: UPDATE_DOCS=1 cargo test --test tidy -->\n");
    for reason in reasons {
        let spelling = reason.other.map(|other| format!(", also written `{other}`")).unwrap_or_default();
        let paragraphs = [
            format!("`{}`{spelling}, met in {}.", reason.code, reason.met),
            format!("**Meaning.** {}", reason.meaning),
            format!("**Cause.** {}", reason.cause),
            format!("**Remedy.** {}", reason.remedy),
        ];
        for paragraph in paragraphs {
            // Writing to a text cannot fail.
            let _ = write!(page, "\n{}\n", wrapped(&paragraph));
        }
    }
    let by_command = match family {
        Family::Import => format!("`tailmark explain {name}` says the same, and a"),
        Family::Api => "A".to_owned(),
    };
    let _ = write!(
        page,
        "\n{by_command} running service has this page at `{PLACE}/{name}`. [All codes](../errors.md)\n"
    );
    page
}

/// Lines of at most [`WIDTH`] characters.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split(' ') {
        let more = word.chars().count();
        if length > 0 && length + 1 + more > WIDTH {
            lines.push('\n');
            length = 0;
        } else if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += more;
    }
    lines
}
