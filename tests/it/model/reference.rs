//! What a world must do, told as simply as possible: plain lists, searched from one end to the other, changed one
//! operation at a time. It says what the contract says, and nothing in it is taken from the code under test.
//!
//! Where a request is wrong in two ways, the contract does not say which one is answered. The order here is: the
//! name, what the path names, the version, then the files.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::operation::{Break, Content, EntityName, Kind, NAMES, Op, Options, Step, Target, USERS, text_of};
use super::seen::{Facts, hash_of};
use super::things::{Comment, File, Holder};

/// Refused with this status.
type Answered<T> = Result<T, u16>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    next_file: u64,
    next_comment: u64,
    next_short_ids: BTreeMap<Kind, u64>,
    next_issue: u64,
    temporary: Vec<File>,
    entities: BTreeMap<EntityName, Holder>,
    issues: BTreeMap<u64, Holder>,
    outbox: Vec<Value>,
}

impl World {
    /// What the fixtures of the tests say.
    pub(super) fn new() -> Self {
        let holder = |summary: &str, involved: &[usize]| Holder::new(summary, involved, 0);
        let mut with_file = holder("Two", &[1]);
        let content = Content { seed: 0, bytes: 2 };
        with_file.files.push(File { id: 1, name: "old.txt", mimetype: "text/plain", content, by: 0 });
        with_file.version += 1;
        with_file.events.push(("File added", 0));
        let mut issue = holder("Q one", &[]);
        issue.comments.push(Comment::new(1, "First".to_owned(), 0, Vec::new()));
        Self {
            next_file: 2,
            next_comment: 2,
            next_short_ids: BTreeMap::from([(Kind::Project, 3), (Kind::Goal, 2)]),
            next_issue: 2,
            temporary: Vec::new(),
            entities: BTreeMap::from([
                ((Kind::Project, 1), holder("One", &[0, 1])),
                ((Kind::Project, 2), with_file),
                ((Kind::Goal, 1), holder("Goal", &[0])),
            ]),
            issues: BTreeMap::from([(1, issue)]),
            outbox: Vec::new(),
        }
    }

    /// Does what `step` asks and says what its answer must be. A refused request changes nothing.
    pub(super) fn apply(&mut self, step: &Step) -> Facts {
        let actor = step.actor;
        let done = match &step.op {
            Op::Upload { name, content } => Ok((201, self.upload(*name, *content, actor))),
            Op::FailToUpload { how: Break::Abandoned, .. } => Err(0),
            Op::FailToUpload { how: Break::Short | Break::Broken, .. } => Err(400),
            Op::UploadTo { issue, name, content } => self.upload_to(*issue, *name, *content, actor),
            Op::Import { issue, comment, name, content } => self.import(*issue, *comment, *name, *content),
            Op::Attach { entity, file, options } => self.attach(*entity, *file, options, actor),
            Op::DeleteFile { target, file } => self.delete_file(*target, *file, actor),
            Op::GetFile { file } => self.get_file(*file),
            Op::Download { file, .. } => self.download(*file),
            Op::ListFiles { target } => self.list_files(*target),
            Op::CreateEntity { kind, summary } => Ok(self.create_entity(*kind, *summary, actor)),
            Op::CreateIssue { unique, files } => self.create_issue(*unique, files, actor),
            Op::Get { target } => self.holder(*target).map(|holder| (200, holder.fact(*target))),
            Op::Patch { target, summary, version, files } => self.patch(*target, *summary, *version, files, actor),
            Op::DeleteEntity { entity } => self.entities.remove(entity).ok_or(404).map(|_| (204, Value::Null)),
            Op::AddComment { target, text, files } => self.add_comment(*target, *text, files, actor),
            Op::EditComment { target, comment, text, version, files } => {
                self.edit_comment((*target, *comment), *text, *version, files, actor)
            }
            Op::DeleteComment { target, comment } => self.delete_comment(*target, *comment),
            Op::ListComments { target } => {
                self.holder(*target).map(|holder| (200, holder.comments.iter().map(Comment::fact).collect()))
            }
            Op::ListEvents { entity } => self.holder(Target::Entity(*entity)).map(|holder| (200, holder.events())),
            Op::Outbox => Ok((200, self.outbox.clone().into())),
            Op::Export => Ok((200, self.export())),
            Op::Reset | Op::ResetAll => {
                *self = Self::new();
                Ok((204, Value::Null))
            }
        };
        done.unwrap_or_else(|status| (status, Value::Null))
    }

    fn record(&mut self, name: usize, content: Content, by: usize) -> File {
        let (name, mimetype) = NAMES[name];
        let file = File { id: self.next_file, name, mimetype, content, by };
        self.next_file += 1;
        file
    }

    fn upload(&mut self, name: usize, content: Content, actor: usize) -> Value {
        let file = self.record(name, content, actor);
        let fact = file.fact();
        self.temporary.push(file);
        fact
    }

    fn upload_to(&mut self, issue: u64, name: usize, content: Content, actor: usize) -> Answered<Facts> {
        self.holder(Target::Issue(issue))?;
        let file = self.record(name, content, actor);
        let fact = file.fact();
        self.holder_mut(Target::Issue(issue))?.files.push(file);
        Ok((201, fact))
    }

    fn import(&mut self, issue: u64, comment: Option<u64>, name: usize, content: Content) -> Answered<Facts> {
        let holder = self.holder(Target::Issue(issue))?;
        if let Some(number) = comment {
            holder.comments.iter().find(|comment| comment.number == number).ok_or(404_u16)?;
        }
        // The others are younger than what is imported.
        if issue != 1 || comment.is_some_and(|number| number != 1) {
            return Err(422);
        }
        let file = self.record(name, content, 2);
        let mut fact = file.fact();
        let holder = self.holder_mut(Target::Issue(issue))?;
        match comment {
            Some(number) => {
                holder.comment_mut(number)?.files.push(file);
                fact["in comment"] = json!(true);
            }
            None => holder.files.push(file),
        }
        Ok((201, fact))
    }

    fn attach(&mut self, entity: EntityName, file: u64, options: &Options, actor: usize) -> Answered<Facts> {
        let rename = match options.rename {
            Some(name) => Some(NAMES.get(name).ok_or(400_u16)?.0),
            None => None,
        };
        let target = Target::Entity(entity);
        self.holder(target)?;
        let Some(place) = self.temporary.iter().position(|temporary| temporary.id == file) else {
            return Err(if self.find(file).is_some() { 422 } else { 404 });
        };
        let mut file = File { by: actor, ..self.temporary.remove(place) };
        file.name = rename.unwrap_or(file.name);
        let change = ("fileAdded", file.id, file.name);
        let holder = self.holder_mut(target)?;
        holder.files.push(file);
        holder.version += 1;
        holder.events.push(("File added", actor));
        let fact = json!({
            "version": holder.version,
            "files": options.expand.then(|| holder.files.iter().map(File::fact).collect::<Vec<_>>()),
        });
        self.tell(entity, change, (options.notify.unwrap_or(true), options.notify_author.unwrap_or(false)), actor);
        Ok((200, fact))
    }

    fn delete_file(&mut self, target: Target, file: u64, actor: usize) -> Answered<Facts> {
        let holder = self.holder_mut(target)?;
        match (target, holder.files.iter().position(|own| own.id == file)) {
            (Target::Entity(entity), Some(place)) => {
                let file = holder.files.remove(place);
                holder.version += 1;
                holder.events.push(("File removed", actor));
                self.tell(entity, ("fileRemoved", file.id, file.name), (true, false), actor);
            }
            (Target::Entity(_), None) => return Err(404),
            (Target::Issue(_), Some(place)) => drop(holder.files.remove(place)),
            (Target::Issue(_), None) => {
                let of_comments = holder.comments.iter_mut().map(|comment| &mut comment.files);
                let files = of_comments.into_iter().find(|files| files.iter().any(|one| one.id == file));
                files.ok_or(404_u16)?.retain(|one| one.id != file);
            }
        }
        Ok((204, Value::Null))
    }

    /// Writes to the outbox whom a change of an entity's files reaches, if anybody.
    fn tell(&mut self, entity: EntityName, change: (&str, u64, &str), notify: (bool, bool), actor: usize) {
        let involved = self.entities.get(&entity).map(|holder| holder.involved.clone()).unwrap_or_default();
        let mut reached: Vec<&str> = Vec::new();
        if notify.0 {
            reached.extend(involved.iter().filter(|user| **user != actor).map(|user| USERS[*user]));
        }
        if notify.1 {
            reached.push(USERS[actor]);
        }
        if !reached.is_empty() {
            let (event, file, name) = change;
            self.outbox.push(json!({
                "event": event, "file": file.to_string(), "name": name, "actor": USERS[actor], "to": reached,
            }));
        }
    }

    fn get_file(&self, id: u64) -> Answered<Facts> {
        let mut fact = self.find(id).ok_or(404_u16)?.fact();
        let comments = self.issues.values().flat_map(|issue| &issue.comments);
        if comments.flat_map(|comment| &comment.files).any(|file| file.id == id) {
            fact["in comment"] = json!(true);
        }
        Ok((200, fact))
    }

    /// Under whatever name.
    fn download(&self, file: u64) -> Answered<Facts> {
        let file = self.find(file).ok_or(404_u16)?;
        Ok((200, json!({"type": file.mimetype, "hash": hash_of(&file.content.to_vec())})))
    }

    fn list_files(&self, target: Target) -> Answered<Facts> {
        let holder = self.holder(target)?;
        let mut files: Vec<Value> = holder.files.iter().map(File::fact).collect();
        if let Target::Issue(_) = target {
            for file in holder.comments.iter().flat_map(|comment| &comment.files) {
                let mut fact = file.fact();
                fact["in comment"] = json!(true);
                files.push(fact);
            }
        }
        Ok((200, files.into()))
    }

    fn create_entity(&mut self, kind: Kind, summary: u8, actor: usize) -> Facts {
        let next = self.next_short_ids.entry(kind).or_insert(1);
        let short_id = *next;
        *next += 1;
        self.entities.insert((kind, short_id), Holder::new(&text_of(summary), &[actor], actor));
        (200, json!({"version": 1, "shortId": short_id}))
    }

    fn create_issue(&mut self, unique: Option<u8>, files: &[u64], actor: usize) -> Answered<Facts> {
        if unique.is_some() && self.issues.values().any(|issue| issue.unique == unique) {
            return Err(409);
        }
        let files = self.take(files, actor)?;
        let number = self.next_issue;
        self.next_issue += 1;
        let holder = Holder { unique, files, ..Holder::new("s", &[], actor) };
        let mut fact = holder.fact(Target::Issue(number));
        fact["key"] = json!(format!("Q-{number}"));
        self.issues.insert(number, holder);
        Ok((201, fact))
    }

    fn patch(
        &mut self,
        target: Target,
        summary: u8,
        version: Option<u64>,
        files: &[u64],
        actor: usize,
    ) -> Answered<Facts> {
        if version.is_some_and(|version| self.holder(target).is_ok_and(|holder| holder.version != version)) {
            return Err(412);
        }
        self.holder(target)?;
        let files = self.take(files, actor)?;
        let holder = self.holder_mut(target)?;
        holder.version += 1;
        if holder.summary != text_of(summary) {
            holder.summary = text_of(summary);
            holder.events.push(("Issue updated", actor));
        }
        holder.events.extend(files.iter().map(|_| ("File added", actor)));
        holder.files.extend(files);
        Ok((200, holder.fact(target)))
    }

    fn add_comment(&mut self, target: Target, text: u8, files: &[u64], actor: usize) -> Answered<Facts> {
        self.holder(target)?;
        let files = self.take(files, actor)?;
        let number = self.next_comment;
        self.next_comment += 1;
        let display = if files.is_empty() { "Comment added" } else { "File added" };
        let comment = Comment::new(number, text_of(text), actor, files);
        let fact = comment.fact();
        let holder = self.holder_mut(target)?;
        holder.comments.push(comment);
        holder.events.push((display, actor));
        let status = match target {
            Target::Entity(_) => 200,
            Target::Issue(_) => 201,
        };
        Ok((status, fact))
    }

    fn edit_comment(
        &mut self,
        (target, number): (Target, u64),
        text: u8,
        version: Option<u64>,
        files: &[u64],
        actor: usize,
    ) -> Answered<Facts> {
        let current = self.holder_mut(target)?.comment_mut(number)?.version;
        if version.is_some_and(|version| version != current) {
            return Err(412);
        }
        let files = self.take(files, actor)?;
        let comment = self.holder_mut(target)?.comment_mut(number)?;
        comment.version += 1;
        comment.text = text_of(text);
        comment.edited_by = actor;
        comment.files.extend(files);
        Ok((200, comment.fact()))
    }

    fn delete_comment(&mut self, target: Target, number: u64) -> Answered<Facts> {
        let holder = self.holder_mut(target)?;
        holder.comment_mut(number)?;
        holder.comments.retain(|comment| comment.number != number);
        Ok((204, Value::Null))
    }

    /// Takes temporary files for a holder: all that are named, or none.
    fn take(&mut self, ids: &[u64], actor: usize) -> Answered<Vec<File>> {
        let mut rest = self.temporary.clone();
        let mut taken = Vec::new();
        for id in ids {
            let place = rest.iter().position(|file| file.id == *id).ok_or(422_u16)?;
            taken.push(File { by: actor, ..rest.remove(place) });
        }
        self.temporary = rest;
        Ok(taken)
    }

    fn holder(&self, target: Target) -> Answered<&Holder> {
        let found = match target {
            Target::Entity(entity) => self.entities.get(&entity),
            Target::Issue(number) => self.issues.get(&number),
        };
        found.ok_or(404)
    }

    fn holder_mut(&mut self, target: Target) -> Answered<&mut Holder> {
        let found = match target {
            Target::Entity(entity) => self.entities.get_mut(&entity),
            Target::Issue(number) => self.issues.get_mut(&number),
        };
        found.ok_or(404)
    }

    fn find(&self, file: u64) -> Option<&File> {
        let held = self.entities.values().chain(self.issues.values()).flat_map(Holder::all_files);
        self.temporary.iter().chain(held).find(|one| one.id == file)
    }

    fn export(&self) -> Value {
        let stored = |files: &[File]| files.iter().map(File::stored).collect::<Vec<_>>();
        let entities = self.entities.iter().map(|((kind, short_id), holder)| {
            let mut fact = holder.stored();
            fact["name"] = json!(format!("{} {short_id}", kind.as_str()));
            fact["events"] = json!(holder.events.len());
            fact
        });
        let issues = self.issues.iter().map(|(number, holder)| {
            let mut fact = holder.stored();
            fact["name"] = json!(format!("Q-{number}"));
            fact
        });
        json!({
            "temporary": stored(&self.temporary),
            "entities": entities.collect::<Vec<_>>(),
            "issues": issues.collect::<Vec<_>>(),
        })
    }
}
