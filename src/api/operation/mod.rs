//! What an operation takes and answers. Each is described once, by a constant beside its handler; the endpoint tables,
//! the OpenAPI document, coverage, faults, the journal and `docs/endpoints.md` are made from these constants.
//! `tests/it/operations.rs` holds them against what the handlers do.

pub(crate) mod bodies;
pub(crate) mod parameter;

use std::any::TypeId;
use std::collections::HashMap;
use std::panic::Location;

use axum::Router;
use axum::extract::MatchedPath;
use axum::handler::Handler;
use axum::http::{Method, Uri};
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::JsonSchema;

pub(crate) use self::{bodies::*, parameter::*};
use super::{ApiError, without_slash};

/// What every operation of the emulated API may answer: a wrong query or `Host`, no usable token, no organisation.
const COMMON_ERRORS: [u16; 3] = [400, 401, 403];

/// What every operation of the control plane may answer, which needs no token: a wrong call, one from a web page.
const CONTROL_ERRORS: [u16; 2] = [400, 403];

/// One documented operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// The `operationId` of the OpenAPI document, and the name of the handler, unless that answers for two operations.
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    /// As documented, with a slash at its end where that has one. Of the emulated API it is the path below the version.
    pub(crate) path: &'static str,
    /// One line without a full stop.
    pub(crate) summary: &'static str,
    /// Its page in the public reference, as the end of the page's address.
    pub(crate) reference: Option<&'static str>,
    /// The last variable segments of the path.
    last_segments: &'static [Parameter],
    pub(crate) query: &'static [Parameter],
    pub(crate) headers: &'static [Parameter],
    pub(crate) body: RequestBody,
    /// Successes, and errors whose body says more than other errors. One that names none answers 204.
    pub(crate) answers: &'static [Answer],
    /// The statuses of its own errors. It does not list those of every operation, 404 where the path names something, and
    /// those that follow from the body.
    pub(crate) errors: &'static [u16],
    /// A JSON body that works in the embedded world.
    pub(crate) example: Option<&'static str>,
    /// The file that describes it, which is that of its handler.
    #[cfg_attr(not(test), expect(dead_code, reason = "for docs/endpoints.md, which a test writes"))]
    pub(crate) source: &'static str,
    evidence: Evidence,
}

macro_rules! constructors {
    ($($function:ident $method:literal),*) => {$(
        #[track_caller]
        pub(crate) const fn $function(name: &'static str, path: &'static str, summary: &'static str) -> Self {
            Self::new($method, name, path, summary)
        }
    )*};
}

impl Operation {
    #[track_caller]
    const fn new(method: &'static str, name: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self {
            name,
            method,
            path,
            summary,
            reference: None,
            last_segments: &[],
            query: &[],
            headers: &[],
            body: RequestBody::Nothing,
            answers: const { &[Answer::of(204, Content::Nothing)] },
            errors: &[],
            example: None,
            source: Location::caller().file(),
            evidence: Evidence::Public,
        }
    }

    constructors!(get "GET", post "POST", put "PUT", patch "PATCH", delete "DELETE");

    /// The operation that does the same to something else, at another path.
    pub(crate) const fn twin(self, name: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self { name, path, summary, ..self }
    }

    pub(crate) const fn reference(self, page: &'static str) -> Self {
        Self { reference: Some(page), ..self }
    }

    /// The variable segments of the path, in their order. Those of the issue or the entity that it begins with are known.
    pub(crate) const fn segments(self, last_segments: &'static [Parameter]) -> Self {
        Self { last_segments, ..self }
    }

    pub(crate) const fn query(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }

    pub(crate) const fn headers(self, headers: &'static [Parameter]) -> Self {
        Self { headers, ..self }
    }

    /// Takes a `T` as JSON.
    pub(crate) const fn json<T: JsonSchema + 'static>(self) -> Self {
        Self { body: RequestBody::Json(TypeId::of::<T>()), ..self }
    }

    /// Takes a `T` as JSON, or no body.
    pub(crate) const fn optional_json<T: JsonSchema + 'static>(self) -> Self {
        Self { body: RequestBody::OptionalJson(TypeId::of::<T>()), ..self }
    }

    /// Takes a file.
    pub(crate) const fn form(self) -> Self {
        Self { body: RequestBody::Form, ..self }
    }

    /// Answers 200 with a `T`.
    pub(crate) const fn ok<T: JsonSchema + 'static>(self) -> Self {
        self.answers(const { &[Answer::ok::<T>()] })
    }

    /// Answers 200 with a list.
    pub(crate) const fn list<T: JsonSchema + 'static>(self) -> Self {
        self.answers(const { &[Answer::list::<T>()] })
    }

    /// Answers 200 with a page of a list.
    pub(crate) const fn pages<T: JsonSchema + 'static>(self) -> Self {
        self.answers(const { &[Answer::list::<T>().with(PAGES)] })
    }

    /// Answers 201 with a `T`.
    pub(crate) const fn created<T: JsonSchema + 'static>(self) -> Self {
        self.answers(const { &[Answer::of(201, Content::Json(TypeId::of::<T>()))] })
    }

    /// Answers with a file, or a part of it, as the headers of the request ask for.
    pub(crate) const fn file(self) -> Self {
        Self { headers: CONDITIONS, errors: &[412, 416], ..self.answers(const { &download(Content::File) }) }
    }

    /// The same with a thumbnail.
    pub(crate) const fn picture(self) -> Self {
        Self { headers: CONDITIONS, errors: &[412, 416, 507], ..self.answers(const { &download(Content::Picture) }) }
    }

    pub(crate) const fn answers(self, answers: &'static [Answer]) -> Self {
        Self { answers, ..self }
    }

    pub(crate) const fn errors(self, errors: &'static [u16]) -> Self {
        Self { errors, ..self }
    }

    pub(crate) const fn example(self, json: &'static str) -> Self {
        Self { example: Some(json), ..self }
    }

    pub(crate) const fn decision(self) -> Self {
        Self { evidence: Evidence::Decision, ..self }
    }

    /// The variable segments of the path, in their order.
    pub(crate) fn path_parameters(&self) -> impl Iterator<Item = &'static Parameter> + use<> {
        let first: &[Parameter] = match self.path.split('/').nth(1) {
            Some("issues") => const { &[ISSUE_KEY] },
            Some("entities") => const { &[ENTITY_TYPE, ENTITY_ID] },
            _ => &[],
        };
        let all = self.path.matches('{').count();
        first.iter().take(all.saturating_sub(self.last_segments.len())).chain(self.last_segments)
    }

    /// The address of its page in the public reference.
    pub(crate) fn reference_url(&self) -> Option<String> {
        // The pages about users are not in the folder of the others.
        let folder = |page: &str| if page.starts_with("get-user") { "" } else { "concepts/" };
        self.reference.map(|page| format!("https://yandex.ru/support/tracker/en/{}{page}", folder(page)))
    }

    /// The class of its evidence in `docs/fidelity.md`.
    pub(crate) fn class(&self) -> &'static str {
        match (self.reference, self.evidence) {
            (Some("issues/temp-attachment" | "entities/attachments/add-attachment"), _) => "S",
            (_, Evidence::Public) => "P",
            (_, Evidence::Decision) => "D",
        }
    }

    /// The documented statuses, in rising order.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let is_control = self.path.starts_with("/_mock/");
        let common = if is_control { &CONTROL_ERRORS[..] } else { &COMMON_ERRORS };
        let names_something = !is_control && self.path_parameters().any(|segment| segment.name != "type");
        let not_found: &[u16] = if names_something { &[404] } else { &[] };
        let of_body: &[u16] = match self.body {
            RequestBody::Form => &[413, 507],
            RequestBody::Json(_) | RequestBody::OptionalJson(_) if !is_control => &[422],
            RequestBody::Json(_) | RequestBody::OptionalJson(_) | RequestBody::Nothing => &[],
        };
        let successes = self.answers.iter().map(|answer| answer.status);
        let errors = self.errors.iter().chain(common).chain(not_found).chain(of_body).copied();
        let mut statuses: Vec<u16> = successes.chain(errors).collect();
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }

    /// The parameters that coverage counts: `notify`, `notifyAuthor`, `expand`, `filename` and `fields`, as far as the
    /// operation reads them.
    pub(crate) fn covered_parameters(&self) -> impl Iterator<Item = &'static Parameter> + use<> {
        const COVERED: [&str; 5] = ["notify", "notifyAuthor", "expand", "filename", "fields"];
        self.query.iter().filter(|parameter| COVERED.contains(&parameter.name) && parameter.kind.is_read())
    }
}

/// A row of an endpoint table.
pub(crate) struct Endpoint<S> {
    pub(crate) operation: &'static Operation,
    pub(crate) handler: MethodRouter<S>,
}

/// The row that has `handler` answer the requests of `operation`.
pub(crate) fn endpoint<H, T, S>(operation: &'static Operation, handler: H) -> Endpoint<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    let method = match operation.method {
        "POST" => MethodFilter::POST,
        "PUT" => MethodFilter::PUT,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        // axum answers HEAD like GET.
        _ => MethodFilter::GET,
    };
    Endpoint { operation, handler: on(method, handler) }
}

/// An endpoint table: its router, and its operations in their order and by their paths.
pub(crate) struct Table<S> {
    /// The possible prefixes of the paths of the operations.
    prefixes: &'static [&'static str],
    endpoints: Vec<Endpoint<S>>,
    pub(crate) operations: Vec<&'static Operation>,
    by_path: HashMap<String, Vec<&'static Operation>>,
}

impl<S: Clone + Send + Sync + 'static> Table<S> {
    pub(crate) fn new(prefixes: &'static [&'static str], endpoints: Vec<Endpoint<S>>) -> Self {
        let operations: Vec<_> = endpoints.iter().map(|endpoint| endpoint.operation).collect();
        let mut by_path: HashMap<_, Vec<_>> = HashMap::new();
        for prefix in prefixes {
            for &operation in &operations {
                by_path.entry(format!("{prefix}{}", without_slash(operation.path))).or_default().push(operation);
            }
        }
        Self { prefixes, endpoints, operations, by_path }
    }

    /// Every endpoint behind every prefix, with and without a slash at the end: no path redirects, because clients turn
    /// a redirected `POST` into a `GET`.
    pub(crate) fn router(&'static self) -> Router<S> {
        let mut router = Router::new();
        for Endpoint { operation, handler } in &self.endpoints {
            for prefix in self.prefixes {
                let path = format!("{prefix}{}", without_slash(operation.path));
                router = router.route(&format!("{path}/"), handler.clone()).route(&path, handler.clone());
            }
        }
        router.method_not_allowed_fallback(move |method: Method, path: MatchedPath| async move {
            let here = self.at(&path);
            let attaching = |operation: &&&'static Operation| {
                let above = operation.path.strip_suffix("attachments/{fileId}");
                let is_here = |one: &&Operation| one.path.strip_suffix("attachments") == above;
                above.is_some() && operation.method == method.as_str() && here.iter().any(is_here)
            };
            let attached_at = self.operations.iter().find(attaching).map(|operation| operation.path);
            ApiError::MethodNotAllowed { method, allowed: allowed_methods(here), attached_at }
        })
    }

    /// The operations at a path that axum has matched, such as `/v2/entities/{type}/`.
    pub(crate) fn at(&self, path: &MatchedPath) -> &[&'static Operation] {
        self.by_path.get(without_slash(path.as_str())).map_or(&[], Vec::as_slice)
    }

    /// The answer to a request whose path is no endpoint. `prefix` is what stands in front of paths like that.
    pub(crate) fn unknown_path(&self, prefix: &str, method: Method, uri: &Uri) -> ApiError {
        let closest = self.closest(prefix, &method, uri.path());
        let closest = closest.map_or_else(String::new, |(operation, path)| format!("{} {path}", operation.method));
        // CONNECT asks for a host and not for a path.
        let path = if uri.path().is_empty() { uri.to_string() } else { uri.path().to_owned() };
        ApiError::UnknownPath { method, path, closest }
    }

    /// The operation that a request for `path` most likely meant, and its path. `prefix` is what stands in front of the
    /// operations' paths.
    pub(crate) fn closest(&self, prefix: &str, method: &Method, path: &str) -> Option<(&'static Operation, String)> {
        let below = |path: &'static str| path.strip_prefix(prefix).unwrap_or(path);
        let path = &path[..path.floor_char_boundary(MAX_COMPARED_BYTES)];
        let path = path.strip_prefix(prefix).unwrap_or(path);
        let given = path.split('/').filter(|segment| !segment.is_empty() && !is_version(segment));
        let given: Vec<&str> = given.map(|segment| if is_upload(segment) { "attachments" } else { segment }).collect();
        let score = |operation: &&'static Operation| {
            let same_method = if operation.method == method.as_str() { 0.1 } else { 0.0 };
            similarity(&given, below(operation.path)) + same_method
        };
        let best = self.operations.iter().copied().rev().max_by(|one, other| score(one).total_cmp(&score(other)));
        best.map(|operation| (operation, format!("{prefix}{}", below(operation.path))))
    }
}

/// The operation with this method; `HEAD` counts as `GET`.
pub(crate) fn with_method(operations: &[&'static Operation], method: &Method) -> Option<&'static Operation> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    operations.iter().copied().find(|operation| operation.method == method.as_str())
}

/// The methods of `operations`, as `Allow` lists them.
fn allowed_methods(operations: &[&'static Operation]) -> String {
    let mut methods: Vec<&str> = operations.iter().map(|operation| operation.method).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.join(", ")
}

/// How much of an unknown path is compared with the known ones, in bytes. The time grows with the square of it.
const MAX_COMPARED_BYTES: usize = 256;

fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether somebody expects files to be uploaded there.
fn is_upload(segment: &str) -> bool {
    ["upload", "uploads"].contains(&segment)
}

/// 0 to 1: how much of a documented path the given segments match, each in its place. They may be those of a pattern.
fn similarity(given: &[&str], documented: &str) -> f64 {
    let segments: Vec<&str> = documented.split('/').filter(|segment| !segment.is_empty()).collect();
    let alike = |(given, documented): (&str, &&str)| match given {
        "**" => 0.0,
        "*" => 0.5,
        _ if documented.starts_with('{') => 0.5,
        given => strsim::normalized_damerau_levenshtein(given, documented),
    };
    let named = given.iter().filter(|segment| **segment != "**").count();
    let compared = if named < given.len() { named } else { given.len().max(segments.len()) };
    let stretch = |&segment| if segment == "**" { (segments.len() + 1).saturating_sub(given.len()) } else { 1 };
    let stretched = given.iter().flat_map(|segment| std::iter::repeat_n(*segment, stretch(segment)));
    stretched.zip(&segments).map(alike).sum::<f64>() / compared.max(1) as f64
}
