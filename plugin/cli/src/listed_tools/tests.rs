//! Files as people have them, in `tests/fixtures/tool-files/`, each with its tools or with the whole message about it.

use super::ListedTools;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tool-files")
}

/// The definitions of a file, or the message about it.
fn seen(bytes: &[u8]) -> Json {
    match ListedTools::read(bytes) {
        Ok(listed) => {
            let tools = listed.tools.iter();
            let tools = tools.map(|tool| serde_json::from_str::<Json>(&tool.json).unwrap());
            tools.collect()
        }
        Err(problem) => problem.to_string().into(),
    }
}

#[test]
fn file_gives_its_tools_or_its_message() {
    let expected = folder().join("expected.json");
    let text = fs::read_to_string(&expected).unwrap_or_else(|_| "{}".into());
    let known: BTreeMap<String, Json> = serde_json::from_str(&text).unwrap();
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap());
    let files = files.filter(|file| file.file_name() != "expected.json");
    let seen: BTreeMap<String, Json> = files
        .map(|file| {
            let name = file.file_name().into_string().unwrap();
            (name, seen(&fs::read(file.path()).unwrap()))
        })
        .collect();
    if std::env::var_os("BLESS").is_some() {
        let text = crate::layout::document(&serde_json::to_value(&seen).unwrap());
        return fs::write(expected, text).unwrap();
    }
    for (name, seen) in &seen {
        assert_eq!(Some(seen), known.get(name), "{name}");
    }
    assert_eq!(
        seen.len(),
        known.len(),
        "a file of expected.json is missing"
    );
}

#[test]
fn message_holds_no_secret_and_no_control_character() {
    let text = fs::read_to_string(folder().join("expected.json")).unwrap();
    let known: BTreeMap<String, Json> = serde_json::from_str(&text).unwrap();
    for (name, message) in known {
        let message = message.to_string();
        assert!(
            !message.contains("hunter2") && !message.contains("user:"),
            "{name}: {message}"
        );
        assert!(!message.contains("\\u001b"), "{name}: {message}");
    }
}

#[test]
fn list_longer_than_the_bound_is_refused() {
    let list = |len: usize| format!("[{}]", vec![r#"{"name":"a"}"#; len].join(","));
    assert!(ListedTools::read(list(ListedTools::MAX_LEN).as_bytes()).is_ok());
    let longer = list(ListedTools::MAX_LEN + 1);
    let told = ListedTools::read(longer.as_bytes())
        .unwrap_err()
        .to_string();
    assert_eq!(told, "it has more than 10000 tools");
}

#[test]
fn message_about_any_file_is_short() {
    let long = "x".repeat(100_000);
    for text in [
        format!("<html><title>{long}</title>"),
        format!("{{\"{long}\": 1}}"),
        format!("{{\"jsonrpc\":\"2.0\",\"error\":{{\"code\":1,\"message\":\"{long}\"}}}}"),
        format!("{{\"method\":\"{long}\"}}"),
        format!("{{\"mcpServers\":{{\"a\":{{\"command\":\"{long}\"}}}}}}"),
        format!("[{{\"name\":\"{long}\",\"title\":5}}]"),
        format!("[{{\"name\":\"a\",\"{long}\":{{\"type\":\"object\"}}}}]"),
        format!("HTTP/1.1 400 Bad Request\n\n{long}"),
        format!("HTTP/1.1 307 x\nLocation: https://example.com/{long}\n\n"),
        format!("HTTP/1.1 401 x\nWWW-Authenticate: {long} error=\"{long}\"\n\n"),
        long.clone(),
    ] {
        let told = ListedTools::read(text.as_bytes()).unwrap_err().to_string();
        assert!(told.chars().count() < 600, "{} characters", told.len());
    }
}
