//! The program itself: what it prints and where, what its options do, how it starts, stops and refuses to start.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::program::{Process, Program, command, health, run, signal, with_option};
use crate::support::socket::{Connection, Framing, bare_head, form_type, head, own_loopback, until_refused, upload};
use crate::support::{Form, ORG};

/// A file for this test alone.
fn file(name: &str, content: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("a writable folder");
    path
}

#[tokio::test]
async fn the_first_line_says_where_it_listens_and_it_does() {
    let program = Program::start(&["--port", "0"], &[]);
    assert_eq!(program.ready, format!("tracker-mock listening on http://127.0.0.1:{}\n", program.address.port()));
    assert_ne!(program.address.port(), 0);
    assert_eq!(program.exchange(&health()).await.status, StatusCode::OK);
    program.stop("TERM").assert_clean();
}

#[tokio::test]
async fn the_host_is_what_it_listens_on() {
    with_option("host", Some("0.0.0.0"), async |program| {
        assert_eq!(program.ready, format!("tracker-mock listening on http://0.0.0.0:{}\n", program.address.port()));
        let mut connection = Connection::open((Ipv4Addr::LOCALHOST, program.address.port()).into()).await;
        assert_eq!(connection.exchange(&health()).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn fixtures_replace_the_embedded_world() {
    let path = file(
        "fixtures-option.json",
        r#"{"users": [{"login": "solo", "uid": 7, "firstName": "Only", "lastName": "One", "email": "solo@example.com",
            "cloudUid": "cloud-7", "passportUid": 8}]}"#,
    );
    with_option("fixtures", path.to_str(), async |program| {
        let body = program.upload(&Form::file("a.txt", b"text")).await.json();
        assert_eq!(body["createdBy"]["display"], "Only One");
        assert_eq!(body["id"], "1");
    })
    .await;
}

#[tokio::test]
async fn the_public_url_stands_in_answers() {
    with_option("public-url", Some("https://tracker.example.com/mock/"), async |program| {
        let body = program.upload(&Form::file("a.txt", b"text")).await.json();
        let own = body["self"].as_str().unwrap_or_default();
        assert!(own.starts_with("https://tracker.example.com/mock/v2/attachments/"), "{body}");
    })
    .await;
}

#[tokio::test]
async fn the_origins_of_web_pages_and_more_hosts_are_options() {
    let call = |headers: &[(&str, &str)]| bare_head("POST /_mock/reset?all=true HTTP/1.1", headers);
    with_option("cors-origin", Some("http://localhost:3000/,HTTPS://Pages.Example"), async |program| {
        for (origin, status) in
            [("http://localhost:3000", 204), ("https://pages.example", 204), ("http://localhost:3001", 403)]
        {
            let answer = program.exchange(&call(&[("Origin", origin)])).await;
            assert_eq!(answer.status, status, "{origin}");
            let allowed = (status == 204).then_some(origin);
            assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin}");
        }
    })
    .await;
    let address = "Host: tracker.test\r\n";
    let under = |host: &str| String::from_utf8(call(&[])).expect("text").replace(address, &format!("Host: {host}\r\n"));
    with_option("allowed-hosts", Some("mock.example.org,.lan.example"), async |program| {
        for (host, status) in [("mock.example.org", 204), ("a.lan.example:80", 204), ("evil.example", 403)] {
            assert_eq!(program.exchange(under(host).as_bytes()).await.status, status, "{host}");
        }
    })
    .await;
}

#[tokio::test]
async fn forwarded_headers_are_believed_on_demand_only() {
    let form = Form::file("a.txt", b"text");
    let length = form.bytes().len().to_string();
    let headers = [
        ("Content-Type", &*form_type()),
        ("Content-Length", &length),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "outside.example.com"),
    ];
    let request = [&head("POST /v2/attachments/ HTTP/1.1", &headers), form.bytes()].concat();
    let own_url = async |program: &Program| program.exchange(&request).await.json()["self"].to_string();
    with_option("trust-forwarded", None, async |program| {
        assert!(own_url(program).await.starts_with("\"https://outside.example.com/v2/"));
    })
    .await;
    for off in [&[][..], &[("TRACKER_MOCK_TRUST_FORWARDED", "false")]] {
        let program = Program::start(&[], off);
        assert!(own_url(&program).await.starts_with("\"http://tracker.test/v2/"));
        program.stop("TERM").assert_clean();
    }
}

#[tokio::test]
async fn the_largest_file_is_an_option() {
    with_option("max-file-size", Some("4KiB"), async |program| {
        assert_eq!(program.upload(&Form::file("a.bin", &[b'x'; 4096])).await.status, StatusCode::CREATED);
        let answer = program.upload(&Form::file("a.bin", &[b'x'; 4097])).await;
        assert_eq!(answer.json()["errorMessages"][0], "The file is larger than 4096 bytes.");
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    })
    .await;
}

#[tokio::test]
async fn the_memory_budget_is_an_option() {
    with_option("max-memory", Some("100000"), async |program| {
        assert_eq!(program.upload(&Form::file("a.bin", &[b'x'; 60_000])).await.status, StatusCode::CREATED);
        let answer = program.upload(&Form::file("b.bin", &[b'x'; 60_000])).await;
        assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE);
        assert!(answer.text().contains("budget of 100000 bytes is used up"), "{}", answer.text());
    })
    .await;
}

#[tokio::test]
async fn unknown_tokens_are_refused_on_demand() {
    with_option("require-known-token", None, async |program| {
        let answer = program.upload(&Form::file("a.txt", b"text")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.text());
        let known = [("Authorization", "OAuth lead-token"), ("X-Org-Id", ORG)];
        let entity = bare_head("GET /v2/entities/goal/1 HTTP/1.1", &known);
        assert_eq!(program.exchange(&entity).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn the_organizations_that_there_are_can_be_said() {
    with_option("known-orgs", Some("other, another"), async |program| {
        let answer = program.upload(&Form::file("a.txt", b"text")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text());
        let known = [("Authorization", "OAuth t"), ("X-Org-Id", "another")];
        assert_eq!(program.exchange(&bare_head("GET /v2/myself HTTP/1.1", &known)).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn names_in_downloads_are_exact_on_demand() {
    let other = [("Authorization", "OAuth t"), ("X-Org-Id", ORG)];
    let other = bare_head("GET /v2/attachments/4/other.txt HTTP/1.1", &other);
    with_option("exact-file-names", None, async |program| {
        assert_eq!(program.exchange(&other).await.status, StatusCode::NOT_FOUND);
    })
    .await;
    assert_eq!(Program::start(&[], &[]).exchange(&other).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_language_is_an_option() {
    with_option("language", Some("ru"), async |program| {
        let headers = [("Authorization", "OAuth t"), ("X-Org-Id", ORG)];
        let answer = program.exchange(&bare_head("GET /v2/issues/JUNE-99 HTTP/1.1", &headers)).await;
        assert_eq!(answer.json()["errorMessages"][0], "Задача не существует.");
    })
    .await;
}

#[tokio::test]
async fn anonymous_requests_are_let_in_on_demand() {
    let entity = bare_head("GET /v2/entities/goal/1 HTTP/1.1", &[]);
    with_option("allow-anonymous", None, async |program| {
        assert_eq!(program.exchange(&entity).await.status, StatusCode::OK);
    })
    .await;
    let program = Program::start(&[], &[]);
    assert_eq!(program.exchange(&entity).await.status, StatusCode::UNAUTHORIZED);
    program.stop("TERM").assert_clean();
}

#[tokio::test]
async fn signals_end_it_at_once_when_it_is_idle() {
    for name in ["TERM", "INT"] {
        let fresh = Program::start(&[], &[]).stop(name);
        fresh.assert_clean();
        assert!(fresh.after < Duration::from_millis(500), "{name}: {:?}", fresh.after);

        let program = Program::start(&[], &[]);
        let mut used = program.connect().await;
        used.exchange(&health()).await;
        let mut unused = program.connect().await;
        // It has been accepted once a later one was answered.
        program.exchange(&health()).await;
        let ended = program.stop(name);
        ended.assert_clean();
        assert!(ended.after < Duration::from_millis(500), "{name} with idle connections: {:?}", ended.after);
        for idle in [&mut used, &mut unused] {
            assert_eq!(idle.receiver.rest().await, "");
        }
    }
}

#[tokio::test]
async fn what_is_in_flight_is_finished_first() {
    let program = Program::start(&["--host", &own_loopback().to_string()], &[]);
    let form = Form::file("a.bin", &vec![b'x'; 300_000]);
    let length = form.bytes().len().to_string();
    let headers = [("Content-Type", &*form_type()), ("Content-Length", &length), ("Expect", "100-continue")];
    let mut connection = program.connect().await;
    // "100 Continue" says that the request has reached the application.
    let interim = connection.exchange(&head("POST /v2/attachments/ HTTP/1.1", &headers)).await;
    assert_eq!(interim.status, StatusCode::CONTINUE);
    let (first, second) = form.bytes().split_at(150_000);
    connection.sender.send(first).await;

    let since = Instant::now();
    program.signal("TERM");
    until_refused(program.address).await;
    let answer = connection.exchange(second).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(answer.json()["size"], 300_000);
    assert_eq!(answer.headers["connection"], "close");
    assert_eq!(connection.receiver.rest().await, "");
    let ended = program.wait(since);
    ended.assert_clean();
    assert!(ended.after < Duration::from_secs(5), "{:?}", ended.after);
}

#[tokio::test]
async fn what_is_in_flight_is_waited_for_five_seconds() {
    let program = Program::start(&[], &[]);
    let mut connection = program.connect().await;
    let request = upload(&Form::file("a.bin", &[b'x'; 3000]), Framing::ContentLength);
    connection.sender.send(&request[..1000]).await;
    program.exchange(&health()).await;
    let ended = program.stop("TERM");
    ended.assert_clean();
    assert!(ended.after >= Duration::from_millis(4900) && ended.after < Duration::from_secs(8), "{:?}", ended.after);
    assert!(ended.stderr.contains("WARN requests in flight are cut off\n"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_head_that_is_not_complete_is_not_waited_for() {
    let program = Program::start(&[], &[]);
    let mut fresh = program.connect().await;
    let mut used = program.connect().await;
    used.exchange(&health()).await;
    for connection in [&mut fresh, &mut used] {
        connection.sender.send(b"GET /_mock/health HTTP/1.1\r\nHost: ").await;
    }
    program.exchange(&health()).await;
    let ended = program.stop("TERM");
    ended.assert_clean();
    assert!(ended.after < Duration::from_secs(4), "{:?}", ended.after);
    for connection in [&mut fresh, &mut used] {
        assert_eq!(connection.receiver.rest().await, "");
    }
}

#[tokio::test]
async fn what_is_in_flight_is_not_waited_for_when_it_is_interrupted_twice() {
    let program = Program::start(&["--host", &own_loopback().to_string()], &[]);
    let mut connection = program.connect().await;
    let request = upload(&Form::file("a.bin", &[b'x'; 3000]), Framing::ContentLength);
    connection.sender.send(&request[..1000]).await;
    program.exchange(&health()).await;
    let since = Instant::now();
    program.signal("INT");
    until_refused(program.address).await;
    program.signal("INT");
    let ended = program.wait(since);
    assert_eq!(ended.status.code(), Some(130), "{}", ended.stderr);
    assert!(ended.after < Duration::from_secs(4), "{:?}", ended.after);
}

/// Asserts that a program refused to start, in one line that says `reason`.
#[track_caller]
fn assert_refused(output: &Output, reason: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && output.status.code().is_some(), "{:?} {stderr}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert!(stderr.starts_with("tracker-mock: ") && stderr.ends_with('\n'), "{stderr:?}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(stderr.contains(reason), "{stderr:?} does not say {reason:?}");
}

#[test]
fn a_port_in_use_is_said_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let hint = "another program has this port. Choose another port by --port, or any free one by --port 0";
    let reason = format!("cannot listen on 127.0.0.1:{port}: Address already in use (os error 98); {hint}\n");
    assert_refused(&run(&["--port", &port], &[]), &reason);
    assert_refused(&run(&["serve", "-p", &port], &[]), &reason);
    assert_refused(&run(&[], &[("TRACKER_MOCK_PORT", &port)]), &reason);
}

#[tokio::test]
async fn a_port_that_a_tracker_mock_has_is_said_to_be_its() {
    let program = Program::start(&[], &[]);
    let refused = run(&["--port", &program.address.port().to_string()], &[]);
    assert_refused(&refused, "a tracker-mock is running there. Choose another port by --port, or any free one");
    program.stop("TERM").assert_clean();
}

#[test]
fn an_unusable_host_is_said_in_one_line() {
    for host in ["203.0.113.1", "2001:db8::1"] {
        let refused = run(&["--port", "0", "--host", host], &[]);
        assert_refused(
            &refused,
            "; this machine does not have that address. --host 127.0.0.1 serves this machine alone",
        );
        assert_refused(&refused, "cannot listen on ");
    }
    for host in ["", "no-such-host.invalid"] {
        let refused = run(&["--port", "0", "--host", host], &[]);
        assert_refused(&refused, "; name an address of this machine by --host, such as 127.0.0.1 or 0.0.0.0");
    }
}

#[test]
fn unusable_fixtures_are_said_in_one_line() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let cannot_read = |path: &str| {
        let reason = format!("cannot read the fixtures {path}: ");
        assert_refused(&run(&["--port", "0", "--fixtures", path], &[]), &reason);
        assert_refused(&run(&["--port", "0"], &[("TRACKER_MOCK_FIXTURES", path)]), &reason);
    };
    cannot_read(&format!("{folder}/no-such-file.json"));
    cannot_read(folder);
    for (name, content, at, reason) in [
        ("empty.json", "", "1:1", "This is not JSON: it ends too early.\n"),
        ("no-json.json", "{\n  users: []\n}", "2:3", "This is not JSON: a name must stand in double quotes.\n"),
        (
            "wrong-type.json",
            "{\"users\": [\n  {\"login\": 3}\n]}",
            "2:13",
            "users[0].login: The value must be a string, not 3.\n",
        ),
        (
            "unknown-field.json",
            "{\"users\": [],\n\"userz\": []}",
            "2:10",
            "\"userz\" is not known here. Did you mean users? Known: ",
        ),
        ("no-users.json", "{\n  \"users\": []\n}", "2:12", "users"),
    ] {
        let path = file(name, content);
        let path = path.to_str().expect("UTF-8");
        let output = run(&["--port", "0", "--fixtures", path], &[]);
        assert_refused(&output, &format!("wrong fixtures: {path}:{at}: "));
        assert_refused(&output, reason);
    }
}

#[test]
fn too_little_memory_for_the_fixtures_is_put_on_the_option() {
    let expected = "tracker-mock: the fixtures do not fit into 1 bytes of memory: raise --max-memory\n";
    let port = ["--port", "0"];
    for output in [run(&["--port", "0", "--max-memory", "1"], &[]), run(&port, &[("TRACKER_MOCK_MAX_MEMORY", "1")])] {
        assert_refused(&output, expected);
    }
}

#[test]
fn wrong_options_are_said_in_one_line() {
    for (arguments, reason) in [
        (&["--port", "http"][..], "invalid value 'http' for '--port <PORT>': write a whole number from 0 to 65535\n"),
        (&["-p", "65536"], "'--port <PORT>': write a whole number from 0 to 65535\n"),
        (&["--port"], "'--port <PORT>'"),
        (&["--port=-1"], "'--port <PORT>': write a whole number from 0 to 65535\n"),
        (&["--max-file-size", "big"], "'--max-file-size <SIZE>': write a number of bytes"),
        (&["--max-file-size", "0"], "'--max-file-size <SIZE>': it must be more than 0"),
        (&["--max-memory", "-5"], "'-5'"),
        (&["--max-memory", "0"], "'--max-memory <SIZE>': it must be more than 0"),
        (&["--max-worlds", "0"], "'--max-worlds <N>': write a whole number from 1 up\n"),
        (&["--max-header-size", "0"], "'--max-header-size <SIZE>': it must be more than 0"),
        (&["--max-part-header-size", "x"], "'--max-part-header-size <SIZE>': write a number of bytes"),
        (&["--max-json-size", "x"], "'--max-json-size <SIZE>': write a number of bytes"),
        (&["--max-parts", "0"], "'--max-parts <N>': write a whole number from 1 up\n"),
        (&["--max-uploads", "many"], "'--max-uploads <N>': write a whole number from 1 up\n"),
        (&["--header-timeout", "30"], "'--header-timeout <TIME>': write a whole number with a unit"),
        (&["--idle-timeout", "0s"], "'--idle-timeout <TIME>': it must be more than 0"),
        (&["--idle-timeout", "1.5s"], "'--idle-timeout <TIME>': write a whole number with a unit"),
        (
            &["--idle-timeout", "99999999999s"],
            "'--idle-timeout <TIME>': it is too long; at most 4294967295s can be written\n",
        ),
        (&["--idle-timeout", "99999999999"], "'--idle-timeout <TIME>': write a whole number with a unit"),
        (&["torture", "--jobs", "0", "true"], "'--jobs <N>': write a whole number from 1 up\n"),
        (&["--min-upload-rate", "fast"], "'--min-upload-rate <N>': write a whole number from 0 up\n"),
        (&["--journal-records", "-1"], "unexpected argument '-1' found"),
        (&["--public-url", "tracker.example.com"], "'--public-url <URL>': it must start with http:// or https://"),
        (&["--public-url", "http://"], "'--public-url <URL>'"),
        (&["--public-url", "http://a/?b"], "'--public-url <URL>': it must not have a query"),
        (&["--public-url", "http://a:99999"], "'--public-url <URL>': its port must be a whole number from 0 to 65535"),
        (&["--public-url", "http://user:password@a"], "'--public-url <URL>': it must not have a name and password"),
        (&["--known-orgs", "a,"], "'--known-orgs <IDS>': write the id of an organisation, or several with commas"),
        (&["--cors-origin", "localhost:3000"], "'--cors-origin <ORIGIN>': write * or a scheme, host and port"),
        (&["--cors-origin", "http://a,http://b/c"], "'--cors-origin <ORIGIN>': write * or a scheme, host and port"),
        (&["--allowed-hosts", "a.b,http://c.d"], "'--allowed-hosts <HOSTS>': write the name of a host"),
        (&["--allowed-hosts", "a.b:80"], "'--allowed-hosts <HOSTS>': write the name of a host"),
        (&["--log-level", "loud"], "possible values: off, error, warn, info, debug, trace"),
        (&["--log-format", "xml"], "possible values: text, json"),
        (
            &["--log-level", "debg"],
            "possible values: off, error, warn, info, debug, trace]; a similar value exists: 'debug'",
        ),
        (&["--prot", "80"], "unexpected argument '--prot' found; a similar argument exists: '--port'\n"),
        (&["--language", "rus"], "possible values: en, ru]; a similar value exists: 'ru'\n"),
        (
            &["coverage", "--format", "jnit"],
            "possible values: text, json, junit, markdown]; a similar value exists: 'junit'\n",
        ),
        (&["helthcheck"], "unrecognized subcommand 'helthcheck'; a similar subcommand exists: 'healthcheck'\n"),
        (
            &["completions", "bsh"],
            "possible values: bash, elvish, fish, powershell, zsh]; a similar value exists: 'bash'",
        ),
        (&["healthcheck", "a", "b"], "unexpected argument 'b'"),
        (&["--port", "1", "fixtures"], "cannot be used with '--port <PORT>'"),
    ] {
        assert_refused(&run(arguments, &[]), reason);
    }
    for (variable, value) in [
        ("TRACKER_MOCK_PORT", "http"),
        ("TRACKER_MOCK_MAX_FILE_SIZE", "big"),
        ("TRACKER_MOCK_MAX_MEMORY", "0"),
        ("TRACKER_MOCK_MAX_HEADER_SIZE", "0"),
        ("TRACKER_MOCK_MAX_PARTS", "0"),
        ("TRACKER_MOCK_MAX_UPLOADS", "0"),
        ("TRACKER_MOCK_HEADER_TIMEOUT", "30"),
        ("TRACKER_MOCK_IDLE_TIMEOUT", "soon"),
        ("TRACKER_MOCK_MIN_UPLOAD_RATE", "-1"),
        ("TRACKER_MOCK_PUBLIC_URL", "tracker.example.com"),
        ("TRACKER_MOCK_LOG_LEVEL", "loud"),
        ("TRACKER_MOCK_LOG_FORMAT", "xml"),
        ("TRACKER_MOCK_TRUST_FORWARDED", "maybe"),
        ("TRACKER_MOCK_REQUIRE_KNOWN_TOKEN", "maybe"),
        ("TRACKER_MOCK_ALLOW_ANONYMOUS", "maybe"),
        ("TRACKER_MOCK_EXACT_FILE_NAMES", "maybe"),
        ("TRACKER_MOCK_LANGUAGE", "de"),
    ] {
        for arguments in [&[][..], &["serve"], &["torture", "true"], &["names", "true"], &["healthcheck"]] {
            let reason = format!("invalid value '{value}' for '{variable}'");
            assert_refused(&run(arguments, &[(variable, value)]), &reason);
        }
    }
    // The mistake of an option is not put on a variable, and what Kubernetes sets is known.
    let both = run(&["--port", "http"], &[("TRACKER_MOCK_PORT", "ftp")]);
    assert_refused(&both, "invalid value 'http' for '--port <PORT>'");
    let of_kubernetes = run(&[], &[("TRACKER_MOCK_PORT", "tcp://10.0.0.1:8080")]);
    assert_refused(&of_kubernetes, "from 0 to 65535; Kubernetes set it for a service named tracker-mock: ");
    let switch = run(&[], &[("TRACKER_MOCK_TRUST_FORWARDED", "maybe")]);
    assert_refused(&switch, "invalid value 'maybe' for 'TRACKER_MOCK_TRUST_FORWARDED': write true or false\n");
}

#[tokio::test]
async fn healthcheck_says_by_its_exit_whether_a_server_answers() {
    let program = Program::start(&[], &[]);
    let port = program.address.port().to_string();
    // As in the image, where the variables of the server are set for the check too.
    let variables = [("TRACKER_MOCK_PORT", &*port), ("TRACKER_MOCK_HOST", "0.0.0.0")];
    let output = run(&["healthcheck"], &variables);
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), Vec::new(), Vec::new()));
    let refused = run(&["healthcheck", &format!("{}/nothing", program.url())], &[]);
    assert_refused(&refused, "answered 404 Not Found");
    assert_eq!(refused.status.code(), Some(1));
    program.stop("TERM").assert_clean();

    // A port that is taken, so that no other test gets it, and that nobody listens on.
    let unused = tokio::net::TcpSocket::new_v4().expect("a socket");
    unused.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    let address = unused.local_addr().expect("its address");
    let (url, port) = (format!("http://{address}"), address.port().to_string());
    for output in [run(&["healthcheck", &url], &[]), run(&["healthcheck"], &[("TRACKER_MOCK_PORT", &port)])] {
        assert_refused(&output, &format!("{url}: "));
        assert_eq!(output.status.code(), Some(1));
    }
    for url in ["https://127.0.0.1", "no-such-host.invalid", "", "http://", "[::", "a b", "http://[::"] {
        let output = run(&["healthcheck", url], &[]);
        assert_refused(&output, url);
        assert_eq!(output.status.code(), Some(1));
    }
}

/// `healthcheck` and `coverage` take the same addresses, and find the same server where they are told none.
#[tokio::test]
async fn commands_that_ask_a_server_take_the_same_addresses() {
    let program = Program::start(&["--host", "::1", "--port", "0"], &[]);
    let port = program.address.port().to_string();
    let (v6, slash, nested) =
        (format!("[::1]:{port}"), format!("http://[::1]:{port}/"), format!("[::1]:{port}/_mock/x"));
    let variables = [("TRACKER_MOCK_PORT", &*port), ("TRACKER_MOCK_HOST", "::")];
    for command in ["healthcheck", "coverage"] {
        for address in [&program.url(), &v6, &slash, &nested] {
            let output = run(&[command, address], &[]);
            assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{command} {address}");
        }
        assert_eq!(run(&[command], &variables).status.code(), Some(0), "{command}");
        let below = run(&[command, &format!("{v6}/tracker")], &[]);
        assert_refused(&below, &format!("tracker-mock: {v6}/tracker: answered 404 Not Found\n"));
        let foreign = "a server of tracker-mock has no ftp://; write its own address, as http://HOST:PORT";
        assert_refused(&run(&[command, "ftp://localhost"], &[]), &format!("ftp://localhost: {foreign}\n"));
        for wrong in ["a b", "http://[::"] {
            assert_refused(&run(&[command, wrong], &[]), &format!("{wrong}: write an address, as HOST:PORT\n"));
        }
    }
    program.stop("TERM").assert_clean();
}

#[test]
fn healthcheck_gives_up_on_a_server_that_says_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("its address"));
    let output = run(&["healthcheck", &url], &[]);
    assert_refused(&output, "no answer within 3 s");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn fixtures_are_printed_byte_for_byte() {
    let output = run(&["fixtures"], &[("TRACKER_MOCK_HOST", "0.0.0.0"), ("TRACKER_MOCK_PORT", "8080")]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout == include_bytes!("../../fixtures/default.json"), "other bytes");
    assert!(output.stderr.is_empty());
}

#[test]
fn the_schema_of_fixtures_is_printed_byte_for_byte() {
    let output = run(&["schema"], &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout == include_bytes!("../../fixtures/schema.json"), "other bytes");
    assert!(output.stderr.is_empty());
}

#[test]
fn a_file_of_fixtures_is_checked_without_a_server() {
    let good = file("checked-good.json", tracker_mock::DEFAULT_FIXTURES);
    let output = run(&["check", good.to_str().expect("UTF-8")], &[]);
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), Vec::new(), Vec::new()));
    let wrong = file("checked-wrong.json", "{\n  \"users\": []\n}");
    let output = run(&["check", wrong.to_str().expect("UTF-8")], &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.starts_with("tracker-mock: ") && said.contains("checked-wrong.json"), "{said}");
    assert!(said.contains("users") && said.lines().count() == 1, "{said}");
    let wrong = file("checked-twice.json", "{\n  \"users\": [],\n  \"issue\": [],\n  \"queue\": []\n}");
    let path = wrong.to_str().expect("UTF-8");
    let known = "Known: $schema, users, queues, entities, issues, temporaryFiles, outbox, counters.";
    let output = run(&["check", path], &[]);
    let expected = format!(
        "tracker-mock: wrong fixtures: 2 mistakes:\n\
         {path}:3:12: issue: \"issue\" is not known here. Did you mean issues? {known}\n\
         {path}:4:12: queue: \"queue\" is not known here. Did you mean queues? {known}\n"
    );
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).expect("UTF-8")), (Some(1), expected));
    let missing = run(&["check", "no-such-file.json"], &[]);
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn help_and_version_are_printed_on_stdout() {
    for (arguments, start) in [
        (["--help"], "A local stand-in for the attachment endpoints of the Yandex Tracker API\n\nUsage: tracker-mock"),
        (["-h"], "A local stand-in for the attachment endpoints of the Yandex Tracker API\n\nUsage: tracker-mock"),
        (["--version"], concat!("tracker-mock ", env!("CARGO_PKG_VERSION"), "\n")),
        (["-V"], concat!("tracker-mock ", env!("CARGO_PKG_VERSION"), "\n")),
    ] {
        let output = run(&arguments, &[]);
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout.starts_with(start), "{stdout}");
        assert!(output.stderr.is_empty());
    }
}

/// What most people need, a line for each option, on one screen.
#[test]
fn the_short_help_fits_on_a_screen() {
    let mut program = command(&["-h"], &[]);
    let output = program.env("COLUMNS", "80").output().expect("it starts");
    insta::assert_snapshot!(String::from_utf8(output.stdout).expect("UTF-8"));
}

/// That it has every option with its variable is held against `docs/options.md`.
#[test]
fn the_long_help_wraps_at_the_terminal_and_ends_with_examples() {
    for columns in ["60", "80"] {
        let help = |arguments: &[&str]| {
            let output = command(arguments, &[]).env("COLUMNS", columns).output().expect("it starts");
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        let (whole, of_serve) = (help(&["--help"]), help(&["serve", "--help"]));
        let width = columns.parse().expect("a number");
        for line in whole.lines().chain(of_serve.lines()).filter(|line| !line.contains("TRACKER_MOCK_")) {
            assert!(line.chars().count() <= width, "{columns}: {line}");
        }
        assert!(whole.contains("\nLimits:\n") && of_serve.contains("\nLimits:\n"), "{whole}");
        let (_, end) = whole.split_once("\nExamples:\n  tracker-mock  ").expect("examples");
        assert!(
            columns == "60" || end.contains("\nThe control plane is below /_mock: GET /_mock/requests?org=ID shows"),
            "{end}"
        );
    }
}

#[tokio::test]
async fn serve_is_what_the_program_does_without_a_command() {
    let program = Program::start(&["serve", "--port", "0", "--language", "ru"], &[]);
    let headers = [("Authorization", "OAuth t"), ("X-Org-Id", ORG)];
    let answer = program.exchange(&bare_head("GET /v2/issues/JUNE-99 HTTP/1.1", &headers)).await;
    assert_eq!(answer.json()["errorMessages"][0], "Задача не существует.");
    program.stop("TERM").assert_clean();
    assert_refused(&run(&["--port", "0", "serve"], &[]), "cannot be used with '--port <PORT>'");
}

#[test]
fn completions_and_the_manual_page_know_the_options() {
    for (arguments, known) in [
        (&["completions", "bash"][..], "--max-file-size"),
        (&["completions", "zsh"], "--max-file-size=[The largest file; beyond it 413]"),
        (&["completions", "fish"], "-l max-file-size -d 'The largest file; beyond it 413'"),
        (&["completions", "powershell"], "'--max-file-size'"),
        (&["completions", "elvish"], "cand --max-file-size"),
        (&["man"], "\\-\\-max\\-file\\-size"),
    ] {
        let output = run(arguments, &[]);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{arguments:?}");
        assert!(text.contains(known) && text.contains("healthcheck"), "{arguments:?}: {text}");
    }
}

#[test]
fn each_command_that_the_manual_page_names_has_its_own() {
    let page = |words: &[&str]| {
        let printed = run(&[&["man"], words].concat(), &[]);
        assert_eq!((printed.status.code(), printed.stderr.len()), (Some(0), 0), "{words:?}");
        String::from_utf8(printed.stdout).expect("UTF-8").replace("\\-", "-")
    };
    let version = concat!("tracker-mock ", env!("CARGO_PKG_VERSION"));
    let whole = page(&[]);
    let named: Vec<&str> =
        whole.lines().filter_map(|line| line.strip_prefix("tracker-mock-")?.strip_suffix("(1)")).collect();
    assert_eq!(named.len(), 16, "{named:?}");
    for name in named {
        let own = page(&[name]);
        assert!(own.contains(&format!(".TH tracker-mock-{name} 1  \"{version}\"")), "{own}");
        assert!(own.contains(".SH SYNOPSIS\n"), "{own}");
    }
    assert!(page(&["run"]).contains("--fail-under"));
    assert!(!whole.contains("EXTRA"), "{whole}");
    assert!(whole.ends_with("GET /_mock/openapi.json describes all of it.\n.fi\n"), "{whole}");
    assert_refused(&run(&["man", "seel"], &[]), "there is no command 'seel'");
}

#[tokio::test]
async fn an_empty_variable_counts_as_unset_and_a_misspelt_one_is_warned_of() {
    let variables = [
        ("TRACKER_MOCK_HOST", ""),
        ("TRACKER_MOCK_MAX_MEMORY", ""),
        ("TRACKER_MOCK_TRUST_FORWARDED", ""),
        ("TRACKER_MOCK_MAX_FILESIZE", "4KiB"),
        ("TRACKER_MOCK_ZZZ", "1"),
        // What the packages read.
        ("TRACKER_MOCK_BIN", "/usr/bin/tracker-mock"),
        ("tracker_mock_language", "ru"),
    ];
    let program = Program::start(&["--port", "0"], &variables);
    assert!(program.ready.contains("127.0.0.1"), "{}", program.ready);
    let ended = program.stop("TERM");
    ended.assert_clean();
    let warned: BTreeSet<&str> = ended.stderr.lines().filter_map(|line| Some(line.split_once(" WARN ")?.1)).collect();
    let unknown = "is not known and has no effect";
    let near = format!("the variable TRACKER_MOCK_MAX_FILESIZE {unknown}; did you mean TRACKER_MOCK_MAX_FILE_SIZE?");
    let lower = format!("the variable tracker_mock_language {unknown}; did you mean TRACKER_MOCK_LANGUAGE?");
    assert_eq!(warned, BTreeSet::from([&*near, &lower, &format!("the variable TRACKER_MOCK_ZZZ {unknown}")]));
}

#[tokio::test]
async fn options_that_contradict_each_other_are_warned_of() {
    for (arguments, expected) in [
        (
            &["--max-file-size", "2MiB", "--max-memory", "1MiB"][..],
            "--max-file-size is more than --max-memory: files so large get 507",
        ),
        (
            &["--max-json-size", "2MiB", "--max-memory", "1MiB"],
            "--max-json-size is more than --max-memory: bodies so large get 507",
        ),
        (
            &["--max-uploads", "3", "--max-connections", "2"],
            "--max-uploads is more than --max-connections: so many uploads never come at once",
        ),
        (
            &["--max-part-header-size", "2MiB"],
            "--max-part-header-size is more than all headers of a form may have, which is 1048576 bytes",
        ),
        (&["--public-url", "http://a", "--trust-forwarded"], "--trust-forwarded has no effect beside --public-url"),
        // Defaults contradict nobody.
        (&["--max-memory", "1MiB"], ""),
        (&["--max-connections", "2"], ""),
    ] {
        let ended = Program::start(arguments, &[]).stop("TERM");
        ended.assert_clean();
        let warned: Vec<&str> = ended.stderr.lines().filter_map(|line| Some(line.split_once(" WARN ")?.1)).collect();
        assert_eq!(warned.join("\n"), expected, "{arguments:?}");
    }
}

#[tokio::test]
async fn coverage_prints_the_table_and_fails_under_a_percentage() {
    let program = Program::start(&["--port", "0"], &[]);
    program.upload(&Form::file("a.txt", b"text")).await;
    let url = program.url();
    let ask = |more: &[&str]| run(&[&["coverage", &url, "--operation", "upload_temp_file"], more].concat(), &[]);
    let text = ask(&[]);
    assert_eq!(text.status.code(), Some(0));
    let printed = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(printed.starts_with("upload_temp_file    1 of   7  POST /attachments/\n"), "{printed}");
    assert!(printed.ends_with("\n14.2 % (1 of 7)\n"), "{printed}");
    assert!(
        String::from_utf8_lossy(&ask(&["--format", "junit"]).stdout).contains("<testsuite name=\"upload_temp_file\"")
    );
    let json: serde_json::Value = serde_json::from_slice(&ask(&["--format", "json"]).stdout).expect("JSON");
    assert_eq!(json["reached"], 1);
    assert_eq!(ask(&["--fail-under", "14.2"]).status.code(), Some(0));

    let under = ask(&["--fail-under", "80"]);
    assert_eq!((under.status.code(), &under.stdout), (Some(1), &text.stdout));
    assert_eq!(String::from_utf8_lossy(&under.stderr), "tracker-mock: 14.2 % was reached, less than 80 %\n");
    let elsewhere = ask(&["--org", "nobody & co", "--fail-under", "1"]);
    assert_eq!(elsewhere.status.code(), Some(1), "{elsewhere:?}");
    let warned = format!("tracker-mock: {}: Nobody has named \"nobody & co\" yet.\n", program.address);
    let said = format!("{warned}tracker-mock: 0.0 % was reached, less than 1 %\n");
    assert_eq!(String::from_utf8_lossy(&elsewhere.stderr), said);

    for (arguments, code) in [
        (vec!["coverage", &url, "--operation", "uploadTempFile"], 2),
        (vec!["coverage", &url, "--org", ""], 2),
        (vec!["coverage", &url, "--fail-under", "101"], 2),
        (vec!["coverage", &format!("{url}0")], 2),
        (vec!["coverage"], 2),
    ] {
        // The port is that of the server to ask where none is named.
        let output = run(&arguments, &[("TRACKER_MOCK_PORT", "1")]);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1, "{arguments:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    }
}

/// A run in several processes, each with a server, has one table.
#[tokio::test]
async fn coverage_adds_up_several_servers() {
    let servers = [Program::start(&["--port", "0"], &[]), Program::start(&["--port", "0"], &[])];
    servers[0].upload(&Form::file("a.txt", b"text")).await;
    servers[1].upload(&Form::file("a.txt", b"text")).await;
    servers[1].upload(&Form::file("", b"text")).await;
    let urls = [servers[0].url(), servers[1].url()];
    let ask = |more: &[&str]| {
        let output = run(&[&["coverage", &*urls[0], &urls[1], "--operation", "upload_temp_file"], more].concat(), &[]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let json: serde_json::Value = serde_json::from_str(&ask(&["--format", "json"])).expect("JSON");
    assert_eq!((&json["reached"], &json["total"], &json["percent"]), (&2.into(), &7.into(), &28.5.into()));
    let goals = json["operations"][0]["goals"].as_array().expect("a list");
    let counts: Vec<_> = goals.iter().map(|goal| (goal["goal"].as_str(), goal["count"].as_u64())).collect();
    assert_eq!(counts[..2], [(Some("status 201"), Some(2)), (Some("status 400"), Some(1))]);
    let expected = "### Coverage: 28.5 % (2 of 7)\n";
    assert!(ask(&["--format", "markdown"]).starts_with(expected));
    assert!(ask(&["--fail-under", "28.5"]).ends_with("\n28.5 % (2 of 7)\n"));

    // One that cannot be asked is named, and there is no half a table.
    let output = run(&["coverage", &urls[0], "127.0.0.1:1"], &[]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
    assert!(said.starts_with("tracker-mock: 127.0.0.1:1: "), "{said}");
}

/// What the server has against a question is told in its sentences, not in its JSON.
#[tokio::test]
async fn coverage_says_what_the_server_says() {
    let said = |url: &str, more: &[&str]| {
        let output = run(&[&["coverage", url], more].concat(), &[]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{output:?}");
        String::from_utf8(output.stderr).expect("UTF-8").replace(url, "URL")
    };
    let program = Program::start(&["--port", "0"], &[]);
    let wrong = said(&program.url(), &["--operation", "uploadTempFile"]);
    let expected = "operation: \"uploadTempFile\" is not known here. Did you mean upload_temp_file?";
    assert_eq!(wrong, format!("tracker-mock: URL: {expected}\n"));

    let off = Program::start(&["--port", "0", "--journal-records", "0"], &[]);
    let expected = "tracker-mock: URL: The journal is off: the server runs with --journal-records 0.\n";
    assert_eq!(said(&off.url(), &[]), expected);
}

/// Whether the server that says where it listens on this standard output answers so many requests, and ends when told to.
fn assert_serves(mut server: Process, requests: usize) {
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let address = line.trim().rsplit("//").next().expect("an address");
    assert_answers(address, requests);
    signal(server.0.id(), "TERM");
    assert!(server.0.wait().expect("an end").success());
}

fn assert_answers(address: &str, requests: usize) {
    for number in 0..requests {
        let mut connection = TcpStream::connect(address).expect("a connection");
        connection.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
        connection.write_all(b"GET /v2/myself HTTP/1.0\r\n\r\n").expect("a request");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap_or_else(|error| panic!("request {number}: {error}"));
        assert!(answer.contains(" 401 "), "request {number}: {answer:?}");
    }
}

const LINES_DROPPED: &str = " lines of the log were dropped: nobody read them in time";

/// A pipe takes some 400 lines; then it is full, and stays so. Some 4,000 wait for it, further ones are lost.
#[test]
fn a_log_that_nobody_reads_holds_up_nobody_and_what_it_loses_is_counted() {
    let mut server = Process(command(&["--port", "0"], &[]).spawn().expect("the program"));
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let address = line.trim().rsplit("//").next().expect("an address");
    assert_answers(address, 1500);
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
    let health = "GET /_mock/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let requests = "GET /v2/myself HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(6000) + health;
    let mut writing = connection.try_clone().expect("the same connection");
    let written = std::thread::spawn(move || writing.write_all(requests.as_bytes()));
    let mut answers = String::new();
    connection.read_to_string(&mut answers).expect("answers");
    written.join().expect("no panic").expect("a reader");
    assert_eq!(answers.matches(" 401 ").count(), 6000);
    let (_, health) = answers.rsplit_once("\r\n\r\n").expect("a body");
    let health: Value = serde_json::from_str(health).expect("JSON");
    let dropped = health["droppedLogLines"].as_u64().expect("a number");
    assert!((100..6000).contains(&dropped), "{health}");
    assert!(health["memory"]["used"].as_u64() < health["memory"]["limit"].as_u64(), "{health}");
    assert_eq!((&health["status"], &health["version"]), (&json!("ok"), &json!(env!("CARGO_PKG_VERSION"))));
    // Who reads at last is told how much is missing, where it is.
    let log = BufReader::new(server.0.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    let count = |line: String| line.strip_suffix(LINES_DROPPED)?.strip_prefix(" WARN ")?.parse().ok();
    assert_eq!(log.into_iter().find_map(count), Some(dropped));
    signal(server.0.id(), "TERM");
    assert!(server.0.wait().expect("an end").success());
}

#[test]
fn a_log_whose_reader_is_gone_holds_up_nobody() {
    let mut server = Process(command(&["--port", "0"], &[]).spawn().expect("the program"));
    drop(server.0.stderr.take());
    assert_serves(server, 5);
}

#[test]
fn a_log_that_cannot_be_written_keeps_nobody_from_starting() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux");
    assert_serves(Process(command(&["--port", "0"], &[]).stderr(full).spawn().expect("the program")), 5);
}

#[test]
fn a_ready_line_that_nobody_can_read_ends_no_server() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux");
    let mut server = Process(command(&["--port", "0"], &[]).stdout(full).spawn().expect("the program"));
    let log = BufReader::new(server.0.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    // The log says what the ready line cannot.
    let line = log.into_iter().find(|line| line.contains("cannot write to stdout")).expect("a warning");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('"').next()).expect("an address");
    assert_answers(address.trim(), 5);
    signal(server.0.id(), "TERM");
    assert!(server.0.wait().expect("an end").success());
}
