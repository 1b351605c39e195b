//! Plays calls that need a person's approval, and the persons who decide.

mod gateway;
mod log;
mod page;
mod passing;
mod rounds;
mod service;
mod state;
