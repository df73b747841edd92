//! `--sealed`: what a command finds in its namespaces, and what comes where there are none. Real clients are in
//! `tests/sdk`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tracker_mock::TrackerMock;

use crate::support::program::{around, command, text};
use crate::support::{self, Folder};

/// Whether this machine allows namespaces. That of CI does.
#[expect(clippy::print_stdout, reason = "what was left out is told")]
fn namespaces() -> bool {
    let tried = run(&["--sealed"], &["true"]);
    let said = text(&tried.stderr);
    let are_forbidden = tried.status.code() == Some(2) && said.contains("--sealed");
    assert!(!are_forbidden || std::env::var_os("CI").is_none(), "{said}");
    if are_forbidden {
        println!("LEFT OUT: {said}");
    }
    !are_forbidden
}

fn run(options: &[&str], command: &[&str]) -> Output {
    around(options, command).output().expect("it starts")
}

fn sealed(code: &str) -> Output {
    run(&["--sealed"], &["python3", "-c", code])
}

/// The recorder is the real hosts there, and reaches the service from outside.
#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_is_between_a_sealed_command_and_the_service() {
    if !namespaces() {
        return;
    }
    let service = TrackerMock::start().await.expect("a free port");
    let folder = Folder::new();
    let out = folder.path().join("out.ndjson");
    let options = ["record", "--sealed", "--to", &service.url(), "--out", out.to_str().expect("UTF-8")];
    let code = "import urllib.request as u\n\
                r = u.Request('https://api.tracker.yandex.net/v2/myself', headers={'Authorization': 'OAuth t', 'X-Org-ID': '1'})\n\
                print(u.urlopen(r).status)";
    let ran = command(&[&options[..], &["--", "python3", "-c", code]].concat(), &[]).output().expect("it starts");
    assert_eq!(text(&ran.stdout), "200\n", "{}", text(&ran.stderr));
    let line: Value = serde_json::from_slice(&std::fs::read(out).expect("a file")).expect("a line");
    assert_eq!([&line["operation"], &line["status"]], [&"get_myself".into(), &Value::from(200)]);
}

#[test]
fn more_hosts_are_there_without_https() {
    if !namespaces() {
        return;
    }
    let code = "import urllib.request as u\n\
                r = u.Request('https://mock.example/v2/myself', headers={'Authorization': 'OAuth t', 'X-Org-ID': '1'})\n\
                print(u.urlopen(r).status)";
    let folder = Folder::new();
    let options = ["--sealed", "--as-host", "mock.example", "--deny-others"];
    let ran = run(&options, &["python3", "-c", code]);
    assert_eq!(text(&ran.stdout), "200\n", "{}", text(&ran.stderr));
    let out = folder.path().join("out.ndjson");
    let to = ["record", "--to", "http://127.0.0.1:9", "--out", out.to_str().expect("UTF-8")];
    let ran = command(&[&to, &options[..], &["--", "true"]].concat(), &[]).output().expect("it starts");
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
}

fn is_root() -> bool {
    text(&Command::new("id").arg("-u").output().expect("id starts").stdout) == "0\n"
}

#[test]
fn the_command_finds_the_server_at_the_real_url_and_at_its_own() {
    if !namespaces() {
        return;
    }
    let ran = sealed(
        "
import json, os, urllib.request as u
for place in ['https://api.tracker.yandex.net', 'https://api.tracker.yandex.com', os.environ['TRACKER_MOCK_URL']]:
    headers = {'Authorization': 'OAuth t', 'X-Org-ID': 'run'}
    user = json.load(u.urlopen(u.Request(place + '/v2/myself', headers=headers)))
    print(user['login'], user['self'] == place + '/v2/users/1900000001')
",
    );
    assert_eq!(text(&ran.stdout), "author True\n".repeat(3), "{}", text(&ran.stderr));
    assert!(text(&ran.stderr).starts_with("tracker-mock: 3 requests, "), "{}", text(&ran.stderr));
}

#[test]
fn the_command_finds_nothing_else() {
    if !namespaces() {
        return;
    }
    let ran = sealed(
        "
import errno, socket
for address in ['192.0.2.1', '8.8.8.8', '2001:db8::1']:
    try:
        socket.create_connection((address, 443))
    except OSError as error:
        print(errno.errorcode[error.errno])
for name in ['example.org', 'yandex.net']:
    try:
        socket.getaddrinfo(name, 443)
    except socket.gaierror:
        print(name)
print(socket.gethostbyname(socket.gethostname()), socket.if_nameindex())
",
    );
    let expected = "ENETUNREACH\nENETUNREACH\nENETUNREACH\nexample.org\nyandex.net\n127.0.0.1 [(1, 'lo')]\n";
    assert_eq!(text(&ran.stdout), expected, "{}", text(&ran.stderr));
}

#[test]
fn codes_signals_and_streams_are_those_of_the_command() {
    if !namespaces() {
        return;
    }
    for (script, expected) in [("exit 0", 0), ("exit 42", 42), ("kill -9 $$", 137), ("kill -15 $$", 143)] {
        assert_eq!(run(&["--sealed"], &["sh", "-c", script]).status.code(), Some(expected), "{script}");
    }
    let failed = run(&["--sealed"], &["/nothing/here"]);
    assert_eq!(failed.status.code(), Some(2));
    let said = text(&failed.stderr);
    assert!(said.starts_with("tracker-mock: cannot run /nothing/here: No such file or directory"), "{said}");

    let mut child = around(&["--sealed"], &["cat"]).stdin(Stdio::piped()).spawn().expect("it starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("piped"), b"in").expect("it reads");
    assert_eq!(text(&child.wait_with_output().expect("it ends").stdout), "in");

    let mut child = around(&["--sealed"], &["sh", "-c", "trap 'exit 7' TERM; echo ready; sleep 60 & wait"]);
    let mut child = child.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut line = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut().expect("piped"), &mut line).expect("it is ready");
    support::program::signal(child.id(), "TERM");
    assert_eq!(child.wait().expect("it ends").code(), Some(7));
}

/// Uploads the file of its argument to the real URL, twice if need be and then without its content, and notes how many
/// files the server has open, in the folder of its second argument.
const UPLOAD: &str = r#"
import os, pathlib, sys, urllib.error, urllib.request
path, notes = map(pathlib.Path, sys.argv[1:])
open_files = len(os.listdir(f"/proc/{os.getppid()}/fd"))
(notes / os.environ["TRACKER_MOCK_ORG"]).write_text(f"{open_files} {os.readlink('/proc/self/ns/net')}")
url = "https://api.tracker.yandex.net/v2/issues/JUNE-2/attachments/"
headers = {"Authorization": "OAuth t", "X-Org-ID": os.environ["TRACKER_MOCK_ORG"]}
headers["Content-Type"] = "multipart/form-data; boundary=b"
form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s\r\n--b--\r\n'
for content in [path.read_bytes(), b""]:
    try:
        urllib.request.urlopen(urllib.request.Request(url, form % (path.name.encode(), content), headers))
        break
    except urllib.error.HTTPError as error:
        if error.code != 503:
            raise
"#;

/// Runs an experiment on it, and gives that with the report and the notes by their worlds.
fn experiment(name: &str, options: &[&str], path: &str) -> (Output, Value, BTreeMap<String, (usize, String)>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sealed").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    let notes = folder.join("notes");
    std::fs::create_dir_all(&notes).expect("a folder");
    let report = folder.join("report.json");
    let [report, notes] = [&report, &notes].map(|path| path.to_str().expect("UTF-8"));
    let client = ["--", "python3", "-c", UPLOAD, path, notes];
    let ran = command(&[&[name, "--sealed", "--json", report], options, &client].concat(), &[]).output();
    let ran = ran.expect("it starts");
    let report = std::fs::read(report).unwrap_or_else(|error| panic!("{error}: {}", text(&ran.stderr)));
    let note = |note: std::io::Result<std::fs::DirEntry>| {
        let note = note.expect("an entry");
        let said = std::fs::read_to_string(note.path()).expect("a note");
        let (files, namespace) = said.split_once(' ').expect("two words");
        let world = note.file_name().into_string().expect("UTF-8");
        (world, (files.parse().expect("a number"), namespace.to_owned()))
    };
    let notes = std::fs::read_dir(notes).expect("a folder").map(note).collect();
    (ran, serde_json::from_slice(&report).expect("JSON"), notes)
}

#[test]
fn each_run_of_torture_is_sealed_by_itself() {
    if !namespaces() {
        return;
    }
    let only = ["503-once", "503-for-ever", "reset", "cut-answer"].map(|case| format!("--only=*/{case}"));
    let only: Vec<&str> = only.iter().map(String::as_str).collect();
    let (ran, report, notes) = experiment("torture", &[&["--jobs", "4"], &only[..]].concat(), file!());
    let verdict =
        |case: &Value| [&case["case"], &case["verdict"]].map(|text| text.as_str().expect("a text").to_owned());
    let verdicts: Vec<_> = report["cases"].as_array().expect("a list").iter().map(verdict).collect();
    let expected = [("503-once", "empty"), ("503-for-ever", "lost"), ("reset", "gave-up"), ("cut-answer", "ok")];
    let expected = expected.map(|(case, verdict)| [format!("upload_to_issue/{case}"), verdict.to_owned()]);
    assert_eq!(verdicts, expected, "{}", text(&ran.stdout));
    assert_eq!(ran.status.code(), Some(1));
    let worlds: Vec<&str> = notes.keys().map(String::as_str).collect();
    assert_eq!(worlds, ["case-1", "case-2", "case-3", "case-4", "plain-1", "plain-2"]);
    let own = std::fs::read_link("/proc/self/ns/net").expect("a namespace");
    assert!(notes.values().all(|(_, namespace)| Path::new(namespace) != own), "{notes:?}");
}

#[test]
fn nothing_is_left_of_the_runs_of_names() {
    if !namespaces() {
        return;
    }
    let (ran, report, notes) = experiment("names", &["--jobs", "1"], "{file}");
    let verdicts = report.as_array().expect("a list").iter().filter(|case| case["verdict"] == "exact");
    assert!(verdicts.count() > 50, "{}", text(&ran.stdout));
    let files = notes.values().map(|(files, _)| *files);
    let (least, most) = (files.clone().min(), files.max());
    assert_eq!(least, most, "{notes:?}");
}

/// The sockets are the server's own, with no relay between: what a fault does to a connection arrives.
#[test]
fn a_fault_reaches_the_connection() {
    if !namespaces() {
        return;
    }
    let faults = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("sealed-faults.json");
    std::fs::write(&faults, r#"{"rules": [{"do": {"connection": "reset"}}]}"#).expect("a file");
    let code = "
import http.client, ssl
client = http.client.HTTPSConnection('api.tracker.yandex.net')
client.request('GET', '/v2/myself', headers={'Authorization': 'OAuth t', 'X-Org-ID': 'run'})
try:
    client.getresponse()
except ConnectionResetError:
    print('reset')
";
    let ran = run(&["--sealed", "--faults", faults.to_str().expect("UTF-8")], &["python3", "-c", code]);
    assert_eq!(text(&ran.stdout), "reset\n", "{}", text(&ran.stderr));
}

#[test]
fn the_command_keeps_its_user() {
    if !namespaces() || !is_root() {
        return;
    }
    for user in ["0", "65534"] {
        let words = ["--clear-groups", "--reuid", user, "--regid", user, env!("CARGO_BIN_EXE_tracker-mock"), "run"];
        let mut program = Command::new("setpriv");
        program.args(words).args(["--sealed", "--", "sh", "-c", "id -u; id -g"]).env_remove("GITHUB_STEP_SUMMARY");
        let ran = program.output().expect("setpriv starts");
        assert_eq!(text(&ran.stdout), format!("{user}\n{user}\n"), "{}", text(&ran.stderr));
    }
}

#[test]
fn where_there_are_no_namespaces_that_is_said() {
    let without = |options: &[&str]| {
        let mut program = around(options, &["/bin/sh", "-c", "echo $HTTPS_PROXY"]);
        program.env("PATH", "/nothing").output().expect("it starts")
    };
    let refused = without(&["--sealed"]);
    let reason = "cannot run unshare: No such file or directory (os error 2)";
    let advice = "--sealed=prefer takes --https instead, or allow user namespaces";
    let expected = format!("tracker-mock: --sealed is not possible here: {reason}; {advice}\n");
    assert_eq!((refused.status.code(), text(&refused.stderr)), (Some(2), expected.clone()));
    assert_eq!(text(&refused.stdout), "");

    let instead = without(&["--sealed=prefer"]);
    let first = format!("tracker-mock: --sealed is not possible here: {reason}; --https is used instead\n");
    assert_eq!(instead.status.code(), Some(0));
    assert!(text(&instead.stderr).starts_with(&first), "{}", text(&instead.stderr));
    assert!(text(&instead.stdout).starts_with("http://127.0.0.1:"), "{}", text(&instead.stdout));

    for experiment in ["torture", "names"] {
        let words = ["--sealed", "--", "python3", "{file}"];
        let mut program = command(&[&[experiment], &words[..]].concat(), &[]);
        let refused = program.env("PATH", "/nothing").output().expect("it starts");
        let said = (refused.status.code(), text(&refused.stdout), text(&refused.stderr));
        assert_eq!(said, (Some(2), String::new(), expected.clone()), "{experiment}");
    }
}

#[test]
fn what_seals_nothing_is_refused() {
    for name in ["run", "torture", "names"] {
        let ran = support::program::run(&[name, "--sealed=0", "--", "true"], &[]);
        let said = "tracker-mock: invalid value '0' for '--sealed[=<WHEN>]' [possible values: always, prefer]\n";
        assert_eq!((ran.status.code(), text(&ran.stderr)), (Some(2), said.to_owned()), "{name}");
    }
}
