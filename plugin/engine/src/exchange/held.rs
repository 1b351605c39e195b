//! Turns the bytes that an exchange holds into a number, and drops them when its host needs the room.
//!
//! It never lets a message pass whose bytes were dropped.

use super::state::{Exchange, Reading, State};
use crate::decide::RequestContext;
use crate::read::{Head, RequestError, Verified};

impl Exchange {
    /// The bytes of the response that are held until a message is complete, and those of the request on a host without a
    /// callback for trailers. A host that serves many exchanges at a time adds them up, by [`Exchange::caller`] too, and calls
    /// [`Exchange::hold_at_most`] before each event: [`HeldResponses`](crate::host::HeldResponses).
    pub fn held_bytes(&self) -> usize {
        let body = match &self.state {
            State::Reading(reading) | State::Recognizing(reading) if reading.taken => {
                reading.body.len()
            }
            State::Pending(_, judged) => judged.body.as_ref().map_or(0, Vec::len),
            _ => 0,
        };
        self.response.held().saturating_add(body)
    }

    /// Holds no more than so many bytes from now on. A message that needs more is refused, unless it may pass unread. Without
    /// this call, messages are held up to `host.max_response_bytes` and `host.max_request_bytes`.
    pub fn hold_at_most(&mut self, bytes: usize) {
        self.room = bytes;
        self.response.hold_at_most(bytes);
    }

    /// Drops the held bytes at once, to make room for another exchange. With the next event of the response the client gets a
    /// refusal (`unavailable`) in place of the message; other messages of the stream pass. A response that no rule reads
    /// passes all the same. A request is refused with its next event.
    pub fn drop_held(&mut self) {
        self.response.drop_held();
        match &mut self.state {
            State::Reading(reading) | State::Recognizing(reading) if reading.taken => {
                reading.body = Vec::new();
            }
            State::Pending(_, judged) if judged.body.is_some() => judged.body = Some(Vec::new()),
            _ => return,
        }
        self.dropped = true;
    }

    /// Adds a piece of the request's body.
    ///
    /// # Errors
    /// When the body is longer than the policy allows, or than there is room for.
    pub(super) fn add(&self, reading: &mut Reading, piece: Vec<u8>) -> Result<(), RequestError> {
        if reading.body.is_empty() {
            reading.body = piece;
        } else {
            reading.body.extend(piece);
        }
        let held = if reading.taken { reading.body.len() } else { 0 };
        self.fits(reading.body.len())?;
        match self.dropped || held > self.room {
            true => Err(RequestError::BodyUnavailable),
            false => Ok(()),
        }
    }

    /// Whether a body of so many bytes may be read.
    ///
    /// # Errors
    /// When the policy allows none of that length.
    pub(super) fn fits(&self, length: usize) -> Result<(), RequestError> {
        let max = self.policy.host.max_request_bytes;
        match length > max {
            true => Err(RequestError::BodyTooLong(max)),
            false => Ok(()),
        }
    }
}

impl Reading {
    /// The message of which no byte has come.
    pub(super) fn new(
        head: Head,
        context: RequestContext,
        verified: Option<Box<Verified>>,
    ) -> Self {
        Self {
            head,
            context,
            verified,
            body: Vec::new(),
            taken: false,
        }
    }

    /// The body for the host to put back, where pieces of it were taken.
    pub(super) fn taken_body(&mut self) -> Option<Vec<u8>> {
        self.taken.then(|| std::mem::take(&mut self.body))
    }
}
