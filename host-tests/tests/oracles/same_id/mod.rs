//! Plays requests with one id at the same time against servers that keep sessions. No more calls may run than a limit
//! admits, and no result may evade the rules of its tool as the answer to another request.

mod call;
mod careful;
mod forgetful;
mod play;
mod script;
mod server;
mod session;
