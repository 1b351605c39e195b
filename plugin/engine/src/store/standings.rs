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
        if self.asks_service {
            return Ok(Standings { kept: None });
        }
        let table = self.approvals.as_ref().ok_or(Unavailable)?;
        let cell = self.read_approvals(cells, now)?;
        Ok(Standings {
            kept: Some((cell, &table.keys)),
        })
    }

    /// Whether the approval with this id still waits for a person, as far as the host knows; false where that cannot be
    /// read.
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
    /// `None` where a service keeps them.
    kept: Option<(ApprovalCell, &'s Keys)>,
}

impl Standings<'_> {
    /// The standing of the approval; expired where there is none, and pending where only a service knows.
    pub fn of(&self, id: ApprovalId) -> Standing {
        let Some((cell, keys)) = &self.kept else {
            return Standing::Pending;
        };
        let entry = cell.of(id, keys).and_then(|place| cell.at(place, keys));
        entry.map_or(Standing::Expired, |entry| entry.standing(cell.clock()))
    }
}
