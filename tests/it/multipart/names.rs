//! How the headers of a form and of its parts name the boundary and the file.

use axum::http::Method;
use serde_json::Value;

use super::{last_upload, part};
use crate::support::{Api, request};

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
        (";;; =; filename", Err("no-file-part")),
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
