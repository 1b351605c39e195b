//! How a reader treats a body, by the `content-type` fields.

use host_tests::server_response::Received;

/// The way in which a client reads a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Body {
    Document,
    Events,
    /// It is not read.
    Nothing,
}

/// How a reader evaluates the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Media {
    /// All fields joined, up to the first semicolon: newer SDK for TypeScript.
    Essence,
    /// The first field, up to its semicolon: Go's `Header.Get`.
    First,
    /// The beginning of all fields joined: SDK for Python.
    Start,
    /// The name anywhere in the fields: older SDKs for TypeScript.
    Anywhere,
    /// Always a document, as `response.json()` reads it.
    Any,
}

impl Media {
    /// How the reader treats the body.
    pub(in super::super) fn body(self, received: &Received) -> Body {
        let fields = fields(received);
        let text = match self {
            Self::First => fields.first().cloned().unwrap_or_default(),
            _ => fields.join(", "),
        };
        match self {
            Self::Any => Body::Document,
            _ if self.is(&text, "text/event-stream") => Body::Events,
            _ if self.is(&text, "application/json") => Body::Document,
            _ => Body::Nothing,
        }
    }

    fn is(self, text: &str, name: &str) -> bool {
        match self {
            Self::Essence | Self::First => text.split(';').next().map(str::trim) == Some(name),
            Self::Start => text.starts_with(name),
            Self::Anywhere | Self::Any => text.contains(name),
        }
    }
}

/// The charset in the header, in lower case: the first parameter of this name.
pub(in super::super) fn charset(received: &Received) -> Option<String> {
    let text = fields(received).join(", ");
    let mut parameters = text.split(';').skip(1);
    let value = parameters.find_map(|own| own.trim().strip_prefix("charset=").map(str::to_owned));
    value.map(|value| value.trim_matches(['"', '\'', ' ']).to_owned())
}

/// The values of the `content-type` fields, in lower case.
fn fields(received: &Received) -> Vec<String> {
    let fields = received.headers.iter();
    let own = fields.filter(|(name, _)| name.eq_ignore_ascii_case(b"content-type"));
    own.map(|(_, value)| String::from_utf8_lossy(value).to_ascii_lowercase())
        .collect()
}
