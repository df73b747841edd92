//! What requests and answers of operations carry.

/// What a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestBody {
    Nothing,
    /// JSON that may be left out.
    OptionalJson(Input),
    Json(Input),
    /// One file, as `multipart/form-data`.
    Form,
}

/// The shapes of JSON bodies in requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    NewEntity,
    EntityUpdate,
    EntitySearch,
    EntityLinks,
    NewChecklistItem,
    NewChecklistItems,
    ChecklistItemChange,
    ChecklistItemChanges,
    ChecklistMove,
    NewComment,
    CommentImport,
    CommentUpdate,
    NewIssue,
    IssueLink,
    IssueImport,
    IssueUpdate,
    IssueSearch,
    Transition,
    // Those of the control plane.
    Check,
    Clock,
    Ids,
    FaultRules,
    World,
}

/// An answer other than a mere error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content: Content,
    /// By name, beside those that every answer has. The OpenAPI document says what each means.
    pub(crate) headers: &'static [&'static str],
}

/// What an answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Nothing,
    Json(Shape),
    /// A JSON array.
    List(Shape),
    /// JSON, or the same as text or as JUnit XML.
    Report(Shape),
    /// A list, or lines of JSON or an HTTP archive that say the same.
    Archive(Shape),
    /// Text.
    Text,
    /// The bytes of a file, of its own type.
    File,
    /// A PNG.
    Picture,
    /// Server-sent events, without an end.
    Events,
}

/// The shapes of JSON in answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Attachment,
    CatalogItem,
    ChangelogEntry,
    ChecklistItem,
    Comment,
    CommentsPart,
    Count,
    Entity,
    EntityLink,
    EntitySearchResult,
    EventsPart,
    Field,
    FieldCategory,
    Issue,
    IssueLink,
    LinkType,
    Queue,
    Transition,
    User,
    // Those of the control plane.
    ArmedFaults,
    Anything,
    Clock,
    Coverage,
    Evidence,
    FaultPresets,
    FreshWorld,
    Health,
    Ids,
    NamedSnapshot,
    NamedWorld,
    Notification,
    Request,
    StoredFile,
    TooFew,
    Verdict,
    World,
}

impl Answer {
    pub(crate) const fn of(status: u16, content: Content) -> Self {
        Self { status, content, headers: &[] }
    }

    /// 200 with a JSON body.
    pub(crate) const fn ok(shape: Shape) -> Self {
        Self::of(200, Content::Json(shape))
    }

    /// 200 with a JSON array.
    pub(crate) const fn list(shape: Shape) -> Self {
        Self::of(200, Content::List(shape))
    }

    /// 201 with a JSON body.
    pub(crate) const fn created(shape: Shape) -> Self {
        Self::of(201, Content::Json(shape))
    }

    /// 204.
    pub(crate) const fn no_content() -> Self {
        Self::of(204, Content::Nothing)
    }

    /// The same with headers.
    pub(crate) const fn with(self, headers: &'static [&'static str]) -> Self {
        Self { headers, ..self }
    }
}

/// What a list says of its pages.
pub(crate) const PAGES: &[&str] = &["X-Total-Count", "X-Total-Pages", "Link"];

/// The answers of a download of a file.
pub(crate) const FILE_ANSWERS: &[Answer] = &download(Content::File);

/// The answers of a download of a thumbnail.
pub(crate) const PICTURE_ANSWERS: &[Answer] = &download(Content::Picture);

const fn download(content: Content) -> [Answer; 3] {
    const WHOLE: &[&str] = &["ETag", "Last-Modified", "Accept-Ranges", "Content-Disposition"];
    const PART: &[&str] = &["ETag", "Last-Modified", "Accept-Ranges", "Content-Disposition", "Content-Range"];
    const KNOWN: &[&str] = &["ETag", "Last-Modified"];
    [
        Answer { status: 200, content, headers: WHOLE },
        Answer { status: 206, content, headers: PART },
        Answer { status: 304, content: Content::Nothing, headers: KNOWN },
    ]
}
