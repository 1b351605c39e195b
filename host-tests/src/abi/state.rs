//! A request and its response as host functions see them, and their outcome.
//!
//! It buffers, releases and stops as Envoy's filter chain does; it has no buffer limit. It never calls into the module.

use std::collections::BTreeMap;

/// A header or trailer: its name and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// The facts at the arrival of a request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Pseudo headers included.
    pub headers: Vec<Pair>,
    /// Path, such as `["source", "address"]`, and value.
    pub properties: Vec<(Vec<String>, Vec<u8>)>,
}

impl Request {
    /// A request with these headers.
    pub fn with<'h>(headers: impl IntoIterator<Item = &'h (&'h str, &'h str)>) -> Self {
        Self {
            headers: pairs(headers),
            ..Self::default()
        }
    }
}

/// Headers as a host has them.
pub fn pairs<'h>(headers: impl IntoIterator<Item = &'h (&'h str, &'h str)>) -> Vec<Pair> {
    let headers = headers.into_iter();
    headers
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect()
}

/// The action that a plugin requests after a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Forward the available bytes.
    Continue,
    /// Keep it back.
    Pause,
}

/// An answer the plugin gave in place of the upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalResponse {
    /// HTTP status.
    pub status: u32,
    /// The value of argument `%RESPONSE_CODE_DETAILS%` in an access log.
    pub details: Vec<u8>,
    /// The headers the plugin added; the host would add more.
    pub headers: Vec<Pair>,
    /// The body.
    pub body: Vec<u8>,
    /// -1 if the plugin did not choose one.
    pub grpc_status: i32,
}

/// The outcome of a request so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamResult {
    /// The client's answer; the first one if there are several.
    pub local_response: Option<LocalResponse>,
    /// The headers as the upstream got them, if it did.
    pub released_headers: Option<Vec<Pair>>,
    /// The body bytes the upstream got.
    pub forwarded: Vec<u8>,
    /// Whether the upstream got the end of the request.
    pub complete: bool,
    /// Whether the request waits for a callback that will never come.
    pub hung: bool,
    /// The headers of the server's response as the client got them, if it did.
    pub response_headers: Option<Vec<Pair>>,
    /// The body bytes of that response that the client got.
    pub response_body: Vec<u8>,
    /// The response was broken off: it was answered when a part of it had gone.
    pub reset: bool,
    /// The result of each callback.
    pub actions: Vec<Action>,
    /// The properties that the plugin set for access logs, by path.
    pub properties: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Action {
    pub(super) fn from_code(code: u32) -> Self {
        match code {
            0 => Self::Continue,
            _ => Self::Pause,
        }
    }
}

/// Which callbacks can still come.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    New,
    Open,
    /// Answered, stopped or passed on to the end.
    Closed,
    Finished,
}

/// A stream as host functions see it.
#[derive(Default)]
pub(super) struct State {
    pub(super) seen: StreamResult,
    pub(super) properties: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(super) body: Vec<u8>,
    pub(super) body_open: bool,
    /// The current piece of the response, and the bytes buffered before it.
    pub(super) response: Vec<u8>,
    pub(super) response_open: bool,
    pub(super) response_headers: Vec<Pair>,
    pub(super) response_headers_open: bool,
    pub(super) response_trailers: Option<Vec<Pair>>,
    pub(super) logging: bool,
    pub(super) headers: Vec<Pair>,
    pub(super) headers_open: bool,
    pub(super) trailers: Option<Vec<Pair>>,
    pub(super) stage: Stage,
    pub(super) ended: bool,
}

impl State {
    pub(super) fn new(request: Request) -> Self {
        let properties = request.properties.into_iter();
        Self {
            headers: request.headers,
            properties: properties
                .map(|(path, value)| (path.join("\0").into_bytes(), value))
                .collect(),
            ..Self::default()
        }
    }

    /// The pairs a map shows now. Request headers are out of reach once they
    /// have been passed on, but come back for the log.
    pub(super) fn map(&self, map: u32) -> Option<&Vec<Pair>> {
        match map {
            0 => (self.headers_open || self.logging).then_some(&self.headers),
            1 => self.trailers.as_ref(),
            2 => self.response_headers_open.then_some(&self.response_headers),
            3 => self.response_trailers.as_ref(),
            _ => None,
        }
    }

    pub(super) fn map_mut(&mut self, map: u32) -> Option<&mut Vec<Pair>> {
        match map {
            0 => self.headers_open.then_some(&mut self.headers),
            1 => self.trailers.as_mut(),
            2 => self
                .response_headers_open
                .then_some(&mut self.response_headers),
            3 => self.response_trailers.as_mut(),
            _ => None,
        }
    }

    /// A second answer changes nothing: the client has the first. An answer when a part of the server's has gone breaks
    /// that off.
    pub(super) fn answer(&mut self, response: LocalResponse) {
        if self.seen.response_headers.is_some() {
            self.seen.reset = true;
        } else if self.stage != Stage::Finished {
            self.seen.local_response.get_or_insert(response);
        }
    }

    /// Lets a stream go on that was stopped in an earlier callback.
    pub(super) fn resume(&mut self) {
        if self.seen.local_response.is_none() && self.stage != Stage::Finished {
            self.headers_open = false;
            self.release();
        }
    }

    pub(super) fn open_response(&mut self, headers: Vec<Pair>) -> u32 {
        self.response_headers = headers;
        self.response_headers_open = true;
        count(&self.response_headers)
    }

    pub(super) fn after_response_headers(&mut self, action: Action) {
        self.seen.actions.push(action);
        self.response_headers_open = false;
        if action == Action::Continue && self.seen.local_response.is_none() {
            self.seen.response_headers = Some(std::mem::take(&mut self.response_headers));
        }
    }

    pub(super) fn open_response_body(&mut self, chunk: &[u8]) -> Option<u32> {
        if self.seen.reset || self.seen.response_headers.is_none() {
            return None;
        }
        self.response.extend_from_slice(chunk);
        self.response_open = true;
        Some(count(&self.response))
    }

    pub(super) fn after_response_body(&mut self, action: Action) {
        self.seen.actions.push(action);
        self.response_open = false;
        if action == Action::Continue && !self.seen.reset {
            self.seen.response_body.append(&mut self.response);
        }
    }

    /// The host has more of a request that was passed on as complete.
    pub(super) fn reopen(&mut self) {
        if self.stage == Stage::Closed && self.seen.complete && self.seen.local_response.is_none() {
            self.stage = Stage::Open;
            self.seen.complete = false;
        }
    }

    pub(super) fn open_headers(&mut self) -> Option<u32> {
        if self.stage != Stage::New {
            return None;
        }
        self.stage = Stage::Open;
        self.headers_open = true;
        Some(count(&self.headers))
    }

    pub(super) fn add_body(&mut self, chunk: &[u8]) -> Option<u32> {
        if self.stage != Stage::Open {
            return None;
        }
        self.body.extend_from_slice(chunk);
        self.body_open = true;
        Some(count(&self.body))
    }

    pub(super) fn open_trailers(&mut self, trailers: Vec<Pair>) -> Option<u32> {
        if self.stage != Stage::Open {
            return None;
        }
        Some(count(self.trailers.insert(trailers)))
    }

    /// Ends the request and passes on the rest of it, unless the plugin has answered.
    pub(super) fn pass_trailers(&mut self) {
        if self.stage == Stage::Open {
            self.ended = true;
            self.release();
        }
    }

    pub(super) fn close(&mut self) -> bool {
        let was_created = !matches!(self.stage, Stage::New | Stage::Finished);
        self.stage = Stage::Finished;
        was_created
    }

    pub(super) fn after_headers(&mut self, action: Action, end: bool, hold: bool) -> Action {
        if action == Action::Continue {
            self.headers_open = false;
        }
        self.settle(action, end, end || !hold)
    }

    pub(super) fn after_body(&mut self, action: Action, end: bool) -> Action {
        if action == Action::Continue {
            self.body_open = false;
        }
        self.settle(action, end, end)
    }

    pub(super) fn after_trailers(&mut self, action: Action) -> Action {
        if action == Action::Continue {
            self.trailers = None;
        }
        self.settle(action, true, true)
    }

    /// An answer overrides the callback's result.
    pub(super) fn settle(&mut self, action: Action, end: bool, pause_stops: bool) -> Action {
        self.seen.actions.push(action);
        self.ended = end;
        if self.seen.local_response.is_some() {
            self.stage = Stage::Closed;
        } else if action == Action::Continue {
            self.release();
        } else if pause_stops {
            self.stage = Stage::Closed;
            self.seen.hung = true;
        }
        action
    }

    /// Passes on all that is there: headers first, should they have been held.
    pub(super) fn release(&mut self) {
        let headers = &self.headers;
        let released = &mut self.seen.released_headers;
        released.get_or_insert_with(|| headers.clone());
        self.seen.forwarded.append(&mut self.body);
        self.seen.hung = false;
        self.seen.complete = self.ended;
        self.stage = match self.ended {
            true => Stage::Closed,
            false => Stage::Open,
        };
    }
}

pub(super) fn count<T>(of: &[T]) -> u32 {
    u32::try_from(of.len()).unwrap_or(u32::MAX)
}
