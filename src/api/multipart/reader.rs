//! Takes a `multipart/form-data` body apart as it comes in, in pieces of any size. No input, no output and no copies:
//! what belongs to a part is handed on as a slice of the piece that it came in.
//!
//! The grammar is that of RFC 2046 with the leniencies of widespread readers: the first boundary may stand anywhere in
//! a line, and whatever follows the closing boundary belongs to nothing. Lines end with CR LF.

use memchr::memmem::{self, Finder};
use memchr::{memchr_iter, memrchr};

/// Where a piece of the body stands in the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the first boundary. What was gathered may be the beginning of it.
    Preamble,
    /// Behind a boundary, in the rest of its line.
    BoundaryLine(Rest),
    /// In the headers of a part. What was gathered are those so far.
    Headers,
    /// In the content of a part, behind so many bytes of what may be the next delimiter.
    Content { held_bytes: usize },
    /// Behind the closing boundary.
    Epilogue,
}

/// What of a boundary's line is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// The boundary itself.
    Nothing,
    /// One of the two hyphens that make it the closing one.
    Hyphen,
    /// Spaces and tabs, which some mail programs leave there.
    Padding,
    /// The CR that ends the line.
    CarriageReturn,
    /// Both hyphens.
    Closed,
    /// Both hyphens, and the CR that ends the line.
    ClosedCarriageReturn,
}

/// What the reader came upon.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// The headers of a part, whole, with the empty line that ends them.
    Headers {
        /// All of them.
        block: &'a [u8],
        /// Where they begin.
        at: u64,
        /// Where the boundary before them begins, with its two hyphens.
        boundary_at: u64,
    },
    /// Some of its content.
    Content(&'a [u8]),
    /// The rest of its content, perhaps nothing; the next boundary was read.
    LastContent(&'a [u8]),
}

/// Why a body cannot be read on. [`Reader::position`] tells where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// There is something behind a boundary, in its line.
    BoundaryLine,
    /// The headers of a part are too large.
    HeadersTooLarge,
    /// The body ends before its closing boundary.
    CutOff,
}

/// Reads one body.
#[derive(Debug)]
pub(crate) struct Reader {
    /// Finds CR LF, two hyphens and the boundary. The CR occurs nowhere else in that, so no delimiter can begin inside
    /// of what began like one.
    delimiter: Finder<'static>,
    max_header_bytes: usize,
    place: Place,
    gathered: Vec<u8>,
    position: u64,
    /// Where the last boundary begins, with its two hyphens.
    boundary_at: u64,
    preamble_bytes: Option<u64>,
    /// Behind the closing boundary, and behind its line if that ended.
    epilogue_at: Option<u64>,
}

impl Reader {
    /// For a body whose `Content-Type` names this boundary, and whose parts may have so many bytes of headers.
    pub(crate) fn new(boundary: &str, max_header_bytes: usize) -> Self {
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        Self {
            delimiter: Finder::new(&delimiter).into_owned(),
            max_header_bytes,
            place: Place::Preamble,
            gathered: Vec::new(),
            position: 0,
            boundary_at: 0,
            preamble_bytes: None,
            epilogue_at: None,
        }
    }

    /// How many bytes of the body were read. After a failure, where the byte stands that is at fault.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Whether the closing boundary was read.
    pub(crate) fn is_closed(&self) -> bool {
        self.epilogue_at.is_some()
    }

    /// How much was read before the first boundary; `None` before that was read.
    pub(crate) fn preamble_bytes(&self) -> Option<u64> {
        self.preamble_bytes
    }

    /// How much was read behind the line of the closing boundary; `None` before that was read.
    pub(crate) fn epilogue_bytes(&self) -> Option<u64> {
        self.epilogue_at.map(|at| self.position - at)
    }

    /// Reads on in `piece`, and takes from its front what was read. `None` when all of it was.
    ///
    /// # Errors
    /// When the body breaks a rule. There is no reading on then.
    pub(crate) fn next<'a, 'piece: 'a>(&'a mut self, piece: &mut &'piece [u8]) -> Result<Option<Event<'a>>, Broken> {
        if self.place == Place::Preamble {
            self.skip_preamble(piece);
        }
        while let Place::BoundaryLine(rest) = self.place {
            let Some((&byte, after)) = piece.split_first() else { return Ok(None) };
            self.place = rest.then(byte).ok_or(Broken::BoundaryLine)?;
            self.take(piece, after);
            let is_line_end = rest == Rest::ClosedCarriageReturn && byte == b'\n';
            if self.place == Place::BoundaryLine(Rest::Closed) || is_line_end {
                self.epilogue_at = Some(self.position);
            }
        }
        match self.place {
            Place::Headers => self.read_headers(piece),
            Place::Content { held_bytes } => Ok(self.read_content(piece, held_bytes)),
            Place::Epilogue => {
                self.take(piece, &[]);
                Ok(None)
            }
            Place::Preamble | Place::BoundaryLine(_) => Ok(None),
        }
    }

    /// The body has ended.
    ///
    /// # Errors
    /// When it ended too early.
    pub(crate) fn end(&self) -> Result<(), Broken> {
        if self.is_closed() { Ok(()) } else { Err(Broken::CutOff) }
    }

    fn take<'piece>(&mut self, piece: &mut &'piece [u8], after: &'piece [u8]) {
        self.position += (piece.len() - after.len()) as u64;
        *piece = after;
    }

    fn at_boundary(&mut self) {
        self.place = Place::BoundaryLine(Rest::Nothing);
        self.boundary_at = self.position - (self.delimiter.needle().len() - 2) as u64;
        self.preamble_bytes.get_or_insert(self.boundary_at);
    }

    fn skip_preamble(&mut self, piece: &mut &[u8]) {
        let boundary = &self.delimiter.needle()[2..];
        let length = boundary.len();
        let end = if self.gathered.is_empty() && piece.starts_with(boundary) {
            Some(length)
        } else {
            let before = self.gathered.len();
            self.gathered.extend_from_slice(&piece[..piece.len().min(length - 1)]);
            let across = memmem::find(&self.gathered, boundary).map(|at| at + length - before);
            across.or_else(|| memmem::find(piece, boundary).map(|at| at + length))
        };
        match end {
            Some(end) => {
                self.gathered.clear();
                self.take(piece, &piece[end..]);
                self.at_boundary();
            }
            None => {
                if piece.len() >= length {
                    self.gathered.clear();
                    self.gathered.extend_from_slice(&piece[piece.len() + 1 - length..]);
                }
                self.gathered.drain(..(self.gathered.len() + 1).saturating_sub(length));
                self.take(piece, &[]);
            }
        }
    }

    fn read_headers<'a, 'piece: 'a>(&'a mut self, piece: &mut &'piece [u8]) -> Result<Option<Event<'a>>, Broken> {
        // The empty line does not count.
        let longest = self.max_header_bytes.saturating_add(2);
        let before = self.gathered.len();
        if before == 0 {
            let window = &piece[..piece.len().min(longest)];
            if let Some(end) = headers_end(window, 0) {
                let (block, after) = piece.split_at(end);
                self.take(piece, after);
                self.place = Place::Content { held_bytes: 0 };
                return Ok(Some(Event::Headers {
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
            self.place = Place::Content { held_bytes: 0 };
            let at = self.position - end as u64;
            return Ok(Some(Event::Headers { block: &self.gathered, at, boundary_at: self.boundary_at }));
        }
        if self.gathered.len() == longest {
            self.position = self.position - before as u64 + self.max_header_bytes as u64;
            return Err(Broken::HeadersTooLarge);
        }
        self.take(piece, &[]);
        Ok(None)
    }

    fn read_content<'a, 'piece: 'a>(&'a mut self, piece: &mut &'piece [u8], held_bytes: usize) -> Option<Event<'a>> {
        // The headers were handed on.
        self.gathered.clear();
        if held_bytes > 0 {
            return self.read_held(piece, held_bytes);
        }
        if let Some(end) = self.delimiter.find(piece) {
            let content = &piece[..end];
            self.take(piece, &piece[end + self.delimiter.needle().len()..]);
            self.at_boundary();
            return Some(Event::LastContent(content));
        }
        let held_bytes = held_back(piece, self.delimiter.needle());
        let content = &piece[..piece.len() - held_bytes];
        self.take(piece, &[]);
        self.place = Place::Content { held_bytes };
        (!content.is_empty()).then_some(Event::Content(content))
    }

    /// Behind the beginning of a delimiter, which is content if it does not go on as one.
    fn read_held<'a>(&'a mut self, piece: &mut &[u8], held_bytes: usize) -> Option<Event<'a>> {
        let wanted = &self.delimiter.needle()[held_bytes..];
        let length = wanted.len().min(piece.len());
        if piece[..length] != wanted[..length] {
            self.place = Place::Content { held_bytes: 0 };
            return Some(Event::Content(&self.delimiter.needle()[..held_bytes]));
        }
        let is_whole = length == wanted.len();
        self.take(piece, &piece[length..]);
        if is_whole {
            self.at_boundary();
            return Some(Event::LastContent(&[]));
        }
        self.place = Place::Content { held_bytes: held_bytes + length };
        None
    }
}

impl Rest {
    /// Where the next byte of the line leads to; `None` if it has no place there.
    fn then(self, byte: u8) -> Option<Place> {
        match (self, byte) {
            (Self::Nothing, b'-') => Some(Place::BoundaryLine(Self::Hyphen)),
            (Self::Hyphen, b'-') => Some(Place::BoundaryLine(Self::Closed)),
            (Self::Closed, b'\r') => Some(Place::BoundaryLine(Self::ClosedCarriageReturn)),
            (Self::Closed | Self::ClosedCarriageReturn, _) => Some(Place::Epilogue),
            (Self::Nothing | Self::Padding, b' ' | b'\t') => Some(Place::BoundaryLine(Self::Padding)),
            (Self::Nothing | Self::Padding, b'\r') => Some(Place::BoundaryLine(Self::CarriageReturn)),
            (Self::CarriageReturn, b'\n') => Some(Place::Headers),
            (Self::Nothing | Self::Hyphen | Self::Padding | Self::CarriageReturn, _) => None,
        }
    }
}

/// Behind the first empty line of `text`, whose first `searched` bytes have none by themselves.
fn headers_end(text: &[u8], searched: usize) -> Option<usize> {
    if text.starts_with(b"\r\n") {
        return Some(2);
    }
    let start = searched.saturating_sub(3);
    let mut returns = memchr_iter(b'\r', &text[start..]).map(|at| start + at);
    returns.find(|&at| text[at..].starts_with(b"\r\n\r\n")).map(|at| at + 4)
}

/// How many bytes at the end of `piece` may be the beginning of `delimiter`.
fn held_back(piece: &[u8], delimiter: &[u8]) -> usize {
    let tail = &piece[piece.len() - piece.len().min(delimiter.len() - 1)..];
    let candidate = memrchr(b'\r', tail).map(|at| &tail[at..]);
    candidate.filter(|candidate| delimiter.starts_with(candidate)).map_or(0, <[u8]>::len)
}
