//! A local stand-in for the attachment endpoints of the Yandex Tracker API.
//!
//! [`TrackerMock::start`] runs it inside a test; the program `tracker-mock` runs it by itself.
//!
//! Where things are:
//!
//! | module | holds |
//! | --- | --- |
//! | [`domain`] | the rules; knows nothing of HTTP |
//! | [`wire`] | the JSON of answers and fixtures |
//! | `api` | the endpoint table and one file of handlers per resource |
//! | `control` | the control plane, `/_mock` |
//! | [`app`] | state and routes; what happens around every request |
//! | `connection` | what happens on a connection around hyper |
//! | [`config`] | the settings and their defaults |
//! | `server` | the embeddable server |

mod api;
pub mod app;
pub mod config;
mod connection;
mod control;
pub mod domain;
mod middleware;
mod request_id;
mod server;
pub mod wire;

pub use self::config::{AnonymousPolicy, Config, FixtureSource, ForwardedHeaders, Limits, TokenPolicy};
pub use self::control::coverage::report::{CoverageReport, GoalCoverage, OperationCoverage};
pub use self::control::faults::{AnswerPlace, ArmedFault, Fault, Place, Preset, RequestPlace};
pub use self::control::journal::attempts::{Attempt, Attempts};
pub use self::control::journal::deviation::{Deviation, DeviationKind};
pub use self::control::journal::matching::{Difference, RequestMatch};
pub use self::control::journal::record::RequestId;
pub use self::control::journal::upload::{NameRecord, PartRecord, RefusalRecord, UploadRecord};
pub use self::control::journal::verdict::{NearMiss, Tally, Verdict};
pub use self::control::journal::view::{FaultRecord, RequestRecord};
pub use self::control::openapi::openapi;
pub use self::domain::clock::{Clock, ClockOverflow, Timestamp};
pub use self::domain::entity::{Entity, EntityType};
pub use self::domain::file::File;
pub use self::domain::outbox::{Notification, Recipient, Role, Roles};
pub use self::server::{Builder, Error, TrackerMock, WorldHandle};
pub use self::wire::fixture::FixtureError;

/// The README's Rust examples are run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// And those of the guide.
#[cfg(doctest)]
#[doc = include_str!("../docs/testing-with-tracker-mock.md")]
struct Guide;
