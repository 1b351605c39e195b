//! Turns the arguments and the facts about a caller that a policy opens to the log into members of a line.
//!
//! It writes a value whole or not at all, and none that holds a secret or that rules could not trust.

use super::secret_value;
use crate::decide::{Operand, RequestContext, recorded_at};
use crate::model::{AuditOptions, Fact};
use crate::read::claims_document;
use crate::words::digits::push_hex;
use crate::words::json::{ObjectLine, Value, element, quoted};
use crate::words::text::one_line;
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::hash::Hasher as _;

/// The longest value that a line holds, in bytes of the message.
const LONGEST: usize = 1024;

/// Opened values, and the names of those that are withheld.
#[derive(Default)]
struct Opened {
    values: String,
    withheld: String,
}

/// Adds the values that the policy opens, the names of those that are withheld, and of those that the request lacks.
pub(super) fn add(
    line: &mut ObjectLine,
    arguments: Option<Value<'_>>,
    context: &RequestContext,
    seed: &[u8; 16],
    options: &AuditOptions,
) {
    if options.arguments.is_empty() && options.facts.is_empty() {
        return;
    }
    let mut absent = String::new();
    if let Some(arguments) = arguments {
        let opened = Opened::arguments(arguments, options, &mut absent);
        opened.add(line, "arguments", "arguments_withheld");
    }
    if !options.facts.is_empty() {
        let opened = Opened::facts(context, seed, options, &mut absent);
        opened.add(line, "facts", "facts_withheld");
    }
    if !absent.is_empty() {
        line.list("absent", &absent);
    }
}

impl Opened {
    fn arguments(arguments: Value<'_>, options: &AuditOptions, absent: &mut String) -> Self {
        let mut opened = Self::default();
        for argument in &options.arguments {
            let found = recorded_at(arguments, &argument.steps);
            opened.put(&argument.path, argument.name(), &found, absent);
        }
        opened
    }

    fn facts(
        context: &RequestContext,
        seed: &[u8; 16],
        options: &AuditOptions,
        absent: &mut String,
    ) -> Self {
        let (mut opened, documents) = (Self::default(), context.caller.documents());
        for fact in &options.facts {
            let found = match (&fact.fact, context.recorded(&fact.fact, &documents)) {
                (Fact::Session, Operand::Text(session)) => {
                    Operand::Text(hash(&session, seed).into())
                }
                (_, found) => found,
            };
            opened.put(&fact.name, fact.own_name(), &found, absent);
        }
        opened
    }

    /// Puts a value, or its name, where it belongs. `own` is the name of the member that holds it.
    fn put(&mut self, name: &str, own: &str, found: &Operand<'_>, absent: &mut String) {
        let text = match found {
            Operand::Json(value) => shown(*value, own),
            Operand::Text(text) => {
                let json = quoted(text);
                let document = claims_document(&json);
                document.ok().and_then(|value| shown(value.root(), own))
            }
            Operand::Missing => return element(absent).push_str(name),
            Operand::Number(_) | Operand::Unknown => None,
        };
        match text {
            Some(text) => element(&mut self.values).extend([name, ":", &text]),
            None => element(&mut self.withheld).push_str(name),
        }
    }

    fn add(self, line: &mut ObjectLine, values: &str, withheld: &str) {
        if !self.values.is_empty() {
            line.object(values, &self.values);
        }
        if !self.withheld.is_empty() {
            line.list(withheld, &self.withheld);
        }
    }
}

/// A hash by which equal sessions match within one life of the process.
fn hash(session: &str, seed: &[u8; 16]) -> String {
    let mut hasher = SipHasher13::new_with_key(seed);
    hasher.write(session.as_bytes());
    let mut hash = String::new();
    push_hex(&mut hash, hasher.finish128().as_u128());
    hash
}

/// The value as JSON on one line; `None` if it is too long or holds a secret.
fn shown(value: Value<'_>, name: &str) -> Option<String> {
    let fits = value.range().len() <= LONGEST;
    let shows = fits && !secret_value::stands_in(value, name);
    // Invisible characters stand only inside texts, where an escape is the same character.
    shows.then(|| one_line(&value.compact()))
}
