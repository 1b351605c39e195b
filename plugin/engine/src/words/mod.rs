//! The vocabulary that all layers share: time, amounts, names of rules, refusals, JSON, expressions, secrets, paths,
//! hosts and networks.
//!
//! Nothing here depends on a policy, a message or a host, and no file imports a later layer.

mod amount;
pub(crate) mod approval;
mod clock;
pub(crate) mod digits;
pub(crate) mod expression;
pub(crate) mod json;
pub(crate) mod locator;
pub(crate) mod mac;
mod millis;
pub(crate) mod overlap;
pub(crate) mod pattern;
pub(crate) mod plain;
mod pointer;
pub(crate) mod protobuf;
mod refusal;
pub(crate) mod secret;
mod service_answer;
pub(crate) mod sorted;
pub(crate) mod state;
pub(crate) mod text;
pub(crate) mod trace;
mod truth;
pub(crate) mod under_way;
pub(crate) mod work;

pub use amount::Amount;
pub use clock::Clock;
pub use millis::Millis;
pub(crate) use millis::{Zone, duration};
pub(crate) use pointer::{Place, Rule, Token};
pub use refusal::Reason;
pub(crate) use refusal::{ASK, ASK_OPERATOR, Refusal};
pub use service_answer::ServiceAnswer;
pub use truth::Truth;
