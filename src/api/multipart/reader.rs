//! A push parser for `multipart/form-data`. The caller feeds it the body in pieces of any size and gets events that
//! borrow from the piece: contents are not copied, and nothing waits for input.
//!
//! The grammar is RFC 2046: a boundary starts a line, the preamble before the first boundary and the epilogue after the
//! closing one are ignored, and a part may consist of headers only. Lines end with CR LF.

use memchr::memmem;
use memchr::memrchr;

use super::MultipartError;

/// Which section of the grammar the next byte of the body belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    /// The rest of a boundary's line.
    BoundaryLine(BoundaryLine),
    /// The headers of a part. `gathered` holds what earlier pieces had of them.
    Headers,
    /// The content of a part, or the preamble, which is parsed the same way.
    Content(HeldBytes),
    /// After the line of the closing boundary.
    Epilogue,
}

/// The last bytes read, if they may be the start of the next delimiter. They are held back until that is clear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct HeldBytes {
    bytes: usize,
    /// How many of them precede the content: they end the line before it.
    before: usize,
}

impl HeldBytes {
    /// The state at the start of content. The line break before it may already belong to the next delimiter; then there
    /// is no content.
    const LINE_BREAK: Self = Self { bytes: 2, before: 2 };
}

/// What was last read on a boundary's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BoundaryLine {
    /// The boundary itself.
    Boundary,
    /// The first of the two hyphens that make it the closing boundary.
    Hyphen,
    /// Spaces and tabs, which some mail programs leave there.
    Padding,
    /// The CR that ends the line.
    CarriageReturn,
    /// The second hyphen.
    Closed,
    /// The CR after both hyphens.
    ClosedCarriageReturn,
}

/// What the reader found.
#[derive(Debug, PartialEq, Eq)]
pub enum FormEvent<'a> {
    /// All headers of a part.
    Headers {
        /// The raw headers, including the empty line that ends them.
        block: &'a [u8],
        /// Their offset in the body.
        at: u64,
        /// The offset of the boundary before them, which begins with two hyphens.
        boundary_at: u64,
    },
    /// A piece of the part's content.
    Content(&'a [u8]),
    /// The last piece of the content, possibly empty. The next boundary has been read.
    LastContent(&'a [u8]),
}

/// Parses one body.
#[derive(Debug)]
pub struct Reader {
    /// CR LF, two hyphens and the boundary. A boundary has no CR, so a delimiter cannot begin within another.
    delimiter: Box<[u8]>,
    max_header_bytes: usize,
    section: Section,
    gathered: Vec<u8>,
    position: u64,
    /// The offset of the last boundary, which begins with two hyphens.
    boundary_at: u64,
    preamble_bytes: Option<u64>,
    /// The offset after the closing boundary, or after its line once that has ended.
    epilogue_at: Option<u64>,
}

impl Reader {
    /// A parser for a body with this boundary. Headers of a part that are larger than `max_header_bytes` are an error.
    pub fn new(boundary: &str, max_header_bytes: usize) -> Self {
        Self {
            delimiter: [b"\r\n--", boundary.as_bytes()].concat().into(),
            max_header_bytes,
            section: Section::Content(HeldBytes::LINE_BREAK),
            gathered: Vec::new(),
            position: 0,
            boundary_at: 0,
            preamble_bytes: None,
            epilogue_at: None,
        }
    }

    /// How many bytes of the body were read. After an error, the offset of the byte that caused it.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Whether the closing boundary was read.
    pub fn is_closed(&self) -> bool {
        self.epilogue_at.is_some()
    }

    /// The bytes before the first boundary; `None` until that is read.
    pub fn preamble_bytes(&self) -> Option<u64> {
        self.preamble_bytes
    }

    /// The bytes read after the line of the closing boundary; `None` until that is read.
    pub fn epilogue_bytes(&self) -> Option<u64> {
        self.epilogue_at.map(|at| self.position - at)
    }

    /// Consumes `piece` up to the next event; `None` once the piece is used up. Fails when the body breaks a rule, which
    /// [`Reader::position`] tells where: do not use the reader after that.
    pub fn next<'a, 'piece: 'a>(
        &'a mut self,
        piece: &mut &'piece [u8],
    ) -> Result<Option<FormEvent<'a>>, MultipartError> {
        while let (Section::Content(held), None) = (self.section, self.preamble_bytes) {
            if self.read_content(piece, held).is_none() {
                return Ok(None);
            }
        }
        while let Section::BoundaryLine(rest) = self.section {
            let Some((&byte, after)) = piece.split_first() else { return Ok(None) };
            self.section = rest.then(byte).ok_or(MultipartError::BoundaryLine)?;
            self.take(piece, after);
            let is_line_end = rest == BoundaryLine::ClosedCarriageReturn && byte == b'\n';
            if self.section == Section::BoundaryLine(BoundaryLine::Closed) || is_line_end {
                self.epilogue_at = Some(self.position);
            }
        }
        match self.section {
            Section::Headers => self.read_headers(piece),
            Section::Content(held) => Ok(self.read_content(piece, held)),
            Section::Epilogue => {
                self.take(piece, &[]);
                Ok(None)
            }
            Section::BoundaryLine(_) => Ok(None),
        }
    }

    /// Call it when the body has ended. Fails when it ended before its closing boundary.
    pub fn end(&self) -> Result<(), MultipartError> {
        if self.is_closed() { Ok(()) } else { Err(MultipartError::CutOff) }
    }

    fn take<'piece>(&mut self, piece: &mut &'piece [u8], after: &'piece [u8]) {
        self.position += (piece.len() - after.len()) as u64;
        *piece = after;
    }

    fn read_headers<'a, 'piece: 'a>(
        &'a mut self,
        piece: &mut &'piece [u8],
    ) -> Result<Option<FormEvent<'a>>, MultipartError> {
        // The limit does not count the empty line.
        let longest = self.max_header_bytes.saturating_add(2);
        let before = self.gathered.len();
        self.gathered.extend_from_slice(&piece[..piece.len().min(longest - before)]);
        if let Some(end) = headers_end(&self.gathered, before) {
            self.gathered.truncate(end);
            self.take(piece, &piece[end - before..]);
            self.section = Section::Content(HeldBytes::LINE_BREAK);
            let at = self.position - end as u64;
            return Ok(Some(FormEvent::Headers { block: &self.gathered, at, boundary_at: self.boundary_at }));
        }
        if self.gathered.len() == longest {
            self.position = self.position - before as u64 + self.max_header_bytes as u64;
            return Err(MultipartError::PartHeadersTooLarge { limit_bytes: self.max_header_bytes });
        }
        self.take(piece, &[]);
        Ok(None)
    }

    fn read_content<'a, 'piece: 'a>(&'a mut self, piece: &mut &'piece [u8], held: HeldBytes) -> Option<FormEvent<'a>> {
        // The caller is done with the headers, which may have been borrowed from here.
        self.gathered.clear();
        if held.bytes > 0 {
            let wanted = &self.delimiter[held.bytes..];
            let length = wanted.len().min(piece.len());
            if piece[..length] == wanted[..length] {
                let is_whole = length == wanted.len();
                self.take(piece, &piece[length..]);
                self.section = Section::Content(HeldBytes { bytes: held.bytes + length, ..held });
                return is_whole.then(|| self.end_content(&[]));
            }
            self.section = Section::Content(HeldBytes::default());
            if held.bytes > held.before {
                return Some(FormEvent::Content(&self.delimiter[held.before..held.bytes]));
            }
        }
        if let Some(end) = memmem::find(piece, &self.delimiter) {
            let content = &piece[..end];
            self.take(piece, &piece[end + self.delimiter.len()..]);
            return Some(self.end_content(content));
        }
        let held_bytes = held_back(piece, &self.delimiter);
        let content = &piece[..piece.len() - held_bytes];
        self.take(piece, &[]);
        self.section = Section::Content(HeldBytes { bytes: held_bytes, before: 0 });
        (!content.is_empty()).then_some(FormEvent::Content(content))
    }

    /// Ends the content: the delimiter after it has been read.
    fn end_content<'a>(&mut self, content: &'a [u8]) -> FormEvent<'a> {
        self.section = Section::BoundaryLine(BoundaryLine::Boundary);
        self.boundary_at = self.position - (self.delimiter.len() - 2) as u64;
        self.preamble_bytes.get_or_insert(self.boundary_at);
        FormEvent::LastContent(content)
    }
}

impl BoundaryLine {
    /// The section that the next byte of the line leads to; `None` if that byte is not allowed there.
    fn then(self, byte: u8) -> Option<Section> {
        match (self, byte) {
            (Self::Boundary, b'-') => Some(Section::BoundaryLine(Self::Hyphen)),
            (Self::Hyphen, b'-') => Some(Section::BoundaryLine(Self::Closed)),
            (Self::Closed, b'\r') => Some(Section::BoundaryLine(Self::ClosedCarriageReturn)),
            (Self::Closed | Self::ClosedCarriageReturn, _) => Some(Section::Epilogue),
            (Self::Boundary | Self::Padding, b' ' | b'\t') => Some(Section::BoundaryLine(Self::Padding)),
            (Self::Boundary | Self::Padding, b'\r') => Some(Section::BoundaryLine(Self::CarriageReturn)),
            (Self::CarriageReturn, b'\n') => Some(Section::Headers),
            (Self::Boundary | Self::Hyphen | Self::Padding | Self::CarriageReturn, _) => None,
        }
    }
}

/// The end of the first empty line of `text`. The first `searched` bytes are known to contain none.
fn headers_end(text: &[u8], searched: usize) -> Option<usize> {
    if text.starts_with(b"\r\n") {
        return Some(2);
    }
    let start = searched.saturating_sub(3);
    memmem::find(&text[start..], b"\r\n\r\n").map(|at| start + at + 4)
}

/// How many bytes at the end of `piece` may be the beginning of `delimiter`.
fn held_back(piece: &[u8], delimiter: &[u8]) -> usize {
    let tail = &piece[piece.len() - piece.len().min(delimiter.len() - 1)..];
    let candidate = memrchr(b'\r', tail).map(|at| &tail[at..]);
    candidate.filter(|candidate| delimiter.starts_with(candidate)).map_or(0, <[u8]>::len)
}
