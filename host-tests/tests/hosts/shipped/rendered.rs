//! Envoy accepts each form of configuration that `mcp-policy envoy render` writes, and reads the policy's own bytes in it.

use super::gateway::{call_of, eventually};
use host_tests::ports;
use host_tests::require::{ENVOY, lacks};
use host_tests::root;
use host_tests::rpc;
use host_tests::shipped::{Shipped, options, rendered};
use host_tests::upstream::Upstream;
use host_tests::wire::{Http1Request, http1};
use mcp_policy_cli::envoy::render::{Options, PolicySource};
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

fn policy() -> Value {
    json!({ "version": "1", "default": "deny", "host": { "hold_request_headers": true } })
}

fn upstream() -> SocketAddr {
    ([127, 0, 0, 1], 18080).into()
}

/// Whether `envoy --mode validate` accepts a configuration, and its words.
fn validated(name: &str, text: &str) -> (bool, String) {
    validated_with(name, text, &[])
}

/// The same with variables in its environment.
fn validated_with(name: &str, text: &str, variables: &[(&str, &str)]) -> (bool, String) {
    let file = format!("mcp-policy-{}-{name}.yaml", std::process::id());
    let file = std::env::temp_dir().join(file);
    fs::write(&file, text).expect("it can be written");
    let envoy = std::env::var("ENVOY_BIN").expect("run this through `make test`");
    let mut command = Command::new(envoy);
    command.args(["--mode", "validate", "-c"]).arg(&file);
    command.envs(variables.iter().copied());
    let output = command.output().expect("Envoy runs");
    fs::remove_file(&file).expect("it can be removed");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into(),
    )
}

type Change = fn(&mut Options);

const FORMS: [(&str, Change); 7] = [
    ("inline", |_| {}),
    ("file", |options| {
        // Envoy looks whether it is there, and no further.
        options.source = PolicySource::File(absolute("envoy/demo/policy.json"));
    }),
    ("xds", |options| {
        options.source = PolicySource::Xds("127.0.0.1:18000".parse().expect("an address"));
    }),
    ("xds-by-name", |options| {
        options.source = PolicySource::Xds("localhost:18000".parse().expect("an address"));
    }),
    ("https", |options| {
        options.upstreams = vec!["https://localhost/mcp".parse().expect("a URL")];
        options.authorities = Some(absolute(AUTHORITIES));
    }),
    ("https-by-address", |options| {
        options.upstreams = vec!["https://[::1]:8443".parse().expect("a URL")];
        options.authorities = Some(absolute(AUTHORITIES));
    }),
    ("domains", |options| {
        options.domains = ["mcp.example", "*.mcp.example", "[::1]", "10.0.0.1"]
            .map(|name| name.parse().expect("a name"))
            .into();
    }),
];

const AUTHORITIES: &str = "plugin/cli/tests/fixtures/tls/ca.pem";

fn absolute(path: &str) -> String {
    let path = std::path::absolute(root().join(path)).expect("a path");
    path.display().to_string()
}

#[test]
fn each_form_is_accepted_by_envoy() {
    if lacks(&[ENVOY]) {
        return;
    }
    for (name, change) in FORMS {
        let mut options = options(ports::free(), upstream());
        change(&mut options);
        let text = rendered(&policy(), &options);
        let (accepted, said) = validated(name, &text);
        assert!(accepted, "{name}: {said}\n{text}");
        let damaged = text.replace("stat_prefix:", "stat_prefixes:");
        assert!(!validated(name, &damaged).0, "{name}: Envoy reads all");
    }
}

#[test]
fn policy_with_approvals_is_accepted_by_envoy_with_their_key_in_its_environment_alone() {
    if lacks(&[ENVOY]) {
        return;
    }
    let mut policy = policy();
    policy["approvals"] = json!({ "keys": ["KEY_OF_RENDERED"], "url": "https://mcp.example/approvals",
        "approvers": { "ops": { "claim": { "groups": "ops" } } } });
    let text = rendered(&policy, &options(ports::free(), upstream()));
    let key = ("KEY_OF_RENDERED", "a key of thirty-two characters...");
    let (accepted, said) = validated_with("approvals", &text, &[key]);
    assert!(accepted, "{said}");
    let (accepted, said) = validated("no-key", &text);
    let told = "`KEY_OF_RENDERED`, which the environment of the VM does not have";
    assert!(!accepted && said.contains(told), "{said}");
}

/// Texts that readers of YAML take for line breaks, comments, marks or escapes.
const HOSTILE: [&str; 4] = [
    "a\u{85}b\u{2028}c\u{2029}d\u{feff}e\u{1f600}",
    "# a: \"b\" 'c' \\ {{ d }} --- |",
    "\u{a0}\u{ad}é",
    "\ttab and trailing spaces   ",
];

#[test]
fn policy_arrives_in_envoy_byte_for_byte() {
    if lacks(&[ENVOY]) {
        return;
    }
    let mut options = options(ports::free(), upstream());
    for text in HOSTILE {
        let mut policy = policy();
        policy["tools"] = json!({ "x": { "action": "deny", "reason": text } });
        let shown = arrived(&mut options, &policy);
        assert_eq!(shown, policy.to_string());
    }
}

/// The servers of a policy, each known by another fact: a cluster, a path, a host.
fn policy_of_servers() -> Value {
    let mut policy = policy();
    policy["default"] = json!("allow");
    policy["servers"] = json!({
        "files": { "match": { "cluster": "files" } },
        "git": { "match": { "cluster": "git", "path": "/g" }, "policy": "nothing" },
        "wiki": { "match": { "host": "wiki.localhost" } },
    });
    policy["policies"] = json!({ "nothing": { "default": "deny" } });
    policy
}

/// The status of a call at this path and host, and the reason of its refusal.
fn call_at(addr: SocketAddr, path: &str, host: &str) -> Option<String> {
    let mut request = call_of("run");
    request.path = path.into();
    request.headers[0].1 = host.into();
    let answer = http1(addr, &request, Duration::from_secs(5)).ok()?;
    let reason = rpc::reason(&answer).unwrap_or_default();
    Some(format!("{} {reason}", answer.status))
}

#[test]
fn each_server_of_a_policy_gets_its_own_calls() {
    if lacks(&[ENVOY]) {
        return;
    }
    let servers = ["files", "git", "wiki"]
        .map(|name| (name, Upstream::start().expect("the upstream starts")));
    let mut options = options(ports::free(), upstream());
    options.upstreams = servers
        .iter()
        .map(|(name, server)| format!("{name}=http://{}/mcp", server.addr()))
        .map(|url| url.parse().expect("a URL"))
        .collect();
    let text = rendered(&policy_of_servers(), &options);
    let envoy = Shipped::run(&options, |_| text);
    let call = |path: &str, host: &str| call_at(envoy.addr(), path, host);
    eventually("Envoy answers", || call("/none", "localhost").is_some());
    let reached = || {
        let paths = servers.iter().map(|(_, server)| {
            let taken = server.take().into_iter();
            taken.map(|request| request.path).collect::<Vec<_>>()
        });
        paths.collect::<Vec<_>>()
    };
    reached();
    for (path, host, outcome, expected) in [
        (
            "/files/mcp?a=b",
            "localhost",
            "200 ",
            [&["/mcp?a=b"][..], &[], &[]],
        ),
        ("/own", "WIKI.localhost", "200 ", [&[], &[], &["/own"]]),
        ("/g", "localhost", "200 not_allowed", [&[], &[], &[]]),
        ("/other", "localhost", "200 not_allowed", [&[], &[], &[]]),
        (
            "/files/mcp/",
            "localhost",
            "200 not_allowed",
            [&[], &[], &[]],
        ),
        (
            "/files/mcp",
            "other.localhost",
            "200 not_allowed",
            [&[], &[], &[]],
        ),
    ] {
        assert_eq!(call(path, host).as_deref(), Some(outcome), "{path} {host}");
        assert_eq!(reached(), expected, "{path} {host}");
    }
}

/// The policy in the configuration that a running Envoy has.
fn arrived(options: &mut Options, policy: &Value) -> String {
    options.admin.set_port(ports::free());
    options.listen.set_port(ports::free());
    let text = rendered(policy, options);
    let _envoy = Shipped::run(options, |_| text);
    let request = Http1Request {
        method: "GET".into(),
        path: "/config_dump".into(),
        body: None,
        ..Http1Request::default()
    };
    let dump = (0..200).find_map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        http1(options.admin, &request, Duration::from_secs(5)).ok()
    });
    let dump: Value = serde_json::from_slice(&dump.expect("Envoy answers").body).expect("JSON");
    configured(&dump).expect("the plugin is configured").into()
}

/// The first text of a `StringValue`.
fn configured(value: &Value) -> Option<&str> {
    match value {
        Value::Object(members) => match members.get("@type").and_then(Value::as_str) {
            Some("type.googleapis.com/google.protobuf.StringValue") => {
                members.get("value")?.as_str()
            }
            _ => members.values().find_map(configured),
        },
        Value::Array(elements) => elements.iter().find_map(configured),
        _ => None,
    }
}
