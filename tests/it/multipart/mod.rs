//! Multipart bodies: the reader against another one, and what the journal shows of uploads.

mod differential;
mod uploads;
