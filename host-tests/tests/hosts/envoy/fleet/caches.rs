//! Tests a list in the cache of a client or between it and the gateway: none serves the list of another caller.

use super::setting::{on_current, policy, server, tools_of};
use host_tests::fleet::{AS_EVENTS, request};
use serde_json::Value;

const LIST: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

#[test]
fn list_is_private_to_its_caller_and_kept_for_a_minute() {
    on_current(
        &policy(),
        |_| {},
        |fleet| {
            for caller in fleet.callers() {
                for as_events in [false, true] {
                    let mut request = request(&caller, server("git-mcp"), LIST.into());
                    if as_events {
                        request.headers.push((AS_EVENTS.into(), "1".into()));
                    }
                    let answer = fleet.send(&caller, &request).expect("an answer");
                    let text = String::from_utf8_lossy(&answer.body);
                    let message = text.strip_prefix("data: ").unwrap_or(&text);
                    let message: Value = serde_json::from_str(message).expect("JSON");
                    let result = &message["result"];
                    assert_eq!(result["cacheScope"], "private", "{text}");
                    assert_eq!(result["ttlMs"], 60_000, "{text}");
                    let tools = result["tools"].as_array().expect("tools");
                    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str()).collect();
                    let own = tools_of(caller.name, server("git-mcp"));
                    assert_eq!(names, own.into_iter().map(Some).collect::<Vec<_>>());
                }
            }
        },
    );
}
