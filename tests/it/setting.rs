//! What a test that embeds the server sets in its worlds: time, ids and state.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tracker_mock::{Clock, ClockOverflow, Config, Limits, TrackerMock, WorldHandle};

use crate::support::NOW;

const SECOND: Duration = Duration::from_secs(1);

async fn start() -> TrackerMock {
    TrackerMock::builder().clock(Clock::frozen_at(NOW)).start().await.expect("a free port")
}

fn now(world: &WorldHandle) -> String {
    world.clock().now().to_string()
}

/// Uploads a file, attaches it to the goal, and gives the goal with its attachments.
async fn attach(mock: &TrackerMock, org: &str) -> Value {
    let client = Client::builder().no_proxy().build().expect("a client");
    let send = async |path: &str, form: Option<Form>| {
        let request = client.post(format!("{}{path}", mock.url()));
        let request = request.header("Authorization", "OAuth author-token").header("X-Org-ID", org);
        let request = form.into_iter().fold(request, RequestBuilder::multipart);
        let response = request.send().await.expect("an answer");
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json::<Value>().await.expect("JSON")
    };
    let form = Form::new().part("file", Part::bytes(&b"text"[..]).file_name("a.txt"));
    let file = send("/v2/attachments/", Some(form)).await;
    let id = file["id"].as_str().expect("an id");
    send(&format!("/v2/entities/goal/1/attachments/{id}?expand=all&notifyAuthor=true"), None).await
}

#[tokio::test]
async fn one_world_has_a_clock_and_a_seed_of_its_own() {
    let mock = start().await;
    let (mine, other) = (mock.world("mine"), mock.world("other"));
    mine.set_clock(Clock::ticking_from("2024-02-01T00:00:00Z", SECOND));
    mine.advance(10 * SECOND).expect("room in the calendar");
    mine.set_seed(7);
    let goal = attach(&mock, "mine").await;
    assert_eq!(goal["attachments"][0]["createdAt"], "2024-02-01T00:00:10.000+0000");
    assert_eq!(goal["updatedAt"], "2024-02-01T00:00:11.000+0000");
    assert_eq!((now(&mine), mine.seed()), ("2024-02-01T00:00:12.000+0000".to_owned(), 7));
    assert_eq!((now(&other), other.seed()), (NOW.to_owned(), 0));
    assert_eq!(mine.advance(Duration::MAX), Err(ClockOverflow));
    assert_eq!(now(&mine), "2024-02-01T00:00:12.000+0000");

    mine.reset_keeping_state();
    assert_eq!((now(&mine), mine.seed(), mine.outbox().len(), mine.requests().len()), (NOW.to_owned(), 7, 0, 0));
    assert!(mine.state().contains("2024-02-01T00:00:11.000+0000"));
    mine.reset();
    assert_eq!((mine.state(), mine.seed()), (other.state(), 0));
}

#[tokio::test]
async fn all_worlds_are_set_at_once() {
    let mock = start().await;
    attach(&mock, "mine").await;
    mock.set_clock(Clock::frozen_at("2024-02-01T00:00:00Z"));
    mock.advance(SECOND).expect("room in the calendar");
    mock.set_seed(7);
    for world in [mock.world("mine"), mock.world("to come")] {
        assert_eq!((now(&world), world.seed()), ("2024-02-01T00:00:01.000+0000".to_owned(), 7));
    }
    assert_eq!(mock.advance(Duration::MAX), Err(ClockOverflow));
    assert_eq!(mock.world("mine").outbox().len(), 1);
    mock.reset_keeping_state();
    assert_eq!((now(&mock.world("to come")), mock.world("mine").outbox().len()), (NOW.to_owned(), 0));
    assert_ne!(mock.world("mine").state(), mock.world("to come").state());
    mock.reset();
    for world in [mock.world("mine"), mock.world("to come")] {
        assert_eq!((now(&world), world.seed(), world.requests().len()), (NOW.to_owned(), 0, 0));
    }
    assert_eq!(mock.world("mine").state(), mock.world("to come").state());
}

#[tokio::test]
async fn a_state_goes_from_one_world_to_another() {
    let mock = start().await;
    attach(&mock, "mine").await;
    let saved = mock.world("mine").state();
    let copy = mock.world("copy");
    copy.load_state(&saved).expect("a good document");
    assert_eq!(copy.state(), saved);
    assert_eq!(attach(&mock, "copy").await["attachments"].as_array().map(Vec::len), Some(2));

    let before = copy.state();
    let mut wrong: Value = serde_json::from_str(&saved).expect("JSON");
    wrong["entities"][0]["version"] = json!(0);
    let error = copy.load_state(&wrong.to_string()).expect_err("a version from 1 up");
    let [mistake] = &error.mistakes[..] else { panic!("{error}") };
    assert_eq!((mistake.path.as_str(), mistake.line), ("entities[0].version", 1));
    assert_eq!(mistake.message, "The value must be a number from 1 up, not 0.");
    assert_eq!(copy.state(), before);
}

/// As for clients: who makes up organisations does not get a world for each.
#[tokio::test]
async fn one_world_too_many_is_not_set() {
    let limits = set!(Limits::default(); max_worlds: 1);
    let mock = TrackerMock::builder().config(set!(Config::default(); limits)).start().await.expect("a port");
    let (mine, other) = (mock.world("mine"), mock.world("other"));
    let saved = mine.state();
    mine.set_seed(7);
    mine.set_clock(Clock::frozen_at(NOW));
    let one_more: [(&str, &dyn Fn()); 4] = [
        ("set_clock", &|| other.set_clock(Clock::frozen_at(NOW))),
        ("advance", &|| other.advance(SECOND).unwrap_or_default()),
        ("set_seed", &|| other.set_seed(7)),
        ("load_state", &|| drop(other.load_state(&saved))),
    ];
    for (name, set) in one_more {
        let panic = catch_unwind(AssertUnwindSafe(set)).expect_err(name);
        let said = panic.downcast_ref::<String>().expect("a text");
        assert!(said.contains("there are 1 worlds already"), "{name}: {said}");
    }
    // To forget what is not there needs no room, and of all worlds there is no other one.
    other.reset_keeping_state();
    other.reset();
    mock.set_seed(8);
    assert_eq!((mine.seed(), other.seed()), (8, 8));
    mine.reset();
    other.set_seed(9);
    assert_eq!((mine.seed(), other.seed()), (8, 9));
}
