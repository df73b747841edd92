//! What happens in the namespaces before the command begins.

mod kernel;

use std::ffi::OsString;
use std::io::{IoSlice, Read};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

/// The option for the port of the server.
pub(super) const PORT: &str = "--port";

/// The files in the folder of the run.
pub(super) const SOCKET: &str = "seal";
pub(super) const HOSTS: &str = "hosts";
pub(super) const RESOLVER: &str = "resolv.conf";
pub(super) const NAME_SWITCH: &str = "nsswitch.conf";
pub(super) const NOTHING: &str = "nothing";
pub(super) const BUNDLE: &str = "bundle.pem";

/// Which of them is laid over which files of the system, where the system has these: names of hosts, services that would
/// find names elsewhere, and what the libraries of the distributions trust.
const COVERED: [(&str, &[&str]); 5] = [
    (HOSTS, &["/etc/hosts"]),
    (RESOLVER, &["/etc/resolv.conf"]),
    (NAME_SWITCH, &["/etc/nsswitch.conf"]),
    (NOTHING, &["/run/nscd/socket", "/run/systemd/resolve/io.systemd.Resolve"]),
    (
        BUNDLE,
        &[
            "/etc/ssl/certs/ca-certificates.crt",
            "/etc/ssl/cert.pem",
            "/etc/ssl/ca-bundle.pem",
            "/etc/pki/tls/certs/ca-bundle.crt",
            "/etc/pki/tls/cert.pem",
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        ],
    ),
];

/// Where clients look for the real service.
const HTTPS: u16 = 443;

/// Proxies of the environment, which cannot be reached.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY"];

/// A step of `run --sealed`, in its namespaces.
#[derive(Debug, Args)]
pub(crate) struct Seal {
    /// The folder of the run; without it there is nothing left to prepare.
    #[arg(long, requires = "port")]
    folder: Option<PathBuf>,
    #[arg(long)]
    port: Option<u16>,
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

impl Seal {
    /// Prepares the namespaces and becomes the command. If it returns, that is why it could not.
    pub(crate) fn become_command(&self) -> String {
        if let (Some(folder), Some(port)) = (&self.folder, self.port)
            && let Err(reason) = prepare(folder, port)
        {
            return format!("--sealed: {reason}");
        }
        let [program, arguments @ ..] = &*self.command else { return "there is no command".to_owned() };
        let mut command = Command::new(program);
        command.args(arguments);
        for name in PROXIES {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        format!("cannot run {}: {}", program.display(), command.exec())
    }
}

fn prepare(folder: &Path, port: u16) -> Result<(), String> {
    kernel::raise_loopback().map_err(|error| format!("cannot raise the loopback interface: {error}"))?;
    let mut ports = vec![HTTPS, port];
    ports.dedup();
    let listeners = ports.iter().map(|&port| {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| format!("cannot listen on port {port}: {error}"))
    });
    let listeners = listeners.collect::<Result<Vec<_>, _>>()?;
    for (file, places) in COVERED {
        for place in places.iter().filter(|place| Path::new(place).exists()) {
            kernel::lay_over(&folder.join(file), place).map_err(|error| format!("cannot cover {place}: {error}"))?;
        }
    }
    hand_over(folder, &listeners).map_err(|error| format!("cannot hand over the sockets: {error}"))
}

/// Gives the sockets to the server, and waits until it accepts from them.
fn hand_over(folder: &Path, listeners: &[TcpListener]) -> std::io::Result<()> {
    let mut stream = UnixStream::connect(folder.join(SOCKET))?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let sockets: Vec<_> = listeners.iter().map(AsFd::as_fd).collect();
    control.push(SendAncillaryMessage::ScmRights(&sockets));
    sendmsg(&stream, &[IoSlice::new(b"!")], &mut control, SendFlags::empty())?;
    stream.read_exact(&mut [0])
}
