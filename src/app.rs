//! The application: its state, and its two routers under one middleware. No sockets.

use std::sync::Arc;

use axum::Router;

use crate::api::{Api, StartError};
use crate::config::Config;
use crate::control::bench::Bench;
use crate::domain::{Budget, Worlds};
use crate::{api, control, middleware};

/// The whole server but for its sockets. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    bench: Bench,
}

impl App {
    /// Loads the fixtures. `own_url` is where the server listens, for clients that do not say where they went.
    ///
    /// # Errors
    /// When the fixtures cannot be read or are wrong.
    pub fn new(config: Config, own_url: String) -> Result<Self, StartError> {
        Ok(Self { bench: Bench::new(Api::new(config, own_url)?) })
    }

    /// Every endpoint of the emulated API and of the control plane, with what happens around each request.
    pub fn router(&self) -> Router {
        self.with_routes(Router::new())
    }

    /// The same with further endpoints of the emulated API.
    pub fn with_routes(&self, further: Router<Api>) -> Router {
        let emulated = api::table::TABLE.router().merge(further).with_state(self.bench.api.clone());
        let control = control::table::TABLE.router();
        #[cfg(feature = "page")]
        let control = control.merge(control::page::router());
        let control = control.with_state(self.bench.clone());
        middleware::around(emulated.merge(control), &self.bench)
    }

    /// The state of the test bench.
    pub(crate) fn bench(&self) -> &Bench {
        &self.bench
    }

    /// The worlds of all organisations.
    #[must_use]
    pub fn worlds(&self) -> &Worlds {
        self.bench.api.worlds()
    }

    /// What stored bytes are charged to.
    #[must_use]
    pub fn budget(&self) -> &Arc<Budget> {
        self.bench.api.budget()
    }
}
