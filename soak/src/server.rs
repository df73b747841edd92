//! The server under load: the real program, and what the system says of it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A server that ends with this.
pub(crate) struct Server {
    child: Child,
    pid: u32,
    pub(crate) address: SocketAddr,
    log: PathBuf,
}

/// What a process takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) resident_bytes: u64,
    pub(crate) files: usize,
    pub(crate) threads: usize,
}

impl Server {
    pub(crate) async fn start(binary: &Path, log: PathBuf) -> io::Result<Self> {
        let mut child = Command::new(binary)
            .args(["--port", "0", "--log-level", "error", "--max-memory", "1GiB", "--max-file-size", "64MiB"])
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log)?)
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).await?;
        let address = line.trim().rsplit("http://").next().and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| io::Error::other(format!("no address in {line:?}")))?;
        let pid = child.id().ok_or(io::ErrorKind::NotFound)?;
        Ok(Self { child, pid, address, log })
    }

    /// What it takes now.
    pub(crate) fn usage(&self) -> io::Result<Usage> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').split_whitespace().next()?.parse::<u64>().ok()
        };
        Ok(Usage {
            resident_bytes: number("VmRSS").unwrap_or(0) * 1024,
            files: fs::read_dir(format!("/proc/{}/fd", self.pid))?.count(),
            threads: number("Threads").unwrap_or(0) as usize,
        })
    }

    /// Whether it is still running.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Lines of the log that tell of something that must not happen.
    pub(crate) fn complaints(&self) -> io::Result<Vec<String>> {
        let log = fs::read_to_string(&self.log)?;
        // 507 is what the limit of memory is for.
        let bad = |line: &&str| line.contains("panicked") || (line.contains("ERROR") && !line.contains("ERROR 507"));
        Ok(log.lines().filter(bad).map(str::to_owned).collect())
    }
}
