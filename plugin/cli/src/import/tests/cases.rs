//! Documents of Intercept in `tests/import/`, with its decisions about calls and the messages of the import.

use super::Ours;
use crate::import::importer::translate;
use crate::import::messages::{Level, Message};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    yaml: Vec<String>,
    /// A person approves calls: the policy has approvers.
    #[serde(default)]
    approves: bool,
    /// The messages in order; left out in a new file, which `BLESS=1` completes.
    says: Option<Vec<String>>,
    #[serde(default)]
    calls: Vec<Call>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    /// Seconds since the beginning of a day.
    #[serde(default)]
    at: u64,
    call: String,
    arguments: Option<Json>,
    intercept: Verdict,
    /// Where it is another.
    ours: Option<Verdict>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Allow,
    Deny,
    /// A person approves the call.
    Ask,
}

/// The approvers of each case that has some.
fn approvals() -> Json {
    json!({
        "keys": ["MCP_POLICY_APPROVAL_KEY"],
        "url": "https://gateway.example/approvals",
        "approvers": { "ops": { "claim": { "groups": "ops" } } },
    })
}

#[test]
fn recorded_decisions_are_those_of_intercept() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let mut failures = Vec::new();
    let mut calls = 0;
    let files = fs::read_dir(folder).expect("tests/import");
    for file in files {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("it can be read");
        let case: Case = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!case.why.is_empty(), "{}: `why` is empty", path.display());
        calls += case.calls.len();
        let play = Play {
            case: &case,
            path: &path,
        };
        failures.extend(
            play.failures(&text)
                .into_iter()
                .map(|what| format!("{}: {what}", path.display())),
        );
    }
    assert!(calls > 100, "{calls} calls are too few for a corpus");
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

struct Play<'a> {
    case: &'a Case,
    path: &'a Path,
}

impl Play<'_> {
    fn failures(&self, text: &str) -> Vec<String> {
        let mut failures = Vec::new();
        let approvals = self.case.approves.then(approvals);
        let yaml = self.case.yaml.join("\n") + "\n";
        let (policy, messages) = translate(yaml.as_bytes(), approvals.as_ref());
        let says: Vec<_> = messages.list.iter().map(said).collect();
        if self.case.says.as_ref() != Some(&says) {
            match std::env::var_os("BLESS") {
                Some(_) => self.bless(text, &says),
                None => failures.push(format!("says {says:#?}")),
            }
        }
        if messages.worst() == Level::Cannot {
            if !self.case.calls.is_empty() {
                failures.push("nothing is written, so no call can be played".into());
            }
            return failures;
        }
        let mut ours = Ours::new(&policy.expect("a policy"));
        for (index, call) in self.case.calls.iter().enumerate() {
            let now = 1_767_225_600_000 + call.at * 1000;
            let decided = ours.decides(&call.call, call.arguments.as_ref(), now);
            let seen = match decided {
                Ok(()) => Verdict::Allow,
                Err(reason) if reason == "approval_required" => Verdict::Ask,
                Err(_) => Verdict::Deny,
            };
            let expected = call.ours.unwrap_or(call.intercept);
            if seen != expected {
                failures.push(format!(
                    "call {}: expected {expected:?}, saw {seen:?}",
                    index + 1
                ));
            }
            let looser = call.intercept != Verdict::Allow && expected == Verdict::Allow;
            let asks = expected == Verdict::Ask && call.intercept == Verdict::Allow;
            let unsaid = expected != call.intercept && !asks && messages.worst() != Level::Stricter;
            if looser || unsaid {
                failures.push(format!("call {} may not be decided differently", index + 1));
            }
        }
        failures
    }

    fn bless(&self, text: &str, says: &[String]) {
        let mut file: Json = serde_json::from_str(text).expect("JSON");
        file["says"] = json!(says);
        fs::write(self.path, crate::layout::document(&file)).expect("it can be written");
    }
}

fn said(line: &Message) -> String {
    let Message {
        level,
        at,
        line,
        column,
        message,
    } = line;
    format!("{line}:{column}: {level}: {at}: {message}")
}
