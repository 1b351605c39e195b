//! The operators of the policy language, compared with independent programs and test suites.
//!
//! It never starts a gateway: the engine is called natively.

mod cidr;
mod host_in;
mod schema;
mod within;
