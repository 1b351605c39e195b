//! The places in a policy, and the values that are valid there.

use super::kind::Kind;
use super::node::Node;
use serde_json::Value;

/// A place in a policy.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) path: Vec<usize>,
    pub(super) pointer: String,
    pub(super) kind: Kind,
    /// The last key of the path.
    pub(super) key: String,
    /// The operator beside it, if it is the value of a condition.
    pub(super) op: Option<String>,
}

pub(super) fn places(node: &Node, here: Place, all: &mut Vec<Place>) {
    match node {
        Node::Object(members) => {
            let op = members.iter().find(|(key, _)| key == "op");
            let op = op.map(|(_, value)| match value {
                Node::Scalar(Value::String(op)) => op.clone(),
                _ => String::new(),
            });
            for (index, (key, value)) in members.iter().enumerate() {
                let token = key.replace('~', "~0").replace('/', "~1");
                let member = Place {
                    path: [&here.path[..], &[index]].concat(),
                    pointer: format!("{}/{token}", here.pointer),
                    kind: here.kind.of_member(key, op.as_deref()),
                    key: key.clone(),
                    op: op.clone().filter(|_| here.kind == Kind::Condition),
                };
                places(value, member, all);
            }
        }
        Node::Array(nodes) => {
            for (index, value) in nodes.iter().enumerate() {
                let element = Place {
                    path: [&here.path[..], &[index]].concat(),
                    pointer: format!("{}/{index}", here.pointer),
                    ..here.clone()
                };
                places(value, element, all);
            }
        }
        Node::Scalar(_) => {}
    }
    all.push(here);
}

/// True where any value is valid, as in `eq`, or where validity depends on a keyword of a schema.
pub(super) fn is_open(place: &Place) -> bool {
    let any = ["eq", "neq", "in", "not_in", "contains"];
    let op = place.op.as_deref();
    let operand = place.key == "value" && op.is_none_or(|op| any.contains(&op));
    let within = |name| place.kind == Kind::Free && place.pointer.contains(name);
    let inside = op.is_none() && within("/value/") || within("/schema/");
    operand || inside && !["min", "max", "roots", "base"].contains(&place.key.as_str())
}

/// The other types that are valid there.
pub(super) fn also(place: &Place) -> &'static [&'static str] {
    match (place.key.as_str(), place.op.as_deref()) {
        _ if place.kind == Kind::Schema => &["bool", "object"],
        ("window" | "for" | "longest_call" | "list_ttl" | "ttl" | "hold", _) => {
            &["string", "number"]
        }
        ("frozen", _) => &["bool", "string"],
        ("scope", _) => &["string", "list"],
        ("cluster" | "host" | "path", _) if place.pointer.starts_with("/servers/") => {
            &["string", "list"]
        }
        _ if place.pointer.starts_with("/identity/trusted_headers/") => &["string", "object"],
        ("rate_limit", _) => &["string", "object"],
        ("value", Some("cidr")) => &["string", "list"],
        ("value", Some("within")) => &["list", "object"],
        _ => &[],
    }
}
