//! **read**: turns an HTTP request into the one MCP message that every server must see in it, or refuses it.
//!
//! The server must read the same message that the policy judged, so bytes that two known servers read differently are
//! refused. This module never repairs a message and never reads a policy.

mod agreement;
mod definition;
mod error;
mod head;
mod headers;
mod message;
mod metadata;
mod method;
mod names;
mod revision;
mod surrogate;
mod uri;
mod verified;

pub(crate) use agreement::{Repeated, is_modern};
pub use definition::pin;
pub(crate) use definition::{Definition, Digest};
pub(crate) use error::RequestError;
pub(crate) use head::{Head, HttpMethod, RequestIds, SESSION};
pub(crate) use headers::is_header_name;
pub use headers::{HeaderEdit, Headers};
pub(crate) use message::{Call, LONGEST_ID, Message, RESPONSES, Rounds, STATE, Target, is_same_id};
pub use metadata::jwt_claims;
pub(crate) use method::{MethodKind, confusable_method, known_method};
pub(crate) use names::{PROTOTYPE, fold, is_confusable, similar_after, similar_form};
pub(crate) use surrogate::id_beside_surrogates;
pub(crate) use uri::is_normal;
pub use verified::Verified;
pub(crate) use verified::{Unidentified, base64_json, claims_document};
