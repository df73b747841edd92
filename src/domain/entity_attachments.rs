//! Attaching files to entities: all or nothing, in one step.

use std::sync::Arc;

use super::entity::EntityType;
use super::error::Error;
use super::file::FileName;
use super::history::{Event, EventKind};
use super::outbox::{Notification, NotifyOptions, recipients};
use super::user::User;
use super::world::{Holder, Place, World};

/// A temporary file is to become an entity's attachment.
#[derive(Debug)]
pub struct AttachFile<'a> {
    /// The type that the path names.
    pub kind: EntityType,
    /// The entity's id or short id.
    pub entity: &'a str,
    /// The temporary file's id.
    pub file: &'a str,
    /// Its new name; absent: it keeps the one it has.
    pub rename: Option<FileName>,
    /// Whom to tell.
    pub options: NotifyOptions,
}

impl World {
    /// Moves a temporary file to the end of an entity's attachments: the version rises by one, `updatedAt` is now, the
    /// history gains an event, and the outbox an entry if anybody is to be told (contract section 3).
    ///
    /// # Errors
    /// When the entity or the file does not exist, or the file is used already.
    pub fn attach_file(&mut self, command: AttachFile<'_>, actor: &Arc<User>) -> Result<(), Error> {
        let holder = self.entity(command.kind, command.entity)?.id;
        let file = self.find_temp_file(command.file)?;
        let (Some(entity), Some(temp_file)) = (self.entities.get_mut(&holder), self.temp_files.remove(&file)) else {
            return Err(Error::FileNotFound { id: command.file.to_owned() });
        };

        let now = self.clock.now();
        let attachment = temp_file.attach(command.rename, actor);
        let name = attachment.file().name.clone();
        let recipients = recipients(entity, actor, command.options);
        if !recipients.is_empty() {
            self.outbox.push(Notification {
                at: now,
                actor: Arc::clone(actor),
                entity_type: entity.kind,
                entity: entity.id,
                file,
                file_name: name.clone(),
                options: command.options,
                recipients,
            });
        }
        let position = entity.attachments.push(attachment);
        entity.version += 1;
        entity.updated_at = now;
        let kind = EventKind::FileAdded(file, name);
        entity.history.push(Event { id: self.ids.event(now), at: now, actor: Arc::clone(actor), kind });
        self.attached.insert(file, Place { holder: Holder::Entity(holder), position });
        Ok(())
    }
}
