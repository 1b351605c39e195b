//! Keeps counts and state in a host's shared data: small cells that are read, changed and swapped back if no other worker
//! was faster.
//!
//! Every cell of a count is created while the plugin is configured and never during a request, where a missing cell means
//! that the host lost it, and the call is denied. Its memory is fixed: callers that the policy names have cells of their
//! own; all others share a table, in which a count is never displaced before its window ends. A caller without room there
//! counts in the limit's one overflow cell together with all others without room.
//!
//! Sessions and tasks that servers issued are in a table of their own, in which older ids make room for newer ones. Its
//! cells are created when they are needed: a missing one holds nothing, and a forgotten id is refused.
//!
//! Ids of requests under way are in a third, whose cells are created when they are needed too. An open id is never displaced:
//! where there is no room, whole sessions become unclear.

mod cell;
mod cells;
mod counts;
mod id_cell;
#[cfg(test)]
mod memory;
mod prepare;
mod record;
mod records;
mod under_way;

pub use cells::{Cells, Unavailable, Version};
#[cfg(test)]
pub(crate) use memory::Memory;
pub use prepare::{Seed, Store};
