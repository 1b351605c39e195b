//! Tests what a plugin knows about the server that Envoy's routes choose: which property or header names it, and which
//! requests make a name differ from the server.

mod claims;
mod clusters;
mod costs;
mod edits;
mod elsewhere;
mod frames;
mod hosts;
mod later;
mod paths;
mod setting;
