//! Turns `challenge` of a policy into the parameters of the header field that tells a client where it can log in.
//!
//! It never reads a request; `decide::principal` knows which callers may log in.

use super::reader::{Keys, Location, Members, PolicyReader};
use crate::model::Policy;
use crate::words::json::Value;
use crate::words::locator::Url;

pub(crate) const CHALLENGE: Keys = Keys {
    supported: &["resource_metadata", "scope"],
    reserved: &[],
};

/// The longest value, in bytes: with both, the field stays far below the bound of any client.
pub(crate) const LONGEST: usize = 1024;

/// Hosts of this machine, for which a URL may be `http`.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

const WRITE_METADATA: &str = r#"the https URL of the protected resource metadata, in its normal form and without a fragment, such as "https://gateway.example/.well-known/oauth-protected-resource/mcp"; `http` only for localhost, 127.0.0.1 and [::1]"#;

const WRITE_SCOPE: &str = r#"the scopes of OAuth in visible ASCII without `"` and `\`, with one space between two of them, such as "mcp:tools""#;

const WRITE_CALLERS: &str = "`identity` or `grants` beside it: without them no caller needs a credential, so no caller would be challenged";

const WRITE_NOT_BOTH: &str = r#"one of `challenge` and `"anonymous": true` of `identity` or of a grant, which admits the callers that a challenge asks to log in"#;

impl PolicyReader {
    /// The parameters of `Bearer` in `WWW-Authenticate` (RFC 6750 section 3, RFC 9728 section 5.1).
    pub(super) fn challenge(&mut self, at: &Location<'_>, value: Value<'_>) -> Box<str> {
        let members = self.object(at, value, &CHALLENGE);
        let metadata = self
            .required(at, &members, "resource_metadata")
            .and_then(|value| self.metadata(&at.key("resource_metadata"), value));
        let scope = members
            .get("scope")
            .and_then(|value| self.scopes(&at.key("scope"), value));
        let mut field = format!(r#"resource_metadata="{}""#, metadata.unwrap_or_default());
        if let Some(scope) = scope {
            field.extend([r#", scope=""#, &scope, r#"""#]);
        }
        field.into()
    }

    fn metadata(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<String> {
        let url = value.string().filter(|url| is_metadata_url(url));
        if url.is_none() {
            self.invalid(at, value, WRITE_METADATA);
        }
        url.map(Into::into)
    }

    fn scopes(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<String> {
        let scope = value.string().filter(|scope| is_scope(scope));
        if scope.is_none() {
            self.invalid(at, value, WRITE_SCOPE);
        }
        scope.map(Into::into)
    }

    /// Reports a challenge that no caller would get.
    pub(super) fn challenged_callers(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        policy: &Policy,
    ) {
        let Some(value) = members.get("challenge") else {
            return;
        };
        let at = at.key("challenge");
        if members.get("identity").is_none() && policy.grants.is_none() {
            self.misplaced(&at, value, WRITE_CALLERS);
        }
        let grants = policy.grants.as_ref();
        let granted = grants.is_some_and(|grants| grants.anonymous.is_some());
        if policy.identity.anonymous || granted {
            self.misplaced(&at, value, WRITE_NOT_BOTH);
        }
    }
}

/// True for a URL that every client reads alike. The characters of a URL (RFC 3986) need no escape in a quoted string.
fn is_metadata_url(text: &str) -> bool {
    let secure = |url: Url<'_>| match url.scheme {
        "https" => true,
        "http" => LOCAL.contains(&url.host),
        _ => false,
    };
    text.len() <= LONGEST && !text.contains('#') && Url::read(text).is_some_and(secure)
}

/// True for scopes in the characters of RFC 6749 section 3.3.
fn is_scope(text: &str) -> bool {
    let is_token = |token: &str| {
        let mut bytes = token.bytes();
        !token.is_empty()
            && bytes.all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
    };
    text.len() <= LONGEST && text.split(' ').all(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_that_clients_read_alike_is_accepted() {
        for url in [
            "https://gateway.example/.well-known/oauth-protected-resource",
            "https://gateway.example:8443/.well-known/oauth-protected-resource/mcp?a=b",
            "https://192.0.2.1/metadata",
            "http://localhost:10000/metadata",
            "http://127.0.0.1:10000/metadata",
            "http://[::1]:10000/metadata",
        ] {
            assert!(is_metadata_url(url), "{url}");
        }
    }

    #[test]
    fn url_without_tls_or_with_a_character_to_quote_is_rejected() {
        for url in [
            "",
            "/metadata",
            "gateway.example/metadata",
            "http://gateway.example/metadata",
            "http://127.0.0.2/metadata",
            "http://localhost.gateway.example/metadata",
            "ftp://gateway.example/metadata",
            "https://user@gateway.example/metadata",
            "https://gateway.example/metadata#part",
            "https://gateway.example/a\"b",
            "https://gateway.example/a\\b",
            "https://gateway.example/a b",
            "https://gateway.example/a\r\nset-cookie:b",
            "https://gateway.example/\u{e9}",
        ] {
            assert!(!is_metadata_url(url), "{url}");
        }
        let long = format!("https://gateway.example/{}", "a".repeat(LONGEST));
        assert!(!is_metadata_url(&long));
    }

    #[test]
    fn scope_with_a_character_to_quote_or_a_gap_is_rejected() {
        for scope in ["mcp:tools", "a b", "https://a.example/x!#[]~"] {
            assert!(is_scope(scope), "{scope}");
        }
        for scope in [
            "", " ", "a  b", " a", "a ", "a\tb", "a\"", "a\\", "\u{e9}", "a\r\nb",
        ] {
            assert!(!is_scope(scope), "{scope:?}");
        }
    }
}
