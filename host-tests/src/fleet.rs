//! Turns a policy into an Envoy with one plugin in front of three MCP servers, and callers with tokens, client
//! certificates and API keys into requests to them.
//!
//! It never expects an outcome. Each request says in `x-sent-by` who sends it, so that a server can count; no policy
//! reads that header. The servers answer a list with [`TOOLS`], as an event stream where `x-as-events` asks for one.

use crate::authentication::{
    ACME, API_KEY_AUTH, CLIENT_AUTHORITY, Clients, IDENTITY_HEADERS, KEYS, PARTNER,
    SERVER_CERTIFICATE, SERVER_KEY, Tokens, api_key_auth, jwt_authn, removed_from_clients, tls,
};
use crate::bootstrap::{Config, Listener};
use crate::certificates::{Authority, Certificate, Names};
use crate::envoy::Envoy;
use crate::routing::{host, hosts, normalized, route};
use crate::rpc;
use crate::tls::Client;
use crate::tokens::Issuer;
use crate::upstream::{Recorded, Upstream, reply};
use crate::wasm_path;
use crate::wire::{Http1Request, Response, http1};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The time for one call.
const LIMIT: Duration = Duration::from_secs(10);
/// The listener without TLS, for tokens and API keys.
const PLAIN: &str = "mcp";
/// The listener that demands a client certificate.
const MUTUAL: &str = "mcp_mutual";
/// The header that names the sender to the servers.
const SENT_BY: &str = "x-sent-by";
/// The header by which a request for a list wants an event stream.
pub const AS_EVENTS: &str = "x-as-events";
/// The tools of each server.
pub const TOOLS: [&str; 8] = [
    "run", "build", "sync", "deploy", "drop", "audit", "search", "report",
];

/// A server as a client addresses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    /// The name of its cluster.
    pub name: &'static str,
    /// The host of a request to it.
    pub host: &'static str,
    /// The path of a request to it.
    pub path: &'static str,
}

/// The servers: of all other requests, of one path, and of one host.
pub const SERVERS: [Server; 3] = [
    Server {
        name: "python-mcp",
        host: "mcp.example",
        path: "/mcp",
    },
    Server {
        name: "files-mcp",
        host: "mcp.example",
        path: "/files/mcp",
    },
    Server {
        name: "git-mcp",
        host: "git.mcp.example",
        path: "/mcp",
    },
];

/// The credential of a caller.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A token of an issuer that the gateway trusts, or any other text.
    Token(String),
    /// An API key.
    Key(String),
    /// A client with a certificate, or without one.
    Certificate(Client),
    /// Headers of a client that claims to be someone.
    Claimed(Vec<(&'static str, &'static str)>),
}

/// A caller.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The name in `x-sent-by`.
    pub name: &'static str,
    /// The credential that the gateway verifies.
    pub credential: Credential,
}

/// The number of calls by sender, server and tool.
pub type Counts = BTreeMap<(String, &'static str, String), u64>;

/// A running gateway with its servers.
#[derive(Debug)]
pub struct Fleet {
    envoy: Envoy,
    upstreams: Vec<(Server, Upstream)>,
    acme: Issuer,
    partner: Issuer,
    authority: Authority,
}

/// The choices of a test beside its policy.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Another Envoy than that of `$ENVOY_BIN`.
    pub binary: Option<PathBuf>,
    /// The policy can be replaced while Envoy serves.
    pub reloads: bool,
    /// The headers by which a client could name a caller are removed before all filters, as they must be.
    pub removes_headers: bool,
}

impl Setting {
    /// The configuration of an operator who reads `envoy/IDENTITY.md`, for this Envoy.
    pub fn on(binary: Option<PathBuf>) -> Self {
        Self {
            binary,
            reloads: false,
            removes_headers: true,
        }
    }
}

impl Fleet {
    /// Starts the servers and an Envoy with two workers.
    ///
    /// # Panics
    /// When one of them does not start.
    pub fn start(policy: &str, setting: Setting) -> Self {
        let started = |server: Server| {
            let answer = move |request: &Recorded| answer(server, request);
            let upstream = Upstream::answering(answer).expect("the upstream starts");
            (server, upstream)
        };
        let upstreams: Vec<_> = SERVERS.into_iter().map(started).collect();
        let [acme, partner] = [ACME, PARTNER].map(|own| Issuer::new(own.issuer, own.audience));
        let authority = Authority::new();
        let mut config = Config::new(listeners(policy, &upstreams, setting.removes_headers));
        config.concurrency = 2;
        config.ecds = setting.reloads;
        config.binary = setting.binary;
        let named =
            |(server, upstream): &(Server, Upstream)| (server.name.to_owned(), upstream.addr());
        config.servers = upstreams.iter().map(named).collect();
        config.files = files(&acme, &partner, &authority);
        Self {
            envoy: Envoy::start(&config).expect("Envoy starts"),
            upstreams,
            acme,
            partner,
            authority,
        }
    }

    /// Gives both listeners another policy. Only with [`Setting::reloads`]; workers adopt it a moment later.
    ///
    /// # Panics
    /// When Envoy refuses it.
    pub fn reload(&self, policy: &str) {
        for listener in [PLAIN, MUTUAL] {
            let taken = self.envoy.reload(listener, policy);
            assert!(taken.expect("a reload"), "{}", self.log());
        }
    }

    /// Two callers of each kind, and a third token: that of another issuer with the same `sub`.
    pub fn callers(&self) -> Vec<Caller> {
        let key = |name, key: &str| Caller {
            name,
            credential: Credential::Key(key.to_owned()),
        };
        let [(one, _), (two, _)] = KEYS;
        vec![
            self.engineer("acme-alice", "alice"),
            self.engineer("acme-bob", "bob"),
            self.partner("partner-alice", json!({ "sub": "alice" })),
            self.agent("agent-one", "spiffe://acme.example/one"),
            self.agent("agent-two", "spiffe://acme.example/two"),
            key("client-one", one),
            key("client-two", two),
        ]
    }

    /// A caller with a token of [`ACME`] for a member of two groups, `engineering` among them.
    fn engineer(&self, name: &'static str, sub: &str) -> Caller {
        self.acme(
            name,
            json!({ "sub": sub, "groups": ["staff", "engineering"] }),
        )
    }

    /// A caller with a token of [`ACME`] that has these claims.
    pub fn acme(&self, name: &'static str, claims: Value) -> Caller {
        let credential = Credential::Token(self.acme.token(claims));
        Caller { name, credential }
    }

    /// A caller with a token of [`PARTNER`] that has these claims.
    pub fn partner(&self, name: &'static str, claims: Value) -> Caller {
        let credential = Credential::Token(self.partner.token(claims));
        Caller { name, credential }
    }

    /// A caller with a certificate that has this URI.
    pub fn agent(&self, name: &'static str, uri: &str) -> Caller {
        let certificate = self.authority.certificate(Names {
            uris: &[uri],
            ..Names::default()
        });
        self.certified(name, Some(&certificate))
    }

    /// A client of the listener that demands a certificate, with any certificate or without one.
    pub fn certified(&self, name: &'static str, certificate: Option<&Certificate>) -> Caller {
        Caller {
            name,
            credential: Credential::Certificate(Client::new(&self.authority, certificate)),
        }
    }

    /// Calls a tool of a server.
    ///
    /// # Errors
    /// As [`http1`] and [`Client::send`].
    pub fn call(&self, caller: &Caller, server: Server, tool: &str) -> io::Result<Response> {
        self.send(caller, &request(caller, server, rpc::call(tool)))
    }

    /// Sends a request of a caller, such as one of [`request`] that was changed.
    ///
    /// # Errors
    /// As [`http1`] and [`Client::send`].
    pub fn send(&self, caller: &Caller, request: &Http1Request) -> io::Result<Response> {
        match &caller.credential {
            Credential::Certificate(client) => client.send(self.envoy.addr(MUTUAL), request, LIMIT),
            _ => http1(self.addr(), request, LIMIT),
        }
    }

    /// The address for tokens and API keys.
    pub fn addr(&self) -> SocketAddr {
        self.envoy.addr(PLAIN)
    }

    /// The calls that reached the servers since the last time.
    ///
    /// # Panics
    /// When a body is not JSON.
    pub fn arrived(&self) -> Counts {
        let mut counts = Counts::new();
        for (server, upstream) in &self.upstreams {
            for request in upstream.take() {
                let sender = request.header(SENT_BY).unwrap_or_default();
                let sender = String::from_utf8_lossy(sender).into_owned();
                let body: Value = serde_json::from_slice(&request.body).expect("JSON");
                if let Some(tool) = body.pointer("/params/name").and_then(Value::as_str) {
                    let call = (sender, server.name, tool.to_owned());
                    *counts.entry(call).or_default() += 1;
                }
            }
        }
        counts
    }

    /// The log of Envoy, with the plugin's decisions.
    pub fn log(&self) -> String {
        self.envoy.log()
    }
}

/// The same filters and routes twice: the filters of both listeners share their counters.
fn listeners(policy: &str, upstreams: &[(Server, Upstream)], removes: bool) -> Vec<Listener> {
    let any = upstreams.first().map(|(_, upstream)| upstream.addr());
    let any = any.expect("there are servers");
    let listener = |name, transport_socket| {
        let mut listener = Listener::new(name, policy, any, &wasm_path());
        let mut keys = api_key_auth(&KEYS, true);
        // On the routes of requests with a key alone: it refuses all others.
        keys["disabled"] = true.into();
        listener.before = vec![jwt_authn(&[ACME, PARTNER], Tokens::OneOrNone), keys];
        listener.connection_manager = manager(removes);
        listener.transport_socket = transport_socket;
        listener
    };
    vec![
        listener(PLAIN, None),
        listener(MUTUAL, Some(tls(Clients::Verified))),
    ]
}

/// The routes, and the removal of all headers by which a client could name a caller.
fn manager(removes: bool) -> Value {
    let [python, files, git] = SERVERS;
    let mut manager = normalized(hosts(&[
        host(&[git.host], &both(&json!({ "prefix": "/" }), git)),
        host(
            &["*"],
            &[
                both(&json!({ "path": files.path }), files),
                both(&json!({ "prefix": "/" }), python),
            ]
            .concat(),
        ),
    ]));
    let removed = removed_from_clients(&IDENTITY_HEADERS);
    let removed = removed.as_object().filter(|_| removes);
    for (name, value) in removed.into_iter().flatten() {
        manager[name] = value.clone();
    }
    manager
}

/// The routes to a server with an API key and without one.
fn both(matched: &Value, server: Server) -> [Value; 2] {
    let mut with_key = matched.clone();
    with_key["headers"] = json!([{ "name": "x-api-key", "present_match": true }]);
    let mut with_key = route(with_key, server.name);
    with_key["typed_per_filter_config"] = json!({ API_KEY_AUTH: {
        "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
        "config": {},
    } });
    [with_key, route(matched.clone(), server.name)]
}

/// The answer of a server. Its lists may be kept by everyone, for an hour; its sessions have its name.
fn answer(server: Server, request: &Recorded) -> Vec<u8> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let result = match body["method"].as_str() {
        Some("tools/list") => listed(),
        _ => json!({}),
    };
    let text = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
    let answer = match request.header(AS_EVENTS) {
        Some(_) => reply(
            200,
            "text/event-stream",
            format!("data: {text}\n\n").as_bytes(),
        ),
        None => reply(200, "application/json", text.as_bytes()),
    };
    let session = match body["method"].as_str() {
        Some("initialize") => format!("mcp-session-id: of-{}\r\n", server.name),
        _ => String::new(),
    };
    let (status, rest) = answer.split_at(b"HTTP/1.1 200 -\r\n".len());
    [status, session.as_bytes(), rest].concat()
}

fn listed() -> Value {
    let tools = TOOLS.map(|name| json!({ "name": name, "inputSchema": { "type": "object" } }));
    json!({ "tools": tools, "cacheScope": "public", "ttlMs": 3_600_000 })
}

fn files(acme: &Issuer, partner: &Issuer, authority: &Authority) -> BTreeMap<String, String> {
    let server = authority.server();
    BTreeMap::from([
        (ACME.file(), acme.jwks()),
        (PARTNER.file(), partner.jwks()),
        (CLIENT_AUTHORITY.to_owned(), authority.pem()),
        (SERVER_CERTIFICATE.to_owned(), server.pem),
        (SERVER_KEY.to_owned(), server.key_pem),
    ])
}

/// A message of a caller to a server.
pub fn request(caller: &Caller, server: Server, body: Vec<u8>) -> Http1Request {
    let mut request = rpc::post(body);
    request.path = server.path.to_owned();
    let mut add = |name: &str, value: &str| request.headers.push((name.into(), value.into()));
    add("host", server.host);
    add(SENT_BY, caller.name);
    match &caller.credential {
        Credential::Token(token) => add("authorization", &format!("Bearer {token}")),
        Credential::Key(key) => add("x-api-key", key),
        Credential::Certificate(_) => {}
        Credential::Claimed(headers) => headers.iter().for_each(|(name, value)| add(name, value)),
    }
    request
}
