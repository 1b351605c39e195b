//! Turns a step of a case and a split into what a host is told of the request, in order.
//!
//! It knows no host, so that all are told the same.

use crate::RawHeaders;
use crate::case::{Case, Step};

/// How a body arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// In one piece that ends the request.
    Whole,
    /// In two pieces, cut there.
    At(usize),
    /// Byte by byte.
    Bytes,
    /// In one piece, and trailers end the request.
    Trailers,
}

/// From here on a body is cut at powers of two only.
const LONG: usize = 64 * 1024;

impl Split {
    /// Every way in which the bodies of a case are sent, those of responses too: whole, cut in two at each of the first
    /// 256 bytes, byte by byte, and ended by trailers. What is very long is cut at fewer places, near its start and far
    /// from it.
    pub fn all(case: &Case) -> Vec<Self> {
        let steps = case.steps().iter();
        let bodies = steps.clone().filter_map(|step| step.body.as_deref());
        let responses = steps.filter_map(|step| Some(&*step.respond.as_ref()?.body));
        let longest = bodies.chain(responses).map(<[u8]>::len).max().unwrap_or(0);
        // A body of a megabyte byte by byte tells nothing that one of four kilobytes does not.
        let cuts: Vec<_> = if longest < LONG {
            (1..longest.min(256)).collect()
        } else {
            (0..)
                .map(|power| 1 << power)
                .take_while(|&at| at < longest)
                .collect()
        };
        let cuts = cuts.into_iter().map(Self::At);
        let bytes = (2..=4096).contains(&longest).then_some(Self::Bytes);
        let trailers = (longest > 0).then_some(Self::Trailers);
        [Self::Whole]
            .into_iter()
            .chain(cuts)
            .chain(bytes)
            .chain(trailers)
            .collect()
    }

    /// The pieces of a body; a body shorter than the cut stays whole.
    pub fn pieces(self, body: &[u8]) -> Vec<&[u8]> {
        match self {
            Self::At(at) if at < body.len() => body
                .split_at_checked(at)
                .into_iter()
                .flat_map(|(start, rest)| [start, rest])
                .collect(),
            Self::Bytes if !body.is_empty() => body.chunks(1).collect(),
            _ => vec![body],
        }
    }
}

/// A request as it arrives.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// The headers as a proxy hands them over, pseudo-headers first.
    pub headers: RawHeaders,
    /// Neither body nor trailers follow.
    pub end: bool,
    /// The pieces of the body, each with whether it ends the request.
    pub pieces: Vec<(&'a [u8], bool)>,
    /// What ends the request after the last piece.
    pub trailers: Option<RawHeaders>,
}

impl<'a> Arrival<'a> {
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
        (":authority", "test"),
    ];
    let pseudo = pseudo.map(|(name, value)| (name.into(), value.into()));
    pseudo
        .into_iter()
        .chain(step.headers.iter().cloned())
        .collect()
}
