//! Turns approvals into JSON and reads it back.
//!
//! It reads with another reader than the engine's.

use super::{ASKED, DECIDE, DEPLOY, NOW, read};
use crate::page::{
    Action, Decided, Detail, Standing, Summary, detail_json, error_json, list_json, status_json,
};
use serde_json::{Value, json};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn deploy() -> Value {
    json!({
        "id": "0123456789abcdef0123456789abcdef", "state": "pending", "grant": "ci", "server": "python", "kind": "tool",
        "name": "deploy", "asked": "2026-11-30T00:53:20.000Z", "expires": "2026-11-30T01:08:20.000Z",
        "rule": "/tools/deploy/require_approval"
    })
}

#[test]
fn list_has_every_member_of_an_approval() {
    assert_eq!(parsed(&list_json(&[])), json!({ "approvals": [] }));
    assert_eq!(
        parsed(&list_json(&[DEPLOY, DEPLOY])),
        json!({ "approvals": [deploy(), deploy()] })
    );
    let without = Summary {
        server: None,
        ..DEPLOY
    };
    assert_eq!(
        parsed(&list_json(&[without]))["approvals"][0].get("server"),
        None
    );
}

#[test]
fn detail_has_the_arguments_as_they_were_received() {
    let document = read("{\"n\": 1.50, \"t\":\"\\u0041\u{202e}\"}");
    let decided = Decided {
        by: "bob",
        at: NOW,
        reason: Some("no \"risk\""),
    };
    let approval = Detail {
        summary: DEPLOY,
        message: Some("A person."),
        arguments: document.root(),
        input: None,
        decided: Some(decided),
        lately: &[Summary {
            standing: Standing::Used,
            ..DEPLOY
        }],
    };
    let text = detail_json(&approval, None);
    assert!(
        text.contains("\"arguments\":{\"n\": 1.50, \"t\":\"\\u0041\u{202e}\"}"),
        "{text}"
    );
    let mut expected = deploy();
    expected["message"] = "A person.".into();
    expected["arguments"] = json!({ "n": 1.50, "t": "A\u{202e}" });
    expected["decided"] =
        json!({ "by": "bob", "time": "2026-11-30T00:56:20.000Z", "reason": "no \"risk\"" });
    expected["lately"] = json!([{
        "id": DEPLOY.id, "state": "used", "kind": "tool", "name": "deploy", "asked": "2026-11-30T00:53:20.000Z"
    }]);
    assert_eq!(parsed(&text), json!({ "approval": expected }));
}

#[test]
fn detail_has_the_token_or_the_reason_without_one() {
    let document = read("{}");
    let approval = Detail {
        summary: DEPLOY,
        message: None,
        arguments: document.root(),
        input: None,
        decided: None,
        lately: &[],
    };
    let decide = parsed(&detail_json(&approval, Some(&DECIDE)));
    assert_eq!(
        (&decide["csrf"], decide.get("cannot")),
        (&json!("token"), None)
    );
    let cannot = parsed(&detail_json(&approval, Some(&Action::Cannot("Ask ops."))));
    assert_eq!(
        (&cannot["cannot"], cannot.get("csrf")),
        (&json!("Ask ops."), None)
    );
}

#[test]
fn answers_to_the_server_are_in_the_detail() {
    let (document, input) = (read("{}"), read(r#"{"requestState":"s"}"#));
    let approval = Detail {
        summary: DEPLOY,
        message: None,
        arguments: document.root(),
        input: Some(input.root()),
        decided: None,
        lately: &[],
    };
    let answer = parsed(&detail_json(&approval, None));
    assert_eq!(answer["approval"]["input"], json!({ "requestState": "s" }));
}

#[test]
fn status_and_error_have_one_member() {
    assert_eq!(status_json(Standing::Cancelled), r#"{"state":"cancelled"}"#);
    assert_eq!(
        parsed(&error_json("not \"this\"\n")),
        json!({ "error": "not \"this\"\n" })
    );
    assert!(ASKED < NOW);
}
