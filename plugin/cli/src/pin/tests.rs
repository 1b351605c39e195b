//! Pins of a list and a policy, by hand.

use super::definitions::Definitions;
use super::edit;
use super::outcome::Outcome;
use super::pinning::outcomes;
use crate::listed_tools::ListedTools;
use mcp_policy::host::Policy;

const LISTED: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[
    {"name":"run","inputSchema":{"type":"object"}}, {"name":"two"}, {"name":"two","title":"t"},
    {"name":"odd","inputSchema":{"maximum":9007199254740993}}, {"name":"look","description":"Looks."} ]}}"#;
const POLICY: &str = r#"{ "version": "1", "default": "deny",
  "tools": {
    "run": {},
    "look": {
      "pin": "first_use",
      "limits": []
    },
    "gone": { "pin": "first_use" },
    "two": {"frozen":true},
    "odd": { "mode": "shadow" },
    "drop": { "action": "deny" },
    "run*": {}
  } }"#;

fn pins(policy: &str) -> (String, Vec<Outcome>) {
    let document = Policy::document(policy.as_bytes()).unwrap();
    let listed = ListedTools::read(LISTED.as_bytes()).unwrap();
    let listed = Definitions::read(&listed).unwrap();
    let outcomes = outcomes(document.root(), &listed);
    (edit::pinned(policy, document.root(), &outcomes), outcomes)
}

#[test]
fn pinning_changes_only_the_pins() {
    let (written, first) = pins(POLICY);
    // printf %s '{"inputSchema":{"type":"object"},"name":"run"}' | sha256sum, and likewise for `look`.
    let run = "sha256:ead31aa58daedadca1e10185c5b11d410e4da616dae46797fcb7834cb57a38a9";
    let look = "sha256:e756abf43816d1bb262be280c3e5baf8950027d36fe3cbe47e9843271e654ca3";
    let expected = POLICY
        .replace(r#""run": {}"#, &format!(r#""run": {{ "pin": "{run}" }}"#))
        .replacen("first_use", look, 1);
    assert_eq!(written, expected);
    let problems: Vec<_> = first
        .iter()
        .map(|outcome| outcome.problem.is_some())
        .collect();
    assert_eq!(problems, [false, false, true, true, true]);
    let (again, second) = pins(&written);
    assert_eq!(again, written);
    assert!(second.iter().take(2).all(Outcome::is_same));
    let clean = |check| {
        second
            .iter()
            .map(move |outcome| outcome.is_clean(check))
            .collect::<Vec<_>>()
    };
    assert_eq!(clean(true), [true, true, false, true, true]);
    assert_eq!(clean(false), [true, true, false, false, false]);
}

#[test]
fn new_pin_is_inserted_before_first_member() {
    let policy = "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"look\":{\n\t\"mode\": \"shadow\"},\"run\":{\"frozen\":true}}}";
    let (written, _) = pins(policy);
    assert!(written.contains("{\n\t\"pin\": \"sha256:"), "{written}");
    assert!(written.contains("\",\n\t\"mode\""), "{written}");
    assert!(written.contains("{\"pin\": \"sha256:"), "{written}");
    assert!(Policy::parse(written.as_bytes()).is_ok());
}

#[test]
fn tool_of_named_policy_is_pinned_there() {
    let policy = r#"{ "version": "1", "default": "deny", "tools": { "look": {} }, "grants": {},
        "policies": { "ci": { "default": "deny", "tools": { "run": {}, "look": { "action": "deny" } } } } }"#;
    let (written, outcomes) = pins(policy);
    let places: Vec<_> = outcomes.iter().map(|outcome| &*outcome.at).collect();
    assert_eq!(places, ["/tools/look", "/policies/ci/tools/run"]);
    assert_eq!(written.matches("sha256:").count(), 2);
    assert!(
        written.contains(r#""run": { "pin": "sha256:ead31aa5"#),
        "{written}"
    );
    assert!(Policy::parse(written.as_bytes()).is_ok());
}

#[test]
fn definition_that_is_not_as_sent_has_no_pin() {
    let pin = |list: &str| {
        let listed = ListedTools::read(list.as_bytes()).unwrap();
        Definitions::read(&listed).map(|definitions| definitions.pin("run"))
    };
    let as_sent = r#"[{"name":"run","inputSchema":{}}]"#;
    assert!(pin(as_sent).unwrap().is_ok());
    let twice = r#"[{"name":"run","inputSchema":{"type":"object"},"inputSchema":{}}]"#;
    let expected = "two readers may read its definition differently";
    assert_eq!(pin(twice).unwrap(), Err(expected));
    let anthropic = r#"[{"name":"run","input_schema":{}}]"#;
    let told = pin(anthropic).unwrap_err().to_string();
    assert_eq!(
        told,
        "it lists tools in Anthropic's form (`input_schema`), and a pin covers the definition that the server lists; give the server's answer to `tools/list`, which is JSON"
    );
}
