//! Finds the most expensive call and result of a policy: fills messages with the values that take the rules of an entry the
//! most steps for each byte, and plays them.
//!
//! It never proves a maximum: each reported message was played, and a more expensive one may exist.

use super::cost::{Cost, Part};
use super::filler::{Filler, below};
use super::play::Gateway;
use super::rules::{Rule, Subject, subjects, tool};
use mcp_policy::host::Policy;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// The bytes by which values that grow are compared.
const SAMPLE: usize = 512;

/// The bytes by which entries are compared.
const COMPARED: usize = 2048;

/// The bytes by which the rules of an entry are compared.
const ALONE: usize = 16 * 1024;

/// The steps that comparisons may take together. The entries with the most rules come first.
const WORK: u64 = 40_000_000;

/// The steps that the comparisons of one entry may take.
const WORK_OF_ONE: u64 = WORK / 8;

/// The cost of a play beside its steps, in steps.
const PLAY: u64 = 10_000;

/// The most entries that are compared.
const ENTRIES: usize = 64;

/// The most rules of one entry that are compared.
const RULES: usize = 256;

/// The most entries whose messages are played in full.
const FULL: usize = 3;

/// The bytes of a message up to which its length is doubled. Texts that are longer are not searched.
const DOUBLED: usize = 64 * 1024;

/// An upper bound of the bytes of a message around its filler.
const ENVELOPE: usize = 192;

/// The number of characters of a filler that are shown.
const SHOWN: usize = 32;

/// An entry with the values that grow, the most expensive first.
struct Measured<'p> {
    subject: Subject<'p>,
    tool: usize,
    ranked: Vec<Filler>,
    /// The steps of a message of [`COMPARED`] bytes, and those that each further byte adds.
    steps: u64,
    each: f64,
}

struct Survey<'p> {
    policy: &'p Policy,
    document: &'p Json,
    gateway: Gateway,
}

/// The most expensive call and result, then others that exceed the budget; empty if no rule takes any work.
pub(in crate::check) fn costs(policy: &Policy, document: &Json) -> Vec<Cost> {
    let subjects = distinct(subjects(document));
    let tools = subjects
        .iter()
        .map(|subject| tool(&subject.rules))
        .collect();
    let Some(gateway) = Gateway::new(document, tools) else {
        return Vec::new();
    };
    let survey = Survey {
        policy,
        document,
        gateway,
    };
    let measured = survey.measured(subjects);
    let costs = [Part::Call, Part::Result].map(|part| survey.dearest(part, &measured));
    costs.into_iter().flatten().collect()
}

/// One entry of each set of equal rules, the most rules first.
fn distinct(mut subjects: Vec<Subject<'_>>) -> Vec<Subject<'_>> {
    let mut seen = BTreeSet::new();
    subjects.retain(|subject| seen.insert(tool(&subject.rules).to_string()));
    subjects.sort_by_key(|subject| std::cmp::Reverse(subject.rules.len()));
    subjects.truncate(ENTRIES);
    subjects
}

impl<'p> Survey<'p> {
    fn measured(&self, subjects: Vec<Subject<'p>>) -> Vec<Measured<'p>> {
        let mut left = WORK;
        let mut measured = Vec::new();
        for (tool, subject) in subjects.into_iter().enumerate() {
            if left == 0 {
                break;
            }
            let (next, taken) = self.measure(tool, subject, left.min(WORK_OF_ONE));
            left = left.saturating_sub(taken);
            measured.push(next);
        }
        measured
    }

    /// The entry, and the steps that the comparison of its values took. The comparison ends when the remaining steps are used.
    fn measure(&self, tool: usize, subject: Subject<'p>, left: u64) -> (Measured<'p>, u64) {
        let mut measured = Measured {
            subject,
            tool,
            ranked: Vec::new(),
            steps: 0,
            each: 0.0,
        };
        let base = self.steps(&measured, SAMPLE);
        let (mut ranked, mut taken) = (Vec::new(), 0_u64);
        for filler in measured.subject.fillers() {
            if taken >= left {
                break;
            }
            measured.ranked = vec![filler.clone()];
            let steps = self.steps(&measured, SAMPLE);
            taken = taken.saturating_add(steps).saturating_add(PLAY);
            ranked.push((steps.saturating_sub(base), filler));
        }
        ranked.sort_by_key(|(steps, _)| std::cmp::Reverse(*steps));
        measured.ranked = ranked.into_iter().map(|(_, filler)| filler).collect();
        let half = self.steps(&measured, COMPARED / 2);
        measured.steps = self.steps(&measured, COMPARED);
        let more = measured.steps.saturating_sub(half) as f64;
        measured.each = more * 2.0 / COMPARED as f64;
        let taken = taken.saturating_add(half).saturating_add(measured.steps);
        (measured, taken)
    }

    fn steps(&self, measured: &Measured<'_>, bytes: usize) -> u64 {
        self.play(measured, bytes).map_or(0, |(_, steps)| steps)
    }

    /// The bytes and the steps of a message of at most `bytes` bytes; `None` if it cannot be read.
    fn play(&self, measured: &Measured<'_>, bytes: usize) -> Option<(usize, u64)> {
        let part = measured.subject.part;
        let mut room = bytes;
        for _ in 0..3 {
            let played = self
                .gateway
                .play(measured.tool, part, &measured.content(room));
            match played {
                Some((length, _)) if length > bytes && room > 1 => {
                    room = room.saturating_mul(bytes).checked_div(length).unwrap_or(1);
                }
                None => room = room.saturating_sub(room / 4),
                played => return played,
            }
        }
        self.gateway
            .play(measured.tool, part, &measured.content(room))
    }

    /// The most expensive messages of that kind, the most expensive first.
    fn dearest(&self, part: Part, measured: &[Measured<'p>]) -> Vec<Cost> {
        let most = self.most(part);
        let of_part = measured
            .iter()
            .filter(|measured| measured.subject.part == part);
        let mut of_part: Vec<_> = of_part
            .map(|measured| (measured.at(measured.subject.most_bytes(most)), measured))
            .collect();
        of_part.sort_by(|one, other| other.0.total_cmp(&one.0));
        of_part.truncate(FULL);
        let costs = of_part
            .into_iter()
            .filter_map(|(_, measured)| self.cost(measured));
        let mut costs: Vec<_> = costs.collect();
        costs.sort_by(|one, other| other.share().total_cmp(&one.share()));
        costs
    }

    fn most(&self, part: Part) -> usize {
        match part {
            Part::Call => self.policy.host.max_request_bytes,
            Part::Result => self.policy.host.max_response_bytes,
        }
    }

    /// Plays longer and longer messages, up to the longest or to one that exceeds its budget.
    fn cost(&self, measured: &Measured<'_>) -> Option<Cost> {
        let most = self.most(measured.subject.part);
        let most = measured.subject.most_bytes(most);
        let exceeds = |(bytes, steps): (usize, u64)| steps > self.policy.steps(bytes);
        let (mut fits, mut size, mut dearest) = (0, SAMPLE.min(most), (0, 0));
        loop {
            let played = self.play(measured, size)?;
            if played.1 >= dearest.1 {
                dearest = played;
            }
            if size == most || exceeds(played) {
                break;
            }
            fits = size;
            size = if size < DOUBLED {
                size.saturating_mul(2).min(most)
            } else {
                most
            };
        }
        let mut beyond = size;
        while exceeds(dearest) && beyond.saturating_sub(fits) > beyond / 16 {
            let middle = fits.midpoint(beyond);
            match self.play(measured, middle)? {
                played if exceeds(played) => (beyond, dearest) = (middle, played),
                _ => fits = middle,
            }
        }
        let rule = self.dearest_rule(measured, dearest.0)?;
        Some(self.cost_by(measured, rule, dearest))
    }

    fn cost_by(
        &self,
        measured: &Measured<'_>,
        rule: &Rule<'_>,
        (bytes, steps): (usize, u64),
    ) -> Cost {
        let budget = self.policy.steps(bytes);
        Cost {
            message: measured.subject.part,
            entry: measured.subject.at.clone(),
            sets: measured.subject.sets.clone(),
            rule: rule.at.clone(),
            filled_with: measured.filled_with(bytes),
            bytes,
            steps,
            budget,
            milliseconds: Cost::milliseconds(steps.min(budget)),
            built_in: rule.is_built_in(),
            exceeds: steps > budget,
        }
    }

    /// The rule that takes the most steps by itself.
    fn dearest_rule<'m>(&self, measured: &'m Measured<'_>, bytes: usize) -> Option<&'m Rule<'m>> {
        let content = measured.content(bytes.min(ALONE));
        let rules = measured.subject.rules.iter().take(RULES);
        let tools = rules.clone().map(|rule| tool(std::slice::from_ref(rule)));
        let alone = Gateway::new(self.document, tools.collect())?;
        let part = measured.subject.part;
        let steps = |tool| {
            alone
                .play(tool, part, &content)
                .map_or(0, |(_, steps)| steps)
        };
        let dearest = rules.enumerate().max_by_key(|(tool, _)| steps(*tool));
        dearest.map(|(_, rule)| rule)
    }
}

impl Measured<'_> {
    /// An estimate of the steps of a message of `bytes` bytes.
    fn at(&self, bytes: usize) -> f64 {
        self.steps as f64 + self.each * bytes.saturating_sub(COMPARED) as f64
    }

    /// The JSON of arguments or of a result of about `bytes` bytes: the most expensive value at full length, then the next.
    fn content(&self, bytes: usize) -> String {
        let mut content = self.subject.base();
        let around = content.to_string().len().saturating_add(ENVELOPE);
        let values = self.values(bytes.saturating_sub(around));
        for (place, (way, value)) in values.iter().enumerate() {
            // Long values are put into the text, so that no tree of them is made.
            let whole = way.is_empty() && content == json!({});
            let value = match way.is_empty() && !whole {
                true => value.clone(),
                false => below(way, json!(mark(place)).to_string()),
            };
            let value = serde_json::from_str(&value).unwrap_or_default();
            match whole {
                true => content = value,
                false => merge(&mut content, value),
            }
        }
        let text = content.to_string();
        let values = values.iter().enumerate();
        values.fold(text, |text, (place, (_, value))| {
            text.replacen(&json!(mark(place)).to_string(), value, 1)
        })
    }

    /// Values at different places that have about `left` bytes together.
    fn values(&self, mut left: usize) -> Vec<(&[String], String)> {
        let mut values = Vec::<(&[String], String)>::new();
        for Filler { way, grow } in &self.ranked {
            let free =
                |(other, _): &(&[String], _)| !way.starts_with(other) && !other.starts_with(way);
            let full = left < 16 && !values.is_empty();
            if full || !values.iter().all(free) {
                continue;
            }
            let value = grow(left);
            left = left.saturating_sub(value.len());
            values.push((way, value));
        }
        values
    }

    /// How the longest value of such a message begins.
    fn filled_with(&self, bytes: usize) -> String {
        let values = self.values(bytes).into_iter();
        let longest = values.max_by_key(|(_, value)| value.len());
        let text = longest
            .map(|(way, value)| below(way, value))
            .unwrap_or_default();
        let shown: String = text.chars().take(SHOWN).collect();
        match shown.len() < text.len() {
            true => format!("{shown}…"),
            false => shown,
        }
    }
}

/// A placeholder of a value.
fn mark(place: usize) -> String {
    format!("\u{1}{place}\u{1}")
}

/// Puts members into an object, in the place of those that are there.
fn merge(into: &mut Json, from: Json) {
    match (into, from) {
        (Json::Object(into), Json::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Json::Null), value);
            }
        }
        (Json::Object(_), _) => {}
        (into, from) => *into = from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcp_policy::host::Millis;
    use mcp_policy_cases::{Runner, Split, Step};

    fn costs_of(document: &Json) -> Vec<Cost> {
        let policy = Policy::parse(document.to_string().as_bytes()).expect("a policy");
        costs(&policy, document)
    }

    fn of_tool(tool: Json) -> Json {
        json!({ "version": "1", "default": "deny", "tools": { "run": tool } })
    }

    fn passes(document: &Json, text: usize) -> bool {
        let mut runner = Runner::new(document.to_string().as_bytes()).expect("a policy");
        let params = json!({ "name": "run", "arguments": { "text": "a".repeat(text) } });
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let step = Step::post(call.to_string().into_bytes());
        let played = runner.play(&step, Split::Whole, Millis(0));
        played.expect("a verdict").seen.forward
    }

    #[test]
    fn call_reported_beyond_the_budget_is_refused_and_shorter_one_passes() {
        let regex = json!({ "path": "args.text", "op": "regex", "value": "a[ab]{1000}c" });
        let document = of_tool(json!({ "deny_if": [ { "conditions": [regex] } ] }));
        let costs = costs_of(&document);
        let exceeding = costs.iter().find(|cost| cost.exceeds).expect("one exceeds");
        assert!(!passes(&document, exceeding.bytes));
        assert!(passes(&document, exceeding.bytes * 3 / 4));
    }

    #[test]
    fn rule_about_neither_arguments_nor_results_costs_nothing() {
        let header = json!({ "path": "header.x-team", "op": "regex", "value": "^a+$" });
        let own = json!({ "require": [ { "conditions": [header] } ], "rate_limit": "1/minute" });
        assert!(costs_of(&of_tool(own)).is_empty());
        let refused = json!({ "path": "args.a", "op": "regex", "value": "^a+$" });
        let refused = json!({ "action": "deny", "deny_if": [ { "conditions": [refused] } ] });
        assert!(costs_of(&of_tool(refused)).is_empty());
    }

    #[test]
    fn rule_of_all_tools_is_named_if_it_takes_the_most() {
        let condition = |value| json!({ "path": "args.text", "op": "regex", "value": value });
        let group = |value| json!([ { "conditions": [condition(value)] } ]);
        let mut document = of_tool(json!({ "require": group("^a+$") }));
        document["all_tools"] = json!({ "deny_if": group("a[ab]{300}c") });
        let costs = costs_of(&document);
        let dearest = costs.first().expect("a call");
        assert_eq!(dearest.rule, "/all_tools/deny_if/0/conditions/0");
    }

    #[test]
    fn recursive_schema_is_played_and_ends() {
        let node = json!({ "type": "object", "properties": { "next": { "$ref": "#" }, "list": { "type": "array", "maxItems": 9, "items": { "$ref": "#" } } } });
        let costs = costs_of(&of_tool(json!({ "schema": node })));
        assert_eq!(
            costs.first().map(|cost| &*cost.rule),
            Some("/tools/run/schema")
        );
    }
}
