//! Real clients at a server that deceives, which sees to it that they read something else than the gateway might.

mod clients;
mod play;
mod server;
mod tricks;
