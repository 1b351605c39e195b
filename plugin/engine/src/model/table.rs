//! The tables of names that a policy has, and the lists of servers that they govern.
//!
//! It looks entries up by their exact section and never guesses one.

use super::entry::Entry;
use super::names::Names;
use super::rule_set::RuleSet;
use crate::words::text::clip_name;

/// The lists that servers send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Tools,
    Prompts,
    Resources,
    /// Templates are compared as they are written, with the names of resources.
    Templates,
}

impl Table {
    pub(crate) fn of(section: Section) -> Self {
        match section {
            Section::Tools => Self::Tools,
            Section::Prompts => Self::Prompts,
            Section::Resources | Section::Templates => Self::Resources,
        }
    }
}

/// The tables of names that the document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Tools,
    Prompts,
    Resources,
}

impl Table {
    pub(crate) fn entries(self, set: &RuleSet) -> &Names<Entry> {
        match self {
            Self::Tools => &set.tools,
            Self::Prompts => &set.prompts,
            Self::Resources => &set.resources,
        }
    }

    /// The key of the table in the document.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
        }
    }

    pub(crate) fn noun(self, name: &str) -> String {
        let kind = match self {
            Self::Tools => "tool",
            Self::Prompts => "prompt",
            Self::Resources => "resource",
        };
        format!("{kind} `{}`", clip_name(name))
    }
}
