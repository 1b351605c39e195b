//! Reads the options of the audit log under `audit` in the document.
//!
//! They decide nothing about a call.

use super::reader::{Keys, Location, PolicyReader};
use crate::model::{AuditOptions, OpenedArgument, Path, Segment};
use crate::words::json::{Value, quoted};

pub(crate) const AUDIT: Keys = Keys {
    supported: &["arguments", "answers"],
    reserved: &[],
};

const WRITE_ARGUMENT: &str =
    r#"the path of one argument, such as "args.command" or "args.options.branch""#;

const WRITE_ONCE: &str = "each path once";

const WRITE_FEWER: &str = "at most 16 paths";

impl PolicyReader {
    pub(super) fn audit(&mut self, at: &Location<'_>, value: Value<'_>) -> AuditOptions {
        let members = self.object(at, value, &AUDIT);
        let arguments = members.get("arguments");
        AuditOptions {
            arguments: arguments
                .map(|value| self.opened(&at.key("arguments"), value))
                .unwrap_or_default(),
            answers: self.flag(at, &members, "answers"),
        }
    }

    fn opened(&mut self, at: &Location<'_>, value: Value<'_>) -> Vec<OpenedArgument> {
        let mut opened = Vec::new();
        for (index, element) in self.list(at, value, "paths").enumerate() {
            let at = at.index(index);
            match argument(element) {
                None => self.invalid(&at, element, WRITE_ARGUMENT),
                Some(argument) if opened.contains(&argument) => {
                    self.invalid(&at, element, WRITE_ONCE);
                }
                Some(argument) => opened.push(argument),
            }
        }
        if opened.len() > AuditOptions::MOST_ARGUMENTS {
            self.invalid(at, value, WRITE_FEWER);
        }
        opened
    }
}

/// The one argument at a path without `[*]`.
fn argument(value: Value<'_>) -> Option<OpenedArgument> {
    let text = value.string()?;
    match Path::parse(&text)? {
        Path::Arguments(steps) if !steps.is_empty() && !steps.contains(&Segment::Each) => {
            Some(OpenedArgument {
                path: quoted(&text).into(),
                steps,
            })
        }
        _ => None,
    }
}
