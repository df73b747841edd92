//! What the rules of a world want to know of a request.

use axum::body::Body;
use axum::http::{Method, Request};
use percent_encoding::percent_decode_str;

use super::armed::Verdict;
use super::pattern::segments;
use super::preset::is_upload;
use super::rule::Rule;
use crate::api::operation::Operation;
use crate::api::query::Query;
use crate::control::bench::Bench;
use crate::domain::ids::OrgId;

/// A request, as rules see it.
#[derive(Debug)]
pub(super) struct Target {
    operation: Option<&'static Operation>,
    method: Method,
    /// The segments of its path, decoded.
    path: Vec<String>,
    /// What the file is called that it is about, as far as its head says.
    names: Vec<String>,
    /// Whether its body may have another name for the file.
    named_in_body: bool,
}

impl Target {
    pub(super) fn new(request: &Request<Body>, operation: Option<&'static Operation>) -> Self {
        let path = segments(request.uri().path().trim_start_matches('/'));
        Self {
            operation,
            method: request.method().clone(),
            path: path.map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned()).collect(),
            names: Vec::new(),
            named_in_body: operation.is_some_and(is_upload),
        }
    }

    /// Finds the names that the query, the path and the file behind the path have.
    pub(super) fn look_up_names(&mut self, request: &Request<Body>, state: &Bench, org: &OrgId) {
        let query = Query::of(request.extensions()).unwrap_or_default();
        let in_query = query.pairs().filter(|(name, _)| *name == "filename").map(|(_, value)| value.to_owned());
        self.names.extend(in_query);
        // An upload is called what its query says, whatever its body says.
        self.named_in_body &= self.names.is_empty();
        let Some(operation) = self.operation else { return };
        // The version stands in front of what the template begins with.
        let template = segments(operation.path.trim_start_matches('/'));
        for (placeholder, segment) in template.zip(self.path.iter().skip(1)) {
            match placeholder {
                "{name}" => self.names.push(segment.clone()),
                "{fileId}" => {
                    let stored = |file: &crate::domain::file::File| file.name.as_str().to_owned();
                    let found =
                        state.api().worlds().read(org, |world| world.find_file(segment).map(|(file, _)| stored(file)));
                    self.names.extend(found);
                }
                _ => {}
            }
        }
    }

    /// The body is read, or gives no name.
    pub(super) fn name_in_body(&mut self, name: Option<&str>) {
        self.names.extend(name.map(str::to_owned));
        self.named_in_body = false;
    }

    /// Whether a rule is about this request.
    pub(super) fn judge(&self, rule: &Rule) -> Verdict {
        let matcher = &rule.matcher;
        if !matcher.is_about(self.operation, &self.method, &self.path) {
            return Verdict::No;
        }
        if !matcher.asks_for_file() || self.names.iter().any(|name| matcher.is_about_file(name)) {
            return Verdict::Yes;
        }
        if self.named_in_body { Verdict::Later } else { Verdict::No }
    }
}
