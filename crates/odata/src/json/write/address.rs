//! The canonical address of an entity, for control information that says it.

use std::cell::OnceCell;

/// The canonical address of an entity, put together when it is asked for: most answers do not say it.
pub(super) struct Address<'a> {
    make: &'a dyn Fn() -> String,
    made: OnceCell<String>,
}

impl<'a> Address<'a> {
    pub fn made_by(make: &'a dyn Fn() -> String) -> Self {
        Self { make, made: OnceCell::new() }
    }

    pub fn text(&self) -> &str {
        self.made.get_or_init(self.make)
    }
}
