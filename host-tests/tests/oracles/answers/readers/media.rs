//! What a reader takes the body for, by the fields that are called `content-type`.

use host_tests::server_response::Received;

/// The way in which a client reads a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Body {
    Document,
    Events,
    /// It is left alone.
    Nothing,
}

/// A way of looking at the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Media {
    /// All fields in one, up to its first semicolon: newer SDK for TypeScript.
    Essence,
    /// The same, of the first field: Go's `Header.Get`.
    First,
    /// What all fields in one begin with: SDK for Python.
    Start,
    /// The name anywhere: older SDKs for TypeScript.
    Anywhere,
    /// A document in any case, as `response.json()` takes it.
    Any,
}

impl Media {
    /// What the body is.
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

/// The charset that the header names, in lower case: that of the first parameter of this name.
pub(in super::super) fn charset(received: &Received) -> Option<String> {
    let text = fields(received).join(", ");
    let mut parameters = text.split(';').skip(1);
    let value = parameters.find_map(|own| own.trim().strip_prefix("charset=").map(str::to_owned));
    value.map(|value| value.trim_matches(['"', '\'', ' ']).to_owned())
}

/// The values of the fields in lower case.
fn fields(received: &Received) -> Vec<String> {
    let fields = received.headers.iter();
    let own = fields.filter(|(name, _)| name.eq_ignore_ascii_case(b"content-type"));
    own.map(|(_, value)| String::from_utf8_lossy(value).to_ascii_lowercase())
        .collect()
}
