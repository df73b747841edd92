//! What handlers of the control plane are made with.

pub(super) use super::{bench::*, body::*, leisure::*, query::*};
