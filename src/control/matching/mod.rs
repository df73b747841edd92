//! The conditions on requests that fault rules, the journal's filters, `verify` and `wait` share.
//!
//! | module | holds |
//! | --- | --- |
//! | `body` | the conditions as they are written |
//! | `conditions` | the conditions, checked, and what a request has of what they ask for |
//! | `head` | what of a request's head is kept to be looked at |
//! | `pattern` | patterns of texts and of paths |
//! | `status` | the conditions on when a request came, and on its answer |

pub(crate) mod body;
pub(crate) mod conditions;
pub(crate) mod head;
pub(crate) mod pattern;
pub(crate) mod status;

pub(super) use self::{body::*, conditions::*};
pub(crate) use self::{head::*, status::*};
