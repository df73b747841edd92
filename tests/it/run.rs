//! `tracker-mock run`: a server around one command.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;
use tracker_mock::FindingKind;

use crate::support;
use crate::support::program::{around, text};

/// Uploads `hello.txt` with the query `?{0}` and asks for `/v2/{path}` for each further argument.
const CLIENT: &str = r#"
import os, sys, urllib.request, urllib.error
def ask(path, body=None, **headers):
    headers.update({"Authorization": "OAuth t", "X-Org-ID": os.environ["TRACKER_MOCK_ORG"]})
    request = urllib.request.Request(os.environ["TRACKER_MOCK_URL"] + "/v2/" + path, body, headers)
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return error.code
form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="hello.txt"\r\n\r\nHello\r\n--b--\r\n'
ask("attachments/?" + sys.argv[1], form, **{"Content-Type": "multipart/form-data; boundary=b"})
for path in sys.argv[2:]:
    ask(path)
"#;

fn run(options: &[&str], command: &[&str]) -> Output {
    around(options, command).output().expect("it starts")
}

fn client(options: &[&str], arguments: &[&str]) -> Output {
    run(options, &[&["python3", "-c", CLIENT], arguments].concat())
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("run").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn file(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("UTF-8").to_owned()
}

#[test]
fn the_code_is_that_of_the_command() {
    for (script, expected) in [("exit 0", 0), ("exit 1", 1), ("exit 42", 42), ("kill -9 $$", 137), ("kill -15 $$", 143)]
    {
        assert_eq!(run(&[], &["sh", "-c", script]).status.code(), Some(expected), "{script}");
    }
}

#[test]
fn the_command_has_our_streams_alone() {
    let ran = run(&[], &["sh", "-c", "echo out; echo err >&2"]);
    assert_eq!(text(&ran.stdout), "out\n");
    let summary = "tracker-mock: 0 requests, 0 uploads, 0 faults fired, 0 deviations, 0 worlds\n";
    assert_eq!(text(&ran.stderr), format!("err\n{summary}"));

    let mut child = around(&[], &["cat"]).stdin(Stdio::piped()).spawn().expect("it starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("piped"), b"in").expect("it reads");
    assert_eq!(text(&child.wait_with_output().expect("it ends").stdout), "in");
}

#[test]
fn the_command_is_told_where_the_server_is() {
    let printed = "echo $TRACKER_MOCK_URL $TRACKER_MOCK_ORG $TRACKER_MOCK_TOKEN; echo $API $PLACE";
    let options = ["--env", "API={url}/v2?org={org}", "--env", "PLACE={host}|{port}|x"];
    let ran = run(&options, &["sh", "-c", printed]);
    let printed = text(&ran.stdout);
    let url = printed.split(' ').next().expect("a URL");
    let port = url.strip_prefix("http://127.0.0.1:").expect("on this machine");
    assert_eq!(printed, format!("{url} run any-token\n{url}/v2?org=run 127.0.0.1|{port}|x\n"));
    for (host, expected) in [("0.0.0.0", "http://127.0.0.1:"), ("::1", "http://[::1]:")] {
        let ran = run(&["--host", host], &["sh", "-c", "echo $TRACKER_MOCK_URL"]);
        assert!(text(&ran.stdout).starts_with(expected), "{}", text(&ran.stdout));
    }
}

#[test]
fn a_request_is_counted_and_answered() {
    let ran = client(&[], &["filename=a.txt", "myself"]);
    assert_eq!(ran.status.code(), Some(0));
    let summary = "tracker-mock: 2 requests, 1 upload, 0 faults fired, 0 deviations, 1 world\n";
    assert_eq!(text(&ran.stderr), summary);
}

#[test]
fn what_cannot_be_done_is_said_with_the_code_2() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let listen = format!("cannot listen on 127.0.0.1:{port}");
    let folder = folder("missing");
    let nothing = file(&folder, "nothing.json");
    let cases: [(&[&str], &[&str], &str); 8] = [
        (&["--port", &port], &["true"], &listen),
        (&[], &["/nothing/here"], "cannot run /nothing/here: No such file or directory"),
        (&[], &["/"], "cannot run /: Permission denied"),
        (&[], &[], "<COMMAND>..."),
        (&["--env", "A={b}"], &["true"], "there is no {b}; there are {url}, {host}, {port}, {org}, {ca} and {bundle}"),
        (&["--strict", "--allow", "retry-emty"], &["true"], "'retry-empty'"),
        (&["--faults", &nothing], &["true"], "nothing.json: No such file or directory"),
        (&["--state-in", &nothing], &["true"], "nothing.json: No such file or directory"),
    ];
    for (options, command, reason) in cases {
        let ran = run(options, command);
        assert_eq!(ran.status.code(), Some(2), "{reason}");
        assert_eq!(text(&ran.stdout), "", "{reason}");
        let said = text(&ran.stderr);
        assert!(said.contains(reason) && said.starts_with("tracker-mock: "), "{reason}: {said}");
    }
}

#[test]
fn strict_says_what_to_do_and_exits_with_3() {
    let ran = client(&["--strict"], &["filname=a.txt", "issues/JUNE-2/worklog"]);
    assert_eq!(ran.status.code(), Some(3));
    let expected = "\
tracker-mock: unknown-parameter: request 1, POST /v2/attachments/: The parameter \"filname\" is not documented for \
upload_temp_file and was ignored; did you mean \"filename\"?
tracker-mock: unknown-endpoint: request 2, GET /v2/issues/JUNE-2/worklog: GET /v2/issues/JUNE-2/worklog is not an \
endpoint that is emulated. The closest one is";
    let said = text(&ran.stderr);
    assert!(said.starts_with(expected), "{said}");
    assert!(said.ends_with("2 requests, 1 upload, 0 faults fired, 1 deviation, 1 world\n"), "{said}");

    let allowed = ["--strict", "--allow", "unknown-parameter", "--allow", "unknown-endpoint"];
    assert_eq!(client(&allowed, &["filname=a.txt", "issues/JUNE-2/worklog"]).status.code(), Some(0));
    assert_eq!(client(&[], &["filname=a.txt"]).status.code(), Some(0));
}

#[test]
fn the_code_of_the_command_comes_before_that_of_strict() {
    let script = format!("python3 -c '{}' filname=a; exit 9", CLIENT.replace('\'', "'\\''"));
    assert_eq!(run(&["--strict", "--fail-under", "50"], &["sh", "-c", &script]).status.code(), Some(9));
}

#[test]
fn faults_are_armed_and_must_fire() {
    let folder = folder("faults");
    let faults = file(&folder, "faults.json");
    std::fs::write(
        &faults,
        r#"{"rules": [{"name": "full", "match": {"operation": "upload_temp_file"}, "do": {"status": 507}}]}"#,
    )
    .expect("it can be written");
    let fired = client(&["--strict", "--faults", &faults], &[""]);
    assert_eq!(fired.status.code(), Some(0), "{}", text(&fired.stderr));
    assert!(text(&fired.stderr).contains("1 fault fired"));

    let idle = run(&["--strict", "--faults", &faults], &["true"]);
    assert_eq!(idle.status.code(), Some(3));
    let expected = "tracker-mock: fault-never-fired: the fault \"full\" never fired: no request matched it\n";
    assert!(text(&idle.stderr).starts_with(expected), "{}", text(&idle.stderr));

    std::fs::write(&faults, r#"{"rules": [{"do": {"status": 1000}}]}"#).expect("it can be written");
    let wrong = run(&["--faults", &faults], &["true"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("faults.json: rules[0].do.status"), "{}", text(&wrong.stderr));
}

#[test]
fn records_that_were_dropped_are_no_secret() {
    let ran = client(&["--strict", "--journal-records", "1"], &["", "myself", "myself"]);
    assert_eq!(ran.status.code(), Some(3));
    let said = text(&ran.stderr);
    assert!(said.contains("records-dropped: the journal dropped 2 requests of all worlds: raise --journal-records"));
    assert!(said.ends_with("and 2 requests that the journal dropped\n"), "{said}");
}

#[test]
fn without_a_journal_there_is_nothing_to_judge() {
    let said = "tracker-mock: --journal-records 0 turns the journal off, from which this command learns what its clients \
                did; leave the option out, and unset TRACKER_MOCK_JOURNAL_RECORDS\n";
    let off = [("TRACKER_MOCK_JOURNAL_RECORDS", "0")];
    for (words, variables) in [
        (&["run", "--journal-records", "0", "--", "echo"][..], &[][..]),
        (&["torture", "--journal-records", "0", "--", "echo"], &[]),
        (&["names", "--journal-records", "0", "--", "echo", "{file}"], &[]),
        (&["run", "--", "echo"], &off),
        (&["doctor", "--", "echo"], &off),
    ] {
        let ran = support::program::run(words, variables);
        assert_eq!(
            (ran.status.code(), text(&ran.stdout), text(&ran.stderr)),
            (Some(2), String::new(), said.to_owned())
        );
    }
}

/// Uploads with an unknown parameter, then does what its arguments say, as `METHOD PATH`, and uploads again.
const CLEARER: &str = r#"
import os, sys, urllib.request, urllib.error
URL = os.environ["TRACKER_MOCK_URL"]
def ask(method, path, body=None, **headers):
    if path.startswith("/v2/"):
        headers.update({"Authorization": "OAuth t", "X-Org-ID": "run", "Content-Type": "multipart/form-data; boundary=b"})
    try:
        return urllib.request.urlopen(urllib.request.Request(URL + path, body, headers, method=method)).read()
    except urllib.error.HTTPError as error:
        return error.read()
def upload(query, content, **headers):
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n%s\r\n--b--\r\n' % content
    ask("POST", "/v2/attachments/?" + query, form, **headers)
upload("filname=a", b"one")
upload("", b"two", Prefer="code=503")
for call in sys.argv[1:]:
    ask(*call.split())
while "idle" in os.environ and b'"run"' in ask("GET", "/_mock/worlds"):
    pass
upload("", b"another")
"#;

/// What a test clears is judged none the less, and a request after that is no retry of one before.
#[test]
fn worlds_that_are_reset_are_judged() {
    let unknown = "tracker-mock: unknown-parameter: request 1, POST /v2/attachments/: The parameter \"filname\" is not \
                   documented for upload_temp_file and was ignored; did you mean \"filename\"?\n";
    let advice = "tracker-mock: --strict found the above; --allow KIND lets a kind of it pass\n";
    let folder = folder("cleared");
    let har = file(&folder, "a.har");
    for way in [
        "POST /_mock/reset?org=run",
        "POST /_mock/reset?all=true",
        "POST /_mock/reset?org=run&keep=state",
        "DELETE /_mock/worlds/run",
        "DELETE /_mock/requests?all=true",
        "DELETE /_mock/requests?org=run",
        "idle",
    ] {
        let idle = ["--world-idle", "1ms"];
        let options = [&["--strict", "--har", &har][..], if way == "idle" { &idle[..] } else { &[] }].concat();
        let words = if way == "idle" { vec![] } else { vec![way] };
        let mut program = around(&options, &[&["python3", "-c", CLEARER], &words[..]].concat());
        if way == "idle" {
            program.env("idle", "yes");
        }
        let ran = program.output().expect("it starts");
        let summary = "tracker-mock: 3 requests, 3 uploads, 1 fault fired, 1 deviation, 1 world\n";
        assert_eq!(text(&ran.stderr), format!("{unknown}{advice}{summary}"), "{way}");
        assert_eq!(ran.status.code(), Some(3), "{way}");
        let archive: Value = serde_json::from_slice(&std::fs::read(&har).expect("written")).expect("JSON");
        let statuses: Vec<_> = archive["log"]["entries"].as_array().expect("a list").iter().collect();
        let statuses: Vec<_> = statuses.iter().map(|entry| entry["response"]["status"].as_u64()).collect();
        assert_eq!(statuses, [Some(201), Some(503), Some(201)], "{way}");
    }
}

/// A request that a reset overtakes is of no world that there is now, but of the run.
#[test]
fn a_request_in_flight_while_its_world_is_reset_is_judged() {
    let folder = folder("overtaken");
    let faults = file(&folder, "faults.json");
    std::fs::write(&faults, r#"{"rules": [{"name": "slow", "do": {"delay": "60s"}}]}"#).expect("it can be written");
    let client = r#"
import json, os, threading, urllib.request
URL = os.environ["TRACKER_MOCK_URL"]
def ask(method, path, **headers):
    return urllib.request.urlopen(urllib.request.Request(URL + path, headers=headers, method=method)).read()
me = {"Authorization": "OAuth t", "X-Org-ID": "run"}
slow = threading.Thread(target=lambda: ask("GET", "/v2/myself?filname=a", **me))
slow.start()
while not json.loads(ask("GET", "/_mock/faults?org=run"))["rules"][0]["matched"]:
    pass
ask("POST", "/_mock/reset?org=run")
slow.join()
"#;
    let ran = run(&["--strict", "--faults", &faults, "--allow", "fault-never-fired"], &["python3", "-c", client]);
    let said = text(&ran.stderr);
    assert!(said.starts_with("tracker-mock: unknown-parameter: request 1, GET /v2/myself: "), "{said}");
    assert!(said.ends_with("tracker-mock: 1 request, 0 uploads, 1 fault fired, 1 deviation, 1 world\n"), "{said}");
    assert_eq!(ran.status.code(), Some(3));
}

#[test]
fn requests_that_were_cleared_did_arrive() {
    let words =
        ["doctor", "--", "python3", "-c", CLEARER, "DELETE /_mock/requests?all=true", "DELETE /_mock/worlds/run"];
    let ran = support::program::run(&words, &[]);
    let said = text(&ran.stdout);
    assert!(said.contains("Requests arrived:\n  3 by the address of the server"), "{said}");
    assert_eq!(ran.status.code(), Some(0));
}

#[test]
fn a_rule_that_a_reset_ends_must_have_fired() {
    let folder = folder("ended");
    let faults = file(&folder, "faults.json");
    let rules = r#"{"rules": [{"name": "full", "match": {"operation": "get_myself"}, "do": {"status": 507}}]}"#;
    std::fs::write(&faults, rules).expect("it can be written");
    let options = ["--strict", "--faults", &faults, "--allow", "unknown-parameter"];
    for way in ["POST /_mock/reset?org=run", "DELETE /_mock/worlds/run"] {
        let ran = run(&options, &["python3", "-c", CLEARER, way]);
        let expected = "tracker-mock: fault-never-fired: the fault \"full\" never fired: no request matched it\n";
        assert!(text(&ran.stderr).starts_with(expected), "{}", text(&ran.stderr));
        assert_eq!(ran.status.code(), Some(3), "{way}");
    }
    // Whoever disarms it wanted that.
    let ways = ["DELETE /_mock/faults?org=run", "DELETE /_mock/requests?org=run"];
    let ran = run(&options, &[&["python3", "-c", CLEARER], &ways[..]].concat());
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
}

/// What was cleared has no room of its own: it makes way for what is there, and that is said.
#[test]
fn what_was_cleared_is_bounded() {
    let options = ["--strict", "--journal-records", "1"];
    let ran = run(&options, &["python3", "-c", CLEARER, "POST /_mock/reset?all=true"]);
    let expected = "\
tracker-mock: records-dropped: the journal dropped 2 requests of all worlds: raise --journal-records
tracker-mock: --strict found the above; --allow KIND lets a kind of it pass
tracker-mock: 1 request, 1 upload, 0 faults fired, 0 deviations, 1 world, and 2 requests that the journal dropped
";
    assert_eq!((ran.status.code(), text(&ran.stderr)), (Some(3), expected.to_owned()));
    let ran = run(&["--journal-records", "2"], &["python3", "-c", CLEARER]);
    assert!(text(&ran.stderr).ends_with(", and 1 request that the journal dropped\n"), "{}", text(&ran.stderr));
}

/// Commands within a run ask its server, whatever host and port say.
#[test]
fn commands_in_a_run_find_its_server() {
    let script = "\"$0\" healthcheck && \"$0\" coverage --operation get_myself && \"$0\" env && echo $TRACKER_MOCK_URL";
    let mut program = around(&[], &["sh", "-c", script, env!("CARGO_BIN_EXE_tracker-mock")]);
    let ran = program.env("TRACKER_MOCK_HOST", "localhost").output().expect("it starts");
    let printed = text(&ran.stdout);
    let url = printed.lines().last().expect("a line");
    assert!(printed.contains(&format!("export TRACKER_MOCK_URL='{url}'\n")), "{printed} {}", text(&ran.stderr));
    assert!(printed.contains("0.0 % (0 of 4)\n"), "{printed}");
    assert_eq!(ran.status.code(), Some(0));
}

#[test]
fn the_command_gets_a_token_and_an_organisation_that_the_server_takes() {
    let client = "import os, urllib.request as u\n\
                  org, token = os.environ['TRACKER_MOCK_ORG'], os.environ['TRACKER_MOCK_TOKEN']\n\
                  r = u.Request(os.environ['TRACKER_MOCK_URL'] + '/v2/myself', headers={'Authorization': 'OAuth ' + token, 'X-Org-ID': org})\n\
                  print(org, u.urlopen(r).status)";
    for (options, expected) in [
        (&["--require-known-token"][..], "run 200\n"),
        (&["--require-known-token", "--known-orgs", "one,two"], "one 200\n"),
        (&["--known-orgs", "one,run"], "run 200\n"),
    ] {
        let ran = run(options, &["python3", "-c", client]);
        assert_eq!((text(&ran.stdout), ran.status.code()), (expected.to_owned(), Some(0)), "{}", text(&ran.stderr));
    }
    let folder = folder("no-token");
    let fixtures = file(&folder, "fixtures.json");
    let user = r#"{"users": [{"login": "anna", "uid": 1001, "firstName": "Anna", "lastName": "P", "email": "a@b.c", "cloudUid": "c", "passportUid": 1}]}"#;
    std::fs::write(&fixtures, user).expect("it can be written");
    let ran = run(&["--require-known-token", "--fixtures", &fixtures], &["echo"]);
    let said = "tracker-mock: --require-known-token: no user of the fixtures has a token that the command could use; give \
                one of them `tokens`\n";
    assert_eq!((ran.status.code(), text(&ran.stdout), text(&ran.stderr)), (Some(2), String::new(), said.to_owned()));
}

#[test]
fn too_little_coverage_exits_with_1() {
    let ran = run(&["--fail-under", "10"], &["true"]);
    assert_eq!(ran.status.code(), Some(1));
    assert!(
        text(&ran.stderr).starts_with("tracker-mock: 0.0 % was reached, less than 10 %\n"),
        "{}",
        text(&ran.stderr)
    );
    assert_eq!(run(&["--fail-under", "0"], &["true"]).status.code(), Some(0));
}

#[test]
fn a_world_is_loaded_and_saved() {
    let folder = folder("state");
    let (first, second) = (file(&folder, "first.json"), file(&folder, "second.json"));
    assert_eq!(client(&["--state-out", &first], &["filename=kept.txt"]).status.code(), Some(0));
    assert_eq!(run(&["--state-in", &first, "--state-out", &second], &["true"]).status.code(), Some(0));
    let (first, second) = (std::fs::read(first).expect("written"), std::fs::read(second).expect("written"));
    assert!(text(&first).contains("kept.txt"));
    assert!(first == second);
}

#[test]
fn reports_are_written_where_ci_reads_them() {
    let folder = folder("reports");
    let (junit, markdown, summary) = (file(&folder, "j.xml"), file(&folder, "m.md"), file(&folder, "s.md"));
    let har = file(&folder, "a.har");
    std::fs::write(&summary, "# Before\n").expect("it can be written");
    let options = ["--strict", "--junit", &junit, "--markdown", &markdown, "--har", &har];
    let mut program = around(&options, &["python3", "-c", CLIENT, "filname=a.txt"]);
    assert_eq!(program.env("GITHUB_STEP_SUMMARY", &summary).status().expect("it starts").code(), Some(3));

    let read = |file: &str| std::fs::read_to_string(file).expect("it is written");
    let message =
        "The parameter \"filname\" is not documented for upload_temp_file and was ignored; did you mean \"filename\"?";
    let xml = read(&junit);
    let failure =
        format!("<failure message=\"request 1, POST /v2/attachments/: {}\"/>", message.replace('"', "&quot;"));
    assert!(xml.contains("<testsuite name=\"strict\" tests=\"1\" failures=\"1\""), "{xml}");
    assert!(xml.contains(&failure), "{xml}");
    let found = read(&markdown);
    let lines: Vec<&str> = found.lines().collect();
    assert_eq!(lines[0], "### Strict: 1 found");
    let escaped = message.replace("upload_temp_file", "upload\\_temp\\_file").replace('!', "\\!");
    assert_eq!(lines[2], format!("- **unknown-parameter**: request 1, POST /v2/attachments/: {escaped}"));
    assert!(found.contains("\n| `upload_temp_file` | "), "{found}");
    assert_eq!(read(&summary), format!("# Before\n{found}"));
    let archive: Value = serde_json::from_str(&read(&har)).expect("JSON");
    assert_eq!(archive["log"]["entries"][0]["request"]["queryString"][0]["name"], "filname");
}

#[test]
fn signals_reach_the_command_and_what_it_started() {
    for (signal, expected) in [("INT", 50), ("TERM", 51), ("HUP", 52), ("USR1", 53)] {
        // The command says when it listens, and its code is what it makes of the signal.
        let script = "trap 'exit 50' INT; trap 'exit 51' TERM; trap 'exit 52' HUP; trap 'exit 53' USR1; echo on; \
                      while :; do sleep 0.05; done";
        let mut program = around(&[], &["sh", "-c", script]);
        let mut child = program.stderr(Stdio::null()).spawn().expect("it starts");
        let mut ready = [0; 3];
        std::io::Read::read_exact(child.stdout.as_mut().expect("piped"), &mut ready).expect("it says so");
        support::program::signal(child.id(), signal);
        assert_eq!(child.wait().expect("it ends").code(), Some(expected), "{signal}");
    }
}

#[test]
fn a_command_that_leaves_processes_behind_has_ended() {
    let mut child =
        around(&[], &["sh", "-c", "sleep 600 & echo $!; exit 4"]).stderr(Stdio::null()).spawn().expect("it starts");
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.take().expect("piped"));
    std::io::BufRead::read_line(&mut stdout, &mut line).expect("a line");
    let status = child.wait().expect("it ends");
    assert_eq!((status.code(), status.signal()), (Some(4), None));
    support::program::signal(line.trim().parse().expect("an id"), "TERM");
}

#[test]
fn a_hundred_run_side_by_side() {
    let start = |number: usize| {
        let number = number.to_string();
        let script = "echo $0 $TRACKER_MOCK_URL";
        around(&[], &["sh", "-c", script, &number]).stderr(Stdio::null()).spawn().expect("it starts")
    };
    let children: Vec<_> = (0..100).map(start).collect();
    for (number, child) in children.into_iter().enumerate() {
        let ran = child.wait_with_output().expect("it ends");
        assert_eq!(ran.status.code(), Some(0));
        assert!(text(&ran.stdout).starts_with(&format!("{number} http://127.0.0.1:")), "{}", text(&ran.stdout));
    }
}

#[test]
fn every_kind_of_finding_has_its_name() {
    let schemas = tracker_mock::openapi()["components"]["schemas"].clone();
    let expected = schemas["FindingKind"]["oneOf"].as_array().expect("names");
    let expected: Vec<_> = expected.iter().map(|name| name["const"].as_str().expect("a name")).collect();
    assert_eq!(FindingKind::NAMES, expected);
    for name in FindingKind::NAMES {
        let kind: FindingKind = name.parse().expect("a kind");
        assert_eq!(serde_json::to_value(kind).expect("JSON"), Value::from(*name));
    }
}

/// Options of its own have no variable, as those of a server do.
#[test]
fn the_options_of_the_page_are_those_of_the_program() {
    let help = text(&run(&["--help"], &[]).stdout);
    let options = help.split("\n      --").skip(1).filter(|option| !option.contains("[env: "));
    let of_program: BTreeSet<_> = options.filter_map(|option| option.split([' ', ',', '\n', '[']).next()).collect();
    let rows = include_str!("../../docs/run.md").lines().filter(|line| line.starts_with("| `--"));
    let cells = rows.filter_map(|line| line.split('|').nth(1));
    let words = cells.flat_map(|cell| cell.split(['`', ' ', ',', '='])).filter_map(|word| word.strip_prefix("--"));
    let of_page: BTreeSet<_> = words.chain(["env"]).collect();
    assert_eq!(of_page, of_program);
}
