//! The header `Prefer` (RFC 7240), by which a single request asks for a failure without a rule: `code=404` or `delay=250`.
//! Other preferences are ignored, as the RFC says, and are deviations.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::api::{ApiError, Cause, FaultRecord, Injected, Operation};
use crate::wire::InvalidValue;

pub(in crate::control) const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The preferences that there are.
pub(in crate::control) const KNOWN: [&str; 2] = ["code", "delay"];

/// The codes that every operation accepts, whether they are documented for it or not.
const ANYWHERE: [u16; 16] = [400, 401, 403, 404, 409, 412, 413, 422, 423, 428, 429, 500, 502, 503, 504, 507];

/// The longest delay in milliseconds, ten minutes.
const MAX_DELAY_MILLIS: u64 = 600_000;

/// What a request asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Preference {
    code: Option<StatusCode>,
    delay: Option<Duration>,
}

/// Whether a request asks for anything at all.
pub(super) fn is_given(headers: &HeaderMap) -> bool {
    headers.contains_key(PREFER)
}

impl Preference {
    /// Reads the headers of a request to `operation`. Without an operation, the code is ignored. Fails for codes and
    /// delays that are not supported: the answer is 400, so that a test cannot pass by mistake.
    pub(super) fn of(headers: &HeaderMap, operation: Option<&Operation>) -> Result<Self, InvalidValue> {
        let (mut code, mut delay) = (None, None);
        for header in headers.get_all(PREFER) {
            let text =
                header.to_str().map_err(|_| wrong("The header cannot be read. Write it as code=404 or delay=250."))?;
            for (name, value) in preferences(text) {
                // The first of several preferences with one name counts.
                if name.eq_ignore_ascii_case("code") {
                    code = code.or(Some(value));
                } else if name.eq_ignore_ascii_case("delay") {
                    delay = delay.or(Some(value));
                }
            }
        }
        let operation_code = code.zip(operation).map(|(text, operation)| read_code(text, operation));
        Ok(Self { code: operation_code.transpose()?, delay: delay.map(read_delay).transpose()? })
    }

    /// The delay before the request is handled.
    pub(super) fn delay(self) -> Duration {
        self.delay.unwrap_or_default()
    }

    /// The error that the request asks for.
    pub(super) fn error(self) -> Option<ApiError> {
        let code = self.code.filter(|code| code.is_client_error() || code.is_server_error())?;
        Some(ApiError::Injected(Arc::new(Injected::new(code, HeaderMap::new(), Cause::Preference))))
    }

    /// What was done, for the journal.
    pub(super) fn fault(self) -> Option<FaultRecord> {
        let delay = self.delay.map(|delay| format!("delay {}ms", delay.as_millis()));
        let status = self.error().and(self.code).map(|code| format!("status {}", code.as_u16()));
        let what: Vec<String> = delay.into_iter().chain(status).collect();
        let fault = FaultRecord { rule: None, name: None, at: "before".to_owned(), what: what.join(", ") };
        Some(fault).filter(|fault| !fault.what.is_empty())
    }

    /// Tells the client which preferences were applied, by the header `Preference-Applied`.
    pub(super) fn acknowledge(self, status: StatusCode, headers: &mut HeaderMap) {
        let code = self.code.filter(|code| *code == status).map(|code| format!("code={}", code.as_u16()));
        let delay = self.delay.map(|delay| format!("delay={}", delay.as_millis()));
        let applied: Vec<String> = code.into_iter().chain(delay).collect();
        if let Some(applied) = HeaderValue::from_str(&applied.join(", ")).ok().filter(|applied| !applied.is_empty()) {
            headers.insert(PREFERENCE_APPLIED, applied);
        }
    }
}

/// The names in a header that are no preferences here.
pub(in crate::control) fn unknown(text: &str) -> impl Iterator<Item = &str> {
    let names = preferences(text).map(|(name, _)| name).filter(|name| !name.is_empty());
    names.filter(|name| !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// The preferences with their values, `""` where there is none. Their parameters are skipped.
fn preferences(text: &str) -> impl Iterator<Item = (&str, &str)> {
    outside_quotes(text, ',').filter_map(|preference| {
        let preference = outside_quotes(preference, ';').next()?;
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        Some((name.trim(), value.trim().trim_matches('"')))
    })
}

/// Splits a text at each separator that is not in quotes.
fn outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |one: char| {
        let was_escaped = std::mem::take(&mut escaped);
        match one {
            '\\' if quoted => escaped = !was_escaped,
            '"' if !was_escaped => quoted = !quoted,
            _ => {}
        }
        one == separator && !quoted
    })
}

fn read_code(text: &str, operation: &Operation) -> Result<StatusCode, InvalidValue> {
    let code = Some(text).filter(|text| text.len() == 3).and_then(|text| text.parse::<u16>().ok());
    let known = |code: &u16| operation.statuses().contains(code) || ANYWHERE.contains(code);
    let status = code.filter(known).and_then(|code| StatusCode::from_u16(code).ok());
    status.ok_or_else(|| {
        let listed =
            |codes: &mut dyn Iterator<Item = u16>| codes.map(|code| code.to_string()).collect::<Vec<_>>().join(", ");
        let documented = listed(&mut operation.statuses().into_iter());
        let others = listed(&mut ANYWHERE.into_iter().filter(|code| !operation.statuses().contains(code)));
        wrong(format!(
            "code={text:?} is not documented for {}. Documented: {documented}. All operations may give {others} too.",
            operation.name
        ))
    })
}

fn read_delay(text: &str) -> Result<Duration, InvalidValue> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let millis = text.parse().ok().filter(|millis| digits && *millis <= MAX_DELAY_MILLIS);
    let sentence =
        || wrong(format!("delay must be a number of milliseconds from 0 to {MAX_DELAY_MILLIS}, not {text:?}."));
    millis.map(Duration::from_millis).ok_or_else(sentence)
}

fn wrong(sentence: impl Into<String>) -> InvalidValue {
    InvalidValue::new("Prefer", sentence)
}
