//! **approve**: turns a call that needs a person's approval into the request that the person sees, and a verified person
//! into an approver.
//!
//! It stores nothing and decides no call: `store` keeps the approvals, and `exchange` asks for them.

mod described;
mod notice;
mod person;
mod request;
mod round;
mod service;
mod signed_message;
mod visit;

pub(crate) use described::Described;
pub(crate) use notice::notice_of;
pub(crate) use person::Approving;
pub(crate) use request::{ApprovableCall, TooLong};
pub(crate) use round::{MOST_ROUNDS, Round, RoundState, TOKEN_KEY};
pub use service::LONGEST_SERVICE_ANSWER;
pub(crate) use service::ServiceQuestion;
pub use signed_message::SignedMessage;
pub(crate) use visit::{Form, LONGEST_FORM, Refused as PageRefused, Want, reads_json, want};
