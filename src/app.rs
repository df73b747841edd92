//! The application: its state, its routes, and what happens to every request around them. No sockets.

mod line;

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{Method, Request, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use self::line::Line;
use crate::api;
use crate::api::call::Call;
use crate::api::error::{ApiError, localize};
use crate::api::exchange::Exchange;
use crate::api::routes::{Captures, Found, Routes};
use crate::config::{Config, FixtureSource};
use crate::control;
use crate::control::coverage::counts::Coverage;
use crate::control::faults::{Faults, Plan};
use crate::control::journal::Journal;
use crate::control::journal::record::RequestStart;
use crate::control::recording::{self, Recording};
use crate::domain::blob::Budget;
use crate::domain::clock::Clock;
use crate::domain::ids::OrgId;
use crate::domain::worlds::Worlds;
use crate::wire::fixture::{Fixture, FixtureError, LoadContext};

/// The embedded fixtures: what every world starts as unless told otherwise.
pub const DEFAULT_FIXTURES: &str = include_str!("../fixtures/default.json");

/// Requests of how many worlds coverage counts; who names more organisations than that is not testing a client.
const MAX_COUNTED_WORLDS: usize = 100_000;

/// What every handler shares; cheap to clone.
#[derive(Clone, Debug)]
#[expect(clippy::redundant_allocation, reason = "the outer counter is that of one connection")]
pub struct AppState(Arc<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    config: Config,
    worlds: Worlds,
    budget: Arc<Budget>,
    journal: Journal,
    coverage: Coverage,
    faults: Faults,
    own_url: String,
}

/// Fixtures that keep a server from starting.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The file cannot be read.
    #[error("cannot read the fixtures {path}: {source}", path = path.display())]
    UnreadableFixtures {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The fixtures are wrong.
    #[error("wrong fixtures: {0}")]
    WrongFixtures(#[from] FixtureError),
}

impl AppState {
    /// Loads the fixtures. `own_url` is where the server listens, for clients that do not say where they went.
    ///
    /// # Errors
    /// When the fixtures cannot be read or are wrong.
    pub fn new(config: Config, own_url: String) -> Result<Self, StartError> {
        let budget = Budget::new(config.limits.max_memory_bytes);
        let max_file_bytes = config.limits.max_file_bytes;
        let context = |folder| LoadContext { budget: &budget, max_file_bytes, folder, clock: config.clock };
        let pristine = match &config.fixtures {
            FixtureSource::Embedded => {
                // Who lowers the limit means uploads, not the one picture that comes along.
                let context = LoadContext { max_file_bytes: u64::MAX, ..context(None) };
                Fixture::load(DEFAULT_FIXTURES, "the embedded fixtures", &context)?
            }
            FixtureSource::Text(text) => Fixture::load(text, "fixtures", &context(None))?,
            FixtureSource::File(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| StartError::UnreadableFixtures { path: path.clone(), source })?;
                let folder = path.parent().unwrap_or(Path::new("."));
                Fixture::load(&text, &path.display().to_string(), &context(Some(folder)))?
            }
        };
        let journal = Journal::new(config.limits.max_journal_records, Arc::clone(&budget));
        let coverage = Coverage::new(MAX_COUNTED_WORLDS);
        let (worlds, faults) =
            (Worlds::new(pristine, config.limits.max_worlds, Arc::clone(&budget)), Faults::default());
        Ok(Self(Arc::new(Arc::new(Shared { worlds, config, budget, journal, coverage, faults, own_url }))))
    }

    /// The same state, whose clones are counted apart: each request makes some, and a counter that several processors
    /// write to costs each of them more than the rest of the clone.
    fn apart(&self) -> Self {
        Self(Arc::new(Arc::clone(&self.0)))
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The state.
    #[must_use]
    pub fn worlds(&self) -> &Worlds {
        &self.0.worlds
    }

    /// Puts the world of a document in the place of one, all of it or nothing. What was there is freed; clock and seed
    /// stay. Takes long where the document is large.
    ///
    /// # Errors
    /// When the document is wrong, or its files do not fit into memory beside those that it would replace.
    pub(crate) fn load_world(&self, org: &OrgId, text: &str) -> Result<(), FixtureError> {
        let limits = &self.config().limits;
        let (budget, max_file_bytes) = (self.budget(), limits.max_file_bytes);
        let context = LoadContext { budget, max_file_bytes, folder: None, clock: Clock::default() };
        self.worlds().replace(org, Fixture::load(text, "state", &context)?);
        Ok(())
    }

    /// What files are charged to.
    #[must_use]
    pub fn budget(&self) -> &Arc<Budget> {
        &self.0.budget
    }

    /// What happened.
    pub(crate) fn journal(&self) -> &Journal {
        &self.0.journal
    }

    /// What was reached.
    pub(crate) fn coverage(&self) -> &Coverage {
        &self.0.coverage
    }

    /// What is to fail.
    pub(crate) fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Where the server listens, as a URL without a path.
    #[must_use]
    pub fn own_url(&self) -> &str {
        &self.0.own_url
    }
}

/// Answers requests. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    tables: Arc<Tables>,
    state: AppState,
}

/// The endpoints.
#[derive(Debug)]
struct Tables {
    api: Routes,
    control: Routes,
}

impl App {
    /// All routes over `state`.
    #[must_use]
    pub fn new(state: AppState) -> Self {
        let tables = Tables { api: Routes::new(api::endpoints()), control: Routes::new(control::endpoints()) };
        Self { tables: Arc::new(tables), state }
    }

    /// The same application, for one connection.
    pub(crate) fn apart(&self) -> Self {
        Self { tables: Arc::clone(&self.tables), state: self.state.apart() }
    }

    /// Answers one request, whatever it is: a trailing slash makes no difference, the request gets an id, errors get the
    /// language that the client prefers, a line is logged, and the journal is told.
    pub async fn respond(&self, request: Request<Body>) -> Response {
        let started = Instant::now();
        let headers = request.headers();
        let org = api::extract::world(headers, self.state.config());
        let line = Line::begin(&request, org.as_ref(), started);
        let request_id = api::request_id::of(headers);
        let language = api::language::preferred(headers);
        let plan = Plan::of(&request, &self.state, org.as_ref());
        let is_recorded = recording::is_wanted(&self.state, &request);
        let target = self.tables.find(request.method(), request.uri().path());
        let exchange = (is_recorded || plan.is_some())
            .then(|| Arc::new(Exchange::new(target.operation(), plan.as_ref().map(Plan::upload_faults))));
        let recording = exchange.as_ref().filter(|_| is_recorded).map(|exchange| {
            let start = RequestStart::new(&request, org.as_ref(), started, Arc::clone(exchange));
            Recording::new(&self.state, start)
        });

        let call = Call::new(self.state.clone(), exchange, org, target.prefix_bytes, target.captures());
        let (response, answer_fault) = match plan {
            None => (target.answer(request, call).await, None),
            Some(plan) => plan.run(request, &call, |request| target.answer(request, call.clone())).await,
        };
        let mut response = localize(response, language);
        response.headers_mut().insert(api::request_id::HEADER, request_id);
        if let Some(recording) = recording {
            response = recording.finish(response);
        }
        if let Some(fault) = answer_fault {
            response = fault.strike(response);
        }
        if let Some(line) = line {
            line.end(&response);
        }
        response
    }
}

/// What a request is for, if anything.
#[derive(Clone, Copy)]
struct Target<'a> {
    found: Found<'a>,
    prefix_bytes: usize,
    /// What to say when there is no such path.
    unknown_path: fn(&Method, &Uri) -> ApiError,
}

impl Tables {
    fn find(&self, method: &Method, path: &str) -> Target<'_> {
        let (table, prefix) = match path {
            path if path.starts_with("/v2/") || path.starts_with("/v3/") => (Some(&self.api), "/v2"),
            path if control::is_control(path) => (Some(&self.control), control::PREFIX),
            _ => (None, ""),
        };
        let unknown_path = if prefix == control::PREFIX { control::unknown_path } else { api::unknown_path };
        let found = table.map_or(Found::Nothing, |table| table.find(method, path, prefix.len()));
        Target { found, prefix_bytes: prefix.len(), unknown_path }
    }
}

impl Target<'_> {
    fn captures(&self) -> Captures {
        match self.found {
            Found::Endpoint(_, captures) => captures,
            Found::OtherMethods(_) | Found::Nothing => Captures::default(),
        }
    }

    fn operation(&self) -> Option<&'static str> {
        match self.found {
            Found::Endpoint(endpoint, _) => Some(endpoint.operation()),
            Found::OtherMethods(_) | Found::Nothing => None,
        }
    }

    /// Has the endpoint answer; without one, says so.
    async fn answer(self, request: Request<Body>, call: Call) -> Response {
        let is_head = request.method() == Method::HEAD;
        let response = match self.found {
            Found::Endpoint(endpoint, _) => {
                let answered = AssertUnwindSafe(endpoint.answer(request, call)).catch_unwind().await;
                answered.unwrap_or_else(|panic| ApiError::from_panic(panic.as_ref()).into_response())
            }
            Found::OtherMethods(allowed) => {
                let allowed = allowed.to_owned();
                ApiError::MethodNotAllowed { method: request.method().clone(), allowed }.into_response()
            }
            Found::Nothing => (self.unknown_path)(request.method(), request.uri()).into_response(),
        };
        if is_head { without_body(response) } else { response }
    }
}

/// The answer to `HEAD`, whose length is that of the body that `GET` gets.
fn without_body(mut response: Response) -> Response {
    if let (Some(bytes), false) = (response.body().size_hint().exact(), response.headers().contains_key(CONTENT_LENGTH))
    {
        response.headers_mut().insert(CONTENT_LENGTH, bytes.into());
    }
    *response.body_mut() = Body::empty();
    response
}

#[cfg(test)]
mod tests;
