//! A soak: mixed traffic at full speed against the real program, with clients that go away in the middle, until time
//! is up. Then nothing may be left behind: no memory, no file descriptors; and nothing may be lost.
//!
//! `cargo run --release -- --binary ../target/release/tracker-mock --seconds 600`

mod content;
mod http;
mod server;
mod tally;
mod traffic;
mod worlds;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use tokio::time::sleep;

use self::content::Content;
use self::http::{Client, Request};
use self::server::{Server, Usage};
use self::tally::Tally;
use self::traffic::{CHAOS, KEPT, Visitor};
use self::worlds::{Place, Stored, World};

/// Sends mixed traffic for a while and looks at what it leaves behind.
#[derive(Debug, Parser)]
struct Options {
    /// The program
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// How long the traffic lasts after the warm-up
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// How long it lasts before, while memory finds its size
    #[arg(long, default_value_t = 60)]
    warm_up: u64,
    /// Clients at the same time
    #[arg(long, default_value_t = 24)]
    clients: usize,
    /// Worlds whose files are known and compared
    #[arg(long, default_value_t = 6)]
    worlds: usize,
    /// What the program says, a file
    #[arg(long, default_value = "soak.log", value_name = "FILE")]
    log: PathBuf,
}

/// How often what the server takes is looked at, before and after.
const MEASUREMENTS: usize = 3;

/// How long the server gets to have done with the connections of clients that are gone.
const SETTLING_SECONDS: u32 = 10;

const MIB: f64 = (1 << 20) as f64;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let options = Options::parse();
    let mut soak = Soak::start(&options).await?;
    println!("{} files are kept, {:.1} MiB", soak.kept.len(), soak.kept_bytes() as f64 / MIB);

    soak.run(Duration::from_secs(options.warm_up)).await;
    let before = soak.measure().await?;
    println!("after {} s of warm-up: {}", options.warm_up, shown(before));

    soak.peak_bytes.store(0, Ordering::Relaxed);
    let (started, requests_before) = (Instant::now(), soak.requests());
    soak.run(Duration::from_secs(options.seconds)).await;
    let (took, requests) = (started.elapsed(), soak.requests() - requests_before);
    let after = soak.measure().await?;
    println!("after {:.0} s of traffic: {}", took.as_secs_f64(), shown(after));
    println!(
        "{requests} requests, {:.0} a second; at most {:.1} MiB meanwhile",
        requests as f64 / took.as_secs_f64(),
        soak.peak_bytes.load(Ordering::Relaxed) as f64 / MIB
    );
    soak.judge(before, after)
}

fn shown(usage: Usage) -> String {
    let resident = usage.resident_bytes as f64 / MIB;
    format!("{resident:.1} MiB resident, {} file descriptors, {} threads", usage.files, usage.threads)
}

struct Soak {
    server: Server,
    tally: Arc<Tally>,
    worlds: Arc<Vec<World>>,
    kept: Arc<Vec<(Stored, [u8; 32])>>,
    clients: usize,
    peak_bytes: AtomicU64,
}

impl Soak {
    async fn start(options: &Options) -> Result<Self, Box<dyn Error>> {
        let server = Server::start(&options.binary, options.log.clone()).await?;
        let worlds = (0..options.worlds).map(|number| World::new(format!("world-{number}"))).collect();
        let mut soak = Self {
            server,
            tally: Arc::default(),
            worlds: Arc::new(worlds),
            kept: Arc::default(),
            clients: options.clients,
            peak_bytes: AtomicU64::new(0),
        };
        soak.fill().await;
        Ok(soak)
    }

    /// Stores the files that stay.
    async fn fill(&mut self) {
        let (world, mut visitor) = (World::new(KEPT.to_owned()), self.visitor());
        let mut kept = Vec::new();
        for number in 0..120 {
            let content = match number % 10 {
                0 => Content::picture(),
                _ => Content { bytes: fastrand::usize(..1 << (number % 20)), ..Content::random() },
            };
            let request = Request::new("POST", KEPT, format!("/v2/attachments/?filename=kept-{number}"));
            if let Some(file) = visitor.store(&world, request, content, Place::Temporary).await {
                kept.push((file, content.sha256()));
            }
        }
        self.kept = Arc::new(kept);
    }

    fn kept_bytes(&self) -> usize {
        self.kept.iter().map(|(file, _)| file.content.bytes).sum()
    }

    fn visitor(&self) -> Visitor {
        Visitor {
            client: Client::new(self.server.address),
            tally: Arc::clone(&self.tally),
            worlds: Arc::clone(&self.worlds),
            kept: Arc::clone(&self.kept),
        }
    }

    fn requests(&self) -> u64 {
        self.tally.statuses().values().sum::<u64>() + self.tally.left.load(Ordering::Relaxed)
    }

    /// Traffic for so long.
    async fn run(&mut self, duration: Duration) {
        let over = Arc::new(AtomicBool::new(false));
        let visitors: Vec<_> = (0..self.clients)
            .map(|_| {
                let (over, mut visitor) = (Arc::clone(&over), self.visitor());
                tokio::spawn(async move {
                    while !over.load(Ordering::Relaxed) {
                        visitor.act().await;
                    }
                })
            })
            .collect();
        let end = Instant::now() + duration;
        while Instant::now() < end && self.server.is_alive() {
            sleep(Duration::from_millis(250).min(end.saturating_duration_since(Instant::now()))).await;
            if let Ok(usage) = self.server.usage() {
                self.peak_bytes.fetch_max(usage.resident_bytes, Ordering::Relaxed);
            }
        }
        over.store(true, Ordering::Relaxed);
        for visitor in visitors {
            if let Err(error) = visitor.await {
                self.tally.violated(format!("a client broke down: {error}"));
            }
        }
    }

    /// What the server takes when all is put back. How the allocator happened to lay things out differs from time to
    /// time, so this is the middle one of several times, with some traffic before each.
    async fn measure(&mut self) -> Result<Usage, Box<dyn Error>> {
        let mut usages = vec![self.settle().await?];
        for _ in 1..MEASUREMENTS {
            self.run(Duration::from_secs(5)).await;
            usages.push(self.settle().await?);
        }
        usages.sort_by_key(|usage| usage.resident_bytes);
        let files = usages.iter().map(|usage| usage.files).max().unwrap_or(0);
        Ok(Usage { files, ..usages[MEASUREMENTS / 2] })
    }

    /// Compares every file that is stored, puts every world back but the one that is kept, and waits until the server
    /// has done with its connections.
    async fn settle(&mut self) -> Result<Usage, Box<dyn Error>> {
        let worlds = Arc::clone(&self.worlds);
        let mut visitor = self.visitor();
        for world in worlds.iter() {
            for file in world.take_all() {
                visitor.check(&world.org, &file).await;
            }
            visitor.reset(world).await;
        }
        visitor.ask(&Request::new("POST", CHAOS, format!("/_mock/reset?org={CHAOS}"))).await;
        for kept in Arc::clone(&self.kept).iter() {
            visitor.check_digest(kept).await;
        }
        visitor.ask(&Request::new("DELETE", KEPT, "/_mock/requests?all=true".to_owned())).await;
        drop(visitor);
        // Connections that were left are read to their end for a few seconds.
        let mut usage = self.server.usage()?;
        for _ in 0..SETTLING_SECONDS {
            sleep(Duration::from_secs(1)).await;
            let now = self.server.usage()?;
            usage = Usage { files: usage.files.min(now.files), ..now };
        }
        Ok(usage)
    }

    /// Says what is wrong, if anything.
    fn judge(&mut self, before: Usage, after: Usage) -> Result<ExitCode, Box<dyn Error>> {
        let tally = &self.tally;
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        println!("answers by status: {:?}", tally.statuses());
        println!(
            "{:.0} MiB sent, {:.0} MiB received, {} files compared, {} worlds put back, {} clients went away",
            of(&tally.sent_bytes) as f64 / MIB,
            of(&tally.received_bytes) as f64 / MIB,
            of(&tally.verified),
            of(&tally.resets),
            of(&tally.left)
        );
        let (count, mut wrong) = tally.violations();
        if count > wrong.len() as u64 {
            wrong.push(format!("and {} more", count - wrong.len() as u64));
        }
        wrong.extend(self.server.complaints()?.into_iter().take(20).map(|line| format!("the log says: {line}")));
        if !self.server.is_alive() {
            wrong.push("the server ended".to_owned());
        }
        // 2 %, and where that is next to nothing, 1 MiB.
        let most_bytes = before.resident_bytes + (before.resident_bytes / 50).max(1 << 20);
        if after.resident_bytes > most_bytes {
            wrong.push(format!(
                "more than {:.1} MiB are resident: 2 % beyond what was after the warm-up",
                most_bytes as f64 / MIB
            ));
        }
        if after.files > before.files {
            wrong.push(format!("{} file descriptors leaked", after.files - before.files));
        }
        wrong.iter().for_each(|line| println!("WRONG: {line}"));
        println!("{}", if wrong.is_empty() { "nothing was lost, nothing is left" } else { "failed" });
        Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
