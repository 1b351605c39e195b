//! Describes limits, windows, scopes and sequence rules.
//!
//! It describes no entry; `rules` does.

use super::build::{about, choice, object, refers, with, words};
use crate::parse::approval::OVER;
use crate::parse::limit::{
    ALGORITHMS, LARGEST_MAX, LIMIT, LONGEST_WINDOW, RATE_LIMIT, REFUNDS, RUNNING,
};
use crate::parse::running::MOST_RUNNING;
use crate::parse::sequence::SEQUENCE;
use serde_json::{Map, Value, json};

pub(super) const RESET: &str =
    "Any text. Another text starts the count, or the memory of a pin, anew.";

pub(super) fn limit() -> Value {
    let running = json!({ "properties": { "window": { "const": RUNNING } } });
    let alone = ["cost", "algorithm", "refund", "over"].map(|key| (key.to_owned(), json!(false)));
    let most = json!({ "maximum": MOST_RUNNING });
    let mut then = Map::from_iter(alone);
    then.insert("max".into(), most);
    let limit = with(a_limit(), "if", running);
    let limit = with(limit, "then", json!({ "properties": then }));
    with(limit, "else", json!({ "properties": { "for": false } }))
}

fn a_limit() -> Value {
    let mut members = vec![
        (
            "counter",
            about(
                refers("text"),
                "The counter's name. Limits with the same name, window and scope share one counter, in all entries.",
            ),
        ),
        (
            "window",
            about(
                json!({ "anyOf": [{ "const": RUNNING }, refers("window")] }),
                "The time in which calls are counted, or `running`: the calls that are under way at once.",
            ),
        ),
        ("max", max()),
        (
            "for",
            about(
                duration(),
                "Beside `running`, the longest call that is counted (default `10m`).",
            ),
        ),
        ("scope", refers("scope")),
        (
            "cost",
            about(
                json!({ "type": "string", "pattern": r"^args[.\[]" }),
                "The path of a number in the arguments that is added in place of 1.",
            ),
        ),
    ];
    members.extend(outcomes());
    object(&LIMIT, &["counter", "window", "max"], members)
}

/// The members that say what counts, and what a full limit does.
fn outcomes() -> Vec<(&'static str, Value)> {
    vec![
        (
            "algorithm",
            about(
                json!({ "enum": words(ALGORITHMS) }),
                "`fixed` (the default) restarts with each window; `sliding` admits at most `max` in every interval of the window's length.",
            ),
        ),
        (
            "refund",
            about(
                json!({ "enum": words(REFUNDS) }),
                "When a call is refunded: `unsent` (the default) if it did not reach the server, `on_error` also if the server's error means that it was not executed, `on_tool_error` also if its result has `isError`, or `never`.",
            ),
        ),
        (
            "over",
            choice(
                OVER,
                "Beyond the limit, a person may approve one call more.",
            ),
        ),
        (
            "on_deny",
            about(
                refers("text"),
                "The message of the refusal when the limit is used up.",
            ),
        ),
        ("reset", about(refers("text"), RESET)),
    ]
}

pub(super) fn rate_limit() -> Value {
    let members = vec![
        ("max", max()),
        ("window", refers("window")),
        ("scope", refers("scope")),
    ];
    let short = json!({ "type": "string", "pattern": "^[0-9]+/[a-z0-9]+$" });
    about(
        json!({ "anyOf": [short, object(&RATE_LIMIT, &["max", "window"], members)] }),
        "One limit on this entry alone, such as `10/minute`.",
    )
}

pub(super) fn max() -> Value {
    about(
        json!({ "type": "integer", "minimum": 0, "maximum": LARGEST_MAX }),
        "The largest count within a window.",
    )
}

pub(super) fn window() -> Value {
    let named = json!({ "enum": ["second", "minute", "hour", "day", "week", "month"] });
    about(
        json!({ "anyOf": [named, duration()] }),
        "`second` to `month`, a number of seconds, or a text like `90s`, `15m`, `2h` or `7d`. Aligned to UTC.",
    )
}

pub(super) fn duration() -> Value {
    json!({ "anyOf": [
        { "type": "integer", "minimum": 1, "maximum": LONGEST_WINDOW },
        { "type": "string", "pattern": "^([0-9]+[smhd]|second|minute|hour|day)$" } ] })
}

pub(super) fn scope() -> Value {
    let one = json!({ "type": "string", "pattern": r"^(grant|session|server|global|ip|(header|claim):.+|args[.\[].+)$", "not": { "pattern": r"^args.*\[\*\]" } });
    about(
        json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] }),
        "The key of the counter: `grant` (the caller), `session`, `server`, `global`, `ip`, `header:<name>`, `claim:<name>`, `args.<path>`, or a list.",
    )
}

pub(super) fn sequence() -> Value {
    let names = |text: &str| with(about(refers("names"), text), "minItems", 1);
    object(
        &SEQUENCE,
        &["after", "deny", "for"],
        vec![
            ("after", names("The tools whose call starts the period.")),
            (
                "deny",
                names("The tools that are refused during the period."),
            ),
            (
                "for",
                about(
                    duration(),
                    "The period: a number of seconds, or a text such as `90s`, `15m`, `2h` or `7d`.",
                ),
            ),
            ("scope", refers("scope")),
            (
                "on_deny",
                about(refers("text"), "The message of the refusal."),
            ),
        ],
    )
}
