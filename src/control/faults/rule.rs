//! Checks rules when they are armed, so that nothing can go wrong when they fire.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{CONNECTION, CONTENT_LENGTH, DATE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use bytes::Bytes;
use serde_json::Value;

use super::body::{ActionBody, ConnectionFault, Place, RuleBody};
use super::preset::is_upload;
use crate::api::{Cause, Content, Injected, JSON, Operation, RequestPlace, operations};
use crate::control::matching::{Conditions, MatchBody, NO_HEADER_NAME, NamedTexts};
use crate::request_id;
use crate::wire::{InvalidValue, Span};

/// How many rules a world may have.
pub(super) const MAX_RULES: usize = 100;
/// The longest name, in characters.
const MAX_TEXT_CHARS: usize = 1_000;
/// How many headers an answer may have.
const MAX_HEADERS: usize = 100;
/// The largest body of an answer, and the longest value of a header.
const MAX_BODY_BYTES: usize = 64 * 1024;
const MAX_HEADER_BYTES: usize = 8 * 1024;
/// The longest delay.
const MAX_DELAY: Duration = Duration::from_secs(600);

/// A rule without mistakes.
#[derive(Clone, Debug)]
pub(super) struct CheckedRule {
    /// The rule as it is shown.
    pub(super) body: RuleBody,
    pub(super) conditions: Conditions,
    pub(super) place: Place,
    pub(super) action: Action,
}

/// What happens at the place.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub(super) delay: Duration,
    pub(super) then: Then,
}

/// What happens after the delay.
#[derive(Clone, Debug)]
pub(super) enum Then {
    /// The request goes on.
    GoOn,
    /// The request is answered with this.
    Answer(Arc<Injected>),
    /// Something happens to the connection.
    End(ConnectionFault),
    /// The transfer goes on slowly.
    Slow { bytes_per_second: u64 },
}

/// Checks the rules of a world. Fails at the first mistake.
pub(super) fn read_rules(bodies: Vec<RuleBody>) -> Result<Vec<CheckedRule>, InvalidValue> {
    if bodies.len() > MAX_RULES {
        return Err(InvalidValue::new("rules", format!("There are {} rules; {MAX_RULES} are allowed.", bodies.len())));
    }
    let read =
        |(index, body)| CheckedRule::read(body).map_err(|wrong| wrong.within(&format!("[{index}]")).within("rules"));
    bodies.into_iter().enumerate().map(read).collect()
}

impl CheckedRule {
    fn read(given: RuleBody) -> Result<Self, InvalidValue> {
        let body = given.expanded();
        let place = body.at.unwrap_or(Place::Before);
        let name = body.name.as_deref().map(|name| short("name", name)).transpose()?;
        if body.times == Some(0) {
            return Err(InvalidValue::new(
                "times",
                "It must be at least 1. For a rule that never fires, leave out the rule.",
            ));
        }
        let matching = body.matching.clone().unwrap_or_default();
        let conditions = read_conditions(&matching).map_err(|wrong| wrong.within("match"))?;
        check_place(&conditions, &matching, place)?;
        let action = body.action.as_ref().ok_or_else(|| InvalidValue::missing("do"))?;
        let action = Action::read(action, place, name).map_err(|wrong| wrong.within("do"))?;
        Ok(Self { conditions, place, action, body: RuleBody { at: Some(place), ..body } })
    }

    /// Whether the rule may slow down the reading of a form.
    pub(super) fn slows_uploads(&self) -> bool {
        matches!((self.place, &self.action.then), (Place::Request(_), Then::Slow { .. }))
    }

    /// Whether it can fire for requests of this operation.
    pub(super) fn may_fire_for(&self, operation: &Operation) -> bool {
        self.is_about(Some(operation)) && self.conditions.admit(operation)
    }

    /// Whether requests for an operation have its place.
    pub(super) fn is_about(&self, operation: Option<&Operation>) -> bool {
        !matches!(self.place, Place::Request(_)) || operation.is_some_and(is_upload)
    }
}

fn read_conditions(body: &MatchBody) -> Result<Conditions, InvalidValue> {
    for (member, is_asked) in [("status", body.status.is_some()), ("since", body.since.is_some())] {
        if is_asked {
            let sentence = "A rule is chosen before there is an answer, so it cannot ask for this.";
            return Err(InvalidValue::new(member, sentence));
        }
    }
    Conditions::read(body)
}

/// Refuses a place that no matching request has.
fn check_place(conditions: &Conditions, body: &MatchBody, place: Place) -> Result<(), InvalidValue> {
    let (path, has_place, lacks): (_, fn(&Operation) -> bool, _) = match place {
        Place::Before | Place::After => return Ok(()),
        Place::Request(_) => ("at.request", is_upload, "takes a form"),
        Place::Answer(_) => ("at.answer", has_content, "answers with a body"),
    };
    let mut fitting = operations().iter().filter(|operation| conditions.admit(operation));
    if fitting.any(|operation| has_place(operation)) {
        return Ok(());
    }
    let whose = match &body.operation {
        Some(names) => names.as_slice().join(" or "),
        None => "What matches".to_owned(),
    };
    let known: Vec<_> = operations().iter().filter(|one| has_place(one)).map(|one| one.name).collect();
    let known = if known.len() > 10 { String::new() } else { format!(" These do: {}.", known.join(", ")) };
    Err(InvalidValue::new(path, format!("{whose} never {lacks}, so there is no such place.{known}")))
}

impl Action {
    fn read(body: &ActionBody, place: Place, rule_name: Option<&str>) -> Result<Self, InvalidValue> {
        let delay = body.delay.map_or(Duration::ZERO, |Span(delay)| delay);
        if delay > MAX_DELAY {
            return Err(InvalidValue::new("delay", "A delay may be at most ten minutes."));
        }
        let of_an_answer = [("headers", body.headers.is_some()), ("body", body.body.is_some())];
        let chosen = [
            ("status", body.status.is_some()),
            ("connection", body.connection.is_some()),
            ("bytesPerSecond", body.bytes_per_second.is_some()),
        ];
        let mut chosen = chosen.into_iter().filter(|(_, given)| *given).map(|(name, _)| name);
        if let (Some(first), Some(second)) = (chosen.next(), chosen.next()) {
            return Err(InvalidValue::new(second, format!("It cannot be combined with {first}. Keep one of them.")));
        }
        if let (None, Some((name, _))) = (body.status, of_an_answer.iter().find(|(_, given)| *given)) {
            return Err(InvalidValue::new(*name, "It is part of an answer. Set its status too."));
        }
        let then = match (body.status, body.connection, body.bytes_per_second) {
            (Some(status), _, _) => Then::Answer(Arc::new(read_answer(status, body, place, rule_name)?)),
            (None, Some(end), _) => Then::End(end),
            (None, None, Some(bytes_per_second)) => read_speed(bytes_per_second, place)?,
            (None, None, None) if delay.is_zero() => {
                return Err(InvalidValue::new(
                    "",
                    "This does nothing. Set status, connection, bytesPerSecond or delay.",
                ));
            }
            (None, None, None) => Then::GoOn,
        };
        Ok(Self { delay, then })
    }
}

fn read_answer(
    status: u16,
    body: &ActionBody,
    place: Place,
    rule_name: Option<&str>,
) -> Result<Injected, InvalidValue> {
    if matches!(place, Place::Answer(_)) {
        let sentence = "The status is sent before the body. Set at to before, after or a place in the request.";
        return Err(InvalidValue::new("status", sentence));
    }
    let code = StatusCode::from_u16(status).ok().filter(|_| (200..600).contains(&status));
    let status = code.ok_or_else(|| InvalidValue::new("status", "It must be a number from 200 to 599."))?;
    let headers = body.headers.as_ref().map(read_headers).transpose().map_err(|wrong| wrong.within("headers"))?;
    let content = match &body.body {
        None => None,
        Some(Value::String(text)) => {
            Some((Bytes::copy_from_slice(text.as_bytes()), HeaderValue::from_static("text/plain; charset=utf-8")))
        }
        Some(value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_))) => {
            Some((Bytes::from(value.to_string()), JSON))
        }
    };
    if content.as_ref().is_some_and(|(bytes, _)| bytes.len() > MAX_BODY_BYTES) {
        return Err(InvalidValue::new("body", format!("A body may have at most {MAX_BODY_BYTES} bytes.")));
    }
    if content.is_some()
        && matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
    {
        return Err(InvalidValue::new("body", format!("An answer with status {} has no body.", status.as_u16())));
    }
    let answer = Injected::new(status, headers.unwrap_or_default(), Cause::Rule(rule_name.map(str::to_owned)));
    Ok(match content {
        None => answer,
        Some((bytes, kind)) => answer.with_content(bytes, kind),
    })
}

fn read_headers(texts: &NamedTexts) -> Result<HeaderMap, InvalidValue> {
    let count = texts.pairs().count();
    if count > MAX_HEADERS {
        return Err(InvalidValue::new("", format!("There are {count} headers; {MAX_HEADERS} are allowed.")));
    }
    let mut headers = HeaderMap::with_capacity(count);
    for (name, value, place) in texts.pairs() {
        let wrong = |sentence: &str| InvalidValue::new("", sentence).within(&place);
        let read: HeaderName = name.parse().map_err(|_| wrong(NO_HEADER_NAME))?;
        if [CONNECTION, CONTENT_LENGTH, DATE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, request_id::HEADER]
            .contains(&read)
        {
            return Err(wrong("The server sets this header itself."));
        }
        if value.len() > MAX_HEADER_BYTES {
            return Err(wrong(&format!("The value of a header may have at most {MAX_HEADER_BYTES} bytes.")));
        }
        let value = HeaderValue::from_str(value)
            .map_err(|_| wrong("The value of a header cannot contain line breaks or control characters."))?;
        headers.append(read, value);
    }
    Ok(headers)
}

fn read_speed(bytes_per_second: u64, place: Place) -> Result<Then, InvalidValue> {
    let path = "bytesPerSecond";
    match place {
        Place::Before | Place::After => Err(InvalidValue::new(
            path,
            "Only a transfer can be slow. Set at to a place in the request or in the answer.",
        )),
        Place::Request(RequestPlace::BeforeClosingBoundary) => {
            Err(InvalidValue::new(path, "Almost nothing is left to read there. Set at to an earlier place."))
        }
        Place::Request(_) | Place::Answer(_) if bytes_per_second == 0 => {
            Err(InvalidValue::new(path, "It must be at least 1. To send nothing at all, set connection to stall."))
        }
        Place::Request(_) | Place::Answer(_) => Ok(Then::Slow { bytes_per_second }),
    }
}

fn has_content(operation: &Operation) -> bool {
    operation.answers.iter().any(|answer| answer.content != Content::Nothing)
}

fn short<'a>(member: &str, text: &'a str) -> Result<&'a str, InvalidValue> {
    match text.chars().count() {
        0 => Err(InvalidValue::new(member, "It must not be empty.")),
        1..=MAX_TEXT_CHARS => Ok(text),
        given => {
            Err(InvalidValue::new(member, format!("The text has {given} characters; {MAX_TEXT_CHARS} are allowed.")))
        }
    }
}
