//! The operators of the policy language, compared with independent programs and test suites, and the bound of their work,
//! against which a search looks for policies and messages.
//!
//! It never starts a gateway: the engine is called natively.

mod cidr;
mod host_in;
mod schema;
mod within;
mod work;
