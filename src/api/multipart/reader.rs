//! The grammar of `multipart/form-data`. The caller pushes the body in pieces of any size and gets events, which borrow
//! the content of parts from the piece: nothing is copied, and nothing waits for input.
//!
//! The grammar is RFC 2046: a boundary begins a line, what stands before the first one and behind the closing one is
//! ignored, and a part may end with its headers. Lines end with CR LF.

use memchr::memmem::{self, Finder};
use memchr::memrchr;

/// Which section of the grammar the next byte of the body belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    /// The rest of the line of a boundary.
    BoundaryLine(BoundaryLine),
    /// The headers of a part. `gathered` holds those from earlier pieces.
    Headers,
    /// The content of a part, or what stands before the first boundary, which is read alike.
    Content(HeldBytes),
    /// After the line of the closing boundary.
    Epilogue,
}

/// The last bytes that were read, if they may be the beginning of the next delimiter. They are not passed on yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct HeldBytes {
    bytes: usize,
    /// So many of them stand before the content: they end the line in front of it.
    before: usize,
}

impl HeldBytes {
    /// At the beginning of content. The line break in front of it may be that of a delimiter: then there is no content.
    const LINE_BREAK: Self = Self { bytes: 2, before: 2 };
}

/// What was read last in the line of a boundary.
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
        /// With the empty line that ends them.
        block: &'a [u8],
        /// Their offset in the body.
        at: u64,
        /// The offset of the boundary before them, which begins with two hyphens.
        boundary_at: u64,
    },
    /// Some of its content.
    Content(&'a [u8]),
    /// The rest of its content, possibly nothing. The next boundary was read.
    LastContent(&'a [u8]),
}

/// Why reading stopped. [`Reader::position`] is where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormError {
    /// A boundary is followed by other characters in its line.
    BoundaryLine,
    /// The headers of a part are too large.
    HeadersTooLarge,
    /// The body ends before its closing boundary.
    CutOff,
}

/// Reads one body.
#[derive(Debug)]
pub struct Reader {
    /// Finds CR LF, two hyphens and the boundary. A boundary has no CR, so a delimiter cannot begin within another.
    delimiter: Finder<'static>,
    max_header_bytes: usize,
    section: Section,
    gathered: Vec<u8>,
    position: u64,
    /// The offset of the last boundary, which begins with two hyphens.
    boundary_at: u64,
    preamble_bytes: Option<u64>,
    /// The offset after the closing boundary, or after its line once that ended.
    epilogue_at: Option<u64>,
}

impl Reader {
    /// Of a body with this boundary. Larger headers than `max_header_bytes` are an error.
    #[must_use]
    pub fn new(boundary: &str, max_header_bytes: usize) -> Self {
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        Self {
            delimiter: Finder::new(&delimiter).into_owned(),
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
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Whether the closing boundary was read.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.epilogue_at.is_some()
    }

    /// The bytes before the first boundary; `None` until that is read.
    #[must_use]
    pub fn preamble_bytes(&self) -> Option<u64> {
        self.preamble_bytes
    }

    /// The bytes read after the line of the closing boundary; `None` until that is read.
    #[must_use]
    pub fn epilogue_bytes(&self) -> Option<u64> {
        self.epilogue_at.map(|at| self.position - at)
    }

    /// Reads on in `piece`, and removes from its front what was read. `None` when nothing is left of it. Fails when the
    /// body breaks a rule. The reader must not be used again.
    pub fn next<'a, 'piece: 'a>(&'a mut self, piece: &mut &'piece [u8]) -> Result<Option<FormEvent<'a>>, FormError> {
        while let (Section::Content(held), None) = (self.section, self.preamble_bytes) {
            if self.read_content(piece, held).is_none() {
                return Ok(None);
            }
        }
        while let Section::BoundaryLine(rest) = self.section {
            let Some((&byte, after)) = piece.split_first() else { return Ok(None) };
            self.section = rest.then(byte).ok_or(FormError::BoundaryLine)?;
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
    pub fn end(&self) -> Result<(), FormError> {
        if self.is_closed() { Ok(()) } else { Err(FormError::CutOff) }
    }

    fn take<'piece>(&mut self, piece: &mut &'piece [u8], after: &'piece [u8]) {
        self.position += (piece.len() - after.len()) as u64;
        *piece = after;
    }

    fn read_headers<'a, 'piece: 'a>(
        &'a mut self,
        piece: &mut &'piece [u8],
    ) -> Result<Option<FormEvent<'a>>, FormError> {
        // The limit does not count the empty line.
        let longest = self.max_header_bytes.saturating_add(2);
        let before = self.gathered.len();
        if before == 0 {
            let window = &piece[..piece.len().min(longest)];
            if let Some(end) = headers_end(window, 0) {
                let (block, after) = piece.split_at(end);
                self.take(piece, after);
                self.section = Section::Content(HeldBytes::LINE_BREAK);
                return Ok(Some(FormEvent::Headers {
                    block,
                    at: self.position - end as u64,
                    boundary_at: self.boundary_at,
                }));
            }
        }
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
            return Err(FormError::HeadersTooLarge);
        }
        self.take(piece, &[]);
        Ok(None)
    }

    fn read_content<'a, 'piece: 'a>(&'a mut self, piece: &mut &'piece [u8], held: HeldBytes) -> Option<FormEvent<'a>> {
        // The caller has seen the headers, which may have been gathered there.
        self.gathered.clear();
        if held.bytes > 0 {
            let wanted = &self.delimiter.needle()[held.bytes..];
            let length = wanted.len().min(piece.len());
            if piece[..length] == wanted[..length] {
                let is_whole = length == wanted.len();
                self.take(piece, &piece[length..]);
                self.section = Section::Content(HeldBytes { bytes: held.bytes + length, ..held });
                return is_whole.then(|| self.end_content(&[]));
            }
            self.section = Section::Content(HeldBytes::default());
            if held.bytes > held.before {
                return Some(FormEvent::Content(&self.delimiter.needle()[held.before..held.bytes]));
            }
        }
        if let Some(end) = self.delimiter.find(piece) {
            let content = &piece[..end];
            self.take(piece, &piece[end + self.delimiter.needle().len()..]);
            return Some(self.end_content(content));
        }
        let held_bytes = held_back(piece, self.delimiter.needle());
        let content = &piece[..piece.len() - held_bytes];
        self.take(piece, &[]);
        self.section = Section::Content(HeldBytes { bytes: held_bytes, before: 0 });
        (!content.is_empty()).then_some(FormEvent::Content(content))
    }

    /// The delimiter behind `content` was read.
    fn end_content<'a>(&mut self, content: &'a [u8]) -> FormEvent<'a> {
        self.section = Section::BoundaryLine(BoundaryLine::Boundary);
        self.boundary_at = self.position - (self.delimiter.needle().len() - 2) as u64;
        self.preamble_bytes.get_or_insert(self.boundary_at);
        FormEvent::LastContent(content)
    }
}

impl BoundaryLine {
    /// Which section the next byte of the line leads to; `None` if it must not stand there.
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
