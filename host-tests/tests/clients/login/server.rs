//! Turns requests into the answers of a small MCP server that is its own authorization server: metadata (RFC 9728 and
//! 8414), registration (RFC 7591), an authorization that consents at once, and tokens for codes with PKCE (RFC 7636).
//!
//! It never looks at a token: the gateway does.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use host_tests::upstream::{Recorded, Upstream, reply};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The path of the metadata below the gateway's origin.
pub(super) const METADATA: &str = "/.well-known/oauth-protected-resource/mcp";
/// The scope that a client is told to request.
pub(super) const SCOPE: &str = "mcp:tools";
/// The only tool.
pub(super) const TOOL: &str = "run";
/// The id of every registered client, and every code.
const CLIENT: &str = "client-of-the-test";
const CODE: &str = "code-of-the-test";

type Form = BTreeMap<String, String>;

struct Server {
    /// The gateway as clients know it.
    origin: String,
    token: String,
    /// The challenge and the redirect of the last authorization.
    asked: Mutex<Form>,
}

/// Starts the server behind the gateway of this origin. It issues this token.
pub(super) fn start(origin: &str, token: String) -> Upstream {
    let server = Server {
        origin: origin.into(),
        token,
        asked: Mutex::default(),
    };
    Upstream::answering(move |request| server.answer(request)).expect("the server starts")
}

/// The resource that a token is for: the URL of the gateway.
pub(super) fn resource(origin: &str) -> String {
    format!("{origin}/mcp")
}

impl Server {
    fn answer(&self, request: &Recorded) -> Vec<u8> {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        match (&*request.method, path) {
            ("GET", METADATA) => of_json(200, &self.resource_metadata()),
            ("GET", "/.well-known/oauth-authorization-server") => of_json(200, &self.metadata()),
            ("POST", "/register") => registered(&request.body),
            ("GET", "/authorize") => self.authorize(form(query)),
            ("POST", "/token") => {
                let told = String::from_utf8_lossy(&request.body);
                self.exchange(&form(&told))
            }
            ("POST", "/mcp") => mcp(&request.body),
            ("GET" | "DELETE", "/mcp") => of_json(405, &json!({})),
            _ => of_json(404, &json!({})),
        }
    }

    fn resource_metadata(&self) -> Value {
        json!({
            "resource": resource(&self.origin),
            "authorization_servers": [self.origin],
            "scopes_supported": [SCOPE],
        })
    }

    fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}/{path}", self.origin);
        json!({
            "issuer": self.origin,
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"),
            "registration_endpoint": at("register"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "scopes_supported": [SCOPE],
        })
    }

    /// Redirects with a code at once, as after the consent of a user.
    fn authorize(&self, asked: Form) -> Vec<u8> {
        let wanted = [
            ("client_id", CLIENT),
            ("response_type", "code"),
            ("code_challenge_method", "S256"),
            ("scope", SCOPE),
            ("resource", &resource(&self.origin)),
        ];
        if !holds(&asked, &wanted) {
            return of_json(400, &json!({ "error": "invalid_request", "asked": asked }));
        }
        let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
        let (back, state) = (of("redirect_uri"), of("state"));
        *self.asked.lock().expect("no thread has panicked") = asked;
        let location = format!("{back}?code={CODE}&state={state}");
        format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n").into()
    }

    /// A token for the code, once the client has proved that it is the one that asked.
    fn exchange(&self, told: &Form) -> Vec<u8> {
        let asked = self.asked.lock().expect("no thread has panicked");
        let verifier = told.get("code_verifier").map_or("", String::as_str);
        let proof = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let redirect = told.get("redirect_uri").map_or("", String::as_str);
        let wanted = [("code_challenge", &*proof), ("redirect_uri", redirect)];
        let code = [
            ("grant_type", "authorization_code"),
            ("code", CODE),
            ("resource", &resource(&self.origin)),
        ];
        if !holds(&asked, &wanted) || !holds(told, &code) {
            return of_json(400, &json!({ "error": "invalid_grant", "told": told }));
        }
        let token = json!({ "access_token": self.token, "token_type": "Bearer", "expires_in": 3600, "scope": SCOPE });
        of_json(200, &token)
    }
}

fn holds(form: &Form, wanted: &[(&str, &str)]) -> bool {
    let mut wanted = wanted.iter();
    wanted.all(|(name, value)| form.get(*name).is_some_and(|own| own == value))
}

/// The client's own metadata, with an id.
fn registered(body: &[u8]) -> Vec<u8> {
    let mut client: Value = serde_json::from_slice(body).expect("the client's metadata");
    client["client_id"] = CLIENT.into();
    of_json(201, &client)
}

/// The answers of an MCP server without sessions.
fn mcp(body: &[u8]) -> Vec<u8> {
    let message: Value = serde_json::from_slice(body).expect("a message");
    let result = match message["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "server-of-the-test", "version": "1" },
        }),
        Some("tools/list") => {
            json!({ "tools": [{ "name": TOOL, "inputSchema": { "type": "object" } }] })
        }
        Some("tools/call") => json!({ "content": [{ "type": "text", "text": "it ran" }] }),
        _ => return b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_vec(),
    };
    of_json(
        200,
        &json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }),
    )
}

fn of_json(status: u16, body: &Value) -> Vec<u8> {
    reply(status, "application/json", body.to_string().as_bytes())
}

/// The members of a form or a query (`application/x-www-form-urlencoded`).
fn form(text: &str) -> Form {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(name, value)| (decoded(name), decoded(value)));
    pairs.collect()
}

fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).expect("two digits"));
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("UTF-8")
}
