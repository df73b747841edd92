//! Drift: what the real service was seen to answer, held against what we answer. `record` writes it down, `verify`
//! compares.
//!
//! An exchange is one request and its answer. It is kept as its shape: which operation, which paths its JSON has, in which
//! order and of which types, but no values.

mod compare;
mod exchange;
mod form;
mod headers;
mod json;
mod known;
mod origin;
mod shaper;
mod text;
mod vocabulary;

pub(crate) use self::{
    compare::*, exchange::*, form::*, json::*, known::*, origin::*, shaper::*, text::*, vocabulary::*,
};
