//! The worlds that the traffic fills, and what must be in them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::RwLock;

use crate::content::Content;

/// A world is put back when its files come to this.
const MOST_BYTES: u64 = 48 << 20;

/// A file that is in a world, and where.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) content: Content,
    pub(crate) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Temporary,
    Entity,
    Issue,
}

/// A world whose files are known.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) org: String,
    /// Held shared by whoever uses the world, and alone by whoever puts it back.
    pub(crate) gate: RwLock<()>,
    files: Mutex<Vec<Stored>>,
    bytes: AtomicU64,
}

impl World {
    pub(crate) fn new(org: String) -> Self {
        Self { org, gate: RwLock::default(), files: Mutex::default(), bytes: AtomicU64::new(0) }
    }

    /// A file was stored, or is put back after it was taken.
    pub(crate) fn put(&self, file: Stored) {
        self.files.lock().expect("no panic").push(file);
    }

    /// So many bytes more were sent here, whatever became of them.
    pub(crate) fn count(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64 + 1000, Ordering::Relaxed);
    }

    /// Whether it is time to put it back.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) > MOST_BYTES
    }

    /// Takes any file that stands in one of these places, so that nobody else touches it meanwhile.
    pub(crate) fn take(&self, places: &[Place]) -> Option<Stored> {
        let mut files = self.files.lock().expect("no panic");
        let found: Vec<usize> =
            files.iter().enumerate().filter(|(_, file)| places.contains(&file.place)).map(|(index, _)| index).collect();
        let chosen = *found.get(fastrand::usize(..found.len().max(1)))?;
        Some(files.swap_remove(chosen))
    }

    /// Takes all files.
    pub(crate) fn take_all(&self) -> Vec<Stored> {
        std::mem::take(&mut self.files.lock().expect("no panic"))
    }

    /// It was put back.
    pub(crate) fn forget(&self) {
        self.take_all();
        self.bytes.store(0, Ordering::Relaxed);
    }
}
