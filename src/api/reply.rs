//! Successful answers.

use std::io::{self, Write};
use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

use super::{ApiError, ApiResult, JSON, Writing};
use crate::domain::{Budget, OverBudget, Reservation};

/// The initial capacity of an answer, in bytes. Most answers fit.
const USUAL_BYTES: usize = 1000;

/// Answers up to this length, in bytes, are not charged.
const UNCHARGED_BYTES: usize = 32 * 1024;

impl Writing {
    /// An answer with a JSON body; 507 if it is long and there is no memory for it. It is charged until it is sent.
    pub(crate) fn json(self, status: StatusCode, body: &impl Serialize) -> Response {
        let bytes = Vec::with_capacity(USUAL_BYTES);
        let mut written = Written { bytes, budget: self.budget, charge: None, over: None };
        if let Err(error) = self.layout.write(&mut written, body) {
            return written.over.map_or_else(|| ApiError::internal(&error), ApiError::from).into_response();
        }
        let mut response = Response::new(Body::from(match written.charge {
            Some(_) => Bytes::from_owner(written),
            None => written.bytes.into(),
        }));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        response
    }
}

/// The same, as the answer to the current request is written.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    Writing::current().json(status, body)
}

/// The same with 200, as most handlers answer.
pub(crate) fn ok_json(body: &impl Serialize) -> ApiResult {
    Ok(json(StatusCode::OK, body))
}

/// The bytes of an answer.
struct Written {
    bytes: Vec<u8>,
    budget: Option<Arc<Budget>>,
    charge: Option<Reservation>,
    /// Set if the budget had no room for the answer.
    over: Option<OverBudget>,
}

impl Written {
    /// Makes room for `more` bytes, and charges it if the answer is long.
    fn reserve(&mut self, more: usize) -> Result<(), OverBudget> {
        let needed = self.bytes.len() + more;
        if needed <= self.bytes.capacity() {
            return Ok(());
        }
        let capacity = needed.max(2 * self.bytes.capacity());
        if capacity > UNCHARGED_BYTES {
            let added = (capacity - self.bytes.capacity()) as u64;
            match &mut self.charge {
                Some(charge) => charge.grow(added)?,
                None => self.charge = self.budget.as_ref().map(|budget| budget.reserve(added)).transpose()?,
            }
        }
        self.bytes.reserve_exact(capacity - self.bytes.len());
        Ok(())
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(over) = self.reserve(bytes.len()) {
            self.over = Some(over);
            return Err(io::Error::other(over));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsRef<[u8]> for Written {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
