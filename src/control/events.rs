//! What happens, as server-sent events: a tick whenever the journal changes, at most ten times a second. Whoever watches
//! then reads what it wants to know, so that many requests cost it no more than a few.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use tokio::time::{Instant, sleep_until, timeout};

use super::call::*;
use crate::connection::watched;
use crate::control::journal::Tick;

/// The least time between two ticks.
const INTERVAL: Duration = Duration::from_millis(100);

/// How often a comment is sent while nothing happens, so that no proxy ends the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Says how long a browser waits before it connects anew, in milliseconds.
const GREETING: &str = "retry: 1000\n\n";

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Without `org`, of all worlds.
pub(super) const WATCH_EVENTS: Operation =
    Operation::get("watch_events", "/_mock/events", "A tick whenever the journal changes, as server-sent events")
        .answers(&[Answer::of(200, Content::Events)])
        .query(&[ORG]);

pub(super) async fn watch_events(
    call: ControlCall,
    AnyWorld(org): AnyWorld,
    headers: HeaderMap,
    _: EmptyBody,
) -> ApiResult {
    call.bench.check_journal()?;
    let seen = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    Ok(Watcher { bench: call.bench, org, seen, last: None, looked: None }.answer())
}

/// A client that watches the journal.
struct Watcher {
    bench: Bench,
    org: Option<OrgId>,
    /// The newest record that it had seen before its connection broke.
    seen: Option<u64>,
    last: Option<Tick>,
    /// When it was last looked at the journal.
    looked: Option<Instant>,
}

impl Watcher {
    fn answer(self) -> Response {
        let greeting = stream::iter([Ok::<_, Infallible>(Bytes::from_static(GREETING.as_bytes()))]);
        let ticks = stream::unfold(self, |mut watcher| async {
            let event = watched(watcher.next()).await?;
            Some((Ok(Bytes::from(event)), watcher))
        });
        let headers =
            [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
        (headers, Body::from_stream(futures_util::StreamExt::chain(greeting, ticks))).into_response()
    }

    /// The next event, or a comment if nothing happens for long.
    async fn next(&mut self) -> String {
        loop {
            if let Some(looked) = self.looked {
                sleep_until(looked + INTERVAL).await;
            }
            let change = self.bench.journal.changed();
            tokio::pin!(change);
            // From here on a change wakes this task up, even one that comes before it waits.
            change.as_mut().enable();
            self.looked = Some(Instant::now());
            let tick = self.bench.journal.tick(self.org.as_ref());
            let is_news = match self.last.replace(tick) {
                Some(last) => last != tick,
                None => self.seen != Some(tick.newest),
            };
            if is_news {
                let data = serde_json::to_string(&tick).unwrap_or_default();
                return format!("id: {}\ndata: {data}\n\n", tick.newest);
            }
            if timeout(KEEP_ALIVE, change).await.is_err() {
                return ":\n\n".to_owned();
            }
        }
    }
}
