//! Policies in `tests/check/`, with their findings and the underlined characters.

use super::checker::{check, checked};
use super::file::check_file;
use super::location::Located;
use super::meaning::meaning;
use super::report::{Checked, Options};
use super::tool_index::ToolIndex;
use crate::input::Input;
use crate::listed_tools::ListedTools;
use crate::report::Report as _;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    policy: Option<Box<RawValue>>,
    policy_text: Option<String>,
    /// A file of YAML with policies, by its lines.
    manifest: Option<Vec<String>>,
    tools: Option<Json>,
    /// The present time, in seconds since 1970.
    now: Option<u64>,
    /// The sentences about the most expensive messages.
    #[serde(default)]
    dearest: Vec<String>,
    /// Left out in a new file, which `BLESS=1` completes.
    findings: Option<Vec<Found>>,
}

#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
struct Found {
    is: String,
    at: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also: Vec<String>,
    /// The text that is underlined, or its first line.
    on: String,
    says: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl Case {
    fn seen(&self) -> (Vec<Found>, Vec<String>) {
        if let Some(lines) = &self.manifest {
            return in_manifest(&(lines.join("\n") + "\n"));
        }
        let text = match (&self.policy, &self.policy_text) {
            (Some(policy), None) => policy.get(),
            (None, Some(text)) => text,
            _ => panic!("one of `policy`, `policy_text` and `manifest` must be there"),
        };
        let tools = self
            .tools
            .as_ref()
            .map(|tools| ListedTools::read(tools.to_string().as_bytes()).expect("tools"))
            .map(|listed| ToolIndex::new(&listed));
        let Checked {
            diagnostics,
            dearest,
        } = checked(text.as_bytes(), tools.as_ref(), self.now);
        let found = diagnostics.iter().map(|finding| Found::new(finding, text));
        let sentences = dearest.iter().map(|cost| cost.sentence());
        (found.collect(), sentences.collect())
    }
}

impl Found {
    fn new(finding: &Located, text: &str) -> Self {
        let level = serde_json::to_value(finding.level).expect("a text");
        let level = level.as_str().expect("a text");
        Self {
            is: format!("{level} {}", finding.name),
            at: finding.at.clone(),
            also: finding.also.clone(),
            on: first_line(text.get(finding.span.clone()).expect("a span of the text")),
            says: finding.message.clone(),
            help: finding.help.clone(),
        }
    }
}

/// The findings about all policies of a file.
fn in_manifest(text: &str) -> (Vec<Found>, Vec<String>) {
    let file = Input {
        name: "manifest.yaml".into(),
        bytes: text.into(),
    };
    let reports = check_file(&file, None, &Options::default(), None).expect("it is checked");
    let findings = reports.iter().flat_map(|report| &report.diagnostics);
    let sentences = reports.iter().flat_map(|report| &report.dearest);
    (
        findings.map(|finding| Found::new(finding, text)).collect(),
        sentences.map(|cost| cost.sentence()).collect(),
    )
}

#[test]
fn case_policies_give_their_findings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let mut failures = Vec::new();
    let mut names = BTreeSet::new();
    for file in fs::read_dir(folder).expect("tests/check") {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("it can be read");
        let case: Case = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!case.why.is_empty(), "{}: `why` is empty", path.display());
        let (found, dearest) = case.seen();
        names.extend(found.iter().map(|found| found.is.clone()));
        if case.findings.as_ref() == Some(&found) && case.dearest == dearest {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            let mut file: Json = serde_json::from_str(&text).expect("JSON");
            if !dearest.is_empty() {
                file["dearest"] = dearest.into();
            }
            file["findings"] = serde_json::to_value(found).expect("JSON");
            fs::write(&path, crate::layout::document(&file)).expect("it can be written");
        } else {
            failures.push(format!("{}: {found:#?} {dearest:#?}", path.display()));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    let known = NAMES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        names, known,
        "each kind of finding has a case, and no case another"
    );
    for name in NAMES {
        let name = name.split(' ').nth(1).expect("a level before it");
        assert!(!meaning(name).is_empty(), "{name} has no meaning");
    }
}

#[test]
fn error_of_each_invalid_policy_has_its_own_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/invalid");
    let mut count = 0;
    for file in fs::read_dir(folder).expect("policies/invalid") {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("it can be read");
        let case: Invalid = serde_json::from_str(&text).expect("a case");
        let policy = case.policy.map(|policy| policy.get().to_owned());
        let policy = policy.or(case.policy_text).expect("a policy");
        for found in checked(policy.as_bytes(), None, None).diagnostics {
            let on = policy.get(found.span).expect("a span of the text");
            let is_whole = on.trim() == policy.trim() && found.name != "json";
            assert!(
                !is_whole || found.at.is_empty(),
                "{}: {}",
                path.display(),
                found.at
            );
            count += 1;
        }
    }
    assert!(count > 200, "{count} errors");
}

/// A case of the corpus, as far as its policy.
#[derive(Deserialize)]
struct Invalid {
    policy: Option<Box<RawValue>>,
    policy_text: Option<String>,
}

#[test]
fn line_of_broken_json_that_may_hold_token_is_not_shown() {
    let shown = |text: &str| {
        let input = Input {
            name: "policy.json".into(),
            bytes: text.into(),
        };
        check(&input, None, &Options::default()).text()
    };
    for name in ["\"grants\"", "grants", "'grants'"] {
        let text = format!("{{ {name}: {{ x: 's3cr3t' }} }}");
        let text = shown(&text);
        assert!(text.contains("quotes; write"), "{text}");
        assert!(!text.contains("s3cr3t"), "{text}");
    }
    let control = shown("{ tools: { x: 's3cr3t' } }");
    assert!(control.contains("s3cr3t"), "{control}");
}

/// Every kind of finding.
const NAMES: &[&str] = &[
    "error invalid-value",
    "error json",
    "error missing-key",
    "error no-header-holding",
    "error unknown-key",
    "error unsupported",
    "error yaml",
    "note allowed-by-default",
    "note anonymous-quota",
    "note counted-apart",
    "note counts-restart",
    "note first-use",
    "note held-headers",
    "note identity-header",
    "note lists-in-common",
    "note not-replayed",
    "note open-ended",
    "note other-ways-out",
    "note pin-unseen",
    "note redirects",
    "note refund-by-answers",
    "note server-by-cluster",
    "note longest-call",
    "note symbolic-links",
    "note directories-alike",
    "note waiting-requests",
    "warning anonymous-approvals",
    "warning any-issuer",
    "warning beyond-the-budget",
    "warning contained-grant",
    "warning covered-name",
    "warning denies-everything",
    "warning expired-grant",
    "warning fails-open",
    "warning foreign-pattern",
    "warning forgeable-address",
    "warning forgeable-header",
    "warning forgeable-scope",
    "warning grant-without-policy",
    "warning hidden-entry",
    "warning larger-limit",
    "warning list-claim",
    "warning never-applies",
    "warning never-holds",
    "warning not-inherited",
    "warning own-approver",
    "warning part-of-a-name",
    "warning session-scope",
    "warning argument-scope",
    "warning short-approval",
    "warning two-counters",
    "warning unanchored",
    "warning undecidable",
    "warning unencrypted-page",
    "warning unknown-argument",
    "warning unmatched-name",
    "warning unused-approvals",
    "warning unused-approver",
    "warning unused-policy",
];

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().into()
}
