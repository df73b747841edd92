//! The checklists of issues and entities. The rules are the same for both.

use std::sync::Arc;

use super::*;

/// One line of a checklist.
#[derive(Clone, Debug)]
pub struct ChecklistItem {
    /// 24 hex digits; empty until the world gives it one.
    pub id: String,
    /// What is to be done.
    pub text: String,
    /// Whether it is done.
    pub checked: bool,
    /// Who does it.
    pub assignee: Option<Arc<User>>,
    /// By when, `YYYY-MM-DD`.
    pub deadline: Option<String>,
    /// Where more stands about it.
    pub url: Option<String>,
}

impl ChecklistItem {
    /// The item as people read it in the history.
    pub(super) fn readable(&self) -> String {
        let done = if self.checked { "[x]" } else { "[ ]" };
        let assignee = self.assignee.as_ref().map_or("", |user| &user.login);
        let deadline = self.deadline.as_deref().unwrap_or("");
        [done, &self.text, assignee, deadline].join(" ").trim_end().to_owned()
    }
}

/// How many items a checklist has, and how many of them are done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChecklistCounts {
    pub(crate) total: usize,
    pub(crate) done: usize,
}

impl ChecklistCounts {
    pub(crate) fn of(items: &[ChecklistItem]) -> Self {
        Self { total: items.len(), done: items.iter().filter(|item| item.checked).count() }
    }
}

/// Where the item with this id stands. Fails when there is none.
pub(crate) fn position(items: &[ChecklistItem], id: &str) -> Result<usize, DomainError> {
    let position = items.iter().position(|item| item.id == id);
    position.ok_or_else(|| DomainError::ChecklistItemNotFound { id: id.to_owned() })
}

/// The list without an item. Fails when it is not there.
pub(crate) fn without(items: &[ChecklistItem], id: &str) -> Result<Vec<ChecklistItem>, DomainError> {
    let mut items = items.to_vec();
    items.remove(position(&items, id)?);
    Ok(items)
}

/// The list with new items at its end; the world will give them ids.
pub(crate) fn with_new(items: &[ChecklistItem], new: Vec<ChecklistItem>) -> Vec<ChecklistItem> {
    let unnumbered = new.into_iter().map(|item| ChecklistItem { id: String::new(), ..item });
    items.iter().cloned().chain(unnumbered).collect()
}

impl World {
    /// Gives an id to each new item.
    pub(super) fn number_checklist(&mut self, items: &mut [ChecklistItem], now: Timestamp) {
        for item in items.iter_mut().filter(|item| item.id.is_empty()) {
            item.id = self.ids.checklist_item(now);
        }
    }
}
