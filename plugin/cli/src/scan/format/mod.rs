//! Formats of a scan's report: a table for terminals, JSON, Markdown and HTML.
//!
//! None lets a server's text act where it is shown.

mod html;
mod json;
mod markdown;
mod report;
mod terminal;
