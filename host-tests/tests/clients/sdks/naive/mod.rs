//! Clients without an SDK that use one id for all requests.

mod client;
mod control;
mod play;
