//! Turns a policy document into the rules that look into a call, and those that look into a result, by entry.
//!
//! It never returns cheap rules: entries that refuse every call, and rules about anything but arguments and results.

use super::cost::Part;
use super::filler::{Filler, Grow, SECRETS, list, members, text};
use super::together::together;
use super::{condition, expression, schema};
use crate::argument_path::{ROOT, Step, steps};
use crate::example;
use crate::name_patterns::{self, star};
use crate::source_map::pointer_token;
use serde_json::{Map, Value as Json, json};

/// All rules that look into a message of one kind.
pub(super) struct Subject<'p> {
    pub(super) part: Part,
    /// The entry, as a JSON Pointer.
    pub(super) at: String,
    /// The rule sets that apply together, as JSON Pointers; empty for the rules of one set.
    pub(super) sets: Vec<String>,
    pub(super) rules: Vec<Rule<'p>>,
}

/// The most entries of a set that are combined with those of others.
const COMBINED: usize = 256;

#[derive(Clone)]
pub(super) struct Rule<'p> {
    /// A JSON Pointer.
    pub(super) at: String,
    kind: Kind<'p>,
}

#[derive(Clone, Copy)]
enum Kind<'p> {
    Schema(&'p Json),
    Required(&'p Json),
    Refused(&'p Json),
    Redact(&'p Json),
    Block(&'p Json),
    MaxBytes(&'p Json),
}

/// The bytes of a text that is one of many in a result.
const SHORT: usize = 8;

/// The entries with rules of their own, and all tools, of every rule set, and of the sets that apply together.
pub(super) fn subjects(policy: &Json) -> Vec<Subject<'_>> {
    let parts = [Part::Call, Part::Result];
    let alone = sets(policy).into_iter();
    let alone = alone.flat_map(|(set, rules)| parts.map(|part| of_set(part, &set, rules)));
    let combined = together(policy).into_iter();
    let combined = combined.flat_map(|sets| parts.map(|part| of_sets(part, policy, &sets)));
    alone.chain(combined).flatten().collect()
}

/// The entries of sets that apply together, each with the rules of all sets for its name.
fn of_sets<'p>(part: Part, policy: &'p Json, sets: &[String]) -> Vec<Subject<'p>> {
    let sections = ["tools", "prompts", "resources"].into_iter();
    let entries = sections.flat_map(|section| sets.iter().map(move |set| (section, set)));
    let subjects = entries.flat_map(|(section, set)| {
        let table = policy.pointer(&format!("{set}/{section}"));
        let keys = object(table).take(COMBINED);
        keys.filter_map(move |(key, _)| {
            let rules = sets
                .iter()
                .map(|set| for_name(part, policy, (set, section), key));
            let rules: Option<Vec<_>> = rules.collect();
            let rules = rules?;
            let several = rules.iter().filter(|rules| !rules.is_empty()).count() > 1;
            several.then(|| Subject {
                part,
                at: format!("{set}/{section}/{}", pointer_token(key)),
                sets: sets.to_vec(),
                rules: rules.concat(),
            })
        })
    });
    subjects.collect()
}

/// The rules of a set for a name; `None` where the set refuses it.
fn for_name<'p>(
    part: Part,
    policy: &'p Json,
    (set, section): (&str, &str),
    name: &str,
) -> Option<Vec<Rule<'p>>> {
    let set_rules = policy.pointer(set)?;
    let table = set_rules.get(section);
    let entry = applying(table, (name, section));
    let default = set_rules.get("default").and_then(Json::as_str);
    let is_refused = match entry {
        Some((_, entry)) => refuses(entry),
        None => default == Some("deny"),
    };
    if is_refused {
        return None;
    }
    let own = entry.map(|(key, entry)| {
        let at = format!("{set}/{section}/{}", pointer_token(key));
        rules(part, &at, entry)
    });
    let all = set_rules.get("all_tools").filter(|_| section == "tools");
    let all = all.map(|all| rules(part, &format!("{set}/all_tools"), all));
    Some([own, all].into_iter().flatten().flatten().collect())
}

/// The entry that applies to a name, or to every name that this pattern matches.
fn applying<'p>(
    table: Option<&'p Json>,
    (name, section): (&str, &str),
) -> Option<(&'p String, &'p Json)> {
    let table = table?.as_object()?;
    let key = name_patterns::applying(table.keys(), name, star(section))?;
    table.get_key_value(key)
}

/// The rule sets with their JSON Pointers: the rules at the top, those of `policies`, and the `tools` of grants.
fn sets(policy: &Json) -> Vec<(String, &Json)> {
    let named = |place: &'static str| {
        let members = object(policy.get(place));
        members.map(move |(name, set)| (format!("/{place}/{}", pointer_token(name)), set))
    };
    let main = [(String::new(), policy)].into_iter();
    main.chain(named("policies"))
        .chain(named("grants"))
        .collect()
}

fn of_set<'p>(part: Part, set: &str, policy: &'p Json) -> Vec<Subject<'p>> {
    let mut subjects = Vec::new();
    let for_all = format!("{set}/all_tools");
    let all = policy.get("all_tools");
    let all = all
        .map(|all| rules(part, &for_all, all))
        .unwrap_or_default();
    for section in ["tools", "prompts", "resources"] {
        let shared = if section == "tools" { &*all } else { &[] };
        let entries = object(policy.get(section)).filter(|(_, entry)| !refuses(entry));
        let subject = |(key, entry): (&String, _)| {
            let at = format!("{set}/{section}/{}", pointer_token(key));
            let own = rules(part, &at, entry);
            let rules = [&own, shared].concat();
            (!own.is_empty()).then(|| Subject {
                part,
                at,
                sets: Vec::new(),
                rules,
            })
        };
        subjects.extend(entries.filter_map(subject));
    }
    subjects.extend((!all.is_empty()).then_some(Subject {
        part,
        at: for_all,
        sets: Vec::new(),
        rules: all,
    }));
    subjects
}

fn object(value: Option<&Json>) -> impl Iterator<Item = (&String, &Json)> {
    value
        .and_then(Json::as_object)
        .into_iter()
        .flat_map(Map::iter)
}

fn array<'p>(value: &'p Json, key: &str) -> impl Iterator<Item = (usize, &'p Json)> {
    let list = value.get(key).and_then(Json::as_array);
    list.into_iter().flatten().enumerate()
}

fn refuses(entry: &Json) -> bool {
    let action = entry.get("action").and_then(Json::as_str);
    matches!(action, Some("deny" | "hide"))
}

fn rules<'p>(part: Part, at: &str, entry: &'p Json) -> Vec<Rule<'p>> {
    match part {
        Part::Call => of_call(at, entry),
        Part::Result => of_result(at, entry),
    }
}

fn of_call<'p>(at: &str, entry: &'p Json) -> Vec<Rule<'p>> {
    let schema = entry.get("schema").map(|schema| Rule {
        at: format!("{at}/schema"),
        kind: Kind::Schema(schema),
    });
    let required = conditions(at, entry, "require", Kind::Required);
    let refused = conditions(at, entry, "deny_if", Kind::Refused);
    let approved = of_approval(at, entry);
    schema
        .into_iter()
        .chain(required)
        .chain(refused)
        .chain(approved)
        .collect()
}

/// The conditions of the calls that need an approval.
fn of_approval<'p>(at: &str, entry: &'p Json) -> Vec<Rule<'p>> {
    let rule = entry.get("require_approval").into_iter();
    let conditions = rule.flat_map(of_group);
    let arguments = conditions.filter(|(_, value)| reads_arguments(value));
    let rule = |(place, value)| Rule {
        at: format!("{at}/require_approval/conditions/{place}"),
        kind: Kind::Refused(value),
    };
    arguments.map(rule).collect()
}

fn conditions<'p>(
    at: &str,
    entry: &'p Json,
    list: &str,
    kind: fn(&'p Json) -> Kind<'p>,
) -> Vec<Rule<'p>> {
    let groups = array(entry, list).flat_map(|(group, value)| {
        let conditions = of_group(value);
        conditions.map(move |(place, value)| (group, place, value))
    });
    let arguments = groups.filter(|(.., value)| reads_arguments(value));
    let rule = |(group, place, value)| Rule {
        at: format!("{at}/{list}/{group}/conditions/{place}"),
        kind: kind(value),
    };
    arguments.map(rule).collect()
}

/// The conditions of a group, and those inside `any`, each with its place in the group.
fn of_group(group: &Json) -> impl Iterator<Item = (String, &Json)> {
    array(group, "conditions").flat_map(|(index, term)| {
        let one = term.get("any").is_none().then_some(term).into_iter();
        let one = one.map(move |term| (index.to_string(), term));
        let alternatives = array(term, "any");
        one.chain(
            alternatives
                .map(move |(alternative, value)| (format!("{index}/any/{alternative}"), value)),
        )
    })
}

fn reads_arguments(condition: &Json) -> bool {
    let other = condition.pointer("/value/ref").and_then(Json::as_str);
    let other = other.unwrap_or_default();
    path(condition).starts_with(ROOT) || other.starts_with(ROOT)
}

fn of_result<'p>(at: &str, entry: &'p Json) -> Vec<Rule<'p>> {
    let Some(result) = entry.get("result") else {
        return Vec::new();
    };
    let searches = |list: &'static str, kind: fn(&'p Json) -> Kind<'p>| {
        array(result, list).map(move |(index, pattern)| Rule {
            at: format!("{at}/result/{list}/{index}"),
            kind: kind(pattern),
        })
    };
    let mut rules: Vec<_> = searches("block", Kind::Block).collect();
    rules.extend(searches("redact", Kind::Redact));
    // The length is looked at first, and takes nothing by itself.
    if let (false, Some(most)) = (rules.is_empty(), result.get("max_bytes")) {
        let at = format!("{at}/result/max_bytes");
        rules.push(Rule {
            at,
            kind: Kind::MaxBytes(most),
        });
    }
    rules
}

fn path(condition: &Json) -> &str {
    let path = condition.get("path").and_then(Json::as_str);
    path.unwrap_or_default()
}

/// A tool with these rules alone, none of which ends the evaluation before the next.
pub(super) fn tool(rules: &[Rule<'_>]) -> Json {
    let mut tool = Map::from_iter([("mode".to_owned(), json!("shadow"))]);
    let (mut groups, mut redact, mut block) = (Vec::new(), Vec::new(), Vec::new());
    for rule in rules {
        match rule.kind {
            // The schemas of further sets validate the same arguments.
            Kind::Schema(schema) if tool.contains_key("schema") => {
                let one = json!({ "path": ROOT, "op": "schema", "value": schema });
                groups.push(json!({ "conditions": [one] }));
            }
            Kind::Schema(schema) => {
                tool.insert("schema".into(), schema.clone());
            }
            Kind::Required(one) | Kind::Refused(one) => groups.push(json!({ "conditions": [one] })),
            Kind::Redact(pattern) => redact.push(pattern),
            Kind::Block(pattern) => block.push(pattern),
            Kind::MaxBytes(_) => {}
        }
    }
    if !groups.is_empty() {
        tool.insert("deny_if".into(), groups.into());
    }
    if !redact.is_empty() || !block.is_empty() {
        let result = json!({ "redact": redact, "block": block });
        tool.insert("result".into(), result);
    }
    tool.into()
}

impl Rule<'_> {
    /// The rule is a search for secrets that the engine defines.
    pub(super) fn is_built_in(&self) -> bool {
        matches!(
            self.kind,
            Kind::Redact(Json::String(_)) | Kind::Block(Json::String(_))
        )
    }
}

impl<'p> Subject<'p> {
    /// Every value that may be expensive for the rules.
    pub(super) fn fillers(&self) -> Vec<Filler> {
        let fillers = self.rules.iter().flat_map(|rule| match rule.kind {
            Kind::Schema(schema) => schema::fillers(schema, &[]),
            Kind::Required(value) | Kind::Refused(value) => {
                condition::fillers(value, &|path| self.longest(path))
            }
            Kind::Redact(pattern) | Kind::Block(pattern) => searched(pattern),
            Kind::MaxBytes(_) => Vec::new(),
        });
        fillers.collect()
    }

    /// Values of a message beside those that grow, so that a schema validates further.
    pub(super) fn base(&self) -> Json {
        let base = self.schema().map(example::of);
        base.filter(Json::is_object).unwrap_or_else(|| json!({}))
    }

    /// The longest message that is looked into, in bytes.
    pub(super) fn most_bytes(&self, most: usize) -> usize {
        let bytes = self.rules.iter().filter_map(|rule| match rule.kind {
            Kind::MaxBytes(most) => usize::try_from(most.as_u64()?).ok(),
            _ => None,
        });
        bytes.fold(most, usize::min)
    }

    fn schema(&self) -> Option<&'p Json> {
        self.rules.iter().find_map(|rule| match rule.kind {
            Kind::Schema(schema) => Some(schema),
            _ => None,
        })
    }

    /// How long a value at a path may be before the entry's `schema` or a `length` refuses the call.
    fn longest(&self, at: &str) -> usize {
        let lengths = self.rules.iter().filter_map(|rule| match rule.kind {
            Kind::Required(value) if path(value) == at => value.get("value")?.get("max")?.as_u64(),
            _ => None,
        });
        let lengths = lengths.filter_map(|max| usize::try_from(max).ok());
        let schema = self.schema().and_then(|schema| at_path(schema, at));
        let admits = |schema| {
            let text = schema::longest(schema, "string", "maxLength");
            text.max(schema::longest(schema, "array", "maxItems"))
        };
        lengths
            .chain(schema.map(admits))
            .fold(usize::MAX, usize::min)
    }
}

/// The schema of a value inside the arguments, found through `properties` and `items`.
fn at_path<'p>(schema: &'p Json, path: &str) -> Option<&'p Json> {
    let mut steps = steps(path)?.into_iter();
    steps.try_fold(schema, |schema, step| match step {
        Step::Member(name) => schema.get("properties")?.get(name),
        Step::Element(_) => schema.get("items"),
    })
}

/// One long text, many short ones, and many names.
fn searched(pattern: &Json) -> Vec<Filler> {
    let own = pattern.get("regex").and_then(Json::as_str);
    let units = match own {
        Some(regex) => expression::units(regex),
        None => SECRETS
            .into_iter()
            .chain([expression::PROSE])
            .map(str::to_owned)
            .collect(),
    };
    let texts = units.iter().map(|unit| text(unit, usize::MAX));
    let grow = texts.flat_map(|text| [list(text.clone(), SHORT, usize::MAX), text]);
    let names: Grow = members(&json!("a"));
    let filler = |grow| Filler {
        way: vec!["t".into()],
        grow,
    };
    grow.chain([names]).map(filler).collect()
}
