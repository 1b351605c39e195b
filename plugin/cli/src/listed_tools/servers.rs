//! Turns the configuration of a client, which lists servers, into the commands that ask them for their tools.
//!
//! It never shows a value that may be a secret: values of headers and variables, and arguments that name or follow one.

use crate::http_url::{is_http, without_secrets};
use crate::sanitize::line;
use serde_json::{Map, Value};

/// The names that clients give the table of servers.
const TABLES: [&str; 3] = ["mcpServers", "servers", "context_servers"];

/// A command for each server of a configuration; `None` for another document.
pub(super) fn commands(document: &Map<String, Value>) -> Option<Vec<String>> {
    let outer = document.get("mcp").and_then(Value::as_object);
    let mut tables = TABLES.iter().filter_map(|table| {
        let found = document.get(*table).or_else(|| outer?.get(*table));
        found?.as_object()
    });
    let servers = tables.next()?;
    let is_server = |server: &Value| {
        server
            .get("command")
            .or_else(|| server.get("url"))
            .is_some()
    };
    let named = document.contains_key("mcpServers");
    (named || servers.values().any(is_server))
        .then(|| servers.values().filter_map(command).collect())
}

fn command(server: &Value) -> Option<String> {
    let url = ["url", "serverUrl", "httpUrl"]
        .iter()
        .find_map(|key| server.get(*key)?.as_str());
    let command = match url {
        Some(url) => format!(
            "mcp-policy scan {}{}",
            without_secrets(url),
            headers(server)
        ),
        None => format!(
            "{}mcp-policy scan -- {}",
            variables(server),
            process(server)?
        ),
    };
    Some(line(&command, 300))
}

fn headers(server: &Value) -> String {
    let names = names(server, "headers");
    names.map(|name| format!(" --header '{name}: …'")).collect()
}

fn variables(server: &Value) -> String {
    names(server, "env")
        .map(|name| format!("{name}=… "))
        .collect()
}

fn names<'a>(server: &'a Value, key: &str) -> impl Iterator<Item = &'a String> {
    let members = server.get(key).and_then(Value::as_object);
    members.into_iter().flat_map(Map::keys)
}

fn process(server: &Value) -> Option<String> {
    let program = server.get("command")?.as_str()?;
    let arguments = server.get("args").and_then(Value::as_array);
    let arguments = arguments.into_iter().flatten().filter_map(Value::as_str);
    let mut words = vec![quoted(program)];
    let mut follows_secret = false;
    for argument in arguments {
        words.push(match follows_secret {
            true => "…".into(),
            false => shown(argument),
        });
        follows_secret =
            names_secret(argument) && argument.starts_with('-') && !argument.contains('=');
    }
    Some(words.join(" "))
}

fn names_secret(argument: &str) -> bool {
    let lower = argument.to_lowercase();
    let words = [
        "token",
        "key",
        "secret",
        "password",
        "auth",
        "bearer",
        "header",
        "credential",
    ];
    words.iter().any(|word| lower.contains(word))
}

/// An argument without its part that may be a secret.
fn shown(argument: &str) -> String {
    if is_http(argument) {
        return quoted(&without_secrets(argument));
    }
    let has_password = argument.contains("://") && argument.contains('@');
    match argument.split_once(['=', ':', ' ']) {
        _ if !names_secret(argument) && !has_password => quoted(argument),
        Some((name, _)) if !has_password => format!("{}=…", quoted(name)),
        None if argument.starts_with('-') => quoted(argument),
        _ => "…".into(),
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.into(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
