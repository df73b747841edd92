//! The program itself, run as a child process.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::socket::{Connection, Framing, bare_head, upload};
use super::{Answer, Form};

/// A timeout that only a hanging program reaches.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program with these arguments, and only these settings in its environment.
pub(crate) fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tracker-mock"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TRACKER_MOCK_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// `tracker-mock run` with these options, around a command.
pub(crate) fn around(options: &[&str], words: &[&str]) -> Command {
    let mut program = command(&[&["run"], options, &["--"], words].concat(), &[]);
    program.env_remove("GITHUB_STEP_SUMMARY");
    program
}

/// What a program has printed.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let child = command(arguments, variables).spawn().expect("the program");
    let (sender, receiver) = mpsc::channel();
    let id = child.id();
    std::thread::spawn(move || sender.send(child.wait_with_output().expect("its output")));
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        signal(id, "KILL");
        panic!("{arguments:?} does not end")
    })
}

pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), process.to_string()]).status();
    assert!(sent.expect("the command kill").success());
}

/// A process that is killed with its test.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail if the process has ended already, which is fine.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The program as a running server.
pub(crate) struct Program {
    process: Process,
    pub(crate) ready: String,
    pub(crate) address: SocketAddr,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

/// How a program ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) after: Duration,
    /// What came after the ready line.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    pub(crate) fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = command(arguments, variables);
        if !arguments.contains(&"--port") {
            command.env("TRACKER_MOCK_PORT", "0");
        }
        Self::spawn(command)
    }

    /// Starts it with a limit on open files.
    pub(crate) fn start_with_files(files: u32) -> Self {
        let program = command(&["--port", "0"], &[]);
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\"")]);
        shell.arg(program.get_program()).args(program.get_args()).env_clear();
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::spawn(shell)
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.0.id()
    }

    fn spawn(mut command: Command) -> Self {
        let mut process = Process(command.spawn().expect("the program"));
        let mut stdout = BufReader::new(process.0.stdout.take().expect("a pipe"));
        let mut stderr = process.0.stderr.take().expect("a pipe");
        let (sender, receiver) = mpsc::channel();
        let stdout = std::thread::spawn(move || {
            let mut line = String::new();
            stdout.read_line(&mut line).expect("UTF-8");
            sender.send(line).expect("somebody who waits for it");
            let mut rest = String::new();
            stdout.read_to_string(&mut rest).expect("UTF-8");
            rest
        });
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).expect("UTF-8");
            text
        });
        let ready = receiver.recv_timeout(PATIENCE).expect("a first line");
        let place = ready.trim_end().strip_prefix("tracker-mock listening on ");
        let Some((_, place)) = place.and_then(|place| place.split_once("://")) else {
            panic!("not ready: {ready:?} {}", stderr.join().expect("its log"));
        };
        let address = place.split(';').next().unwrap_or_default().parse().expect("an address");
        Self { process, ready, address, stdout, stderr }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(self.address).await
    }

    pub(crate) async fn exchange(&self, request: &[u8]) -> Answer {
        self.connect().await.exchange(request).await
    }

    pub(crate) async fn upload(&self, form: &Form) -> Answer {
        self.exchange(&upload(form, Framing::ContentLength)).await
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.process.0.id(), name);
    }

    /// Stops it with a signal.
    pub(crate) fn stop(self, name: &str) -> Ended {
        self.signal(name);
        self.wait(Instant::now())
    }

    pub(crate) fn wait(mut self, since: Instant) -> Ended {
        let status = loop {
            if let Some(status) = self.process.0.try_wait().expect("a child") {
                break status;
            }
            assert!(since.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(1));
        };
        let after = since.elapsed();
        let read = |thread: JoinHandle<String>| thread.join().expect("its output");
        Ended { status, after, stdout: read(self.stdout), stderr: read(self.stderr) }
    }
}

impl Ended {
    pub(crate) fn assert_clean(&self) {
        assert_eq!(self.status.code(), Some(0), "{}", self.stderr);
        assert_eq!(self.stdout, "", "stdout carries the ready line and nothing else");
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}

pub(crate) fn health() -> Vec<u8> {
    bare_head("GET /_mock/health HTTP/1.1", &[])
}

/// Runs a check twice: with an option, and with its environment variable.
pub(crate) async fn with_option(option: &str, value: Option<&str>, check: impl AsyncFn(&Program)) {
    let flag = format!("--{option}");
    let arguments: Vec<&str> = [Some(flag.as_str()), value].into_iter().flatten().collect();
    let variable = format!("TRACKER_MOCK_{}", option.to_uppercase().replace('-', "_"));
    let variables = [(variable.as_str(), value.unwrap_or("true"))];
    for program in [Program::start(&arguments, &[]), Program::start(&[], &variables)] {
        check(&program).await;
        program.stop("TERM").assert_clean();
    }
}
