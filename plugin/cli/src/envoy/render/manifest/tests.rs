//! Tests that manifests hold exactly the policy and the given texts, and that those of `envoy/` are up to date. `BLESS=1` writes these.

#![allow(clippy::expect_used, reason = "a test may panic: that is how it fails")]

use super::{Gateway, Module, ObjectName, Options, render, render_nginx};
use crate::envoy::render::RenderReport;
use crate::envoy::render::tests::policy_text::hostile;
use crate::envoy::render::tests::{POLICY, options as of_envoy, parts};
use crate::input::Input;
use crate::report::{CommandResult, ExitStatus, Report as _};
use crate::yaml::read;
use serde_json::Value as Json;
use std::fs;
use std::path::Path;

const FLOWING: &str = r#"{ "version": "1", "default": "deny" }"#;

fn options(gateway: Gateway) -> Options {
    Options {
        gateway,
        module: "oci://registry.example/mcp-policy:1.0.0"
            .parse()
            .expect("a place"),
        sha256: None,
        target: "mcp-gateway".parse().expect("a name"),
        namespace: None,
        name: "mcp-policy".parse().expect("a name"),
    }
}

fn input(policy: &str) -> Input {
    Input {
        name: "policy.json".into(),
        bytes: policy.into(),
    }
}

fn report(policy: &str, gateway: Gateway) -> CommandResult<RenderReport> {
    render(&input(policy), &options(gateway))
}

fn rendered(policy: &str, options: &Options) -> String {
    let report = render(&input(policy), options).expect("it renders");
    report.configuration().expect("the policy is valid").into()
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).expect("JSON")
}

/// The policy in a manifest, as its gateway gives it to the plugin.
fn policy_of(manifest: &str, gateway: Gateway) -> Json {
    let manifest = read(manifest).expect("YAML").root.json();
    let place = match gateway {
        Gateway::Istio => "/spec/pluginConfig",
        Gateway::IstioEnvoyFilter => {
            "/spec/configPatches/1/patch/value/typed_config/config/configuration/value"
        }
        Gateway::EnvoyGateway => "/spec/wasm/0/config",
        Gateway::Higress => "/spec/defaultConfig",
    };
    let policy = manifest.pointer(place).expect("a policy").clone();
    policy.as_str().map_or_else(|| policy.clone(), json)
}

#[test]
fn policy_is_read_back_from_every_manifest() {
    for policy in hostile() {
        for gateway in Gateway::ALL {
            let policy = match gateway.holds_headers() {
                true => policy.clone(),
                false => policy.replace("\"hold_request_headers\"", "\"metrics\""),
            };
            let manifest = rendered(&policy, &options(gateway));
            assert_eq!(policy_of(&manifest, gateway), json(&policy), "{manifest}");
        }
    }
}

#[test]
fn policy_keeps_its_lines() {
    let policy = "{\n  \"version\": \"1\",\n\n\t\"default\": \"deny\" }\n";
    let manifest = rendered(policy, &options(Gateway::Istio));
    let lines =
        "  pluginConfig:\n    {\n      \"version\": \"1\",\n\n     \"default\": \"deny\" }\n";
    assert!(manifest.ends_with(lines), "{manifest}");
}

/// A policy with a tool of this name in its second line.
fn with_tool(name: &str) -> String {
    format!("{{ \"version\": \"1\", \"default\": \"deny\",\n  \"tools\": {{ \"{name}\": {{}} }} }}")
}

#[test]
fn name_that_is_longer_than_yaml_reads_is_refused_with_its_line() {
    let longest = with_tool(&"x".repeat(998));
    let longer = with_tool(&"x".repeat(999));
    for gateway in [Gateway::Istio, Gateway::EnvoyGateway, Gateway::Higress] {
        let manifest = rendered(&longest, &options(gateway));
        assert_eq!(policy_of(&manifest, gateway), json(&longest));
        let error = report(&longer, gateway).expect_err("it is refused");
        assert!(
            error
                .to_string()
                .starts_with("policy.json:2: a name is longer"),
            "{error}"
        );
    }
    assert!(
        report(&longer, Gateway::IstioEnvoyFilter).is_ok(),
        "a text stays as it is"
    );
}

#[test]
fn policy_that_holds_headers_is_refused_where_every_request_would_hang() {
    for gateway in Gateway::ALL {
        match report(POLICY, gateway) {
            Ok(report) => assert!(gateway.holds_headers() && report.configuration().is_some()),
            Err(error) => assert!(
                !gateway.holds_headers() && error.to_string().contains("would hang"),
                "{error}"
            ),
        }
        assert!(report(FLOWING, gateway).is_ok(), "{gateway:?}");
    }
    assert!(render_nginx(&input(POLICY), &of_envoy()).is_err());
    assert!(render_nginx(&input(FLOWING), &of_envoy()).is_ok());
}

#[test]
fn policy_with_a_mistake_is_in_no_manifest() {
    for gateway in Gateway::ALL {
        let report = report(r#"{ "version": "1" }"#, gateway).expect("it is checked");
        assert_eq!(
            (report.status(), report.configuration()),
            (ExitStatus::Findings, None)
        );
    }
}

#[test]
fn place_with_special_characters_changes_no_structure() {
    let hostile = "https://files.example/a\"b'\\#{{name}}:%7d,]}&*!|>";
    for gateway in Gateway::ALL {
        let with = |url: &str| Options {
            module: url.parse::<Module>().expect("a place"),
            ..options(gateway)
        };
        let plain = parts(&rendered(FLOWING, &with("https://plain.example")));
        let expected: Vec<_> = plain
            .iter()
            .map(|part| part.replace("https://plain.example", hostile))
            .collect();
        assert_eq!(parts(&rendered(FLOWING, &with(hostile))), expected);
        assert!(plain.contains(&"=https://plain.example".into()));
    }
}

/// The parameters of nginx in single quotes.
fn quoted_parameters(text: &str) -> Vec<String> {
    let (mut found, mut chars) = (Vec::new(), text.chars());
    while chars.by_ref().any(|char| char == '\'') {
        let mut parameter = String::new();
        while let Some(char) = chars.next().filter(|char| *char != '\'') {
            match char {
                '\\' => parameter.extend(chars.next()),
                _ => parameter.push(char),
            }
        }
        found.push(parameter);
    }
    found
}

#[test]
fn policy_is_read_back_from_the_configuration_of_nginx() {
    for policy in hostile() {
        let policy = policy.replace("\"hold_request_headers\"", "\"metrics\"");
        let report = render_nginx(&input(&policy), &of_envoy()).expect("it renders");
        let text: String = report
            .configuration()
            .expect("it is valid")
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .collect();
        let mut named = json(&policy);
        named["host"]["namespace"] = "mcp-policy".into();
        let parameters = quoted_parameters(&text);
        assert_eq!(
            parameters.get(1).map(|text| json(text)),
            Some(named),
            "{text}"
        );
    }
}

#[test]
fn policy_that_nginx_cannot_keep_is_refused_with_the_reason() {
    let policy = |members: &str| {
        format!(r#"{{ "version": "1", "default": "deny", "tools": {{ "x": {{}} }}, {members} }}"#)
    };
    let namespace = policy(r#""host": { "namespace": "mine" }"#);
    let report = render_nginx(&input(&namespace), &of_envoy()).expect("it renders");
    let text = report.configuration().expect("it is valid");
    assert!(text.contains(r#""namespace":"mine""#), "{text}");
    for (members, reason) in [
        (
            r#""identity": { "from": [ { "jwt_claim": "sub" } ], "issuers": ["https://login.example"] }"#,
            "verified",
        ),
        (r#""host": { "filter_state": ["tool"] }"#, "filter state"),
        (
            r#""host": { "audit_collector": { "cluster": "logs", "path": "/logs" } }"#,
            "cluster",
        ),
    ] {
        let error = render_nginx(&input(&policy(members)), &of_envoy()).expect_err("it is refused");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn policy_longer_than_a_parameter_of_nginx_is_refused() {
    let policy = |length: usize| {
        let reason = "x".repeat(length);
        format!(
            r#"{{ "version": "1", "default": "deny", "tools": {{ "x": {{ "action": "deny", "reason": "{reason}" }} }} }}"#
        )
    };
    assert!(render_nginx(&input(&policy(450)), &of_envoy()).is_ok());
    let many = policy(450).replace(
        "\"tools\"",
        &format!(
            "\"prompts\": {{ {} }}, \"tools\"",
            (0..300)
                .map(|n| format!("\"prompt-{n:03}\": {{}}"))
                .collect::<Vec<_>>()
                .join(",")
        ),
    );
    let error = render_nginx(&input(&many), &of_envoy()).expect_err("it is refused");
    assert!(
        error.to_string().contains("nginx reads 4096 at most"),
        "{error}"
    );
}

/// The manifests of `envoy/` beside its configurations.
const SHIPPED: [(&str, Gateway); 4] = [
    ("istio/wasmplugin.yaml", Gateway::Istio),
    ("istio/envoyfilter.yaml", Gateway::IstioEnvoyFilter),
    ("envoy-gateway/policies.yaml", Gateway::EnvoyGateway),
    ("higress/wasmplugin.yaml", Gateway::Higress),
];

#[test]
fn manifests_to_copy_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../envoy");
    let policy = fs::read_to_string(folder.join("policy.json")).expect("a policy");
    let host = "  \"host\": { \"hold_request_headers\": true },\n";
    assert!(policy.contains(host));
    let flowing = policy.replace(host, "");
    let of_nginx = render_nginx(&input(&flowing), &of_envoy()).expect("it renders");
    let of_nginx = of_nginx.configuration().expect("it is valid").to_owned();
    let manifests = SHIPPED.map(|(file, gateway)| {
        let policy = if gateway.holds_headers() {
            &policy
        } else {
            &flowing
        };
        (file, rendered(policy, &options(gateway)))
    });
    for (file, text) in manifests
        .into_iter()
        .chain([("nginx/nginx.conf", of_nginx)])
    {
        let path = folder.join(file);
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            fs::write(&path, &text).expect("it can be written");
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            written, text,
            "{file}: BLESS=1 writes what the template says"
        );
    }
}

#[test]
fn names_of_objects_are_those_of_kubernetes() {
    let longest = "a".repeat(253);
    for name in ["a", "mcp-gateway", "a.b-1", &longest] {
        assert!(name.parse::<ObjectName>().is_ok(), "{name}");
    }
    let longer = "a".repeat(254);
    for name in ["", "A", "a_b", "-a", "a-", "a..b", "a b", "a\nb", &longer] {
        assert!(name.parse::<ObjectName>().is_err(), "{name:?}");
    }
}
