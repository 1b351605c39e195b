//! Turns the choices of a test into the parts of Envoy's configuration that identify a caller: the filters `jwt_authn` and
//! `api_key_auth`, and a transport socket that asks for a client certificate.
//!
//! It contains no key and no certificate: the configurations name files, which [`Config::files`] writes.
//!
//! [`Config::files`]: crate::bootstrap::Config::files

use serde_json::{Value, json};

/// The file with the authority that signs the certificates of clients.
pub const CLIENT_AUTHORITY: &str = "clients.pem";
/// The file with the gateway's certificate.
pub const SERVER_CERTIFICATE: &str = "gateway.pem";
/// The file with the key of [`SERVER_CERTIFICATE`].
pub const SERVER_KEY: &str = "gateway-key.pem";

/// The claim `aud` of tokens for the gateway.
pub const AUDIENCE: &str = "https://mcp.acme.example";
/// An issuer whose payload is under the key `jwt`, as in the examples of `envoy/IDENTITY.md`.
pub const ACME: Provider<'_> = Provider::new("acme", "https://login.acme.example");
/// Another issuer with the same key.
pub const PARTNER: Provider<'_> = Provider::new("partner", "https://login.partner.example");
/// The issuer of tokens that agents have beside the token of their user: another header, another key.
pub const AGENTS: Provider<'_> = Provider {
    payload: "agent",
    header: Some("x-agent-token"),
    ..Provider::new("agents", "https://agents.acme.example")
};
/// API keys, and the names of their clients.
pub const KEYS: [(&str, &str); 2] = [
    ("a-long-random-key-of-one", "client-one"),
    ("a-long-random-key-of-two", "client-two"),
];

/// Headers that name a caller: those of the tests' claims, and that of [`api_key_auth`].
pub const IDENTITY_HEADERS: [&str; 5] = [
    "x-claim-sub",
    "x-claim-age",
    "x-claim-roles",
    "x-claim-tenant",
    "x-client-id",
];

/// The name of the filter [`jwt_authn`].
pub const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";
/// The name of the filter [`api_key_auth`].
pub const API_KEY_AUTH: &str = "envoy.filters.http.api_key_auth";

/// One issuer of tokens, as `jwt_authn` knows it.
#[derive(Clone, Copy, Debug)]
pub struct Provider<'a> {
    /// The provider's name; its keys are in the file `<name>.jwks.json`.
    pub name: &'a str,
    /// The claim `iss` of its tokens.
    pub issuer: &'a str,
    /// The claim `aud` that a token must have.
    pub audience: &'a str,
    /// The key of the payload in the filter's metadata.
    pub payload: &'a str,
    /// The header with the token, without a prefix, instead of `authorization: Bearer`.
    pub header: Option<&'a str>,
    /// The cookie with the token of a person in a browser, beside `authorization: Bearer` of programs.
    pub cookie: Option<&'a str>,
    /// Claims whose text is a list with spaces between its items, such as `scope`.
    pub lists: &'a [&'a str],
    /// Headers for the server and the plugin, and the claims that they carry.
    pub claim_headers: &'a [(&'a str, &'a str)],
}

impl<'a> Provider<'a> {
    /// An issuer of tokens for [`AUDIENCE`], whose payload is under the key `jwt`.
    pub const fn new(name: &'a str, issuer: &'a str) -> Self {
        Self {
            name,
            issuer,
            audience: AUDIENCE,
            payload: "jwt",
            header: None,
            cookie: None,
            lists: &[],
            claim_headers: &[],
        }
    }

    /// The file with its keys.
    pub fn file(&self) -> String {
        format!("{}.jwks.json", self.name)
    }

    fn render(&self) -> Value {
        let mut provider = json!({
            "issuer": self.issuer,
            "audiences": [self.audience],
            "local_jwks": { "filename": self.file() },
            "payload_in_metadata": self.payload,
        });
        if let Some(header) = self.header {
            provider["from_headers"] = json!([{ "name": header }]);
        }
        if let Some(cookie) = self.cookie {
            let bearer = json!([{ "name": "authorization", "value_prefix": "Bearer " }]);
            provider["from_headers"] = bearer;
            provider["from_cookies"] = json!([cookie]);
        }
        if !self.lists.is_empty() {
            provider["normalize_payload_in_metadata"] =
                json!({ "space_delimited_claims": self.lists });
        }
        let headers = self.claim_headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, claim)| json!({ "header_name": name, "claim_name": claim }))
            .collect();
        if !headers.is_empty() {
            provider["claim_to_headers"] = headers.into();
        }
        provider
    }
}

/// The tokens that a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// One of any provider.
    One,
    /// One of any provider or none; an invalid one is refused.
    OneOrNone,
    /// Anything: an invalid one counts as none.
    Anything,
    /// One of each provider.
    All,
}

impl Tokens {
    fn requirement(self, providers: &[Provider<'_>]) -> Value {
        let named = |one: &Provider<'_>| json!({ "provider_name": one.name });
        let mut named: Vec<_> = providers.iter().map(named).collect();
        match self {
            Self::All => return json!({ "requires_all": { "requirements": named } }),
            Self::One => {}
            Self::OneOrNone => named.push(json!({ "allow_missing": {} })),
            Self::Anything => named.push(json!({ "allow_missing_or_failed": {} })),
        }
        match <[Value; 1]>::try_from(named) {
            Ok([only]) => only,
            Err(several) => json!({ "requires_any": { "requirements": several } }),
        }
    }
}

/// The filter that verifies tokens on every path.
pub fn jwt_authn(providers: &[Provider<'_>], tokens: Tokens) -> Value {
    let named = providers
        .iter()
        .map(|one| (one.name.to_owned(), one.render()));
    json!({
        "name": JWT_AUTHN,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": Value::Object(named.collect()),
            "rules": [{ "match": { "prefix": "/" }, "requires": tokens.requirement(providers) }],
        },
    })
}

/// The filter that accepts these keys in the header `x-api-key`, each with the name of its client. With `forwarding`, it
/// removes the key and writes the name into the header `x-client-id`.
pub fn api_key_auth(keys: &[(&str, &str)], forwarding: bool) -> Value {
    let credentials = keys
        .iter()
        .map(|(key, client)| json!({ "key": key, "client": client }));
    let mut config = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth",
        "credentials": credentials.collect::<Vec<_>>(),
        "key_sources": [{ "header": "x-api-key" }],
    });
    if forwarding {
        config["forwarding"] = json!({ "header": "x-client-id", "hide_credentials": true });
    }
    json!({ "name": API_KEY_AUTH, "typed_config": config })
}

/// The certificate that a client needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clients {
    /// One that the authority signed.
    Verified,
    /// One that the authority signed, or none.
    VerifiedOrNone,
    /// Any certificate; its names are unverified.
    Unverified,
}

/// Fields of the connection manager that remove these headers from every request before any filter sees it.
pub fn removed_from_clients(headers: &[&str]) -> Value {
    let mutations = headers.iter().map(|name| json!({ "remove": name }));
    json!({ "early_header_mutation_extensions": [{
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": mutations.collect::<Vec<_>>(),
        },
    }] })
}

/// Fields of the connection manager that write the names in a client's certificate into `x-forwarded-client-cert`.
pub fn forwarded_certificate() -> Value {
    json!({
        "forward_client_cert_details": "SANITIZE_SET",
        "set_current_client_cert_details": { "subject": true, "uri": true, "dns": true },
    })
}

/// The transport socket of a listener with TLS.
pub fn tls(clients: Clients) -> Value {
    let mut validation = json!({ "trusted_ca": { "filename": CLIENT_AUTHORITY } });
    if clients == Clients::Unverified {
        validation["trust_chain_verification"] = "ACCEPT_UNTRUSTED".into();
    }
    json!({
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "require_client_certificate": clients != Clients::VerifiedOrNone,
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_certificates": [{
                    "certificate_chain": { "filename": SERVER_CERTIFICATE },
                    "private_key": { "filename": SERVER_KEY },
                }],
                "validation_context": validation,
            },
        },
    })
}
