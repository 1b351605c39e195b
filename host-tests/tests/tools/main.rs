//! The tests' own tools: the table of the corpus reports each failure, and `make` names missing programs.
//!
//! It never judges the plugin.

mod ci;
mod missing;
mod table;
