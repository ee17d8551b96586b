//! The bound half of the crate: what requests mean, the SQL they become, JSON in and out, page tokens.
//!
//! Everything here speaks of one small model, `demo`; `semantics` also runs the SQL and compares the answers
//! with those of the naive evaluator in `oracle`.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a failure in a helper fails the test")]

mod answers;
mod bind;
#[expect(dead_code, reason = "no test here kills the server, or needs a second database")]
mod cluster;
mod csdl;
mod csdl_read;
mod database;
mod demo;
mod expressions;
mod functions;
mod generate;
mod json_read;
mod json_write;
mod memory;
mod negotiate;
mod openapi;
mod oracle;
mod paths;
mod semantics;
mod shop;
mod skiptoken;
mod sql;
mod sqlite;
mod world;
