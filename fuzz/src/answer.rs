//! An answer, read to its end, and what holds of any.

use axum::http::{HeaderMap, Method, StatusCode};
use bytes::Bytes;
use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Every status that the contract knows (section 1), and those of files.
const DOCUMENTED: [u16; 17] = [200, 201, 204, 206, 304, 400, 401, 403, 404, 405, 408, 409, 412, 413, 416, 422, 507];

impl Answer {
    /// The value of a header, which must be ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// The status, the id of the request, the length, and the shape of errors (contract section 1).
    pub(crate) fn check(&self, method: &Method) {
        let status = self.status.as_u16();
        assert!(DOCUMENTED.contains(&status), "{status}: {:?}", self.body);
        assert_eq!(self.header("x-request-id"), Some("the-id"));
        assert_eq!(self.headers.get_all("x-request-id").iter().count(), 1);
        if let Some(length) = self.header("content-length").filter(|_| method != Method::HEAD && status != 304) {
            assert_eq!(length, self.body.len().to_string());
        }
        if method == Method::HEAD || status == 204 || status == 304 {
            assert!(self.body.is_empty(), "{status}");
        } else if status >= 400 {
            self.check_error();
        }
    }

    fn check_error(&self) {
        assert_eq!(self.header("content-type"), Some("application/json"));
        let body = self.json();
        let keys: Vec<&str> = body.as_object().expect("an object").keys().map(String::as_str).collect();
        // Who waited in vain is told what came instead.
        let told = if self.status == StatusCode::REQUEST_TIMEOUT { &keys[..3] } else { &keys[..] };
        assert_eq!(told, ["errors", "errorMessages", "statusCode"], "{body}");
        assert_eq!(body["statusCode"], self.status.as_u16());
        let (named, rest) = (body["errors"].as_object(), body["errorMessages"].as_array());
        let (named, rest) = named.zip(rest).expect("an object and a list");
        assert!(!named.is_empty() || !rest.is_empty(), "{body}");
        let texts = named.values().chain(rest).map(|text| text.as_str().expect("a text"));
        texts.for_each(|text| assert!(!text.trim().is_empty(), "{body}"));
        assert_eq!(self.status.as_u16() == 405, self.header("allow").is_some(), "{body}");
    }
}
