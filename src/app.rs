//! The application: its state, its routes, and what happens to every request around them. No sockets.

use std::any::Any;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::OriginalUri;
use axum::http::uri::PathAndQuery;
use axum::http::{Request, Uri};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use crate::api;
use crate::api::error::{ApiError, localize};
use crate::config::{Config, FixtureSource};
use crate::connection::ConnectionFate;
use crate::control;
use crate::control::coverage::counts::Coverage;
use crate::control::faults::{Faults, Plan};
use crate::control::journal::Journal;
use crate::control::recording::Recording;
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
pub struct AppState(Arc<Shared>);

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
        let (worlds, faults) = (Worlds::new(pristine), Faults::default());
        Ok(Self(Arc::new(Shared { worlds, config, budget, journal, coverage, faults, own_url })))
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
    router: Router,
    state: AppState,
}

impl App {
    /// All routes over `state`.
    #[must_use]
    pub fn new(state: AppState) -> Self {
        Self { router: router(state.clone()), state }
    }

    /// Answers one request, whatever it is: a trailing slash is dropped, the request gets an id, errors get the
    /// language that the client prefers, a line is logged, and the journal is told.
    pub async fn respond(&self, mut request: Request<Body>) -> Response {
        let started = Instant::now();
        let method = request.method().clone();
        let uri = request.uri().clone();
        let org = api::extract::world_name(request.headers(), self.state.config()).map(str::to_owned);
        let request_id = api::request_id::of(request.headers());
        let language = api::language::preferred(request.headers());
        let plan = Plan::of(&request, &self.state, org.as_deref());
        if let Some(plan) = &plan {
            request.extensions_mut().insert(Arc::new(plan.exchange()));
        }
        let recording = Recording::start(&self.state, &mut request, org.as_deref(), started);
        // Messages and URLs are about the path that the client wrote.
        request.extensions_mut().insert(OriginalUri(uri.clone()));
        drop_trailing_slash(request.uri_mut());

        let (response, answer_fault) = match plan {
            None => (self.route(request).await, None),
            Some(plan) => plan.run(request, &self.state, |request| self.route(request)).await,
        };
        let mut response = localize(response, language);
        response.headers_mut().insert(api::request_id::HEADER, request_id.clone());
        if let Some(recording) = recording {
            response = recording.finish(response);
        }
        if let Some(fault) = answer_fault {
            response = fault.strike(response);
        }
        tracing::info!(
            %method,
            path = %uri.path_and_query().map_or(uri.path(), PathAndQuery::as_str),
            status = sent_status(&response),
            duration_ms = started.elapsed().as_micros() as f64 / 1000.0,
            org = org.as_deref().unwrap_or("-"),
            request_id = request_id.to_str().unwrap_or("-"),
            "request"
        );
        response
    }

    async fn route(&self, request: Request<Body>) -> Response {
        let Ok(response) = self.router.clone().oneshot(request).await.map_err(|never: Infallible| match never {});
        response
    }
}

/// `None` where a fault has the connection end without an answer.
fn sent_status(response: &Response) -> Option<u16> {
    let is_lost = matches!(response.extensions().get(), Some(ConnectionFate::NoAnswer(_)));
    (!is_lost).then(|| response.status().as_u16())
}

fn router(state: AppState) -> Router {
    around(routes()).with_state(state)
}

fn routes() -> Router<AppState> {
    let api = api::router();
    Router::new()
        .nest("/v2", api.clone())
        .nest("/v3", api)
        .nest("/_mock", control::router())
        .fallback(api::unknown_path)
}

/// What happens around every route: a panic costs one 500.
fn around(routes: Router<AppState>) -> Router<AppState> {
    routes.layer(CatchPanicLayer::custom(handle_panic))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature is tower-http's")]
fn handle_panic(panic: Box<dyn Any + Send>) -> Response {
    ApiError::from_panic(panic.as_ref()).into_response()
}

/// Every route may be written with one slash at its end, and no route redirects: several clients turn a redirected
/// POST into a GET.
fn drop_trailing_slash(uri: &mut Uri) {
    let Some(path) = uri.path().strip_suffix('/').filter(|path| !path.is_empty()) else { return };
    let path_and_query = match uri.query() {
        Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
        None => PathAndQuery::try_from(path),
    };
    let mut parts = uri.clone().into_parts();
    // Both parts come from a valid URI, so this cannot fail; if it did, the route would not be found.
    if let Ok(path_and_query) = path_and_query {
        parts.path_and_query = Some(path_and_query);
        if let Ok(rewritten) = Uri::from_parts(parts) {
            *uri = rewritten;
        }
    }
}

#[cfg(test)]
mod tests;
