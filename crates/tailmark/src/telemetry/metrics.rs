//! The service's figures, for Prometheus: typed instruments, made once, and how they are printed.
//!
//! Every room has a set of its own ([`StoreMetrics`], [`TokenMetrics`], …) and counts in it; [`Metrics`] gathers the sets
//! and gives each its name. Nothing is global: two services in one process have figures each. No label says a tenant, an
//! application, a token or a device, and what labels can say is bounded by the model and by lists in the code.
//! Format: Prometheus, *Exposition formats*, text version 0.0.4. What each means is in `docs/operations.md`.

mod histogram;

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::{MetricType, TypedMetric};
use prometheus_client::registry::{Metric, Registry};

pub use self::histogram::Histogram;
use super::stage::{Stage, Stages};

/// The media type of the figures.
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// A request to the API that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Answered {
    /// `GET`; `other` where it is none that does anything here.
    pub method: &'static str,
    /// The version of the API; empty where the address has none.
    pub version: &'static str,
    /// The address in names of the model, keys as `{id}`; empty where it was refused before that was known.
    pub route: String,
    /// The answer's status.
    pub status: u16,
}

/// How an import record ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Settled {
    outcome: &'static str,
    /// 0, or the code of the rejection.
    code: i32,
}

/// Units of work that wait for a thread with a connection; clones count together.
#[derive(Clone, Debug)]
pub struct QueueMetrics {
    length: Gauge,
    wait: Histogram,
}

impl Default for QueueMetrics {
    fn default() -> Self {
        Self { length: Gauge::default(), wait: Histogram::of_short_times() }
    }
}

impl QueueMetrics {
    /// A unit begins to wait.
    #[must_use]
    pub fn enter(&self) -> Waiting {
        self.length.inc();
        Waiting { queue: self.clone(), since: Instant::now() }
    }
}

/// A unit that waits until it is dropped.
#[derive(Debug)]
pub struct Waiting {
    queue: QueueMetrics,
    since: Instant,
}

impl Waiting {
    /// It begins to be done.
    pub fn end(self) {
        self.queue.wait.observe(self.since.elapsed());
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.queue.length.dec();
    }
}

/// What the import worker does.
#[derive(Clone, Debug)]
pub struct ImportMetrics {
    /// Records that it took.
    pub claimed: Counter,
    /// Those of them that someone had taken before and not settled.
    pub retaken: Counter,
    /// Records that are not final, as the database said last; no number where it did not.
    pub under_way: Gauge<f64, AtomicU64>,
    settled: Family<Settled, Counter>,
    time: Histogram,
}

impl Default for ImportMetrics {
    fn default() -> Self {
        Self {
            claimed: Counter::default(),
            retaken: Counter::default(),
            under_way: Gauge::default(),
            settled: Family::default(),
            time: Histogram::of_long_times(),
        }
    }
}

impl ImportMetrics {
    /// A record has ended: with which code (0: complete), and how long after it was accepted, where that is known.
    pub fn settle(&self, code: i32, time: Option<Duration>) {
        let outcome = if code == 0 { "complete" } else { "error" };
        self.settled.get_or_create(&Settled { outcome, code }).inc();
        if let Some(time) = time {
            self.time.observe(time);
        }
    }
}

/// What the store counts.
#[derive(Clone, Debug)]
pub struct StoreMetrics {
    /// The queue of units that write.
    pub writer: QueueMetrics,
    /// The queue of units that read.
    pub readers: QueueMetrics,
    /// How many units SQLite's writer commits together.
    pub groups: Histogram,
    /// What the import worker does.
    pub imports: ImportMetrics,
    /// Units of work that panicked.
    pub panics: Counter,
    /// Hashes whose examination panicked.
    pub worker_panics: Counter,
    /// Where requests spend their time.
    pub stages: Stages,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        Self {
            writer: QueueMetrics::default(),
            readers: QueueMetrics::default(),
            groups: Histogram::of_groups(),
            imports: ImportMetrics::default(),
            panics: Counter::default(),
            worker_panics: Counter::default(),
            stages: Stages::default(),
        }
    }
}

/// What the judge of tokens counts; clones count together.
#[derive(Clone, Debug, Default)]
pub struct TokenMetrics {
    /// Tokens that were seen before.
    pub hits: Counter,
    /// Tokens that were examined.
    pub misses: Counter,
    /// Fetches of an issuer's keys that brought some.
    pub fetched: Counter,
    /// Those that did not.
    pub not_fetched: Counter,
}

/// Connections; clones count together.
#[derive(Clone, Debug, Default)]
pub struct ConnectionMetrics {
    /// Those that are there.
    pub open: Gauge,
    /// Those that there were, the open ones included.
    pub accepted: Counter,
    /// Those that could not be had, or were too many.
    pub refused: Counter,
}

impl ConnectionMetrics {
    /// A connection is there until this is dropped.
    #[must_use]
    pub fn accept(&self) -> Open {
        self.accepted.inc();
        self.open.inc();
        Open(self.open.clone())
    }
}

/// A connection, for as long as it is there.
#[derive(Debug)]
pub struct Open(Gauge);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// All figures of a service.
#[derive(Debug)]
pub struct Metrics {
    /// Connections.
    pub connections: ConnectionMetrics,
    /// Where requests spend their time.
    pub stages: Stages,
    /// Requests that panicked.
    pub panics: Counter,
    /// Requests refused because their application had asked too often.
    pub throttled_applications: Counter,
    /// Requests refused because their tenant had.
    pub throttled_tenants: Counter,
    answered: Family<Answered, Counter>,
    time: Histogram,
    registry: Registry,
    names: Vec<String>,
}

impl Metrics {
    /// The figures of a service with these rooms.
    #[must_use]
    pub fn new(store: &StoreMetrics, tokens: &TokenMetrics) -> Self {
        let mut metrics = Self {
            connections: ConnectionMetrics::default(),
            stages: store.stages.clone(),
            panics: Counter::default(),
            throttled_applications: Counter::default(),
            throttled_tenants: Counter::default(),
            answered: Family::default(),
            time: Histogram::of_short_times(),
            registry: Registry::with_prefix("tailmark"),
            names: Vec::new(),
        };
        metrics.name_requests();
        metrics.name_tokens(tokens);
        metrics.name_store(store);
        metrics
    }

    /// A request to the API has been answered.
    pub fn answer(&self, answered: &Answered, time: Duration) {
        self.answered.get_or_create(answered).inc();
        self.time.observe(time);
    }

    /// The figures as Prometheus reads them.
    #[must_use]
    pub fn print(&self) -> String {
        let mut text = String::new();
        // It fails only where what it is written to does, and that is memory.
        _ = prometheus_text::encode(&mut text, &self.registry);
        text
    }

    /// The names under which they are printed, those included that have nothing to show yet.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    fn name(&mut self, name: &str, help: &str, metric: impl Metric) {
        let total = if matches!(metric.metric_type(), MetricType::Counter) { "_total" } else { "" };
        self.names.push(format!("tailmark_{name}{total}"));
        self.registry.register(name, help, metric);
    }

    fn name_requests(&mut self) {
        let stages = self.stages.clone();
        let stages = Stage::ALL.map(|stage| (stage.name(), stages.of(stage).clone()));
        let throttled = [("application", &self.throttled_applications), ("tenant", &self.throttled_tenants)];
        let throttled = throttled.map(|(scope, counter)| (scope, counter.clone()));
        let ConnectionMetrics { open, accepted, refused } = self.connections.clone();
        self.name("requests", "Requests to the API that were answered", self.answered.clone());
        self.name("request_duration_seconds", "Time from a request's head to its answer", self.time.clone());
        self.name("stage_duration_seconds", "Time that stages of requests took", By::new("stage", stages));
        self.name("throttled", "Requests answered 429 for their number", By::new("scope", throttled));
        self.name("connections_open", "Connections that are open", open);
        self.name("connections_accepted", "Connections that were accepted", accepted);
        self.name("connections_refused", "Connections that were not accepted", refused);
    }

    fn name_tokens(&mut self, tokens: &TokenMetrics) {
        let TokenMetrics { hits, misses, fetched, not_fetched } = tokens.clone();
        let known = By::new("cache", [("hit", hits), ("miss", misses)]);
        self.name("tokens", "Tokens that were looked up", known);
        let fetches = By::new("outcome", [("ok", fetched), ("error", not_fetched)]);
        self.name("key_fetches", "Fetches of an issuer's signing keys", fetches);
    }

    fn name_store(&mut self, store: &StoreMetrics) {
        let queues = [("writer", &store.writer), ("reader", &store.readers)];
        let length = By::new("queue", queues.map(|(name, queue)| (name, queue.length.clone())));
        let wait = By::new("queue", queues.map(|(name, queue)| (name, queue.wait.clone())));
        self.name("store_queue_length", "Units of work that wait for a connection", length);
        self.name("store_queue_wait_seconds", "Time that units of work waited", wait);
        self.name("store_group_size", "Units of work committed together", store.groups.clone());
        let ImportMetrics { claimed, retaken, under_way, settled, time } = store.imports.clone();
        self.name("imports_claimed", "Import records taken by the worker", claimed);
        self.name(
            "imports_retaken",
            "Import records taken again after a claim that came to nothing",
            retaken,
        );
        self.name("imports_settled", "Import records brought to an end", settled);
        self.name("imports_under_way", "Import records that are not final", under_way);
        self.name("import_duration_seconds", "Time from accepted to final", time);
        let rooms = [("http", &self.panics), ("store", &store.panics), ("worker", &store.worker_panics)];
        let panics = By::new("room", rooms.map(|(room, counter)| (room, counter.clone())));
        self.name("panics", "Panics that were caught", panics);
    }
}

/// A few instruments of a kind, told apart by one label whose values are known beforehand.
#[derive(Debug)]
struct By<M> {
    label: &'static str,
    members: Vec<(&'static str, M)>,
}

impl<M> By<M> {
    fn new(label: &'static str, members: impl Into<Vec<(&'static str, M)>>) -> Self {
        Self { label, members: members.into() }
    }
}

impl<M: EncodeMetric + TypedMetric> EncodeMetric for By<M> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        for (value, member) in &self.members {
            member.encode(encoder.encode_family(&[(self.label, *value)])?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        M::TYPE
    }
}
