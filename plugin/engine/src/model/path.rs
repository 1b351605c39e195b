//! Turns the text of a path, such as `args.items[*].price` or `header.x-team`, into the steps to a value of a call.
//!
//! It accepts one spelling of each path and never guesses: an unknown path is an error.

use crate::read::is_header_name;
use crate::words::json::{Value, quoted, unquoted};
use crate::words::text::is_invisible;
use std::fmt;

/// The value that a condition reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// A value in the arguments; all of them where there are no steps.
    Arguments(Vec<Segment>),
    /// Each text in the arguments at any depth: values, names of members, and numbers as they are written.
    AnyText,
    /// A claim of the caller's verified token.
    Identity(Vec<Segment>),
    /// Another attribute of the call.
    Attribute(Attribute),
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment {
    /// The member of that name.
    Member(Box<str>),
    /// The element at that position, from 0.
    Element(usize),
    /// Each element.
    Each,
}

/// An attribute of a call beside its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Tool,
    Prompt,
    Uri,
    Method,
    Server,
    Grant,
    Ip,
    Header(Box<str>),
    /// 0 to 23, in the policy's time zone.
    Hour,
    /// 1 (Monday) to 7 (Sunday), in the policy's time zone.
    Weekday,
    /// Whole seconds since 1970-01-01T00:00:00Z.
    Unix,
}

const ANY_TEXT: &str = "args.**";

/// The most steps of a path; deeper than any message may be nested.
const LONGEST: usize = 128;

impl Path {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let into = |root: &str| {
            let rest = text.strip_prefix(root)?;
            (rest.is_empty() || rest.starts_with(['.', '['])).then_some(rest)
        };
        if text == ANY_TEXT {
            return Some(Self::AnyText);
        }
        if let Some(rest) = into("args") {
            return steps(rest).map(Self::Arguments);
        }
        match into("identity") {
            Some(rest) => {
                let steps = steps(rest).filter(|steps| is_claim(steps));
                steps.map(Self::Identity)
            }
            None => attribute(text).map(Self::Attribute),
        }
    }

    /// The argument that the path leads into; `None` for all arguments or an attribute.
    pub(crate) fn argument(&self) -> Option<&str> {
        match self {
            Self::Arguments(steps) => match steps.first() {
                Some(Segment::Member(name)) => Some(name),
                _ => None,
            },
            Self::AnyText | Self::Identity(_) | Self::Attribute(_) => None,
        }
    }

    /// The header that the path names.
    pub(crate) fn header(&self) -> Option<&str> {
        match self {
            Self::Attribute(Attribute::Header(name)) => Some(name),
            _ => None,
        }
    }

    /// True for a path that leads to one value at most.
    pub(crate) fn is_of_one_value(&self) -> bool {
        match self {
            Self::Arguments(steps) | Self::Identity(steps) => !steps.contains(&Segment::Each),
            Self::AnyText => false,
            Self::Attribute(_) => true,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (root, steps) = match self {
            Self::Arguments(steps) => ("args", steps),
            Self::Identity(steps) => ("identity", steps),
            Self::AnyText => return f.write_str(ANY_TEXT),
            Self::Attribute(attribute) => return attribute.fmt(f),
        };
        f.write_str(root)?;
        steps.iter().try_for_each(|step| step.fmt(f))
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(name) if member(name) == Some((self.clone(), "")) => write!(f, ".{name}"),
            Self::Member(name) => write!(f, "[{}]", quoted(name)),
            Self::Element(index) => write!(f, "[{index}]"),
            Self::Each => f.write_str("[*]"),
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Uri => "uri",
            Self::Method => "method",
            Self::Server => "server",
            Self::Grant => "grant",
            Self::Ip => "ip",
            Self::Hour => "time.hour",
            Self::Weekday => "time.weekday",
            Self::Unix => "time.unix",
            Self::Header(name) => return write!(f, "header.{name}"),
        })
    }
}

/// The value at the end of these steps, whose names are compared exactly; `None` where it is absent, or a step is
/// [`Segment::Each`].
pub(crate) fn value_of_exactly<'v>(value: Value<'v>, steps: &[Segment]) -> Option<Value<'v>> {
    steps.iter().try_fold(value, |value, step| match step {
        Segment::Member(name) => value.get(name),
        Segment::Element(index) => value.elements().nth(*index),
        Segment::Each => None,
    })
}

/// The steps to the claim that a text such as `sub`, `realm_access.roles` or `["https://acme.example/roles"]` names.
pub(crate) fn claim(text: &str) -> Option<Vec<Segment>> {
    let steps = match text.starts_with('[') {
        true => steps(text),
        false => steps(&[".", text].concat()),
    };
    steps.filter(|steps| is_claim(steps) && !steps.contains(&Segment::Each))
}

/// The text that [`claim`] reads.
pub(crate) fn claim_text(steps: &[Segment]) -> String {
    let text: String = steps.iter().map(ToString::to_string).collect();
    text.strip_prefix('.').map(Into::into).unwrap_or(text)
}

/// A claim is named first.
fn is_claim(steps: &[Segment]) -> bool {
    matches!(steps.first(), Some(Segment::Member(_)))
}

fn attribute(text: &str) -> Option<Attribute> {
    Some(match text {
        "tool" => Attribute::Tool,
        "prompt" => Attribute::Prompt,
        "uri" => Attribute::Uri,
        "method" => Attribute::Method,
        "server" => Attribute::Server,
        "grant" => Attribute::Grant,
        "ip" => Attribute::Ip,
        "time.hour" => Attribute::Hour,
        "time.weekday" => Attribute::Weekday,
        "time.unix" => Attribute::Unix,
        text => {
            let name = text.strip_prefix("header.")?;
            let name = is_header_name(name).then(|| name.to_ascii_lowercase())?;
            Attribute::Header(name.into())
        }
    })
}

fn steps(mut rest: &str) -> Option<Vec<Segment>> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let step;
        (step, rest) = match rest.strip_prefix('.') {
            Some(rest) => member(rest)?,
            None => bracket(rest.strip_prefix('[')?)?,
        };
        steps.push(step);
    }
    (steps.len() <= LONGEST).then_some(steps)
}

/// `name`, up to the next step.
fn member(text: &str) -> Option<(Segment, &str)> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let plain = |c: char| !is_invisible(c) && !c.is_whitespace() && !"]\"'*".contains(c);
    (!name.is_empty() && name.chars().all(plain)).then(|| (Segment::Member(name.into()), rest))
}

/// The JSON string at the beginning, and the text after it.
fn leading_string(text: &str) -> Option<(String, &str)> {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_end
    });
    let (name, rest) = text.split_at_checked(end?.saturating_add(2))?;
    let plain = name.bytes().all(|byte| byte >= b' ');
    Some((unquoted(name).filter(|_| plain)?, rest))
}

/// `*]`, `0]` or `"any name"]`.
fn bracket(text: &str) -> Option<(Segment, &str)> {
    if text.starts_with('"') {
        let (name, rest) = leading_string(text)?;
        return Some((Segment::Member(name.into()), rest.strip_prefix(']')?));
    }
    let (inside, rest) = text.split_once(']')?;
    if inside == "*" {
        return Some((Segment::Each, rest));
    }
    let plain = inside.bytes().all(|byte| byte.is_ascii_digit());
    let padded = inside.len() > 1 && inside.starts_with('0');
    let index = (plain && !padded).then(|| inside.parse().ok()).flatten()?;
    Some((Segment::Element(index), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Segment {
        Segment::Member(name.into())
    }

    #[test]
    fn argument_paths_parse_and_print_alike() {
        let cases = [
            ("args", vec![]),
            ("args.a", vec![member("a")]),
            ("args.a.b-c", vec![member("a"), member("b-c")]),
            (
                "args.a[0][*].b",
                vec![member("a"), Segment::Element(0), Segment::Each, member("b")],
            ),
            (r#"args["odd.key"].a"#, vec![member("odd.key"), member("a")]),
            (
                r#"args["\"]"][1]"#,
                vec![member("\"]"), Segment::Element(1)],
            ),
            (r#"args[""]"#, vec![member("")]),
            ("args.größe", vec![member("größe")]),
        ];
        for (text, steps) in cases {
            let path = Path::Arguments(steps);
            assert_eq!(path.to_string(), text);
            assert_eq!(Path::parse(text), Some(path), "{text}");
        }
    }

    #[test]
    fn invalid_paths_are_errors() {
        for text in [
            "",
            "a",
            "args.",
            "args..a",
            ".args",
            "args[]",
            "args[01]",
            "args[-1]",
            "args[a]",
            "args['a']",
            "args.a b",
            "args[\"a\"",
            "args[\"a\"b]",
            "args.*",
            "args.a*",
            "args.**.a",
            "args.a.**",
            "identity.**",
            "arguments.a",
            "header.",
            "header.a b",
            "time",
            "time.minute",
            "argsa",
            "args[99999999999999999999]",
            "args.a]",
            "ARGS.a",
            "identity",
            "identity[0]",
            "identity.",
            "identitysub",
            "servers",
        ] {
            assert_eq!(Path::parse(text), None, "{text}");
        }
    }

    #[test]
    fn header_names_are_compared_in_lower_case() {
        let attribute = Attribute::Header("x-team".into());
        assert_eq!(
            Path::parse("header.X-Team"),
            Some(Path::Attribute(attribute))
        );
    }
}
