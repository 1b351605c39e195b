//! Turns each event of a response into the stage after it, and refuses events out of order.
//!
//! It never reads a body.

use crate::step::Response;

/// How far a response has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Awaited,
    Arriving,
    Ended,
}

impl Stage {
    /// The stage after an event; `None` if the event is out of order.
    pub(crate) fn after(self, event: &Response) -> Option<Self> {
        let arriving = |end| if end { Self::Ended } else { Self::Arriving };
        match (self, event) {
            (Self::Awaited, Response::Delivery(_) | Response::SentTo(_)) => Some(self),
            (
                Self::Awaited,
                Response::Head {
                    status,
                    end_of_stream: end,
                    ..
                },
            ) => {
                let interim = (100..200).contains(status);
                match (interim, end) {
                    (true, true) => None,
                    (true, false) => Some(self),
                    (false, end) => Some(arriving(*end)),
                }
            }
            (
                Self::Arriving,
                Response::Body {
                    end_of_stream: end, ..
                },
            ) => Some(arriving(*end)),
            (Self::Arriving, Response::Trailers) | (_, Response::Closed) => Some(Self::Ended),
            _ => None,
        }
    }
}
