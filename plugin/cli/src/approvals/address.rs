//! Turns the words of a command line into the page of a gateway's approvals, and the approval there.
//!
//! It never shows a user's name of a URL, and takes no URL with a query: a token there would be sent along.

use crate::http_url::without_secrets;
use crate::report::{CommandError, CommandResult};
use crate::sanitize::line;
use fluent_uri::Uri;

/// The characters of a whole id.
pub(super) const ID: usize = 32;
/// The fewest characters of the beginning of an id.
const SHORTEST: usize = 8;

/// The page of a gateway's approvals: the policy's `approvals.url`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

/// The id of an approval, or its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id(String);

impl Address {
    /// The page at a URL.
    ///
    /// # Errors
    /// When the URL is none of HTTP, or has a query or a fragment.
    pub fn of(url: &str) -> CommandResult<Self> {
        let error = |problem: &str| {
            let write = "write the `approvals.url` of the policy, such as `https://gateway.example/approvals`";
            CommandError::about(without_secrets(url), format_args!("{problem}; {write}"))
        };
        let uri = Uri::parse(url).map_err(|_| error("it is not a URL (RFC 3986)"))?;
        let is_http = ["http", "https"].contains(&uri.scheme().as_str());
        let host = uri.authority().map(|authority| authority.host());
        if !is_http || host.is_none_or(str::is_empty) {
            return Err(error("it is not a URL of `http` or `https` with a host"));
        }
        match uri.query().is_some() || uri.fragment().is_some() {
            true => Err(error("it has a query or a fragment")),
            false => Ok(Self(url.trim_end_matches('/').into())),
        }
    }

    /// The page and the approval: of a URL and an id, or of a link to an approval.
    ///
    /// # Errors
    /// When the URL or the id cannot be used, or one of them is missing.
    pub fn with_id(url: &str, id: Option<&str>) -> CommandResult<(Self, Id)> {
        let page = Self::of(url)?;
        let (above, last) = page.0.rsplit_once('/').unwrap_or_default();
        let linked = Id::whole(last);
        match (linked, id) {
            (Some(linked), None) => Ok((Self(above.into()), linked)),
            (None, Some(id)) => Ok((page, Id::of(id)?)),
            (Some(_), Some(_)) => Err(page.error(
                "it is the link of an approval, and an id follows; give the link alone, or the URL of the page and the id",
            )),
            (None, None) => Err(page.error(
                "no approval is named; write its id after the URL, or the link of the approval, which ends in the id",
            )),
        }
    }

    /// The URL of the page.
    #[must_use]
    pub fn page(&self) -> &str {
        &self.0
    }

    /// The URL of an approval.
    #[must_use]
    pub fn approval(&self, id: &Id) -> String {
        format!("{}/{}", self.0, id.0)
    }

    /// The name in messages.
    #[must_use]
    pub fn name(&self) -> String {
        without_secrets(&self.0)
    }

    fn error(&self, message: &str) -> CommandError {
        CommandError::about(self.name(), message)
    }
}

impl Id {
    /// A whole id, or at least 8 characters of its beginning.
    fn of(text: &str) -> CommandResult<Self> {
        let is_id = (SHORTEST..=ID).contains(&text.len()) && is_hex(text);
        is_id.then(|| Self(text.into())).ok_or_else(|| {
            let text = line(text, 60);
            CommandError::new(format!(
                "`{text}` is no id of an approval; write its {ID} characters of `0` to `9` and `a` to `f`, or at least the first {SHORTEST}"
            ))
        })
    }

    /// The text, if it is a whole id.
    pub(super) fn whole(text: &str) -> Option<Self> {
        (text.len() == ID && is_hex(text)).then(|| Self(text.into()))
    }

    /// Whether it is the beginning of an id, which the list of pending approvals completes.
    #[must_use]
    pub fn is_beginning(&self) -> bool {
        self.0.len() < ID
    }

    /// The characters.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
