//! What handlers of the control plane are made with: the query, the world and the body of a request, and the names that
//! all of them use.

use axum::body::HttpBody;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use serde::de::DeserializeOwned;

pub(super) use axum::http::StatusCode;

pub(super) use super::bench::Bench;
use super::reader::PRETTY;
pub(super) use crate::api::{
    Answer, ApiError, ApiResult, Content, Kind, Last, Operation, Parameter, Query, json, ok_json,
};
use crate::api::{MAX_UNDUE_BYTES, ORGANIZATION_HEADERS, RequestInfo, WRITING, Writing, organization_in, read_json};
pub(super) use crate::domain::OrgId;
pub(super) use crate::wire::{InvalidValue, absent_not_null};
use crate::wire::{nearest, read};

pub(super) const ORG: Parameter =
    Parameter::new("org", Kind::Text, "The organisation whose world is meant, unless a header names it.")
        .example("test");
pub(super) const ALL: Parameter =
    Parameter::new("all", Kind::Boolean { default: false }, "All worlds are meant, and not that of one organisation.");

/// The header that says that nobody has named a world yet, and which name was probably meant.
const UNKNOWN_WORLD: HeaderName = HeaderName::from_static("x-unknown-world");

/// The headers of answers that look the same for a misspelt name as for a world in which nothing has happened.
pub(super) const TELLS_UNKNOWN: &[&str] = &["X-Unknown-World"];

/// How many names a misspelt one is compared with.
const MAX_COMPARED: usize = 1000;

/// A call of the control plane. A query parameter that the call does not know is refused: if it is misspelt, the call
/// would do something else than was meant, or more.
pub(super) struct ControlCall {
    pub(super) bench: Bench,
    pub(super) query: Query,
}

impl FromRequestParts<Bench> for ControlCall {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, bench: &Bench) -> Result<Self, ApiError> {
        let info = RequestInfo::of(&parts.extensions);
        let query = info.query()?;
        let known = info.operation.map_or(&[][..], |operation| operation.query);
        let is_known = |name: &str| name == PRETTY || known.iter().any(|one| one.is_named(name));
        if let Some((name, _)) = query.pairs().find(|(name, _)| !is_known(name)) {
            return Err(InvalidValue::name(name, name, known.iter().map(|one| one.name)).into());
        }
        Ok(Self { bench: bench.clone(), query })
    }
}

/// The value of a parameter, which must be one of its known values.
pub(super) fn choice(query: &Query, parameter: &Parameter) -> Result<Option<&'static str>, ApiError> {
    let Some(text) = query.text(parameter.name)? else { return Ok(None) };
    let known = parameter.kind.known_values();
    let chosen = known.iter().copied().find(|one| *one == text);
    chosen.map(Some).ok_or_else(|| InvalidValue::name(parameter.name, text, known).into())
}

/// The world of a call that needs exactly one.
pub(super) struct OneWorld(pub(super) OrgId);

impl FromRequestParts<Bench> for OneWorld {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, bench: &Bench) -> Result<Self, ApiError> {
        let name = "Name an organisation by ?org=ID or by the header X-Org-ID.";
        named(parts, bench)?.map(Self).ok_or_else(|| InvalidValue::new(ORG.name, name).into())
    }
}

/// The world that a call names, if it names one.
pub(super) struct AnyWorld(pub(super) Option<OrgId>);

impl FromRequestParts<Bench> for AnyWorld {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, bench: &Bench) -> Result<Self, ApiError> {
        Ok(Self(named(parts, bench)?))
    }
}

/// The world that a call is about; `None` if it is about all.
pub(super) struct Scope(pub(super) Option<OrgId>);

impl FromRequestParts<Bench> for Scope {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, bench: &Bench) -> Result<Self, ApiError> {
        let all = RequestInfo::of(&parts.extensions).query()?.boolean(ALL.name, false)?;
        let refused = |parameter: Parameter, reason: &str| Err(InvalidValue::new(parameter.name, reason).into());
        match (named(parts, bench)?, all) {
            (Some(_), true) => {
                refused(ALL, "An organisation is named too, by ?org= or by a header. Ask for it, or for all.")
            }
            (None, false) => refused(
                ORG,
                "Say which world is meant: name its organisation by ?org=ID or by the header X-Org-ID, or ask for all \
                 worlds by ?all=true.",
            ),
            (org, _) => Ok(Self(org)),
        }
    }
}

/// The organisation that `?org=` or a header names, which asks for its world. Fails when they name several.
fn named(parts: &Parts, bench: &Bench) -> Result<Option<OrgId>, ApiError> {
    let query = RequestInfo::of(&parts.extensions).query()?;
    let mut found = match query.text(ORG.name)?.map(str::trim) {
        Some("") => return Err(InvalidValue::new(ORG.name, "It is empty. Name an organisation, as ?org=test.").into()),
        Some(name) if name.len() > OrgId::MAX_BYTES => {
            let reason = format!("The id of an organisation has at most {} bytes.", OrgId::MAX_BYTES);
            return Err(InvalidValue::new(ORG.name, reason).into());
        }
        org => org,
    };
    for (header, name) in ORGANIZATION_HEADERS {
        for value in parts.headers.get_all(header) {
            let given = organization_in(value, name)?;
            if let (Some(one), Some(other)) = (found, given)
                && one != other
            {
                let reason = format!("Both {one:?} and {other:?} are named, by ?org= and by headers. Name one world.");
                return Err(InvalidValue::new(ORG.name, reason).into());
            }
            found = found.or(given);
        }
    }
    let found = found.map(OrgId::new);
    found.iter().for_each(|org| bench.sightings.see(org));
    Ok(found)
}

/// For calls that change a world: refuses if that would create one world too many.
pub(super) fn check_room(state: &Bench, org: Option<&OrgId>) -> Result<(), ApiError> {
    org.map_or(Ok(()), |org| Ok(state.api.worlds().check_room(org)?))
}

/// Adds a header to the answer to a call about a world, if nobody has named that world yet.
pub(super) fn tell_unknown(bench: &Bench, org: Option<&OrgId>, mut response: Response) -> Response {
    let Some(org) = org.filter(|org| !bench.knows(org)) else { return response };
    let known = bench.organizations();
    let known = known.iter().map(OrgId::as_str).take(MAX_COMPARED);
    let guess = nearest(org.as_str(), known).map_or_else(String::new, |name| format!(" Did you mean {name:?}?"));
    // Left out if the name has characters that no header may have, even after `Debug` has escaped it.
    if let Ok(text) = HeaderValue::try_from(format!("Nobody has named {:?} yet.{guess}", org.as_str()).into_bytes()) {
        response.headers_mut().insert(UNKNOWN_WORLD, text);
    }
    response
}

/// The largest body, in bytes. It has room for as many and as large fault rules as are allowed.
const MAX_BYTES: usize = 10 * 1024 * 1024;

/// The body, read as `T`. A wrong value is answered with 400 and its path.
///
/// Handlers report what they find wrong in the same way, with [`InvalidValue::new`] or
/// [`InvalidValue::name`].
pub(super) struct ControlBody<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Bench> for ControlBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, bench: &Bench) -> Result<Self, ApiError> {
        let body = read_json(request, &bench.api, MAX_BYTES).await?;
        Ok(Self(read::from_slice(&body.bytes)?))
    }
}

/// The body of a call that takes none: nothing, or empty JSON. Any other is refused, because the client expects it to
/// be read, for instance `{"org": "test"}`.
pub(super) struct EmptyBody;

impl FromRequest<Bench> for EmptyBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, bench: &Bench) -> Result<Self, ApiError> {
        // Return early: the calls that free memory are among these, and must not need any.
        if request.body().is_end_stream() {
            return Ok(Self);
        }
        let body = read_json(request, &bench.api, MAX_UNDUE_BYTES).await?;
        match body.bytes.trim_ascii() {
            b"" | b"{}" | b"null" => Ok(Self),
            _ => Err(InvalidValue::new(
                "",
                "This call takes no body. Name a world by ?org=ID or by the header X-Org-ID.",
            )
            .into()),
        }
    }
}

/// Works off the threads that answer requests: a record of the journal may take long to work out, because the files of
/// uploads are hashed then, and so may the document of a world.
pub(super) async fn at_leisure<R: Send + 'static>(
    bench: Bench,
    work: impl FnOnce(&Bench) -> ApiResult<R> + Send + 'static,
) -> ApiResult<R> {
    let writing = Writing::current();
    let work = tokio::task::spawn_blocking(move || WRITING.sync_scope(writing, || work(&bench)));
    work.await.map_err(|error| ApiError::internal(&error))?
}
