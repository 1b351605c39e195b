//! Runs the official conformance suite, directly and through the gateway.

mod judge;
mod parties;
mod suite;
mod table;
