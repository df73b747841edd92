//! One of the two servers: asks it for what the steps say, and remembers what it answered.

use std::collections::HashMap;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::steps::{BOUNDARY, PNG, Payload, Step, TEXT, Thing, fill};
use crate::drift::{Body, FullExchange, Origin, header};
use crate::verify::needs::text_of;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a request is sent that is answered 429.
const ATTEMPTS: u32 = 3;
/// How long to wait after a 429 that does not say it, and the longest that is waited.
const USUAL_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// A server during a walk.
pub(super) struct Walker {
    origin: Origin<Full<Bytes>>,
    /// Such as `/v2`, which all paths begin with.
    base: String,
    /// `authorization`, and the header of the organisation.
    headers: [(String, String); 2],
    /// The least time from an answer to the next request.
    pause: Duration,
    next: Instant,
    stop: watch::Receiver<bool>,
    values: HashMap<&'static str, String>,
    /// What was made and is not deleted, as far as the answers tell.
    pub(super) made: Vec<Made>,
}

/// Something that a walk has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) thing: Thing,
    pub(super) id: String,
}

/// Something that an answer tells beyond its form: what, and how it is.
pub(super) type Fact = (String, String);

/// What became of a step.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) exchange: FullExchange,
    pub(super) facts: Vec<Fact>,
}

/// Why a step was not taken.
pub(super) enum NotTaken {
    /// No answer gave this value.
    Lacks(String),
    /// The walk is over.
    Over(String),
}

impl Walker {
    pub(super) fn new(
        address: &str,
        base: String,
        headers: [(String, String); 2],
        pause: Duration,
        stop: watch::Receiver<bool>,
    ) -> Result<Self, String> {
        let origin = Origin::new(address)?;
        Ok(Self { origin, base, headers, pause, next: Instant::now(), stop, values: HashMap::new(), made: Vec::new() })
    }

    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.values.insert(name, value.to_owned());
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(super) fn fill(&self, text: &str) -> Result<String, String> {
        let temporaries = || {
            let ids = self.made.iter().filter(|made| made.thing == Thing::TemporaryFile && !made.id.is_empty());
            ids.map(|made| format!("{:?}", made.id)).collect::<Vec<_>>().join(", ")
        };
        fill(text, |name| if name == "temporaries" { Some(temporaries()) } else { self.value(name).map(str::to_owned) })
    }

    pub(super) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// The walk goes on whatever was asked for.
    pub(super) fn never_stop(&mut self) {
        self.stop = watch::channel(false).1;
    }

    pub(super) async fn take(&mut self, step: &Step) -> Result<Taken, NotTaken> {
        let mut exchange = self.request(step).map_err(NotTaken::Lacks)?;
        let sent = self.send(&mut exchange).await;
        let status = exchange.status.unwrap_or_default();
        let is_lost = sent.is_err() && exchange.status != Some(429) && !self.is_stopped();
        if let Some(thing) = step.makes.filter(|_| is_lost || status >= 500) {
            self.made.push(Made { thing, id: String::new() });
        }
        sent.map_err(NotTaken::Over)?;
        let mut facts = Vec::from_iter(self.keep_own(&mut exchange));
        if status < 300 {
            facts.extend(self.save(step, &exchange));
        }
        if let Some(thing) = step.makes.filter(|_| status < 300) {
            let id = step.saves.first().and_then(|(name, _)| self.value(name));
            let id = id.map(str::to_owned).or_else(|| place_in(&exchange, "/id")).unwrap_or_default();
            if let Some(used) = step.uses.and_then(|name| self.value(name)).map(str::to_owned) {
                let is_used = |made: &Made| made.id == used || thing == Thing::Comment && !made.id.is_empty();
                self.made.retain(|made| made.thing != Thing::TemporaryFile || !is_used(made));
            }
            self.made.push(Made { thing, id });
        }
        if step.method == "DELETE" && status < 300 {
            let target = exchange.target.split('?').next().unwrap_or_default().trim_end_matches('/').to_owned();
            let is_there = |made: &Made| self.address(made).is_none_or(|address| address != target);
            self.made = self.made.iter().filter(|made| is_there(made)).cloned().collect();
        }
        Ok(Taken { exchange, facts })
    }

    /// Where a thing is.
    pub(super) fn address(&self, made: &Made) -> Option<String> {
        let list = self.fill(made.thing.list()?).ok()?;
        Some(format!("{}{list}/{}", self.base, made.id))
    }

    /// The target of a path.
    pub(super) fn target(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A request with nothing but what all requests have.
    pub(super) fn bare(&self, method: &str, target: String) -> FullExchange {
        let agent = concat!("tracker-mock/", env!("CARGO_PKG_VERSION"), " verify");
        let mut headers = self.headers.to_vec();
        headers.push(("user-agent".to_owned(), agent.to_owned()));
        FullExchange { method: method.to_owned(), target, request_headers: headers, ..FullExchange::default() }
    }

    fn request(&self, step: &Step) -> Result<FullExchange, String> {
        let mut exchange = self.bare(step.method, self.target(&self.fill(step.path)?));
        let is_left_out = |name: &str| match step.without {
            Some("organization") => name.ends_with("org-id"),
            without => without == Some(name),
        };
        exchange.request_headers.retain(|(name, _)| !is_left_out(name));
        for (name, value) in &step.headers {
            exchange.request_headers.push(((*name).to_owned(), self.fill(value)?));
        }
        let form = |disposition: &str, kind: &str, bytes: &[u8]| {
            let disposition = self.fill(disposition)?;
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {kind}\r\n\r\n"
            );
            let form = [head.as_bytes(), bytes, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat();
            Ok::<_, String>((Some(format!("multipart/form-data; boundary={BOUNDARY}")), form))
        };
        let (kind, bytes) = match &step.content {
            Payload::Nothing => (None, Vec::new()),
            Payload::Json(text) => (Some("application/json".to_owned()), self.fill(text)?.into_bytes()),
            Payload::Text(disposition) => form(disposition, "text/plain", TEXT)?,
            Payload::Picture(disposition) => form(disposition, "image/png", PNG)?,
            Payload::Empty(disposition) => form(disposition, "text/plain", b"")?,
            Payload::Untyped => (None, TEXT.to_vec()),
        };
        exchange.request_headers.extend(kind.map(|kind| ("content-type".to_owned(), kind)));
        exchange.request_body = Body { bytes, is_cut: false };
        Ok(exchange)
    }

    /// Sends a request when its time has come, again after a 429. Fails if there is no answer, or nothing but 429, or
    /// the walk is to stop.
    pub(super) async fn send(&mut self, exchange: &mut FullExchange) -> Result<(), String> {
        for attempt in 1.. {
            tokio::select! {
                () = sleep_until(self.next) => {}
                Ok(_) = self.stop.wait_for(|stop| *stop) => return Err("the walk was stopped".to_owned()),
            }
            exchange.status = None;
            let answered = timeout(PATIENCE, self.origin.exchange(exchange)).await;
            self.next = Instant::now() + self.pause;
            answered.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))?;
            if exchange.status != Some(429) || self.pause.is_zero() {
                break;
            }
            let wait = header(&exchange.headers, "retry-after").and_then(|wait| wait.parse().ok());
            let wait = wait.map_or(USUAL_WAIT, Duration::from_secs).max(self.pause);
            if attempt == ATTEMPTS || wait > LONGEST_WAIT {
                return Err(format!("the server answers 429, to wait for {} s", wait.as_secs()));
            }
            self.next = Instant::now() + wait;
        }
        Ok(())
    }

    /// Takes out of a list what this walk has not made, and tells the names that are left.
    fn keep_own(&self, exchange: &mut FullExchange) -> Option<Fact> {
        let mut body: Value = serde_json::from_slice(&exchange.body.bytes).ok()?;
        let mark = self.value("mark").unwrap_or_default();
        let mut named = name_of(&body, mark).map(|name| ("the name", name));
        let list = if body.is_array() { Some(&mut body) } else { body.get_mut("attachments") };
        if let Some(list) = list.and_then(Value::as_array_mut) {
            list.retain(|element| element.to_string().contains(mark));
            let names: Option<Vec<String>> = list.iter().map(|element| name_of(element, mark)).collect();
            named = names.map(|names| ("the list of names", names.join(", ")));
            exchange.body.bytes = body.to_string().into_bytes();
            // What it says of others is not said of these.
            exchange.headers.retain(|(name, _)| name != "link");
        }
        named.map(|(what, named)| (what.to_owned(), named))
    }

    /// Remembers the values that an answer gives, and tells how they stand to those before.
    fn save(&mut self, step: &Step, exchange: &FullExchange) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (name, place) in &step.saves {
            let Some(value) = place_in(exchange, place) else { continue };
            if let (Ok(new), Some(Ok(old))) = (value.parse::<i64>(), self.value(name).map(str::parse::<i64>)) {
                facts.push((format!("how much the {name} rises"), (new - old).to_string()));
            } else if let Some(used) = step.uses.filter(|_| name.ends_with("file")) {
                let is_kept = self.value(used) == Some(&value);
                facts.push(("whether the file keeps its id".to_owned(), is_kept.to_string()));
            }
            self.set(name, &value);
        }
        facts
    }
}

/// What an answer has at this place: a JSON pointer, or the name of a header.
fn place_in(exchange: &FullExchange, place: &str) -> Option<String> {
    if !place.starts_with('/') {
        return header(&exchange.headers, place).map(str::to_owned);
    }
    let body: Value = serde_json::from_slice(&exchange.body.bytes).ok()?;
    body.pointer(place).and_then(text_of).filter(|text| !text.is_empty())
}

/// How something is called, without the mark.
fn name_of(element: &Value, mark: &str) -> Option<String> {
    let name = ["name", "display", "text"].into_iter().find_map(|member| element.get(member)?.as_str())?;
    Some(name.replace(mark, "…"))
}
