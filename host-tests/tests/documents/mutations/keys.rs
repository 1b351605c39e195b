//! Makes mistakes in keys and names, except where an author may write any key.

use super::kind::Kind;
use super::mutant::{Expected, Mutant};
use super::node::{Node, written};
use super::place::Place;
use super::spelling::misspelt;
use fastrand::Rng;
use serde_json::Value;

pub(super) fn misspell_key(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    let Node::Object(members) = policy.at(&place.path) else {
        return None;
    };
    if place.kind.keys().is_empty() || members.is_empty() {
        return None;
    }
    let index = random.usize(..members.len());
    let key = misspelt(&members[index].0, random)?;
    // Keys with this prefix are reserved for other tools, and not keywords of a schema.
    if place.kind == Kind::Schema && key.starts_with("x-") {
        return None;
    }
    if place.kind.keys().contains(&key.as_str()) || members.iter().any(|(other, _)| *other == key) {
        return None;
    }
    let expected = Expected::At(format!(
        "{}/{}",
        place.pointer,
        key.replace('~', "~0").replace('/', "~1")
    ));
    members[index].0 = key;
    Some(Mutant {
        what: "a key misspelt",
        text: written(&policy),
        expected,
    })
}

/// Moves a key of one object into another that does not have it.
pub(super) fn move_key(
    mut policy: Node,
    from: &Place,
    all: &[Place],
    random: &mut Rng,
) -> Option<Mutant> {
    let to = &all[random.usize(..all.len())];
    if from.kind.keys().is_empty() || to.kind.keys().is_empty() || to.path.starts_with(&from.path) {
        return None;
    }
    let Node::Object(members) = policy.at(&from.path) else {
        return None;
    };
    if members.is_empty() {
        return None;
    }
    let index = random.usize(..members.len());
    let member = members[index].clone();
    if to.kind.keys().contains(&member.0.as_str()) {
        return None;
    }
    let pointer = format!("{}/{}", to.pointer, member.0);
    let Node::Object(members) = policy.at(&to.path) else {
        return None;
    };
    members.push(member);
    Some(Mutant {
        what: "a key where it does not belong",
        text: written(&policy),
        expected: Expected::At(pointer),
    })
}

/// Keys of one object whose values may fit each other: exchanging them makes another valid policy.
pub(super) const ALIKE: &[&[&str]] = &[
    &["$schema", "description"],
    &["tools", "prompts", "resources", "methods", "grants"],
    &["require", "deny_if"],
    &[
        "counter", "on_deny", "window", "max", "scope", "reset", "for",
    ],
    &["block", "redact"],
    &["reason", "on_deny", "frozen"],
    &["path", "value", "if_present"],
    &["after", "deny", "on_deny", "scope"],
    &[
        "client_detail",
        "frozen",
        "revoked",
        "forward",
        "metrics",
        "schema",
    ],
    &[
        "slots",
        "max_request_bytes",
        "max_response_bytes",
        "held_bytes",
        "max_depth",
        "longest_call",
        "list_ttl",
    ],
    &["min", "max"],
    &["redact", "block"],
    &["ttl", "hold", "pending"],
];

/// Exchanges the keys of two members of an object.
pub(super) fn exchange_keys(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    let Node::Object(members) = policy.at(&place.path) else {
        return None;
    };
    if place.kind.keys().is_empty() || place.kind == Kind::Schema || members.len() < 2 {
        return None;
    }
    let one = random.usize(..members.len());
    let other = (one + random.usize(1..members.len())) % members.len();
    let keys = [members[one].0.clone(), members[other].0.clone()];
    let alike = |group: &&[&str]| keys.iter().all(|key| group.contains(&key.as_str()));
    // An empty list or object is valid wherever lists or objects are.
    let empty = [one, other].map(|index| match &members[index].1 {
        Node::Object(members) => members.is_empty(),
        Node::Array(elements) => elements.is_empty(),
        Node::Scalar(_) => false,
    });
    if ALIKE.iter().any(alike) || empty.contains(&true) {
        return None;
    }
    let [first, second] = keys;
    let pointers = [&first, &second].map(|key| format!("{}/{key}", place.pointer));
    members[one].0 = second;
    members[other].0 = first;
    Some(Mutant {
        what: "two keys exchanged",
        text: written(&policy),
        expected: Expected::AtOneOf(pointers.into()),
    })
}

/// Repeats a key in one object, at any place: two readers would use different values.
pub(super) fn double_key(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    const MARK: &str = "\u{1}the second\u{1}";
    let Node::Object(members) = policy.at(&place.path) else {
        return None;
    };
    if members.is_empty() {
        return None;
    }
    let (key, value) = members[random.usize(..members.len())].clone();
    let other = [value, Node::Scalar(Value::Null), Node::Object(Vec::new())];
    members.push((MARK.into(), other[random.usize(..3)].clone()));
    let text = written(&policy);
    let mark = Value::from(MARK).to_string();
    let at = text.find(&mark)?;
    Some(Mutant {
        what: "a key given twice",
        text: text.replace(&mark, &Value::from(key).to_string()),
        expected: Expected::Text(Some(at)),
    })
}

pub(super) fn name_everything(mut policy: Node, place: &Place) -> Option<Mutant> {
    let (Kind::Names(Kind::Entry | Kind::Method), Node::Object(members)) =
        (place.kind, policy.at(&place.path))
    else {
        return None;
    };
    members.push(("*".into(), Node::Object(Vec::new())));
    Some(Mutant {
        what: "the key `*`",
        text: written(&policy),
        expected: Expected::At(format!("{}/*", place.pointer)),
    })
}

/// Adds an invisible character to a name.
pub(super) fn respell_name(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    let (Kind::Names(of), Node::Object(members)) = (place.kind, policy.at(&place.path)) else {
        return None;
    };
    // A property may have any name.
    if *of == Kind::Schema {
        return None;
    }
    let index = random.usize(..members.len().max(1));
    let name = &mut members.get_mut(index)?.0;
    let unseen = [' ', '\0', '\u{200b}', '\u{e0041}'][random.usize(..4)];
    match random.bool() {
        true => name.insert(0, unseen),
        false => name.push(unseen),
    }
    let token = name.replace('~', "~0").replace('/', "~1");
    Some(Mutant {
        what: "a name with what nobody sees",
        text: written(&policy),
        expected: Expected::At(format!("{}/{token}", place.pointer)),
    })
}

/// Removes a required key.
pub(super) fn leave_out(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    let needed: &[&str] = match place.kind {
        Kind::Document => &["version", "default"],
        Kind::Group => &["conditions"],
        Kind::Condition => &["path", "op", "value"],
        Kind::Limit => &["counter", "window", "max"],
        Kind::RateLimit => &["window", "max"],
        Kind::Sequence => &["after", "deny", "for"],
        Kind::Redaction => &["regex"],
        Kind::Identity => &["from"],
        Kind::Grant => &["match"],
        Kind::Approvals => &["keys", "url", "approvers"],
        Kind::Counters => &["backend", "cluster", "domain"],
        Kind::Challenge => &["resource_metadata"],
        _ => return None,
    };
    // With grants, the sources of an identity may be left out; the grants that read them are then the mistake.
    if let (Kind::Identity, Node::Object(document)) = (&place.kind, &policy)
        && document.iter().any(|(key, _)| key == "grants")
    {
        return None;
    }
    let Node::Object(members) = policy.at(&place.path) else {
        return None;
    };
    let key = needed[random.usize(..needed.len())];
    let before = members.len();
    members.retain(|(other, _)| other != key);
    (members.len() < before).then(|| Mutant {
        what: "a key left out",
        text: written(&policy),
        expected: Expected::At(place.pointer.clone()),
    })
}
