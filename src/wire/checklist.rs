//! A checklist as the API describes it, of an issue or an entity (reference pages get-checklist and
//! entities/checklists).

use schemars::JsonSchema;
use serde::Serialize;

use super::{Html, Links, MidnightText, OBJECT_ID, UserRef, absent_not_null};
use crate::domain::{ChecklistItem, User, World};

built! {
    /// An item of a checklist.
    #[schemars(rename = "ChecklistItem", transform = absent_not_null)]
    pub(crate) struct ChecklistItemBody<'a>;
    fn new(item: &'a ChecklistItem, now: &str, assignee: impl Fn(&'a User) -> AssigneeBody<'a>) {
        let deadline = |date: &String| DeadlineBody {
            date: format!("{date}T00:00:00.000+0000"),
            deadline_type: "date",
            is_exceeded: now.get(..10).is_some_and(|today| date.as_str() < today),
        };
    }
    #[schemars(regex(pattern = OBJECT_ID))]
    id: &'a str = &item.id,
    text: &'a str = &item.text,
    /// Of issues only.
    #[schemars(with = "Option<String>")]
    ?text_html: Html<'a> = None,
    checked: bool = item.checked,
    ?assignee: AssigneeBody<'a> = item.assignee.as_deref().map(assignee),
    ?deadline: DeadlineBody = item.deadline.as_ref().map(deadline),
    ?url: &'a str = item.url.as_deref(),
    #[schemars(extend("const" = "standard"))]
    checklist_item_type: &'static str = "standard",
}

/// Who does it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum AssigneeBody<'a> {
    OfEntity(UserRef<'a>),
    OfIssue(IssueAssignee<'a>),
}

built! {
    /// Who does an item of an issue.
    #[schemars(rename = "ChecklistAssignee")]
    struct IssueAssignee<'a>;
    fn new(user: &'a User) {}
    id: u64 = user.uid,
    display: &'a str = &user.display,
    passport_uid: u64 = user.passport_uid,
    login: &'a str = &user.login,
    first_name: &'a str = &user.first_name,
    last_name: &'a str = &user.last_name,
    email: &'a str = &user.email,
    tracker_uid: u64 = user.uid,
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
}
