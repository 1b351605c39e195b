//! Reads the standings of all approvals, for hosts that hold answers back.
//!
//! It changes none.

use super::approval_cell::ApprovalCell;
use super::cells::{Cells, Unavailable};
use super::prepare::Store;
use crate::words::Millis;
use crate::words::approval::{ApprovalId, Standing};
use crate::words::mac::Keys;

impl Store {
    /// The standings of all approvals at this time, for a host that holds answers back.
    ///
    /// # Errors
    /// When the host cannot read them.
    pub fn standings(
        &self,
        cells: &mut impl Cells,
        now: Millis,
    ) -> Result<Standings<'_>, Unavailable> {
        let table = self.approvals.as_ref().ok_or(Unavailable)?;
        let cell = self.read_approvals(cells, now)?;
        Ok(Standings {
            cell,
            keys: &table.keys,
        })
    }

    /// Whether the approval with this id still waits for a person; false where that cannot be read.
    pub fn is_pending(&self, cells: &mut impl Cells, approval: &str, now: Millis) -> bool {
        let standings = self.standings(cells, now);
        let id = ApprovalId::parse(approval);
        let standing = standings
            .ok()
            .zip(id)
            .map(|(standings, id)| standings.of(id));
        standing == Some(Standing::Pending)
    }
}

/// The standings of all approvals at one time.
pub struct Standings<'s> {
    cell: ApprovalCell,
    keys: &'s Keys,
}

impl Standings<'_> {
    /// The standing of the approval; expired where there is none.
    pub fn of(&self, id: ApprovalId) -> Standing {
        let place = self.cell.of(id, self.keys);
        let entry = place.and_then(|place| self.cell.at(place, self.keys));
        entry.map_or(Standing::Expired, |entry| entry.standing(self.cell.clock()))
    }
}
