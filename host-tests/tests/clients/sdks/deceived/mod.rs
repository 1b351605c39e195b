//! Runs real clients at a server that deceives: it sends answers that they may read differently from the gateway.

mod clients;
mod play;
mod server;
mod tricks;
