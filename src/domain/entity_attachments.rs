//! The files of entities: attaching, finding and deleting them.

use std::sync::Arc;

use super::*;

/// The command that makes a temporary file an attachment of an entity.
pub struct AttachFile<'a> {
    pub entity: &'a EntityRef,
    pub file: &'a FileRef,
    /// A new name for it; by default it keeps the one it has.
    pub rename: Option<FileName>,
    pub options: NotifyOptions,
}

impl World {
    /// Moves a temporary file to the end of an entity's attachments. The version goes up by one, `updatedAt` becomes
    /// now, the history gets an event, and the outbox gets a notification if there is anybody to notify (contract
    /// section 3). Fails when the entity or the file does not exist, the file is already attached, or there is no memory
    /// left for the records of it.
    pub fn attach_file(&mut self, command: AttachFile<'_>, actor: &Arc<User>) -> Result<(), DomainError> {
        let entity = self.entity(command.entity)?;
        check_version(None, entity.version)?;
        let holder = entity.id;
        let file = self.find_temp_file(command.file)?;
        self.check_room(0)?;
        let Some(temp_file) = self.temp_files.remove(&file) else {
            return Err(DomainError::FileNotFound { id: command.file.to_string() });
        };

        let attachment = temp_file.attach(command.rename, actor);
        let name = attachment.file().name.clone();
        self.hold(Holder::Entity(holder), attachment);
        self.file_changed(holder, FileChange { file, name, removed: false }, command.options, actor);
        Ok(())
    }

    /// An attachment of an entity or of one of its comments. Fails when the entity or the file does not exist, or the
    /// file belongs to something else.
    pub fn entity_file(&self, entity: &EntityRef, file: &FileRef) -> Result<(&File, Holder), DomainError> {
        let id = self.entity(entity)?.id;
        match self.find_file(file)? {
            (found, Some(holder)) if holder == Holder::Entity(id) => Ok((found, holder)),
            (found, Some(holder @ Holder::Comment(Thread::Entity(of), _))) if of == id => Ok((found, holder)),
            _ => Err(DomainError::FileNotFound { id: file.to_string() }),
        }
    }

    /// Deletes an attachment of an entity. Version, `updatedAt`, history and outbox change as in an attach. Fails when
    /// the entity or the file does not exist, or the file is not an attachment of the entity itself.
    pub fn delete_entity_file(
        &mut self,
        entity: &EntityRef,
        file: &FileRef,
        options: NotifyOptions,
        actor: &Arc<User>,
    ) -> Result<(), DomainError> {
        let found = self.entity(entity)?;
        check_version(None, found.version)?;
        let id = found.id;
        let file = match self.entity_file(entity, file)? {
            (file, Holder::Entity(_)) => file.id,
            // The file of a comment can only be deleted with the comment.
            (_, Holder::Issue(_) | Holder::Comment(..)) => {
                return Err(DomainError::FileNotFound { id: file.to_string() });
            }
        };
        if let Some(removed) = self.remove_file(file) {
            let name = removed.file().name.clone();
            self.file_changed(id, FileChange { file, name, removed: true }, options, actor);
        }
        Ok(())
    }

    /// Records that the files of an entity changed: a new version, an event, and a notification if there is anybody to
    /// notify.
    fn file_changed(&mut self, id: EntityId, change: FileChange, options: NotifyOptions, actor: &Arc<User>) {
        let now = self.tick();
        let event = self.event(change.clone().into(), now, actor);
        if let Some(entity) = Arc::make_mut(&mut self.entities).get_mut(&id).map(Arc::make_mut) {
            entity.version += 1;
            entity.updated_at = now;
            let (entity_type, recipients) = (entity.kind, recipients(entity, actor, options));
            entity.record(event);
            if !recipients.is_empty() {
                self.notify(Notification {
                    at: now,
                    actor: Arc::clone(actor),
                    entity_type,
                    entity: id,
                    change,
                    options,
                    recipients,
                });
            }
        }
    }
}
