//! Clients without an SDK, whose requests all have one id.

mod client;
mod control;
mod play;
