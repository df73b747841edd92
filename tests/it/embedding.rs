//! The server inside a test: start, the typed look at worlds after real requests, reset, and the ways to end it.

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use futures_util::FutureExt;
use reqwest::Client;
use reqwest::multipart::Part;
use serde_json::Value;
use tokio::runtime::Runtime;
use tracker_mock::EventKind;
use tracker_mock::{Clock, Config, EntityType, Error, Limits, RequestMatch, Role, Timestamp, TrackerMock};

use crate::support::socket::{
    Connection, Framing, bare_head, form_type, head, in_time, own_loopback, until_refused, upload,
};
use crate::support::{Form, NOW, PROJECT};

/// Much longer than what must not wait takes, and much shorter than what it must not wait for.
const SOON: Duration = Duration::from_secs(2);

/// A client of one organisation, as a program under test has one.
struct Tracker {
    client: Client,
    url: String,
    org: &'static str,
}

impl Tracker {
    fn new(mock: &TrackerMock, org: &'static str) -> Self {
        Self { client: Client::builder().no_proxy().build().expect("a client"), url: mock.url(), org }
    }

    async fn post(&self, path: &str, form: Option<reqwest::multipart::Form>) -> (StatusCode, Value) {
        let request = self.client.post(format!("{}{path}", self.url));
        let request = request.header("Authorization", "OAuth author-token").header("X-Org-ID", self.org);
        let request = match form {
            Some(form) => request.multipart(form),
            None => request,
        };
        let response = request.send().await.expect("an answer");
        (response.status(), response.json().await.expect("JSON"))
    }

    async fn upload(&self, name: &'static str, content: &'static [u8]) -> String {
        let form = reqwest::multipart::Form::new().part("file", Part::bytes(content).file_name(name));
        let (status, body) = self.post("/v2/attachments/", Some(form)).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body["id"].as_str().expect("an id").to_owned()
    }

    async fn attach(&self, id: &str, query: &str) {
        let (status, body) = self.post(&format!("/v2/entities/project/{PROJECT}/attachments/{id}{query}"), None).await;
        assert_eq!(status, StatusCode::OK, "{body}");
    }
}

/// A server whose clock stands still.
async fn start() -> TrackerMock {
    TrackerMock::builder().clock(Clock::frozen_at(NOW)).start().await.expect("a free port")
}

/// A server on a port that nobody takes when it is given back.
async fn start_alone() -> TrackerMock {
    TrackerMock::builder().address(own_loopback().to_string(), 0).start().await.expect("a free port")
}

fn health() -> Vec<u8> {
    bare_head("GET /_mock/health HTTP/1.1", &[])
}

#[tokio::test]
async fn files_entities_and_outbox_are_seen_as_the_requests_left_them() {
    let mock = start().await;
    let tracker = Tracker::new(&mock, "mine");
    let world = mock.world("mine");
    let project = || world.entity(EntityType::Project, PROJECT).expect("the project");
    let (version, events) = (project().version, project().history.len());

    let first = tracker.upload("заметки.txt", "some text — с юникодом".as_bytes()).await;
    let second = tracker.upload("dot.gif", b"GIF89a\x03\0\x02\0\0\0\0").await;
    let files = world.temp_files();
    assert_eq!(files.iter().map(|file| file.id.to_string()).collect::<Vec<_>>(), [first.clone(), second.clone()]);
    assert_eq!(files[0].name.as_str(), "заметки.txt");
    assert_eq!(&*files[0].blob, "some text — с юникодом".as_bytes());
    assert_eq!(files[0].mimetype.as_str(), "text/plain");
    assert_eq!(files[0].dimensions, None);
    assert_eq!(files[0].created_by.login, "author");
    assert_eq!(Some(files[0].created_at), Timestamp::parse(NOW));
    assert_eq!(files[1].dimensions.map(|size| (size.width, size.height)), Some((3, 2)));
    assert_eq!((project().version, project().attachments.len()), (version, 0));

    tracker.attach(&second, "?notifyAuthor=true&filename=renamed.gif").await;
    tracker.attach(&first, "?notify=false").await;
    assert!(world.temp_files().is_empty());
    let attached: Vec<String> = project().attachments.iter().map(|one| one.file().name.to_string()).collect();
    assert_eq!(attached, ["renamed.gif", "заметки.txt"]);
    assert_eq!(project().version, version + 2);
    assert_eq!(Some(project().updated_at), Timestamp::parse(NOW));
    let added: Vec<EventKind> = project().history[events..].iter().map(|event| event.kind.clone()).collect();
    let [EventKind::FileAdded(one, _), EventKind::FileAdded(other, _)] = &added[..] else { panic!("{added:?}") };
    assert_eq!((one.to_string(), other.to_string()), (second.clone(), first));

    let outbox = world.outbox();
    let [notification] = &outbox[..] else { panic!("{outbox:?}") };
    assert_eq!((notification.entity, notification.entity_type), (project().id, EntityType::Project));
    assert_eq!((notification.change.file.to_string(), notification.change.name.as_str()), (second, "renamed.gif"));
    assert_eq!(notification.actor.login, "author");
    assert!(notification.options.notify && notification.options.notify_author);
    let told: Vec<(&str, Vec<Role>)> =
        notification.recipients.iter().map(|told| (told.user.login.as_str(), told.roles.iter().collect())).collect();
    assert_eq!(
        told,
        [
            ("lead", vec![Role::Lead]),
            ("team-1", vec![Role::TeamUser]),
            ("team-2", vec![Role::TeamUser]),
            ("client", vec![Role::Client]),
            ("follower", vec![Role::Follower]),
            ("author", vec![Role::Actor]),
        ]
    );
    mock.shutdown().await;
    assert_eq!(world.outbox().len(), 1, "what was seen can be looked at after the end too");
}

#[tokio::test]
async fn entities_are_found_by_id_and_short_id_in_their_type_only() {
    let mock = start().await;
    let world = mock.world("mine");
    let by_id = world.entity(EntityType::Project, PROJECT).expect("the project");
    let by_short_id = world.entity(EntityType::Project, "4").expect("the project");
    assert_eq!(by_id.id, by_short_id.id);
    assert!(world.entity(EntityType::Goal, PROJECT).is_none());
    assert!(world.entity(EntityType::Project, "4000").is_none());
    assert!(world.entity(EntityType::Project, "").is_none());
    let mut kinds: Vec<String> = world.entities().iter().map(|entity| entity.kind.to_string()).collect();
    kinds.sort();
    assert_eq!(kinds, ["goal", "portfolio", "project", "project"]);
    mock.shutdown().await;
}

#[tokio::test]
async fn worlds_do_not_see_each_other_and_are_reset_alone_or_together() {
    let mock = start().await;
    let (one, other) = (Tracker::new(&mock, "one"), Tracker::new(&mock, "other"));
    let count = |org: &str| {
        let world = mock.world(org);
        let project = world.entity(EntityType::Project, PROJECT).expect("the project");
        (world.temp_files().len(), project.attachments.len(), world.outbox().len())
    };
    let fill = async |tracker: &Tracker| {
        tracker.upload("a.txt", b"stays").await;
        let id = tracker.upload("b.txt", b"is attached").await;
        tracker.attach(&id, "").await;
        id
    };
    let first_id = fill(&one).await;
    assert_eq!([count("one"), count("other"), count("never used")], [(1, 1, 1), (0, 0, 0), (0, 0, 0)]);
    assert_eq!(fill(&other).await, first_id, "each world counts by itself");

    mock.world("one").reset();
    assert_eq!([count("one"), count("other")], [(0, 0, 0), (1, 1, 1)]);
    assert_eq!(fill(&one).await, first_id, "after a reset it counts from the start");

    mock.reset();
    assert_eq!([count("one"), count("other")], [(0, 0, 0), (0, 0, 0)]);
    mock.shutdown().await;
}

#[tokio::test]
async fn two_servers_stand_side_by_side() {
    let (one, other) = (start().await, start().await);
    assert_ne!(one.url(), other.url());
    let id = Tracker::new(&one, "mine").upload("a.txt", b"text").await;
    assert_eq!((one.world("mine").temp_files().len(), other.world("mine").temp_files().len()), (1, 0));
    let (status, body) =
        Tracker::new(&other, "mine").post(&format!("/v2/entities/project/4/attachments/{id}"), None).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{body}");
    one.shutdown().await;
    assert_eq!(Tracker::new(&other, "mine").upload("a.txt", b"text").await, id);
    other.shutdown().await;
}

#[tokio::test]
async fn answers_name_the_server_that_gave_them() {
    let mock = start().await;
    assert_eq!(mock.url(), format!("http://{}", mock.address()));
    let form = reqwest::multipart::Form::new().part("file_data", Part::bytes(b"text".as_slice()).file_name("a.txt"));
    let (_, body) = Tracker::new(&mock, "mine").post("/v3/attachments/", Some(form)).await;
    let own = body["self"].as_str().unwrap_or_default();
    assert!(own.starts_with(&format!("{}/v3/attachments/", mock.url())), "{body}");
    mock.shutdown().await;
}

#[tokio::test]
async fn the_builder_takes_a_listener_fixtures_a_clock_and_settings() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    let fixtures = r#"{
        "users": [{"login": "solo", "uid": 7, "firstName": "Only", "lastName": "One", "email": "solo@example.com",
                   "cloudUid": "cloud-7", "passportUid": 8, "tokens": ["author-token"]}],
        "temporaryFiles": [{"id": "5", "name": "given.txt", "createdBy": "solo",
                            "createdAt": "2020-01-01T00:00:00.000+0000", "content": {"text": "given"}}]
    }"#;
    let limits = set!(Limits::default(); max_file_bytes: 10);
    let mock = TrackerMock::builder()
        .config(set!(Config::default(); limits))
        .listener(listener)
        .fixtures(fixtures)
        .clock(Clock::frozen_at("2030-05-06T07:08:09.010+0000"))
        .start()
        .await
        .expect("good settings");
    assert_eq!(mock.address(), address);
    let tracker = Tracker::new(&mock, "mine");
    tracker.upload("a.txt", b"0123456789").await;
    let form = reqwest::multipart::Form::new().part("file", Part::bytes(b"0123456789x".as_slice()).file_name("a.txt"));
    assert_eq!(tracker.post("/v2/attachments/", Some(form)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let files = mock.world("mine").temp_files();
    let shown: Vec<(String, &str, String)> = files
        .iter()
        .map(|file| (file.id.to_string(), file.name.as_str(), format!("{} {}", file.created_by.login, file.created_at)))
        .collect();
    assert_eq!(
        shown,
        [
            ("5".to_owned(), "given.txt", "solo 2020-01-01T00:00:00.000+0000".to_owned()),
            ("6".to_owned(), "a.txt", "solo 2030-05-06T07:08:09.010+0000".to_owned()),
        ]
    );
    assert!(mock.world("mine").entities().is_empty());
    mock.shutdown().await;
}

#[tokio::test]
async fn what_keeps_a_server_from_starting_is_told() {
    let mock = start().await;
    let taken = TrackerMock::builder().address("127.0.0.1", mock.address().port()).start().await;
    let error = taken.expect_err("the port is taken");
    assert!(matches!(error, Error::Bind { .. }), "{error:?}");
    assert!(error.to_string().starts_with(&format!("cannot listen on {}: ", mock.address())), "{error}");
    let wrong = TrackerMock::builder().fixtures("{\"users\": [\n]}").start().await.expect_err("there is no user");
    assert!(matches!(wrong, Error::Start(_)), "{wrong:?}");
    assert!(wrong.to_string().starts_with("wrong fixtures: fixtures:1:11: "), "{wrong}");
    mock.shutdown().await;
}

#[tokio::test]
async fn shutdown_frees_the_port() {
    const ROUNDS: usize = 20;
    let mut freed = 0;
    for _ in 0..ROUNDS {
        let mock = start_alone().await;
        let address = mock.address();
        let mut idle = Connection::open(address).await;
        assert_eq!(idle.exchange(&health()).await.status, StatusCode::OK);
        let since = Instant::now();
        mock.shutdown().await;
        assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
        assert_eq!(idle.receiver.rest().await, "");
        let refused = tokio::net::TcpStream::connect(address).await.is_err();
        let again = TrackerMock::builder().address(address.ip().to_string(), address.port()).start().await;
        freed += usize::from(refused && again.is_ok());
    }
    // A child process that another test is starting has a copy of every socket for an instant.
    assert!(freed > ROUNDS / 2, "{freed} times of {ROUNDS}");
}

/// An upload of which half has arrived.
async fn half_an_upload(mock: &TrackerMock, form: &Form) -> Connection {
    let length = form.bytes().len().to_string();
    let headers = [("Content-Type", &*form_type()), ("Content-Length", &length), ("Expect", "100-continue")];
    let mut connection = Connection::open(mock.address()).await;
    // "100 Continue" says that the request has reached the application.
    let interim = connection.exchange(&head("POST /v2/attachments/ HTTP/1.1", &headers)).await;
    assert_eq!(interim.status, StatusCode::CONTINUE);
    connection.sender.send(&form.bytes()[..form.bytes().len() / 2]).await;
    connection
}

#[tokio::test]
async fn shutdown_waits_for_what_is_in_flight() {
    let mock = start_alone().await;
    let (address, world) = (mock.address(), mock.world("test"));
    let form = Form::file("a.bin", &[b'x'; 10_000]);
    let mut connection = half_an_upload(&mock, &form).await;
    let finish = async {
        until_refused(address).await;
        connection.exchange(&form.bytes()[form.bytes().len() / 2..]).await
    };
    let ((), answer) = tokio::join!(mock.shutdown(), finish);
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(world.temp_files().len(), 1);
}

#[tokio::test]
async fn shutdown_does_not_wait_for_ever() {
    let limits = set!(Limits::default(); shutdown_grace: Duration::from_millis(100));
    let config = set!(Config::default(); limits);
    let mock = TrackerMock::builder().config(config).start().await.expect("a free port");
    let world = mock.world("test");
    let form = Form::file("a.bin", &[b'x'; 10_000]);
    let mut connection = half_an_upload(&mock, &form).await;
    let since = Instant::now();
    mock.shutdown().await;
    assert!(since.elapsed() >= Duration::from_millis(100) && since.elapsed() < SOON, "{:?}", since.elapsed());
    connection.sender.send(&form.bytes()[form.bytes().len() / 2..]).await;
    assert_eq!(connection.receiver.rest().await, "", "it was cut off");
    assert!(world.temp_files().is_empty());
}

#[tokio::test]
async fn dropping_does_not_wait_and_closes_the_port() {
    let mock = start_alone().await;
    let address = mock.address();
    let mut idle = Connection::open(address).await;
    assert_eq!(idle.exchange(&health()).await.status, StatusCode::OK);
    let form = Form::file("a.bin", &[b'x'; 10_000]);
    let mut busy = half_an_upload(&mock, &form).await;
    let since = Instant::now();
    drop(mock);
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    until_refused(address).await;
    assert_eq!(idle.receiver.rest().await, "");
    let answer = busy.exchange(&form.bytes()[form.bytes().len() / 2..]).await;
    assert_eq!(answer.status, StatusCode::CREATED, "what was in flight may finish: {}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_on_another_thread_is_no_different() {
    let mock = start_alone().await;
    let address = mock.address();
    let idle = Connection::open(address).await;
    std::thread::spawn(move || drop(mock)).join().expect("no panic");
    until_refused(address).await;
    drop(idle);
}

#[test]
fn dropping_outside_of_a_runtime_is_no_different() {
    let current_thread = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    for runtime in [current_thread().expect("a runtime"), Runtime::new().expect("a runtime")] {
        let (mock, connection) = runtime.block_on(async {
            let mock = start_alone().await;
            let mut connection = Connection::open(mock.address()).await;
            connection.exchange(&health()).await;
            (mock, connection)
        });
        let address = mock.address();
        drop(mock);
        runtime.block_on(until_refused(address));
        drop(connection);
    }
}

#[test]
fn a_server_outlives_its_runtime_as_a_handle_only() {
    let start_and_fill = async || {
        let mock = start_alone().await;
        Tracker::new(&mock, "mine").upload("a.txt", b"text").await;
        let connection = half_an_upload(&mock, &Form::file("b.bin", &[b'x'; 10_000])).await;
        (mock, connection)
    };
    let current_thread = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    for runtime in [current_thread().expect("a runtime"), Runtime::new().expect("a runtime")] {
        let (mock, connection) = runtime.block_on(start_and_fill());
        drop(runtime);
        current_thread().expect("a runtime").block_on(until_refused(mock.address()));
        assert_eq!(mock.world("mine").temp_files().len(), 1);
        drop((mock, connection));
    }
    for runtime in [current_thread().expect("a runtime"), Runtime::new().expect("a runtime")] {
        let (mock, connection) = runtime.block_on(start_and_fill());
        drop((runtime, connection));
        let other = current_thread().expect("a runtime");
        other.block_on(in_time("shutting down", mock.shutdown()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_client_works_on_a_multi_threaded_runtime() {
    let mock = start().await;
    let mut stream = std::net::TcpStream::connect(mock.address()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("an option of every socket");
    stream.write_all(&upload(&Form::file("a.txt", b"text"), Framing::ContentLength)).expect("a peer that reads");
    let mut start = [0; 16];
    stream.read_exact(&mut start).expect("an answer");
    assert_eq!(&start, b"HTTP/1.1 201 Cre");
    assert_eq!(mock.world("test").temp_files().len(), 1);
    mock.shutdown().await;
}

/// The journal and coverage, for a test that embeds the server: no HTTP of its own, and other worlds stay out of it.
#[tokio::test]
async fn what_a_client_did_can_be_asked() {
    let mock = TrackerMock::start().await.expect("a free port");
    let world = mock.world("mine");
    let get = |path: &str, org: &str| {
        let request = reqwest::Client::new().get(format!("{}/v2/{path}", mock.url()));
        request.header("Authorization", "OAuth token").header("X-Org-ID", org).send()
    };
    get("myself", "mine").await.expect("an answer");
    get("myself", "others").await.expect("an answer");
    get("entities/project/99", "mine").await.expect("an answer");

    let requests = world.requests();
    let told: Vec<_> = requests.iter().map(|one| (one.operation.as_deref(), one.status)).collect();
    assert_eq!(told, [(Some("get_myself"), Some(200)), (Some("get_entity"), Some(404))]);
    let found = world.find_requests(&RequestMatch::new().after(requests[0].id));
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [requests[1].id]);

    let missing = RequestMatch::new().operation("get_entity").status(404);
    assert!(world.verify(&missing, 1..=1).ok);
    let verdict = world.verify(&missing, 2..);
    assert_eq!((verdict.ok, verdict.tally.count, verdict.tally.expected.as_str()), (false, 1, "at least 2"));
    assert_eq!(verdict.tally.nearest[0].differs[0].what, "operation");

    let seen = world.wait_for_requests(&missing, 1, Duration::from_secs(30)).await.expect("it was there already");
    assert_eq!(seen.len(), 1);
    let in_vain = world.wait_for_requests(&missing, 2, Duration::from_millis(1)).await.expect_err("there is only one");
    assert_eq!(in_vain.tally.count, 1);

    assert_eq!((world.coverage().reached, mock.coverage().reached), (2, 2));
    world.clear_requests();
    assert!(world.requests().is_empty());
    assert_eq!(mock.world("others").requests().len(), 1);
    mock.shutdown().await;
}

/// As over HTTP: that no request came would be no news, but look like some.
#[tokio::test]
async fn a_journal_that_is_off_is_not_asked() {
    let limits = set!(Limits::default(); max_journal_records: 0);
    let mock = TrackerMock::builder().config(set!(Config::default(); limits)).start().await.expect("a port");
    let (world, any) = (mock.world("mine"), RequestMatch::new());
    let none = Duration::ZERO;
    let asked: [(&str, &dyn Fn()); 7] = [
        ("requests", &|| drop(world.requests())),
        ("find_requests", &|| drop(world.find_requests(&any))),
        ("verify", &|| drop(world.verify(&any, 0..))),
        ("wait", &|| drop(world.wait_for_requests(&any, 0, none).now_or_never())),
        ("coverage", &|| drop(world.coverage())),
        ("coverage of all", &|| drop(mock.coverage())),
        ("dropped_requests", &|| assert_eq!(mock.dropped_requests(), 0)),
    ];
    for (name, ask) in asked {
        let panic = catch_unwind(AssertUnwindSafe(ask)).expect_err(name);
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        assert_eq!(said, Some("The journal is off: the server runs with --journal-records 0."), "{name}");
    }
    // To forget what is not there is no question.
    world.clear_requests();
    mock.reset();
    mock.shutdown().await;
}
