//! Turns texts into the place from which a gateway fetches the module, its digest, and names of objects of Kubernetes.
//!
//! It never fetches a module.

use crate::http_url::without_secrets;
use crate::report::CommandError;
use crate::sanitize::line;
use std::str::FromStr;

/// The place of the module: an image (`oci://`), an address (`https://`, `http://`), or a file of the gateway (`file://`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module(String);

/// A name of an object of Kubernetes (RFC 1123): lower-case letters, digits, `-` and `.`, at most 253 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName(String);

/// The SHA-256 of a module, as 64 hexadecimal digits in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sha256(String);

const SCHEMES: [&str; 4] = ["oci://", "https://", "http://", "file://"];
const LONGEST_NAME: usize = 253;

impl Module {
    pub(super) fn url(&self) -> &str {
        &self.0
    }

    /// The image without its scheme, where the module is in one.
    pub(super) fn image(&self) -> Option<&str> {
        self.0.strip_prefix("oci://")
    }

    /// The path in the gateway, where the module is a file there.
    pub(super) fn file(&self) -> Option<&str> {
        self.0.strip_prefix("file://")
    }
}

impl FromStr for Module {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let place = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme));
        let is_plain =
            |place: &str| !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_graphic());
        if place.is_some_and(is_plain) {
            return Ok(Self(text.into()));
        }
        let found = line(&without_secrets(text), 100);
        Err(CommandError::new(format!(
            "found `{found}`; write where the gateway gets the module, such as oci://registry.example/mcp-policy:1.0.0 or https://files.example/mcp-policy.wasm"
        )))
    }
}

impl Sha256 {
    pub(super) fn digits(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sha256 {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        let found = line(text, 100);
        Err(CommandError::new(format!(
            "found `{found}`; write the 64 hexadecimal digits that `sha256sum mcp-policy.wasm` prints"
        )))
    }
}

impl ObjectName {
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectName {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_part = |part: &str| {
            let (first, last) = (part.bytes().next(), part.bytes().next_back());
            first.is_some_and(is_end)
                && last.is_some_and(is_end)
                && part.bytes().all(|byte| is_end(byte) || byte == b'-')
        };
        if text.len() <= LONGEST_NAME && text.split('.').all(is_part) {
            return Ok(Self(text.into()));
        }
        let found = line(text, 100);
        Err(CommandError::new(format!(
            "found `{found}`; write a name of Kubernetes: lower-case letters, digits and `-`, such as mcp-gateway"
        )))
    }
}
