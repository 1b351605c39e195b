//! Runs real MCP clients and servers through a real Envoy: programs on the SDKs, published servers, and the conformance
//! suite.
//!
//! It never speaks MCP itself.

mod alone;
mod approvals;
mod browser;
mod conformance;
mod login;
mod played;
mod playground;
mod sdks;
mod site;
