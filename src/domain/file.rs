//! Files: their names and types, the temporary file, and the attachment that it becomes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::blob::Blob;
use super::clock::Timestamp;
use super::error::{Error, NameError};
use super::ids::FileId;
use super::image::Dimensions;
use super::user::User;
use super::world::{Holder, Place, World};

/// A name that a file may have: 1 to 255 characters, none of them a control character (contract section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(Arc<str>);

impl FileName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 255;

    /// A name that was given outright, as with `?filename=`.
    ///
    /// # Errors
    /// When it is empty, too long, or has a control character, `/` or `\`.
    pub fn new(name: &str) -> Result<Self, NameError> {
        match name.chars().find(|&character| is_separator(character)) {
            Some(separator) => Err(NameError::Separator { separator }),
            None => Self::checked(name),
        }
    }

    /// The last segment of a path, for clients that send where the file came from.
    ///
    /// # Errors
    /// As [`FileName::new`], but for the separators.
    pub fn from_path(path: &str) -> Result<Self, NameError> {
        Self::checked(path.rsplit(is_separator).next().unwrap_or(path))
    }

    fn checked(name: &str) -> Result<Self, NameError> {
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if let Some(character) = name.chars().find(|character| character.is_control()) {
            return Err(NameError::Control { character });
        }
        match name.chars().count() {
            0..=Self::MAX_CHARS => Ok(Self(name.into())),
            characters => Err(NameError::TooLong { characters }),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_separator(character: char) -> bool {
    matches!(character, '/' | '\\')
}

/// What a file claims to be, for instance `image/png`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mimetype(Cow<'static, str>);

impl Mimetype {
    const UNKNOWN: &'static str = "application/octet-stream";

    /// A type that was declared, unless it says nothing.
    #[must_use]
    pub fn declared(text: &str) -> Option<Self> {
        says_something(text).then(|| Self(text.to_owned().into()))
    }

    /// What the name's extension stands for; else what the first bytes look like; else `application/octet-stream`
    /// (contract section 2).
    #[must_use]
    pub fn detect(name: &FileName, bytes: &[u8]) -> Self {
        let by_extension = mime_guess::from_path(name.as_str()).first_raw().filter(|text| *text != Self::UNKNOWN);
        let by_content = || infer::get(bytes).map(|kind| kind.mime_type());
        Self(by_extension.or_else(by_content).unwrap_or(Self::UNKNOWN).into())
    }

    /// Exactly this type. `None` if it is none.
    fn stated(text: &str) -> Option<Self> {
        text.parse::<mime::Mime>().is_ok().then(|| Self(text.to_owned().into()))
    }

    /// The type as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a declared type is one (RFC 9110, section 8.3) and other than the type of unknown bytes.
fn says_something(text: &str) -> bool {
    text != Mimetype::UNKNOWN && text.parse::<mime::Mime>().is_ok_and(|mime| mime.essence_str() != Mimetype::UNKNOWN)
}

/// What every stored file has, wherever it stands.
#[derive(Clone, Debug)]
pub struct File {
    /// Unique in the world; kept when the file is attached.
    pub id: FileId,
    /// The name, which an attach may change.
    pub name: FileName,
    /// The type, settled at the upload.
    pub mimetype: Mimetype,
    /// The bytes.
    pub blob: Blob,
    /// Width and height when the bytes are an image.
    pub dimensions: Option<Dimensions>,
    /// Who uploaded it; once attached, who attached it.
    pub created_by: Arc<User>,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// A file that was uploaded and belongs to nothing yet.
#[derive(Clone, Debug)]
pub struct TempFile(File);

impl TempFile {
    /// The file's record.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.0
    }

    /// Uses the temporary file up: from now on it is an attachment.
    pub(super) fn attach(self, rename: Option<FileName>, actor: &Arc<User>) -> Attachment {
        let name = rename.unwrap_or(self.0.name);
        Attachment(File { name, created_by: Arc::clone(actor), ..self.0 })
    }
}

/// A file that stands in something.
#[derive(Clone, Debug)]
pub struct Attachment(File);

impl Attachment {
    /// The file's record.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.0
    }
}

/// The attachments of one holder, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Attachments {
    next_position: u64,
    by_position: BTreeMap<u64, Attachment>,
}

impl Attachments {
    /// Puts one last and tells its position, by which it is found again whatever is removed before it.
    pub(super) fn push(&mut self, attachment: Attachment) -> u64 {
        let position = self.next_position;
        self.next_position += 1;
        self.by_position.insert(position, attachment);
        position
    }

    pub(super) fn at(&self, position: u64) -> Option<&Attachment> {
        self.by_position.get(&position)
    }

    pub(super) fn remove(&mut self, position: u64) -> Option<Attachment> {
        self.by_position.remove(&position)
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Attachment> {
        self.by_position.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_position.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_position.is_empty()
    }
}

/// A file to be stored: everything that is known once its last byte has arrived.
#[derive(Debug)]
pub struct NewFile {
    name: FileName,
    mimetype: Mimetype,
    dimensions: Option<Dimensions>,
    blob: Blob,
}

impl NewFile {
    /// Looks at the name, the declared type and the bytes. Costs no lock, so call it before the world is asked.
    #[must_use]
    pub fn new(name: FileName, declared: Option<Mimetype>, blob: Blob) -> Self {
        let mimetype = declared.unwrap_or_else(|| Mimetype::detect(&name, &blob));
        Self { dimensions: Dimensions::read(&blob), name, mimetype, blob }
    }

    /// A file whose type was settled earlier. `None` if `mimetype` is not one.
    #[must_use]
    pub fn of_type(name: FileName, mimetype: &str, blob: Blob) -> Option<Self> {
        let mimetype = Mimetype::stated(mimetype)?;
        Some(Self { dimensions: Dimensions::read(&blob), name, mimetype, blob })
    }
}

impl World {
    /// Stores a temporary file. The world takes any [`NewFile`]: its rules were checked when its parts were made.
    pub fn upload(&mut self, new: NewFile, actor: &Arc<User>) -> &TempFile {
        let now = self.tick();
        let file = self.record(new, now, actor);
        self.temp_files.entry(file.id).insert_entry(TempFile(file)).into_mut()
    }

    /// Every temporary file, oldest id first.
    pub fn temp_files(&self) -> impl Iterator<Item = &TempFile> {
        self.temp_files.values()
    }

    /// Any file of the world, and what holds it; nothing holds a temporary file.
    ///
    /// # Errors
    /// When the id was never issued, or its file was deleted.
    pub fn find_file(&self, id: &str) -> Result<(&File, Option<Holder>), Error> {
        let found = FileId::parse(id).and_then(|id| match self.attached.get(&id) {
            Some(place) => Some((self.attachments_of(place.holder)?.at(place.position)?.file(), Some(place.holder))),
            None => Some((self.temp_files.get(&id)?.file(), None)),
        });
        found.ok_or_else(|| Error::FileNotFound { id: id.to_owned() })
    }

    /// Whether this names a temporary file, and if not, why not.
    pub(super) fn find_temp_file(&self, id: &str) -> Result<FileId, Error> {
        match self.find_file(id)? {
            (file, None) => Ok(file.id),
            (file, Some(holder)) => Err(Error::FileInUse { file: file.id, holder: self.holder_name(holder) }),
        }
    }

    /// The temporary files that a body names in `attachmentIds`.
    pub(super) fn usable_temp_files(&self, ids: &[String]) -> Result<Vec<FileId>, Error> {
        let mut files = Vec::with_capacity(ids.len());
        for id in ids {
            let file = match self.find_file(id) {
                Ok((file, None)) => file.id,
                Ok((file, Some(holder))) => {
                    return Err(Error::AttachmentInUse { id: file.id, holder: self.holder_name(holder) });
                }
                Err(_) => return Err(Error::AttachmentNotFound { id: id.clone() }),
            };
            if files.contains(&file) {
                return Err(Error::AttachmentRepeated { id: file });
            }
            files.push(file);
        }
        Ok(files)
    }

    /// Moves temporary files to the end of a holder's attachments. Both were checked before.
    pub(super) fn attach_all(&mut self, files: Vec<FileId>, holder: Holder, actor: &Arc<User>) {
        for file in files {
            if let Some(temp_file) = self.temp_files.remove(&file) {
                self.hold(holder, temp_file.attach(None, actor));
            }
        }
    }

    /// Attaches a temporary file that was saved as a holder's attachment.
    pub fn restore_attachment(&mut self, holder: Holder, file: FileId, actor: &Arc<User>) {
        self.attach_all(vec![file], holder, actor);
    }

    /// Puts an attachment last among those of a holder.
    pub(super) fn hold(&mut self, holder: Holder, attachment: Attachment) {
        let file = attachment.file().id;
        if let Some(attachments) = self.attachments_of_mut(holder) {
            let position = attachments.push(attachment);
            Arc::make_mut(&mut self.attached).insert(file, Place { holder, position });
        }
    }

    /// Stores a file where it belongs, without its ever being a temporary one.
    pub(super) fn upload_to(&mut self, holder: Holder, new: NewFile, at: Timestamp, actor: &Arc<User>) -> FileId {
        let file = self.record(new, at, actor);
        let id = file.id;
        self.hold(holder, Attachment(file));
        id
    }

    /// Deletes a file of a holder.
    pub(super) fn remove_file(&mut self, file: FileId) -> Option<Attachment> {
        let place = Arc::make_mut(&mut self.attached).remove(&file)?;
        self.attachments_of_mut(place.holder)?.remove(place.position)
    }

    /// What held these attachments is gone, so their ids lead nowhere.
    pub(super) fn forget_files(&mut self, attachments: &Attachments) {
        for attachment in attachments.iter() {
            Arc::make_mut(&mut self.attached).remove(&attachment.file().id);
        }
    }

    fn record(&mut self, new: NewFile, at: Timestamp, actor: &Arc<User>) -> File {
        File {
            id: self.ids.file(),
            name: new.name,
            mimetype: new.mimetype,
            dimensions: new.dimensions,
            blob: new.blob,
            created_by: Arc::clone(actor),
            created_at: at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_every_character_that_is_allowed() {
        for name in ["a", "отчёт за май.pdf", "👩‍💻 100% + \"quoted\".txt", "..", &"я".repeat(255)] {
            assert_eq!(FileName::new(name).as_ref().map(FileName::as_str), Ok(name));
        }
    }

    #[test]
    fn names_that_are_refused() {
        assert_eq!(FileName::new(""), Err(NameError::Empty));
        assert_eq!(FileName::new("a\0b"), Err(NameError::Control { character: '\0' }));
        assert_eq!(FileName::new("a\u{85}"), Err(NameError::Control { character: '\u{85}' }));
        assert_eq!(FileName::new("a/b"), Err(NameError::Separator { separator: '/' }));
        assert_eq!(FileName::new("a\\b"), Err(NameError::Separator { separator: '\\' }));
        assert_eq!(FileName::new(&"я".repeat(256)), Err(NameError::TooLong { characters: 256 }));
    }

    #[test]
    fn a_path_gives_its_last_segment() {
        for (path, name) in [("C:\\fakepath\\a b.txt", "a b.txt"), ("../../etc/passwd", "passwd"), ("plain", "plain")] {
            assert_eq!(FileName::from_path(path).as_ref().map(FileName::as_str), Ok(name));
        }
        assert_eq!(FileName::from_path("dir/"), Err(NameError::Empty));
    }

    #[test]
    fn the_type_comes_from_the_first_source_that_knows() {
        let png = b"\x89PNG\r\n\x1a\n";
        for (declared, name, bytes, expected) in [
            (Some("text/plain; charset=utf-8"), "a.png", png.as_slice(), "text/plain; charset=utf-8"),
            (Some("application/octet-stream"), "a.pdf", png, "application/pdf"),
            (Some("Application/Octet-Stream"), "a.pdf", png, "application/pdf"),
            (Some("nonsense"), "a.pdf", png, "application/pdf"),
            (None, "a.JPG", png, "image/jpeg"),
            (None, "a.bin", png, "image/png"),
            (None, "noext", png, "image/png"),
            (None, "noext", b"plain words", "application/octet-stream"),
            (None, "noext", b"", "application/octet-stream"),
        ] {
            let name = FileName::new(name).expect("a good name");
            let mimetype = declared.and_then(Mimetype::declared).unwrap_or_else(|| Mimetype::detect(&name, bytes));
            assert_eq!(mimetype.as_str(), expected, "{declared:?} {name}");
        }
    }
}
