//! Figures for Prometheus, in version 0.0.4 of its text format.

pub(crate) mod counts;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::call::*;

/// The status in the figures of a request without an answer.
const NO_ANSWER: &str = "none";

pub(super) const GET_METRICS: Operation = Operation::get("get_metrics", "/_mock/metrics", "Figures for Prometheus")
    .answers(&[Answer::of(200, Content::Text)]);

pub(super) async fn get_metrics(call: ControlCall, _: EmptyBody) -> ApiResult {
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text(&call.bench)).into_response())
}

/// All figures as text.
pub(crate) fn text(bench: &Bench) -> String {
    let budget = bench.api.budget();
    let (requests, uploads) = bench.metrics.read();
    let requests = requests.iter().map(|((operation, status), count)| {
        let status = status.map_or(NO_ANSWER.to_owned(), |status| status.to_string());
        (format!("{{operation=\"{operation}\",status=\"{status}\"}}"), *count)
    });
    let one = |value: u64| vec![(String::new(), value)];
    let journal = bench.journal.tick(None);
    let families = [
        ("requests_total", "counter", "Requests to the emulated API.", requests.collect()),
        ("uploads_in_flight", "gauge", "Uploads that are not answered yet.", one(uploads)),
        ("stored_bytes", "gauge", "Memory that clients made the server hold.", one(budget.used_bytes())),
        ("stored_bytes_limit", "gauge", "The limit on it, --max-memory.", one(budget.limit_bytes())),
        ("worlds", "gauge", "Worlds that were changed.", one(bench.api.worlds().organizations().len() as u64)),
        ("journal_records", "gauge", "Requests in the journal.", one(journal.requests as u64)),
        (
            "journal_dropped_total",
            "counter",
            "Requests that the journal dropped to stay within its limits.",
            one(journal.dropped),
        ),
    ];
    let text = |(name, kind, help, samples): (&str, &str, &str, Vec<(String, u64)>)| {
        let name = format!("tracker_mock_{name}");
        let samples = samples.iter().map(|(labels, value)| format!("{name}{labels} {value}\n")).collect::<String>();
        format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{samples}")
    };
    families.into_iter().map(text).collect()
}
