//! Turns the head of a response into the way all clients read its body, or refuses it where they may differ.
//!
//! It never reads a body.

use super::problem::Problem;
use crate::read::{Headers, RequestError};

/// How every client reads a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    Events,
    /// The content type says JSON.
    Json,
    /// Any other type. A client may show the body, or parse it as JSON all the same.
    Text,
}

/// How the body is read. A parameter changes how some clients decode it, so that JSON and event streams may have only a
/// `charset`, which must be UTF-8 or its subset.
///
/// # Errors
/// A problem if the body is encoded, or if clients may read it in different ways.
pub(super) fn media(headers: &Headers) -> Result<Media, Problem> {
    let one = |name| headers.single(name).map_err(|_| Problem::Header(name));
    if !is_identity(headers).map_err(|_| Problem::Header("content-encoding"))? {
        return Err(Problem::Compressed);
    }
    let value = one("content-type")?.unwrap_or_default();
    match value {
        "application/json" => return Ok(Media::Json),
        "text/event-stream" => return Ok(Media::Events),
        _ => {}
    }
    let value = value.to_ascii_lowercase();
    let (kind, parameters) = value.split_once(';').unwrap_or((&value, ""));
    let kind = kind.trim();
    // Some clients search the whole header for the name.
    let names = |name: &str| value.contains(name);
    let media = match kind {
        "text/event-stream" => Media::Events,
        _ if names("text/event-stream") || names(",") => {
            return Err(Problem::Header("content-type"));
        }
        _ if names("json") => Media::Json,
        _ => Media::Text,
    };
    let readable = parameters.split(';').map(str::trim).all(|parameter| {
        match (parameter.split_once('='), media) {
            (None, _) => parameter.is_empty(),
            (Some(("charset", charset)), _) => is_utf8(charset),
            (Some(_), media) => media == Media::Text,
        }
    });
    let named = media != Media::Json || kind.contains("json");
    match readable && named {
        true => Ok(media),
        false => Err(Problem::Header("content-type")),
    }
}

fn is_utf8(charset: &str) -> bool {
    matches!(charset.trim_matches('"'), "utf-8" | "utf8" | "us-ascii")
}

/// Whether the body has no content encoding.
fn is_identity(headers: &Headers) -> Result<bool, RequestError> {
    let encoding = headers.single("content-encoding")?.unwrap_or("identity");
    Ok(encoding.eq_ignore_ascii_case("identity"))
}
