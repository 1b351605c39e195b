//! Turns the events of a response that a host reports, from the delivery of the request to the end, into the response
//! that the client gets.
//!
//! It never passes on an event that arrives out of order.

mod answer_tracker;
mod ask;
mod cache;
mod cut;
mod document;
mod event;
mod framing;
mod held;
mod id_tracker;
mod issued;
mod list;
mod look_alike;
mod media;
mod message;
mod observers;
mod pin;
mod problem;
mod reader;
mod redactor;
mod redirect;
mod refunds;
mod result;
mod rules;
mod scanner;
mod search;
mod sse;
mod stage;
mod task_ends;
mod unread;
mod utf8;

pub(crate) use answer_tracker::AnswerTracker;
pub(crate) use issued::IssuanceTracker;
pub(crate) use observers::Findings;
pub(crate) use problem::Problem;
pub(crate) use reader::{Passed, ResponseReader};
pub(crate) use stage::Stage;
pub(crate) use task_ends::TaskEnds;

/// Characters at which some readers end a line: next line, line separator, paragraph separator.
const SEPARATORS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];
