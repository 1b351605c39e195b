//! Turns the arguments whose values a policy opens to the log into members of a line.
//!
//! It writes a value whole or not at all, and none that holds a secret.

use super::secret_value;
use crate::model::{OpenedArgument, value_of_exactly};
use crate::words::json::{ObjectLine, Value, element};
use crate::words::text::one_line;

/// The longest value that a line holds, in bytes of the message.
const LONGEST: usize = 1024;

/// Adds the values of the opened arguments, and the paths of those that are withheld.
pub(super) fn add(line: &mut ObjectLine, arguments: Value<'_>, opened: &[OpenedArgument]) {
    let (mut values, mut withheld) = (String::new(), String::new());
    for argument in opened {
        // A look-alike of a name is another argument, whose value is not opened.
        let Some(value) = value_of_exactly(arguments, &argument.steps) else {
            continue;
        };
        match shown(value, argument) {
            Some(text) => element(&mut values).extend([&*argument.path, ":", &text]),
            None => element(&mut withheld).push_str(&argument.path),
        }
    }
    if !values.is_empty() {
        line.object("arguments", &values);
    }
    if !withheld.is_empty() {
        line.list("arguments_withheld", &withheld);
    }
}

/// The value as JSON on one line; `None` if it is too long or holds a secret.
fn shown(value: Value<'_>, argument: &OpenedArgument) -> Option<String> {
    let fits = value.range().len() <= LONGEST;
    let shows = fits && !secret_value::stands_in(value, argument.name());
    // Invisible characters stand only inside texts, where an escape is the same character.
    shows.then(|| one_line(&value.compact()))
}
