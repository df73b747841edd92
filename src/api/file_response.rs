//! Answers whose body is a file or its thumbnail: headers, conditional requests and ranges (RFC 9110, sections 13 and
//! 14). The handlers decide which file it is, and whether the caller may have it.
//!
//! The crate `http-range-header` parses `Range`. We do not use its check against the size of the file, which refuses a
//! suffix that is longer than the file.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
    RANGE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use http_range_header::{SyntacticallyCorrectRange, parse_range_header};
use httpdate::HttpDate;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::{ApiError, ApiResult, RequestInfo, RequestTrace};
use crate::config::FileNamePolicy;
use crate::domain::{Blob, File, Raster, Timestamp, thumbnail};

/// Escapes all but the characters that RFC 8187 allows unescaped.
const EXTENDED_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Larger files, in bytes, are hashed on the blocking pool, because hashing them would hold up other requests.
const MAX_BYTES_ON_ASYNC_THREAD: usize = 256 * 1024;

/// Limits how many images are decoded at once. Each may take 256 MiB, so all servers of a process share the limit.
static DECODERS: Semaphore = Semaphore::const_new(2);

/// The method and headers of a request. They tell whether the client wants a whole file, a range of it, or only to know
/// whether it changed.
#[derive(Clone, Debug)]
pub(crate) struct FileRequest {
    method: Method,
    headers: HeaderMap,
    trace: Option<Arc<RequestTrace>>,
}

impl<S: Sync> FromRequestParts<S> for FileRequest {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let trace = RequestInfo::of(&parts.extensions).trace.clone();
        Ok(Self { method: parts.method.clone(), headers: parts.headers.clone(), trace })
    }
}

/// The answer with the bytes of `file` under the name in the path: 200, 206 or 304. Fails with 404 if the file must be
/// called `name` and is not, 412 if a precondition fails, 416 if the range has no byte of the file.
pub(crate) async fn named_content(request: &FileRequest, file: File, name: &str, policy: FileNamePolicy) -> ApiResult {
    if file.name.as_str() != name {
        if policy == FileNamePolicy::Exact {
            return Err(ApiError::OtherFileName { id: file.id, given: name.to_owned(), actual: file.name });
        }
        if let Some(trace) = &request.trace {
            trace.other_name.get_or_init(|| file.name.clone());
        }
    }
    let kind = HeaderValue::from_str(file.mimetype.as_str());
    let head = FileHead {
        etag: etag(&file.blob).await?,
        modified: last_modified(file.created_at),
        kind: kind.unwrap_or(HeaderValue::from_static("application/octet-stream")),
        disposition: disposition(disposition_type(&file), name),
    };
    head.answer(request, file.blob)
}

/// The answer with the thumbnail of `file`: 200, 206 or 304. Fails with 404 if the file has none, 412 if a precondition
/// fails, 416 if the range has no byte of it, 507 if it does not fit into the memory budget.
pub(crate) async fn thumbnail(request: &FileRequest, file: File) -> ApiResult {
    let blob = thumbnail_of(&file).await?;
    let head = FileHead {
        etag: etag(&blob).await?,
        modified: last_modified(file.created_at),
        kind: HeaderValue::from_static(Raster::Png.mimetype()),
        disposition: disposition("inline", &format!("{}.png", file.name)),
    };
    head.answer(request, blob)
}

async fn thumbnail_of(file: &File) -> Result<Blob, ApiError> {
    let refused = |reason| ApiError::NoThumbnail { id: file.id, reason };
    thumbnail::check(file.dimensions).map_err(refused)?;
    if let Some(known) = file.blob.known_thumbnail() {
        return known.map_err(refused);
    }
    // Wait for a decoder, then look again: another request may have made the thumbnail meanwhile.
    let permit = DECODERS.acquire().await.map_err(|error| ApiError::internal(&error))?;
    if let Some(known) = file.blob.known_thumbnail() {
        return known.map_err(refused);
    }
    let image = file.blob.clone();
    // The task owns the permit, because the decoder keeps running if the client goes away.
    let made = spawn_blocking(move || {
        let _permit = permit;
        image.thumbnail()
    });
    made.await.map_err(|error| ApiError::internal(&error))??.map_err(refused)
}

/// A strong validator: the digest of the bytes. The id of the file would not do, because ids are issued again after a
/// reset.
async fn etag(blob: &Blob) -> Result<String, ApiError> {
    let digest = if blob.len() <= MAX_BYTES_ON_ASYNC_THREAD {
        blob.digest()
    } else {
        let blob = blob.clone();
        spawn_blocking(move || blob.digest()).await.map_err(|error| ApiError::internal(&error))?
    };
    Ok(format!("\"{digest:032x}\""))
}

/// `None` before 1970: `httpdate` cannot print that.
fn last_modified(at: Timestamp) -> Option<HttpDate> {
    let millis = u64::try_from(at.unix_millis()).ok()?;
    Some(HttpDate::from(SystemTime::UNIX_EPOCH + Duration::from_millis(millis)))
}

/// The type of `Content-Disposition`: whether a browser shows the file or saves it. Browsers show only raster images
/// that are declared as such, because anything else could be a document with scripts.
fn disposition_type(file: &File) -> &'static str {
    let essence = file.mimetype.as_str().split(';').next().unwrap_or("").trim();
    match Raster::of(&file.blob) {
        Some(raster) if essence.eq_ignore_ascii_case(raster.mimetype()) => "inline",
        _ => "attachment",
    }
}

/// `Content-Disposition` with the name twice (RFC 6266): in full; and, for old clients, in ASCII without the characters
/// that end or escape a quoted string.
fn disposition(kind: &str, name: &str) -> String {
    let plain = |character: char| match character {
        '"' | '\\' | '%' => '_',
        ' '..='~' => character,
        _ => '_',
    };
    let fallback: String = name.chars().map(plain).collect();
    format!("{kind}; filename=\"{fallback}\"; filename*=UTF-8''{}", utf8_percent_encode(name, EXTENDED_VALUE))
}

/// The headers that describe a file.
struct FileHead {
    etag: String,
    modified: Option<HttpDate>,
    kind: HeaderValue,
    disposition: String,
}

impl FileHead {
    fn answer(self, request: &FileRequest, blob: Blob) -> ApiResult {
        self.check(&request.headers)?;
        if self.is_current(&request.headers) {
            let mut answer = Response::new(Body::empty());
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            self.add_validators(answer.headers_mut());
            // The length of the file (RFC 9110, section 8.6). axum would add that of the empty body.
            answer.headers_mut().insert(CONTENT_LENGTH, blob.len().into());
            return Ok(answer);
        }
        let size = blob.len();
        let part = match self.range(request, size as u64) {
            Wanted::All => None,
            Wanted::Part(part) => Some(part),
            Wanted::Nothing => return Err(ApiError::RangeNotSatisfiable { size_bytes: size }),
        };
        // The body shares the memory of the blob, which counts against the budget until it is sent.
        let bytes = Bytes::from_owner(blob);
        let mut answer = Response::new(Body::empty());
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, self.kind.clone());
        insert(headers, CONTENT_DISPOSITION, &self.disposition);
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        self.add_validators(headers);
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
        let bytes = match part {
            None => bytes,
            Some(part) => {
                insert(headers, CONTENT_RANGE, &format!("bytes {}-{}/{size}", part.start, part.end - 1));
                *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
                bytes.slice(part)
            }
        };
        answer.headers_mut().insert(CONTENT_LENGTH, bytes.len().into());
        *answer.body_mut() = bytes.into();
        Ok(answer)
    }

    fn add_validators(&self, headers: &mut HeaderMap) {
        insert(headers, ETAG, &self.etag);
        if let Some(modified) = self.modified {
            insert(headers, LAST_MODIFIED, &modified.to_string());
        }
        // The same URL names another file in another organisation and after a reset, so caches must revalidate.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }

    /// Fails if a precondition names another version of the file. `If-Match` overrides `If-Unmodified-Since`.
    fn check(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        if headers.contains_key(IF_MATCH) {
            // A weak tag does not say that the bytes are the same.
            let is_meant = tags(headers, IF_MATCH).any(|tag| tag == "*" || tag == self.etag);
            return if is_meant { Ok(()) } else { Err(ApiError::OtherFile { name: "If-Match" }) };
        }
        let since = date(headers.get(IF_UNMODIFIED_SINCE));
        match since.zip(self.modified) {
            Some((since, modified)) if modified > since => Err(ApiError::OtherFile { name: "If-Unmodified-Since" }),
            _ => Ok(()),
        }
    }

    /// Whether the client has the file already. `If-None-Match` overrides `If-Modified-Since`.
    fn is_current(&self, headers: &HeaderMap) -> bool {
        if headers.contains_key(IF_NONE_MATCH) {
            return tags(headers, IF_NONE_MATCH)
                .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.etag);
        }
        let since = date(headers.get(IF_MODIFIED_SINCE));
        since.zip(self.modified).is_some_and(|(since, modified)| modified <= since)
    }

    /// The bytes that `Range` asks for. It applies to `GET` only, and not if `If-Range` names another version of the
    /// file. A date in `If-Range` never matches, because after a reset another file may have the same id and the same
    /// second. For the same reason `If-Unmodified-Since` with the very second of the file gets the whole file, unless
    /// `If-Match` is there too.
    fn range(&self, request: &FileRequest, size: u64) -> Wanted {
        let mut ranges = request.headers.get_all(RANGE).iter();
        let (Some(range), None) = (ranges.next(), ranges.next()) else { return Wanted::All };
        let headers = &request.headers;
        let is_meant = match headers.get(IF_RANGE) {
            Some(validator) => *validator == self.etag,
            None => {
                headers.contains_key(IF_MATCH)
                    || date(headers.get(IF_UNMODIFIED_SINCE)).is_none_or(|since| Some(since) != self.modified)
            }
        };
        match range.to_str() {
            Ok(range) if is_meant && request.method == Method::GET => Wanted::read(range, size),
            _ => Wanted::All,
        }
    }
}

/// The bytes that a `Range` asks for.
enum Wanted {
    /// The whole file: there is no valid range, or there are several, which a server may ignore.
    All,
    /// These bytes, at least one.
    Part(Range<usize>),
    /// Only bytes that the file does not have.
    Nothing,
}

impl Wanted {
    fn read(header: &str, size: u64) -> Self {
        let Ok(parsed) = parse_range_header(header) else { return Self::All };
        let [range] = parsed.into_ranges()[..] else { return Self::All };
        let (start, end) = match range {
            SyntacticallyCorrectRange::FromStart(first) | SyntacticallyCorrectRange::Indexed(first, _)
                if first >= size =>
            {
                return Self::Nothing;
            }
            SyntacticallyCorrectRange::FromStart(first) => (first, size),
            SyntacticallyCorrectRange::Indexed(first, last) => (first, size.min(last.saturating_add(1))),
            // `bytes=-0` is well-formed, and asks for no byte at all.
            SyntacticallyCorrectRange::FromLast(0) => return Self::Nothing,
            // An empty file has no part that `Content-Range` could name.
            SyntacticallyCorrectRange::FromLast(_) if size == 0 => return Self::All,
            SyntacticallyCorrectRange::FromLast(length) => (size.saturating_sub(length), size),
        };
        match (usize::try_from(start), usize::try_from(end)) {
            (Ok(start), Ok(end)) => Self::Part(start..end),
            _ => Self::All,
        }
    }
}

/// The entity tags of a header, split at commas. Other tags may contain commas, but never a quote, so no piece of one
/// can equal our own tag.
fn tags(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim)
}

fn date(header: Option<&HeaderValue>) -> Option<HttpDate> {
    header?.to_str().ok()?.parse().ok()
}

/// Sets a header whose value is always ASCII.
fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
