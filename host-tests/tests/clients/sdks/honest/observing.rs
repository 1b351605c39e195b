//! Adds to a policy every rule that reads answers and changes no honest one.
//!
//! It never allows anything that the policy does not allow.

use serde_json::{Map, Value, json};

/// More calls than any caller of a test makes.
const MANY: u64 = 1_000_000;
/// More bytes than any result of a test has.
const LONG: u64 = 700_000;

/// Adds result rules that differ by tool, so that ids are tracked, limits that refund after errors, and pins with
/// `first_use`.
///
/// # Panics
/// When the policy has such a rule of its own.
pub(in crate::sdks) fn observing(mut policy: Map<String, Value>) -> Map<String, Value> {
    policy.insert("pin_unseen".into(), "allow".into());
    let all = policy.entry("all_tools").or_insert(json!({}));
    let secrets = json!({ "redact": ["secrets"], "max_bytes": LONG });
    add(all, "result", secrets);
    let limits = all
        .as_object_mut()
        .map(|all| all.entry("limits").or_insert(json!([])));
    if let Some(Value::Array(limits)) = limits {
        limits.extend([
            limit("session", "on_error"),
            limit("grant", "on_tool_error"),
        ]);
    }
    let tools = policy.get_mut("tools").and_then(Value::as_object_mut);
    for (number, (name, entry)) in tools.into_iter().flatten().enumerate() {
        let never = format!("in no answer of tool {number}: [0-9]{{9}}");
        add(entry, "result", json!({ "redact": [{ "regex": never }] }));
        if !name.contains('*') {
            add(entry, "pin", "first_use".into());
        }
    }
    policy
}

fn add(entry: &mut Value, key: &str, rule: Value) {
    let entry = entry.as_object_mut().expect("an entry is an object");
    let own = entry.insert(key.into(), rule);
    assert_eq!(own, None, "the policy has a `{key}` of its own");
}

fn limit(scope: &str, refund: &str) -> Value {
    let counter = format!("observed {scope}");
    json!({ "counter": counter, "window": "month", "max": MANY, "scope": scope, "refund": refund })
}
