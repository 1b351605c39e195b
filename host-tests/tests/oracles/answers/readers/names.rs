//! How a reader looks up a member of an object.

use super::tree::Tree;

/// A way to look up members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Names {
    /// The last member of exactly this name: `JSON.parse`, Python's `json`.
    Last,
    /// The last member of this name in any case and folding: Go's `encoding/json`, .NET for the web.
    AnyCase,
    /// The first member of this name in any case, where names end at a NUL: cJSON.
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

    /// True where the reader treats the two names as one.
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

/// Unicode's simple case folding, as far as it leads to ASCII letters.
fn folded(name: &str) -> String {
    let folded = name.chars().map(|c| match c {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        c => c.to_ascii_lowercase(),
    });
    folded.collect()
}
