//! What handlers ask of a request: who calls, what the path and query say, and that there is no body.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRef, FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use futures_util::FutureExt;
use http_body_util::BodyExt;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};

use super::base_url::{base_url, version_of};
use super::error::{ApiError, ApiResult};
use super::headers::{only, refuse_encoded};
use super::multipart::content_type::is_form;
use super::query::Query;
use super::request_info::RequestInfo;
use super::state::Api;
use super::trace::BodySeen;
use crate::config::{AnonymousPolicy, Config, TokenPolicy};
use crate::domain::{CommentRef, EntityRef, EntityType, FileRef, IssueRef, OrgId, Reservation, User, World, Worlds};
use crate::wire::links::Links;
use crate::wire::read::{VALUE_BYTES, count_values, mark_bytes, not_json_at, not_utf8};

/// The headers that name an organisation, and how they are written. The first wins.
pub(crate) const ORGANIZATION_HEADERS: [(HeaderName, &str); 2] =
    [(HeaderName::from_static("x-cloud-org-id"), "X-Cloud-Org-ID"), (HeaderName::from_static("x-org-id"), "X-Org-ID")];

/// What the official Python client sends in place of an organisation or a token that it was not given.
const NOT_PROVIDED: &str = "not provided";

/// The world of requests without an organisation, where those are allowed.
pub const ANONYMOUS_ORG: &str = "default";

/// Who sent the request, to which world, what its path and query say, and what the answer is written for.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) api: Api,
    pub(crate) actor: Arc<User>,
    pub(crate) links: Links,
    pub(crate) query: Query,
    org: OrgId,
    segments: Option<RawPathParams>,
}

impl Caller {
    /// Reads the world of the request, as [`Worlds::read`].
    pub(crate) fn read<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        self.api.worlds().read(&self.org, look)
    }

    /// Changes the world of the request, as [`Worlds::write`]. Fails as `change` does, and with 507 when it would
    /// create one world too many.
    pub(crate) fn write<R>(&self, change: impl FnOnce(&mut World) -> Result<R, ApiError>) -> Result<R, ApiError> {
        self.api.worlds().write(&self.org, change)
    }

    /// Takes something out of the world of the request, and answers with 204.
    pub(crate) fn remove<E: Into<ApiError>>(&self, change: impl FnOnce(&mut World) -> Result<(), E>) -> ApiResult {
        self.write(|world| change(world).map_err(E::into))?;
        Ok(StatusCode::NO_CONTENT.into_response())
    }

    /// The variable segment of the path that has this name, percent-decoded.
    pub(super) fn segment(&self, name: &str) -> Option<&str> {
        let named = self.segments.iter().flatten().find(|(known, _)| *known == name);
        named.map(|(_, segment)| segment)
    }

    /// The last variable segment.
    pub(super) fn last(&self) -> &str {
        last_of(self.segments.as_ref())
    }

    /// The type of entities that the path names. A wrong one is an error after that of a wrong body.
    pub(super) fn kind(&self) -> Result<EntityType, ApiError> {
        let text = self.segment("type").unwrap_or_default();
        EntityType::parse(text).ok_or_else(|| ApiError::UnknownEntityType { value: text.to_owned() })
    }

    /// The entity that the path names.
    pub(super) fn entity(&self) -> Result<EntityRef, ApiError> {
        Ok(EntityRef::new(self.kind()?, self.segment("id").unwrap_or_default()))
    }

    /// The issue that the path names.
    pub(super) fn issue(&self) -> IssueRef {
        IssueRef::new(self.segment("key").unwrap_or_default())
    }

    /// The comment that the path names.
    pub(super) fn comment(&self) -> CommentRef {
        CommentRef::new(self.segment("commentId").or_else(|| self.segment("id")).unwrap_or_default())
    }

    /// The file that the path names.
    pub(super) fn file(&self) -> FileRef {
        FileRef::new(self.segment("fileId").unwrap_or_default())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    Api: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let api = Api::from_ref(state);
        let info = RequestInfo::of(&parts.extensions);
        let config = api.config();
        let Some(org) = info.org.clone() else {
            usable_token(&parts.headers, config)?;
            organization_name(&parts.headers, config)?;
            return Err(ApiError::MissingOrganization);
        };
        let actor = acting_user(&parts.headers, &org, &api)?;
        if let Some(trace) = &info.trace {
            trace.actor.get_or_init(|| Arc::clone(&actor));
        }
        let version = version_of(parts.uri.path());
        let base = base_url(parts, config, api.own_url())?;
        let links = Links::new(base, version, info.language, actor.uid);
        // A malformed query is an error even for endpoints that have no parameters.
        let query = info.query()?;
        let segments = segments(parts, state).await?;
        Ok(Self { api, actor, links, query, org, segments })
    }
}

/// The user that a request to the world of `org` acts as. Fails when nobody may send it.
pub(crate) fn acting_user(headers: &HeaderMap, org: &OrgId, api: &Api) -> Result<Arc<User>, ApiError> {
    let config = api.config();
    let token = usable_token(headers, config)?;
    // Where a request need not name an organisation, the default one always exists.
    let is_anonymous = config.anonymous == AnonymousPolicy::Allow && org.as_str() == ANONYMOUS_ORG;
    let is_known = |known: &Vec<String>| known.iter().any(|known| known == org.as_str());
    if !is_anonymous && config.known_orgs.as_ref().is_some_and(|known| !is_known(known)) {
        return Err(ApiError::UnknownOrganization);
    }
    actor(api.worlds(), org, token, config.tokens)
}

/// The token of a request. `None` if it has none, where that is allowed.
fn usable_token<'a>(headers: &'a HeaderMap, config: &Config) -> Result<Option<&'a str>, ApiError> {
    match (token(headers), config.anonymous) {
        (Err(ApiError::MissingAuthorization), AnonymousPolicy::Allow) => Ok(None),
        (token, AnonymousPolicy::Allow | AnonymousPolicy::Refuse) => token.map(Some),
    }
}

/// The token of `Authorization: OAuth <token>` or `Bearer <token>`.
fn token(headers: &HeaderMap) -> Result<&str, ApiError> {
    let header = only(headers, &AUTHORIZATION, "Authorization")?.ok_or(ApiError::MissingAuthorization)?;
    let text = header.to_str().map_err(|_| ApiError::UnusableAuthorization)?.trim();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !["oauth", "bearer"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(ApiError::UnusableAuthorization);
    }
    match token.trim() {
        "" | NOT_PROVIDED => Err(ApiError::EmptyToken),
        token => Ok(token),
    }
}

/// The world that a request is for. `None` if it names none; such a request is refused.
pub(crate) fn world(headers: &HeaderMap, config: &Config) -> Option<OrgId> {
    organization_name(headers, config).ok().flatten().map(OrgId::new)
}

/// The organisation that the headers name; the cloud header wins.
fn organization_name<'a>(headers: &'a HeaderMap, config: &Config) -> Result<Option<&'a str>, ApiError> {
    let mut given = None;
    for (header, name) in ORGANIZATION_HEADERS {
        if given.is_none()
            && let Some(value) = only(headers, &header, name)?
        {
            given = organization_in(value, name)?;
        }
    }
    Ok(match config.anonymous {
        AnonymousPolicy::Allow => given.or(Some(ANONYMOUS_ORG)),
        AnonymousPolicy::Refuse => given,
    })
}

/// The organisation in the value of a header; `None` if it is empty.
pub(crate) fn organization_in<'a>(value: &'a HeaderValue, name: &'static str) -> Result<Option<&'a str>, ApiError> {
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| ApiError::InvalidHeader { name })?.trim();
    if text.len() > OrgId::MAX_BYTES {
        return Err(ApiError::OrganizationTooLong { name, limit: OrgId::MAX_BYTES });
    }
    Ok(Some(text).filter(|text| !text.is_empty() && *text != NOT_PROVIDED))
}

fn actor(worlds: &Worlds, org: &OrgId, token: Option<&str>, policy: TokenPolicy) -> Result<Arc<User>, ApiError> {
    worlds.read(org, |world| {
        let users = world.users();
        match (token.map(|token| users.by_token(token)), policy) {
            (Some(Some(user)), _) => Ok(Arc::clone(user)),
            (Some(None), TokenPolicy::KnownOnly) => Err(ApiError::UnknownToken),
            (Some(None), TokenPolicy::Any) | (None, _) => Ok(Arc::clone(users.default_actor())),
        }
    })
}

/// The variable segments of the path, percent-decoded, each with its name. `None` for an unknown path.
async fn segments<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Option<RawPathParams>, ApiError> {
    match RawPathParams::from_request_parts(parts, state).await {
        Ok(segments) => Ok(Some(segments)),
        Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => Err(ApiError::PathNotUtf8),
        Err(_) => Ok(None),
    }
}

fn last_of(segments: Option<&RawPathParams>) -> &str {
    segments.and_then(|segments| segments.iter().last()).map_or("", |(_, segment)| segment)
}

/// The last variable segment of the path, for the control plane.
#[derive(Debug)]
pub(crate) struct Last(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Last {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(last_of(segments(parts, state).await?.as_ref()).to_owned()))
    }
}

/// The most that is read of a body where none is due, in bytes.
pub(crate) const MAX_UNDUE_BYTES: usize = 64 * 1024;

/// The body of an endpoint that takes none: nothing, `null`, or JSON that is ignored, because clients send all three.
#[derive(Debug)]
pub(crate) struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody
where
    Api: FromRef<S>,
{
    type Rejection = ApiError;

    fn from_request(request: Request, state: &S) -> impl Future<Output = Result<Self, ApiError>> {
        let api = Api::from_ref(state);
        let limit_bytes = api.config().limits.max_json_bytes.min(MAX_UNDUE_BYTES);
        let body = (!request.body().is_end_stream()).then(|| read_json(request, &api, limit_bytes));
        async move {
            let Some(body) = body else { return Ok(Self) };
            let body = body.await?;
            if body.bytes.trim_ascii().is_empty() {
                return Ok(Self);
            }
            // Text that is skipped is not checked by serde_json, so it is checked here.
            let text =
                std::str::from_utf8(&body.bytes).map_err(|error| ApiError::BodyNotJson { reason: not_utf8(&error) })?;
            let checked = serde_json::from_str::<IgnoredAny>(text);
            checked.map(|_| Self).map_err(|error| ApiError::BodyNotJson { reason: not_json_at(&error) })
        }
    }
}

/// A JSON object, read as `T`. No body, and the body `null`, are an object without members: what is required is missing
/// then.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T>
where
    Api: FromRef<S>,
{
    type Rejection = ApiError;

    fn from_request(request: Request, state: &S) -> impl Future<Output = Result<Self, ApiError>> {
        json_value(request, &Api::from_ref(state)).map(|value| object(value?).map(Self))
    }
}

/// One JSON object, or a list of them, each read as `T`. No body, and the body `null`, are an object without members.
#[derive(Debug)]
pub(crate) struct JsonItems<T>(pub(crate) Vec<T>);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonItems<T>
where
    Api: FromRef<S>,
{
    type Rejection = ApiError;

    fn from_request(request: Request, state: &S) -> impl Future<Output = Result<Self, ApiError>> {
        json_value(request, &Api::from_ref(state)).map(|value| {
            let value = value?;
            let items = if let Value::Array(items) = value { items } else { vec![value] };
            items.into_iter().map(object).collect::<Result<_, _>>().map(Self)
        })
    }
}

/// The body as JSON; none is `null`.
fn json_value(request: Request, api: &Api) -> impl Future<Output = Result<Value, ApiError>> + use<> {
    read_json(request, api, api.config().limits.max_json_bytes).map(|body| {
        let body = body?;
        if body.bytes.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body.bytes).map_err(|error| ApiError::BodyNotJson { reason: not_json_at(&error) })
    })
}

fn object<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    let members = match value {
        Value::Object(members) => members,
        Value::Null => Map::new(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => return Err(ApiError::BodyNotObject),
    };
    // A wrong member is an error where the handler asks for it, so this cannot fail.
    T::deserialize(Value::Object(members)).map_err(|error| ApiError::internal(&error))
}

/// The version that the client knows: `?version=3` or `If-Match: "3"`.
#[derive(Debug)]
pub(crate) struct ExpectedVersion(pub(crate) Option<u64>);

impl<S: Send + Sync> FromRequestParts<S> for ExpectedVersion {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = RequestInfo::of(&parts.extensions).query()?;
        let number = |text: &str, name| text.parse().map(Some).map_err(|_| ApiError::InvalidVersion { name });
        if let Some(text) = query.text("version")? {
            return number(text, "version").map(Self);
        }
        match parts.headers.get(IF_MATCH).map(|value| value.to_str().unwrap_or("")) {
            None | Some("*") => Ok(Self(None)),
            Some(tag) => number(tag.trim_start_matches("W/").trim_matches('"'), "If-Match").map(Self),
        }
    }
}

/// A body in memory. If it is longer than [`UNCHARGED_BYTES`], it and the values in it are charged to the budget for as
/// long as it is held.
#[derive(Debug)]
pub(crate) struct HeldBody {
    pub(crate) bytes: Vec<u8>,
    _charge: Reservation,
}

/// The most values that the JSON of a request may have, as [`count_values`] counts them.
const MAX_VALUES: usize = 50_000;

/// A body up to this length costs nothing, so that a call that frees memory can be made when there is none left.
const UNCHARGED_BYTES: usize = 8 * 1024;

/// The whole of a body of at most `limit_bytes`. Fails when it is longer, has more than [`MAX_VALUES`], breaks off, is not
/// received any longer, or when the budget has no room for it and for the values in it; and at once when it is encoded, or
/// a form.
pub(crate) fn read_json(
    request: Request,
    api: &Api,
    limit_bytes: usize,
) -> impl Future<Output = Result<HeldBody, ApiError>> + use<> {
    // All but the body is dropped before it is waited for, which keeps the futures of handlers small.
    let trace = RequestInfo::of(request.extensions()).trace.clone();
    let refused = refuse_unread(&request);
    let (mut body, budget) = (request.into_body(), Arc::clone(api.budget()));
    async move {
        refused?;
        let mut charge = budget.reserve_anyway(0);
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| ApiError::broken_off(&error))?;
            let data = frame.data_ref().map_or(&[][..], |data| data);
            if data.len() > limit_bytes - bytes.len() {
                return Err(ApiError::BodyTooLarge { limit_bytes });
            }
            if bytes.len() + data.len() > UNCHARGED_BYTES {
                charge.grow(data.len() as u64)?;
            }
            bytes.extend_from_slice(data);
        }
        if let Some(trace) = trace {
            trace.body.get_or_init(|| BodySeen::of(&bytes));
        }
        bytes.drain(..mark_bytes(&bytes));
        let values = count_values(&bytes);
        if values > MAX_VALUES {
            return Err(ApiError::TooManyValues { limit: MAX_VALUES });
        }
        if bytes.len() > UNCHARGED_BYTES {
            charge.grow(values as u64 * VALUE_BYTES)?;
        }
        Ok(HeldBody { bytes, _charge: charge })
    }
}

/// Fails for a body that is encoded, or a form.
fn refuse_unread(request: &Request) -> Result<(), ApiError> {
    if request.body().is_end_stream() {
        return Ok(());
    }
    refuse_encoded(request.headers())?;
    match request.headers().get(CONTENT_TYPE) {
        Some(value) if is_form(value.as_bytes()) => Err(ApiError::BodyIsForm),
        _ => Ok(()),
    }
}
