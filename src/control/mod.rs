//! The control plane, `/_mock`: how a test sees what happened and starts afresh. No authorization, JSON throughout. Web pages
//! are kept out, see `gate`.

pub(crate) mod arming;
pub(crate) mod bench;
mod call;
pub(crate) mod clearings;
pub(crate) mod coverage;
#[cfg(feature = "openapi")]
pub(crate) mod document;
mod events;
mod evidence;
pub(crate) mod faults;
pub(crate) mod gate;
mod health;
pub(crate) mod journal;
pub(crate) mod matching;
pub(crate) mod metrics;
#[cfg(feature = "openapi")]
pub(crate) mod openapi;
mod outbox;
#[cfg(feature = "page")]
pub(crate) mod page;
pub(crate) mod reader;
mod requests;
pub(crate) mod reset;
pub(crate) mod secrets;
mod setting;
pub(crate) mod sightings;
pub(crate) mod snapshots;
mod state;
mod stored_files;
pub(crate) mod strict;
pub(crate) mod table;
mod verify;
pub(crate) mod worlds;
