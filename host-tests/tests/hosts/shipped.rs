//! Runs the configurations in `envoy/` as an operator copies them, in a real Envoy: only addresses and ports are
//! replaced.

mod apply;
mod discovery;
mod gateway;
mod identity_headers;
mod manifests;
mod reloads;
mod rendered;
mod without_policy;

use gateway::{Gateway, call_of, deliver};
use host_tests::http2::{End, Http2Request, Outcome, http2};
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc;
use host_tests::upstream::{Recorded, Upstream, reply};
use host_tests::wire::Http1Request;
use std::time::Duration;

#[test]
fn policy_inside_the_configuration_is_enforced() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let gateway = Gateway::start("envoy.yaml", &upstream, |_| {});
    assert_eq!(gateway.call("run"), "forwarded");
    upstream.take();
    assert_eq!(gateway.call("drop_table"), "not_allowed");
    assert_eq!(
        upstream.take().len(),
        0,
        "not even the headers of a refused call reach the server"
    );
}

const NOTHING: &str =
    r#"{ "version": "1", "default": "deny", "host": { "hold_request_headers": true } }"#;

/// Requests that work without an identity, because they carry no message.
fn messageless() -> [Http1Request; 4] {
    let get = |path: &str| Http1Request {
        method: "GET".into(),
        path: path.into(),
        body: None,
        ..call_of("")
    };
    let mut token = call_of("drop_table");
    token.path = "/token".into();
    token.headers[1].1 = b"application/x-www-form-urlencoded".to_vec();
    token.body = Some(b"grant_type=client_credentials".to_vec());
    [
        get("/.well-known/x"),
        get("/healthz"),
        get("/authorize"),
        token,
    ]
}

/// Requests that need no identity work, and no message evades the plugin with them.
#[test]
fn only_requests_without_a_message_bypass_the_policy() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    for file in ["envoy.yaml", "envoy-ecds.yaml"] {
        let gateway = Gateway::start(file, &upstream, |folder| deliver(NOTHING, folder));
        upstream.take();
        let refused = |path: &str| {
            let path = path.into();
            let call = Http1Request {
                path,
                ..call_of("drop_table")
            };
            gateway.send(&call).expect("an answer")
        };
        for path in [
            "/.well-known/x",
            "/healthz",
            "/authorize",
            "/token",
            "/MCP/",
            "//mcp",
            "/mcp;a",
        ] {
            assert_eq!(refused(path), "not_allowed", "{file} {path}");
        }
        // Envoy refuses these before the plugin, or resolves them.
        for path in ["/healthz/..%2fmcp", "/token%5c..%5cmcp"] {
            assert_eq!(refused(path), "400", "{file} {path}");
        }
        for path in ["/.well-known/../mcp", "/healthz/%2e%2e/mcp"] {
            assert_eq!(refused(path), "not_allowed", "{file} {path}");
        }
        let mut underscore = call_of("drop_table");
        let header = (b"mcp_name".to_vec(), b"run".to_vec());
        underscore.headers.push(header);
        assert_eq!(gateway.send(&underscore).as_deref(), Some("400"), "{file}");
        assert_eq!(
            upstream.take().len(),
            0,
            "{file}: nothing of it reaches the server"
        );
        for request in messageless() {
            gateway.send(&request).expect("an answer");
            let seen = upstream.take();
            assert_eq!(seen.len(), 1, "{file} {}", request.path);
        }
    }
}

/// Header fields of MCP, or of a method override, and their effect if they are not removed.
const OF_MCP: [(&str, &str); 8] = [
    ("mcp-session-id", "of-another"),
    ("last-event-id", "1"),
    ("mcp-protocol-version", "2025-11-25"),
    ("mcp-method", "tools/call"),
    ("mcp-name", "drop_table"),
    ("x-http-method-override", "POST"),
    ("x-http-method", "POST"),
    ("x-method-override", "POST"),
];

/// A server that accepts MCP on every path must not replay an old list or open a stream.
#[test]
fn request_past_the_policy_loses_mcp_headers() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    for file in ["envoy.yaml", "envoy-ecds.yaml"] {
        let gateway = Gateway::start(file, &upstream, |folder| deliver(NOTHING, folder));
        upstream.take();
        for mut request in messageless() {
            let accept = ("accept", "text/event-stream, application/json");
            let said = OF_MCP.iter().chain([&accept]);
            let said = said.map(|(name, value)| (name.as_bytes().into(), value.as_bytes().into()));
            request.headers.extend(said);
            gateway.send(&request).expect("an answer");
            let seen = upstream.take();
            assert_eq!(seen.len(), 1, "{file} {}", request.path);
            for (name, _) in OF_MCP {
                assert_eq!(seen[0].header(name), None, "{file} {} {name}", request.path);
            }
            let accept = seen[0].header("accept").expect("a header");
            let accept = String::from_utf8_lossy(accept);
            assert!(!accept.contains("event-stream"), "{file} {}", request.path);
        }
    }
}

/// The request with a body, over HTTP/2, where no header needs to announce it.
fn in_pieces(request: &Http1Request, body: &[u8], end: End) -> Http2Request {
    Http2Request {
        method: request.method.clone(),
        path: request.path.clone(),
        headers: request.headers.clone(),
        pieces: vec![body[..1].into(), body[1..].into()],
        end,
    }
}

/// A server may accept a message with any content type, and with a method that has no body.
#[test]
fn body_other_than_a_form_does_not_evade_the_policy() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let gateway = Gateway::start("envoy-ecds.yaml", &upstream, |folder| {
        deliver(NOTHING, folder)
    });
    upstream.take();
    let limit = Duration::from_secs(5);
    let call = rpc::call("drop_table");
    for mut request in messageless() {
        let path = request.path.clone();
        let ends = [
            End::Data,
            End::EmptyData,
            End::Trailers(vec![(b"x".to_vec(), b"1".to_vec())]),
        ];
        for end in ends {
            let request = in_pieces(&request, &call, end);
            let outcome = http2(gateway.addr(), &request, limit).expect("a connection");
            let refused = matches!(&outcome, Outcome::Answered(answer) if answer.status == 415);
            assert!(refused, "{path} {:?}: {outcome:?}", request.end);
        }
        request.body = Some(call.clone());
        assert_eq!(gateway.send(&request).as_deref(), Some("415"), "{path}");
        assert_eq!(upstream.take().len(), 0, "{path}");
    }
    let [.., token] = messageless();
    let form = b"grant_type=authorization_code&code=a-b.c_~%2F+*&resource=";
    for end in [End::Data, End::Trailers(Vec::new())] {
        let request = in_pieces(&token, form, end);
        http2(gateway.addr(), &request, limit).expect("a connection");
        let seen = upstream.take();
        assert_eq!(seen.len(), 1, "{:?}", request.end);
        assert_eq!(seen[0].body, form, "{:?}", request.end);
    }
}

/// A client must not make Envoy resend a counted call. Envoy itself accepts such headers only from internal clients,
/// which is a setting; here they are always removed.
#[test]
fn client_cannot_control_envoy_by_headers() {
    if lacks(&[ENVOY]) {
        return;
    }
    let failing = |_: &Recorded| reply(503, "application/json", b"{}");
    let upstream = Upstream::answering(failing).expect("the upstream starts");
    let gateway = Gateway::start("envoy.yaml", &upstream, |_| {});
    let mut call = call_of("run");
    for (name, value) in [
        ("x-envoy-retry-on", "5xx"),
        ("x-envoy-max-retries", "3"),
        ("x-envoy-other", "1"),
    ] {
        call.headers.push((name.into(), value.into()));
    }
    assert_eq!(gateway.send(&call).as_deref(), Some("503"));
    let seen = upstream.take();
    assert_eq!(seen.len(), 1);
    for (name, _) in &call.headers[2..] {
        let name = String::from_utf8_lossy(name);
        assert_eq!(seen[0].header(&name), None, "{name}");
    }
}

/// A client that claims other addresses is the same peer.
#[test]
fn limit_by_address_counts_the_peer_and_not_its_claim() {
    if lacks(&[ENVOY]) {
        return;
    }
    let policy = r#"{ "version": "1", "default": "deny", "tools": { "run": {
        "limits": [ { "counter": "runs", "window": "month", "max": 2, "scope": "ip" } ] } } }"#;
    let upstream = Upstream::start().expect("the upstream starts");
    let gateway = Gateway::start("envoy-ecds.yaml", &upstream, |folder| {
        deliver(policy, folder)
    });
    let claim = |address: &str| {
        let mut call = call_of("run");
        let header = ("x-forwarded-for".into(), address.into());
        call.headers.push(header);
        gateway.send(&call).expect("an answer")
    };
    let verdicts = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(claim);
    assert_eq!(verdicts, ["forwarded", "forwarded", "rate_limited"]);
}
