//! The files of projects, portfolios and goals.

use super::{
    ApiResult, Caller, ENTITY_ID, ENTITY_TYPE, EXPAND_ENTITY, FIELDS, FILE_ID, FILE_NAME, NOTIFY, NOTIFY_AUTHOR,
    NoBody, Operation, Parameter, ok_json,
};
use crate::domain::AttachFile;
use crate::wire::{AttachmentBody, EntityBody};

const TEMP_FILE_ID: Parameter = Parameter::segment("fileId", "The id of a temporary file.", "30");
const ID_WITH_FILES: Parameter = ENTITY_ID.example("655f8cc523db213200000001");

/// Differs: the file keeps the id that it had as a temporary file.
pub(super) const ATTACH_FILE: Operation = Operation::post(
    "attach_file",
    "/entities/{type}/{id}/attachments/{fileId}",
    "Attach a temporary file to an entity",
)
.ok::<EntityBody<'_>>()
.reference("entities/attachments/add-attachment")
.segments(&[TEMP_FILE_ID])
.query(&[NOTIFY, NOTIFY_AUTHOR, FIELDS, EXPAND_ENTITY, FILE_NAME])
.errors(&[422, 423]);

pub(super) async fn attach_file(caller: Caller, _: NoBody) -> ApiResult {
    let entity = caller.entity()?;
    let (rename, options) = (caller.query.file_name()?, caller.query.notify_options()?);
    let view = caller.query.entity_view()?;
    caller.write(|world| {
        let command = AttachFile { entity: &entity, file: &caller.file(), rename, options };
        world.attach_file(command, &caller.actor)?;
        ok_json(&EntityBody::new(world.entity(&entity)?, world, &view, &caller.links))
    })
}

pub(super) const LIST_ENTITY_FILES: Operation =
    Operation::get("list_entity_files", "/entities/{type}/{id}/attachments", "List the files of an entity")
        .list::<AttachmentBody<'_>>()
        .reference("entities/attachments/get-all-attachments");

pub(super) async fn list_entity_files(caller: Caller, _: NoBody) -> ApiResult {
    let entity = caller.entity()?;
    caller.read(|world| {
        let attachments = world.entity(&entity)?.attachments.iter();
        let bodies: Vec<_> = attachments.map(|one| AttachmentBody::at_root(one.file(), &caller.links)).collect();
        ok_json(&bodies)
    })
}

/// Differs: it finds the files of the entity's comments too, because their references lead here.
pub(super) const GET_ENTITY_FILE: Operation =
    Operation::get("get_entity_file", "/entities/{type}/{id}/attachments/{fileId}", "Describe a file of an entity")
        .ok::<AttachmentBody<'_>>()
        .reference("entities/attachments/get-attachment")
        .segments(&[ENTITY_TYPE, ID_WITH_FILES, FILE_ID]);

pub(super) async fn get_entity_file(caller: Caller, _: NoBody) -> ApiResult {
    let entity = caller.entity()?;
    caller.read(|world| {
        let (file, _) = world.entity_file(&entity, &caller.file())?;
        ok_json(&AttachmentBody::at_root(file, &caller.links))
    })
}

pub(super) const DELETE_ENTITY_FILE: Operation =
    Operation::delete("delete_entity_file", "/entities/{type}/{id}/attachments/{fileId}", "Delete a file of an entity")
        .reference("entities/attachments/delete-attachment")
        .segments(&[ENTITY_TYPE, ID_WITH_FILES, FILE_ID])
        .query(&[NOTIFY.decision(), NOTIFY_AUTHOR.decision()])
        .errors(&[423]);

pub(super) async fn delete_entity_file(caller: Caller, _: NoBody) -> ApiResult {
    let entity = caller.entity()?;
    let options = caller.query.notify_options()?;
    caller.remove(|world| world.delete_entity_file(&entity, &caller.file(), options, &caller.actor))
}
