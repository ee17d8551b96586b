//! A histogram without a lock: a few atomic numbers, so that whoever measures never waits for whoever else does.
//!
//! In: whole numbers, nanoseconds or units. Out: a histogram of Prometheus, in seconds or units. (That of
//! `prometheus-client` takes a mutex at every observation.)

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

const SECOND: f64 = 1e9;

/// From 10 µs to 10 s.
const SHORT: &[u64] = &[
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// From 10 ms to an hour.
const LONG: &[u64] = &[
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
    30_000_000_000,
    60_000_000_000,
    300_000_000_000,
    900_000_000_000,
    3_600_000_000_000,
];

const GROUPS: &[u64] = &[1, 2, 4, 8, 16, 32, 64];

/// A histogram; clones count together.
#[derive(Clone)]
pub struct Histogram(Arc<Inner>);

struct Inner {
    /// The greatest number that belongs to each bucket, ascending; there is one more bucket for what is greater.
    bounds: &'static [u64],
    /// By what a number is divided to be in Prometheus's unit.
    unit: f64,
    buckets: Vec<AtomicU64>,
    sum: AtomicU64,
}

impl Histogram {
    fn new(bounds: &'static [u64], unit: f64) -> Self {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Inner { bounds, unit, buckets, sum: AtomicU64::new(0) }))
    }

    /// Of times from 10 µs to 10 s: parts of a request.
    #[must_use]
    pub fn of_short_times() -> Self {
        Self::new(SHORT, SECOND)
    }

    /// Of times from 10 ms to an hour: what goes on behind a client's back.
    #[must_use]
    pub fn of_long_times() -> Self {
        Self::new(LONG, SECOND)
    }

    /// Of how many are taken together, up to 64.
    #[must_use]
    pub fn of_groups() -> Self {
        Self::new(GROUPS, 1.0)
    }

    /// Counts a time.
    pub fn observe(&self, time: Duration) {
        self.count(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Counts a number of units.
    pub fn count(&self, number: u64) {
        let place = self.0.bounds.partition_point(|bound| *bound < number);
        if let Some(bucket) = self.0.buckets.get(place) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.0.sum.fetch_add(number, Ordering::Relaxed);
    }

    /// The upper bound of each bucket in Prometheus's unit, and how many are in it.
    #[expect(
        clippy::cast_precision_loss,
        reason = "bounds and sums are far below 2^53 units of what is printed"
    )]
    fn snapshot(&self) -> (f64, Vec<(f64, u64)>) {
        let bounds = self.0.bounds.iter().map(|bound| *bound as f64 / self.0.unit).chain([f64::INFINITY]);
        let counts = self.0.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        (self.0.sum.load(Ordering::Relaxed) as f64 / self.0.unit, bounds.zip(counts).collect())
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Histogram").field(&self.snapshot()).finish()
    }
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let (sum, buckets) = self.snapshot();
        let count = buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let groups = Histogram::of_groups();
        [0, 1, 2, 3, 64, 65].into_iter().for_each(|number| groups.count(number));
        let (sum, buckets) = groups.snapshot();
        assert_eq!(sum, 135.0);
        assert_eq!(buckets.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [2, 1, 1, 0, 0, 0, 1, 1]);
    }

    #[test]
    fn bounds_of_times_are_round_numbers_of_seconds() {
        for times in [Histogram::of_short_times(), Histogram::of_long_times()] {
            times.observe(Duration::from_millis(10));
            let (sum, buckets) = times.snapshot();
            assert_eq!(sum, 0.01);
            assert!(buckets.is_sorted_by(|a, b| a.0 < b.0), "{buckets:?}");
            assert_eq!(buckets.iter().find(|(_, count)| *count > 0), Some(&(0.01, 1)));
            for (bound, _) in buckets {
                assert!(bound.to_string().trim_start_matches(['0', '.']).len() < 5, "{bound}");
            }
        }
    }
}
