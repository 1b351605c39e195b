//! Turns places in a request into calls with a secret there, each with the outcome by which it is known that the secret
//! arrived.
//!
//! It reads no log.

use super::gateway::Gateway;
use super::planted::{SHOWN, Secret};
use crate::envoy::gateway::{LIMIT, verdict};
use host_tests::certificates::Names;
use host_tests::rpc;
use host_tests::tls::Client;
use host_tests::wire::{Http1Request, Response, http1};
use serde_json::{Value, json};

/// A request, the secrets in it, and its outcome: of `forwarded` ones, the server has seen the secrets.
pub(super) struct Call {
    pub(super) listener: &'static str,
    pub(super) request: Http1Request,
    pub(super) secrets: Vec<Secret>,
    pub(super) outcome: &'static str,
}

/// The part of a message with a secret.
type Part = fn(&Secret) -> Value;

/// Messages with a recognizable secret in a text that a line of the log has, or that a refusal could repeat.
const NAMED: [(&str, Part, &str); 11] = [
    (
        "name of a tool",
        |own| called(&format!("get-{}", own.text), json!({})),
        "forwarded",
    ),
    (
        "name of a denied tool",
        |own| called(&format!("drop-{}", own.text), json!({})),
        "200 denied",
    ),
    (
        "name of an argument",
        |own| called("get", json!({ own.text.clone(): 1 })),
        "forwarded",
    ),
    (
        "name of a prompt",
        |own| asked("prompts/get", json!({ "name": own.text })),
        "forwarded",
    ),
    (
        "query of a URI",
        |own| read(&format!("https://files.example/a?key={}", own.text)),
        "forwarded",
    ),
    (
        "long name",
        |own| called(&format!("{}-{}", "x".repeat(250), own.text), json!({})),
        "forwarded",
    ),
    (
        "long denied name",
        |own| called(&format!("drop{}-{}", "x".repeat(118), own.text), json!({})),
        "200 denied",
    ),
    ("method", |own| asked(&own.text, json!({})), "forwarded"),
    (
        "name of a client",
        |own| {
            asked(
                "ping",
                json!({ "_meta": { "io.modelcontextprotocol/clientInfo": { "name": own.text, "version": "1" } } }),
            )
        },
        "forwarded",
    ),
    (
        "revision",
        |own| {
            asked(
                "initialize",
                json!({ "protocolVersion": own.text, "capabilities": {}, "clientInfo": { "name": "a", "version": "1" } }),
            )
        },
        "forwarded",
    ),
    (
        "opened argument with a key",
        |own| {
            called(
                "get",
                json!({ "command": format!("deploy --key {}", own.text) }),
            )
        },
        "forwarded",
    ),
];

fn asked(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

fn called(tool: &str, arguments: Value) -> Value {
    asked(
        "tools/call",
        json!({ "name": tool, "arguments": arguments }),
    )
}

fn read(uri: &str) -> Value {
    asked("resources/read", json!({ "uri": uri }))
}

fn post(message: &Value, headers: &[(&str, &str)]) -> Http1Request {
    let mut request = rpc::post(message.to_string().into_bytes());
    for (name, value) in headers {
        request.headers.push(((*name).into(), (*value).into()));
    }
    request
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

impl Gateway {
    /// The token of a user, whose private claim the policy reads.
    pub(super) fn token(&self) -> String {
        let claims = json!({ "sub": "ada", "clearance": self.operator.claim.text });
        self.issuer.token(claims)
    }

    /// The calls of one user, with all that a request can hold.
    pub(super) fn calls(&self, token: &str) -> Vec<Call> {
        let authorization = bearer(token);
        let own = |message: &Value| post(message, &[("authorization", &authorization)]);
        let mut calls = vec![self.work(&authorization), self.refused(&authorization)];
        for (place, part, outcome) in NAMED {
            let secrets = vec![Secret::key(place)];
            let request = own(&part(&secrets[0]));
            calls.push(Call {
                listener: "tokens",
                request,
                secrets,
                outcome,
            });
        }
        let password = Secret::opaque("password in a URI");
        let uri = format!("https://ada:{}@files.example/a", password.text);
        calls.push(Call {
            listener: "tokens",
            request: own(&read(&uri)),
            secrets: vec![password],
            outcome: "200 not_allowed",
        });
        let twice = Secret::key("member that is there twice");
        let body = format!(r#"{{"{0}":1,"{0}":1}}"#, twice.text);
        let mut request = own(&Value::Null);
        request.body = Some(body.into_bytes());
        calls.push(Call {
            listener: "tokens",
            request,
            secrets: vec![twice],
            outcome: "400 unreadable",
        });
        calls
    }

    /// A call that fulfils all conditions, with a secret in each place that no line has.
    fn work(&self, authorization: &str) -> Call {
        let places = [
            "argument",
            "header",
            "cookie",
            "query of the path",
            "request id",
        ];
        let [argument, header, cookie, query] =
            [places[0], places[1], places[2], places[3]].map(Secret::opaque);
        let id = Secret::key(places[4]);
        let arguments = json!({
            "code": self.operator.condition.text, "password": argument.text, "shown": SHOWN,
        });
        let cookies = format!("a=b; session={}", cookie.text);
        let headers = [
            ("authorization", authorization),
            ("x-secret", &header.text),
            ("cookie", &cookies),
            ("x-request-id", &id.text),
        ];
        let mut request = post(&called("work", arguments), &headers);
        request.path = format!("/mcp?api_key={}", query.text);
        let condition = self.operator.condition.clone();
        let secrets = vec![argument, header, cookie, query, id, condition];
        Call {
            listener: "tokens",
            request,
            secrets,
            outcome: "answered",
        }
    }

    /// The same but for the code, so that the condition with the expression decides.
    fn refused(&self, authorization: &str) -> Call {
        let headers = [
            ("authorization", authorization),
            ("x-secret", "long enough for it"),
        ];
        let request = post(&called("work", json!({ "code": "another" })), &headers);
        Call {
            listener: "tokens",
            request,
            secrets: Vec::new(),
            outcome: "200 arguments",
        }
    }

    /// The calls of others: a script with a bearer token, and strangers.
    pub(super) fn calls_of_others(&self) -> Vec<Call> {
        let list = asked("tools/list", json!({}));
        let stranger = Secret::opaque("token of a stranger");
        let forged = Secret::given("forged token", &format!("{}x", self.token()));
        let calls = [
            (self.operator.bearer.clone(), "forwarded"),
            (stranger, "200 identity"),
            (forged, "200 identity"),
        ];
        let calls = calls.map(|(secret, outcome)| Call {
            listener: "bearers",
            request: post(&list, &[("authorization", &bearer(&secret.text))]),
            secrets: Vec::new(),
            outcome,
        });
        let work = called("work", json!({ "code": self.operator.condition.text }));
        let work = post(
            &work,
            &[("authorization", &bearer(&self.operator.bearer.text))],
        );
        calls
            .into_iter()
            .chain([Call {
                listener: "bearers",
                request: work,
                secrets: Vec::new(),
                outcome: "200 not_allowed",
            }])
            .collect()
    }

    pub(super) fn send(&self, call: &Call) -> Response {
        http1(self.envoy.addr(call.listener), &call.request, LIMIT).expect("an answer")
    }

    /// A call with a client certificate, whose subject the policy compares.
    pub(super) fn send_with_certificate(&self, unit: &Secret) -> Response {
        let certificate = self.authority.certificate(Names {
            subject: ["Acme", &unit.text, "agent"],
            uris: &["spiffe://acme.example/agent"],
            dns: &[],
        });
        let client = Client::new(&self.authority, Some(&certificate));
        let request = post(&asked("tools/list", json!({})), &[]);
        let answer = client.send(self.envoy.addr("certificates"), &request, LIMIT);
        answer.expect("an answer")
    }
}

/// [`verdict`], and `answered` for a result of `work`.
pub(super) fn outcome(response: &Response) -> String {
    let body = String::from_utf8_lossy(&response.body);
    match body.contains(r#""content":[{"type":"text","text":""#) && !body.contains("isError") {
        true => "answered".into(),
        false => verdict(response),
    }
}
