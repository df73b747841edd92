//! Links between issues. Both issues have a link, each from its side, under the same number.

use std::collections::HashSet;
use std::sync::Arc;

use super::*;

/// A type of links.
#[derive(Debug, PartialEq, Eq)]
pub struct LinkType {
    pub id: &'static str,
    pub inward: LinkSide,
    pub outward: LinkSide,
}

/// What an issue is in a link.
#[derive(Debug, PartialEq, Eq)]
pub struct LinkSide {
    /// What requests call it.
    pub relationship: &'static str,
    /// What people call it.
    pub name: Text,
}

/// Which of the two sides an issue stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkDirection {
    Inward,
    Outward,
}

#[rustfmt::skip]
static LINK_TYPES: [LinkType; 5] = [
    link_type("relates", ("relates", "Linked", "Связана"), ("relates", "Linked", "Связана")),
    link_type("depends", ("is dependent by", "Blocker", "Блокер"), ("depends on", "Depends on", "Зависит от")),
    link_type("subtask", ("is subtask for", "Sub-issue", "Подзадача"), ("is parent task for", "Parent issue", "Родительская задача")),
    link_type("duplicates", ("is duplicated by", "Duplicated by", "Дублируется"), ("duplicates", "Duplicates", "Дублирует")),
    link_type("epic", ("has epic", "Issue of an epic", "Задача эпика"), ("is epic of", "Epic", "Эпик")),
];

type Named = (&'static str, &'static str, &'static str);

const fn link_type(id: &'static str, inward: Named, outward: Named) -> LinkType {
    const fn side((relationship, english, russian): Named) -> LinkSide {
        LinkSide { relationship, name: Text::new(english, russian) }
    }
    LinkType { id, inward: side(inward), outward: side(outward) }
}

impl LinkType {
    /// All types.
    pub fn all() -> &'static [Self] {
        &LINK_TYPES
    }

    /// The type with this id.
    pub fn find(id: &str) -> Result<&'static Self, DomainError> {
        let found = LINK_TYPES.iter().find(|one| one.id == id);
        found.ok_or_else(|| DomainError::LinkTypeNotFound { id: id.to_owned() })
    }

    /// What requests call the sides of all types.
    pub fn relationships() -> Vec<&'static str> {
        let mut names: Vec<_> =
            LINK_TYPES.iter().flat_map(|one| [one.inward.relationship, one.outward.relationship]).collect();
        names.dedup();
        names
    }

    /// The type and the side with this name in requests; the inward side if both have it.
    pub fn of(relationship: &str) -> Option<(&'static Self, LinkDirection)> {
        let directions = [LinkDirection::Inward, LinkDirection::Outward];
        let mut sides = LINK_TYPES.iter().flat_map(|one| directions.map(|direction| (one, direction)));
        sides.find(|(one, direction)| one.side(*direction).relationship == relationship)
    }

    fn side(&self, direction: LinkDirection) -> &LinkSide {
        match direction {
            LinkDirection::Inward => &self.inward,
            LinkDirection::Outward => &self.outward,
        }
    }
}

impl LinkDirection {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inward => "inward",
            Self::Outward => "outward",
        }
    }

    const fn inverse(self) -> Self {
        match self {
            Self::Inward => Self::Outward,
            Self::Outward => Self::Inward,
        }
    }
}

/// What an issue is to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation {
    pub link_type: &'static LinkType,
    /// The side of the issue that has it.
    pub direction: LinkDirection,
    /// The other issue.
    pub issue: IssueId,
}

impl Relation {
    /// What requests call it.
    pub fn relationship(&self) -> &'static str {
        self.link_type.side(self.direction).relationship
    }

    /// What the other issue is to this one.
    fn of_the_other(self, own: IssueId) -> Self {
        Self { direction: self.direction.inverse(), issue: own, ..self }
    }

    /// Two links with the same key are the same link.
    fn key(&self) -> (&'static str, IssueId) {
        (self.relationship(), self.issue)
    }
}

/// A link, as one of its issues has it.
#[derive(Clone, Debug)]
pub struct IssueLink {
    /// Unique in the world, but for the other side.
    pub number: u64,
    pub relation: Relation,
    pub created_by: Arc<User>,
    pub created_at: Timestamp,
}

impl World {
    /// The link of an issue with this number. Fails when there is no such issue or link.
    pub fn issue_link(&self, issue: &IssueRef, number: &str) -> Result<&IssueLink, DomainError> {
        let issue = self.issue(issue)?;
        let found = canonical_decimal(number).and_then(|number| issue.links.get(&number));
        found.ok_or_else(|| DomainError::LinkNotFound { id: number.to_owned() })
    }

    /// Links two issues and returns the number of the link. Fails when there is no such issue, the two are linked so
    /// already or may not be linked so, or there is no memory for it.
    pub fn link_issue(&mut self, issue: &IssueRef, relation: Relation, actor: &Arc<User>) -> Result<u64, DomainError> {
        let found = self.issue(issue)?;
        let id = found.id;
        self.check_relations(Some(id), &found.fields, &[relation])?;
        self.check_new_relation(found, relation)?;
        self.check_room(weight::new_links(&[relation]))?;
        let now = self.tick();
        Ok(self.relate(id, &[relation], now, actor).unwrap_or_default())
    }

    /// Takes a link away from both issues. Fails when there is no such issue or link.
    pub fn unlink_issue(&mut self, issue: &IssueRef, number: &str, actor: &Arc<User>) -> Result<(), DomainError> {
        let IssueLink { number, relation, .. } = *self.issue_link(issue, number)?;
        let id = self.issue(issue)?.id;
        let now = self.tick();
        for (one, relation) in [(id, relation), (relation.issue, relation.of_the_other(id))] {
            if let Some(issue) = self.issue_mut(one) {
                issue.links.remove(&number);
                issue.charge.shrink(weight::LINK_BYTES);
            }
            let record = ChangelogRecord { link: Some(relation), ..ChangelogKind::Unlinked.record() };
            self.record_change(one, record, now, actor);
        }
        Ok(())
    }

    /// Checks the relations of an issue with these fields; `own` is `None` for a new one. Fails when the issue is related to
    /// itself or is its own parent, or when an epic in a relation is not of that type.
    pub(super) fn check_relations(
        &self,
        own: Option<IssueId>,
        fields: &IssueFields,
        relations: &[Relation],
    ) -> Result<(), DomainError> {
        let own_type = fields.issue_type;
        if own.is_some() && fields.parent == own {
            return Err(DomainError::LinkedToItself { field: "parent" });
        }
        for relation in relations {
            if own == Some(relation.issue) {
                return Err(DomainError::LinkedToItself { field: "issue" });
            }
            let other_type = self.issue_by_id(relation.issue).map_or(own_type, |issue| issue.fields.issue_type);
            let epic = match relation.direction {
                LinkDirection::Inward => other_type,
                LinkDirection::Outward => own_type,
            };
            if relation.link_type.id == "epic" && epic.key != "epic" {
                return Err(DomainError::NotAnEpic);
            }
        }
        Ok(())
    }

    fn check_new_relation(&self, issue: &Issue, relation: Relation) -> Result<(), DomainError> {
        if issue.links.values().any(|link| link.relation.key() == relation.key()) {
            let other = self.issue_by_id(relation.issue).map_or_else(String::new, |other| other.key.clone());
            return Err(DomainError::LinkExists { relationship: relation.relationship(), issue: other });
        }
        Ok(())
    }

    /// Links an issue to others, as far as it is not yet, and returns the number of the last link. The caller has checked
    /// everything.
    pub(super) fn relate(
        &mut self,
        id: IssueId,
        relations: &[Relation],
        now: Timestamp,
        actor: &Arc<User>,
    ) -> Option<u64> {
        let links = self.issue_by_id(id).into_iter().flat_map(|issue| issue.links.values());
        // A set, so that the time grows with the number of links, not with its square.
        let mut present: HashSet<_> = links.map(|link| link.relation.key()).collect();
        let mut last = None;
        for relation in relations.iter().filter(|relation| present.insert(relation.key())) {
            let number = self.ids.link();
            self.insert_link(id, number, *relation, now, actor);
            for (one, relation) in [(id, *relation), (relation.issue, relation.of_the_other(id))] {
                let record = ChangelogRecord { link: Some(relation), ..ChangelogKind::Linked.record() };
                self.record_change(one, record, now, actor);
            }
            last = Some(number);
        }
        last
    }

    fn insert_link(&mut self, id: IssueId, number: u64, relation: Relation, at: Timestamp, by: &Arc<User>) {
        for (holder, relation) in [(id, relation), (relation.issue, relation.of_the_other(id))] {
            if let Some(issue) = self.issue_mut(holder) {
                issue.charge.grow_anyway(weight::LINK_BYTES);
                let link = IssueLink { number, relation, created_by: Arc::clone(by), created_at: at };
                issue.links.insert(number, link);
            }
        }
    }

    /// Adds a link of a saved world, whose issues are all there. The caller has checked the number. Fails as
    /// [`World::link_issue`].
    pub fn restore_issue_link(
        &mut self,
        issue: IssueId,
        number: u64,
        relation: Relation,
        (at, by): (Timestamp, &Arc<User>),
    ) -> RuleResult<()> {
        if let Some(found) = self.issue_by_id(issue) {
            self.check_relations(Some(issue), &found.fields, &[relation])?;
            self.check_new_relation(found, relation)?;
        }
        self.check_room(2 * weight::LINK_BYTES)?;
        self.insert_link(issue, number, relation, at, by);
        Ok(())
    }
}
