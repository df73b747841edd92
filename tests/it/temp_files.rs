//! `POST /v2/attachments/`

use axum::http::StatusCode;
use tracker_mock::{Config, ForwardedHeaders};

use crate::support::names::{NAMES, decoded, encoded};
use crate::support::{Api, Call, Form, Log, images};

#[tokio::test]
async fn a_text_file() {
    let api = Api::new();
    let answer = api.post_form("/v2/attachments/", &Form::file("notes.txt", b"some text")).await;
    insta::assert_snapshot!(answer.transcript());
}

#[tokio::test]
async fn an_empty_file() {
    let api = Api::new();
    let answer = api.post_form("/v2/attachments/", &Form::file("empty.txt", b"")).await;
    insta::assert_snapshot!(answer.transcript());
}

#[tokio::test]
async fn a_name_that_is_not_ascii() {
    let api = Api::new();
    let answer = api.post_form("/v2/attachments/", &Form::file("отчёт за май 😀.txt", b"text")).await;
    insta::assert_snapshot!(answer.transcript());
}

#[tokio::test]
async fn an_image_is_what_the_bytes_say() {
    let api = Api::new();
    let mut log = Log::default();
    for (extension, bytes) in images::all() {
        let form = Form::file(&format!("picture.{extension}"), &bytes);
        log.send(&api, extension, &Call::upload("/v2/attachments/", &form)).await;
    }
    for (name, file_name, bytes) in [
        ("a PNG whose name lies", "notes.txt", images::png()),
        ("a PNG whose name says nothing", "picture", images::png()),
        ("a text whose name lies", "picture.png", b"some text".to_vec()),
        ("a PNG that is cut off before its size", "picture.png", images::png()[..12].to_vec()),
        ("an image of another kind", "picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
    ] {
        log.send(&api, name, &Call::upload("/v2/attachments/", &Form::file(file_name, &bytes))).await;
    }
    let headers = "Content-Disposition: form-data; name=\"file\"; filename=\"picture.png\"\r\nContent-Type: text/plain";
    let lying = Form::part(headers, &images::png());
    log.send(&api, "a PNG whose type lies", &Call::upload("/v2/attachments/", &lying)).await;
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn the_type_comes_from_the_part_then_the_name_then_the_bytes() {
    let api = Api::new();
    let png = images::png();
    for (declared, file_name, query, bytes, expected) in [
        (Some("text/plain; charset=utf-8"), "a.png", "", &png[..], "text/plain; charset=utf-8"),
        (Some("application/octet-stream"), "a.pdf", "", &png, "application/pdf"),
        (Some("application/octet-stream; charset=binary"), "a.pdf", "", &png, "application/pdf"),
        (Some(""), "a.pdf", "", &png, "application/pdf"),
        (None, "a.pdf", "", &png, "application/pdf"),
        (None, "a.pdf", "?filename=b.csv", &png, "text/csv"),
        (None, "a.pdf", "?filename=b", &png, "image/png"),
        (None, "A.JPG", "", &png, "image/jpeg"),
        (None, "a.unknown-extension", "", &png, "image/png"),
        (None, "a", "", b"some text", "application/octet-stream"),
        (Some("application/octet-stream"), "a", "", b"", "application/octet-stream"),
    ] {
        let content_type = declared.map_or_else(String::new, |text| format!("\r\nContent-Type: {text}"));
        let headers = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"{content_type}");
        let answer = api.post_form(&format!("/v2/attachments/{query}"), &Form::part(&headers, bytes)).await;
        assert_eq!(answer.json()["mimetype"], expected, "{headers} {query}");
    }
}

#[tokio::test]
async fn forms_as_clients_write_them() {
    let api = Api::new();
    let mut log = Log::default();
    let named = |parameters: &str| format!("Content-Disposition: form-data; {parameters}");
    for (name, query, headers) in [
        ("a part named file_data", "", named(r#"name="file_data"; filename="a.txt""#)),
        ("a part without a name", "", named(r#"filename="a.txt""#)),
        ("the file name is always file", "?filename=a.txt", named(r#"name="file"; filename="file""#)),
        ("an empty file name beside ?filename=", "?filename=a.txt", named(r#"name="file"; filename="""#)),
        ("a plus and an escape in ?filename=", "?filename=1+1%2B1.txt", named(r#"name="file"; filename="file""#)),
        ("a quote as browsers write it", "", named(r#"name="file"; filename="say %22hi%22.txt""#)),
        ("a quote as curl writes it", "", named(r#"name="file"; filename="say \"hi\".txt""#)),
        ("a name that the client encoded stays as it is", "", named(r#"name="file"; filename="%D0%BE%2B+100%.txt""#)),
        ("a name without quotes", "", named("name=file; filename=a.txt")),
        ("an extended name", "", named("name=\"file\"; filename=\"x\"; filename*=UTF-8''%D0%BE%20%22.txt")),
        ("only an extended name", "", named("name=\"file\"; filename*=utf-8'ru'%D0%BE.txt")),
        (
            "an extended name that cannot be decoded",
            "",
            named("name=\"file\"; filename=\"a.txt\"; filename*=UTF-8''%FF"),
        ),
        ("a path of Windows", "", named(r#"name="file"; filename="C:\fakepath\a.txt""#)),
        ("a path of Unix", "", named(r#"name="file"; filename="../dir/a.txt""#)),
        (
            "headers in other letter cases",
            "",
            "content-DISPOSITION: Form-Data; NAME=\"file\"; FILENAME=\"a.txt\"".into(),
        ),
        ("an octet stream", "", named("name=\"file\"; filename=\"a.txt\"\r\nContent-Type: application/octet-stream")),
    ] {
        let call = Call::upload(&format!("/v2/attachments/{query}"), &Form::part(&headers, b"some text"));
        log.send(&api, &format!("{name}: {}", headers.replace("\r\n", ", ")), &call).await;
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn text_fields_beside_the_file_are_ignored() {
    let api = Api::new();
    let text = "Content-Disposition: form-data; name=\"comment\"";
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"";
    let typed = format!("{text}\r\nContent-Type: text/plain; charset=utf-8");
    let form = Form::part(text, b"before").and_part(file, b"some text").and_part(&typed, b"after").and_part(text, b"");
    let answer = api.post_form("/v2/attachments/", &form).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let state = api.state().await;
    let stored = state["temporaryFiles"].as_array().expect("a list");
    assert_eq!(stored.len(), 1);
    assert_eq!((&stored[0]["name"], &stored[0]["content"]["text"]), (&"a.txt".into(), &"some text".into()));
}

/// The bytes are taken as they are, whatever they look like.
#[tokio::test]
async fn content_is_stored_byte_for_byte() {
    let api = Api::new();
    let almost_the_boundary = format!("\r\n--{}\n--\r\n\r\n", &Form::BOUNDARY[..Form::BOUNDARY.len() - 1]);
    for bytes in [&b"\r\n"[..], b"a\r\n\r\nb\n", b"\0\xff\xfe\0", almost_the_boundary.as_bytes(), &[b'-'; 70_000]] {
        let id = api.upload("a.bin", bytes).await;
        let state = api.state().await;
        let stored = state["temporaryFiles"].as_array().expect("a list").last().expect("a file");
        assert_eq!(stored["id"], id.as_str());
        assert_eq!(crate::support::content(stored), bytes);
    }
}

/// A boundary may be quoted, text may stand before the first and after the last boundary, and the length may be unknown.
#[tokio::test]
async fn bodies_as_clients_frame_them() {
    let api = Api::new();
    let form = Form::file("a.txt", b"some text");
    let plain = Call::upload("/v2/attachments/", &form);
    let around = [b"a preamble\r\n", form.bytes(), b"an epilogue"].concat();
    let quoted = format!("Multipart/Form-Data; charset=utf-8; boundary=\"{}\"", Form::BOUNDARY);
    for call in [
        plain.clone().chunked(),
        plain.clone().header("Content-Type", quoted),
        plain.clone().body(around),
        plain.body(form.bytes().trim_ascii_end()),
    ] {
        let answer = api.send(call.request()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        assert_eq!((&answer.json()["name"], &answer.json()["size"]), (&"a.txt".into(), &9.into()));
    }
}

#[tokio::test]
async fn names_round_trip_through_the_query() {
    let api = Api::new();
    for name in NAMES.map(String::from).into_iter().chain(["я".repeat(255), "😀".repeat(255)]) {
        let path = format!("/v2/attachments/?filename={}", encoded(&name));
        let answer = api.post_form(&path, &Form::file("file", b"text")).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{name:?}: {}", answer.text());
        assert_eq!(answer.json()["name"], name.as_str());
        assert_content_ends_with(&name, &answer.json());
    }
}

#[tokio::test]
async fn names_round_trip_through_the_part() {
    let api = Api::new();
    for name in NAMES.map(String::from).into_iter().chain(["я".repeat(255), "😀".repeat(255)]) {
        // Browsers write a quote as %22, so in this place that escape cannot be part of a name.
        assert!(!name.contains("%22"));
        for quote in ["\\\"", "%22"] {
            let written = name.replace('"', quote);
            let headers = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{written}\"");
            let answer = api.post_form("/v2/attachments/", &Form::part(&headers, b"text")).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{name:?}: {}", answer.text());
            assert_eq!(answer.json()["name"], name.as_str());
            assert_content_ends_with(&name, &answer.json());
        }
    }
}

/// The last segment of `content` decodes back to the name and needs no further escape in a URL.
fn assert_content_ends_with(name: &str, file: &serde_json::Value) {
    let url = file["content"].as_str().expect("a URL");
    let id = file["id"].as_str().expect("an id");
    let segment = url.strip_prefix(&format!("http://tracker.test/v2/attachments/{id}/")).expect("the usual path");
    assert!(segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)), "{segment}");
    assert_eq!(decoded(segment), name);
}

#[tokio::test]
async fn the_file_belongs_to_the_owner_of_the_token() {
    let api = Api::new();
    let mut log = Log::default();
    let call = Call::upload("/v2/attachments/", &Form::file("a.txt", b"text"));
    log.send(&api, "a token that a user lists", &call.clone().token("team-1-token")).await;
    log.send(&api, "a token that nobody lists", &call.token("another-token")).await;
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn urls_are_those_that_the_client_used() {
    let call = Call::upload("/v2/attachments/", &Form::file("a.png", &images::png()));
    let other_path = |path| Call::upload(path, &Form::file("a.png", &images::png()));
    let forwarded = call
        .clone()
        .header("X-Forwarded-Host", "proxy.test:8443, inner.test")
        .header("X-Forwarded-Proto", "HTTPS, http");
    let trusting = || set!(Config::default(); forwarded: ForwardedHeaders::Trust);
    let public = || set!(trusting(); public_url: Some("https://tracker.example".into()));
    let mut log = Log::default();
    for (name, config, call) in [
        ("v3", Config::default(), other_path("/v3/attachments/")),
        ("no slash at the end", Config::default(), other_path("/v2/attachments")),
        ("a host with a port", Config::default(), call.clone().header("Host", "127.0.0.1:8081")),
        ("a numeric IPv6 host", Config::default(), call.clone().header("Host", "[::1]:8081")),
        ("no host: where the server listens", Config::default(), call.clone().without("Host")),
        ("forwarded, but nobody trusts it", Config::default(), forwarded.clone()),
        ("forwarded", trusting(), forwarded.clone()),
        ("only the host forwarded", trusting(), forwarded.clone().without("X-Forwarded-Proto")),
        ("only the scheme forwarded", trusting(), forwarded.clone().without("X-Forwarded-Host")),
        ("a public URL", public(), forwarded),
    ] {
        log.send(&Api::with(config), name, &call).await;
    }
    insta::assert_snapshot!(log.text());
}

/// A request line with a whole URL, as clients send to proxies, comes before `Host`.
#[tokio::test]
async fn an_absolute_request_target_names_the_host() {
    let call = Call::upload("/v2/attachments/", &Form::file("a.txt", b"text"));
    for call in [call.clone().without("Host"), call.clone(), call.header("Host", "no host")] {
        for (target, host) in [("proxied.test:81", "proxied.test:81"), ("user:word@proxied.test", "proxied.test")] {
            let mut request = call.request();
            *request.uri_mut() = format!("http://{target}/v2/attachments/").parse().expect("a URL");
            let answer = Api::new().send(request).await;
            assert_eq!(answer.json()["self"], format!("http://{host}/v2/attachments/30"));
        }
    }
}

#[tokio::test]
async fn ids_are_decimal_strings_that_count_up() {
    let api = Api::new();
    for expected in ["30", "31", "32"] {
        assert_eq!(api.upload("a.txt", b"the same text").await, expected);
    }
}
