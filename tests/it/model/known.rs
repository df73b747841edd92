//! What clients have heard of a world, so that most of their operations can hit something. It may be out of date.

use super::operation::{Op, Step, Target};
use super::seen::Facts;

#[derive(Debug, Default)]
pub(super) struct Known {
    /// Id, name, and what has the file, oldest first; nothing has a temporary one.
    files: Vec<(u64, usize, Option<Target>)>,
    comments: Vec<(Target, u64)>,
    versions: Vec<(Target, u64)>,
}

impl Known {
    /// Turns ids that were taken at random into such as were heard of, where there are any. The same `aim` of two
    /// clients is the same thing.
    pub(super) fn aim(&self, op: &mut Op, aim: u8) {
        match op {
            Op::Attach { file, .. } => *file = self.temporary(aim).unwrap_or(*file),
            Op::DeleteFile { target, file } => {
                let held = self.files.iter().filter_map(|(id, _, holder)| Some((holder.as_ref()?, id)));
                if let Some((holder, id)) = recent(held, aim) {
                    (*target, *file) = (*holder, *id);
                }
            }
            Op::GetFile { file } => *file = recent(self.files.iter(), aim).map_or(*file, |(id, ..)| *id),
            Op::Download { file, name } => {
                if let Some((id, known, _)) = recent(self.files.iter(), aim) {
                    (*file, *name) = (*id, *known);
                }
            }
            Op::AddComment { files, .. } | Op::CreateIssue { files, .. } => self.aim_at_all(files, aim),
            Op::Patch { target, version, files, .. } => {
                self.aim_at_all(files, aim);
                if let (Some(version), Some((_, known))) = (version, self.versions.iter().find(|(of, _)| of == target))
                {
                    *version = *known;
                }
            }
            Op::EditComment { target, comment, files, .. } => {
                self.aim_at_all(files, aim);
                (*target, *comment) = recent(self.comments.iter(), aim).copied().unwrap_or((*target, *comment));
            }
            Op::DeleteComment { target, comment } => {
                (*target, *comment) = recent(self.comments.iter(), aim).copied().unwrap_or((*target, *comment));
            }
            Op::Upload { .. }
            | Op::FailToUpload { .. }
            | Op::UploadTo { .. }
            | Op::Import { .. }
            | Op::ListFiles { .. }
            | Op::CreateEntity { .. }
            | Op::Get { .. }
            | Op::DeleteEntity { .. }
            | Op::ListComments { .. }
            | Op::ListEvents { .. }
            | Op::Outbox
            | Op::Export
            | Op::Reset
            | Op::ResetAll => {}
        }
    }

    fn aim_at_all(&self, files: &mut [u64], aim: u8) {
        for (place, file) in (0..).zip(files) {
            *file = self.temporary(aim.wrapping_add(place)).unwrap_or(*file);
        }
    }

    fn temporary(&self, aim: u8) -> Option<u64> {
        let temporary = self.files.iter().filter(|(_, _, holder)| holder.is_none());
        recent(temporary, aim).map(|(id, ..)| *id)
    }

    /// Takes note of an answer.
    pub(super) fn learn(&mut self, step: &Step, (status, fact): &Facts) {
        if *status >= 300 {
            return;
        }
        let number = |name: &str| {
            let value = &fact[name];
            value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0)
        };
        match &step.op {
            Op::Upload { name, .. } => self.files.push((number("id"), *name, None)),
            Op::UploadTo { issue, name, .. } | Op::Import { issue, name, .. } => {
                self.files.push((number("id"), *name, Some(Target::Issue(*issue))));
            }
            Op::Attach { entity, file, options } => {
                self.held(Target::Entity(*entity), &[*file], options.rename);
                self.has_version(Target::Entity(*entity), number("version"));
            }
            Op::Patch { target, files, .. } => {
                self.held(*target, files, None);
                self.has_version(*target, number("version"));
            }
            Op::AddComment { target, files, .. } => {
                self.held(*target, files, None);
                self.comments.push((*target, number("id")));
            }
            Op::EditComment { target, files, .. } => self.held(*target, files, None),
            Op::Get { target } => self.has_version(*target, number("version")),
            Op::Reset | Op::ResetAll => *self = Self::default(),
            Op::FailToUpload { .. }
            | Op::DeleteFile { .. }
            | Op::GetFile { .. }
            | Op::Download { .. }
            | Op::ListFiles { .. }
            | Op::CreateEntity { .. }
            | Op::CreateIssue { .. }
            | Op::DeleteEntity { .. }
            | Op::DeleteComment { .. }
            | Op::ListComments { .. }
            | Op::ListEvents { .. }
            | Op::Outbox
            | Op::Export => {}
        }
    }

    fn held(&mut self, by: Target, ids: &[u64], rename: Option<usize>) {
        for (_, name, holder) in self.files.iter_mut().filter(|(id, ..)| ids.contains(id)) {
            *name = rename.unwrap_or(*name);
            *holder = Some(by);
        }
    }

    fn has_version(&mut self, target: Target, version: u64) {
        self.versions.retain(|(of, _)| *of != target);
        self.versions.push((target, version));
    }
}

/// One of the last four.
fn recent<T>(all: impl DoubleEndedIterator<Item = T> + Clone, aim: u8) -> Option<T> {
    let count = all.clone().count().min(4);
    (count > 0).then(|| all.rev().nth(usize::from(aim) % count))?
}
