//! The program's log. Lines go through a bounded queue to a thread that writes them to stderr, so that a reader of
//! stderr that is slow, stuck or gone holds up no request: what does not fit into the queue is dropped and counted.

pub(crate) mod format;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

/// How many lines wait at most while stderr takes none.
const MAX_WAITING_LINES: usize = 4096;

/// How long the program's end waits for the lines that are still in the queue.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a full queue is left alone before it is asked for room again.
const FLUSH_PAUSE: Duration = Duration::from_millis(1);

/// What stands in the queue.
enum Entry {
    Line(Vec<u8>),
    /// All lines before it were written.
    Flush(SyncSender<()>),
}

/// Where lines are written to. Clones write to the same queue.
#[derive(Clone)]
pub(crate) struct Log {
    queue: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

impl Log {
    /// Starts the thread that writes to stderr. `dropped` counts the lines that were dropped, and `say_dropped` words the
    /// line that says so. Fails when the thread cannot be started.
    pub(crate) fn start(say_dropped: fn(u64) -> String, dropped: Arc<AtomicU64>) -> io::Result<Self> {
        let (queue, entries) = sync_channel(MAX_WAITING_LINES);
        let log = Self { queue, dropped: Arc::clone(&dropped) };
        let write = move || write_all(&entries, &dropped, say_dropped);
        std::thread::Builder::new().name("log".to_owned()).spawn(write)?;
        Ok(log)
    }

    /// Waits until what was logged is written, but not for long: nobody may be reading.
    pub(crate) fn flush(&self) {
        let (until, (done, is_done)) = (Instant::now() + FLUSH_TIMEOUT, sync_channel(1));
        let mut entry = Entry::Flush(done);
        // A full queue has room again soon, if anybody reads at all.
        while let Err(TrySendError::Full(refused)) = self.queue.try_send(entry) {
            if Instant::now() >= until {
                return;
            }
            entry = refused;
            std::thread::sleep(FLUSH_PAUSE);
        }
        // Without an answer in time the rest of the lines is lost, which is all that can be done.
        let _ = is_done.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

/// Writes what comes until the last clone of the log is gone. A line that cannot be written is lost: there is nowhere to
/// say so.
fn write_all(entries: &Receiver<Entry>, dropped: &AtomicU64, say_dropped: fn(u64) -> String) {
    let (mut output, mut reported) = (io::stderr(), 0);
    for entry in entries {
        match entry {
            Entry::Line(line) => {
                let dropped = dropped.load(Ordering::Relaxed);
                if dropped > reported {
                    let _ = output.write_all(say_dropped(dropped - reported).as_bytes());
                    reported = dropped;
                }
                let _ = output.write_all(&line);
            }
            Entry::Flush(done) => {
                let _ = output.flush();
                let _ = done.send(());
            }
        }
    }
}

impl Write for Log {
    /// Each call is a whole line, as tracing-subscriber writes them.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Entry::Line(line.to_vec())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
