//! Tests one plugin in front of three servers, with callers by token, certificate and API key at the same time: each caller
//! has exactly its own tools, lists and counters.

mod addresses;
mod caches;
mod headers;
mod intruders;
mod load;
mod revocation;
mod sessions;
mod setting;
mod tokens;
