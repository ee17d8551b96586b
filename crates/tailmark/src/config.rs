//! The settings: a section each, every one with its default. File (TOML) < environment < flags.
//!
//! A setting `section.key` is `TAILMARK_SECTION_KEY` in the environment; lists are separated by commas there. An
//! unknown section or key is an error, not a surprise.

pub mod audit;
pub mod auth;
pub mod compat;
pub mod console;
pub mod database;
pub mod emulation;
pub mod http;
pub mod import;
pub mod intercept;
pub mod log;
pub mod metrics;
pub mod telemetry;
pub mod throttle;
pub mod tls;

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::Context as _;
use config::{ConfigError, File, FileFormat, Map, Source, Value, ValueKind};
use etcetera::BaseStrategy as _;
use serde::de::{Deserialize, Deserializer, IntoDeserializer as _};

use crate::exit::Exit;

/// All settings.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `http.*`
    pub http: http::Http,
    /// `database.*`
    pub database: database::Database,
    /// `auth.*`
    pub auth: auth::Auth,
    /// `import.*`
    pub import: import::Import,
    /// `audit.*`
    pub audit: audit::Audit,
    /// `compat.*`
    pub compat: compat::Compat,
    /// `tls.*`
    pub tls: tls::Tls,
    /// `intercept.*`
    pub intercept: intercept::Intercept,
    /// `emulation.*`
    pub emulation: emulation::Emulation,
    /// `console.*`
    pub console: console::Console,
    /// `throttle.*`
    pub throttle: throttle::Throttle,
    /// `metrics.*`
    pub metrics: metrics::Metrics,
    /// `telemetry.*`
    pub telemetry: telemetry::Telemetry,
    /// `log.*`
    pub log: log::Log,
    /// The folder of the database and of the embedded issuer's key; from `--data`.
    #[serde(skip)]
    pub data: PathBuf,
    /// Seed files; from `--seed`.
    #[serde(skip)]
    pub seed: Vec<PathBuf>,
}

const SECTIONS: &[&str] = &[
    "http",
    "tls",
    "intercept",
    "database",
    "auth",
    "import",
    "audit",
    "compat",
    "console",
    "emulation",
    "throttle",
    "metrics",
    "telemetry",
    "log",
];
const LISTS: &[&str] = &[
    "http.trusted_proxies",
    "auth.issuer",
    "auth.audience",
    "auth.tenants",
    "auth.algorithms",
    "compat.quirks",
];

impl Config {
    /// Reads the file, if any, and the environment.
    ///
    /// # Errors
    /// What is unknown or has a wrong value, by its name.
    pub fn load(file: Option<&Path>, data: Option<&Path>) -> anyhow::Result<Self> {
        let mut sources = config::Config::builder();
        if let Some(file) = file {
            let text = fs::read_to_string(file).map_err(|error| Exit::unreadable(file, &error))?;
            sources = sources.add_source(File::from_str(&text, FileFormat::Toml));
        }
        let settings = sources.add_source(Environment).build();
        let mut config: Self =
            settings.and_then(config::Config::try_deserialize).context("the settings cannot be read")?;
        config.data = match data {
            Some(folder) => folder.to_owned(),
            None => default_data_folder()?,
        };
        Ok(config)
    }

    /// Where the service's certificate comes from: the proxy's comes from our own CA, and where there is one the
    /// service uses it, too.
    #[must_use]
    pub fn tls_mode(&self) -> tls::Mode {
        match self.tls.mode {
            tls::Mode::Off if self.intercept.listen.is_some() => tls::Mode::OwnCa,
            mode => mode,
        }
    }
}

/// The variables that are settings. A text there becomes what its setting asks for.
#[derive(Clone, Debug)]
struct Environment;

impl Source for Environment {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let variables = env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text)));
        let settings = variables.filter_map(|(name, text)| {
            let key = name.strip_prefix("TAILMARK_")?.to_ascii_lowercase();
            let (section, _) = key.split_once('_')?;
            let key = SECTIONS.contains(&section).then(|| key.replacen('_', ".", 1))?;
            let given = text.into_string().map(|text| given(&key, text));
            let value = given.map(|given| Value::new(Some(&name), given));
            Some(
                value
                    .map(|value| (key, value))
                    .map_err(|_| ConfigError::Message(format!("{name} is not UTF-8"))),
            )
        });
        settings.collect()
    }
}

fn given(key: &str, text: String) -> ValueKind {
    if !LISTS.contains(&key) {
        return text.into();
    }
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(str::to_owned).collect::<Vec<_>>().into()
}

/// A word, or an error that names all there are.
fn word<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(String::deserialize(deserializer)?.into_deserializer())
}

/// Words, the same.
fn words<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.into_iter().map(|text| T::deserialize(text.into_deserializer())).collect()
}

/// The platform's folder for a program's data.
///
/// # Errors
/// Where the platform names none, because there is no home folder.
pub fn default_data_folder() -> anyhow::Result<PathBuf> {
    let folders = etcetera::choose_base_strategy().context("there is no home folder; say --data DIR")?;
    Ok(folders.data_dir().join("tailmark"))
}

/// Makes the data folder, for its owner alone, where there is none yet.
///
/// # Errors
/// Where it cannot be made.
pub fn make_data_folder(folder: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.recursive(true).create(folder);
    made.with_context(|| format!("the data folder {} cannot be made", folder.display()))
}
