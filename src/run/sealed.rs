//! `run --sealed`: the command is in namespaces of its own, where this server is all there is of a network. The files that
//! lead there are laid over those of the system, for the command alone.
//!
//! The program `unshare` makes the namespaces and becomes ourselves in them (see [`Seal`]), to prepare them and to become
//! the command. The sockets are made in there and handed out to the server, which accepts from them as from its own.

mod inside;

use std::ffi::OsString;
use std::io::{IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use futures_util::future::join_all;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{getgid, getuid};
use tempfile::TempDir;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tracker_mock::TrackerMock;

pub(crate) use self::inside::Seal;
use self::inside::{BUNDLE, HOSTS, NAME_SWITCH, NOTHING, PORT, RESOLVER, SOCKET};

/// How this machine makes the namespaces.
#[derive(Debug)]
pub(crate) struct Namespaces {
    /// The words for `unshare`.
    words: &'static [&'static str],
    /// Words for a second one, in the first, which gives the command the user back that it had.
    user: Vec<String>,
}

/// What is laid open for one run.
pub(super) struct Opening {
    folder: TempDir,
    socket: UnixListener,
    words: Vec<OsString>,
}

impl Namespaces {
    /// Finds a way that is allowed. The error is a reason.
    pub(crate) fn find() -> Result<Self, String> {
        const OF_ROOT: &[&str] = &["-n", "-m"];
        const OF_A_USER: &[&str] = &["-U", "-r", "-n", "-m"];
        let (user, group) = (getuid(), getgid());
        if user.is_root() && try_out(OF_ROOT, &[]).is_ok() {
            return Ok(Self { words: OF_ROOT, user: Vec::new() });
        }
        try_out(OF_A_USER, &[])?;
        let (user_option, group_option) =
            (format!("--map-user={}", user.as_raw()), format!("--map-group={}", group.as_raw()));
        let mut back = vec!["unshare".to_owned(), "-U".to_owned(), user_option, group_option];
        // Older versions of it cannot; then the command seems to be root, without what only root may do.
        if user.is_root() || try_out(OF_A_USER, &back).is_err() {
            back.clear();
        }
        Ok(Self { words: OF_A_USER, user: back })
    }

    /// Writes the files of one run, into a folder in that of the server, and listens for its sockets. `names` are the
    /// hosts that lead to the server on `port`.
    pub(super) fn open(&self, server: &Path, names: &[String], port: u16) -> Result<Opening, String> {
        let cannot = |error: std::io::Error| format!("--sealed cannot use {}: {error}", server.display());
        let folder = tempfile::tempdir_in(server).map_err(cannot)?;
        let path = folder.path();
        std::fs::hard_link(server.join(BUNDLE), path.join(BUNDLE)).map_err(cannot)?;
        for (name, text) in [
            (HOSTS, hosts(&read("/etc/hosts"), names, read("/proc/sys/kernel/hostname").trim())),
            (RESOLVER, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n".to_owned()),
            (NAME_SWITCH, name_switch(&read("/etc/nsswitch.conf"))),
            (NOTHING, String::new()),
        ] {
            std::fs::write(path.join(name), text).map_err(cannot)?;
        }
        let socket = UnixListener::bind(path.join(SOCKET)).map_err(cannot)?;
        let own = std::env::current_exe().map_err(|error| format!("--sealed cannot find this program: {error}"))?;
        let seal = |more: &[&str]| {
            let words = [own.clone().into_os_string(), "seal".into()];
            words.into_iter().chain(more.iter().map(OsString::from)).collect::<Vec<_>>()
        };
        let mut words: Vec<OsString> = ["unshare"].iter().chain(self.words).map(OsString::from).collect();
        words.extend(seal(&["--folder"]));
        let arguments: [OsString; 4] = [path.into(), PORT.into(), port.to_string().into(), "--".into()];
        words.extend(arguments);
        if !self.user.is_empty() {
            words.extend(self.user.iter().map(OsString::from));
            words.extend(seal(&["--"]));
        }
        Ok(Opening { folder, socket, words })
    }
}

impl Opening {
    /// The command in the namespaces.
    pub(super) fn around(&self, command: &[OsString]) -> Vec<OsString> {
        [&self.words, command].concat()
    }

    /// Takes the sockets, lets the command begin, and serves them until `ended` has no sender. What fails here ends the
    /// other side, which says why.
    pub(super) async fn serve(self, mock: &TrackerMock, mut ended: watch::Receiver<()>) {
        let taken = tokio::select! {
            taken = take(&self.socket) => taken,
            _ = ended.changed() => return,
        };
        let Ok((mut command, listeners)) = taken else { return };
        let served = listeners.into_iter().map(|listener| {
            let mut ended = ended.clone();
            mock.also_on(listener, async move { drop(ended.changed().await) })
        });
        // Those that come now wait in the kernel. A command that has ended needs no answer.
        let _ = command.write_all(b"!");
        join_all(served).await;
        drop(self.folder);
    }
}

/// Takes the sockets that a command hands over, with the connection over which it waits for an answer.
async fn take(socket: &UnixListener) -> std::io::Result<(UnixStream, Vec<TcpListener>)> {
    let (stream, _) = socket.accept().await?;
    stream.readable().await?;
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(&stream, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut listeners = Vec::new();
    for message in control.drain() {
        let RecvAncillaryMessage::ScmRights(sockets) = message else { continue };
        for socket in sockets {
            let listener = std::net::TcpListener::from(socket);
            listener.set_nonblocking(true)?;
            listeners.push(TcpListener::from_std(listener)?);
        }
    }
    Ok((stream, listeners))
}

/// Whether `unshare` does this. The error is its own last line.
fn try_out(words: &[&str], more: &[String]) -> Result<(), String> {
    let mut unshare = Command::new("unshare");
    let tried = unshare.args(words).args(more).arg("true").stdin(Stdio::null()).output();
    let tried = tried.map_err(|error| format!("cannot run unshare: {error}"))?;
    let said = String::from_utf8_lossy(&tried.stderr);
    if tried.status.success() { Ok(()) } else { Err(said.lines().last().unwrap_or("unshare fails").to_owned()) }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(PathBuf::from(path)).unwrap_or_default()
}

/// The names of this machine and of the server, and no other: one with another address could not be reached.
fn hosts(system: &str, names: &[String], host_name: &str) -> String {
    let is_own = |line: &&str| {
        let address = line.split_whitespace().next().unwrap_or_default();
        address == "::1" || address.starts_with("127.")
    };
    let own: String = system.lines().filter(is_own).map(|line| format!("{line}\n")).collect();
    format!("127.0.0.1 localhost {host_name}\n{own}127.0.0.1 {}\n", names.join(" "))
}

/// Names of hosts come from the file alone; users and groups as before.
fn name_switch(system: &str) -> String {
    let others = system.lines().filter(|line| !line.trim_start().starts_with("hosts:"));
    others.chain(["hosts: files"]).map(|line| format!("{line}\n")).collect()
}
