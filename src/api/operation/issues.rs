//! Issues.

use super::details::{Answer, Details, Header, Input, RequestBody, Shape};
use super::parameter::{EXPAND_ISSUE, IF_MATCH, ISSUE_KEY, Kind, PAGE, PER_PAGE, Parameter, VERSION};
use crate::api::issues::MAX_PER_SCROLL;

const FIELDS: Parameter = Parameter::new("fields", Kind::Ignored, "Accepted; every field is answered.");
const UNIQUE: Parameter = Parameter::new("unique", Kind::Text, "The value that the issue was created with.").required();
const SCROLL: &[Parameter] = &[
    EXPAND_ISSUE,
    PER_PAGE,
    PAGE,
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
    FIELDS,
];
const FOUND: &[Header] = &[Header::TotalCount, Header::TotalPages, Header::Link, Header::ScrollId];

pub(super) const ALL: &[Details] = &[
    Details::new("create_issue", "Create an issue", &[Answer::created(Shape::Issue)])
        .reference("issues/create-issue")
        .query(&[EXPAND_ISSUE, FIELDS])
        .body(RequestBody::Json(Input::NewIssue))
        .errors(&[409, 422]),
    Details::new("search_issues", "Search issues", &[Answer::list(Shape::Issue).with(FOUND)])
        .reference("issues/search-issues")
        .query(SCROLL)
        .body(RequestBody::OptionalJson(Input::IssueSearch))
        .errors(&[422]),
    Details::new("count_issues", "Count issues", &[Answer::ok(Shape::Count)])
        .reference("issues/count-issues")
        .body(RequestBody::OptionalJson(Input::IssueSearch))
        .errors(&[422]),
    Details::new("find_by_unique", "Find the issue with a unique value", &[Answer::ok(Shape::Issue)])
        .query(&[UNIQUE, EXPAND_ISSUE, FIELDS])
        .errors(&[404]),
    Details::new("get_issue", "Describe an issue", &[Answer::ok(Shape::Issue)])
        .reference("issues/get-issue")
        .path(&[ISSUE_KEY])
        .query(&[EXPAND_ISSUE, FIELDS])
        .errors(&[404]),
    Details::new("update_issue", "Change an issue", &[Answer::ok(Shape::Issue)])
        .reference("issues/patch-issue")
        .path(&[ISSUE_KEY])
        .query(&[EXPAND_ISSUE, FIELDS, VERSION])
        .headers(&[IF_MATCH])
        .body(RequestBody::OptionalJson(Input::IssueUpdate))
        .errors(&[404, 412, 422]),
];
