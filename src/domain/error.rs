//! Which rule a request or a fixture broke, with the ids involved. No status codes and no messages: `api::error` has
//! both, in each language. Only what the loader of fixtures or the embedding program says itself is worded here.

use super::*;

/// A command that the rules refuse. Nothing was changed. An `id` that is a text is what the client wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DomainError {
    /// No entity of this type has this id or short id.
    EntityNotFound { kind: EntityType, id: String },
    /// The id was never issued in this world, or its file was deleted.
    FileNotFound { id: String },
    /// No priority, issue type or status has this id or key.
    NotInCatalog { catalog: Catalog, id: String },
    /// No field of issues has this id.
    FieldNotFound { id: String },
    /// No category of fields has this id.
    FieldCategoryNotFound { id: String },
    /// No queue has this key or id.
    QueueNotFound { id: String },
    /// No user has this login or uid.
    UserNotFound { id: String },
    /// A temporary file serves once, and this one did.
    FileInUse { file: FileId, holder: HolderName },
    /// A body names a file to attach that does not exist.
    AttachmentNotFound { id: String },
    /// A body names a file to attach that is attached already.
    AttachmentInUse { id: FileId, holder: HolderName },
    /// A body names a file to attach more than once.
    AttachmentRepeated { id: FileId },
    /// No transition that the issue can take, or none at all, has this id.
    TransitionNotFound { id: String, issue: String },
    /// The transition leads on from other statuses than that of the issue, which another request may have changed.
    TransitionUnavailable { id: String, issue: String },
    /// The issue or entity has no link with this id.
    LinkNotFound { id: String },
    /// The issue has no change with this id.
    ChangeNotFound { id: String },
    /// There is no such reaction, or the user has not given it.
    ReactionNotFound { name: String },
    /// No type of links has this id.
    LinkTypeNotFound { id: String },
    /// The issues have a link of this kind already.
    LinkExists { relationship: &'static str, issue: String },
    /// Nothing can be linked to itself, or be its own parent.
    LinkedToItself { field: &'static str },
    /// Only issues of the type epic have issues.
    NotAnEpic,
    /// The checklist has no item with this id.
    ChecklistItemNotFound { id: String },
    /// The issue or entity has no comment with this number or `longId`.
    CommentNotFound { id: String },
    /// No issue has this key or id.
    IssueNotFound { id: String },
    /// An issue with the same `unique` exists.
    IssueExists { key: String, unique: String },
    /// An imported issue brings along a key that another has.
    IssueKeyTaken { key: String },
    /// The client knows another version than the present one.
    StaleVersion { given: u64, current: u64 },
    /// The version has reached its limit, so there can be no further change.
    VersionLimit { version: u64 },
    /// An import has a time before its holder was created, or after the last change of that.
    ImportOutOfRange {
        given: Timestamp,
        /// The member of the body.
        field: &'static str,
        earliest: Timestamp,
        latest: Timestamp,
        /// The issue or comment that it is imported into. `None` if the other times are of the import itself.
        holder: Option<HolderName>,
    },
    /// The command would create one world too many.
    TooManyWorlds { limit: usize },
    /// There is no memory for what the command adds.
    OverBudget(OverBudget),
}

impl From<OverBudget> for DomainError {
    fn from(error: OverBudget) -> Self {
        Self::OverBudget(error)
    }
}

impl From<DomainError> for FixtureRule {
    fn from(error: DomainError) -> Self {
        if let DomainError::OverBudget(error) = error { Self::OverBudget(error) } else { Self::Refused(error) }
    }
}

/// What a file is attached to, as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HolderName {
    /// A project, portfolio or goal.
    Entity(EntityType, EntityId),
    /// An issue, by key.
    Issue(String),
    /// A comment, by number, of something.
    Comment(u64, Box<HolderName>),
}

/// Why no further world can be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// The limit on worlds is reached.
    #[error("there are {limit} worlds already")]
    TooManyWorlds {
        /// The limit.
        limit: usize,
    },
    /// There is no memory for it.
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
}

/// The memory budget has no room left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the memory budget of {limit_bytes} bytes is used up")]
pub struct OverBudget {
    /// The whole budget, in bytes.
    pub limit_bytes: u64,
}

/// A name that no file may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// No characters at all.
    Empty,
    /// More than 255 characters.
    TooLong {
        /// How many it has.
        characters: usize,
    },
    /// A control character.
    Control {
        /// The first one.
        character: char,
    },
    /// `/` or `\`.
    Separator {
        /// The first one.
        separator: char,
    },
    /// Bytes that are not UTF-8.
    NotUtf8,
}

/// Why nothing has a link to itself.
pub(crate) const LINKED_TO_ITSELF: &str = "Nothing can be linked to itself, or be its own parent.";
/// Why two issues are not linked as an epic and its issue.
pub(crate) const NOT_AN_EPIC: &str = "The epic of an issue must be an issue of the type epic.";

/// What is wrong with a fixture by the rules of the API.
fn refusal(error: &DomainError) -> String {
    if let DomainError::LinkExists { relationship, issue } = error {
        link_exists(relationship, issue)
    } else if let DomainError::LinkedToItself { .. } = error {
        LINKED_TO_ITSELF.to_owned()
    } else if *error == DomainError::NotAnEpic {
        NOT_AN_EPIC.to_owned()
    } else {
        format!("The API refuses this too: {error:?}.")
    }
}

/// Why two issues are not linked in the same way twice.
pub(crate) fn link_exists(relationship: &str, issue: &str) -> String {
    format!("There is a link {relationship:?} to {issue} already.")
}

/// A fixture that describes a state which the API could not have built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FixtureRule {
    /// A command that the API would refuse as well. The loader finds and names the mistakes that people make before.
    #[error("{}", refusal(.0))]
    Refused(DomainError),
    /// A world needs a default actor.
    #[error("There must be at least one user: the first is the default actor.")]
    NoUsers,
    /// A list that is never empty is.
    #[error("There must be at least one {what}.")]
    Empty { what: &'static str },
    /// A name that must be unique is not.
    #[error("The {what} {value:?} is used twice.")]
    Duplicate { what: &'static str, value: String },
    /// A reference to something that the fixtures do not hold.
    #[error("There is no {what} {value:?}.")]
    Unknown { what: &'static str, value: String },
    /// A text or a number that is not what it must be.
    #[error("The value must be {wanted}, not {value}.")]
    Malformed {
        wanted: &'static str,
        /// As JSON has it.
        value: String,
    },
    /// An entity of another type than the fixture says.
    #[error("{id} is the id of a {kind}.")]
    OtherType { id: EntityId, kind: EntityType },
    /// A version that fewer changes would have reached.
    #[error("The version must be at least {lowest}, because each attached file adds 1, and not {given}.")]
    VersionTooLow { given: u64, lowest: u64 },
    /// A counter that would issue an id twice.
    #[error("{counter} must be more than {taken}, which is in use, and not {given}.")]
    CounterTooLow {
        counter: &'static str,
        given: u64,
        /// The highest number in use.
        taken: u64,
    },
    /// Content that cannot be had.
    #[error("The {what} cannot be read: {reason}.")]
    Unreadable { what: &'static str, reason: String },
    /// A file over the size limit.
    #[error("The file has {given} bytes, and --max-file-size allows {limit}.")]
    FileTooLarge { given: u64, limit: u64 },
    /// A file name that the API would refuse.
    #[error(
        "The value must be a file name: 1 to {} characters, without /, \\ and control characters.",
        super::file::FileName::MAX_CHARS
    )]
    Name(NameError),
    /// Content that does not fit into memory.
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
}

impl From<NameError> for FixtureRule {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

impl FixtureRule {
    /// Whether, and which, budget has no room, where nothing else is wrong.
    pub fn over_budget(&self) -> Option<OverBudget> {
        if let Self::OverBudget(over) = self { Some(*over) } else { None }
    }
}

/// A result of a rule that fixtures are held to.
pub(crate) type RuleResult<T> = Result<T, FixtureRule>;
