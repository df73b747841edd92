//! The program's log. Lines go through a bounded queue to a thread that writes them to stderr, so that a reader of
//! stderr that is slow, stuck or gone holds up no request: what does not fit into the queue is dropped and counted.

pub(crate) mod format;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

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
    /// Since the last line that said so.
    dropped: Arc<AtomicU64>,
    dropped_in_all: Arc<AtomicU64>,
}

impl Log {
    /// Starts the thread that writes to `output`. `say_dropped` words the line that tells how many lines were dropped;
    /// `dropped_in_all` counts them too. Fails when the thread cannot be started.
    pub(crate) fn start(
        output: impl Write + Send + 'static,
        say_dropped: fn(u64) -> String,
        dropped_in_all: Arc<AtomicU64>,
    ) -> io::Result<Self> {
        let (queue, entries) = sync_channel(MAX_WAITING_LINES);
        let dropped = Arc::new(AtomicU64::new(0));
        let log = Self { queue, dropped: Arc::clone(&dropped), dropped_in_all };
        let write = move || write_all(&entries, output, &dropped, say_dropped);
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
fn write_all(entries: &Receiver<Entry>, mut output: impl Write, dropped: &AtomicU64, say_dropped: fn(u64) -> String) {
    for entry in entries {
        match entry {
            Entry::Line(line) => {
                let count = dropped.swap(0, Ordering::Relaxed);
                if count > 0 {
                    let _ = output.write_all(say_dropped(count).as_bytes());
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
            self.dropped_in_all.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// An output that blocks until it is let go on.
    struct Stuck {
        go_on: Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
        stuck: Sender<()>,
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.stuck.send(()).expect("the test");
            self.go_on.recv().map_err(io::Error::other)?;
            self.written.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_is_stuck_costs_lines_and_says_how_many() {
        let ((go, go_on), (stuck, is_stuck)) = (channel(), channel());
        let written = Arc::new(Mutex::new(Vec::new()));
        let output = Stuck { go_on, written: Arc::clone(&written), stuck };
        let in_all = Arc::default();
        let mut log = Log::start(output, |count| format!("{count} dropped\n"), Arc::clone(&in_all)).expect("a thread");
        log.write_all(b"first\n").expect("no errors");
        is_stuck.recv().expect("the thread");
        // One line is being written, the queue takes as many as it holds, and five are too many.
        for _ in 0..MAX_WAITING_LINES + 5 {
            log.write_all(b"more\n").expect("no errors");
        }
        for _ in 0..MAX_WAITING_LINES + 2 {
            go.send(()).expect("the thread");
        }
        log.flush();
        let written = String::from_utf8(written.lock().expect("no panic").clone()).expect("text");
        assert!(written.starts_with("first\n5 dropped\nmore\n"), "{written}");
        assert_eq!(written.lines().count(), MAX_WAITING_LINES + 2);
        assert_eq!(in_all.load(Ordering::Relaxed), 5);
    }
}
