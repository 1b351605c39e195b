//! Finds the id of the request in a body that is refused because a text in it holds half a surrogate pair. The answer
//! carries this id.
//!
//! It never makes such a body acceptable, and never returns an id where another reader could find a different one.

use super::message::envelope;
use crate::words::json::{Bounds, Document, Surrogates};

/// The id of the message in a body that is invalid only because of halves of surrogate pairs. `None` where it is
/// uncertain: such a half is in the id or in the name of a member beside it.
pub(crate) fn id_beside_surrogates(body: &[u8], bounds: Bounds) -> Option<String> {
    let bounds = Bounds {
        surrogates: Surrogates::Opaque,
        ..bounds
    };
    let document = Document::read(body, bounds).ok()?;
    let root = document.root();
    let id = envelope(root).ok()??;
    let certain = !root.get("id")?.is_opaque() && root.named().all(|(name, _)| !name.is_opaque());
    certain.then(|| id.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<String> {
        let bounds = Bounds {
            depth: 8,
            values: 64,
            surrogates: Surrogates::Refused,
        };
        assert!(Document::read(text.as_bytes(), bounds).is_err(), "{text}");
        id_beside_surrogates(text.as_bytes(), bounds)
    }

    #[test]
    fn id_beside_half_a_surrogate_pair_is_found() {
        for half in [
            r"\ud83d",
            r"\uDE00",
            r"\ude00\ud83d",
            r"\ud83d\ud83d\ude00",
            r"\\\ud83d",
            r"\ud83d\\u",
        ] {
            let text = format!(r#"{{"jsonrpc":"2.0","id":"\u0061","params":["{half}"]}}"#);
            assert_eq!(id(&text).as_deref(), Some(r#""\u0061""#), "{text}");
        }
    }

    #[test]
    fn uncertain_id_is_none() {
        for text in [
            r#"{"jsonrpc":"2.0","id":"\ud83d"}"#,
            r#"{"jsonrpc":"2.0","id":1,"id\ud83d":2}"#,
            r#"{"jsonrpc":"2.0","id":1,"\ud83d":2}"#,
            r#"{"jsonrpc":"2.0","id":1,"ID":2,"a":"\ud83d"}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"a":"\ud83d"}"#,
            r#"{"jsonrpc":"2.0","id":1,"a":"\ud83d"} {}"#,
            r#"{"jsonrpc":"2.0","id":1,"a":"\ud83"}"#,
            r#"[{"jsonrpc":"2.0","id":1,"a":"\ud83d"}]"#,
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }
}
