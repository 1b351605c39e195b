//! Turns costs into sentences for people, and into warnings.
//!
//! It never plays a message.

use super::cost::{Cost, ORDINARY, Part};
use crate::check::diagnostic::Diagnostic;
use crate::rule_set_pointer::{set_of, within_set};
use crate::sanitize::printable;

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Result => "result",
        }
    }

    /// The fate of a message that exceeds its budget: `refused` or `withheld`.
    fn end(self) -> &'static str {
        match self {
            Self::Call => "refused",
            Self::Result => "withheld",
        }
    }
}

impl Cost {
    /// `the most expensive call, of `run`, …`.
    pub(in crate::check) fn sentence(&self) -> String {
        let message = self.message.name();
        let (whose, length, rule) = (self.whose(), length(self.bytes), &self.rule);
        let filled = printable(&self.filled_with);
        let (budget, time) = (thousands(self.budget), self.time());
        if self.exceeds {
            let end = self.message.end();
            return format!(
                "the most expensive {message}, of {whose}, exceeds its budget ({budget} steps, {time}) from {length} of `{filled}` on, and is then {end}; most by {rule}"
            );
        }
        let (steps, share) = (thousands(self.steps), (self.share() * 100.0).ceil());
        format!(
            "the most expensive {message}, of {whose} with {length} of `{filled}`, takes {steps} steps, {time}, {share} % of its budget; most by {rule}"
        )
    }

    fn time(&self) -> String {
        match self.milliseconds {
            time if time < 0.1 => "less than 0.1 ms".into(),
            time => format!("about {time} ms"),
        }
    }

    fn is_warned(&self) -> bool {
        self.exceeds && !self.built_in && self.bytes <= ORDINARY
    }

    fn whose(&self) -> String {
        let set = set_of(&self.entry);
        let mut parts = within_set(&self.entry).split('/').skip(1).map(unescaped);
        let (section, key) = (parts.next().unwrap_or_default(), parts.next());
        let entry = match (&*section, key) {
            ("prompts", Some(key)) => format!("the prompt `{key}`"),
            ("resources", Some(key)) => format!("the resource `{key}`"),
            (_, Some(key)) => format!("`{key}`"),
            (_, None) => "any tool".into(),
        };
        let of = match set {
            "" => String::new(),
            set => format!(" of {}", set_name(set)),
        };
        let beside = self.sets.iter().filter(|other| *other != set);
        let beside: Vec<_> = beside.map(|set| set_name(set)).collect();
        let with = match &*beside {
            [] => String::new(),
            beside => format!(" together with {}", beside.join(" and ")),
        };
        [entry, of, with].concat()
    }
}

/// The name of a rule set.
fn set_name(set: &str) -> String {
    let name = set.rsplit('/').next().map(unescaped);
    let name = name.filter(|name| !name.is_empty());
    match name.unwrap_or_else(|| "main".into()) {
        name if set.starts_with("/grants/") => format!("the grant `{name}`"),
        name => format!("the policy `{name}`"),
    }
}

/// The step of a JSON Pointer.
fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// The most expensive call and the most expensive result.
pub(in crate::check) fn first_of_each(mut costs: Vec<Cost>) -> Vec<Cost> {
    costs.dedup_by_key(|cost| cost.message);
    costs
}

/// One for each rule of the policy that exceeds the budget on messages of ordinary length.
pub(in crate::check) fn warnings(costs: &[Cost]) -> Vec<Diagnostic> {
    let exceeding = costs.iter().filter(|cost| cost.is_warned());
    let mut warned: Vec<&str> = Vec::new();
    let mut warnings = Vec::new();
    for cost in exceeding {
        if !warned.contains(&&*cost.rule) {
            warned.push(&cost.rule);
            warnings.push(warning(cost));
        }
    }
    warnings
}

fn warning(cost: &Cost) -> Diagnostic {
    let (length, filled) = (length(cost.bytes), printable(&cost.filled_with));
    let (message, end) = (cost.message.name(), cost.message.end());
    let help = match cost.message {
        Part::Call => SHORTER_CALLS,
        Part::Result => SHORTER_RESULTS,
    };
    let message = format!(
        "a {message} with {length} of `{filled}` exceeds the budget of one message, and is then {end}"
    );
    Diagnostic::warning("beyond-the-budget", &*cost.rule, message).help(help)
}

const SHORTER_CALLS: &str = "refuse long values before it, by `maxLength` or `maxItems` in `schema` or by a `length` in `require`; or write fewer repetitions, such as `+` for `{1,400}`";

const SHORTER_RESULTS: &str = "write fewer repetitions, such as `+` for `{1,400}`; or refuse long results by `max_bytes`, whose answer names the next step";

/// `5 KiB`, and less than that in bytes.
fn length(bytes: usize) -> String {
    match bytes / 1024 {
        0 => format!("{bytes} bytes"),
        kib => format!("{kib} KiB"),
    }
}

/// `1,048,576`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (first, rest) = digits.split_at_checked(first).unwrap_or(("", &digits));
    let groups = rest.as_bytes().chunks(3).map(String::from_utf8_lossy);
    let groups: Vec<_> = groups.map(String::from).collect();
    let first = Some(first.to_owned()).filter(|first| !first.is_empty());
    first
        .into_iter()
        .chain(groups)
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::{length, thousands};

    #[test]
    fn numbers_are_written_for_people() {
        let written = [0, 999, 1000, 1_048_576].map(thousands);
        assert_eq!(written, ["0", "999", "1,000", "1,048,576"]);
        assert_eq!([length(1023), length(6000)], ["1023 bytes", "5 KiB"]);
    }
}
