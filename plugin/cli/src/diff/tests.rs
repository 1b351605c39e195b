//! Two policies and a log in `tests/diff/`, with the verdict on each line.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "a test may panic: that is how it fails"
)]

use super::call::Verdict;
use super::comparison::{compare, diff};
use super::options::Options;
use super::policy_replay::PolicyReplay;
use crate::input::Input;
use crate::report::{ExitStatus, Report as _};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    /// Left out where the new policy is compared with what the log decided.
    old: Option<Json>,
    new: Json,
    /// The grant whose calls are reported.
    #[serde(rename = "as")]
    grant: Option<String>,
    /// Lines of the log; a text is a line as it is.
    lines: Vec<Json>,
    /// For each line `same`, `otherwise`, `other`, or why it is undecidable. Left out in a new file, which `BLESS=1`
    /// completes.
    tells: Option<Vec<String>>,
}

fn tells(case: &Case) -> Vec<String> {
    let side =
        |policy: &Json| PolicyReplay::parse(policy.to_string().as_bytes()).expect("a policy");
    let line = |line: &Json| {
        line.as_str()
            .map_or_else(|| line.to_string(), str::to_owned)
    };
    let lines: Vec<_> = case.lines.iter().map(line).collect();
    let options = Options {
        grant: case.grant.clone(),
        ..Options::default()
    };
    let sides = (case.old.as_ref().map(side), side(&case.new));
    let report = compare(sides, &lines.join("\n"), &options);
    let mut tells = vec![String::new(); lines.len()];
    for change in &report.otherwise {
        let verdict = |verdict: &Verdict| match (verdict.needs_approval, verdict.allowed) {
            (true, true) => "allowed by a person",
            (true, false) => "needs an approval",
            (false, true) => "allowed",
            (false, false) => "refused",
        };
        tells[change.line - 1] = format!("{} -> {}", verdict(&change.old), verdict(&change.new));
    }
    for (why, lines) in &report.undecidable {
        lines
            .iter()
            .for_each(|line| tells[line - 1].clone_from(why));
    }
    let silent = tells.iter().filter(|tells| tells.is_empty()).count();
    assert_eq!(
        silent,
        report.same + report.other + report.of_others,
        "every line is counted once"
    );
    tells
}

#[test]
fn grant_that_neither_policy_has_is_an_error() {
    let input = |name: &str, grant: &str| {
        let grants = json!({ grant: { "match": { "anonymous": true }, "policy": "main" } });
        let policy = json!({ "version": "1", "default": "allow", "grants": grants });
        Input {
            name: name.into(),
            bytes: policy.to_string().into_bytes(),
        }
    };
    let (old, new) = (input("old.json", "ada"), input("new.json", "bob"));
    let told = |grant: &str| {
        let options = Options {
            grant: Some(grant.into()),
            ..Options::default()
        };
        let log = Input {
            name: "log".into(),
            bytes: Vec::new(),
        };
        diff(Some(&old), &new, &log, &options).map(|report| report.text())
    };
    let error = told("eve").expect_err("an error").to_string();
    assert_eq!(error, "new.json: `grants` has no `eve`; it has `bob`");
    assert!(told("ada").is_ok() && told("bob").is_ok());
}

#[test]
fn log_without_calls_and_undecidable_calls_on_request_are_findings() {
    let input = |name: &str, text: &str| Input {
        name: name.into(),
        bytes: text.into(),
    };
    let policy = input(
        "policy.json",
        r#"{ "version": "1", "default": "deny", "tools": { "run": { "require": [
            { "conditions": [ { "path": "args.command", "op": "eq", "value": "ls" } ] } ] } } }"#,
    );
    let open = input("open.json", r#"{ "version": "1", "default": "allow" }"#);
    let told = |log: &str, deny_undecidable: bool| {
        let options = Options {
            deny_undecidable,
            ..Options::default()
        };
        let report = diff(Some(&open), &policy, &input("log", log), &options);
        let report = report.expect("a report");
        (report.status(), report.text())
    };
    let (status, text) = told("a line of another program\n", false);
    assert_eq!(status, ExitStatus::Findings);
    assert!(text.starts_with("log: no call was found"), "{text}");
    let line = r#"{"v":1,"event":"decision","time":"2026-01-01T00:00:00.000Z","policy":"0","request_id":"1","grant":"anonymous","method":"tools/call","tool":"run","argument_keys":["command"],"arguments_hash":"0","decision":"allow"}"#;
    let (status, text) = told(line, false);
    assert_eq!(status, ExitStatus::Clean, "{text}");
    assert!(
        text.contains(r#""audit": { "arguments": ["args.command"] }"#),
        "{text}"
    );
    assert_eq!(told(line, true).0, ExitStatus::Findings);
}

#[test]
fn case_logs_give_their_verdicts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diff");
    let mut failures = Vec::new();
    for file in fs::read_dir(folder).expect("tests/diff") {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("it can be read");
        let case: Case = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!case.why.is_empty(), "{}: `why` is empty", path.display());
        let tells = tells(&case);
        if case.tells.as_ref() == Some(&tells) {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            let mut file: Json = serde_json::from_str(&text).expect("JSON");
            file["tells"] = json!(tells);
            fs::write(&path, crate::layout::document(&file)).expect("it can be written");
        } else {
            failures.push(format!("{}: {tells:#?}", path.display()));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
