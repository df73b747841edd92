//! What clients do in the histories: each operation as a value and as a request.

use std::fmt;

use axum::http::Method;
use serde_json::json;

use crate::support::names::encoded;
use crate::support::{Call, Form};

/// The users of the fixtures. The first is the default actor.
pub(super) const USERS: [&str; 3] = ["ann", "bob", "cid"];

/// Names of files, each with the type that its extension stands for.
pub(super) const NAMES: [(&str, &str); 5] = [
    ("a.txt", "text/plain"),
    ("b.pdf", "application/pdf"),
    ("c", "application/octet-stream"),
    ("отчёт %20.txt", "text/plain"),
    ("picture.png", "image/png"),
];

/// What is asked of an entity or issue. Issues have no `fields` and ignore it.
const SHOWN: &str = "?expand=attachments&fields=summary";

/// The bytes of a file: what differs between two of them can be told from any part of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Content {
    pub(super) seed: u8,
    pub(super) bytes: usize,
}

impl Content {
    /// No bytes that any format of pictures begins with, and all that a form is made of.
    pub(super) fn to_vec(self) -> Vec<u8> {
        let pattern = [b'z', b'z', self.seed, b'\r', b'\n', b'-', b'-', self.seed.wrapping_mul(31), 0];
        pattern.into_iter().cycle().take(self.bytes).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Project,
    Goal,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Goal => "goal",
        }
    }
}

/// An entity by short id.
pub(super) type EntityName = (Kind, u64);

/// What has files and comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Entity(EntityName),
    Issue(u64),
}

impl Target {
    fn path(self) -> String {
        match self {
            Self::Entity((kind, short_id)) => format!("/v2/entities/{}/{short_id}", kind.as_str()),
            Self::Issue(number) => format!("/v2/issues/Q-{number}"),
        }
    }
}

/// How an upload fails.
#[derive(Clone, Copy, Debug)]
pub(super) enum Break {
    /// The body ends before its closing boundary.
    Short,
    /// The connection breaks in the middle of the file.
    Broken,
    /// The client goes away in the middle of the file; nobody hears an answer.
    Abandoned,
}

/// Parameters of an attach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// An index into [`NAMES`]; beyond, a name that no file may have.
    pub(super) rename: Option<usize>,
    pub(super) notify: Option<bool>,
    pub(super) notify_author: Option<bool>,
    pub(super) expand: bool,
}

/// Names of files are indexes into [`NAMES`].
#[derive(Clone, Debug)]
pub(super) enum Op {
    Upload { name: usize, content: Content },
    FailToUpload { name: usize, content: Content, how: Break },
    UploadTo { issue: u64, name: usize, content: Content },
    Import { issue: u64, comment: Option<u64>, name: usize, content: Content },
    Attach { entity: EntityName, file: u64, options: Options },
    DeleteFile { target: Target, file: u64 },
    GetFile { file: u64 },
    Download { file: u64, name: usize },
    ListFiles { target: Target },
    CreateEntity { kind: Kind, summary: u8 },
    CreateIssue { unique: Option<u8>, files: Vec<u64> },
    Get { target: Target },
    Patch { target: Target, summary: u8, version: Option<u64>, files: Vec<u64> },
    DeleteEntity { entity: EntityName },
    AddComment { target: Target, text: u8, files: Vec<u64> },
    EditComment { target: Target, comment: u64, text: u8, version: Option<u64>, files: Vec<u64> },
    DeleteComment { target: Target, comment: u64 },
    ListComments { target: Target },
    ListEvents { entity: EntityName },
    Outbox,
    Export,
    Reset,
    ResetAll,
}

/// An operation, by whom and in which world.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) world: usize,
    pub(super) actor: usize,
    pub(super) op: Op,
    /// Which of the things that were heard of it is to hit; `None` for what its ids say.
    pub(super) aim: Option<u8>,
}

/// What one client does, step by step.
#[derive(Clone)]
pub(super) struct Client(pub(super) Vec<Step>);

impl fmt::Debug for Client {
    /// One line per step, also where much room is asked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(f, "\n    {step:?}"))
    }
}

impl Step {
    pub(super) fn org(&self) -> String {
        org(self.world)
    }

    pub(super) fn call(&self) -> Call {
        let call = match &self.op {
            Op::Upload { name, content } | Op::FailToUpload { name, content, .. } => {
                upload("/v2/attachments/", *name, *content)
            }
            Op::UploadTo { issue, name, content } => {
                upload(&format!("{}/attachments/", Target::Issue(*issue).path()), *name, *content)
            }
            Op::Import { issue, comment, name, content } => import(*issue, *comment, *name, *content),
            Op::Attach { entity, file, options } => {
                Call::post(&format!("{}/attachments/{file}{}", Target::Entity(*entity).path(), query(options)))
            }
            Op::DeleteFile { target, file } => delete(&format!("{}/attachments/{file}", target.path())),
            Op::GetFile { file } => Call::get(&format!("/v2/attachments/{file}")),
            Op::Download { file, name } => Call::get(&format!("/v2/attachments/{file}/{}", encoded(NAMES[*name].0))),
            Op::ListFiles { target } => Call::get(&format!("{}/attachments", target.path())),
            Op::CreateEntity { kind, summary } => create_entity(*kind, *summary),
            Op::CreateIssue { unique, files } => create_issue(*unique, files),
            Op::Get { target } => Call::get(&format!("{}{SHOWN}", target.path())),
            Op::Patch { target, summary, version, files } => expecting(patch(*target, *summary, files), *version),
            Op::DeleteEntity { entity } => delete(&Target::Entity(*entity).path()),
            Op::AddComment { target, text, files } => comment("POST", *target, "", *text, files),
            Op::EditComment { target, comment: number, text, version, files } => {
                expecting(comment("PATCH", *target, &format!("/{number}"), *text, files), *version)
            }
            Op::DeleteComment { target, comment } => delete(&format!("{}/comments/{comment}", target.path())),
            Op::ListComments { target } => {
                Call::get(&format!("{}/comments?expand=attachments&perPage=1000", target.path()))
            }
            Op::ListEvents { entity } => {
                Call::get(&format!("{}/events/_relative?perPage=1000", Target::Entity(*entity).path()))
            }
            Op::Outbox => Call::get(&format!("/_mock/outbox?org={}", self.org())),
            Op::Export => Call::get(&format!("/_mock/state?org={}", self.org())),
            Op::Reset => Call::post(&format!("/_mock/reset?org={}", self.org())),
            Op::ResetAll => Call::post("/_mock/reset?all=true"),
        };
        let call = call.token(USERS[self.actor]);
        if matches!(self.op, Op::Outbox | Op::Export | Op::Reset | Op::ResetAll) { call } else { call.org(&self.org()) }
    }
}

/// The organisation of a world.
pub(super) fn org(world: usize) -> String {
    format!("world-{world}")
}

pub(super) fn text_of(number: u8) -> String {
    format!("Text {number}")
}

fn upload(path: &str, name: usize, content: Content) -> Call {
    Call::upload(&format!("{path}?filename={}", encoded(NAMES[name].0)), &Form::file("file", &content.to_vec()))
}

fn import(issue: u64, comment: Option<u64>, name: usize, content: Content) -> Call {
    let comment = comment.map_or_else(String::new, |number| format!("/comments/{number}"));
    let name = encoded(NAMES[name].0);
    let query = format!("filename={name}&createdBy=cid&createdAt=2024-01-01T00:00:00.000%2B0000");
    let path = format!("{}{comment}/attachments/_import?{query}", Target::Issue(issue).path());
    Call::upload(&path, &Form::file("file", &content.to_vec()))
}

fn create_entity(kind: Kind, summary: u8) -> Call {
    let body = json!({"fields": {"summary": text_of(summary), "teamAccess": true}});
    Call::json("POST", &format!("/v2/entities/{}", kind.as_str()), &body)
}

fn create_issue(unique: Option<u8>, files: &[u64]) -> Call {
    let unique = unique.map(|unique| unique.to_string());
    let body = json!({"summary": "s", "queue": "Q", "unique": unique, "attachmentIds": files});
    Call::json("POST", "/v2/issues/?expand=attachments", &body)
}

fn patch(target: Target, summary: u8, files: &[u64]) -> Call {
    let summary = json!({"summary": text_of(summary)});
    let mut body = match target {
        Target::Entity(_) => json!({"fields": summary}),
        Target::Issue(_) => summary,
    };
    body["attachmentIds"] = json!(files);
    Call::json("PATCH", &format!("{}{SHOWN}", target.path()), &body)
}

fn comment(method: &str, target: Target, id: &str, text: u8, files: &[u64]) -> Call {
    let body = json!({"text": text_of(text), "attachmentIds": files});
    Call::json(method, &format!("{}/comments{id}?expand=attachments", target.path()), &body)
}

fn delete(path: &str) -> Call {
    Call::new(Method::DELETE, path)
}

fn expecting(call: Call, version: Option<u64>) -> Call {
    match version {
        Some(version) => call.header("If-Match", format!("\"{version}\"")),
        None => call,
    }
}

fn query(options: &Options) -> String {
    let mut query = String::from("?");
    if let Some(name) = options.rename {
        query += &format!("filename={}&", encoded(NAMES.get(name).map_or("a/b", |(name, _)| name)));
    }
    for (name, value) in [("notify", options.notify), ("notifyAuthor", options.notify_author)] {
        query += &value.map_or_else(String::new, |value| format!("{name}={value}&"));
    }
    if options.expand { query + "expand=all" } else { query }
}
