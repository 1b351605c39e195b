//! The tests' own tools: the table of the corpus can fail, and `make` names what is missing.
//!
//! It never judges the plugin.

mod missing;
mod table;
