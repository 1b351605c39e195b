//! Requests of one id at once, and servers that keep sessions: no limit admits more than it says, and no result comes past the
//! rules of its tool as the answer to another request.

mod call;
mod careful;
mod forgetful;
mod play;
mod script;
mod server;
mod session;
