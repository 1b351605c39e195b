//! A filter with a planted fault: it checks what one reader sees in an answer, and ignores all others.

use super::eyes::seen;
use super::readers::BROWSER;
use super::scene::Planted;
use host_tests::server_response::Received;

/// True where that reader sees nothing planted in the answer.
pub(super) fn passes(received: &Received) -> bool {
    let shown = BROWSER.read(received);
    let planted = [Planted::Name, Planted::Secret, Planted::Ask];
    let mut seen = planted
        .into_iter()
        .filter_map(|planted| seen(&BROWSER, &shown, planted));
    seen.next().is_none()
}
