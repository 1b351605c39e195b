//! The order in which the events of a response may arrive.
//!
//! It looks into no body.

use crate::step::Response;

/// How far a response has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Awaited,
    Arriving,
    Ended,
}

impl Stage {
    /// The stage after an event; `None` where the event cannot come now.
    pub(crate) fn after(self, event: &Response) -> Option<Self> {
        let arriving = |end| if end { Self::Ended } else { Self::Arriving };
        match (self, event) {
            (Self::Awaited, Response::Delivery(_)) => Some(self),
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
