//! What clients did at the same time, and whether it can be told as one thing after the other.
//!
//! A history is right if there is an order of its calls in which the reference gives every answer that was seen, and
//! in which no call comes before one that had ended before it began (linearizability). That finds what is lost, what
//! happens twice, versions that skip or repeat, and half-changes that others see. Worlds are independent, so each is
//! checked by itself; a history of one client has one order only, which makes the check exact.

use std::collections::HashSet;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use tokio::sync::{Barrier, Notify};

use super::body;
use super::known::Known;
use super::operation::{Break, Client, Op, Step, org};
use super::reference::World;
use super::seen::{Facts, facts};
use crate::support::Api;

/// A step that was made: its answer, and when it began and ended, on a clock that counts beginnings and ends.
#[derive(Clone, Debug)]
pub(super) struct Done {
    step: Step,
    facts: Facts,
    began: u64,
    ended: u64,
}

/// What the clients of a history share.
struct Bench {
    api: Api,
    clock: AtomicU64,
    /// By world.
    known: Vec<Mutex<Known>>,
}

/// Gives each client's steps to a task of its own; all begin at the same time. Every world is looked at in the end.
pub(super) async fn perform(api: Api, worlds: usize, clients: Vec<Client>) -> Vec<Vec<Done>> {
    let known = (0..worlds).map(|_| Mutex::default()).collect();
    let bench = Arc::new(Bench { api, clock: AtomicU64::new(0), known });
    let start = Arc::new(Barrier::new(clients.len()));
    let tasks: Vec<_> = clients
        .into_iter()
        .map(|client| {
            let (bench, start) = (Arc::clone(&bench), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                let mut done = Vec::with_capacity(client.0.len());
                for step in client.0 {
                    done.push(bench.make(step).await);
                }
                done
            })
        })
        .collect();
    let mut clients = Vec::new();
    for task in tasks {
        clients.push(task.await.expect("a client without a panic"));
    }
    let mut last = Vec::new();
    for world in 0..worlds {
        for op in [Op::Export, Op::Outbox] {
            last.push(bench.make(Step { world, actor: 0, op, aim: None }).await);
        }
    }
    clients.push(last);
    clients
}

impl Bench {
    async fn make(&self, mut step: Step) -> Done {
        let known = || self.known[step.world].lock().expect("no panic");
        if let Some(aim) = step.aim {
            let mut op = step.op.clone();
            known().aim(&mut op, aim);
            step.op = op;
        }
        let began = self.clock.fetch_add(1, Ordering::SeqCst);
        let facts = ask(&self.api, &step).await;
        let ended = self.clock.fetch_add(1, Ordering::SeqCst);
        known().learn(&step, &facts);
        Done { step, facts, began, ended }
    }
}

async fn ask(api: &Api, step: &Step) -> Facts {
    let mut request = step.call().request();
    if let Op::Upload { .. } | Op::UploadTo { .. } | Op::Import { .. } = &step.op {
        request = body::in_pieces(request).await;
    }
    if let Op::FailToUpload { how, .. } = &step.op {
        request = match how {
            Break::Short => body::cut_short(request).await,
            Break::Broken => body::broken(request).await,
            Break::Abandoned => return abandon(api, request).await,
        };
    }
    facts(&step.op, &api.send(request).await)
}

async fn abandon(api: &Api, request: Request<Body>) -> Facts {
    let stuck = Arc::new(Notify::new());
    let answer = api.send(body::stuck(request, Arc::clone(&stuck)).await);
    tokio::select! {
        answer = answer => panic!("an answer to half a body: {answer:?}"),
        () = stuck.notified() => (0, Value::Null),
    }
}

/// Checks every world, and explains the first that is wrong.
pub(super) fn check(worlds: usize, clients: &[Vec<Done>]) -> Result<(), String> {
    (0..worlds).try_for_each(|world| {
        let concerned = |done: &&Done| done.step.world == world || matches!(done.step.op, Op::ResetAll);
        let clients: Vec<Vec<&Done>> = clients.iter().map(|calls| calls.iter().filter(concerned).collect()).collect();
        Search::new(clients).run().map_err(|text| format!("{}: {text}", org(world)))
    })
}

/// Looks for an order, depth first. Where it has been before, with as much done and the world in the same state, it
/// does not go again.
struct Search<'a> {
    clients: Vec<Vec<&'a Done>>,
    been: HashSet<(Vec<usize>, u64)>,
    /// The longest beginning that could be explained, and the world after it.
    furthest: (Vec<usize>, World),
}

impl<'a> Search<'a> {
    fn new(clients: Vec<Vec<&'a Done>>) -> Self {
        let furthest = (vec![0; clients.len()], World::new());
        Self { clients, been: HashSet::new(), furthest }
    }

    fn run(mut self) -> Result<(), String> {
        let mut open = vec![self.furthest.clone()];
        while let Some((done, world)) = open.pop() {
            let candidates = self.candidates(&done);
            if candidates.is_empty() {
                return Ok(());
            }
            if done.iter().sum::<usize>() > self.furthest.0.iter().sum() {
                self.furthest = (done.clone(), world.clone());
            }
            open.extend(self.next(&candidates, &done, &world));
        }
        Err(self.explanation())
    }

    /// Where the next call may lead: nowhere if no answer fits, in several directions if several do. A call that was
    /// refused or only read changes nothing wherever it stands, so once it fits it can as well be the next one, and
    /// there is no need to look elsewhere. A reset that finds nothing to change may yet be needed later.
    fn next(&mut self, candidates: &[usize], done: &[usize], world: &World) -> Vec<(Vec<usize>, World)> {
        let mut open = Vec::new();
        for &client in candidates {
            let call = self.clients[client][done[client]];
            let mut after = world.clone();
            if after.apply(&call.step) != call.facts {
                continue;
            }
            let mut done = done.to_vec();
            done[client] += 1;
            if after == *world && !matches!(call.step.op, Op::Reset | Op::ResetAll) {
                open = vec![(done, after)];
                break;
            }
            open.push((done, after));
        }
        open.retain(|(done, world)| self.been.insert((done.clone(), hash(world))));
        open
    }

    /// Clients whose next call may have been the first of those that are left.
    fn candidates(&self, done: &[usize]) -> Vec<usize> {
        let next = |client: usize| self.clients[client].get(done[client]);
        let all = 0..self.clients.len();
        let first_end = all.clone().filter_map(|client| Some(next(client)?.ended)).min().unwrap_or(0);
        all.filter(|client| next(*client).is_some_and(|call| call.began < first_end)).collect()
    }

    fn explanation(&self) -> String {
        let (done, world) = &self.furthest;
        let mut text = "no order explains what was seen. It can be explained up to here:\n".to_owned();
        let mut before: Vec<&Done> =
            self.clients.iter().zip(done).flat_map(|(calls, done)| &calls[..*done]).copied().collect();
        before.sort_by_key(|call| call.ended);
        for call in before {
            writeln!(text, "  {}..{} {:?} -> {}", call.began, call.ended, call.step, call.facts.0).expect("a string");
        }
        text += "The next would be one of\n";
        for client in self.candidates(done) {
            let call = self.clients[client][done[client]];
            let (status, body) = world.clone().apply(&call.step);
            writeln!(
                text,
                "  {}..{} {:?}\n    seen     {} {}\n    expected {status} {body}",
                call.began, call.ended, call.step, call.facts.0, call.facts.1
            )
            .expect("a string");
        }
        text
    }
}

fn hash(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    hasher.finish()
}
