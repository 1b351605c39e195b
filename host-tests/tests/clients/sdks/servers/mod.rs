//! Runs published MCP servers behind the policies of `policies/servers/`.

mod file;
mod published;
