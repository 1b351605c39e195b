//! Turns a value as other systems write it into the one of this language that was probably meant.
//!
//! It never changes a policy and never quotes a text of it, except for the number in a rate and the path of an argument.

use crate::argument_path::{ROOT, member};
use crate::rule_set_pointer::within_set;
use mcp_policy::host::Policy;
use serde_json::json;

/// A suggestion for the invalid JSON value `found` at the JSON Pointer `at`.
pub(super) fn meant(at: &str, found: &str) -> Option<String> {
    let mut steps = at.rsplit('/').filter(|step| step.parse::<usize>().is_err());
    let key = steps.next()?;
    if is_entry(at) {
        return entry(found);
    }
    let text: String = serde_json::from_str(found).ok()?;
    let write = match key {
        "op" => return operator(&text),
        "scope" => scope(&text)?.to_owned(),
        "window" => window(&text)?,
        "rate_limit" => rate(&text)?,
        "path" if at.contains("/conditions/") => path(&text)?,
        "cost" if at.contains("/limits/") => path(&text).filter(|path| !path.contains('*'))?,
        _ => return None,
    };
    (write != text).then(|| format!("did you mean `{write}`?"))
}

/// True for an entry of a table, such as `/tools/search`.
fn is_entry(at: &str) -> bool {
    let steps: Vec<_> = within_set(at).split('/').collect();
    matches!(steps.as_slice(), ["", "tools" | "prompts" | "resources", _])
}

fn entry(found: &str) -> Option<String> {
    let write = match found {
        "true" | "\"allow\"" => "to allow it without rules, write `{}`",
        "false" | "\"deny\"" => "to deny it always, write `{ \"action\": \"deny\" }`",
        _ => return None,
    };
    Some(write.into())
}

fn operator(text: &str) -> Option<String> {
    let operator = match folded(text).as_str() {
        "=" | "==" | "===" | "equal" | "equals" | "is" => "eq",
        "!=" | "!==" | "<>" | "ne" | "notequal" | "notequals" | "isnot" => "neq",
        "<" | "less" | "lessthan" => "lt",
        "<=" | "le" | "lessthanorequal" | "lessorequal" | "max" => "lte",
        ">" | "greater" | "greaterthan" => "gt",
        ">=" | "ge" | "greaterthanorequal" | "greaterorequal" | "min" => "gte",
        "match" | "matches" | "regexp" | "=~" | "~" | "pattern" => "regex",
        "!~" | "notmatch" | "notmatches" | "notregexp" => "not_regex",
        "oneof" | "anyof" | "inlist" => "in",
        "nin" | "notin" | "noneof" => "not_in",
        "include" | "includes" | "has" => "contains",
        "exist" | "present" | "isset" | "defined" => "exists",
        "len" | "size" => "length",
        "startswith" | "prefix" | "hasprefix" => {
            return Some("write `regex`, with a value that begins with `^`, and `\\\\` before each special character".into());
        }
        "endswith" | "suffix" | "hassuffix" => {
            return Some("write `regex`, with a value that ends with `$`, and `\\\\` before each special character".into());
        }
        _ => return None,
    };
    Some(format!("did you mean `{operator}`?"))
}

fn scope(text: &str) -> Option<&'static str> {
    Some(match folded(text).as_str() {
        "user" | "caller" | "client" | "agent" | "key" | "apikey" | "token" | "identity" => "grant",
        "team" | "tenant" | "org" | "organization" | "group" => "claim:<name>",
        "connection" | "conversation" => "session",
        "upstream" => "server",
        "all" | "everyone" | "total" | "*" => "global",
        "ipaddress" | "address" | "sourceip" | "clientip" | "remoteip" => "ip",
        _ => return None,
    })
}

/// A window such as `5 minutes`, as the language writes it.
fn window(text: &str) -> Option<String> {
    let text = folded(text);
    let text = text.strip_prefix("per").unwrap_or(&text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at_checked(digits)?;
    let count: u32 = if count.is_empty() {
        1
    } else {
        count.parse().ok()?
    };
    let (name, short) = match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => ("second", "s"),
        "m" | "min" | "mins" | "minute" | "minutes" => ("minute", "m"),
        "h" | "hr" | "hrs" | "hour" | "hours" => ("hour", "h"),
        "d" | "day" | "days" | "daily" => ("day", "d"),
        "w" | "week" | "weeks" | "weekly" => ("week", ""),
        "month" | "months" | "monthly" => ("month", ""),
        _ => return None,
    };
    match (count, short) {
        (0, _) => None,
        (1, _) => Some(name.into()),
        (_, "") => None,
        _ => Some(format!("{count}{short}")),
    }
}

/// A rate such as `10 per minute`, as the language writes it.
fn rate(text: &str) -> Option<String> {
    let split = text.split_once('/').or_else(|| text.split_once(" per "));
    let (max, unit) = split.or_else(|| text.split_once(" a "))?;
    let max: u64 = max.trim().parse().ok()?;
    let window = window(unit)?;
    let has_count = window.starts_with(|c: char| c.is_ascii_digit());
    Some(if has_count {
        format!("{{\"max\": {max}, \"window\": \"{window}\"}}")
    } else {
        format!("{max}/{window}")
    })
}

/// A path such as `channel` or `$.arguments.channel`, as the language writes it.
fn path(text: &str) -> Option<String> {
    const OTHER_ROOTS: &[&str] = &["arguments", "argument", "arg", "inputs", "input"];
    if let Some(name) = text.strip_prefix("headers.") {
        return Some(format!("header.{name}")).filter(|path| is_path(path));
    }
    let text = text.strip_prefix("$.").unwrap_or(text);
    let text = text.strip_prefix("params.").unwrap_or(text);
    let below = |root: &&str| text.strip_prefix(*root)?.strip_prefix('.');
    let name = OTHER_ROOTS.iter().find_map(below).unwrap_or(text);
    let is_other = name.is_empty()
        || ["args", "time", "header"]
            .iter()
            .any(|root| is_below(name, root));
    let path = match name.contains(['.', '[']) {
        true => format!("{ROOT}.{name}"),
        false => member(ROOT, name),
    };
    (!is_other && is_path(&path)).then_some(path)
}

fn is_below(path: &str, root: &str) -> bool {
    let rest = path.strip_prefix(root);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Whether the engine reads a text as a path.
fn is_path(text: &str) -> bool {
    let condition = json!({ "path": text, "op": "eq", "value": "" });
    let all_tools = json!({ "require": [{ "conditions": [condition] }] });
    let policy = json!({ "version": "1", "default": "deny", "all_tools": all_tools });
    Policy::parse(policy.to_string().as_bytes()).is_ok()
}

/// Lower case, without the characters that join words.
fn folded(text: &str) -> String {
    let parts = text.chars().filter(|c| !"_- ".contains(*c));
    parts.collect::<String>().to_lowercase()
}
