//! Plays answers as servers on the official SDKs send them: they must pass unchanged, except for what a rule removes.
//! Nothing here is meant to be misread.

mod messages;
mod play;
mod style;
