//! Policies in `tests/limits/`, with the configuration for each service, and what is found in running ones.
//!
//! The configuration that is written is read again by another reader of YAML than the writer's.

use super::{Format, LimitsReport, compare, limits};
use crate::input::Input;
use crate::report::{CommandResult, Report as _};
use crate::yaml;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    policy: Box<RawValue>,
    limitador: Expected,
    envoy_ratelimit: Expected,
}

#[derive(Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The lines of the configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    writes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    says: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    running: BTreeMap<String, Running>,
}

/// What a running service shows, and the lines of the report.
#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
struct Running {
    text: String,
    #[serde(default)]
    says: Vec<String>,
}

fn input(name: &str, text: &str) -> Input {
    Input {
        name: name.into(),
        bytes: text.into(),
    }
}

/// The lines of a report, with its exit code.
fn says(report: &CommandResult<LimitsReport>) -> Vec<String> {
    let (text, code) = match report {
        Ok(report) => (report.text(), report.status().code()),
        Err(error) => (format!("{error}\n"), 2),
    };
    let text = anstream::adapter::strip_str(&text).to_string();
    let lines = text.lines().map(str::to_owned);
    lines.chain([format!("? {code}")]).collect()
}

impl Expected {
    fn seen(&self, format: Format, policy: &Input) -> Self {
        let report = limits(policy, format);
        let written = report.as_ref().ok().and_then(LimitsReport::configuration);
        let writes = written.unwrap_or_default().lines().map(str::to_owned);
        let running = self.running.iter().map(|(name, running)| {
            let report = compare(policy, format, &input("running", &running.text));
            let (text, says) = (running.text.clone(), says(&report));
            (name.clone(), Running { text, says })
        });
        Self {
            writes: writes.collect(),
            says: says(&report),
            running: running.collect(),
        }
    }
}

fn cases() -> Vec<(PathBuf, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/limits");
    let files = fs::read_dir(folder).expect("tests/limits");
    let cases = files.map(|file| {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("it can be read");
        let case = serde_json::from_str(&text);
        let case = case.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, case)
    });
    cases.collect()
}

#[test]
fn case_policies_have_their_configurations() {
    let mut failures = Vec::new();
    for (path, case) in cases() {
        assert!(!case.why.is_empty(), "{}: `why` is empty", path.display());
        let policy = input("policy.json", case.policy.get());
        let seen = [
            case.limitador.seen(Format::Limitador, &policy),
            case.envoy_ratelimit.seen(Format::EnvoyRatelimit, &policy),
        ];
        if seen == [case.limitador, case.envoy_ratelimit] {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            let text = fs::read_to_string(&path).expect("it can be read");
            let mut file: Json = serde_json::from_str(&text).expect("JSON");
            let [limitador, envoy_ratelimit] = seen;
            file["limitador"] = serde_json::to_value(limitador).expect("JSON");
            file["envoy_ratelimit"] = serde_json::to_value(envoy_ratelimit).expect("JSON");
            fs::write(&path, crate::layout::document(&file)).expect("it can be written");
        } else {
            failures.push(format!("{}: {seen:#?}", path.display()));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn written(case: &Case, format: Format) -> Option<String> {
    let report = limits(&input("policy.json", case.policy.get()), format);
    report.ok()?.configuration().map(str::to_owned)
}

/// The counters of a policy, by its limits.
fn counters(case: &Case) -> Vec<String> {
    let policy = mcp_policy::host::Policy::parse(case.policy.get().as_bytes());
    let shared = policy.expect("a policy").shared_limits();
    let limits = shared.expect("counters").limits.into_iter();
    limits.map(|limit| limit.counter).collect()
}

/// A document as JSON, and the texts of one member of each of its elements.
fn members(document: &Json, pointer: &str) -> Vec<String> {
    let elements = document.as_array().expect("a list").iter();
    let texts = elements.map(|element| element.pointer(pointer).expect("a member"));
    texts
        .map(|text| text.as_str().expect("a text").to_owned())
        .collect()
}

#[test]
fn written_yaml_has_the_names_of_the_policy() {
    let mut count = 0;
    for (path, case) in cases() {
        let Some(text) = written(&case, Format::EnvoyRatelimit) else {
            continue;
        };
        let root = yaml::read(&text).expect("YAML").root.json();
        assert_eq!(
            members(&root["descriptors"], "/key"),
            counters(&case),
            "{}",
            path.display()
        );
        let policy: Json = serde_json::from_str(case.policy.get()).expect("JSON");
        assert_eq!(root["domain"], policy["counters"]["domain"]);
        let text = written(&case, Format::Limitador).expect("both are written");
        let root = yaml::read(&text).expect("YAML").root.json();
        let expressions = members(&root, "/variables/0");
        let named = expressions.iter().map(|expression| key_of(expression));
        assert_eq!(
            named.collect::<Vec<_>>(),
            counters(&case),
            "{}",
            path.display()
        );
        count += counters(&case).len();
    }
    assert!(count > 5, "{count} limits");
}

/// The last key of an expression, by the escapes of the Common Expression Language that are written.
fn key_of(expression: &str) -> String {
    let begins = ["descriptors[0]['", "descriptors.filter("];
    let is_first = expression.starts_with(begins[0]);
    assert!(
        is_first || expression.starts_with(begins[1]),
        "{expression}"
    );
    let literal = match is_first {
        true => expression.strip_prefix(begins[0]),
        false => expression.rsplit_once(")[0]['").map(|(_, rest)| rest),
    };
    let literal = literal.and_then(|rest| rest.strip_suffix("']"));
    let mut chars = literal.expect("a key").chars();
    let mut text = String::new();
    while let Some(char) = chars.next() {
        text.push(match char {
            '\\' => escaped(&mut chars),
            char => char,
        });
    }
    text
}

fn escaped(chars: &mut std::str::Chars<'_>) -> char {
    let kind = chars.next().expect("a character");
    let digits = match kind {
        'u' => 4,
        'U' => 8,
        other => return other,
    };
    let hex: String = chars.take(digits).collect();
    let code = u32::from_str_radix(&hex, 16).expect("digits");
    char::from_u32(code).expect("a character")
}

/// A configuration that the tool wrote is equal to what the policy says; a changed one is not.
#[test]
fn written_file_is_what_a_running_limitador_must_have() {
    let mut count = 0;
    for (path, case) in cases() {
        let Some(text) = written(&case, Format::Limitador).filter(|text| text != "[]\n") else {
            continue;
        };
        let policy = input("policy.json", case.policy.get());
        let status = |text: &str| {
            let report = compare(&policy, Format::Limitador, &input("limits.yaml", text));
            report.expect("limits").status().code()
        };
        assert_eq!(status(&text), 0, "{}", path.display());
        let changed = text.replacen("max_value: ", "max_value: 9", 1);
        assert_eq!(status(&changed), 1, "{}", path.display());
        count += 1;
    }
    assert!(count > 2, "{count} files");
}
