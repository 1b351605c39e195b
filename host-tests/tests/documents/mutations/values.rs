//! Makes mistakes in values, except where an author may write any value.

use super::kind::{Kind, WORDS};
use super::mutant::{Expected, Mutant};
use super::node::{Node, written};
use super::place::{Place, also, is_open};
use super::spelling::misspelt;
use fastrand::Rng;
use serde_json::Value;

/// Replaces a value by one of an invalid type; a number also by a text, or by an invalid number.
pub(super) fn change_type(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    if is_open(place) {
        return None;
    }
    let node = policy.at(&place.path);
    let mut others = vec![
        Node::Scalar(Value::Null),
        Node::Scalar(true.into()),
        Node::Scalar("true".into()),
        Node::Scalar(7.into()),
        Node::Array(Vec::new()),
        Node::Object(Vec::new()),
    ];
    let (own, also) = (node.of_type(), also(place));
    others.retain(|other| other.of_type() != own && !also.contains(&other.of_type()));
    if let Node::Scalar(Value::Number(number)) = node {
        others.push(Node::Scalar(number.to_string().into()));
        // Counts are whole numbers, and conditions accept any number.
        if place.op.is_none() {
            others.extend([-1.0, 1.5, 1e300].map(|other| Node::Scalar(other.into())));
        }
    }
    *node = others[random.usize(..others.len())].clone();
    Some(Mutant {
        what: "a value of another type",
        text: written(&policy),
        expected: Expected::At(place.pointer.clone()),
    })
}

/// Puts a value into a list, or takes the only value out of one.
pub(super) fn nest(mut policy: Node, place: &Place) -> Option<Mutant> {
    let node = policy.at(&place.path);
    let either = ["scope", "cidr"]
        .map(|name| place.key == name || place.key == "value" && place.op.as_deref() == Some(name));
    // A server is known by one text or by several.
    let of_server = place.pointer.starts_with("/servers/") && place.pointer.contains("/match/");
    if is_open(place) || place.kind == Kind::Schema || either.contains(&true) || of_server {
        return None;
    }
    *node = match node.clone() {
        Node::Array(mut elements) if elements.len() == 1 => elements.remove(0),
        other => Node::Array(vec![other]),
    };
    Some(Mutant {
        what: "a list too many or too few",
        text: written(&policy),
        expected: Expected::At(place.pointer.clone()),
    })
}

/// Changes a text that has only one valid spelling: adds a space at its end, or a capital at its start.
pub(super) fn respell_value(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    let key = place.key.as_str();
    let texts = [
        "path",
        "cost",
        "scope",
        "window",
        "for",
        "longest_call",
        "list_ttl",
        "ttl",
        "hold",
        "rate_limit",
        "roots",
        "base",
    ];
    let names = [
        "hide",
        "after",
        "deny",
        "header",
        "bearer_sha256",
        "keys",
        "approvers",
    ];
    let operands = ["type", "within", "host_in", "cidr"];
    let operand = key == "value" && place.op.as_deref().is_some_and(|op| operands.contains(&op));
    // The scopes of a login may have any letters.
    let login = place.pointer == "/challenge/scope";
    let written_once = !login && (operand || texts.contains(&key) || names.contains(&key));
    let node = policy.at(&place.path);
    let Node::Scalar(Value::String(text)) = node else {
        return None;
    };
    // A tool or an argument may have any of these names.
    if !written_once || place.kind != Kind::Free || is_open(place) {
        return None;
    }
    let head = text.get(..1)?.to_uppercase();
    *text = match random.bool() {
        true if head != text[..1] && !names.contains(&key) => head + &text[1..],
        _ => format!("{text}{}", [" ", "\n", "\0", "\u{200b}"][random.usize(..4)]),
    };
    Some(Mutant {
        what: "a text written in another way",
        text: written(&policy),
        expected: Expected::At(place.pointer.clone()),
    })
}

pub(super) fn misspell_word(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    let node = policy.at(&place.path);
    let Node::Scalar(Value::String(word)) = node else {
        return None;
    };
    if !WORDS.contains(&place.key.as_str())
        || place.kind != Kind::Free
        || place.pointer.contains("/value")
    {
        return None;
    }
    *word = misspelt(word, random)?;
    if ["lt", "gt", "lte", "gte", "eq", "neq", "in"].contains(&word.as_str()) {
        return None;
    }
    Some(Mutant {
        what: "a word misspelt",
        text: written(&policy),
        expected: Expected::At(place.pointer.clone()),
    })
}
