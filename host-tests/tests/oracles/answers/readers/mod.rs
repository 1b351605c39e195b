//! Models of the programs that read a server's answer: from status, headers and bytes to the messages that they take from it.
//!
//! They are lenient where some real one is, and never stricter than all of them.

mod browser;
mod client;
mod go_sdk;
mod grammar;
mod httpx;
mod mcp_go;
mod media;
mod names;
mod tree;
mod typescript;

pub(super) use client::{BROWSER, READERS, Reader, Shown};
pub(super) use grammar::Grammar;
pub(super) use tree::Tree;
