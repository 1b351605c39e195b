//! Turns the servers, the policies and the grants of a company into one policy, and each of its callers into the tools that
//! this policy gives it.
//!
//! It sends nothing by itself.

use super::super::gateway::verdict;
use super::super::probe::oldest_and_current;
use host_tests::authentication::{ACME, PARTNER};
use host_tests::fleet::{Caller, Credential, Fleet, SERVERS, Server, Setting};
use host_tests::require::{ENVOY, lacks};
use serde_json::{Value, json};

/// The calls of `run` that each engineer has: a counter for each `sub`.
pub(super) const OF_ENGINEER: u64 = 9;
/// The calls of `build` that all engineers have together.
pub(super) const BUILDS: u64 = 14;
/// The calls of `run` that the partner has, all agents have together, and each client has.
pub(super) const OF_PARTNER: u64 = 5;
pub(super) const OF_AGENTS: u64 = 12;
pub(super) const OF_CLIENT: u64 = 8;
/// The calls of `run` that a client has whose own tools say so.
pub(super) const OF_CLIENT_ONE: u64 = 3;
/// The calls of `sync` that a server takes from all callers together.
pub(super) const SYNCS: u64 = 9;
pub(super) const SYNCS_OF_GIT: u64 = 4;

fn limited(counter: &str, max: u64, scope: &str) -> Value {
    // The window is a month, so that its edge practically never comes between two calls of a test.
    json!({ "limits": [{ "counter": counter, "window": "month", "max": max, "scope": scope }] })
}

/// Servers by path, host and cluster; grants by claim, certificate and header.
pub(super) fn policy() -> Value {
    json!({
        "version": "1",
        "default": "deny",
        "host": { "hold_request_headers": true },
        "identity": {
            "issuers": [ACME.issuer, PARTNER.issuer],
            "trusted_headers": ["x-client-id"],
        },
        "servers": {
            "python": { "match": { "cluster": "python-mcp" }, "policy": "server" },
            "files": { "match": { "path": "/files/mcp" }, "policy": "server" },
            "git": { "match": { "host": "git.mcp.example" }, "policy": "git" },
        },
        "policies": {
            "server": { "default": "allow", "tools": { "sync": limited("syncs", SYNCS, "server") } },
            "git": { "default": "allow", "hide": ["drop"],
                "tools": { "sync": limited("syncs", SYNCS_OF_GIT, "server") } },
            "engineers": { "default": "deny", "tools": {
                "run": limited("runs", OF_ENGINEER, "claim:sub"),
                "build": limited("builds", BUILDS, "grant"),
                "sync": {}, "deploy": {}, "drop": {},
            } },
            "partners": { "default": "deny", "tools": {
                "run": limited("runs", OF_PARTNER, "grant"), "sync": {}, "audit": {},
            } },
            "agents": { "default": "deny", "tools": {
                "run": limited("runs", OF_AGENTS, "grant"), "drop": {}, "search": {},
            } },
            "clients": { "default": "deny", "tools": {
                "run": limited("runs", OF_CLIENT, "grant"), "search": {}, "report": {},
            } },
        },
        "grants": {
            "engineering": { "policy": "engineers",
                "match": { "claim": { "iss": ACME.issuer, "groups": "engineering" } } },
            "partner": { "policy": "partners", "match": { "claim": { "iss": PARTNER.issuer, "sub": "*" } } },
            "agents": { "policy": "agents", "match": { "mtls": { "uri_san": "spiffe://acme.example/*" } } },
            "one": { "policy": "clients", "match": { "header": { "x-client-id": "client-one" } },
                "tools": { "run": limited("own", OF_CLIENT_ONE, "grant") } },
            "two": { "policy": "clients", "match": { "header": { "x-client-id": "client-two" } },
                "tools": { "search": { "action": "hide" } } },
        },
    })
}

/// The tools of a caller at a server, in the order of the server's list; none for anybody else.
pub(super) fn tools_of(caller: &str, server: Server) -> Vec<&'static str> {
    let tools: &[&str] = match caller {
        "acme-alice" | "acme-bob" => &["run", "build", "sync", "deploy", "drop"],
        "partner-alice" => &["run", "sync", "audit"],
        "agent-one" | "agent-two" => &["run", "drop", "search"],
        "client-one" => &["run", "search", "report"],
        "client-two" => &["run", "report"],
        _ => &[],
    };
    let hidden = |tool: &str| server.name == "git-mcp" && tool == "drop";
    tools.iter().copied().filter(|tool| !hidden(tool)).collect()
}

/// The server of a name.
pub(super) fn server(name: &str) -> Server {
    let mut all = SERVERS.into_iter();
    all.find(|own| own.name == name).expect("one of the three")
}

/// Runs a test in the oldest Envoy and the current one, under [`policy`].
pub(super) fn on_each(test: impl Fn(&Fleet)) {
    on_each_with(|_| {}, test);
}

/// The same with other choices.
pub(super) fn on_each_with(change: impl Fn(&mut Setting), test: impl Fn(&Fleet)) {
    for (version, binary) in oldest_and_current() {
        println!("Envoy {version}");
        let mut setting = Setting::on(binary);
        change(&mut setting);
        test(&Fleet::start(&policy().to_string(), setting));
    }
}

/// Runs a test that depends on the plugin alone, in the current Envoy under this policy.
pub(super) fn on_current(policy: &Value, change: impl Fn(&mut Setting), test: impl Fn(&Fleet)) {
    if lacks(&[ENVOY]) {
        return;
    }
    let mut setting = Setting::on(None);
    change(&mut setting);
    test(&Fleet::start(&policy.to_string(), setting));
}

pub(super) fn verdict_of(fleet: &Fleet, caller: &Caller, server: Server, tool: &str) -> String {
    verdict(&fleet.call(caller, server, tool).expect("an answer"))
}

/// A caller of [`Fleet::callers`].
pub(super) fn caller(fleet: &Fleet, name: &str) -> Caller {
    let mut callers = fleet.callers().into_iter();
    callers.find(|own| own.name == name).expect("a caller")
}

/// Clients without a credential that names callers by headers, or with an invalid one.
pub(super) fn intruders() -> Vec<Caller> {
    let claimed = [("x-client-id", "client-one"), ("x-claim-sub", "alice")];
    let certificate = [("x-forwarded-client-cert", "URI=spiffe://acme.example/one")];
    [
        ("nobody", Credential::Claimed(Vec::new())),
        ("claims", Credential::Claimed(claimed.into())),
        ("forwarded", Credential::Claimed(certificate.into())),
        ("token", Credential::Token("alice".into())),
        ("key", Credential::Key("client-one".into())),
    ]
    .into_iter()
    .map(|(name, credential)| Caller { name, credential })
    .collect()
}
