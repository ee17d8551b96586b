//! The service of `examples/serve` held against the conformance clauses of OData 4.0 and 4.01.
//!
//! Everything runs in this process: [`client`] hands requests to the service over the shop (or over a model that was
//! generated) and shows what came back. A test that shows a clause is called after it: `r40m_05b_max_version` is item
//! 5b of the Minimal level of 4.0, `i` is Intermediate, `a` Advanced. `docs/odata-conformance.md` has the list.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a failure in a helper fails the test")]

mod advanced;
#[path = "../../examples/serve/answer.rs"]
mod answer;
mod batches;
mod client;
mod document;
mod hostile;
mod intermediate;
mod json_rules;
mod minimal;
mod newest;
#[path = "../../examples/serve/store.rs"]
mod store;
mod traps;

type Failure = Box<dyn std::error::Error + Send + Sync>;
