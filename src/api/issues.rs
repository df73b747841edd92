//! Issues.

use axum::http::header::LINK;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use super::{
    Answer, ApiError, ApiResult, Caller, EXPAND_ISSUE, ExpectedVersion, IF_MATCH, JsonBody, Kind, NoBody, Operation,
    PAGE, PER_PAGE, Page, Parameter, Query, SeekLink, TOTAL_COUNT, VERSION, json, ok_json,
};
use crate::domain::{IssueRef, IssueSearch, UpdateIssue};
use crate::wire::{
    IssueImportBody, IssueSearchBody, IssueSearchRequest, IssueUpdateBody, IssueView, Links, NewIssueBody, ShownIssue,
    find_links,
};

const ISSUE_FIELDS: Parameter =
    Parameter::new("fields", Kind::Names, "The fields that the answer shows beside self, id, key and version.");
const FOUND: &[&str] = &["X-Total-Count", "X-Total-Pages", "Link", "X-Scroll-Id", "X-Scroll-Token"];
const SCROLL: &[Parameter] = &[
    EXPAND_ISSUE,
    PER_PAGE,
    PAGE,
    Parameter::new("id", Kind::Text, "With queue: the issue after which the list begins."),
    Parameter::new("scrollType", Kind::Text, "Any value: the result is read piece by piece. Not with queue or keys."),
    Parameter::new(
        "perScroll",
        Kind::Positive { max: MAX_PER_SCROLL as u64, default: Some(100) },
        "How many a piece holds.",
    ),
    Parameter::new(
        "scrollId",
        Kind::Positive { max: u64::MAX, default: None },
        "X-Scroll-Id of the answer before. Not with queue or keys.",
    ),
    Parameter::new("scrollTTLMillis", Kind::Ignored, "Accepted; nothing expires."),
    Parameter::new("order", Kind::Ignored, "Accepted; issues come by queue and number."),
    ISSUE_FIELDS,
];
const SCROLL_ID: HeaderName = HeaderName::from_static("x-scroll-id");
const SCROLL_TOKEN: HeaderName = HeaderName::from_static("x-scroll-token");
const UNIQUE: Parameter =
    Parameter::new("unique", Kind::Text, "The value that the issue was created with.").required().example("only-one");

pub(super) const CREATE_ISSUE: Operation = Operation::post("create_issue", "/issues/", "Create an issue")
    .created::<ShownIssue<'_>>()
    .reference("issues/create-issue")
    .query(&[EXPAND_ISSUE, ISSUE_FIELDS])
    .json::<NewIssueBody>()
    .errors(&[409])
    .example(r#"{"queue": "JUNE", "summary": "New"}"#);

pub(super) async fn create_issue(caller: Caller, JsonBody(body): JsonBody<NewIssueBody>) -> ApiResult {
    let view = caller.query.issue_view()?;
    caller.write(|world| {
        let new = body.read(world)?;
        let issue = IssueRef::new(world.create_issue(new, &caller.actor)?);
        Ok(json(StatusCode::CREATED, &ShownIssue::new(world.issue(&issue)?, world, &view, &caller.links)))
    })
}

/// Differs: everybody may import, and `statusStartTime` is the creation, where recorded answers have none.
pub(super) const IMPORT_ISSUE: Operation = CREATE_ISSUE
    .twin("import_issue", "/issues/_import", "Import an issue with its history")
    .reference("import/import-ticket")
    .query(&[])
    .json::<IssueImportBody>()
    .example(
        r#"{"queue": "JUNE", "summary": "Old", "createdAt": "2024-01-03T10:00:00.000+0000", "createdBy": "author"}"#,
    );

pub(super) async fn import_issue(caller: Caller, JsonBody(body): JsonBody<IssueImportBody>) -> ApiResult {
    caller.write(|world| {
        let (new, imported) = body.read(world)?;
        let issue = IssueRef::new(world.import_issue(new, imported)?);
        let view = IssueView::default();
        Ok(json(StatusCode::CREATED, &ShownIssue::new(world.issue(&issue)?, world, &view, &caller.links)))
    })
}

pub(super) const GET_ISSUE: Operation = Operation::get("get_issue", "/issues/{key}", "Describe an issue")
    .ok::<ShownIssue<'_>>()
    .reference("issues/get-issue")
    .query(&[EXPAND_ISSUE, ISSUE_FIELDS]);

pub(super) async fn get_issue(caller: Caller, _: NoBody) -> ApiResult {
    let view = caller.query.issue_view()?;
    caller.read(|world| ok_json(&ShownIssue::new(world.issue(&caller.issue())?, world, &view, &caller.links)))
}

pub(super) const UPDATE_ISSUE: Operation = Operation::patch("update_issue", "/issues/{key}", "Change an issue")
    .ok::<ShownIssue<'_>>()
    .reference("issues/patch-issue")
    .query(&[EXPAND_ISSUE, ISSUE_FIELDS, VERSION])
    .headers(&[IF_MATCH])
    .optional_json::<IssueUpdateBody>()
    .errors(&[412, 423])
    .example(r#"{"summary": "Other"}"#);

pub(super) async fn update_issue(
    caller: Caller,
    version: ExpectedVersion,
    JsonBody(body): JsonBody<IssueUpdateBody>,
) -> ApiResult {
    let issue = caller.issue();
    let view = caller.query.issue_view()?;
    let (changes, attachment_ids, links) = body.split()?;
    caller.write(|world| {
        let fields = changes.apply(&world.issue(&issue)?.fields, world)?;
        let links = find_links(links, world)?;
        let update = UpdateIssue { fields, attachment_ids, links, expected_version: version.0 };
        world.update_issue(&issue, update, &caller.actor)?;
        ok_json(&ShownIssue::new(world.issue(&issue)?, world, &view, &caller.links))
    })
}

/// Differs: the query language is not understood, and `order` is ignored.
pub(super) const SEARCH_ISSUES: Operation = Operation::post("search_issues", "/issues/_search", "Search issues")
    .answers(&[Answer::list::<ShownIssue<'_>>().with(FOUND)])
    .reference("issues/search-issues")
    .query(SCROLL)
    .optional_json::<IssueSearchBody>()
    .example(r#"{"queue": "JUNE"}"#);

pub(super) async fn search_issues(caller: Caller, page: Page, JsonBody(body): JsonBody<IssueSearchBody>) -> ApiResult {
    let view = caller.query.issue_view()?;
    let search = read_search(body)?;
    let scroll = Scroll::read(&caller.query)?;
    if scroll.is_some() && !search.can_scroll() {
        return Err(ApiError::ScrollNotSupported);
    }
    let after = caller.query.text("id")?.filter(|id| !id.is_empty() && search.queue.is_some());
    caller.read(|world| {
        let found = search.run(&caller.actor, world);
        let describe = |issue| ShownIssue::new(issue, world, &view, &caller.links);
        if let Some(scroll) = scroll {
            return scroll.answer(found, describe, &page, &caller.links);
        }
        if search.queue.is_none() {
            return Ok(page.answer(found.into_iter(), describe, &caller.links, SeekLink::Offered));
        }
        let start = match after {
            None => 0,
            Some(after) => {
                let after_issue = world.issue(&IssueRef::new(after)).ok();
                let place = found.iter().position(|issue| after_issue.is_some_and(|after| after.id == issue.id));
                place.ok_or_else(|| ApiError::UnknownRelative { name: "id", value: after.to_owned() })? + 1
            }
        };
        Ok(page.answer_after(&found, start, |issue| issue.id.to_string(), describe, &caller.links))
    })
}

/// The largest `perScroll`.
pub(super) const MAX_PER_SCROLL: usize = 1_000;

/// A search that the client scrolls through, part by part. The scroll id is the number of results that it has read.
struct Scroll {
    start: usize,
    per_scroll: usize,
}

impl Scroll {
    const DEFAULT: usize = 100;

    /// `None` where a page is asked for.
    fn read(query: &Query) -> Result<Option<Self>, ApiError> {
        let start = query.positive("scrollId", usize::MAX)?;
        let per_scroll = query.positive("perScroll", MAX_PER_SCROLL)?.unwrap_or(Self::DEFAULT);
        let scrolls = start.is_some() || query.text("scrollType")?.is_some();
        Ok(scrolls.then(|| Self { start: start.unwrap_or(0), per_scroll }))
    }

    /// The answer with this part, and links to the first and the next one. Clients send the scroll token back with the id;
    /// it has no further meaning.
    fn answer<T, B: Serialize>(
        &self,
        found: Vec<T>,
        describe: impl Fn(T) -> B,
        page: &Page,
        links: &Links,
    ) -> ApiResult {
        let total = found.len();
        let end = self.start.saturating_add(self.per_scroll);
        let bodies: Vec<_> = found.into_iter().skip(self.start).take(self.per_scroll).map(describe).collect();
        let mut response = json(StatusCode::OK, &bodies);
        let headers = response.headers_mut();
        headers.insert(TOTAL_COUNT, HeaderValue::from(total));
        if end < total {
            headers.insert(SCROLL_ID, HeaderValue::from(end));
            headers.insert(SCROLL_TOKEN, HeaderValue::from(end));
            headers.insert(LINK, page.first_and_next(links, "scrollId", Some(&end.to_string()))?);
        }
        Ok(response)
    }
}

pub(super) const COUNT_ISSUES: Operation = Operation::post("count_issues", "/issues/_count", "Count issues")
    .ok::<usize>()
    .reference("issues/count-issues")
    .optional_json::<IssueSearchBody>()
    .example(r#"{"filter": {"queue": "JUNE"}}"#);

pub(super) async fn count_issues(caller: Caller, JsonBody(body): JsonBody<IssueSearchBody>) -> ApiResult {
    let search = read_search(body)?;
    let count = caller.read(|world| search.run(&caller.actor, world).len());
    ok_json(&count)
}

/// Of two criteria the stronger counts: queue, keys, filter, query, in this order.
fn read_search(body: IssueSearchBody) -> Result<IssueSearch, ApiError> {
    let IssueSearchRequest { mut search, has_query, unknown_fields } = body.read()?;
    let given = [search.queue.is_some(), search.keys.is_some(), !search.filter.is_empty(), has_query];
    if given.into_iter().filter(|given| *given).count() > 2 {
        return Err(ApiError::SearchCombined);
    }
    if !unknown_fields.is_empty() {
        return Err(ApiError::UnknownFilter { names: unknown_fields });
    }
    if search.queue.is_some() {
        search.keys = None;
    }
    if search.queue.is_some() || search.keys.is_some() {
        search.filter.clear();
    } else if search.filter.is_empty() && has_query {
        return Err(ApiError::SearchQueryLanguage);
    }
    Ok(search)
}

/// No page of the reference has it: the official Python client asks after a 409.
pub(super) const FIND_BY_UNIQUE: Operation =
    Operation::post("find_by_unique", "/issues/_findByUnique", "Find the issue with a unique value")
        .ok::<ShownIssue<'_>>()
        .query(&[UNIQUE, EXPAND_ISSUE, ISSUE_FIELDS])
        .errors(&[404]);

pub(super) async fn find_by_unique(caller: Caller, _: NoBody) -> ApiResult {
    let view = caller.query.issue_view()?;
    let unique = caller.query.text("unique")?.ok_or(ApiError::MissingParameter { name: "unique" })?;
    caller.read(|world| {
        let found = world.issue_by_unique(unique);
        let issue = found.ok_or_else(|| ApiError::IssueNotFoundByUnique { unique: unique.to_owned() })?;
        ok_json(&ShownIssue::new(issue, world, &view, &caller.links))
    })
}
