//! How the program waits for a server, and ends with the process that started it.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

use crate::support::program::{command, run, text};

#[test]
fn healthcheck_waits_until_a_server_answers() {
    // Nobody answers at this port until the server takes it over.
    let port =
        TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address").port().to_string();
    let address = format!("127.0.0.1:{port}");
    let waiting = command(&["healthcheck", &address, "--wait", "30s"], &[]).spawn().expect("it starts");
    let mut server =
        command(&["--port", &port, "--until-stdin-closes"], &[]).stdin(Stdio::piped()).spawn().expect("it starts");
    assert!(waiting.wait_with_output().expect("it ends").status.success());
    drop(server.stdin.take());
    assert!(server.wait().expect("it ends").success());

    let late = run(&["healthcheck", &address, "--wait", "50ms"], &[]);
    assert_eq!(late.status.code(), Some(1));
    let said = String::from_utf8(late.stderr).expect("UTF-8");
    assert!(said.starts_with(&format!("tracker-mock: {address}: ")), "{said}");
}

#[test]
fn a_server_ends_with_the_process_that_holds_its_stdin() {
    // The shell starts a server that holds its stdin, says its id, and is killed.
    let program = env!("CARGO_BIN_EXE_tracker-mock");
    let script = format!("sleep 600 | {program} --port 0 --until-stdin-closes & echo; wait");
    let mut holder = std::process::Command::new("sh");
    let holder = holder.args(["-c", &script]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut holder = std::os::unix::process::CommandExt::process_group(holder, 0).spawn().expect("it starts");
    let mut lines = BufReader::new(holder.stdout.take().expect("piped")).lines();
    let line = lines.find_map(|line| line.ok().filter(|line| line.contains("listening on"))).expect("its first line");
    let address = line.rsplit(' ').next().expect("an address").to_owned();
    assert!(run(&["healthcheck", &address], &[]).status.success());
    let killed = std::process::Command::new("sh").args(["-c", &format!("pkill -9 -g {} sleep", holder.id())]).status();
    assert!(killed.expect("a shell").success());
    // Its stdout ends with it.
    assert!(lines.next().is_none());
    assert!(!run(&["healthcheck", &address], &[]).status.success());
    let _ = holder.wait();
}

#[test]
fn a_run_has_an_end_of_its_own() {
    for command in ["run", "torture", "names"] {
        let ran = run(&[command, "--until-stdin-closes", "--", "true"], &[]);
        let said = "tracker-mock: --until-stdin-closes is for a server alone; this one ends with its command\n";
        assert_eq!((ran.status.code(), text(&ran.stderr)), (Some(2), said.to_owned()), "{command}");
    }
}
