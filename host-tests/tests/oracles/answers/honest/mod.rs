//! Answers as the servers of the official SDKs send them: what no rule takes out passes as it is. Nothing here is meant to be
//! misread.

mod messages;
mod play;
mod style;
