//! The service: everything that touches the world.
//!
//! [`commands`] is the program as people type it; `serve` wires the rooms together. [`http`] speaks to clients,
//! [`store`] keeps what they say, [`worker`] imports what is kept. Rooms depend on each other in that order and on
//! the libraries `autopilot` and `odata` below; never upwards, never sideways. The embedded [`issuer`] is an OpenID
//! provider like any other, and [`graph_client`] a client like any other. [`console`] shows
//! people pages, and is a client of [`http`], too; [`catalogue`] has a page for each error code. [`tls`] makes and shows certificates, and
//! [`intercept`] is the proxy through which programs reach [`http`] under names that are Microsoft's.
//! [`telemetry`] is what all of them say of themselves.

pub mod access;
pub mod browser;
pub mod catalogue;
pub mod clock;
pub mod commands;
pub mod config;
pub mod console;
pub mod emulation;
pub mod exit;
pub mod graph_client;
pub mod http;
pub mod ids;
pub mod intercept;
pub mod issuer;
pub mod jwt;
pub mod origin;
pub mod output;
pub mod seed;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod worker;
