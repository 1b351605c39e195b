//! Turns a call into the subjects that it acts on, each with the entry that applies in one rule set.
//!
//! It judges nothing.

use crate::model::{Action, Entry, RuleSet, Table};
use crate::read::{Call, Target, is_normal};

/// Something that a call acts on, under one rule set.
pub(super) enum Subject<'p, 'c> {
    Named(Named<'p, 'c>),
    /// Tasks by their ids; empty where the message names no task.
    Tasks(&'p RuleSet, Vec<&'c str>),
    /// The method alone.
    Method(&'p RuleSet, &'c str),
    /// The stream that answers the method.
    Stream(&'p RuleSet, &'c str),
}

/// A tool, a prompt, a resource or a template.
#[derive(Clone, Copy)]
pub(super) struct Named<'p, 'c> {
    pub(super) set: &'p RuleSet,
    pub(super) table: Table,
    pub(super) name: &'c str,
    pub(super) entry: Option<&'p Entry>,
    /// False for a URI that some server could equate with another one, unless it is listed exactly.
    pub(super) normal: bool,
}

impl Named<'_, '_> {
    pub(super) fn is_tool(&self) -> bool {
        self.table == Table::Tools
    }

    /// Whether the name is too long to be compared with the patterns of the set.
    pub(super) fn is_unclear(&self) -> bool {
        let hide = self.is_tool() && self.set.hide.is_unclear(self.name);
        hide || self.table.entries(self.set).is_unclear(self.name)
    }

    /// The kind and the name, for refusals.
    pub(super) fn noun(&self) -> String {
        self.table.noun(self.name)
    }
}

/// The subjects of the call under one rule set, in the order of the message. Every set has the same number of them.
pub(super) fn subjects<'p, 'c>(set: &'p RuleSet, call: &'c Call<'_>) -> Vec<Subject<'p, 'c>> {
    let named = |table, name| named(set, table, name);
    match &call.target {
        Target::Tool(name) => vec![named(Table::Tools, name)],
        Target::Prompt(name) => vec![named(Table::Prompts, name)],
        Target::Template(template) => vec![named(Table::Resources, template)],
        Target::Resource(uri) => vec![resource(set, uri)],
        Target::Listen { uris, tasks } => {
            let uris = uris.iter().map(|uri| resource(set, uri));
            let tasks: Vec<_> = tasks.iter().map(AsRef::as_ref).collect();
            let tasks = (!tasks.is_empty()).then_some(Subject::Tasks(set, tasks));
            let stream = Subject::Stream(set, &call.method);
            uris.chain(tasks).chain([stream]).collect()
        }
        Target::Task(id) => vec![Subject::Tasks(set, id.iter().map(AsRef::as_ref).collect())],
        Target::Method => vec![Subject::Method(set, &call.method)],
    }
}

fn named<'p, 'c>(set: &'p RuleSet, table: Table, name: &'c str) -> Subject<'p, 'c> {
    let entry = table.entries(set).find(name).map(|(entry, _)| entry);
    Subject::Named(Named {
        set,
        table,
        name,
        entry,
        normal: true,
    })
}

fn resource<'p, 'c>(set: &'p RuleSet, uri: &'c str) -> Subject<'p, 'c> {
    let found = set.resources.find(uri);
    // A hidden entry gets the same answer as an absent one.
    let listed = found.is_some_and(|(entry, exact)| exact && entry.action != Action::Hide);
    Subject::Named(Named {
        set,
        table: Table::Resources,
        name: uri,
        entry: found.map(|(entry, _)| entry),
        normal: listed || is_normal(uri),
    })
}
