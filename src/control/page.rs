//! The page at `/_mock/`: what a client did, for people to look at. Its files stand in the folder `page`, and `build.rs`
//! packs them. It gets what it shows from the calls of the control plane.
//!
//! Only a browser gets it, which asks for HTML. To programs these paths are no endpoints.

mod plain;

use std::io::Read;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::any;
use flate2::read::GzDecoder;

use super::call::{Bench, at_leisure};
use super::reader::items;
use super::table::unknown_path;
use crate::api::{ApiError, ApiResult};

/// Name, type and packed bytes of each file of the page.
static FILES: &[(&str, &str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The content security policy: files of this server only, no inline scripts, no strings that become scripts, no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// What every answer of the page has.
const HEADERS: [(HeaderName, &str); 8] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (CACHE_CONTROL, "no-cache"),
    (VARY, "accept, accept-encoding"),
];

/// The addresses in the page are relative, because whoever embeds the server may put it below a path of their own.
pub(crate) fn router() -> Router<Bench> {
    Router::new()
        .route("/_mock", any(add_slash))
        .route("/_mock/", any(get_page))
        .route("/_mock/page/plain.html", any(get_plain))
        .route("/_mock/page/{file}", any(get_file))
}

/// Relative addresses need the slash.
async fn add_slash(method: Method, uri: Uri, headers: HeaderMap) -> ApiResult {
    check_browser(&method, &uri, &headers)?;
    Ok((StatusCode::PERMANENT_REDIRECT, [(LOCATION, "_mock/")]).into_response())
}

async fn get_page(method: Method, uri: Uri, headers: HeaderMap) -> ApiResult {
    check_browser(&method, &uri, &headers)?;
    send("index.html", &headers).ok_or_else(|| unknown_path(method, &uri))?
}

async fn get_file(method: Method, uri: Uri, headers: HeaderMap, Path(name): Path<String>) -> ApiResult {
    let found = if is_read(&method) { send(&name, &headers) } else { None };
    found.ok_or_else(|| unknown_path(method, &uri))?
}

/// The newest requests, for a browser that runs no scripts.
async fn get_plain(State(bench): State<Bench>, method: Method, uri: Uri, headers: HeaderMap) -> ApiResult {
    check_browser(&method, &uri, &headers)?;
    let html = [(CONTENT_TYPE, "text/html; charset=utf-8")];
    at_leisure(bench, move |bench| Ok((HEADERS, html, plain::document(&bench.journal)).into_response())).await
}

fn is_read(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method)
}

fn check_browser(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    let accepts_html = names(headers, &ACCEPT, "text/html");
    if is_read(method) && accepts_html { Ok(()) } else { Err(unknown_path(method.clone(), uri)) }
}

/// Whether the list in a header has `item`, and does not rule it out.
fn names(headers: &HeaderMap, header: &HeaderName, item: &str) -> bool {
    items(headers, header).any(|(name, weight)| name.eq_ignore_ascii_case(item) && weight > 0.0)
}

/// A file of the page, packed where the client takes that; `None` if there is none of this name.
fn send(name: &str, headers: &HeaderMap) -> Option<ApiResult> {
    let (_, kind, packed) = FILES.iter().find(|(known, ..)| *known == name)?;
    let head = (HEADERS, [(CONTENT_TYPE, HeaderValue::from_static(kind))]);
    if names(headers, &ACCEPT_ENCODING, "gzip") {
        return Some(Ok((head, [(CONTENT_ENCODING, "gzip")], *packed).into_response()));
    }
    let mut text = Vec::new();
    let read = GzDecoder::new(*packed).read_to_end(&mut text);
    Some(read.map(|_| (head, text).into_response()).map_err(|error| ApiError::internal(&error)))
}
