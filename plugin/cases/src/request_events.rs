//! Turns a step of a case and a split into the events of the request, in order.
//!
//! It knows no host, so that all hosts get the same events.

use crate::RawHeaders;
use crate::case::Step;
use crate::split::Split;

/// A request as it arrives.
#[derive(Debug)]
pub struct RequestEvents<'a> {
    /// The headers as a proxy passes them to a plugin, pseudo-headers first.
    pub headers: RawHeaders,
    /// Neither body nor trailers follow.
    pub end: bool,
    /// The pieces of the body, each with a flag: whether it ends the request.
    pub pieces: Vec<(&'a [u8], bool)>,
    /// The end of the request after the last piece.
    pub trailers: Option<RawHeaders>,
}

impl<'a> RequestEvents<'a> {
    /// The request of `step` with its body cut by `split`.
    pub fn new(step: &'a Step, split: Split) -> Self {
        let one = || vec![(b"x-checksum".to_vec(), b"1".to_vec())];
        let trailers = step.trailers.clone();
        let trailers = trailers.or_else(|| (split == Split::Trailers).then(one));
        let pieces = step.body.as_deref().map(|body| split.pieces(body));
        let mut pieces: Vec<_> = pieces
            .into_iter()
            .flatten()
            .map(|piece| (piece, false))
            .collect();
        if let (Some((_, end)), None) = (pieces.last_mut(), &trailers) {
            *end = true;
        }
        Self {
            headers: with_pseudo_headers(step),
            end: pieces.is_empty() && trailers.is_none(),
            pieces,
            trailers,
        }
    }
}

fn with_pseudo_headers(step: &Step) -> RawHeaders {
    let pseudo = [
        (":method", &*step.method),
        (":path", &step.path),
        (":scheme", "http"),
        (":authority", step.host.as_deref().unwrap_or("test")),
    ];
    let given = |name: &str| {
        let mut headers = step.headers.iter();
        headers.any(|(given, _)| given == name.as_bytes())
    };
    let pseudo = pseudo.into_iter().filter(|(name, _)| !given(name));
    pseudo
        .map(|(name, value)| (name.into(), value.into()))
        .chain(step.headers.iter().cloned())
        .collect()
}
