//! Files: names, media types, temporary files, and attachments, which temporary files become.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::*;

/// A name that a file may have: 1 to 255 characters, none of them a control character (contract section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(Arc<str>);

impl FileName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 255;

    /// A name that a client gave explicitly, as in `?filename=`.
    ///
    /// # Errors
    /// When it is empty, too long, or has a control character, `/` or `\`.
    pub fn new(name: &str) -> Result<Self, NameError> {
        match name.chars().find(|&character| is_separator(character)) {
            Some(separator) => Err(NameError::Separator { separator }),
            None => Self::checked(name),
        }
    }

    /// The last segment of a path, for clients that send the path of the file on their disk.
    ///
    /// # Errors
    /// When the segment is empty, too long, or has a control character.
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

/// The media type of a file, for instance `image/png`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mimetype(Cow<'static, str>);

impl Mimetype {
    const UNKNOWN: &'static str = "application/octet-stream";

    /// The type that a client declared. `None` if it is not a media type, or is the type of unknown bytes.
    pub fn declared(text: &str) -> Option<Self> {
        is_informative(text).then(|| Self(text.to_owned().into()))
    }

    /// The type of the name's extension; else the type that the first bytes show; else `application/octet-stream`
    /// (contract section 2).
    pub fn detect(name: &FileName, bytes: &[u8]) -> Self {
        let by_extension = mime_guess::from_path(name.as_str()).first_raw().filter(|text| *text != Self::UNKNOWN);
        let by_content = || infer::get(bytes).map(|kind| kind.mime_type());
        Self(by_extension.or_else(by_content).unwrap_or(Self::UNKNOWN).into())
    }

    /// This type, even if it is that of unknown bytes. `None` if it is not a media type.
    fn stated(text: &str) -> Option<Self> {
        text.parse::<mime::Mime>().is_ok().then(|| Self(text.to_owned().into()))
    }

    /// The type as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a declared text is a media type (RFC 9110, section 8.3) other than the type of unknown bytes.
fn is_informative(text: &str) -> bool {
    text != Mimetype::UNKNOWN && text.parse::<mime::Mime>().is_ok_and(|mime| mime.essence_str() != Mimetype::UNKNOWN)
}

made! {
    /// The metadata and bytes of a stored file, temporary or attached.
    #[derive(Clone, Debug)]
    #[non_exhaustive]
    pub struct File;
    fn new(id: FileId, new: NewFile, at: Timestamp, by: &Arc<User>, charge: Reservation) {}
    /// The id, unique in the world. It stays the same when the file is attached.
    pub id: FileId = id,
    /// The name. An attach can change it.
    pub name: FileName = new.name,
    /// The media type, found at the upload.
    pub mimetype: Mimetype = new.mimetype,
    /// The bytes.
    pub blob: Blob = new.blob,
    /// Width and height when the bytes are an image.
    pub dimensions: Option<Dimensions> = new.dimensions,
    /// Whether there is a thumbnail, as far as the head of the image tells.
    pub has_thumbnail: bool = new.has_thumbnail,
    /// Who uploaded it, or, after an attach, who attached it.
    pub created_by: Arc<User> = Arc::clone(by),
    /// When it was uploaded.
    pub created_at: Timestamp = at,
    /// What the name and the type take.
    charge: Reservation = charge,
}

/// A file that was uploaded and is not attached to anything yet.
#[derive(Clone, Debug)]
pub struct TempFile(File);

impl TempFile {
    /// The file.
    pub fn file(&self) -> &File {
        &self.0
    }

    /// Turns the temporary file into an attachment. It is taken by value, so that it cannot be attached twice.
    pub(super) fn attach(self, rename: Option<FileName>, actor: &Arc<User>) -> Attachment {
        let mut file = self.0;
        if let Some(name) = rename {
            file.charge.grow_anyway(weight::text(name.as_str()));
            file.name = name;
        }
        Attachment(File { created_by: Arc::clone(actor), ..file })
    }
}

/// A file that is attached to something.
#[derive(Clone, Debug)]
pub struct Attachment(File);

impl Attachment {
    /// The file.
    pub fn file(&self) -> &File {
        &self.0
    }
}

/// The attachments of one entity, issue or comment, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Attachments {
    next_position: u64,
    by_position: BTreeMap<u64, Attachment>,
}

impl Attachments {
    /// Adds an attachment at the end and returns its position, which stays the same when others are removed.
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

    /// All attachments, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Attachment> {
        self.by_position.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_position.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_position.is_empty()
    }
}

made! {
    /// A file to be stored, with everything that the upload tells about it.
    pub struct NewFile;
    fn of(name: FileName, mimetype: Mimetype, blob: Blob) {
        let dimensions = Dimensions::read(&blob);
    }
    pub(super) name: FileName = name,
    mimetype: Mimetype = mimetype,
    dimensions: Option<Dimensions> = dimensions,
    has_thumbnail: bool = thumbnail::is_offered(&blob, dimensions),
    blob: Blob = blob,
}

impl NewFile {
    /// Finds the type and the dimensions. It takes time, so call it before you lock the world.
    pub fn new(name: FileName, declared: Option<Mimetype>, blob: Blob) -> Self {
        let mimetype = declared.unwrap_or_else(|| Mimetype::detect(&name, &blob));
        Self::of(name, mimetype, blob)
    }

    /// A file of a known type. `None` if `mimetype` is not a media type.
    pub fn of_type(name: FileName, mimetype: &str, blob: Blob) -> Option<Self> {
        let mimetype = Mimetype::stated(mimetype)?;
        Some(Self::of(name, mimetype, blob))
    }

    /// What its name and type take, in bytes; the rest is charged with the blob.
    pub(super) fn weight(&self) -> u64 {
        weight::text(self.name.as_str()) + weight::text(self.mimetype.as_str())
    }
}

impl World {
    /// Stores a temporary file. Fails when there is no memory for its name and type; the other rules were checked when the
    /// parts of `new` were made.
    pub fn upload(&mut self, new: NewFile, actor: &Arc<User>) -> Result<&TempFile, DomainError> {
        self.check_room(new.weight())?;
        let now = self.tick();
        let file = self.record(new, now, actor);
        Ok(self.temp_files.entry(file.id).insert_entry(TempFile(file)).into_mut())
    }

    /// All temporary files, sorted by id.
    pub fn temp_files(&self) -> impl Iterator<Item = &TempFile> {
        self.temp_files.values()
    }

    /// Every file, in no order, and what it is attached to.
    pub fn files(&self) -> impl Iterator<Item = (&File, Option<Holder>)> {
        self.temp_files.keys().chain(self.attached.keys()).filter_map(|id| self.file(*id))
    }

    /// How large all files are together, in bytes. Those that several worlds share count in each.
    pub fn file_bytes(&self) -> u64 {
        self.files().map(|(file, _)| file.blob.len() as u64).sum()
    }

    /// Any file of the world, and what it is attached to: `None` for a temporary file. Fails when there is no file with
    /// this id.
    pub fn find_file(&self, file: &FileRef) -> Result<(&File, Option<Holder>), DomainError> {
        let found = FileId::parse(&file.0).and_then(|id| self.file(id));
        found.ok_or_else(|| DomainError::FileNotFound { id: file.to_string() })
    }

    fn file(&self, id: FileId) -> Option<(&File, Option<Holder>)> {
        Some(match self.attached.get(&id) {
            Some(at) => (self.attachments_of(at.holder)?.at(at.position)?.file(), Some(at.holder)),
            None => (self.temp_files.get(&id)?.file(), None),
        })
    }

    /// The id of a temporary file. The error says whether the file does not exist or is attached already.
    pub(super) fn find_temp_file(&self, file: &FileRef) -> Result<FileId, DomainError> {
        match self.find_file(file)? {
            (file, None) => Ok(file.id),
            (file, Some(holder)) => Err(DomainError::FileInUse { file: file.id, holder: self.holder_name(holder) }),
        }
    }

    /// Checks the ids that a body lists in `attachmentIds`: each must be a temporary file, and none may occur twice.
    pub(super) fn usable_temp_files(&self, ids: &[FileRef]) -> Result<Vec<FileId>, DomainError> {
        let mut files = Vec::with_capacity(ids.len());
        for id in ids {
            let file = match self.find_file(id) {
                Ok((file, None)) => file.id,
                Ok((file, Some(holder))) => {
                    return Err(DomainError::AttachmentInUse { id: file.id, holder: self.holder_name(holder) });
                }
                Err(_) => return Err(DomainError::AttachmentNotFound { id: id.to_string() }),
            };
            if files.contains(&file) {
                return Err(DomainError::AttachmentRepeated { id: file });
            }
            files.push(file);
        }
        Ok(files)
    }

    /// The names of temporary files.
    pub(super) fn names_of(&self, files: &[FileId]) -> Vec<(FileId, FileName)> {
        files.iter().filter_map(|file| Some((*file, self.temp_files.get(file)?.file().name.clone()))).collect()
    }

    /// Moves temporary files to the end of a holder's attachments. The caller has checked both.
    pub(super) fn attach_all(&mut self, files: Vec<FileId>, holder: Holder, actor: &Arc<User>) {
        for file in files {
            if let Some(temp_file) = self.temp_files.remove(&file) {
                self.hold(holder, temp_file.attach(None, actor));
            }
        }
    }

    /// Attaches a temporary file, for loading a saved world.
    pub fn restore_attachment(&mut self, holder: Holder, file: FileId, actor: &Arc<User>) {
        self.attach_all(vec![file], holder, actor);
    }

    /// Adds an attachment to a holder, and to the index of attached files.
    pub(super) fn hold(&mut self, holder: Holder, attachment: Attachment) {
        let file = attachment.file().id;
        if let Some(attachments) = self.attachments_of_mut(holder) {
            let position = attachments.push(attachment);
            Arc::make_mut(&mut self.attached).insert(file, FilePosition { holder, position });
        }
    }

    /// Stores a file as an attachment, without a temporary file before it.
    pub(super) fn upload_to(&mut self, holder: Holder, new: NewFile, at: Timestamp, actor: &Arc<User>) -> FileId {
        let file = self.record(new, at, actor);
        let id = file.id;
        self.hold(holder, Attachment(file));
        id
    }

    /// Removes an attached file.
    pub(super) fn remove_file(&mut self, file: FileId) -> Option<Attachment> {
        let at = Arc::make_mut(&mut self.attached).remove(&file)?;
        self.attachments_of_mut(at.holder)?.remove(at.position)
    }

    /// Removes attachments from the index, after their holder was deleted.
    pub(super) fn forget_files(&mut self, attachments: &Attachments) {
        for attachment in attachments.iter() {
            Arc::make_mut(&mut self.attached).remove(&attachment.file().id);
        }
    }

    fn record(&mut self, new: NewFile, at: Timestamp, actor: &Arc<User>) -> File {
        let charge = self.budget.reserve_anyway(new.weight());
        File::new(self.ids.file(), new, at, actor, charge)
    }
}
