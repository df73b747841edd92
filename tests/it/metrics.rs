//! `/_mock/metrics`, the figures for Prometheus.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use futures_util::StreamExt;
use serde_json::json;
use tracker_mock::{Config, Limits, TrackerMock};

use crate::support::{Api, Call, Form};

async fn metrics(api: &Api) -> String {
    let answer = api.get("/_mock/metrics").await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    answer.text().to_owned()
}

/// The lines without comments that begin so.
fn samples<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("tracker_mock_{name}");
    text.lines().filter_map(|line| line.strip_prefix(&*start)).collect()
}

#[tokio::test]
async fn they_tell_of_requests_memory_worlds_and_the_journal() {
    let limits = set!(Limits::default(); max_journal_records: 2, max_memory_bytes: 1 << 30);
    let api = Api::with(set!(Config::default(); limits));
    api.get("/v2/myself").await;
    api.get("/v3/myself").await;
    api.upload("a.txt", b"text").await;
    api.get("/v2/attachments/9999").await;
    api.get("/v2/nothing").await;
    // Not to the emulated API.
    api.get("/_mock/health").await;
    let expected = format!(
        "# HELP tracker_mock_requests_total Requests to the emulated API.
# TYPE tracker_mock_requests_total counter
tracker_mock_requests_total{{operation=\"get_attachment\",status=\"404\"}} 1
tracker_mock_requests_total{{operation=\"get_myself\",status=\"200\"}} 2
tracker_mock_requests_total{{operation=\"none\",status=\"404\"}} 1
tracker_mock_requests_total{{operation=\"upload_temp_file\",status=\"201\"}} 1
# HELP tracker_mock_uploads_in_flight Uploads that are not answered yet.
# TYPE tracker_mock_uploads_in_flight gauge
tracker_mock_uploads_in_flight 0
# HELP tracker_mock_stored_bytes Memory that clients made the server hold.
# TYPE tracker_mock_stored_bytes gauge
tracker_mock_stored_bytes {}
# HELP tracker_mock_stored_bytes_limit The limit on it, --max-memory.
# TYPE tracker_mock_stored_bytes_limit gauge
tracker_mock_stored_bytes_limit 1073741824
# HELP tracker_mock_worlds Worlds that were changed.
# TYPE tracker_mock_worlds gauge
tracker_mock_worlds 1
# HELP tracker_mock_journal_records Requests in the journal.
# TYPE tracker_mock_journal_records gauge
tracker_mock_journal_records 2
# HELP tracker_mock_journal_dropped_total Requests that the journal dropped to stay within its limits.
# TYPE tracker_mock_journal_dropped_total counter
tracker_mock_journal_dropped_total 3
",
        api.used_bytes()
    );
    assert_eq!(metrics(&api).await, expected);
    let refused = api.get("/_mock/metrics?org=test").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    // A count never falls while the server runs, or rates would be wrong.
    api.post("/_mock/reset?all=true").await;
    assert_eq!(samples(&metrics(&api).await, "requests_total"), samples(&expected, "requests_total"));
}

#[tokio::test]
async fn an_upload_is_in_flight_until_it_is_answered_or_its_client_is_gone() {
    let api = Api::new();
    let form = Form::file("a.txt", b"text").bytes().to_vec();
    let (send, receive) = tokio::sync::oneshot::channel::<()>();
    let (head, rest) = (form[..20].to_vec(), form[20..].to_vec());
    let last = async move { receive.await.map(|()| rest).map_err(std::io::Error::other) };
    let body = futures_util::stream::iter([Ok(head)]).chain(futures_util::stream::once(last));
    let slow = Form::file("a.txt", b"").request("/v2/attachments/").map(|_| Body::from_stream(body));
    let looked = async {
        let text = metrics(&api).await;
        assert_eq!((samples(&text, "uploads_in_flight"), samples(&text, "requests_total").len()), (vec![" 1"], 0));
        send.send(()).expect("the receiver is there");
    };
    let (answer, ()) = tokio::join!(api.send(slow), looked);
    assert_eq!(answer.status, StatusCode::CREATED);
    let endless = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let gone = api.send(Form::file("a.txt", b"").request("/v2/attachments/").map(|_| endless));
    assert!(futures_util::FutureExt::now_or_never(gone).is_none());
    let text = metrics(&api).await;
    assert_eq!(samples(&text, "uploads_in_flight"), [" 0"]);
    assert_eq!(
        samples(&text, "requests_total"),
        ["{operation=\"upload_temp_file\",status=\"none\"} 1", "{operation=\"upload_temp_file\",status=\"201\"} 1"]
    );
}

/// What counts is what the client gets, be it from a fault.
#[tokio::test]
async fn the_answer_of_a_fault_counts() {
    let api = Api::new();
    let rules = json!({"rules": [{"do": {"status": 503}, "times": 1}, {"do": {"connection": "close"}}]});
    let armed = api.send(Call::json("PUT", "/_mock/faults?org=test", &rules).request()).await;
    assert_eq!(armed.status, StatusCode::OK, "{}", armed.text());
    api.get("/v2/myself").await;
    api.call(Method::GET, "/v2/myself").await;
    let text = metrics(&api).await;
    let expected = ["{operation=\"get_myself\",status=\"none\"} 1", "{operation=\"get_myself\",status=\"503\"} 1"];
    assert_eq!(samples(&text, "requests_total"), expected);
}

#[tokio::test]
async fn the_library_has_them_too() {
    let mock = TrackerMock::start().await.expect("a free port");
    drop(mock.fresh_world());
    assert_eq!(samples(&mock.metrics(), "worlds"), [" 1"]);
    mock.shutdown().await;
}
