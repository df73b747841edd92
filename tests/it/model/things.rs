//! What a world of the reference consists of, and what answers must say of it.

use serde_json::{Value, json};

use super::operation::{Content, Target, USERS};
use super::seen::hash_of;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct File {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) mimetype: &'static str,
    pub(super) content: Content,
    pub(super) by: usize,
}

impl File {
    /// As any endpoint describes it.
    pub(super) fn fact(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "name": self.name,
            "type": self.mimetype,
            "by": USERS[self.by],
            "size": self.content.bytes,
        })
    }

    /// As a saved world has it.
    pub(super) fn stored(&self) -> Value {
        let mut fact = self.fact();
        fact["hash"] = json!(hash_of(&self.content.to_vec()));
        fact
    }

    /// As comments and issues name it.
    fn reference(&self) -> Value {
        json!({"id": self.id.to_string(), "name": self.name})
    }
}

/// An entity or an issue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Holder {
    pub(super) version: u64,
    pub(super) summary: String,
    pub(super) unique: Option<u8>,
    /// Who stands in its fields, each once.
    pub(super) involved: Vec<usize>,
    pub(super) files: Vec<File>,
    pub(super) comments: Vec<Comment>,
    /// What happened and by whom; shown of entities only.
    pub(super) events: Vec<(&'static str, usize)>,
}

impl Holder {
    pub(super) fn new(summary: &str, involved: &[usize], creator: usize) -> Self {
        Self {
            version: 1,
            summary: summary.to_owned(),
            unique: None,
            involved: involved.to_vec(),
            files: Vec::new(),
            comments: Vec::new(),
            events: vec![("Issue created", creator)],
        }
    }

    pub(super) fn comment_mut(&mut self, number: u64) -> Result<&mut Comment, u16> {
        self.comments.iter_mut().find(|comment| comment.number == number).ok_or(404)
    }

    pub(super) fn all_files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().chain(self.comments.iter().flat_map(|comment| &comment.files))
    }

    /// As it is answered with `expand=attachments`; issues refer to their files only.
    pub(super) fn fact(&self, target: Target) -> Value {
        let files: Vec<Value> = match target {
            Target::Entity(_) => self.files.iter().map(File::fact).collect(),
            Target::Issue(_) => self.files.iter().map(File::reference).collect(),
        };
        json!({"version": self.version, "summary": self.summary, "files": files})
    }

    pub(super) fn events(&self) -> Value {
        self.events.iter().map(|(display, by)| json!({"display": display, "by": USERS[*by]})).collect()
    }

    pub(super) fn stored(&self) -> Value {
        json!({
            "version": self.version,
            "summary": self.summary,
            "files": self.files.iter().map(File::stored).collect::<Vec<_>>(),
            "comments": self.comments.iter().map(Comment::stored).collect::<Vec<_>>(),
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Comment {
    pub(super) number: u64,
    pub(super) version: u64,
    pub(super) text: String,
    pub(super) by: usize,
    pub(super) edited_by: usize,
    pub(super) files: Vec<File>,
}

impl Comment {
    pub(super) fn new(number: u64, text: String, by: usize, files: Vec<File>) -> Self {
        Self { number, version: 1, text, by, edited_by: by, files }
    }

    /// As it is answered with `expand=attachments`.
    pub(super) fn fact(&self) -> Value {
        self.with(&self.files.iter().map(File::reference).collect::<Vec<_>>())
    }

    fn stored(&self) -> Value {
        self.with(&self.files.iter().map(File::stored).collect::<Vec<_>>())
    }

    fn with(&self, files: &[Value]) -> Value {
        json!({
            "id": self.number,
            "version": self.version,
            "text": self.text,
            "by": USERS[self.by],
            "edited by": USERS[self.edited_by],
            "files": files,
        })
    }
}
