//! `tracker-mock torture`: what a client makes of everything that can happen to its uploads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::support;
use crate::support::program::text;

/// Uploads a file and attaches it: patiently, with a new body for each attempt, and it looks before it attaches again.
const GOOD: &str = r#"
import json, os, sys, time, urllib.error, urllib.request
URL = os.environ["TRACKER_MOCK_URL"] + "/v2/"
HEADERS = {"Authorization": "OAuth t", "X-Org-ID": os.environ["TRACKER_MOCK_ORG"]}
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nHello, Tracker!\r\n--b--\r\n'
PLACE = "entities/project/4/attachments"

def once(method, path, body=None, headers={}):
    request = urllib.request.Request(URL + path, body, {**HEADERS, **headers}, method=method)
    with urllib.request.urlopen(request, timeout=3) as answer:
        return json.load(answer)

def patiently(*call, is_done=lambda: None):
    pause = 0.05
    for attempt in range(4):
        try:
            return once(*call)
        except urllib.error.HTTPError as error:
            if error.code not in (409, 412, 429) and error.code < 500:
                raise
            pause = max(pause, float(error.headers.get("Retry-After", 0)))
        except Exception:
            pass
        time.sleep(pause)
        pause *= 2
        if is_done():
            return
    sys.exit("It did not work.")

id = patiently("POST", "attachments/", FORM, {"Content-Type": "multipart/form-data; boundary=b"})["id"]
is_there = lambda: any(file["id"] == id for file in patiently("GET", PLACE))
patiently("POST", f"{PLACE}/{id}", b"", is_done=is_there)
"#;

/// Uploads a file as careless clients do. Which mistake it makes is its argument.
const BAD: &str = r#"
import http.client, io, os, sys, urllib.parse
mistake = sys.argv[1]
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n%s\r\n--b--\r\n'
HEADERS = {"Authorization": "OAuth t", "X-Org-ID": os.environ["TRACKER_MOCK_ORG"],
           "Content-Type": "multipart/form-data; boundary=b"}
content = io.BytesIO(b"Hello, Tracker!")

def send():
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(os.environ["TRACKER_MOCK_URL"]).netloc, timeout=None if mistake == "waits" else 2)
    connection.request("POST", "/v2/issues/JUNE-2/attachments/", FORM % content.read(), HEADERS)
    return connection.getresponse().status

for attempt in range(11 if mistake == "insists" else 5):
    try:
        status = send()
    except Exception:
        status = 500
    if status < 300 or mistake in ("hides", "despairs"):
        break
    if mistake != "forgets to rewind":
        content.seek(1 if mistake == "cuts" else 0)
sys.exit(status >= 300 and mistake != "hides")
"#;

/// Asks for a path of the API, or sends a form there.
const ASK: &str = r#"
import os, urllib.request
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%d"\r\n\r\nHello\r\n--b--\r\n'
def ask(path, body=None):
    headers = {"Authorization": "OAuth t", "X-Org-ID": os.environ["TRACKER_MOCK_ORG"]}
    headers["Content-Type"] = "multipart/form-data; boundary=b"
    urllib.request.urlopen(urllib.request.Request(os.environ["TRACKER_MOCK_URL"] + "/v2/" + path, body, headers))
"#;

fn torture(name: &str, options: &[&str], command: &[&str]) -> (Output, PathBuf) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("torture").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let json = folder.join("cases.json");
    let words = [&["torture", "--json", json.to_str().expect("UTF-8")], options, &["--"], command].concat();
    let ran = support::program::command(&words, &[]).current_dir(&folder).output().expect("it starts");
    (ran, folder)
}

fn findings(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("cases.json")).expect("written")).expect("JSON")
}

/// The verdicts by their cases.
fn verdicts(folder: &Path) -> BTreeMap<String, String> {
    let findings = findings(folder);
    let verdict = |case: &Value| {
        let member = |name: &str| case[name].as_str().expect("a text").to_owned();
        (member("case"), member("verdict"))
    };
    findings["cases"].as_array().expect("a list").iter().map(verdict).collect()
}

#[test]
fn a_good_client_comes_out_clean() {
    let (ran, folder) = torture("good", &["--jobs", "8", "--tolerate", "ok"], &["python3", "-c", GOOD]);
    let verdicts = verdicts(&folder);
    let bad: Vec<_> = verdicts.iter().filter(|(_, verdict)| *verdict != "ok").collect();
    assert_eq!(bad, Vec::<(&String, &String)>::new(), "{}", text(&ran.stdout));
    assert_eq!(verdicts.len(), 35);
    assert_eq!(ran.status.code(), Some(0));
    let told = text(&ran.stdout);
    let first = "Without faults: 2 requests, and stored was \"a.txt\" with 15 bytes on project 4.\n";
    assert!(told.starts_with(first), "{told}");
    assert!(told.ends_with("\n35 cases: 35 ok\n"), "{told}");
}

/// Compares the verdicts on a careless client.
fn is_found(mistake: &str, expected: &[(&str, &str)]) {
    let only: Vec<String> = expected.iter().map(|(case, _)| format!("--only=*/{case}")).collect();
    let options: Vec<&str> = ["--jobs=8"].into_iter().chain(only.iter().map(String::as_str)).collect();
    let (ran, folder) = torture(mistake, &options, &["python3", "-c", BAD, mistake]);
    let expected = expected.iter().map(|(case, verdict)| (format!("upload_to_issue/{case}"), (*verdict).to_owned()));
    assert_eq!(verdicts(&folder), expected.collect(), "{mistake}: {}", text(&ran.stdout));
    assert_eq!(ran.status.code(), Some(1), "{mistake}");
}

#[test]
fn a_client_that_forgets_to_rewind_stores_empty_files() {
    let expected = [
        ("503-once", "empty"),
        ("503-twice", "empty"),
        ("503-within-file", "empty"),
        ("close-after-commit", "twice"),
        ("413-while-sending", "hammered"),
    ];
    is_found("forgets to rewind", &expected);
}

#[test]
fn a_client_that_sends_the_rest_stores_cut_files() {
    is_found("cuts", &[("503-once", "cut"), ("reset-within-file", "cut"), ("429-retry-after", "cut")]);
}

#[test]
fn a_client_that_asks_again_before_it_may_is_told() {
    is_found("rewinds", &[("429-retry-after", "hammered"), ("413-while-sending", "hammered")]);
}

/// Whether attempts are too many does not depend on how fast they come.
#[test]
fn a_client_that_tries_eleven_times_is_told() {
    is_found("insists", &[("503-for-ever", "hammered"), ("503-once", "ok"), ("503-twice", "ok")]);
    let (ran, folder) = torture("five", &["--only=*/503-for-ever"], &["python3", "-c", BAD, "rewinds"]);
    assert_eq!(findings(&folder)["cases"][0]["verdict"], "ok", "{}", text(&ran.stdout));
}

#[test]
fn a_client_that_hides_failures_loses_files() {
    is_found("hides", &[("503-once", "lost"), ("503-for-ever", "lost"), ("504-after-commit", "ok")]);
}

#[test]
fn a_client_that_tries_once_gives_up_or_lies() {
    let expected = [
        ("503-once", "gave-up"),
        ("503-for-ever", "ok"),
        ("413-while-sending", "ok"),
        ("504-after-commit", "lied"),
        ("cut-answer", "ok"),
        ("429-retry-after", "gave-up"),
    ];
    is_found("despairs", &expected);
}

#[test]
fn a_client_that_waits_for_ever_hangs() {
    let (ran, folder) = torture("waits", &["--patience=5s", "--only=*/stall"], &["python3", "-c", BAD, "waits"]);
    let expected = ("upload_to_issue/stall".to_owned(), "hung".to_owned());
    assert_eq!(verdicts(&folder), BTreeMap::from([expected]));
    assert!(text(&ran.stdout).contains("hung  it was still running after 5 s\n"), "{}", text(&ran.stdout));
}

#[test]
fn a_verdict_has_its_proof() {
    let case = "upload_to_issue/503-once";
    let (ran, folder) = torture("proof", &["--only", case], &["python3", "-c", BAD, "forgets to rewind"]);
    let findings = findings(&folder);
    let [case] = &findings["cases"].as_array().expect("a list")[..] else { panic!("{findings}") };
    let attempts: Vec<_> = case["attempts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| json!([one["status"], one["faulted"], one["bytes"]]))
        .collect();
    assert_eq!(attempts, [json!([503, true, 15]), json!([201, false, 0])]);
    let shown = text(&ran.stdout);
    assert!(shown.contains("exit code 0: \"a.txt\" has 0 of 15 bytes on issue JUNE-2\n"), "{shown}");
}

#[test]
fn the_files_say_the_same() {
    let options = ["--only", "*/503-once", "--only", "*/413*", "--junit", "j.xml", "--markdown", "m.md"];
    let (ran, folder) = torture("files", &options, &["python3", "-c", BAD, "forgets to rewind"]);
    assert_eq!(ran.status.code(), Some(1));
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("written");
    insta::assert_snapshot!("torture_markdown", read("m.md"));
    let junit = read("j.xml");
    assert!(junit.contains("tests=\"2\" failures=\"2\""), "{junit}");
    assert!(junit.contains("name=\"upload_to_issue/503-once\"><failure message=\"empty: exit code 0: "), "{junit}");
}

#[test]
fn what_cannot_be_judged_is_said() {
    for (name, options, script, expected) in [
        ("fails", &[][..], "raise SystemExit(3)", "the command sent no request to an organisation of this server"),
        ("silent", &[], "pass", "the command sent no request to an organisation of this server"),
        (
            "reads",
            &[],
            &format!("{ASK}\nask('myself')"),
            "the command uploaded and attached nothing, so there is nothing",
        ),
        (
            "differs",
            &[],
            &format!("{ASK}\nask('attachments/', FORM % os.getpid())"),
            "two runs without faults differ, so",
        ),
    ] {
        let (ran, _) = torture(name, options, &["python3", "-c", script]);
        let (code, told) = (ran.status.code(), text(&ran.stderr));
        assert_eq!(code, Some(2), "{name}: {told}");
        assert!(told.starts_with(&format!("tracker-mock: {expected}")), "{name}: {told}");
    }
    let (ran, _) = torture("none", &["--only", "nothing"], &["python3", "-c", GOOD]);
    assert_eq!(text(&ran.stderr), "tracker-mock: --only leaves no case; --list prints their names\n");
}

#[test]
fn cases_are_listed() {
    let (ran, _) = torture("list", &["--list", "--only", "attach_file/*"], &["python3", "-c", GOOD]);
    let listed = text(&ran.stdout);
    assert_eq!(listed.lines().count(), 16, "{listed}");
    assert!(listed.starts_with("attach_file/503-once\nattach_file/503-twice\n"), "{listed}");
}

#[test]
fn a_client_has_an_organisation_and_a_token_that_the_server_takes() {
    let client = GOOD.replace("OAuth t\"", "OAuth \" + os.environ[\"TRACKER_MOCK_TOKEN\"]");
    assert_ne!(client, GOOD);
    let options = ["--require-known-token", "--known-orgs=one,two", "--only=*/503-once", "--only=*/reset"];
    let (ran, folder) = torture("known", &options, &["python3", "-c", &client]);
    let verdicts = verdicts(&folder);
    assert_eq!(verdicts.len(), 4);
    assert!(verdicts.values().all(|verdict| verdict == "ok"), "{} {verdicts:?}", text(&ran.stderr));
}

#[test]
fn a_client_with_an_organisation_of_its_own_is_judged_too() {
    let client = GOOD.replace("os.environ[\"TRACKER_MOCK_ORG\"]", "\"its-own\"");
    let (ran, folder) = torture("own", &["--only", "*/503-once"], &["python3", "-c", &client]);
    let expected = [("attach_file/503-once", "ok"), ("upload_temp_file/503-once", "ok")];
    let expected = expected.map(|(case, verdict)| (case.to_owned(), verdict.to_owned()));
    assert_eq!(verdicts(&folder), BTreeMap::from(expected), "{}", text(&ran.stderr));
}
