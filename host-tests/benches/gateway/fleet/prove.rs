//! Checks that each way counts as the page says, before anything is measured.
//!
//! It measures nothing. It starts its own Envoys, with a low limit.

use super::gateways::{ENVOYS, Fleet};
use super::ways::Way;

const MAX: u64 = 3;
/// The calls of each way, one after another on two Envoys.
const CALLS: u64 = 8;

/// # Panics
/// When a way lets more calls through than it should, or fewer.
pub(super) fn prove() {
    let fleet = Fleet::start(MAX);
    for way in Way::ALL {
        let (served, asked) = (fleet.upstream.count(), fleet.service.asked());
        for call in 0..CALLS as usize {
            fleet.of(way).once(call % ENVOYS, way.tool());
        }
        let name = way.name();
        let served = fleet.upstream.count() - served;
        assert_eq!(served, passed(way), "{name}: calls that pass");
        let asked = fleet.service.asked() - asked;
        assert_eq!(asked > 0, way.asks(), "{name}: the service is asked");
        eprintln!("{name}: counts as the page says");
    }
}

/// How many calls pass. All that ask the service share its count.
fn passed(way: Way) -> u64 {
    match way {
        Way::Free => CALLS,
        Way::Local | Way::LocalAgain | Way::Stopped => MAX * ENVOYS as u64,
        Way::Service => MAX,
        Way::ServiceAgain | Way::Http => 0,
    }
}
