//! What a run took.

use std::fmt::Write as _;
use std::time::Duration;

/// The latencies of each step, and the bytes of all bodies that came back.
pub(crate) struct Tally {
    latencies: Vec<Vec<Duration>>,
    pub(crate) body_bytes: u64,
    pub(crate) connects: u64,
}

impl Tally {
    pub(crate) fn new(steps: usize, rounds: u64) -> Self {
        let rounds = usize::try_from(rounds).unwrap_or(0);
        Self { latencies: (0..steps).map(|_| Vec::with_capacity(rounds)).collect(), body_bytes: 0, connects: 0 }
    }

    pub(crate) fn add(&mut self, step: usize, latency: Duration, body_bytes: u64) {
        self.latencies[step].push(latency);
        self.body_bytes += body_bytes;
    }

    /// One line of JSON; times in seconds and microseconds, as the keys say.
    pub(crate) fn summarize(&mut self, taken: Duration) -> String {
        let requests: usize = self.latencies.iter().map(Vec::len).sum();
        let mut json = format!(
            r#"{{"requests":{requests},"seconds":{:.6},"bodyBytes":{},"connects":{},"cpuSeconds":{:.6},"steps":["#,
            taken.as_secs_f64(),
            self.body_bytes,
            self.connects,
            own_cpu_seconds(),
        );
        for (index, latencies) in self.latencies.iter_mut().enumerate() {
            latencies.sort_unstable();
            let at = |part: f64| micros(latencies, part);
            let comma = if index == 0 { "" } else { "," };
            let (p50, p90, p99, max) = (at(0.5), at(0.9), at(0.99), at(1.0));
            let written = write!(json, r#"{comma}{{"p50Us":{p50},"p90Us":{p90},"p99Us":{p99},"maxUs":{max}}}"#);
            debug_assert!(written.is_ok(), "a string takes all");
        }
        json.push_str("]}");
        json
    }
}

fn micros(sorted: &[Duration], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let latency = sorted.get((last as f64 * part) as usize).copied().unwrap_or_default();
    latency.as_nanos() as f64 / 1000.0
}

/// What this process has taken of the processors so far, start and end included; 0 where the system does not say.
fn own_cpu_seconds() -> f64 {
    let schedstat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    schedstat.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}
