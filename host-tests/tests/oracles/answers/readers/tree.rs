//! A JSON value as a reader holds it: members in their order, duplicates included.
//!
//! It never decides which of two members counts: `names` does.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Tree {
    /// A number in its raw form.
    Number(String),
    /// True, false or null.
    Word,
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Tree {
    /// The elements of a list; none of anything else.
    pub(in super::super) fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// The members of an object; none of anything else.
    pub(in super::super) fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The text of a string.
    pub(in super::super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// True where a text or a member's name, at any depth, contains this.
    pub(in super::super) fn tells(&self, what: &str) -> bool {
        match self {
            Self::Number(_) | Self::Word => false,
            Self::Text(text) => text.contains(what),
            Self::List(elements) => elements.iter().any(|element| element.tells(what)),
            Self::Object(members) => members
                .iter()
                .any(|(name, value)| name.contains(what) || value.tells(what)),
        }
    }
}
