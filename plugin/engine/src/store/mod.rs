//! Keeps counts and state in a host's shared data: small cells that are read, changed and swapped back unless another
//! worker was faster.
//!
//! Every cell of a count is created while the plugin is configured and none during a request, so the memory of the
//! counts is fixed. A missing cell means that the host lost it, and the call is denied. Callers that the policy names
//! have cells of their own; all others share a table, in which a count is never displaced before its window ends.
//! Callers without room there share the limit's one overflow cell. Subjects that callers make up have a second table, of which
//! one caller fills a part.
//!
//! Sessions and tasks that servers issued have a table of their own, in which older ids make room for newer ones. Its
//! cells are created on demand: a missing one holds nothing, and a forgotten id is refused.
//!
//! Approvals have one cell, so that a call uses all of its approvals in one step, and a cell for each description.
//!
//! Ids of requests under way have a table too, whose cells are created on demand too. An open id is never displaced:
//! without room, whole sessions become unclear.

mod approval_cell;
mod approvals;
mod cell;
mod cells;
mod counts;
mod effects;
mod fill;
mod id_cell;
#[cfg(test)]
mod memory;
mod places;
mod prepare;
mod record;
mod records;
mod standings;
mod under_way;

pub use cells::{Cells, Unavailable, Version};
pub use effects::Effects;
pub use fill::TableFill;
#[cfg(test)]
pub(crate) use memory::Memory;
pub use prepare::{Seed, Store};
pub use standings::Standings;
