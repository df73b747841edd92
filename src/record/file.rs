//! The file of a recording: a line for each exchange, written when it ends.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderName, StatusCode};
use tokio::sync::watch;
use tokio::time::timeout;
use tracker_mock::Secrets;

use crate::drift::{Body, FullExchange, NamesShown, SeenIds, Shaper, Vocabulary};

/// How much of the beginning of a body is kept for its shape, in bytes, and how much of its end, where a form is closed.
const KEPT: usize = 8 * 1024 * 1024;
const KEPT_END: usize = 64 * 1024;

/// How long exchanges may take to end once the server has.
const LAST_ONES: Duration = Duration::from_secs(1);

pub(super) struct RecordingFile {
    path: PathBuf,
    vocabulary: Vocabulary,
    written: Mutex<WrittenLines>,
    /// How many exchanges have not ended.
    open: watch::Sender<usize>,
}

struct WrittenLines {
    file: File,
    ids: SeenIds,
    exchanges: usize,
    unknown: usize,
    /// Why a line could not be written.
    failure: Option<String>,
}

/// An exchange that goes on. It is written when the last of its owners leaves it.
pub(super) struct OpenExchange {
    file: Arc<RecordingFile>,
    full: Mutex<FullExchange>,
}

#[derive(Clone, Copy)]
pub(super) enum Direction {
    ToService,
    ToClient,
}

impl RecordingFile {
    pub(super) fn create(path: &Path, with_values: bool) -> Result<Self, String> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| {
            if error.kind() == ErrorKind::AlreadyExists {
                return format!("{} exists; remove it, or name another file by --out", path.display());
            }
            format!("cannot write {}: {error}", path.display())
        })?;
        let names = if with_values { NamesShown::All } else { NamesShown::Documented };
        let written = WrittenLines { file, ids: SeenIds::default(), exchanges: 0, unknown: 0, failure: None };
        Ok(Self {
            path: path.to_owned(),
            vocabulary: Vocabulary::new(names),
            written: Mutex::new(written),
            open: watch::Sender::new(0),
        })
    }

    fn add(&self, full: FullExchange) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let mut shape = Shaper::new(&self.vocabulary, &mut written.ids).exchange(&full);
        written.exchanges += 1;
        written.unknown += usize::from(shape.operation.is_none());
        if self.vocabulary.names == NamesShown::All {
            shape.values = Some(without_credentials(full));
        }
        if let Err(error) = written.file.write_all(shape.line().as_bytes()) {
            written.failure.get_or_insert_with(|| format!("cannot write {}: {error}", self.path.display()));
        }
    }

    /// An empty file would only stand in the way of the next recording.
    pub(super) fn remove_if_empty(&self) {
        if self.written.lock().unwrap_or_else(PoisonError::into_inner).exchanges == 0 {
            // It may be gone already.
            let _ = std::fs::remove_file(&self.path);
        }
    }

    /// Waits for the last exchanges, and says what is in the file. Fails if something could not be written.
    pub(super) async fn finish(&self) -> Result<String, String> {
        // What has not ended by then never will.
        drop(timeout(LAST_ONES, self.open.subscribe().wait_for(|open| *open == 0)).await);
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = &written.failure {
            return Err(reason.clone());
        }
        if written.exchanges == 0 {
            return Ok(
                "no exchange came, so nothing was written; tracker-mock doctor -- COMMAND says where requests go"
                    .to_owned(),
            );
        }
        let exchanges =
            if written.exchanges == 1 { "1 exchange".to_owned() } else { format!("{} exchanges", written.exchanges) };
        let values = if self.vocabulary.names == NamesShown::All {
            "IT HAS NAMES, VALUES AND FILES, so keep it to yourself"
        } else {
            "no values in it"
        };
        Ok(format!("{exchanges}, {} of unknown operations, in {}; {values}", written.unknown, self.path.display()))
    }
}

impl OpenExchange {
    pub(super) fn begin(file: &Arc<RecordingFile>, mut full: FullExchange) -> Arc<Self> {
        file.open.send_modify(|open| *open += 1);
        // Until they end.
        (full.request_body.is_cut, full.body.is_cut) = (true, true);
        Arc::new(Self { file: Arc::clone(file), full: Mutex::new(full) })
    }

    pub(super) fn answered(&self, status: StatusCode, headers: Vec<(String, String)>) {
        self.change(|full| (full.status, full.headers) = (Some(status.as_u16()), headers));
    }

    /// Keeps bytes of a body, which are the last ones so far.
    pub(super) fn keep(&self, direction: Direction, bytes: &[u8]) {
        self.change(|full| {
            let kept = &mut direction.body(full).bytes;
            kept.extend_from_slice(bytes);
            // Not at each piece, because the end is moved.
            if kept.len() > KEPT + 16 * KEPT_END {
                kept.drain(KEPT..kept.len() - KEPT_END);
            }
        });
    }

    /// The body has come to its end after so many bytes.
    pub(super) fn complete(&self, direction: Direction, count: u64) {
        self.change(|full| {
            let body = direction.body(full);
            body.is_cut = count > body.bytes.len() as u64;
        });
    }

    fn change(&self, change: impl FnOnce(&mut FullExchange)) {
        change(&mut self.full.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for OpenExchange {
    fn drop(&mut self) {
        let full = std::mem::take(self.full.get_mut().unwrap_or_else(PoisonError::into_inner));
        self.file.add(full);
        self.file.open.send_modify(|open| *open -= 1);
    }
}

impl Direction {
    fn body(self, full: &mut FullExchange) -> &mut Body {
        match self {
            Self::ToService => &mut full.request_body,
            Self::ToClient => &mut full.body,
        }
    }
}

/// `***` in place of tokens and cookies.
fn without_credentials(mut full: FullExchange) -> FullExchange {
    for (name, value) in full.request_headers.iter_mut().chain(&mut full.headers) {
        if let Ok(name) = name.parse::<HeaderName>() {
            *value = String::from_utf8_lossy(&Secrets::Masked.header(&name, value.as_bytes())).into_owned();
        }
    }
    full.target = Secrets::Masked.target(&full.target).into_owned();
    full
}
