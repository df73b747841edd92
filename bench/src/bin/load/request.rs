//! One request as bytes, with the places in its head that change from one sending to the next.

use std::path::Path;

/// A request, and what its answer must be like.
pub(crate) struct Request {
    pub(crate) expected_status: u16,
    /// Whether the answer announces a body and has none.
    pub(crate) head_only: bool,
    pieces: Vec<Piece>,
    /// The whole request if nothing in its head changes, else the body.
    constant: Vec<u8>,
}

enum Piece {
    Text(Vec<u8>),
    Number,
    Circle,
    Id,
}

/// What stands in the changing places.
pub(crate) struct Values<'a> {
    pub(crate) number: u64,
    pub(crate) circle: u64,
    pub(crate) id: &'a [u8],
}

const PLACES: [&[u8]; 3] = [b"{n}", b"{c}", b"{id}"];

impl Request {
    pub(crate) fn read(expected_status: u16, file: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let head_length = find(&bytes, b"\r\n\r\n").ok_or_else(|| format!("{} has no head", file.display()))? + 4;
        let head_only = bytes.starts_with(b"HEAD ");
        let pieces = split(&bytes[..head_length]);
        let constant = if pieces.is_empty() { bytes } else { bytes[head_length..].to_vec() };
        Ok(Self { expected_status, head_only, pieces, constant })
    }

    /// What changes, written into `head`, and what does not and follows it.
    pub(crate) fn render<'a>(&'a self, values: &Values<'_>, head: &mut Vec<u8>) -> &'a [u8] {
        head.clear();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => head.extend_from_slice(text),
                Piece::Number => head.extend_from_slice(values.number.to_string().as_bytes()),
                Piece::Circle => head.extend_from_slice(values.circle.to_string().as_bytes()),
                Piece::Id => head.extend_from_slice(values.id),
            }
        }
        &self.constant
    }

    pub(crate) fn uses_id(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Id))
    }
}

/// The pieces of a head; none if nothing in it changes.
fn split(head: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = head;
    while let Some((start, place)) =
        PLACES.iter().filter_map(|place| Some((find(rest, place)?, *place))).min_by_key(|(start, _)| *start)
    {
        pieces.push(Piece::Text(rest[..start].to_vec()));
        pieces.push(match place {
            b"{n}" => Piece::Number,
            b"{c}" => Piece::Circle,
            _ => Piece::Id,
        });
        rest = &rest[start + place.len()..];
    }
    if !pieces.is_empty() {
        pieces.push(Piece::Text(rest.to_vec()));
    }
    pieces
}

/// Where `needle` starts in `hay`.
pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_head_are_filled_and_the_body_is_left_alone() {
        let pieces = split(b"GET /{n}/{id}?c={c}&again={n} HTTP/1.1\r\n\r\n");
        let request = Request { expected_status: 200, head_only: false, pieces, constant: b"{n}".to_vec() };
        let mut head = Vec::new();
        let body = request.render(&Values { number: 7, circle: 3, id: b"42" }, &mut head);
        assert_eq!(head, b"GET /7/42?c=3&again=7 HTTP/1.1\r\n\r\n");
        assert_eq!(body, b"{n}");
        assert!(request.uses_id());
    }
}
