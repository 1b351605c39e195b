//! Flags change one value each, and a text that YAML, Envoy or a person would read otherwise is refused.

use super::super::{Domain, Endpoint, Name, Options, PolicySource, Upstream};
use super::{POLICY, options, parts, rendered, report};
use crate::report::{ExitStatus, Report as _};
use std::collections::BTreeMap;
use std::str::FromStr;

const HOSTILE: &str = "/a\"b'\\\n# c: {{ name }}\n- d\r\u{85}\u{2028}.json";

/// The configuration of hostile paths, and that of plain ones with the same change of texts.
#[test]
fn path_with_special_characters_changes_no_structure() {
    let with = |path: &str| Options {
        wasm: path.into(),
        authorities: Some(path.into()),
        source: PolicySource::File(path.into()),
        upstreams: vec!["https://server.example".parse().expect("a URL")],
        ..options()
    };
    let plain = parts(&rendered(POLICY, &with("/plain.json")));
    assert_eq!(
        plain.iter().filter(|part| *part == "=/plain.json").count(),
        3
    );
    let expected: Vec<_> = plain
        .iter()
        .map(|part| part.replace("/plain.json", HOSTILE))
        .collect();
    assert_eq!(parts(&rendered(POLICY, &with(HOSTILE))), expected);
}

fn judged<T: FromStr>(kind: &str) {
    let tables: BTreeMap<String, BTreeMap<String, Vec<String>>> =
        serde_json::from_str(include_str!("../../../../tests/envoy/flags.json")).expect("a table");
    let table = tables.get(kind).expect("a kind");
    for (what, texts) in table {
        for text in texts {
            assert_eq!(T::from_str(text).is_ok(), what == "read", "{kind} {text:?}");
        }
    }
}

#[test]
fn names_addresses_and_urls_are_read_strictly() {
    judged::<Upstream>("upstream");
    judged::<Endpoint>("endpoint");
    judged::<Domain>("domain");
    judged::<Name>("name");
}

#[test]
fn url_with_a_password_is_refused_without_showing_it() {
    let error = "http://u:secret@a/?token=secret".parse::<Upstream>();
    let error = error.expect_err("a password").to_string();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn option_that_envoy_would_refuse_is_an_error() {
    let error = |change: fn(&mut Options)| {
        let mut options = options();
        change(&mut options);
        report(POLICY, &options).expect_err("refused").to_string()
    };
    let names = |options: &mut Options| {
        options.domains = ["A", "a"].map(|name| name.parse().expect("a name")).into()
    };
    assert!(error(names).contains("--domain a is given twice"));
    let https =
        |options: &mut Options| options.upstreams = vec!["https://a".parse().expect("a URL")];
    assert!(error(https).contains("--ca"));
    let relative = |options: &mut Options| options.source = PolicySource::File("p.json".into());
    assert!(error(relative).contains("absolute"));
    let yaml = |options: &mut Options| options.source = PolicySource::File("/p.yaml".into());
    assert!(error(yaml).contains(".json"));
}

#[test]
fn policy_is_needed_where_it_is_part_of_the_configuration_alone() {
    let mut options = options();
    let error = super::super::render(None, &options).expect_err("no policy");
    assert!(error.to_string().contains("--policy-file or --xds"));
    options.source = PolicySource::Xds("127.0.0.1:18000".parse().expect("an address"));
    let report = super::super::render(None, &options).expect("it renders");
    assert!(report.configuration().is_some());
}

#[test]
fn policy_with_a_mistake_is_shown_and_not_written() {
    let wrong = r#"{ "version": "1", "default": "deny", "tool": {} }"#;
    for source in [
        PolicySource::Inline,
        PolicySource::File("/etc/envoy/mcp-policy/plugin.json".into()),
    ] {
        let mut options = options();
        options.source = source;
        let report = report(wrong, &options).expect("a report");
        assert_eq!(report.configuration(), None);
        assert_eq!(report.status(), ExitStatus::Findings);
        assert!(report.text().contains("unknown key `tool`"));
    }
}

#[test]
fn gateway_that_protects_less_is_warned_of() {
    let told = |policy: &str, change: fn(&mut Options)| {
        let mut options = options();
        change(&mut options);
        let report = report(policy, &options).expect("it renders");
        assert_eq!(report.status(), ExitStatus::Clean);
        report.text()
    };
    assert_eq!(told(POLICY, |_| {}), "");
    let unheld = r#"{ "version": "1", "default": "deny" }"#;
    assert!(told(unheld, |_| {}).contains("hold_request_headers"));
    let long = POLICY.replace("true", "true, \"max_request_bytes\": 2000000");
    assert!(told(&long, |_| {}).contains("per_connection_buffer_limit_bytes"));
    let open = |options: &mut Options| options.admin = ([0, 0, 0, 0], 9901).into();
    assert!(told(POLICY, open).contains("can stop Envoy"));
    let listen = |options: &mut Options| options.listen = ([0, 0, 0, 0], 80).into();
    assert!(told(POLICY, listen).contains("--domain"));
    let any = |options: &mut Options| options.domains = vec!["*".parse().expect("a name")];
    assert!(told(POLICY, any).contains("DNS rebinding"));
    let far = |options: &mut Options| {
        options.source = PolicySource::Xds("xds.example:1".parse().expect("an address"));
    };
    assert!(told(POLICY, far).contains("--xds"));
    let near = |options: &mut Options| {
        options.source = PolicySource::Xds("[::1]:1".parse().expect("an address"));
    };
    assert_eq!(told(POLICY, near), "");
}
