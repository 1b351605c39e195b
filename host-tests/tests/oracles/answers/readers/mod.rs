//! Models of the programs that read a server's answer: from status, headers and bytes to messages.
//!
//! A model is lenient where some real program is, and never stricter than all of them.

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
