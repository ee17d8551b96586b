//! `tls.*`: whether the service speaks TLS, and with whose certificate.

use std::path::PathBuf;

use serde::Deserialize;

/// Whether the service speaks TLS, and with whose certificate.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Where the certificate comes from.
    #[serde(deserialize_with = "super::word")]
    pub mode: Mode,
    /// With `files`: the certificate and those between it and its root, in PEM, the service's own first.
    pub cert: PathBuf,
    /// With `files`: the certificate's private key, in PEM.
    pub key: PathBuf,
}

/// Where the certificate comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Nowhere: plain HTTP.
    #[default]
    Off,
    /// From a CA in the data folder, made at the first start.
    OwnCa,
    /// From two files.
    Files,
}
