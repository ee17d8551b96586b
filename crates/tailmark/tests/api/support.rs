//! What the tests stand on: a running service, callers, machines.

mod answer;
mod app;
mod browser;
mod caller;
pub mod database;
mod devices;
mod secured;

pub use answer::{Answer, names};
pub use app::{Ask, LONG_LEASE, TestApp};
pub use browser::{Browser, PASSWORD, Page};
pub use caller::{Caller, FABRIKAM};
pub use devices::{bare, hash, hashed, hashed_as, machine};
pub use secured::Secured;
