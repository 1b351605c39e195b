//! A filter with a planted fault: it withholds what one reader would see, and lets pass what any other would.

use super::eyes::seen;
use super::readers::BROWSER;
use super::scene::Planted;
use host_tests::server_response::Received;

/// Whether that reader sees nothing planted in an answer.
pub(super) fn passes(received: &Received) -> bool {
    let shown = BROWSER.read(received);
    let planted = [Planted::Name, Planted::Secret, Planted::Ask];
    let mut seen = planted
        .into_iter()
        .filter_map(|planted| seen(&BROWSER, &shown, planted));
    seen.next().is_none()
}
