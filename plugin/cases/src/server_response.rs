//! Turns a case's server response into pieces for a host, and the client's response into the form of an expectation.
//!
//! It knows no policy: a response that passes has the same status and bytes.

use crate::RawHeaders;
use crate::split::Split;
use serde_json::{Map, Value, json};

/// A server's response in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerResponse {
    /// HTTP status.
    pub status: u16,
    /// Header fields in order, names in lower case, without `content-length`.
    pub headers: RawHeaders,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the response may end with trailers. A text that is not JSON is complete only at the end of the response,
    /// and a host that has seen trailers can no longer change the body.
    pub trailers: bool,
}

/// A response as a client received it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// HTTP status.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: RawHeaders,
    /// The body.
    pub body: Vec<u8>,
    /// The connection was closed before the end of the response.
    pub broken: bool,
}

impl ServerResponse {
    /// The pieces of the body, each with a flag: whether it ends the response. A response without trailers ends with
    /// its last piece.
    pub fn pieces(&self, split: Split) -> Vec<(&[u8], bool)> {
        let pieces = split.pieces(&self.body);
        let last = pieces.len();
        let ends = !self.ends_with_trailers(split);
        let piece = |(index, piece): (usize, _)| (piece, ends && index.saturating_add(1) == last);
        pieces.into_iter().enumerate().map(piece).collect()
    }

    /// True where trailers follow the pieces.
    pub fn ends_with_trailers(&self, split: Split) -> bool {
        split == Split::Trailers && self.trailers
    }

    /// The headers as a host reports them.
    pub fn head(&self) -> RawHeaders {
        let length = self.body.len().to_string().into_bytes();
        let length = (b"content-length".to_vec(), length);
        self.headers.iter().cloned().chain([length]).collect()
    }

    /// The response as it is written to a connection, cut in the middle.
    pub fn raw(&self, trailers: bool) -> Vec<u8> {
        let mut raw = format!(
            "HTTP/1.1 {} -\r\ntransfer-encoding: chunked\r\n",
            self.status
        )
        .into_bytes();
        for (name, value) in &self.headers {
            raw.extend([name, &b": "[..], value, b"\r\n"].concat());
        }
        raw.extend(b"\r\n");
        let pieces =
            Split::At(self.body.len().checked_div(2).unwrap_or_default()).pieces(&self.body);
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            raw.extend([format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat());
        }
        raw.extend(b"0\r\n");
        raw.extend(if trailers && self.trailers {
            &b"x-checksum: 1\r\n"[..]
        } else {
            b""
        });
        raw.extend(b"\r\n");
        raw
    }
}

impl Received {
    /// The head of the server's response.
    pub fn head(
        respond: &ServerResponse,
        removed: impl Fn(&[u8]) -> bool,
        set: &RawHeaders,
    ) -> Self {
        let replaced = |name: &[u8]| set.iter().any(|(own, _)| own == name);
        let mut headers = respond.head();
        headers.retain(|(name, _)| !removed(name) && !replaced(name));
        headers.extend(set.iter().cloned());
        Self {
            status: respond.status,
            headers,
            ..Self::default()
        }
    }

    /// The gateway's own reply in place of the server's response.
    pub fn reply(status: u16, body: Vec<u8>) -> Self {
        let json = (b"content-type".to_vec(), b"application/json".to_vec());
        Self {
            status,
            headers: vec![json],
            body,
            broken: false,
        }
    }

    /// The gateway's own reply to a request, with the header fields that the client receives.
    pub fn own(
        status: u16,
        headers: impl IntoIterator<Item = (impl Into<Vec<u8>>, impl Into<Vec<u8>>)>,
        body: Vec<u8>,
    ) -> Self {
        let headers = headers.into_iter();
        let headers = headers.map(|(name, value)| (name.into(), value.into()));
        Self {
            status,
            headers: headers.collect(),
            body,
            broken: false,
        }
    }

    /// The values of a header field, joined as one list.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let fields = self.headers.iter();
        let values = fields.filter(|(own, _)| own == name.as_bytes());
        let values: Vec<_> = values
            .map(|(_, value)| String::from_utf8_lossy(value))
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// In the form that cases expect: `"same"`, or the differences. `problem` is the log's message about it.
    ///
    /// # Errors
    /// If the client cannot have read the response.
    pub fn seen(
        &self,
        respond: &ServerResponse,
        ids: (&str, &str),
        problem: Option<String>,
    ) -> Result<Value, String> {
        let mut seen = Map::new();
        seen.extend(problem.map(|problem| ("problem".into(), json!(problem))));
        if self.broken {
            // How much of the response the client has received by then depends on the host's buffers.
            seen.insert("broken".into(), json!(true));
            return Ok(Value::Object(seen));
        }
        let value = |headers: &RawHeaders, name: &[u8]| {
            let field = headers.iter().find(|(own, _)| own == name);
            field.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        };
        let length = value(&self.headers, b"content-length");
        if length.is_some_and(|length| length != self.body.len().to_string()) {
            return Err(format!("{} bytes came of another length", self.body.len()));
        }
        if self.status != respond.status {
            seen.insert("status".into(), json!(self.status));
        }
        for name in [
            "content-type",
            "content-encoding",
            "location",
            "refresh",
            "alt-svc",
        ] {
            let own = value(&self.headers, name.as_bytes());
            if own != value(&respond.headers, name.as_bytes()) {
                seen.insert(name.into(), json!(own));
            }
        }
        if self.body != respond.body {
            let text = String::from_utf8_lossy(&self.body).replace(ids.0, ids.1);
            seen.insert("text".into(), json!(abridged(text)));
        }
        Ok(if seen.is_empty() {
            json!("same")
        } else {
            Value::Object(seen)
        })
    }
}

fn abridged(text: String) -> String {
    const SHOWN: usize = 400;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) if text.len() > 8192 => {
            let start = text.get(..end).unwrap_or_default();
            format!("{start}… ({} bytes)", text.len())
        }
        _ => text,
    }
}
