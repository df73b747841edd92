//! The facts about a request that rules are matched against.

use axum::body::Body;
use axum::http::{Method, Request};

use super::pattern::{decoded_segments, segments};
use super::preset::is_upload;
use super::rule::CheckedRule;
use crate::api::operation::Operation;
use crate::api::request_info::RequestInfo;
use crate::api::state::Api;
use crate::domain::ids::OrgId;

/// Whether a rule applies to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relevance {
    Yes,
    No,
    /// That depends on the name of the file, which is not known yet.
    Later,
}

/// What is known of a request.
#[derive(Debug)]
pub(super) struct RequestFacts {
    operation: Option<&'static Operation>,
    method: Method,
    /// The segments of its path, decoded.
    path: Vec<String>,
    /// The names of its file that are known so far.
    names: Vec<String>,
    /// Whether its body may give the file another name.
    named_in_body: bool,
}

impl RequestFacts {
    pub(super) fn new(request: &Request<Body>, operation: Option<&'static Operation>) -> Self {
        Self {
            operation,
            method: request.method().clone(),
            path: decoded_segments(request.uri().path()),
            names: Vec::new(),
            named_in_body: operation.is_some_and(is_upload),
        }
    }

    /// Finds the names in the query and the path, and that of the file whose id is in the path.
    pub(super) fn look_up_names(&mut self, request: &Request<Body>, api: &Api, org: &OrgId) {
        let query = RequestInfo::of(request.extensions()).query().unwrap_or_default();
        let in_query = query.pairs().filter(|(name, _)| *name == "filename").map(|(_, value)| value.to_owned());
        self.names.extend(in_query);
        // The name in the query of an upload overrides that in its body.
        self.named_in_body &= self.names.is_empty();
        let Some(operation) = self.operation else { return };
        // Templates do not have the version, which is the first segment of the path.
        let template = segments(operation.path.trim_start_matches('/'));
        for (placeholder, segment) in template.zip(self.path.iter().skip(1)) {
            match placeholder {
                "{name}" => self.names.push(segment.clone()),
                "{fileId}" => {
                    let stored = |file: &crate::domain::file::File| file.name.as_str().to_owned();
                    let found = api
                        .worlds()
                        .read(org, |world| world.find_file(&segment.as_str().into()).map(|(file, _)| stored(file)));
                    self.names.extend(found);
                }
                _ => {}
            }
        }
    }

    /// The name in the body is known now; `None` if there is none.
    pub(super) fn name_in_body(&mut self, name: Option<&str>) {
        self.names.extend(name.map(str::to_owned));
        self.named_in_body = false;
    }

    /// Whether a rule applies to this request.
    pub(super) fn judge(&self, rule: &CheckedRule) -> Relevance {
        let matcher = &rule.matcher;
        if !matcher.is_about(self.operation, &self.method, &self.path) {
            return Relevance::No;
        }
        if !matcher.asks_for_file() || self.names.iter().any(|name| matcher.is_about_file(name)) {
            return Relevance::Yes;
        }
        if self.named_in_body { Relevance::Later } else { Relevance::No }
    }
}
