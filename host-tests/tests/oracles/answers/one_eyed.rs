//! A filter with a planted fault: it withholds what one reader would see, and lets pass what any other would.

use super::eyes::seen;
use super::readers::BROWSER;
use super::scene::Planted;
use crate::plugin::{Open, Plugin, Sent};
use host_tests::server_response::{Received, ServerResponse};

/// The filter.
#[derive(Debug, Default)]
pub(super) struct OneEyed(Open);

impl Plugin for OneEyed {
    fn open(&mut self, request: &Sent) -> Option<usize> {
        self.0.open(request)
    }

    fn head(&mut self, exchange: usize, answer: &ServerResponse) {
        self.0.head(exchange, answer);
    }

    fn body(&mut self, exchange: usize, bytes: &[u8], end: bool) {
        self.0.body(exchange, bytes, end);
    }

    fn trailers(&mut self, exchange: usize) {
        self.0.trailers(exchange);
    }

    fn close(&mut self, exchange: usize) -> Received {
        let received = self.0.close(exchange);
        let shown = BROWSER.read(&received);
        let planted = [Planted::Name, Planted::Secret, Planted::Ask];
        let sees = planted
            .into_iter()
            .any(|planted| seen(&BROWSER, &shown, planted).is_some());
        if sees { Received::default() } else { received }
    }
}
