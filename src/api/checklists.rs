//! Checklists of issues and entities.

use super::{
    ApiError, ApiResult, Caller, EXPAND_ENTITY, FIELDS, JsonBody, JsonItems, NOTIFY, NOTIFY_AUTHOR, NoBody, Operation,
    Parameter, ok_json,
};
use crate::domain::{
    ChecklistCounts, ChecklistItem, FieldName, FieldValue, IssueFields, UpdateEntity, UpdateIssue, World, position,
    with_new, without,
};
use crate::wire::{
    ChecklistItemBody, ChecklistItemChange, ChecklistItemInput, ChecklistMoveBody, EntityBody, IssueView, OneOrList,
    ShownIssue, find_own,
};

const ITEM: Parameter = Parameter::segment("itemId", "The id of the item.", "6586d91f99a40000000000c2");

pub(super) const LIST_CHECKLIST: Operation =
    Operation::get("list_checklist", "/issues/{key}/checklistItems", "List the checklist of an issue")
        .list::<ChecklistItemBody<'_>>()
        .reference("issues/get-checklist");

pub(super) async fn list_checklist(caller: Caller, _: NoBody) -> ApiResult {
    caller.read(|world| {
        let items = &world.issue(&caller.issue())?.fields.checklist;
        ok_json(&ChecklistItemBody::of_issue(items, world))
    })
}

pub(super) const ADD_CHECKLIST_ITEM: Operation =
    Operation::post("add_checklist_item", "/issues/{key}/checklistItems", "Add an item to the checklist of an issue")
        .ok::<ShownIssue<'_>>()
        .reference("issues/add-checklist-item")
        .json::<ChecklistItemInput>()
        .errors(&[423])
        .example(r#"{"text": "New", "assignee": "lead", "deadline": {"date": "2024-02-01", "deadlineType": "date"}}"#);

pub(super) async fn add_checklist_item(caller: Caller, JsonBody(body): JsonBody<ChecklistItemInput>) -> ApiResult {
    change_issue(&caller, |items, world| Ok(with_new(items, find_own(vec![body], world)?)))
}

pub(super) const DELETE_CHECKLIST: Operation =
    Operation::delete("delete_checklist", "/issues/{key}/checklistItems", "Delete the checklist of an issue")
        .ok::<ShownIssue<'_>>()
        .reference("issues/delete-checklist")
        .errors(&[423]);

pub(super) async fn delete_checklist(caller: Caller, _: NoBody) -> ApiResult {
    change_issue(&caller, |_, _| Ok(Vec::new()))
}

/// Differs: a list, as the page shows, changes the items in their order and must have all of them; one object, as clients
/// send, changes the item of the path.
pub(super) const EDIT_CHECKLIST_ITEM: Operation = Operation::patch(
    "edit_checklist_item",
    "/issues/{key}/checklistItems/{itemId}",
    "Change an item of the checklist of an issue",
)
.ok::<ShownIssue<'_>>()
.reference("issues/edit-checklist")
.segments(&[ITEM])
.optional_json::<OneOrList<ChecklistItemChange>>()
.errors(&[423])
.example(r#"{"text": "Other", "checked": true}"#);

pub(super) async fn edit_checklist_item(
    caller: Caller,
    JsonItems(changes): JsonItems<ChecklistItemChange>,
) -> ApiResult {
    change_issue(&caller, |items, world| {
        Ok(ChecklistItemChange::apply(items, position(items, caller.last())?, changes, world)?)
    })
}

pub(super) const DELETE_CHECKLIST_ITEM: Operation = Operation::delete(
    "delete_checklist_item",
    "/issues/{key}/checklistItems/{itemId}",
    "Delete an item of the checklist of an issue",
)
.ok::<ShownIssue<'_>>()
.reference("issues/delete-checklist-item")
.segments(&[ITEM])
.errors(&[423]);

pub(super) async fn delete_checklist_item(caller: Caller, _: NoBody) -> ApiResult {
    change_issue(&caller, |items, _| Ok(without(items, caller.last())?))
}

/// Replaces the checklist of an issue. The answer has the counts from before the change, as the service was seen to
/// answer.
fn change_issue(
    caller: &Caller,
    change: impl FnOnce(&[ChecklistItem], &World) -> Result<Vec<ChecklistItem>, ApiError>,
) -> ApiResult {
    let issue = caller.issue();
    caller.write(|world| {
        let found = &world.issue(&issue)?.fields;
        let checklist_counts = Some(ChecklistCounts::of(&found.checklist));
        let fields = IssueFields { checklist: change(&found.checklist, world)?, ..found.clone() };
        let update = UpdateIssue { fields, attachment_ids: Vec::new(), links: Vec::new(), expected_version: None };
        world.update_issue(&issue, update, &caller.actor)?;
        let view = IssueView { checklist_counts, ..IssueView::default() };
        ok_json(&ShownIssue::new(world.issue(&issue)?, world, &view, &caller.links))
    })
}

/// What all operations on the checklist of an entity have in common.
const fn of_entity(operation: Operation) -> Operation {
    operation.ok::<EntityBody<'_>>().query(&[NOTIFY, NOTIFY_AUTHOR, FIELDS, EXPAND_ENTITY]).errors(&[422, 423])
}

pub(super) const ADD_ENTITY_CHECKLIST_ITEMS: Operation = of_entity(Operation::post(
    "add_entity_checklist_items",
    "/entities/{type}/{id}/checklistItems",
    "Add items to the checklist of an entity",
))
.reference("entities/checklists/add-checklist")
.json::<OneOrList<ChecklistItemInput>>()
.example(r#"[{"text": "New"}, {"text": "Done", "checked": true}]"#);

pub(super) async fn add_entity_checklist_items(
    caller: Caller,
    JsonItems(new): JsonItems<ChecklistItemInput>,
) -> ApiResult {
    change_entity(&caller, |items, world| Ok(with_new(items, find_own(new, world)?)))
}

/// Differs: items that the body does not name stay.
pub(super) const EDIT_ENTITY_CHECKLIST: Operation = of_entity(Operation::patch(
    "edit_entity_checklist",
    "/entities/{type}/{id}/checklistItems",
    "Change items of the checklist of an entity",
))
.reference("entities/checklists/patch-checklist")
.json::<OneOrList<ChecklistItemInput>>()
.example(r#"[{"id": "6586d91f99a40000000000c2", "text": "Other"}]"#);

pub(super) async fn edit_entity_checklist(
    caller: Caller,
    JsonItems(changed): JsonItems<ChecklistItemInput>,
) -> ApiResult {
    change_entity(&caller, |items, world| Ok(ChecklistItemInput::replace(items, changed, world)?))
}

pub(super) const DELETE_ENTITY_CHECKLIST: Operation = of_entity(Operation::delete(
    "delete_entity_checklist",
    "/entities/{type}/{id}/checklistItems",
    "Delete the checklist of an entity",
))
.reference("entities/checklists/delete-checklist");

pub(super) async fn delete_entity_checklist(caller: Caller, _: NoBody) -> ApiResult {
    change_entity(&caller, |_, _| Ok(Vec::new()))
}

pub(super) const EDIT_ENTITY_CHECKLIST_ITEM: Operation = of_entity(Operation::patch(
    "edit_entity_checklist_item",
    "/entities/{type}/{id}/checklistItems/{itemId}",
    "Change an item of the checklist of an entity",
))
.reference("entities/checklists/patch-checklist-item")
.segments(&[ITEM])
.optional_json::<ChecklistItemChange>()
.example(r#"{"text": "Other", "checked": true}"#);

pub(super) async fn edit_entity_checklist_item(
    caller: Caller,
    JsonBody(body): JsonBody<ChecklistItemChange>,
) -> ApiResult {
    change_entity(&caller, |items, world| {
        Ok(ChecklistItemChange::apply(items, position(items, caller.last())?, vec![body], world)?)
    })
}

pub(super) const DELETE_ENTITY_CHECKLIST_ITEM: Operation = of_entity(Operation::delete(
    "delete_entity_checklist_item",
    "/entities/{type}/{id}/checklistItems/{itemId}",
    "Delete an item of the checklist of an entity",
))
.reference("entities/checklists/delete-checklist-item")
.segments(&[ITEM]);

pub(super) async fn delete_entity_checklist_item(caller: Caller, _: NoBody) -> ApiResult {
    change_entity(&caller, |items, _| Ok(without(items, caller.last())?))
}

pub(super) const MOVE_ENTITY_CHECKLIST_ITEM: Operation = of_entity(Operation::post(
    "move_entity_checklist_item",
    "/entities/{type}/{id}/checklistItems/{itemId}/_move",
    "Move an item of the checklist of an entity",
))
.reference("entities/checklists/move-checklist-item")
.segments(&[ITEM])
.json::<ChecklistMoveBody>()
.example(r#"{"before": "6586d91f99a40000000000c1"}"#);

pub(super) async fn move_entity_checklist_item(
    caller: Caller,
    JsonBody(body): JsonBody<ChecklistMoveBody>,
) -> ApiResult {
    change_entity(&caller, |items, _| Ok(body.apply(items, position(items, caller.last())?)?))
}

/// Replaces the checklist of an entity.
fn change_entity(
    caller: &Caller,
    change: impl FnOnce(&[ChecklistItem], &World) -> Result<Vec<ChecklistItem>, ApiError>,
) -> ApiResult {
    let entity = caller.entity()?;
    let view = caller.query.entity_view()?;
    caller.query.notify_options()?;
    caller.write(|world| {
        let found = &world.entity(&entity)?.fields;
        let items = change(found.checklist(FieldName::ChecklistItems), world)?;
        let mut fields = found.clone();
        fields.set(FieldName::ChecklistItems, Some(FieldValue::Checklist(items)));
        let update = UpdateEntity {
            fields,
            comment: None,
            attachment_ids: Vec::new(),
            links: Vec::new(),
            expected_version: None,
        };
        world.update_entity(&entity, update, &caller.actor)?;
        ok_json(&EntityBody::new(world.entity(&entity)?, world, &view, &caller.links))
    })
}
