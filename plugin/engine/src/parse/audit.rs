//! Reads the options of the audit log under `audit` in the document.
//!
//! They decide nothing about a call.

use super::caller::CREDENTIALS;
use super::reader::{Keys, Location, PolicyReader};
use crate::model::{Attribute, AuditOptions, Fact, OpenedArgument, OpenedFact, Path, Segment};
use crate::read::SESSION;
use crate::words::json::{Value, quoted};

pub(crate) const AUDIT: Keys = Keys {
    supported: &["arguments", "facts", "answers"],
    reserved: &[],
};

/// More headers that carry credentials: keys and tokens that gateways and servers accept.
const KEYS: [&str; 4] = ["x-api-key", "api-key", "x-auth-token", "x-access-token"];

const WRITE_ARGUMENT: &str =
    r#""args", or the path of one argument, such as "args.command" or "args.options.branch""#;

const WRITE_FACT: &str = r#""ip", "session", or the path of a header or a claim, such as "header.x-team" or "identity.sub""#;

const WRITE_NO_CREDENTIAL: &str = "a header without credentials: its value is written to the log; open a claim, or a header that the gateway sets";

const WRITE_SESSION: &str =
    r#""session": the log then has a keyed hash, since a session id admits its bearer"#;

const WRITE_ONCE: &str = "each path once";

const WRITE_FEWER: &str = "at most 16 paths";

impl PolicyReader {
    pub(super) fn audit(&mut self, at: &Location<'_>, value: Value<'_>) -> AuditOptions {
        let members = self.object(at, value, &AUDIT);
        let (arguments, facts) = (members.get("arguments"), members.get("facts"));
        AuditOptions {
            arguments: arguments
                .map(|value| self.opened(&at.key("arguments"), value, Self::argument))
                .unwrap_or_default(),
            facts: facts
                .map(|value| self.opened(&at.key("facts"), value, Self::fact))
                .unwrap_or_default(),
            answers: self.flag(at, &members, "answers"),
        }
    }

    fn opened<T: PartialEq>(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        read: fn(&mut Self, &Location<'_>, Value<'_>) -> Option<T>,
    ) -> Vec<T> {
        let mut opened = Vec::new();
        for (index, element) in self.list(at, value, "paths").enumerate() {
            let at = at.index(index);
            match read(self, &at, element) {
                Some(one) if opened.contains(&one) => self.invalid(&at, element, WRITE_ONCE),
                one => opened.extend(one),
            }
        }
        if opened.len() > AuditOptions::MOST_OPENED {
            self.invalid(at, value, WRITE_FEWER);
        }
        opened
    }

    /// The arguments at a path without `[*]`.
    fn argument(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<OpenedArgument> {
        let text = value.string().unwrap_or_default();
        match Path::parse(&text) {
            Some(Path::Arguments(steps)) if !steps.contains(&Segment::Each) => {
                Some(OpenedArgument {
                    path: quoted(&text).into(),
                    steps,
                })
            }
            _ => {
                self.invalid(at, value, WRITE_ARGUMENT);
                None
            }
        }
    }

    /// The fact of that name, which is a path without `[*]`.
    fn fact(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<OpenedFact> {
        let text = value.string().unwrap_or_default();
        let path = Path::parse(&text);
        let name = path
            .as_ref()
            .map_or_else(|| "session".into(), Path::to_string);
        let fact = match path {
            None if text == "session" => Fact::Session,
            Some(Path::Attribute(Attribute::Ip)) => Fact::Ip,
            Some(Path::Attribute(Attribute::Header(name))) => {
                self.logged_header(at, value, &name);
                Fact::Header(name)
            }
            Some(Path::Identity(steps)) if !steps.contains(&Segment::Each) => Fact::Claim(steps),
            _ => {
                self.invalid(at, value, WRITE_FACT);
                return None;
            }
        };
        let name = quoted(&name).into();
        Some(OpenedFact { name, fact })
    }

    /// A header whose value may stand in the log.
    fn logged_header(&mut self, at: &Location<'_>, value: Value<'_>, name: &str) {
        if name == SESSION {
            self.invalid(at, value, WRITE_SESSION);
        }
        if CREDENTIALS.contains(&name) || KEYS.contains(&name) {
            self.invalid(at, value, WRITE_NO_CREDENTIAL);
        }
    }
}
