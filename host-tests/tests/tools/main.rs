//! The tests' own tools: the table of the corpus can fail, and `make` names missing programs.
//!
//! It never judges the plugin.

mod ci;
mod missing;
mod table;
