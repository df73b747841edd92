//! What the fuzz targets share: an application in process, and what must hold of every answer, whatever was asked.

mod answer;
mod check;

use std::cell::RefCell;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use tracker_mock::testing::{App, Fixture, NoRoom, OrgId, World};
use tracker_mock::{Clock, Config, FixtureSource};

pub use self::answer::Answer;
pub use self::check::find;

/// The organisation that every request names.
pub const ORG: &str = "fuzz";

/// A small world with one of everything, because it is written out again and again.
pub const WORLD: &str = include_str!("world.json");

/// The largest file that is taken, in bytes.
pub const MAX_FILE_BYTES: u64 = 3000;

/// How long an answer may take, in time that does not pass; beyond, it never comes.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The application, and the world as it is before each input.
pub struct Bench {
    app: App,
    router: Router,
    runtime: Runtime,
    org: OrgId,
    untouched: String,
    used_bytes: u64,
}

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

/// Runs `body` with the bench of this thread, every world as it was loaded. Whatever was made to stay, texts, files,
/// rules, states, and whoever was given up: a reset gives back all the memory.
pub fn with_bench<R>(body: impl FnOnce(&Bench) -> R) -> R {
    BENCH.with_borrow_mut(|bench| {
        let bench = bench.get_or_insert_with(|| Bench::new(WORLD).expect("a good world"));
        bench.reset();
        let result = body(bench);
        bench.reset_all();
        assert_eq!(bench.app.budget().used_bytes(), bench.used_bytes, "a reset kept memory");
        result
    })
}

impl Bench {
    /// A bench whose worlds start as `world`; `None` if that is no world.
    #[must_use]
    pub fn new(world: &str) -> Option<Self> {
        let mut config = Config::default();
        config.fixtures = FixtureSource::Text(world.to_owned());
        config.clock = Clock::frozen_at("2024-01-13T14:06:29.747+0000");
        config.limits.max_file_bytes = MAX_FILE_BYTES;
        config.limits.max_memory_bytes = 1 << 20;
        config.limits.max_json_bytes = 16 * 1024;
        config.limits.max_part_header_bytes = 1000;
        config.limits.max_journal_records = 8;
        let app = App::new(config, "http://127.0.0.1:8080".to_owned()).ok()?;
        // Time stands still but where everybody waits for it, so that no wait takes any.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime");
        let (router, org) = (app.router(), OrgId::new(ORG));
        let mut bench = Self { app, router, runtime, org, untouched: String::new(), used_bytes: 0 };
        bench.reset();
        bench.untouched = bench.world();
        bench.used_bytes = bench.app.budget().used_bytes();
        Some(bench)
    }

    /// Puts the world back, and makes it one that was changed before: what is refused in a world that nobody changed
    /// could leave nothing behind anyway.
    pub fn reset(&self) {
        self.app.worlds().reset(None);
        self.app.worlds().write(&self.org, |_| Ok::<(), NoRoom>(())).expect("room for one");
    }

    /// Puts back all that the control plane can set, too.
    pub fn reset_all(&self) {
        let reset = self.ask(Request::post(format!("/_mock/reset?org={ORG}")).body(Body::empty()).expect("a request"));
        assert_eq!(reset.status.as_u16(), 204, "{}", reset.text());
        self.reset();
    }

    /// All that the world holds, as a document.
    #[must_use]
    pub fn world(&self) -> String {
        let write = |world: &World| serde_json::to_string(&Fixture::of(world)).expect("a document");
        self.app.worlds().read(&self.org, write)
    }

    /// Sends a request and reads the whole answer, of which must hold what holds of any. One that refuses must have
    /// left the world and the memory as they were at the last [`Bench::reset`].
    pub fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.ask(request);
        if answer.status.as_u16() >= 400 {
            self.check_untouched();
        }
        answer
    }

    /// The world and the memory are as at the last [`Bench::reset`].
    pub fn check_untouched(&self) {
        assert_eq!(self.world(), self.untouched, "a refused request changed the world");
        assert_eq!(self.app.budget().used_bytes(), self.used_bytes, "a refused request kept memory");
    }

    /// The same, whatever the world was before.
    pub fn ask(&self, request: Request<Body>) -> Answer {
        let method = request.method().clone();
        let answer = self.try_ask(request).expect("an answer");
        answer.check(&method);
        answer
    }

    /// The same, where it may be that there is no answer, or one that breaks off.
    pub fn try_ask(&self, mut request: Request<Body>) -> Option<Answer> {
        let headers = request.headers_mut();
        for (name, value) in
            [("authorization", "OAuth ann"), ("x-org-id", ORG), ("host", "tracker.test"), ("x-request-id", "the-id")]
        {
            headers.insert(name, value.parse().expect("a value"));
        }
        let answer = async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let (head, body) = response.into_parts();
            let body = body.collect().await.ok()?.to_bytes();
            Some(Answer { status: head.status, headers: head.headers, body })
        };
        self.runtime.block_on(async { tokio::time::timeout(LONGEST, answer).await.ok().flatten() })
    }

    /// `GET`, which must not fail on what the server itself wrote.
    pub fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty()).expect("a path");
        self.ask(request)
    }
}
