//! `tracker-mock tail`: the requests to a server, as it prints them.

use std::io::{BufRead, BufReader};
use std::process::ChildStdout;

use crate::support::program::{Process, Program, command, run};
use crate::support::socket::head;

/// A running `tail`, and what it prints.
struct Printed {
    process: Process,
    lines: BufReader<ChildStdout>,
}

impl Printed {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Process(command(&[&["tail"], arguments].concat(), &[]).spawn().expect("the program"));
        let lines = BufReader::new(process.0.stdout.take().expect("a pipe"));
        Self { process, lines }
    }

    /// The next line, without how long the request took.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("UTF-8");
        let words = line.trim_end().split(' ').filter(|word| !word.ends_with("ms"));
        words.collect::<Vec<_>>().join(" ")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_printed_as_they_come_with_what_deviated() {
    let program = Program::start(&["--port", "0"], &[]);
    program.exchange(&head("GET /v2/myself HTTP/1.1", &[])).await;
    let mut all = Printed::start(&[&program.url()]);
    assert_eq!(all.line(), "200 GET /v2/myself org=test operation=get_myself #1");
    let mut other = Printed::start(&[&program.url(), "--org", "other & co"]);
    program.exchange(&head("GET /v2/attachments/999?expnd=%1b HTTP/1.1", &[])).await;
    assert_eq!(all.line(), "404 GET /v2/attachments/999?expnd=%1b org=test operation=get_attachment #2");
    let deviation = all.line();
    assert!(deviation.starts_with("    The parameter \"expnd\" is not documented"), "{deviation}");
    program.exchange(&head("GET /v2/myself HTTP/1.1", &[("Prefer", "code=503")])).await;
    let struck = "503 GET /v2/myself org=test operation=get_myself #3: fault \"before\" struck: status 503";
    assert_eq!(all.line(), struck);
    program.exchange(&head("GET /v2/myself HTTP/1.1", &[("X-Cloud-Org-ID", "other & co")])).await;
    let shown = "200 GET /v2/myself org=\"other & co\" operation=get_myself #4";
    assert_eq!((all.line(), other.line()), (shown.to_owned(), shown.to_owned()));
    // What was forgotten is not printed again.
    program.exchange(&head("DELETE /_mock/requests?all=true HTTP/1.1", &[])).await;
    program.exchange(&head("GET /v2/queues HTTP/1.1", &[])).await;
    assert_eq!(all.line(), "200 GET /v2/queues org=test operation=list_queues #5");

    program.stop("TERM").assert_clean();
    for mut printed in [all, other] {
        assert_eq!(printed.line(), "", "it says no more");
        assert!(printed.process.0.wait().expect("an end").success());
    }
}

#[test]
fn a_world_that_nobody_has_named_is_said() {
    let program = Program::start(&["--port", "0"], &[]);
    let mut tail = Process(command(&["tail", &program.url(), "--org", "nope"], &[]).spawn().expect("the program"));
    let mut line = String::new();
    BufReader::new(tail.0.stderr.take().expect("a pipe")).read_line(&mut line).expect("UTF-8");
    assert_eq!(line, format!("tracker-mock: {}: Nobody has named \"nope\" yet.\n", program.address));
}

#[test]
fn a_server_that_cannot_be_asked_is_an_error() {
    for (arguments, expected) in [
        (vec!["tail", "ftp://localhost"], "ftp://localhost: a server of tracker-mock has no ftp://"),
        (vec!["tail", "a b"], "a b: write an address, as HOST:PORT"),
    ] {
        let output = run(&arguments, &[]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), stderr.lines().count()), (Some(2), 1), "{stderr}");
        assert!(stderr.starts_with(&format!("tracker-mock: {expected}")), "{stderr}");
    }
    let off = Program::start(&["--port", "0", "--journal-records", "0"], &[]);
    let output = run(&["tail", &off.url()], &[]);
    let expected =
        format!("tracker-mock: {}: The journal is off: the server runs with --journal-records 0.\n", off.url());
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()), (Some(2), expected));
}
