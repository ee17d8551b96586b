//! Sending traces, in a program built with the feature `otlp`.
//!
//! In: spans of [`TARGET`]. Out: OTLP over HTTP, binary Protobuf, in batches and from a thread of their own.

use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::http::{HeaderMap, Request, Response};
use bytes::Bytes;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::Span;
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use super::{is_said, is_wanted};
use crate::config::telemetry::Telemetry;
use crate::telemetry::stage::TARGET;

/// What the service is called where nothing else is said.
const NAME: &str = "tailmark";
/// How long the collector may take for one delivery.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the service waits at its end for the last delivery.
const FAREWELL: Duration = Duration::from_secs(1);

/// What sends spans.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// What the settings, and else the standard's variables, ask for. Nothing where they name no collector.
    ///
    /// # Errors
    /// The address is none.
    pub fn new(settings: &Telemetry) -> anyhow::Result<Option<Self>> {
        if !is_wanted(settings) {
            return Ok(None);
        }
        let endpoint = settings.otlp_endpoint.trim_end_matches('/');
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let collector = Collector { client, runtime: Handle::current() };
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(collector)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(PATIENCE);
        if !endpoint.is_empty() {
            exporter = exporter.with_endpoint(format!("{endpoint}/v1/traces"));
        }
        let exporter = exporter.build().context("traces cannot be sent there")?;
        let mut resource = Resource::builder();
        if !is_said("OTEL_SERVICE_NAME") {
            resource = resource.with_service_name(NAME);
        }
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_batch_exporter(exporter)
            .build();
        Ok(Some(Self { provider }))
    }

    /// What gets spans from the subscriber.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        let layer = OpenTelemetryLayer::new(self.provider.tracer(NAME));
        let layer = layer.with_location(false).with_threads(false).with_target(false);
        let layer = layer.with_tracked_inactivity(false);
        layer.with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == TARGET))
    }

    /// Sends what is left.
    pub async fn end(self) {
        let provider = self.provider;
        // What it waits for needs this thread.
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FAREWELL));
        if let Ok(Err(error)) = ended.await {
            tracing::warn!(%error, "the last traces were not delivered");
        }
    }
}

/// Makes a span part of the trace that a request's headers name (W3C Trace Context §3.2).
pub fn follow(span: &Span, headers: &HeaderMap) {
    if span.is_disabled() || !headers.contains_key("traceparent") {
        return;
    }
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    // It fails only where the span is for the log.
    let _ = span.set_parent(parent);
}

/// The collector, reached from whatever thread the exporter is on.
#[derive(Debug)]
struct Collector {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (client, request) = (self.client.clone(), reqwest::Request::try_from(request)?);
        // What it says beside the status is of no use here, and may be of any length.
        let answered = self.runtime.spawn(async move { Ok(client.execute(request).await?.status()) });
        let mut response = Response::new(Bytes::new());
        let status: Result<_, reqwest::Error> = answered.await?;
        *response.status_mut() = status?;
        Ok(response)
    }
}
