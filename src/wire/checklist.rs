//! A checklist as the API describes it, of an issue or an entity (reference pages get-checklist and
//! entities/checklists).

use schemars::JsonSchema;
use serde::Serialize;

use super::comment::Html;
use super::links::Links;
use super::patterns::OBJECT_ID;
use super::schema::{MidnightText, absent_not_null};
use super::user::UserRef;
use crate::domain::{ChecklistItem, User, World};

/// An item of a checklist.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChecklistItem", transform = absent_not_null)]
pub(crate) struct ChecklistItemBody<'a> {
    #[schemars(regex(pattern = OBJECT_ID))]
    id: &'a str,
    text: &'a str,
    /// Of issues only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    text_html: Option<Html<'a>>,
    checked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<AssigneeBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<DeadlineBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[schemars(extend("const" = "standard"))]
    checklist_item_type: &'static str,
}

/// Who does it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum AssigneeBody<'a> {
    OfEntity(UserRef<'a>),
    OfIssue(IssueAssignee<'a>),
}

/// Who does an item of an issue.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChecklistAssignee")]
struct IssueAssignee<'a> {
    id: u64,
    display: &'a str,
    passport_uid: u64,
    login: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
    tracker_uid: u64,
}

/// By when.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Deadline")]
struct DeadlineBody {
    #[schemars(with = "MidnightText")]
    date: String,
    #[schemars(extend("const" = "date"))]
    deadline_type: &'static str,
    is_exceeded: bool,
}

impl<'a> ChecklistItemBody<'a> {
    /// Describes the checklist of an entity of `world`.
    pub(crate) fn of_entity(items: &'a [ChecklistItem], world: &World, links: &'a Links) -> Vec<Self> {
        let now = world.now().to_string();
        items
            .iter()
            .map(|item| Self::new(item, &now, |user| AssigneeBody::OfEntity(UserRef::new(user, links))))
            .collect()
    }

    /// Describes the checklist of an issue of `world`.
    pub(crate) fn of_issue(items: &'a [ChecklistItem], world: &World) -> Vec<Self> {
        let now = world.now().to_string();
        let describe = |item: &'a ChecklistItem| Self {
            text_html: cfg!(feature = "html").then_some(Html(&item.text)),
            ..Self::new(item, &now, |user| AssigneeBody::OfIssue(IssueAssignee::new(user)))
        };
        items.iter().map(describe).collect()
    }

    fn new(item: &'a ChecklistItem, now: &str, assignee: impl Fn(&'a User) -> AssigneeBody<'a>) -> Self {
        let deadline = |date: &String| DeadlineBody {
            date: format!("{date}T00:00:00.000+0000"),
            deadline_type: "date",
            is_exceeded: now.get(..10).is_some_and(|today| date.as_str() < today),
        };
        Self {
            id: &item.id,
            text: &item.text,
            text_html: None,
            checked: item.checked,
            assignee: item.assignee.as_deref().map(assignee),
            deadline: item.deadline.as_ref().map(deadline),
            url: item.url.as_deref(),
            checklist_item_type: "standard",
        }
    }
}

impl<'a> IssueAssignee<'a> {
    fn new(user: &'a User) -> Self {
        Self {
            id: user.uid,
            display: &user.display,
            passport_uid: user.passport_uid,
            login: &user.login,
            first_name: &user.first_name,
            last_name: &user.last_name,
            email: &user.email,
            tracker_uid: user.uid,
        }
    }
}
