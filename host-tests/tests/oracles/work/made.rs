//! Makes random policies and messages that may take much work, and changes them.
//!
//! It makes only valid policies, and knows nothing of their cost.

use fastrand::Rng;
use serde_json::{Value, json};

/// The message of an exchange that takes the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Request,
    Response,
}

/// The structure of the message's texts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// One long text.
    Text,
    /// A list of short texts.
    List,
    /// An object with many members that are short texts.
    Object,
    Numbers,
}

/// A policy and a message.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) part: Part,
    pub(super) policy: Value,
    shape: Shape,
    /// The text to repeat, or the letters to mix.
    unit: String,
    mixed: bool,
    seed: u64,
    bytes: usize,
}

pub(super) struct Made {
    rng: Rng,
}

const ATOMS: &[&str] = &[
    "a",
    "b",
    "[ab]",
    "[a-z]",
    ".",
    r"\d",
    r"\w",
    "(?:a|b|ab)",
    "x",
    r"\b",
    "END",
];

const REPEATS: &[&str] = &[
    "", "*", "+", "?", "{1,9}", "{90}", "{1,400}", "{1,400}", "{700}", "{700}", "*?",
];

const UNITS: &[&str] = &[
    "a", "ab", "aab", "key", "-", "sk-", "eyJ.", "://", "a b", "\u{e9}", "1", "secret", "\"",
];

const PLACES: &[&str] = &[
    "args.t",
    "args.t",
    "args.list[*]",
    "args.list[999]",
    "args.n[*]",
    "args.o.k9",
    "args.o",
];

impl Trial {
    /// The same trial with a message of about `bytes` bytes, and no more.
    pub(super) fn scaled(&self, bytes: usize) -> Self {
        let mut scaled = Self {
            bytes: bytes.saturating_sub(1024),
            ..self.clone()
        };
        let length = scaled.message().len();
        if length > bytes {
            // Escapes make the message longer than planned.
            scaled.bytes = scaled.bytes * bytes / length;
        }
        scaled
    }

    pub(super) fn message(&self) -> String {
        let content = self.content();
        let message = match self.part {
            Part::Request => {
                let params = json!({ "name": "t", "arguments": content });
                json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
            }
            Part::Response => {
                json!({ "jsonrpc": "2.0", "id": 1, "result": { "content": [], "structuredContent": content } })
            }
        };
        message.to_string()
    }

    fn content(&self) -> Value {
        let short = self.text(8);
        let times = self.bytes / 16;
        match self.shape {
            Shape::Text => json!({ "t": self.text(self.bytes) }),
            Shape::List => json!({ "list": vec![short; times] }),
            Shape::Numbers => json!({ "n": (0..self.bytes / 7).collect::<Vec<_>>() }),
            Shape::Object => {
                let members = (0..times).map(|n| (format!("k{n}"), json!(short)));
                json!({ "o": members.collect::<serde_json::Map<_, _>>() })
            }
        }
    }

    fn text(&self, bytes: usize) -> String {
        let mut rng = Rng::with_seed(self.seed);
        let letters: Vec<char> = self.unit.chars().collect();
        let mut text = String::new();
        while text.len() < bytes {
            match self.mixed {
                true => text.push(letters[rng.usize(..letters.len())]),
                false => text.push_str(&self.unit),
            }
        }
        text
    }
}

impl Made {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
        }
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.usize(..of.len())]
    }

    pub(super) fn trial(&mut self, part: Part, bytes: usize) -> Trial {
        let policy = self.policy(part);
        Trial {
            part,
            policy,
            shape: self.shape(),
            unit: self.unit(),
            mixed: self.rng.bool(),
            seed: self.rng.u64(..),
            bytes,
        }
    }

    /// The same trial with another rule, or another message.
    pub(super) fn changed(&mut self, trial: &Trial) -> Trial {
        let mut next = trial.clone();
        match self.rng.u8(..6) {
            0 => next.shape = self.shape(),
            1 => next.unit = self.unit(),
            2 => next.mixed = !next.mixed,
            3 => next.policy = self.policy(trial.part),
            _ => {
                let rules = match trial.part {
                    Part::Request => "/tools/t/deny_if",
                    Part::Response => "/tools/t/result/redact",
                };
                let rule = self.rule(trial.part);
                if let Some(Value::Array(rules)) = next.policy.pointer_mut(rules) {
                    let at = self.rng.usize(..=rules.len()).min(5);
                    let end = at.saturating_add(self.rng.usize(..2)).min(rules.len());
                    rules.splice(at..end, [rule]);
                    rules.truncate(6);
                }
            }
        }
        next
    }

    fn shape(&mut self) -> Shape {
        self.one(&[
            Shape::Text,
            Shape::Text,
            Shape::List,
            Shape::Object,
            Shape::Numbers,
        ])
    }

    fn unit(&mut self) -> String {
        let unit = self.one(UNITS);
        match self.rng.u8(..3) {
            0 => format!("{unit}{}", self.one(UNITS)),
            _ => unit.into(),
        }
    }

    fn policy(&mut self, part: Part) -> Value {
        let rules: Vec<_> = (0..self.rng.usize(1..4)).map(|_| self.rule(part)).collect();
        let tool = match part {
            Part::Request => json!({ "deny_if": rules }),
            Part::Response if self.rng.u8(..4) == 0 => {
                json!({ "result": { "redact": [], "block": rules } })
            }
            Part::Response => json!({ "result": { "redact": rules } }),
        };
        json!({ "version": "1", "default": "deny", "tools": { "t": tool } })
    }

    fn rule(&mut self, part: Part) -> Value {
        match part {
            Part::Request => json!({ "conditions": [self.condition()] }),
            Part::Response if self.rng.u8(..8) == 0 => json!("secrets"),
            Part::Response => {
                json!({ "regex": format!("{}{}", self.one(&["a", "secret", "key", "-", "1"]), self.expression()) })
            }
        }
    }

    /// A random expression. Each part is short, so that it is never too large.
    fn expression(&mut self) -> String {
        let atoms = (0..self.rng.usize(1..3)).map(|_| (self.one(ATOMS), self.one(REPEATS)));
        let parts: Vec<_> = atoms
            .map(|(atom, repeat)| match (atom, repeat) {
                (r"\b", _) => atom.into(),
                ("(?:a|b|ab)" | "END", "{1,400}" | "{700}") => format!("(?:{atom}){{99}}"),
                _ => format!("(?:{atom}){repeat}"),
            })
            .collect();
        let parts = [self.one(&["", "a", "b", r"\b"]), &parts.concat()].concat();
        match self.rng.u8(..4) {
            0 => format!("(?:{parts})?"),
            1 => parts,
            _ => format!("{parts}#"),
        }
    }

    fn condition(&mut self) -> Value {
        let texts = || (0..200).map(|n| format!("text {n}")).collect::<Vec<_>>();
        let mut path = self.one(PLACES);
        let (op, value) = match self.rng.u8(..10) {
            0..4 => {
                path = self.one(&["args.t", "args.t", "args.list[*]", "args.o.k9"]);
                ("regex", json!(self.expression()))
            }
            4 => ("in", json!(texts())),
            5 => ("eq", json!({ "k1": "a", "k2": texts() })),
            6 => ("contains", json!("zzz")),
            7 => ("within", json!(["/srv/data", "/srv/other"])),
            _ if path.contains("[*]") => ("length", json!({ "max": 9 })),
            _ => ("schema", self.schema(3)),
        };
        json!({ "path": path, "op": op, "value": value })
    }

    fn schema(&mut self, depth: usize) -> Value {
        let kind = self.rng.u8(..if depth == 0 { 3 } else { 9 });
        match kind {
            0 => json!({ "type": "string", "pattern": self.expression() }),
            1 => json!({ "enum": (0..200).collect::<Vec<_>>() }),
            2 => json!({ "type": "array", "uniqueItems": true }),
            3 => {
                let of = (0..6).map(|_| self.schema(depth - 1)).collect::<Vec<_>>();
                json!({ self.one(&["anyOf", "oneOf", "allOf"]): of })
            }
            4 | 5 => json!({ "items": self.schema(depth - 1) }),
            6 => json!({ "additionalProperties": self.schema(depth - 1) }),
            7 => json!({ "patternProperties": { self.expression(): self.schema(depth - 1) } }),
            _ => json!({ "propertyNames": self.schema(depth - 1) }),
        }
    }
}
