//! Faults: rules that make requests fail, and the header `Prefer`, by which a request asks for its own failure.
//!
//! | module | holds |
//! | --- | --- |
//! | `body` | rules in JSON, and the names of the presets |
//! | `fault` | rules in Rust |
//! | `preset` | the rules that the presets stand for |
//! | `rule` | rules that were checked when they were armed |
//! | `armed` | the armed rules of each world, and how often each fired |
//! | `prefer` | the header `Prefer` |
//! | `request_facts` | the facts about a request that rules are matched against |
//! | `request_faults` | which rule fires for a request, and where |
//! | `action` | what it does then |
//! | `transfer` | bodies that are slow, held up or cut off |

mod action;
mod armed;
mod body;
mod fault;
pub(super) mod prefer;
mod preset;
mod request_facts;
mod request_faults;
mod rule;
mod transfer;

pub use self::armed::ArmedFault;
pub(super) use self::armed::weight;
pub(crate) use self::armed::{Earlier, Faults};
pub(super) use self::body::RuleBody;
pub use self::body::{AnswerPlace, Place, Preset};
pub use self::fault::Fault;
pub(crate) use self::request_faults::RequestFaults;
