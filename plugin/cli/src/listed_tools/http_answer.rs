//! Turns an HTTP answer without a list of tools into a sentence: the server's demand, and the next step.
//!
//! It never shows a secret of a URL, and of an untrusted text only a short line.

use super::html;
use crate::http_url::{is_http, redirect_target, without_secrets};
use crate::sanitize::quoted;
use serde_json::Value;

/// An answer of a server over HTTP, as far as it says why it holds no list of tools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpAnswer {
    status: u16,
    location: Option<String>,
    challenge: Option<String>,
    content_type: Option<String>,
    retry_after: Option<String>,
    body: String,
    /// The URL that was asked; `None` for a saved answer.
    asked: Option<String>,
    /// The request held credentials.
    had_credentials: bool,
}

/// Where to find the URL of a server.
pub(super) const PATH: &str =
    "ask the server's documentation for its path of Streamable HTTP, often `/mcp`";
/// How to send credentials.
const CREDENTIALS: &str = "send credentials: `--header 'Authorization: Bearer …'`";

const NOT_MCP: &str = "as no MCP server does";
const FAILED: &str = "the server or a proxy before it failed; look at their logs";

impl HttpAnswer {
    /// An answer with this status.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// Adds a header field of the answer.
    pub fn add(&mut self, name: &str, value: &str) {
        let field = match name.to_ascii_lowercase().as_str() {
            "location" => &mut self.location,
            "www-authenticate" => &mut self.challenge,
            "content-type" => &mut self.content_type,
            "retry-after" => &mut self.retry_after,
            _ => return,
        };
        field.get_or_insert_with(|| value.into());
    }

    /// The answer to a request to `url`, with the beginning of its body.
    #[must_use]
    pub fn to_request(self, url: &str, body: &[u8]) -> Self {
        Self {
            asked: Some(url.into()),
            ..self.with_body(&String::from_utf8_lossy(body))
        }
    }

    /// The same answer, to a request with credentials or without.
    #[must_use]
    pub fn to_credentials(self, had_credentials: bool) -> Self {
        Self {
            had_credentials,
            ..self
        }
    }

    pub(super) fn with_body(self, body: &str) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }

    /// Whether the status is one of success, and a body follows.
    pub(super) fn is_success(&self) -> bool {
        self.status / 100 == 2
    }

    /// Whether a server of the transport of revision 2024-11-05 may answer a POST so.
    #[must_use]
    pub fn may_be_old_transport(&self) -> bool {
        matches!(self.status, 400 | 404 | 405)
    }

    /// The sentence.
    #[must_use]
    pub fn says(&self) -> String {
        let status = self.status;
        let name = name(status).map(|name| format!(" {name}"));
        let name = name.unwrap_or_default();
        let words = self.words();
        let what = format!("the server answered {status}{name}");
        match status {
            200..=299 => format!("{what} {}", self.not_mcp()),
            301 | 302 | 303 | 307 | 308 => format!("{what}, {}", self.redirect()),
            401 => format!("{what}{}; {}", self.wanted(), self.credentials()),
            403 => format!("{what}{}{words}; {}", self.wanted(), self.credentials()),
            404 => format!("{what}{words}: no MCP server is at this path; {PATH}"),
            405 => format!("{what}{words}: this path takes no POST; {PATH}"),
            429 => format!("{what}{words}; try again {}", self.later()),
            500..=599 => format!("{what}{words}: {FAILED}"),
            _ => format!("{what}{words}"),
        }
    }

    /// The next step of a caller whom the server does not accept.
    fn credentials(&self) -> &'static str {
        match self.had_credentials {
            true => {
                "it does not accept the credentials that were sent; check their value and their scope"
            }
            false => CREDENTIALS,
        }
    }

    fn not_mcp(&self) -> String {
        if let Some(title) = html::page(&self.body) {
            let title = title.map(|title| format!(", {}", quoted(&title, 80)));
            let title = title.unwrap_or_default();
            return format!("with an HTML page{title}, {NOT_MCP}; {PATH}, or {CREDENTIALS}");
        }
        if self.body.trim().is_empty() {
            return format!("without a message, {NOT_MCP}; {PATH}");
        }
        let kind = match self.content_type.as_deref() {
            None => "without a content type".into(),
            Some(kind) => format!("with the content type {}", quoted(kind, 80)),
        };
        format!("{kind}{}, {NOT_MCP}; {PATH}", self.words())
    }

    fn redirect(&self) -> String {
        let location = self.location.as_deref();
        let asked = self.asked.as_deref();
        let Some(to) = location.and_then(|location| redirect_target(location, asked)) else {
            return format!("without a URL to go to; {PATH}");
        };
        let login = match self.status {
            302 | 303 => format!("; if it is a login, {CREDENTIALS}"),
            _ => String::new(),
        };
        format!("to {to}; give that URL instead, if it is the server that you mean{login}")
    }

    /// The scheme of the challenge, and where it says how to get a token.
    fn wanted(&self) -> String {
        let Some(challenge) = self.challenge.as_deref() else {
            return String::new();
        };
        let scheme = challenge.split([' ', ',']).next().unwrap_or_default();
        let metadata = parameter(challenge, "resource_metadata").filter(|url| is_http(url));
        let metadata = metadata.map(|url| format!(", described at {}", without_secrets(url)));
        let error =
            parameter(challenge, "error").map(|error| format!(", error {}", quoted(error, 60)));
        format!(
            ": it wants the scheme {}{}{}",
            quoted(scheme, 40),
            error.unwrap_or_default(),
            metadata.unwrap_or_default()
        )
    }

    fn later(&self) -> String {
        let after = self.retry_after.as_deref();
        match after.and_then(|after| after.parse::<u32>().ok()) {
            Some(seconds) => format!("in {seconds} seconds"),
            None => "later".into(),
        }
    }

    /// The server's own words: the title of a page, the message of an error, or the beginning of a text.
    fn words(&self) -> String {
        let body = self.body.trim();
        let words = match html::page(body) {
            Some(title) => title.unwrap_or_default(),
            None => error_message(body).unwrap_or_else(|| body.into()),
        };
        match words.is_empty() {
            true => String::new(),
            false => format!(" ({})", quoted(&words, 120)),
        }
    }
}

/// The message in a body of JSON: that of a JSON-RPC error, or one of the usual members.
fn error_message(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let pointers = [
        "/error/message",
        "/error_description",
        "/message",
        "/detail",
        "/error",
    ];
    let mut found = pointers
        .iter()
        .filter_map(|pointer| body.pointer(pointer)?.as_str());
    found.next().map(str::to_owned)
}

/// A parameter of a challenge, without its quotes.
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let parts = challenge.split([',', ' ']).map(str::trim);
    let mut values = parts.filter_map(|part| part.split_once('='));
    let (_, value) = values.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value.trim_matches('"'))
}

/// The name of a status (RFC 9110, section 15).
fn name(status: u16) -> Option<&'static str> {
    Some(match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        421 => "Misdirected Request",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return None,
    })
}
