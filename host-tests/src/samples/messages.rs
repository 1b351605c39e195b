//! The client messages that are measured: calls and answers of any size.
//!
//! They are regular messages. Those of attackers are in `policies/`.

use serde_json::{Value, json};

/// The longest message that is read under a policy without `host.max_request_bytes`, in bytes.
pub const LONGEST: usize = 768 * 1024;

/// A call of `tool` in about `size` bytes.
pub fn call(tool: &str, size: usize) -> Vec<u8> {
    let around = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":@}}}}"#
    );
    around
        .replace('@', &object(size.saturating_sub(around.len())))
        .into_bytes()
}

/// A call of `tool` with these arguments.
pub fn call_with_arguments(tool: &str, arguments: &Value) -> Vec<u8> {
    let params = json!({ "name": tool, "arguments": arguments });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    call.to_string().into_bytes()
}

/// A call of `bytes` bytes, at least 200, with as many values as a message of its length may have: the one that takes
/// the most memory to read.
pub fn tiny_values(bytes: usize) -> Vec<u8> {
    // The message has twelve values besides those of the list, and in all one value for every four bytes is allowed.
    let values = format!("{}0", "0,0,".repeat((bytes / 4 / 2).saturating_sub(8)));
    let mut text = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"run","arguments":{{"a":[{values}]}}}}}}"#
    );
    let spaces = bytes.saturating_sub(text.len());
    text.extend(std::iter::repeat_n(' ', spaces));
    text.into_bytes()
}

/// An answer to a request of the server, of about `size` bytes. No rule judges it: it is only read.
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
