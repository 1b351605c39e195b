//! Findings of `check` and `test` in the forms of CIs, compared with the files in `tests/ci/`. `BLESS=1` writes these.

use super::{Finding, Level, Rule, annotations, sarif};
use crate::check::{Options, check};
use crate::input::Input;
use crate::test::Suite;
use mcp_policy_cases::corpus;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Mistakes on one line and on several, behind letters of one and of two units of UTF-16, and one with two places.
const MISTAKES: &str = r#"{ "version": "1",
  "default": "deny",
  "tools": { "é🧮": { "denny": true },
    "run": { "action": [
      "allow"
    ] } } }
"#;

/// Two warnings and a note, with help.
const DOUBTS: &str = r#"{ "version": "1", "default": "deny", "tools": {
  "run": { "rate_limit": "1/minute", "require": [ { "conditions": [ { "path": "args.a", "op": "regex", "value": "b" } ] } ] },
  "get": { "rate_limit": "1/minute" } } }
"#;

fn findings(name: &str, policy: &str) -> Vec<Finding> {
    let input = Input {
        name: name.into(),
        bytes: policy.into(),
    };
    check(&input, None, &Options::default()).findings()
}

fn of_policies() -> Vec<Finding> {
    let mistakes = findings("./policies/a b/100%, é:.json", MISTAKES);
    let doubts = findings("doubts.json", DOUBTS);
    mistakes.into_iter().chain(doubts).collect()
}

/// A case that fails, one that is broken, and a policy with rules that no case reaches.
fn of_cases(why: &str) -> Vec<Finding> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readme");
    let case = json!({ "why": why, "policy_file": "policy.json", "steps": [
        { "call": "run", "arguments": { "command": "npm test" }, "expect": "forward" },
        { "call": "run", "arguments": { "command": "git push" }, "expect": "forward" },
        { "call": "none" },
    ] });
    let text = format!("{case:#}\n");
    let case = corpus::parse("cases/a.json", &text, &folder).expect("a case");
    let mut suite = Suite::new(true);
    suite.play("cases/a.json", Path::new("cases/a.json"), &case);
    suite.locate(&text);
    suite.broken("cases/b.json", "it is not UTF-8".into());
    suite.report().findings()
}

/// The text is that of the file, but for the version.
fn expect(name: &str, text: &str) {
    let version = format!("\"semanticVersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let text = text.replace(&version, "\"semanticVersion\": \"0.0.0\"");
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/ci")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &text).expect("it can be written");
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(expected == text, "{name}: expected\n{expected}seen\n{text}");
}

#[test]
fn findings_are_the_expected_ones_in_each_form() {
    for (command, findings) in [
        ("check", of_policies()),
        ("test", of_cases("The model only runs tests.")),
    ] {
        assert!(findings.len() > 3, "{findings:?}");
        expect(&format!("{command}.txt"), &annotations(&findings));
        let log = sarif(command, &findings).expect("JSON");
        expect(&format!("{command}.sarif"), &log);
    }
    let none: Json = serde_json::from_str(&sarif("check", &[]).expect("JSON")).expect("JSON");
    assert_eq!(none["runs"][0]["results"], json!([]));
    assert_eq!(annotations(&[]), "");
}

/// The name, the properties and the message.
type Command = (String, BTreeMap<String, String>, String);

/// The commands that a runner of GitHub Actions reads from a log.
fn commands(log: &str) -> Vec<Command> {
    log.split(['\n', '\r']).filter_map(command).collect()
}

fn command(line: &str) -> Option<Command> {
    let (head, message) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let properties = properties.split(',').filter_map(|one| one.split_once('='));
    let properties = properties.map(|(name, value)| (name.to_owned(), unescaped(value)));
    Some((name.into(), properties.collect(), unescaped(message)))
}

fn unescaped(text: &str) -> String {
    let text = text.replace("%3A", ":").replace("%2C", ",");
    let text = text.replace("%0D", "\r").replace("%0A", "\n");
    text.replace("%25", "%")
}

const HOSTILE: &str =
    "A%0A,:%25\n::add-mask::e\r\n::error file=x,line=1::forged\r ::stop-commands::x\n##[add-mask]y";

#[test]
fn hostile_text_begins_no_command_of_its_own() {
    let control: Vec<_> = commands(HOSTILE)
        .into_iter()
        .map(|(name, ..)| name)
        .collect();
    assert_eq!(control, ["add-mask", "error", "stop-commands"]);
    let rule = Rule {
        name: "failed",
        meaning: "",
    };
    let found = Finding::new(Level::Note, rule, HOSTILE, HOSTILE).at(HOSTILE, None);
    let seen = commands(&annotations(&[found]));
    let [(name, properties, message)] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(name, "notice");
    let expected = [("file", HOSTILE), ("title", "failed")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(properties, &BTreeMap::from(expected));
    assert_eq!(message, &HOSTILE.replace("\r\n", "\n").replace('\r', " "));

    let of_case = of_cases(HOSTILE);
    let names: Vec<_> = commands(&annotations(&of_case))
        .into_iter()
        .map(|(name, ..)| name)
        .collect();
    assert_eq!(names.len(), of_case.len(), "{names:?}");
    assert!(
        names
            .iter()
            .all(|name| ["error", "warning"].contains(&&**name)),
        "{names:?}"
    );
    let keys = json!({ "version": "1", "default": "deny", HOSTILE: 1, "tools": { HOSTILE: { HOSTILE: 1 } } });
    let of_policy = findings(HOSTILE, &keys.to_string());
    assert_eq!(commands(&annotations(&of_policy)).len(), of_policy.len());
}

#[test]
fn text_of_grants_is_in_no_form() {
    let forms = |policy: &str| {
        let found = findings("policy.json", policy);
        assert!(!found.is_empty(), "{policy}");
        annotations(&found) + &sarif("check", &found).expect("JSON")
    };
    for grants in [
        r#"{ "a": { "match": { "bearer_sha256": "s3cr3t" }, "s3cr3t": "s3cr3t" }, "b": "s3cr3t" }"#,
        r#"{ "a": { "match": { "claim": { "sub": ["s3cr3t"] } } } }"#,
        "{ 's3cr3t': s3cr3t }",
    ] {
        let policy = format!(r#"{{ "version": "1", "default": "deny", "grants": {grants} }}"#);
        let seen = forms(&policy);
        assert!(!seen.contains("s3cr3t"), "{seen}");
    }
    let control = forms(r#"{ "version": "1", "default": "s3cr3t", "s3cr3t": 1 }"#);
    assert!(control.contains("s3cr3t"), "{control}");
}

#[test]
fn text_of_a_policy_becomes_no_link() {
    let policy = r#"{ "version": "1", "default": "[here](https://example.com)" }"#;
    let found = findings("policy.json", policy);
    assert!(annotations(&found).contains("[here](https"));
    let log = sarif("check", &found).expect("JSON");
    assert!(log.contains("[here] (https"), "{log}");
    assert!(!log.contains("]("), "{log}");
}

#[test]
fn message_is_bounded_and_visible() {
    let rule = Rule {
        name: "failed",
        meaning: "",
    };
    let long = "\u{202e}a\n".repeat(100_000) + &"b".repeat(100_000);
    let found = Finding::new(Level::Error, rule, "a.json", &long);
    assert!(
        found.message.starts_with("\\u{202e}a\n\\u{202e}a\n"),
        "{found:?}"
    );
    assert!(found.message.ends_with("\n…"), "{found:?}");
    assert_eq!(found.message.lines().count(), 61);
    let long = Finding::new(Level::Error, rule, "a.json", &"b".repeat(100_000));
    assert_eq!(long.message.chars().count(), 1_001);
}

#[test]
fn absolute_path_is_a_uri_of_a_file() {
    let found = findings("/srv/my policies/a.json", MISTAKES);
    let log: Json = serde_json::from_str(&sarif("check", &found).expect("JSON")).expect("JSON");
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(
        place["artifactLocation"],
        json!({ "uri": "file:///srv/my%20policies/a.json" })
    );
}
