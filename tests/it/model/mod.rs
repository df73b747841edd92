//! Random histories against a reference: sequences of operations on several worlds, by one client and by several at
//! the same time. Nothing is lost, nothing happens twice, versions rise by one with each change, lists are complete and
//! in order, bytes stay what they were, and a reset concerns its own world only.
//!
//! `PROPTEST_CASES=10000 cargo test --test it model` goes on for longer.

mod body;
mod history;
mod known;
mod operation;
mod random;
mod reference;
mod seen;
mod things;

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use tokio::runtime::Runtime;
use tracker_mock::{Config, FixtureSource};

use self::operation::Client;
use self::random::client;
use crate::support::Api;

/// The world that [`reference::World::new`] describes.
const FIXTURES: &str = include_str!("fixtures.json");

/// More threads than processors, so that the system interrupts clients anywhere.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().expect("a runtime"));

/// As many cases as `PROPTEST_CASES` says, else so many.
fn cases(default: u32) -> ProptestConfig {
    let given = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    // What the threads did cannot be repeated, so there is little to gain from trying less, and nothing to keep.
    ProptestConfig {
        cases: given.unwrap_or(default),
        failure_persistence: None,
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    }
}

fn run(worlds: usize, clients: Vec<Client>) -> Result<(), TestCaseError> {
    let config = set!(Config::default(); fixtures: FixtureSource::Text(FIXTURES.to_owned()));
    let api = Api::with(config);
    let history = RUNTIME.block_on(history::perform(api, worlds, clients));
    history::check(worlds, &history).map_err(TestCaseError::fail)
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn one_client_sees_what_the_reference_says(client in client(2, 14, 1..120)) {
        run(2, vec![client])?;
    }
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn what_clients_see_at_the_same_time_could_have_been_one_after_the_other(
        clients in prop::collection::vec(client(2, 10, 1..20), 2..5),
    ) {
        run(2, clients)?;
    }
}

proptest! {
    #![proptest_config(cases(3))]

    #[test]
    fn a_storm_could_have_been_a_queue(clients in prop::collection::vec(client(3, 50, 200), 8)) {
        run(3, clients)?;
    }
}
