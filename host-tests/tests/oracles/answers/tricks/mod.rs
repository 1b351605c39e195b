//! Applies tricks, by the layer of an answer that they change.

mod bytes;
mod head;
mod lines;
mod members;
mod text;

pub(super) use bytes::encoded;
pub(super) use head::{status, types};
pub(super) use lines::{Line, changed_lines, joined};
pub(super) use members::changed_message;
pub(super) use text::changed_text;
