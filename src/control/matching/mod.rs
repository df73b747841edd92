//! The conditions on requests that fault rules, the journal's filters, `verify` and `wait` share.
//!
//! | module | holds |
//! | --- | --- |
//! | `body` | the conditions as they are written |
//! | `conditions` | the conditions, checked, and the facts about a request that they are compared with |
//! | `head` | the head of a request, as much of it as is kept |
//! | `pattern` | patterns of texts and of paths |
//! | `status` | the conditions on when a request came, and on its answer |

pub(crate) mod body;
pub(crate) mod conditions;
pub(crate) mod head;
pub(crate) mod pattern;
pub(crate) mod status;

pub(super) use self::{body::*, conditions::*};
pub(crate) use self::{head::*, status::*};
