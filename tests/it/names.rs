//! `tracker-mock names`: what a client makes of awkward names.

use std::collections::BTreeMap;
use std::process::Output;

use serde_json::Value;

use crate::support::{self, Folder};

/// Uploads the file of its second argument, under its name. Its first argument says how it writes that.
const CLIENT: &str = r#"
import os, sys, urllib.parse, urllib.request
how, path = sys.argv[1:]
name = os.path.basename(path)
content = open(path, "rb").read()
quoted = name.replace("\\", "\\\\").replace('"', '\\"')
parameter = {
    "raw": f'filename="{quoted}"',
    "percent": f'filename="{urllib.parse.quote(name)}"',
    "extended": f"filename*=UTF-8''{urllib.parse.quote(name)}",
    "ascii": 'filename="%s"' % quoted.encode("ascii", "replace").decode(),
    "query": f'filename="a"',
    "always the same": f'filename="{quoted}"',
}[how]
query = "?filename=" + urllib.parse.quote(name) if how == "query" else ""
if how == "always the same":
    content = b"the same"
head = f'--b\r\nContent-Disposition: form-data; name="file"; {parameter}\r\n\r\n'
form = head.encode() + content + b"\r\n--b--\r\n"
headers = {"Authorization": "OAuth t", "X-Org-ID": os.environ["TRACKER_MOCK_ORG"]}
headers["Content-Type"] = "multipart/form-data; boundary=b"
url = os.environ["TRACKER_MOCK_URL"] + "/v2/issues/JUNE-2/attachments/" + query
urllib.request.urlopen(urllib.request.Request(url, form, headers))
"#;

/// Runs it, and gives the findings by their cases.
fn names(how: &str, options: &[&str]) -> (Output, BTreeMap<String, Value>) {
    let folder = Folder::new();
    let file = folder.path().join("findings.json");
    let written = ["names", "--jobs", "4", "--json", file.to_str().expect("UTF-8")];
    let words = [&written, options, &["--", "python3", "-c", CLIENT, how, "{file}"]].concat();
    let ran = support::program::command(&words, &[]).output().expect("it starts");
    let findings: Vec<Value> = serde_json::from_slice(&std::fs::read(file).expect("written")).expect("JSON");
    let findings = findings.into_iter().map(|one| (one["case"].as_str().expect("a text").to_owned(), one));
    (ran, findings.collect())
}

/// A file system may have the longest name, or not.
const LONGEST: &str = "255-characters";

#[test]
fn most_names_arrive_as_they_are() {
    let slashes = ["--only", "backslash*", "--only", "percent*", "--only", LONGEST];
    for (how, options, refused, changed, code) in [
        (
            "raw",
            &[][..],
            &["backslash-at-end", "carriage-return", "line-break", "tab"][..],
            &["backslash", "backslash-quote", "percent-quote"][..],
            1,
        ),
        ("extended", &slashes, &["backslash-at-end"], &["backslash", "backslash-quote"], 1),
        ("query", &slashes, &["backslash", "backslash-at-end", "backslash-quote"], &[], 0),
    ] {
        let (ran, findings) = names(how, options);
        let of = |verdict: &str| {
            let cases = findings.iter().filter(|(case, one)| *case != LONGEST && one["verdict"] == verdict);
            cases.map(|(case, _)| case.as_str()).collect::<Vec<_>>()
        };
        assert_eq!((of("refused"), of("changed")), (refused.to_vec(), changed.to_vec()), "{how}");
        assert_eq!(of("exact").len() + refused.len() + changed.len() + 1, findings.len(), "{how}");
        assert_eq!(ran.status.code(), Some(code), "{how}");
    }
}

#[test]
fn a_refused_name_comes_with_what_the_server_says_about_it() {
    let (ran, findings) = names("query", &["--only", "tab", "--tolerate", "exact"]);
    let told = "\"a\\tb.txt\" was sent in the query; exit code 1, answered 400: The file name contains the control character \
                U+0009.";
    assert_eq!(findings["tab"]["why"], told);
    assert_eq!(ran.status.code(), Some(1));
}

#[test]
fn names_that_are_changed_are_told_with_how_they_were_sent() {
    for (how, encoding, stored, verdict) in [
        ("raw", "raw", "отчёт.pdf", "exact"),
        ("percent", "percent encoded", "%D0%BE%D1%82%D1%87%D1%91%D1%82.pdf", "changed"),
        ("extended", "as filename*", "отчёт.pdf", "exact"),
        ("ascii", "with other characters in place of some", "?????.pdf", "changed"),
        ("query", "in the query", "отчёт.pdf", "exact"),
        ("always the same", "raw", "отчёт.pdf", "wrong-file"),
    ] {
        let (ran, findings) = names(how, &["--only", "cyrillic"]);
        let finding = &findings["cyrillic"];
        let told = String::from_utf8(ran.stdout).expect("UTF-8");
        let found = ["encoding", "stored", "verdict"].map(|member| finding[member].as_str().expect("a text"));
        assert_eq!(found, [encoding, stored, verdict], "{how}: {told}");
        assert_eq!(ran.status.code(), Some(i32::from(verdict != "exact")), "{how}");
    }
}

#[test]
fn it_says_what_to_write() {
    let ran = support::program::run(&["names", "--", "true"], &[]);
    let told = "tracker-mock: write {file} where the command takes the path of a file, as in: -- upload {file}\n";
    assert_eq!((ran.status.code(), String::from_utf8(ran.stderr).expect("UTF-8").as_str()), (Some(2), told));
}
