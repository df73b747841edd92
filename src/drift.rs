//! Drift: what the real service was seen to answer, held against what we answer. `record` writes it down, `verify`
//! compares.
//!
//! An exchange is one request and its answer. It is kept as its shape: which operation, which paths its JSON has, in which
//! order and of which types, but no values.

pub(crate) mod compare;
pub(crate) mod exchange;
pub(crate) mod form;
pub(crate) mod headers;
pub(crate) mod json;
pub(crate) mod known;
pub(crate) mod origin;
pub(crate) mod shaper;
pub(crate) mod text;
pub(crate) mod vocabulary;
