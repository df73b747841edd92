//! A local stand-in for the attachment endpoints of the Yandex Tracker API.
//!
//! A Rust test starts it with [`TrackerMock::start`], points the client under test at [`TrackerMock::url`], and then looks
//! at what happened through [`TrackerMock::world`]: files, entities, notifications, requests. [`WorldHandle::arm`] makes
//! requests fail on demand. [`Builder::router`] gives the same server as an axum router without a socket. The program
//! `tracker-mock` runs the server by itself.
//!
//! Where things are:
//!
//! | module | holds |
//! | --- | --- |
//! | `domain` | the rules; knows nothing of HTTP |
//! | `wire` | the JSON of answers and fixtures |
//! | `connection` | what happens on a connection around hyper |
//! | `api` | the endpoint table and one file of handlers per resource |
//! | `control` | the control plane, `/_mock` |
//! | `middleware` | what happens around every request |
//! | `app` | the state, and all routes under the middleware |
//! | `config` | the settings and their defaults |
//! | `tls` | the certificate of a server |
//! | `server` | the embeddable server |
//! | `macros` | how types are declared |

#[macro_use]
mod macros;

mod api;
mod app;
mod config;
mod connection;
mod control;
mod domain;
mod middleware;
mod request_id;
mod server;
#[cfg(feature = "tls")]
mod tls;
mod wire;

// Starting a server.
pub use self::api::state::{DEFAULT_FIXTURES, FIXTURE_SCHEMA, StartError};
pub use self::config::{
    AnonymousPolicy, Config, FileNamePolicy, FixtureSource, ForwardedHeaders, Limits, Secrets, TokenPolicy, TrustFiles,
};
#[cfg(feature = "tls")]
pub use self::connection::gateway::{Gateway, GatewayReport, OtherHosts};
#[cfg(feature = "openapi")]
pub use self::control::openapi::openapi;
pub use self::domain::clock::{Clock, ClockOverflow, Timestamp};
pub use self::server::{Builder, Error, TrackerMock, WorldHandle};
#[cfg(feature = "tls")]
pub use self::tls::{Identity, IdentityError, REAL_HOSTS};
pub use self::wire::fixture::{FixtureError, FixtureMistake};

// What a world holds.
pub use self::domain::blob::Blob;
pub use self::domain::checklist::ChecklistItem;
pub use self::domain::comment::{Comment, Comments};
pub use self::domain::entity::{Entity, EntityType};
pub use self::domain::entity_fields::{EntityFields, FieldKind, FieldName, FieldValue, Parents};
pub use self::domain::error::NameError;
pub use self::domain::file::{Attachment, Attachments, File, FileName, Mimetype};
pub use self::domain::history::{Event, EventKind, FieldChange};
pub use self::domain::ids::{CommentLongId, EntityId, EventId, FileId};
pub use self::domain::image::Dimensions;
pub use self::domain::language::Language;
pub use self::domain::outbox::{FileChange, Notification, NotifyOptions, Recipient, Role, Roles};
pub use self::domain::queue::Queue;
pub use self::domain::user::User;

// Requests, faults and coverage.
pub use self::api::multipart::trace::{NameRecord, PartRecord, RefusalRecord, UploadRecord};
pub use self::api::trace::{FaultRecord, RequestPlace};
pub use self::connection::Via;
pub use self::control::coverage::report::{CoverageReport, GoalCoverage, OperationCoverage};
pub use self::control::faults::{AnswerPlace, ArmedFault, Fault, Place, Preset};
pub use self::control::journal::attempts::{Attempt, Attempts};
pub use self::control::journal::deviation::{Deviation, FindingKind};
pub use self::control::journal::matching::{Difference, RequestMatch};
pub use self::control::journal::record::RequestId;
pub use self::control::journal::verdict::{NearMiss, Tally, Verdict};
pub use self::control::journal::view::RequestRecord;
pub use self::control::strict::{Finding, StrictCheck, StrictVerdict};
pub use self::control::worlds::NamedWorld;
pub use self::wire::read::InvalidValue;

/// What the program, the integration tests and the fuzz targets need beyond the public API. It may change at any time.
#[doc(hidden)]
pub mod testing {
    pub use crate::api::extract::ANONYMOUS_ORG;
    pub use crate::api::multipart::error::MultipartError;
    pub use crate::api::multipart::part::PartHeaders;
    pub use crate::api::multipart::reader::{FormEvent, Reader};
    pub use crate::api::state::Api;
    pub use crate::app::App;
    pub use crate::connection::{ConnectionEnd, ConnectionLimits, HangUp, UnreadableRequest, serve};
    pub use crate::control::bench::ANY_TOKEN;
    pub use crate::control::coverage::formats::xml_text;
    #[cfg(feature = "openapi")]
    pub use crate::control::document::openapi_document;
    pub use crate::control::matching::pattern::Pattern;
    pub use crate::domain::blob::BlobWriter;
    pub use crate::domain::budget::Budget;
    pub use crate::domain::error::{NoRoom, OverBudget};
    pub use crate::domain::ids::OrgId;
    pub use crate::domain::world::World;
    pub use crate::domain::worlds::Worlds;
    #[cfg(feature = "tls")]
    pub use crate::tls::pem;
    pub use crate::wire::fixture::{Fixture, schema};
    pub use crate::wire::read::{from_slice as read_json, mark_bytes, nearest};
    pub use crate::wire::time::Span;
}

/// The Rust example of the guide is run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/testing-with-tracker-mock.md")]
struct Guide;
