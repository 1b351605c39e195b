//! Lets real clients log in by OAuth, through the shipped configuration of the gateway.

mod gateway;
mod play;
mod server;
