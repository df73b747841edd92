//! The history of an issue.

use super::{ApiError, ApiResult, Caller, Kind, NoBody, Operation, PAGE, PER_PAGE, Page, Parameter, ok_json};
use crate::domain::ChangelogEntry;
use crate::wire::ChangelogEntryBody;

const AFTER: Parameter = Parameter::new("id", Kind::Text, "The change after which the list begins.");
const FIELD: Parameter =
    Parameter::new("field", Kind::Text, "The id of a field, or attachments, comments or links: changes of it only.");
const TYPE: Parameter = Parameter::new("type", Kind::Text, "The type of a change: changes of it only.");
const CHANGE: Parameter = Parameter::segment("changeId", "The id of the change.", "6593a1523c6ef30000000006");

/// Differs: `page` is checked, and the list is read on by `id`.
pub(super) const LIST_CHANGELOG: Operation =
    Operation::get("list_changelog", "/issues/{key}/changelog", "Read the history of an issue")
        .pages::<ChangelogEntryBody<'_>>()
        .reference("issues/get-changelog")
        .query(&[AFTER, PER_PAGE, PAGE.decision(), FIELD, TYPE]);

/// Oldest first.
pub(super) async fn list_changelog(caller: Caller, page: Page, _: NoBody) -> ApiResult {
    let after = caller.query.text("id")?.filter(|id| !id.is_empty());
    let (field, kind) = (caller.query.text("field")?, caller.query.text("type")?);
    let is_meant = |entry: &&ChangelogEntry| {
        let record = &entry.record;
        field.is_none_or(|field| record.concerns(field)) && kind.is_none_or(|kind| record.kind.as_str() == kind)
    };
    caller.read(|world| {
        let issue = world.issue(&caller.issue())?;
        let passed = match after {
            None => 0,
            Some(after) => {
                let place = issue.changelog.iter().position(|entry| entry.id.to_string() == after);
                place.ok_or_else(|| ApiError::UnknownRelative { name: "id", value: after.to_owned() })? + 1
            }
        };
        let start = issue.changelog[..passed].iter().filter(is_meant).count();
        let meant: Vec<_> = issue.changelog.iter().filter(is_meant).collect();
        let describe = |entry| ChangelogEntryBody::new(entry, issue, world, &caller.links);
        Ok(page.answer_after(&meant, start, |entry| entry.id.to_string(), describe, &caller.links))
    })
}

/// No page of the reference has it: changes name it as `self`.
pub(super) const GET_CHANGE: Operation =
    Operation::get("get_change", "/issues/{key}/changelog/{changeId}", "Describe a change of an issue")
        .ok::<ChangelogEntryBody<'_>>()
        .segments(&[CHANGE]);

pub(super) async fn get_change(caller: Caller, _: NoBody) -> ApiResult {
    let issue = caller.issue();
    caller.read(|world| {
        let (issue, entry) = (world.issue(&issue)?, world.changelog_entry(&issue, caller.last())?);
        ok_json(&ChangelogEntryBody::new(entry, issue, world, &caller.links))
    })
}
