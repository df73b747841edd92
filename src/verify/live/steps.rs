//! The walk: what is asked for, one exchange after the other.
//!
//! `<name>` in a path, a header or a body stands for a value. `issue`, `project`, `nowhere` (an issue that does not exist)
//! and `mark` (a word in all that this walk makes) are there from the start, and `temporaries` are the ids of all temporary
//! files that there are, with commas; the others come from earlier answers.

/// A small picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x04\0\0\0\x03\x08\x02\0\0\0;\x969\x91\0\0\0\x10IDATx\xdacPH8\
\0G\x0c89\0\x1d6\x0f\x01{\ne\x97\0\0\0\0IEND\xaeB`\x82";
const TEXT: &[u8] = b"tracker-mock compares two servers.\n";
/// What a form has for its boundary.
pub(super) const BOUNDARY: &str = "tracker-mock-verify";

/// A thing that a step makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    TemporaryFile,
    IssueFile,
    Comment,
    ProjectFile,
}

impl Thing {
    pub(super) const ALL: [Self; 4] = [Self::TemporaryFile, Self::IssueFile, Self::Comment, Self::ProjectFile];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TemporaryFile => "temporary file",
            Self::IssueFile => "file of the issue",
            Self::Comment => "comment on the issue",
            Self::ProjectFile => "file of the project",
        }
    }

    /// Where all of them are listed; `None` where nothing lists them, and nothing deletes them.
    pub(super) fn list(self) -> Option<&'static str> {
        match self {
            Self::TemporaryFile => None,
            Self::IssueFile => Some("/issues/<issue>/attachments"),
            Self::Comment => Some("/issues/<issue>/comments"),
            Self::ProjectFile => Some("/entities/project/<project>/attachments"),
        }
    }

    /// Whether it is there only with a project.
    pub(super) fn is_of_project(self) -> bool {
        self == Self::ProjectFile
    }
}

/// What a request carries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Payload {
    Nothing,
    /// Sent as JSON, whatever it is.
    Json(&'static str),
    /// A form with one part: what follows `form-data` in its disposition, its type, and its bytes.
    Form(&'static str, &'static str, &'static [u8]),
    /// Bytes of no type.
    Untyped(&'static [u8]),
}

/// One exchange.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) headers: &'static [(&'static str, &'static str)],
    /// The header that it goes without.
    pub(super) without: Option<&'static str>,
    pub(super) content: Payload,
    /// The values that its answer gives, each by its place: a JSON pointer, or the name of a header.
    pub(super) saves: &'static [(&'static str, &'static str)],
    /// What it makes, or would, whose id is the first of these values.
    pub(super) makes: Option<Thing>,
    /// The temporary file that it makes another thing of. A comment takes the others too.
    pub(super) uses: Option<&'static str>,
    /// Whether the walk ends if this is refused.
    pub(super) is_gate: bool,
}

impl Step {
    const fn new(method: &'static str, name: &'static str, path: &'static str) -> Self {
        Self {
            name,
            method,
            path,
            headers: &[],
            without: None,
            content: Payload::Nothing,
            saves: &[],
            makes: None,
            uses: None,
            is_gate: false,
        }
    }

    const fn get(name: &'static str, path: &'static str) -> Self {
        Self::new("GET", name, path)
    }

    const fn delete(name: &'static str, path: &'static str) -> Self {
        Self::new("DELETE", name, path)
    }

    const fn json(name: &'static str, path: &'static str, body: &'static str) -> Self {
        Self { content: Payload::Json(body), ..Self::new("POST", name, path) }
    }

    const fn upload(name: &'static str, path: &'static str, disposition: &'static str) -> Self {
        Self { content: Payload::Form(disposition, "text/plain", TEXT), ..Self::new("POST", name, path) }
    }

    const fn picture(name: &'static str, path: &'static str) -> Self {
        let disposition = "name=\"file\"; filename=\"<mark>.png\"";
        Self { content: Payload::Form(disposition, "image/png", PNG), ..Self::new("POST", name, path) }
    }

    const fn makes(self, thing: Thing) -> Self {
        Self { makes: Some(thing), ..self }
    }

    const fn saves(self, saves: &'static [(&'static str, &'static str)]) -> Self {
        Self { saves, ..self }
    }

    const fn uses(self, file: &'static str) -> Self {
        Self { uses: Some(file), ..self }
    }

    const fn header(self, header: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers: header, ..self }
    }

    const fn without(self, header: &'static str) -> Self {
        Self { without: Some(header), ..self }
    }

    const fn gate(self) -> Self {
        Self { is_gate: true, ..self }
    }

    /// Whether it is meant to make something, and not to be refused.
    pub(super) fn is_making(&self) -> bool {
        self.makes.is_some() && !self.saves.is_empty()
    }

    /// Whether it needs a project.
    pub(super) fn is_of_project(&self) -> bool {
        self.path.contains("<project") || self.saves.iter().any(|(name, _)| name.starts_with("project"))
    }
}

const TEMP: &str = "/attachments/";
const FILES: &str = "/issues/<issue>/attachments/";
const FILE: &str = "/issues/<issue>/attachments/<file>";
const DOWNLOAD: &str = "/issues/<issue>/attachments/<file>/<mark>.txt";
const COMMENT: &str = "/issues/<issue>/comments/<comment>?expand=attachments";
const NEW_COMMENT: &str =
    "/issues/<issue>/comments?expand=attachments&notify=false&notifyAuthor=false&isAddToFollowers=false";
const PROJECT: &str = "/entities/project/<project>?expand=attachments";
const PROJECT_FILES: &str = "/entities/project/<project>/attachments";
const PROJECT_FILE: &str = "/entities/project/<project>/attachments/<project-file>?notify=false";
const ATTACH: &str = "/entities/project/<project>/attachments/<project-temporary>\
                      ?notify=false&expand=attachments&filename=<mark>-renamed.txt";
const PLAIN: &str = "name=\"file\"; filename=\"<mark>.txt\"";
/// Those that stand before all others: they make nothing, and say whether the rest can be done.
const GATES: [Step; 3] = [
    Step::get("myself", "/myself").gate(),
    Step::get("issue", "/issues/<issue>").gate(),
    Step::get("project", PROJECT).saves(&[("version", "/version")]).gate(),
];

const TEMPORARY_FILES: [Step; 10] = [
    Step::upload("temporary-text", TEMP, PLAIN).makes(Thing::TemporaryFile).saves(&[("temporary", "/id")]),
    Step::picture("temporary-picture", TEMP).makes(Thing::TemporaryFile).saves(&[("temporary-picture", "/id")]),
    Step::upload(
        "temporary-extended-name",
        TEMP,
        "name=\"file\"; filename*=UTF-8''%D0%BE%D1%82%D1%87%D1%91%D1%82-<mark>.txt",
    )
    .makes(Thing::TemporaryFile)
    .saves(&[("extended", "/id")]),
    Step::upload("temporary-raw-name", TEMP, "name=\"file\"; filename=\"отчёт-<mark>.txt\"")
        .makes(Thing::TemporaryFile)
        .saves(&[("raw", "/id")]),
    Step::upload("temporary-name-in-query", "/attachments/?filename=%D0%BE%D1%82%D1%87%D1%91%D1%82-<mark>.txt", PLAIN)
        .makes(Thing::TemporaryFile)
        .saves(&[("named", "/id")]),
    Step { content: Payload::Form(PLAIN, "text/plain", b""), ..Step::upload("temporary-empty", TEMP, PLAIN) }
        .makes(Thing::TemporaryFile)
        .saves(&[("empty", "/id")]),
    Step::get("temporary-one", "/attachments/<temporary-picture>"),
    Step::get("temporary-download", "/attachments/<temporary-picture>/<mark>.png"),
    Step::get("temporary-thumbnail", "/thumbnails/<temporary-picture>"),
    Step::get("temporary-empty-download", "/attachments/<empty>/<mark>.txt"),
];

const ISSUE_FILES: [Step; 16] = [
    Step::upload("upload", FILES, PLAIN).makes(Thing::IssueFile).saves(&[("file", "/id")]),
    Step::picture("upload-picture", FILES).makes(Thing::IssueFile).saves(&[("picture", "/id")]),
    Step::upload("upload-name-in-query", "/issues/<issue>/attachments/?filename=%D0%BE-<mark>.txt", PLAIN)
        .makes(Thing::IssueFile)
        .saves(&[("issue-named", "/id")]),
    Step::get("files", "/issues/<issue>/attachments"),
    Step::get("file", FILE),
    Step::get("file-by-id-alone", "/attachments/<file>"),
    Step::get("download", DOWNLOAD).saves(&[("etag", "etag")]),
    Step::new("HEAD", "download-head", DOWNLOAD),
    Step::get("download-other-name", "/issues/<issue>/attachments/<file>/other-<mark>.txt"),
    Step::get("download-by-id-alone", "/attachments/<file>/<mark>.txt"),
    Step::get("download-range", DOWNLOAD).header(&[("range", "bytes=0-6")]),
    Step::get("download-range-beyond", DOWNLOAD).header(&[("range", "bytes=100000-")]),
    Step::get("download-not-modified", DOWNLOAD).header(&[("if-none-match", "<etag>")]),
    Step::get("thumbnail", "/issues/<issue>/thumbnails/<picture>"),
    Step::get("thumbnail-of-text", "/issues/<issue>/thumbnails/<file>"),
    Step::get("issue-expanded", "/issues/<issue>?expand=attachments"),
];

const COMMENTS: [Step; 5] = [
    Step::json("comment", NEW_COMMENT, r#"{"text": "<mark>", "attachmentIds": [<temporaries>]}"#)
        .makes(Thing::Comment)
        .saves(&[("comment", "/id"), ("comment-file", "/attachments/0/id")])
        .uses("temporary"),
    Step::get("comment-one", COMMENT),
    Step { method: "PATCH", ..Step::json("comment-edit", COMMENT, r#"{"text": "<mark> edited"}"#) },
    Step::get("comments", "/issues/<issue>/comments?expand=attachments"),
    Step::get("files-with-those-of-comments", "/issues/<issue>/attachments"),
];

const PROJECT_STEPS: [Step; 14] = [
    Step::upload("project-temporary", TEMP, PLAIN).makes(Thing::TemporaryFile).saves(&[("project-temporary", "/id")]),
    Step::new("POST", "project-attach", ATTACH)
        .makes(Thing::ProjectFile)
        .saves(&[("project-file", "/attachments/0/id"), ("version", "/version")])
        .uses("project-temporary"),
    Step::get("project-files", PROJECT_FILES),
    Step::get("project-file", PROJECT_FILE),
    Step::get("project-download", "/attachments/<project-file>/<mark>-renamed.txt"),
    Step::new("POST", "project-attach-again", ATTACH),
    Step::new("POST", "project-attach-unknown", "/entities/project/<project>/attachments/999999999999?notify=false"),
    Step::new(
        "POST",
        "project-attach-bad-boolean",
        "/entities/project/<project>/attachments/999999999999?notify=perhaps",
    ),
    Step::get("project-file-unknown", "/entities/project/<project>/attachments/999999999999"),
    Step::get("project-fields-unknown", "/entities/project/<project>?fields=summary,nonsense"),
    Step::get("project-type-unknown", "/entities/nonsense/<project>/attachments"),
    Step::delete("project-file-delete", PROJECT_FILE),
    Step::delete("project-file-delete-again", PROJECT_FILE),
    Step::get("project-afterwards", PROJECT).saves(&[("version", "/version")]),
];

const REFUSALS: [Step; 13] = [
    Step::upload("no-file-in-form", TEMP, "name=\"text\"").makes(Thing::TemporaryFile),
    Step { content: Payload::Untyped(TEXT), ..Step::new("POST", "no-content-type", TEMP) }.makes(Thing::TemporaryFile),
    Step::upload("issue-unknown-upload", "/issues/<nowhere>/attachments/", PLAIN),
    Step::get("issue-unknown", "/issues/<nowhere>"),
    Step::get("issue-expand-unknown", "/issues/<issue>?expand=nonsense"),
    Step::get("file-unknown", "/issues/<issue>/attachments/999999999999"),
    Step::get("download-unknown", "/attachments/999999999999/<mark>.txt"),
    Step::get("thumbnail-unknown", "/issues/<issue>/thumbnails/999999999999"),
    Step::json("comment-temporary-unknown", NEW_COMMENT, r#"{"text": "<mark>", "attachmentIds": ["999999999999"]}"#)
        .makes(Thing::Comment),
    Step::json("comment-temporary-used", NEW_COMMENT, r#"{"text": "<mark>", "attachmentIds": ["<temporary>"]}"#)
        .makes(Thing::Comment),
    Step::json("comment-invalid-json", NEW_COMMENT, "{\"text\":").makes(Thing::Comment),
    Step::get("no-authorization", "/myself").without("authorization"),
    Step::get("no-organization", "/myself").without("organization"),
];

const DELETIONS: [Step; 7] = [
    Step::delete("comment-file-delete", "/issues/<issue>/attachments/<comment-file>/"),
    Step::delete("comment-delete", "/issues/<issue>/comments/<comment>"),
    Step::delete("comment-delete-again", "/issues/<issue>/comments/<comment>"),
    Step::get("comment-deleted", COMMENT),
    Step::delete("file-delete", FILE),
    Step::delete("file-delete-again", FILE),
    Step::get("download-deleted", DOWNLOAD),
];

/// The steps of a walk, in their order.
pub(super) fn steps(with_project: bool) -> Vec<Step> {
    let parts: [&[Step]; 7] =
        [&GATES, &TEMPORARY_FILES, &ISSUE_FILES, &COMMENTS, &PROJECT_STEPS, &REFUSALS, &DELETIONS];
    parts.concat().into_iter().filter(|step| with_project || !step.is_of_project()).collect()
}

/// A text with values in its places. The error is the place that has none.
pub(super) fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, &str> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, place, after)) = rest
        .split_once('<')
        .and_then(|(before, after)| after.split_once('>').map(|(place, after)| (before, place, after)))
    {
        filled += before;
        filled += &value(place).ok_or(place)?;
        rest = after;
    }
    Ok(filled + rest)
}
