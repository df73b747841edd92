//! One connection: send, read the answer to its end, check it, send the next.

use std::io::IoSlice;
use std::rc::Rc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Plan;
use crate::answer::{BodyEnd, Head, chunked_length};
use crate::request::{Request, Values, find};

/// Answers up to this size stand in the buffer whole; of larger ones the bytes are read and dropped.
const BUFFER_BYTES: usize = 256 * 1024;

pub(crate) struct Connection {
    plan: Rc<Plan>,
    stream: TcpStream,
    buffer: Vec<u8>,
    /// How much of the buffer is filled.
    filled: usize,
    head: Vec<u8>,
    id: Vec<u8>,
}

/// An answer that was read to its end.
struct Answer {
    head: Head,
    body_bytes: u64,
}

impl Connection {
    pub(crate) async fn open(plan: Rc<Plan>) -> Result<Self, String> {
        let stream = connect(&plan).await?;
        let buffer = vec![0; BUFFER_BYTES];
        Ok(Self { plan, stream, buffer, filled: 0, head: Vec::new(), id: Vec::new() })
    }

    pub(crate) async fn drive(mut self) -> Result<(), String> {
        let plan = Rc::clone(&self.plan);
        let keeps_ids = plan.steps.iter().any(Request::uses_id);
        while let Some(number) = plan.take() {
            for (index, request) in plan.steps.iter().enumerate() {
                let started = Instant::now();
                self.send(request, number).await.map_err(|error| format!("cannot send: {error}"))?;
                let answer = self.receive(request.head_only).await?;
                plan.tally.borrow_mut().add(index, started.elapsed(), answer.body_bytes);
                if answer.head.status != request.expected_status {
                    return Err(self.unexpected(request, &answer));
                }
                if keeps_ids && answer.head.status == 201 {
                    self.keep_id(answer.head.length);
                }
                if answer.head.closes {
                    self.stream = connect(&plan).await?;
                }
            }
        }
        Ok(())
    }

    async fn send(&mut self, request: &Request, number: u64) -> std::io::Result<()> {
        let circle = self.plan.circle_first + number % self.plan.circle;
        let values = Values { number, circle, id: &self.id };
        let constant = request.render(&values, &mut self.head);
        let (mut head, mut rest) = (self.head.as_slice(), constant);
        while !head.is_empty() {
            let written = self.stream.write_vectored(&[IoSlice::new(head), IoSlice::new(rest)]).await?;
            rest = &rest[written.saturating_sub(head.len())..];
            head = &head[written.min(head.len())..];
        }
        self.stream.write_all(rest).await
    }

    async fn receive(&mut self, without_body: bool) -> Result<Answer, String> {
        self.filled = 0;
        let head = loop {
            if self.fill().await? == 0 {
                return Err("the server closed the connection before it answered".to_owned());
            }
            if let Some(head) = Head::parse(&self.buffer[..self.filled], without_body)? {
                break head;
            }
        };
        let body_bytes = match head.body {
            BodyEnd::Length(length) => self.read_length(head.length, length).await?,
            BodyEnd::Chunked => self.read_chunks(head.length).await?,
            BodyEnd::Eof => self.read_rest(head.length).await?,
        };
        Ok(Answer { head, body_bytes })
    }

    async fn read_length(&mut self, head_length: usize, length: u64) -> Result<u64, String> {
        let mut missing =
            length.checked_sub((self.filled - head_length) as u64).ok_or("more than Content-Length came")?;
        while missing > 0 {
            if head_length as u64 + length > BUFFER_BYTES as u64 {
                self.filled = head_length;
            }
            let read = self.fill().await? as u64;
            if read == 0 {
                return Err(format!("the answer ends {missing} bytes early"));
            }
            missing = missing.checked_sub(read).ok_or("more than Content-Length came")?;
        }
        Ok(length)
    }

    async fn read_chunks(&mut self, head_length: usize) -> Result<u64, String> {
        loop {
            if let Some(length) = chunked_length(&self.buffer[head_length..self.filled])? {
                return Ok(length as u64);
            }
            if self.fill().await? == 0 {
                return Err("the answer ends inside a chunk, or is longer than the buffer".to_owned());
            }
        }
    }

    async fn read_rest(&mut self, head_length: usize) -> Result<u64, String> {
        let mut body_bytes = (self.filled - head_length) as u64;
        loop {
            self.filled = head_length;
            match self.fill().await? {
                0 => return Ok(body_bytes),
                read => body_bytes += read as u64,
            }
        }
    }

    /// Reads into the free part of the buffer; 0 at the end.
    async fn fill(&mut self) -> Result<usize, String> {
        let read =
            self.stream.read(&mut self.buffer[self.filled..]).await.map_err(|error| format!("cannot read: {error}"))?;
        self.filled += read;
        Ok(read)
    }

    /// Remembers the id in an answer that has one.
    fn keep_id(&mut self, head_length: usize) {
        let body = &self.buffer[head_length..self.filled];
        if let Some(start) = find(body, br#""id":""#) {
            let id = &body[start + 6..];
            let end = id.iter().position(|&byte| byte == b'"').unwrap_or(id.len());
            self.id.clear();
            self.id.extend_from_slice(&id[..end]);
        }
    }

    fn unexpected(&self, request: &Request, answer: &Answer) -> String {
        let shown = &self.buffer[..self.filled.min(2000)];
        format!(
            "answer {} where {} was expected:\n{}",
            answer.head.status,
            request.expected_status,
            String::from_utf8_lossy(shown)
        )
    }
}

async fn connect(plan: &Plan) -> Result<TcpStream, String> {
    let stream = TcpStream::connect(plan.address).await.map_err(|error| format!("cannot connect: {error}"))?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    plan.tally.borrow_mut().connects += 1;
    Ok(stream)
}
