//! Plays questions about approvals on shared data in memory.

use super::*;
use crate::model::Policy;
use crate::store::Memory;

const POLICY: &str = r#"{ "version": "1", "default": "allow", "approvals": { "keys": ["K"],
    "url": "https://g.example/a", "approvers": { "a": { "claim": { "sub": "p" } } } } }"#;

fn prepared() -> (Store, Memory) {
    let policy = Policy::parse(POLICY.as_bytes()).unwrap();
    let policy = policy.with_environment(|_| Some("k".repeat(32))).unwrap();
    let mut memory = Memory::default();
    let store = Store::prepare(&mut memory, "test", &policy, [7; 16]).unwrap();
    (store, memory)
}

fn request(digest: u8) -> ApprovalRequest {
    ApprovalRequest {
        digest: [digest; 32],
        caller: "caller".into(),
        ttl: Millis(1000),
        text: r#"{"a":1}"#.into(),
    }
}

fn found(report: ApprovalReport) -> Vec<Approval> {
    match report.answer {
        ApprovalAnswer::Found(found) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn asked_approval_is_shown_with_its_description() {
    let (store, mut cells) = prepared();
    let asked = store.approvals(
        &mut cells,
        &ApprovalAsk::Find(vec![request(1)], None),
        Millis(5),
    );
    let [asked] = &found(asked)[..] else { panic!() };
    let shown = store.approvals(&mut cells, &ApprovalAsk::Show(asked.id), Millis(5));
    let [shown] = &found(shown)[..] else { panic!() };
    assert_eq!(shown.text.as_deref(), Some(r#"{"a":1}"#));
}
