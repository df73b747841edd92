//! Where an answer ends: the head, then `Content-Length`, chunks, or the end of the connection.

/// What the head of an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) length: usize,
    pub(crate) status: u16,
    pub(crate) body: BodyEnd,
    pub(crate) closes: bool,
}

/// Where the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyEnd {
    Length(u64),
    Chunked,
    Eof,
}

impl Head {
    /// The head at the start of `bytes`; `None` if it is not whole yet.
    pub(crate) fn parse(bytes: &[u8], without_body: bool) -> Result<Option<Self>, String> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        let length = match response.parse(bytes).map_err(|error| format!("not HTTP: {error}"))? {
            httparse::Status::Partial => return Ok(None),
            httparse::Status::Complete(length) => length,
        };
        let status = response.code.unwrap_or(0);
        let mut closes = response.version == Some(0);
        let mut body = BodyEnd::Eof;
        for header in response.headers.iter() {
            let value = std::str::from_utf8(header.value).unwrap_or("").trim();
            if header.name.eq_ignore_ascii_case("content-length") {
                body = BodyEnd::Length(value.parse().map_err(|_| format!("Content-Length is {value:?}"))?);
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                body = BodyEnd::Chunked;
            } else if header.name.eq_ignore_ascii_case("connection") {
                closes = value.eq_ignore_ascii_case("close");
            }
        }
        if without_body || matches!(status, 100..=199 | 204 | 304) {
            body = BodyEnd::Length(0);
        }
        Ok(Some(Self { length, status, body, closes }))
    }
}

/// How long the chunked body at the start of `bytes` is, its last line included; `None` if it is not whole yet.
pub(crate) fn chunked_length(bytes: &[u8]) -> Result<Option<usize>, String> {
    let mut at = 0;
    loop {
        match httparse::parse_chunk_size(&bytes[at..]).map_err(|_| "a broken chunk")? {
            httparse::Status::Partial => return Ok(None),
            // No trailers: none of the servers here sends any.
            httparse::Status::Complete((line, 0)) => {
                let end = at + line + 2;
                return Ok((bytes.len() >= end).then_some(end));
            }
            httparse::Status::Complete((line, size)) => {
                at += line + usize::try_from(size).map_err(|_| "a huge chunk")? + 2;
                if at >= bytes.len() {
                    return Ok(None);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_whole_or_not_there() {
        let text = b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\nConnection: close\r\n\r\nhello";
        assert_eq!(Head::parse(&text[..40], false), Ok(None));
        let head = Head { length: text.len() - 5, status: 201, body: BodyEnd::Length(5), closes: true };
        assert_eq!(Head::parse(text, false), Ok(Some(head)));
        assert!(Head::parse(b"SMTP 201\r\n\r\n", false).is_err());
    }

    #[test]
    fn no_content_has_no_body_and_http_1_0_closes() {
        let head = Head::parse(b"HTTP/1.1 204 No Content\r\n\r\n", false).expect("HTTP").expect("whole");
        assert_eq!((head.body, head.closes), (BodyEnd::Length(0), false));
        let head = Head::parse(b"HTTP/1.0 200 OK\r\n\r\n", false).expect("HTTP").expect("whole");
        assert_eq!((head.body, head.closes), (BodyEnd::Eof, true));
    }

    #[test]
    fn chunks_end_with_the_empty_one() {
        let text = b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\nnext";
        assert_eq!(chunked_length(text), Ok(Some(text.len() - 4)));
        for cut in 0..text.len() - 4 {
            assert_eq!(chunked_length(&text[..cut]), Ok(None), "cut at {cut}");
        }
    }
}
