//! How the headers of a form and of its parts name the boundary and the file.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::{last_record, last_upload, part};
use crate::support::{Api, Form, request};

/// What the journal shows of a form of one part.
async fn uploaded(content_type: &str, disposition: &[u8]) -> Value {
    let api = Api::new();
    let headers = [b"Content-Disposition: ", disposition].concat();
    let body = [&part(&headers, b"text")[..], b"--XYZ--\r\n"].concat();
    let upload = request(Method::POST, "/v2/attachments/").header("Content-Type", content_type);
    api.send(upload.body(body.into()).expect("a good request")).await;
    last_upload(&api).await
}

#[tokio::test]
async fn dialects_of_content_disposition() {
    for (disposition, expected) in [
        (r#"form-data; name="file"; filename="a b.txt""#, Ok("a b.txt")),
        (r"form-data; filename=a.txt; name=file", Ok("a.txt")),
        (r#"form-data; name="filename"; FileName = "x""#, Ok("x")),
        (r#"form-data; name="x; filename=no"; filename="yes""#, Ok("yes")),
        (r#"form-data; name="f"; filename="отчёт 😀.txt""#, Ok("отчёт 😀.txt")),
        (r#"form-data; name="f"; filename="say \"hi\".txt""#, Ok("say \"hi\".txt")),
        (r#"form-data; name="f"; filename="say %22hi%22 100%.txt""#, Ok("say \"hi\" 100%.txt")),
        (r#"form-data; name="f"; filename="%D0%BE+%2B.txt""#, Ok("%D0%BE+%2B.txt")),
        (r#"form-data; name="f"; filename="C:\dir\a.txt""#, Ok("a.txt")),
        (r#"form-data; name="f"; filename="plain"; filename*=UTF-8''%D0%BE.txt"#, Ok("о.txt")),
        (r"form-data; filename*=iso-8859-1'en'%A3.txt", Ok("£.txt")),
        (r#"form-data; filename="kept"; filename*=utf-7''x"#, Ok("kept")),
        (r#"form-data; name="f"; filename="""#, Err("bad-name")),
        (r#"form-data; name="f""#, Err("no-file-part")),
        ("form-data", Err("no-file-part")),
        (";;; form-data;;", Err("bad-disposition")),
        (";;;", Err("no-file-part")),
        ("form-data; filename", Err("bad-disposition")),
        ("form-data; =a.txt", Err("bad-disposition")),
        (r#"form-data; filename="open"#, Err("bad-disposition")),
        (r#"form-data; filename="open\""#, Err("bad-disposition")),
    ] {
        let trace = uploaded("multipart/form-data; boundary=XYZ", disposition.as_bytes()).await;
        let (name, rule) = (&trace["name"]["value"], &trace["refused"]["rule"]);
        match expected {
            Ok(expected) => assert_eq!((name, rule), (&expected.into(), &Value::Null), "{disposition}"),
            Err(expected) => assert_eq!((name, rule), (&Value::Null, &expected.into()), "{disposition}"),
        }
    }
    let trace = uploaded("multipart/form-data; boundary=XYZ", b"form-data; filename=\"\xff\"").await;
    assert_eq!(trace["refused"]["rule"], "bad-name");
}

#[tokio::test]
async fn boundaries() {
    for (content_type, expected) in [
        ("multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk", Ok("----WebKitFormBoundary7MA4YWxk")),
        ("multipart/form-data; boundary=-_.'+aZ09", Ok("-_.'+aZ09")),
        ("Multipart/Form-Data; a=b; boundary=\"a b\"", Ok("a b")),
        ("multipart/form-data ; boundary=B", Ok("B")),
        ("multipart/form-data;; boundary=B", Ok("B")),
        ("multipart/form-data;\tboundary=B", Ok("B")),
        ("multipart/form-data\t;\tboundary=B\t;", Ok("B")),
        ("multipart/form-data; boundary=B ", Ok("B")),
        ("multipart/form-data; boundary=B ; charset=utf-8", Ok("B")),
        (r#"multipart/form-data; boundary="b\OuNd""#, Ok("bOuNd")),
        (r#"multipart/form-data; boundary="a;b=\"c\"""#, Ok("a;b=\"c\"")),
        ("multipart/form-data; boundary==_Part_1:2/3=", Ok("=_Part_1:2/3=")),
        ("multipart/form-data; boundary=(a),b?", Ok("(a),b?")),
        ("multipart/form-data; type=\"a; boundary=x\"; BOUNDARY=B", Ok("B")),
        ("multipart/form-data; boundary=A; boundary=B", Err("missing-boundary")),
        ("multipart/form-data; boundary=\"A\"B", Err("missing-boundary")),
        ("multipart/form-data; boundary=\"A", Err("missing-boundary")),
        ("multipart/form-data; boundary", Err("missing-boundary")),
        ("multipart/form-data; boundary=", Err("missing-boundary")),
        ("multipart/form-data; boundary=a b", Err("missing-boundary")),
        ("multipart/form-data", Err("missing-boundary")),
        ("text/plain", Err("content-type")),
    ] {
        let trace = uploaded(content_type, b"form-data").await;
        match expected {
            Ok(expected) => assert_eq!(trace["boundary"], expected),
            Err(rule) => assert_eq!((&trace["boundary"], &trace["refused"]["rule"]), (&Value::Null, &rule.into())),
        }
    }
}

/// Every spelling of a boundary is used to read the body, too.
#[tokio::test]
async fn a_form_is_read_however_its_boundary_is_spelt() {
    for (content_type, boundary) in [
        ("multipart/form-data ; boundary=B", "B"),
        (";; boundary=B", "B"),
        (";\tboundary=B \t", "B"),
        (r#"; boundary="b\OuNd""#, "bOuNd"),
        ("; boundary==:/", "=:/"),
    ] {
        let api = Api::new();
        let content_type = format!("multipart/form-data{}", content_type.trim_start_matches("multipart/form-data"));
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; filename=\"a.txt\"\r\n\r\ntext\r\n--{boundary}--\r\n"
        );
        let upload = request(Method::POST, "/v2/attachments/").header("Content-Type", &content_type);
        let answer = api.send(upload.body(body.into()).expect("a good request")).await;
        assert_eq!((answer.status, &answer.json()["size"]), (StatusCode::CREATED, &4.into()), "{content_type}");
    }
}

#[tokio::test]
async fn the_type_of_a_part_may_be_spelt_as_http_allows() {
    for (content_type, expected) in [
        ("text/plain ; charset=utf-8", "text/plain; charset=utf-8"),
        ("text/plain;\tcharset=utf-8;", "text/plain; charset=utf-8"),
        (";;", "application/octet-stream"),
        ("text/plain;; charset=\"utf-8\" ", "text/plain; charset=utf-8"),
        ("text/plain ; title=\"a b;\"", "text/plain; title=\"a b;\""),
        ("text/plain ; title=\"a \\\"b\\\" ;\"", "text/plain"),
        ("text/plain;charset=utf-8", "text/plain;charset=utf-8"),
        ("application/octet-stream ; charset=binary", "application/octet-stream"),
        ("text/plain ; charset", "application/octet-stream"),
    ] {
        let headers = format!("Content-Disposition: form-data; filename=\"a\"\r\nContent-Type: {content_type}");
        let answer = Api::new().post_form("/v2/attachments/", &Form::part(&headers, b"text")).await;
        assert_eq!(
            (answer.status, &answer.json()["mimetype"]),
            (StatusCode::CREATED, &expected.into()),
            "{content_type}"
        );
    }
}

/// The only deviation of the last upload, of this kind, whose message has these words.
async fn assert_deviation(api: &Api, kind: &str, words: &[&str]) {
    let deviations = last_record(api).await["deviations"].clone();
    let [deviation] = &deviations.as_array().expect("a list")[..] else { panic!("{deviations}") };
    assert_eq!(deviation["kind"], kind);
    let message = deviation["message"].as_str().expect("a message");
    assert!(words.iter().all(|word| message.contains(word)), "{message}");
}

#[tokio::test]
async fn a_name_is_whole_or_refused_and_never_cut() {
    for (disposition, expected) in [
        // The form library of Node escapes nothing.
        (r#"form-data; name="file"; filename="say "hi".txt""#, Ok("say \"hi\".txt")),
        (r#"form-data; name="file"; filename="say "hi"""#, Ok("say \"hi\"")),
        (r#"form-data; filename="say "hi".txt"; name="file""#, Ok("say \"hi\".txt")),
        (r#"form-data; filename=""hi"" ; name="file""#, Ok("\"hi\"")),
        (r"form-data; name=file; filename=two words.txt", Ok("two words.txt")),
        (r"form-data; name=file; filename=отчёт.txt", Ok("отчёт.txt")),
        (r#"form-data; name="file"; filename="a"b.txt"#, Err("\"b.txt\"")),
        (r#"form-data; filename="a"b.txt; name="file""#, Err("\"b.txt; name=")),
        (r#"form-data; name="file"; filename="a"; b.txt""#, Err("b.txt")),
        (r#"form-data; name="file"; filename="a "b"; c" d.txt""#, Err("c\\\" d.txt")),
        (r"form-data; name=file; filename=a;b.txt", Err("\"b.txt\"")),
        (r#"form-data; name=file; filename=a"b.txt"#, Err("a\\\"b.txt")),
        (r#"form-data; name="file"; filename="a\"; x="b.txt""#, Err("b.txt")),
        (r#"form-data; filename="a.txt"; FileName="b.txt""#, Err("more than one filename")),
        (r#"form-data; filename="a.txt"; filename*=UTF-8''a; filename*=UTF-8''b"#, Err("more than one filename*")),
        (r#"form-data; name="file"; filename="open"#, Err("not closed")),
    ] {
        let api = Api::new();
        let before = api.state().await;
        let form = Form::part(&format!("Content-Disposition: {disposition}"), b"text");
        let answer = api.post_form("/v2/attachments/", &form).await;
        match expected {
            Ok(name) => {
                assert_eq!(
                    (answer.status, &answer.json()["name"]),
                    (StatusCode::CREATED, &name.into()),
                    "{disposition}"
                );
                assert_deviation(&api, "loose-name", &["%22", "?filename="]).await;
            }
            Err(words) => {
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{disposition}: {}", answer.text());
                answer.assert_error();
                let message = answer.json()["errorMessages"][0].as_str().expect("a message").to_owned();
                assert!(message.contains(words), "{message}");
                assert_eq!(api.state().await, before);
                assert_deviation(&api, "loose-name", &[&message]).await;
            }
        }
    }
}

#[tokio::test]
async fn names_that_arrive_encoded_are_kept_and_named_with_the_cure() {
    for (name, words) in [
        ("%D0%BE%D1%82%D1%87%D1%91%D1%82.txt", "quote_fields=False"),
        ("two%20words.txt", "needle"),
        ("=?UTF-8?B?0L7RgtGH0ZHRgi50eHQ=?=", "setMultipartCharset"),
        ("=?utf-8?Q?=D0=BE?= =?utf-8?Q?=D1=82?=", "FileNameStar"),
        ("????? 2024.txt", "HttpMultipartMode.EXTENDED"),
        ("?.txt", "BROWSER_COMPATIBLE"),
    ] {
        let api = Api::new();
        let answer = api.post_form("/v2/attachments/", &Form::file(name, b"text")).await;
        assert_eq!((answer.status, &answer.json()["name"]), (StatusCode::CREATED, &name.into()));
        assert_deviation(&api, "encoded-name", &[name, "kept as sent", words]).await;
    }
}

#[tokio::test]
async fn names_that_are_fine_are_no_deviation() {
    let api = Api::new();
    for (query, disposition) in [
        ("", r#"form-data; name="file"; filename="отчёт за май.txt""#),
        ("", r#"form-data; name="file"; filename="say %22hi%22 100%.txt""#),
        ("", r#"form-data; name="file"; filename="say \"hi\".txt""#),
        ("", r"form-data; name=file; filename=a.txt"),
        ("", "form-data; name=\"file\"; filename=\"=?utf-8?B?0L4=?=\"; filename*=utf-8''%D0%BE"),
        ("?filename=a.txt", r#"form-data; name="file"; filename="%D0%BE""#),
    ] {
        let form = Form::part(&format!("Content-Disposition: {disposition}"), b"text");
        let answer = api.post_form(&format!("/v2/attachments/{query}"), &form).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        assert_eq!(last_record(&api).await["deviations"], Value::Array(Vec::new()), "{disposition}");
    }
}
