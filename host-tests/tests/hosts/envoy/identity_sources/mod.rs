//! Tests what Envoy's authentication filters tell a plugin, by a module that only reads: which property has which
//! identity, in which bytes, and who vouches for it.

mod api_keys;
mod bytes;
mod certificates;
mod claims;
mod costs;
mod issuers;
mod metadata;
mod tokens;
