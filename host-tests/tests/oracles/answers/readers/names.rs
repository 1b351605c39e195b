//! Which member of an object a reader takes for the one that it looks for.

use super::tree::Tree;

/// A way of looking members up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Names {
    /// The last of exactly this name: `JSON.parse`, Python's `json`.
    Last,
    /// The last of this name in any case and any folding: Go's `encoding/json`, .NET for the web.
    AnyCase,
    /// The first in any case, names ending at a NUL: cJSON.
    InC,
}

impl Names {
    /// The member of this name.
    pub(in super::super) fn get<'t>(self, tree: &'t Tree, name: &str) -> Option<&'t Tree> {
        let mut members = tree.members().iter().filter(|(own, _)| self.is(own, name));
        let found = match self {
            Self::InC => members.next(),
            Self::Last | Self::AnyCase => members.next_back(),
        };
        found.map(|(_, value)| value)
    }

    /// Whether the reader takes one name for the other.
    pub(in super::super) fn is(self, own: &str, name: &str) -> bool {
        match self {
            Self::Last => own == name,
            Self::AnyCase => folded(own) == folded(name),
            Self::InC => {
                let own = own.split('\0').next().unwrap_or_default();
                own.eq_ignore_ascii_case(name)
            }
        }
    }
}

/// Unicode's simple folding, as far as it leads to letters of ASCII.
fn folded(name: &str) -> String {
    let folded = name.chars().map(|c| match c {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        c => c.to_ascii_lowercase(),
    });
    folded.collect()
}
