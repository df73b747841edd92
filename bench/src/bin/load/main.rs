//! The load: sends a fixed number of requests over kept connections, checks every answer, and prints what it took as
//! one line of JSON. One thread and requests that are built before the clock starts, so that it costs little itself.

mod answer;
mod connection;
mod request;
mod tally;

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::Parser;
use tokio::task::LocalSet;

use crate::connection::Connection;
use crate::request::Request;
use crate::tally::Tally;

/// Sends the requests of `--step` in turn, over and over. In the head of a request {n} is the number of the round
/// through the steps, counted over all connections, {c} the same but going around in a circle of --circle numbers from
/// --circle-first, and {id} the id in the last 201 answer on the same connection.
#[derive(Parser)]
struct Options {
    /// Where the server listens
    #[arg(long)]
    address: SocketAddr,
    /// Connections, each with one request in flight
    #[arg(long)]
    connections: usize,
    /// How often the steps are gone through, over all connections
    #[arg(long)]
    rounds: u64,
    /// What {n} starts at
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// How many values {c} has
    #[arg(long, default_value_t = 1)]
    circle: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    circle_first: u64,
    /// STATUS:FILE, the status that is expected and the whole request as it goes over the wire; may be repeated
    #[arg(long = "step", required = true, value_parser = parse_step)]
    steps: Vec<(u16, PathBuf)>,
    /// Gives up after this many seconds
    #[arg(long, default_value_t = 300)]
    timeout: u64,
}

fn parse_step(text: &str) -> Result<(u16, PathBuf), String> {
    let (status, file) = text.split_once(':').ok_or("write STATUS:FILE")?;
    Ok((status.parse().map_err(|_| "the status is a number")?, PathBuf::from(file)))
}

/// What all connections share.
struct Plan {
    address: SocketAddr,
    steps: Vec<Request>,
    next: Cell<u64>,
    end: u64,
    circle: u64,
    circle_first: u64,
    tally: RefCell<Tally>,
}

impl Plan {
    /// The number of the next round through the steps.
    fn take(&self) -> Option<u64> {
        let number = self.next.get();
        self.next.set(number + 1);
        (number < self.end).then_some(number)
    }
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<String, String> {
    let steps: Vec<_> =
        options.steps.iter().map(|(status, file)| Request::read(*status, file)).collect::<Result<_, _>>()?;
    let plan = Rc::new(Plan {
        address: options.address,
        tally: RefCell::new(Tally::new(steps.len(), options.rounds)),
        steps,
        next: Cell::new(options.first),
        end: options.first + options.rounds,
        circle: options.circle.max(1),
        circle_first: options.circle_first,
    });
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let limit = Duration::from_secs(options.timeout);
    let tasks = LocalSet::new();
    let drive = tasks.run_until(drive(Rc::clone(&plan), options.connections));
    let taken = runtime
        .block_on(async { tokio::time::timeout(limit, drive).await })
        .map_err(|_| format!("not done after {} s", options.timeout))??;
    Ok(plan.tally.borrow_mut().summarize(taken))
}

/// Connects, and only then starts the clock.
async fn drive(plan: Rc<Plan>, connections: usize) -> Result<Duration, String> {
    let mut ready = Vec::with_capacity(connections);
    for _ in 0..connections {
        ready.push(Connection::open(Rc::clone(&plan)).await?);
    }
    let started = Instant::now();
    let tasks: Vec<_> = ready.into_iter().map(|connection| tokio::task::spawn_local(connection.drive())).collect();
    for task in tasks {
        task.await.map_err(|error| error.to_string())??;
    }
    Ok(started.elapsed())
}
