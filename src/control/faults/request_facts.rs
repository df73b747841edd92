//! What is known of a request that rules are matched against.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::http::Request;
use serde_json::Value;

use super::preset::is_upload;
use super::rule::CheckedRule;
use crate::api::{Api, Operation, PartRecord, PartSeen, acting_user};
use crate::control::matching::{Condition, Matchable, RequestHead, short_json};
use crate::domain::{File, FileRef, OrgId, User};

/// Whether a rule applies to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relevance {
    Yes,
    No,
    /// That depends on the body, which is not read yet.
    Later,
}

/// What is known of a request so far.
#[derive(Debug)]
pub(super) struct RequestFacts {
    operation: Option<&'static Operation>,
    head: RequestHead,
    actor: Option<Arc<User>>,
    /// The names of its file.
    names: Vec<String>,
    json: Option<Value>,
    parts: Vec<PartRecord>,
    awaited: AwaitedBody,
}

/// Which facts the body may still add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AwaitedBody {
    Nothing,
    Json,
    /// The parts of a form, and the name of its file unless the query gives it another.
    Form {
        names_file: bool,
    },
}

impl RequestFacts {
    /// The facts in the head of a request to the world of `org`, as far as one of the `rules` needs them.
    pub(super) fn new(
        request: &Request<Body>,
        api: &Api,
        org: &OrgId,
        operation: Option<&'static Operation>,
        rules: &[CheckedRule],
    ) -> Self {
        let asks = |wanted: fn(&Condition) -> bool| rules.iter().any(|rule| rule.conditions.iter().any(wanted));
        let head = RequestHead::of(request, api.config().secrets);
        let names = if asks(|one| matches!(one, Condition::File(_))) { head.file_names(operation) } else { Vec::new() };
        let awaited = match operation {
            Some(operation) if is_upload(operation) => AwaitedBody::Form { names_file: names.is_empty() },
            Some(_) | None if request.body().is_end_stream() => AwaitedBody::Nothing,
            Some(_) | None => AwaitedBody::Json,
        };
        let asks_for_actor = asks(|one| matches!(one, Condition::Actor(_)));
        let actor = asks_for_actor.then(|| acting_user(request.headers(), org, api).ok()).flatten();
        let mut facts = Self { operation, head, actor, names, json: None, parts: Vec::new(), awaited };
        if asks(|one| matches!(one, Condition::File(_))) {
            facts.names.extend(facts.stored_name(api, org));
        }
        facts
    }

    /// The name of the file whose id is in the path.
    fn stored_name(&self, api: &Api, org: &OrgId) -> Option<String> {
        let id = self.head.segment(self.operation?, "{fileId}")?;
        let name = |(file, _): (&File, _)| file.name.as_str().to_owned();
        api.worlds().read(org, |world| world.find_file(&FileRef::new(id)).map(name).ok())
    }

    pub(super) fn awaits_json(&self) -> bool {
        self.awaited == AwaitedBody::Json
    }

    /// The body was read, which is short, or it is too long.
    pub(super) fn see_json(&mut self, body: Option<&[u8]>) {
        self.json = body.and_then(short_json);
        self.awaited = AwaitedBody::Nothing;
    }

    /// The form was read up to its file; there may be none.
    pub(super) fn see_form(&mut self, name: Option<&str>, parts: &[PartSeen]) {
        self.names.extend(name.map(str::to_owned));
        self.parts = parts.iter().map(|part| part.record.clone()).collect();
        self.awaited = AwaitedBody::Nothing;
    }

    /// Whether a rule applies to this request.
    pub(super) fn judge(&self, rule: &CheckedRule) -> Relevance {
        if !rule.is_about(self.operation) {
            return Relevance::No;
        }
        let mut failing = rule.conditions.failing(self).peekable();
        if failing.peek().is_none() {
            Relevance::Yes
        } else if failing.all(|condition| self.may_yet_hold(condition)) {
            Relevance::Later
        } else {
            Relevance::No
        }
    }

    fn may_yet_hold(&self, condition: &Condition) -> bool {
        match (self.awaited, condition) {
            (AwaitedBody::Form { names_file }, Condition::File(_)) => names_file,
            (AwaitedBody::Form { .. }, Condition::Part(_) | Condition::PartType(..)) => true,
            (AwaitedBody::Json, Condition::Json(..)) => true,
            (AwaitedBody::Nothing | AwaitedBody::Json | AwaitedBody::Form { .. }, _) => false,
        }
    }
}

impl Matchable for RequestFacts {
    fn operation(&self) -> Option<&'static Operation> {
        self.operation
    }

    fn head(&self) -> &RequestHead {
        &self.head
    }

    fn actor(&self) -> Option<&User> {
        self.actor.as_deref()
    }

    fn file_names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn json(&self) -> Option<Cow<'_, Value>> {
        self.json.as_ref().map(Cow::Borrowed)
    }

    fn parts(&self) -> impl Iterator<Item = &PartRecord> {
        self.parts.iter()
    }

    fn status(&self) -> Option<u16> {
        None
    }
}
