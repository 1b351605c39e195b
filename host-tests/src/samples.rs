//! Policies and messages of any size, for what is measured: the README's policy, grown.
//!
//! They are as regular policies and messages are. What an attacker would send is in `policies/`.

use serde_json::json;

/// A limit so high that calls are counted and never refused.
pub const ENOUGH: u64 = 1_000_000_000;

/// A tool that is listed and has no limit.
pub const LISTED: &str = "tool_0";
/// The tool with the limit.
pub const LIMITED: &str = "run";
/// A tool that is not listed.
pub const UNLISTED: &str = "drop_table";

/// The policy of the README with `max` as the limit and so many tools in all, at least the one with the limit.
pub fn policy(tools: usize, max: u64) -> serde_json::Value {
    let limits =
        json!([{ "counter": "run_rate", "window": "minute", "max": max, "scope": "grant" }]);
    let others = (0..tools.saturating_sub(1)).map(|number| (format!("tool_{number}"), json!({})));
    let tools = others.chain([(LIMITED.into(), json!({ "limits": limits }))]);
    let tools: serde_json::Map<_, _> = tools.collect();
    json!({ "version": "1", "default": "deny", "tools": tools })
}

/// A call of `tool` in about `size` bytes.
pub fn call(tool: &str, size: usize) -> Vec<u8> {
    let around = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":@}}}}"#
    );
    around
        .replace('@', &object(size.saturating_sub(around.len())))
        .into_bytes()
}

/// An answer to a request of the server's, in about `size` bytes. No rule judges it: it is only read.
pub fn response(size: usize) -> Vec<u8> {
    let around = r#"{"jsonrpc":"2.0","id":1,"result":@}"#;
    around
        .replace('@', &object(size.saturating_sub(around.len())))
        .into_bytes()
}

/// An object of about `size` bytes: rows of numbers, words, lists and a line of text with escapes.
fn object(size: usize) -> String {
    let row = |number: usize| {
        format!(
            r#"{{"id":{number},"name":"row {number}","price":{number}.25,"tags":["a","b"],"sold":false,"note":"It \"stands\" in a café,\nby the window."}}"#
        )
    };
    let mut rows = String::new();
    let mut number = 0;
    while rows.len() + row(number).len() < size {
        if number > 0 {
            rows.push(',');
        }
        rows.push_str(&row(number));
        number += 1;
    }
    let filler = size.saturating_sub(rows.len() + r#"{"rows":[],"text":""}"#.len());
    format!(r#"{{"rows":[{rows}],"text":"{}"}}"#, "x".repeat(filler))
}
