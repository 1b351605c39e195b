//! Turns approvals into pages, and looks for the parts that a person must see.
//!
//! It never opens a browser.

mod arguments;
mod json;
mod pages;
mod text;

use super::{Action, Detail, Standing, Summary, Visit, detail};
use crate::words::Millis;
use crate::words::json::{Bounds, Document, Surrogates};

const ASKED: Millis = Millis(1_796_000_000_000);
const NOW: Millis = Millis(1_796_000_180_000);
const EXPIRES: Millis = Millis(1_796_000_900_000);
const VISIT: Visit<'_> = Visit {
    path: "/approvals",
    approver: "alice@acme.example",
    now: NOW,
};
const DECIDE: Action<'_> = Action::Decide { csrf: "token" };
const DEPLOY: Summary<'_> = Summary {
    id: "0123456789abcdef0123456789abcdef",
    standing: Standing::Pending,
    grant: "ci",
    server: Some("python"),
    kind: "tool",
    name: "deploy",
    asked: ASKED,
    expires: EXPIRES,
    rule: "/tools/deploy/require_approval",
};

/// The arguments as the engine reads them.
fn read(json: &str) -> Document<'_> {
    let bounds = Bounds {
        depth: 64,
        values: 100_000,
        surrogates: Surrogates::Refused,
    };
    Document::read(json.as_bytes(), bounds).unwrap()
}

/// The page of a call with these arguments.
fn page_of(summary: Summary<'_>, arguments: &str) -> String {
    let document = read(arguments);
    let approval = Detail {
        summary,
        message: None,
        arguments: document.root(),
        input: None,
        decided: None,
        lately: &[],
    };
    detail(&VISIT, &approval, &DECIDE)
}

/// The part of a text from one mark up to another.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text
        .split_once(from)
        .unwrap_or_else(|| panic!("no {from} in {text}"));
    rest.split_once(to)
        .unwrap_or_else(|| panic!("no {to} after {from} in {text}"))
        .0
}
