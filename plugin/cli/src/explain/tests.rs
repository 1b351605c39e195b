//! Calls as callers of each kind of grant, at each kind of server.

use super::{Explanation, Options, explain};
use crate::input::Input;
use crate::report::Report as _;
use mcp_policy_cases::CallerFacts;
use serde_json::{Value as Json, json};

/// A policy whose grants use every kind of `match`, and whose servers use every fact.
fn policy() -> Json {
    json!({
        "version": "1",
        "default": "deny",
        "tools": { "read": {} },
        "identity": {
            "from": [ { "header": "x-user", "set_by_gateway": true } ],
            "issuers": ["https://login.example"],
            "trusted_headers": ["x-team", { "header": "x-groups", "encoding": "base64_json" }],
        },
        "grants": {
            "bearer": { "match": { "bearer_sha256": "AA".repeat(32) }, "policy": "main" },
            "same bearer": {
                "match": { "bearer_sha256": "aa".repeat(32), "header": { "x-team": "ops" } },
                "policy": "main",
            },
            "claim": {
                "match": { "claim": { "sub": "repo:acme/*", "realm_access.roles": "dev", "[\"https://acme.example/team\"]": "*" } },
                "policy": "ci",
                "tools": { "run": { "deny_if": [ { "conditions": [ { "path": "identity.age", "op": "lt", "value": 18 } ] } ] } },
            },
            "mtls": { "match": { "mtls": { "uri_san": "spiffe://acme/*/ci" } }, "policy": "ci" },
            "header": { "match": { "header": { "X-User": "*@acme.example" } }, "policy": "ci" },
            "group": { "match": { "header": { "x-groups": "dev*" } }, "policy": "ci" },
            "nobody": { "match": { "anonymous": true }, "policy": "main" },
            "gone": { "match": { "claim": { "sub": "gone" } }, "policy": "main", "revoked": true },
        },
        "policies": { "ci": { "default": "deny", "tools": { "run": {} } }, "files": { "default": "allow" } },
        "servers": {
            "files": { "match": { "path": ["/files/mcp", "/files"] }, "policy": "files" },
            "git": { "match": { "host": "git.example:8443", "cluster": "git" } },
        },
    })
}

fn told(tool: &str, options: Options) -> Result<Json, String> {
    explained(tool, options).map(|explained| json_of(&explained))
}

fn json_of(explained: &Explanation) -> Json {
    serde_json::from_str(&explained.json().expect("JSON")).expect("JSON")
}

fn explained(tool: &str, options: Options) -> Result<Explanation, String> {
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "arguments": {} } });
    let input = |name: &str, json: &Json| Input {
        name: name.into(),
        bytes: json.to_string().into_bytes(),
    };
    let options = Options {
        times: 1,
        peer: "127.0.0.1".into(),
        ..options
    };
    let told = explain(
        &input("policy.json", &policy()),
        &input("call.json", &call),
        &options,
    );
    told.map_err(|error| error.to_string())
}

fn as_grant(grant: &str) -> Options {
    Options {
        server: Some("git".into()),
        ..of(Some(grant), &[])
    }
}

/// A caller of this grant, with these claims.
fn of(grant: Option<&str>, claims: &[(&str, &str)]) -> Options {
    let claims = claims.iter();
    Options {
        caller: CallerFacts {
            grant: grant.map(str::to_owned),
            claims: claims
                .map(|&(path, value)| (path.into(), value.into()))
                .collect(),
            ..CallerFacts::default()
        },
        ..Options::default()
    }
}

#[test]
fn caller_of_each_kind_of_grant_is_played() {
    for (grant, tool, policy) in [
        ("bearer", "read", "main"),
        ("claim", "run", "ci"),
        ("mtls", "run", "ci"),
        ("header", "run", "ci"),
        ("group", "run", "ci"),
        ("nobody", "read", "main"),
    ] {
        let told = told(
            tool,
            Options {
                server: Some("git".into()),
                ..match grant {
                    "claim" => of(Some(grant), &[("age", "20")]),
                    _ => of(Some(grant), &[]),
                }
            },
        );
        let told = told.expect("an explanation");
        assert_eq!(told["decision"], "allow", "{grant}: {told}");
        assert_eq!(told["applied"]["grant"], grant);
        assert_eq!(told["applied"]["policies"], json!([policy]));
        assert_eq!(told["applied"]["own_tools"] == true, grant == "claim");
    }
}

#[test]
fn caller_whom_its_grant_refuses_is_refused_by_it() {
    let gone = told("read", as_grant("gone")).expect("an explanation");
    assert_eq!(gone["rule"], "/grants/gone/revoked");
    // Whoever has the token and the header matches the other grant of the token too.
    let both = told("read", as_grant("same bearer")).expect("an explanation");
    assert_eq!(
        (&both["decision"], &both["rule"]),
        (&json!("deny"), &json!("/grants"))
    );
}

#[test]
fn caller_of_two_grants_is_told_both_in_the_log_alone() {
    let both = explained("read", as_grant("same bearer")).expect("an explanation");
    assert!(
        both.text().contains("  grants       bearer, same bearer\n"),
        "{}",
        both.text()
    );
    let both = json_of(&both);
    assert_eq!(both["grants"], json!(["bearer", "same bearer"]));
    assert!(
        !both["message"].to_string().contains("same bearer"),
        "{both}"
    );
    let one = told("read", as_grant("bearer")).expect("an explanation");
    assert_eq!(one.get("grants"), None);
}

#[test]
fn stranger_is_told_the_facts_that_the_nearest_grants_miss() {
    let stranger = |claims: &[(&str, &str)]| {
        let options = Options {
            server: Some("git".into()),
            ..of(None, claims)
        };
        explained("run", options).expect("an explanation").text()
    };
    let issuer = ("iss", "https://login.example");
    let near = stranger(&[
        issuer,
        ("sub", "repo:evil/x"),
        ("realm_access.roles", r#"["ops", "dev"]"#),
    ]);
    let lines: Vec<_> = near
        .lines()
        .filter(|line| line.starts_with("  grant `"))
        .collect();
    assert_eq!(
        lines,
        [
            "  grant `claim`: claim `sub` is `repo:evil/x`, wanted `repo:acme/*`; \
                claim `[\"https://acme.example/team\"]` is missing, wanted `*`",
            "  grant `gone`: claim `sub` is `repo:evil/x`, wanted `gone`",
            "  grant `bearer`: bearer token is missing",
            "  grant `mtls`: certificate's `uri_san` is missing, wanted `spiffe://acme/*/ci`",
            "  grant `header`: header `x-user` is missing, wanted `*@acme.example`",
        ],
        "{near}"
    );
    let number = stranger(&[issuer, ("sub", "7")]);
    let line = "grant `gone`: claim `sub` is `7`, which is no text, wanted `gone`\n";
    assert!(number.contains(line), "{number}");
    let admitted = explained("read", as_grant("bearer"))
        .expect("an explanation")
        .text();
    assert!(!admitted.contains("grant `"), "{admitted}");
}

#[test]
fn token_of_a_stranger_is_not_shown() {
    let options = Options {
        server: Some("git".into()),
        headers: vec![("authorization".into(), "Bearer s3cr3t".into())],
        ..Options::default()
    };
    let told = explained("read", options).expect("an explanation");
    let line = "  grant `bearer`: bearer token is another token\n";
    assert!(told.text().contains(line), "{}", told.text());
    let all = told.text() + &json_of(&told).to_string();
    assert!(
        !all.contains("s3cr3t") && !all.to_lowercase().contains("aaaa"),
        "{all}"
    );
}

#[test]
fn given_claim_replaces_made_up_one() {
    let young = Options {
        server: Some("git".into()),
        ..of(Some("claim"), &[("age", "17")])
    };
    let young = told("run", young).expect("an explanation");
    assert_eq!(young["rule"], "/grants/claim/tools/run/deny_if/0");
    let other = Options {
        server: Some("git".into()),
        ..of(Some("claim"), &[("sub", "repo:evil/x")])
    };
    let other = told("run", other).expect("an explanation");
    assert_eq!(other["rule"], "/grants");
    let without_grant = Options {
        server: Some("git".into()),
        ..of(
            None,
            &[
                ("sub", "repo:acme/site"),
                ("realm_access.roles", r#"["dev","ops"]"#),
                (r#"["https://acme.example/team"]"#, "a=b"),
                ("iss", "https://login.example"),
                ("age", "18"),
            ],
        )
    };
    let without_grant = told("run", without_grant).expect("an explanation");
    assert_eq!(without_grant["applied"]["grant"], "claim");
}

#[test]
fn server_is_that_of_path_host_and_cluster() {
    let at = |options: Options| {
        told(
            "read",
            Options {
                caller: of(Some("bearer"), &[]).caller,
                ..options
            },
        )
    };
    let text = |text: &str| Some(text.to_owned());
    let files = at(Options {
        server: text("files"),
        ..Options::default()
    })
    .expect("an explanation");
    assert_eq!(files["applied"]["server"], "files");
    assert_eq!(files["applied"]["policies"], json!(["files", "main"]));
    let git = at(Options {
        host: text("git.example:8443"),
        cluster: text("git"),
        ..Options::default()
    });
    assert_eq!(git.expect("an explanation")["applied"]["server"], "git");
    let files = at(Options {
        path: text("/files?a=1"),
        ..Options::default()
    });
    assert_eq!(files.expect("an explanation")["applied"]["server"], "files");
    let none = at(Options::default()).expect("an explanation");
    assert_eq!(none["rule"], "/servers");
}

#[test]
fn line_names_the_policy_that_was_given() {
    let hash =
        |grant: &str| told("read", as_grant(grant)).expect("an explanation")["policy"].clone();
    assert_eq!(hash("bearer"), hash("nobody"));
}

#[test]
fn unknown_grant_claim_and_name_are_errors() {
    let grant = told("read", as_grant("alice")).expect_err("an error");
    assert!(
        grant.contains("`grants` has no `alice`; it has `bearer`, "),
        "{grant}"
    );
    let claim = of(None, &[("[0]", "x")]);
    assert!(
        told("read", claim)
            .expect_err("an error")
            .contains("names no claim")
    );
    let name = Options {
        caller: CallerFacts {
            certificate: vec![("cn".into(), "x".into())],
            ..CallerFacts::default()
        },
        ..Options::default()
    };
    let name = told("read", name).expect_err("an error");
    assert!(name.contains("`cn` is no name of a certificate"), "{name}");
}

#[test]
fn call_that_a_person_approves_names_its_rule_and_no_link() {
    let page = json!({
        "url": "https://gateway.example/approvals",
        "approvers": { "ops": { "mtls": { "uri_san": "spiffe://acme/ops" } } },
    });
    let endpoint = json!({ "cluster": "approvals", "path": "/ask", "key": "KEY" });
    for place in [page, json!({ "service": endpoint })] {
        approval_is_told(place);
    }
}

fn approval_is_told(mut approvals: Json) {
    approvals["keys"] = json!(["KEY"]);
    let policy = json!({
        "version": "1",
        "default": "deny",
        "approvals": approvals,
        "tools": { "deploy": { "require_approval": {} }, "read": {} },
    });
    let text = |tool: &str| {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool } });
        let input = |name: &str, json: &Json| Input {
            name: name.into(),
            bytes: json.to_string().into_bytes(),
        };
        let options = Options {
            times: 1,
            ..Options::default()
        };
        let told = explain(
            &input("policy.json", &policy),
            &input("call.json", &call),
            &options,
        );
        let text = told.unwrap_or_else(|error| panic!("{error}")).text();
        anstream::adapter::strip_str(&text).to_string()
    };
    let asked = text("deploy");
    assert!(
        asked.starts_with("needs an approval by /tools/deploy/require_approval\n"),
        "{asked}"
    );
    assert!(!asked.contains("https://"), "{asked}");
    assert!(text("read").starts_with("allowed\n"));
}
