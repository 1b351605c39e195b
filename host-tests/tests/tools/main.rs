//! Tools beside the plugin: the table of the corpus reports each failure, `make` names missing programs, and each alert
//! fires in its case.
//!
//! It never judges the plugin.

mod alerts;
mod ci;
mod missing;
mod table;
