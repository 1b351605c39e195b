//! The three truth values of a condition and their conjunction, disjunction and negation (Kleene).
//!
//! Unknown stays unknown when it is negated, or joined with unknown.

use serde::Serialize;

/// True, false, or unknown, such as for a value that two servers could read in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// The condition is true for every reader of the message.
    True,
    /// The condition is false for every reader of the message.
    False,
    /// The condition cannot be decided, or readers differ.
    Unknown,
}

impl Truth {
    pub(crate) fn of(holds: Option<bool>) -> Self {
        match holds {
            Some(true) => Self::True,
            Some(false) => Self::False,
            None => Self::Unknown,
        }
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    /// The conjunction: false where one is false, true where all are true.
    pub(crate) fn all(truths: impl Iterator<Item = Self>) -> Self {
        let mut all = Self::True;
        for truth in truths {
            match truth {
                Self::False => return Self::False,
                Self::Unknown => all = Self::Unknown,
                Self::True => {}
            }
        }
        all
    }

    /// Exactly one: true where one is true and the others are false; false where two are true, or all are false.
    pub(crate) fn one(truths: impl Iterator<Item = Self>) -> Self {
        let (mut yes, mut unknown) = (false, false);
        for truth in truths {
            match truth {
                Self::True if yes => return Self::False,
                Self::True => yes = true,
                Self::Unknown => unknown = true,
                Self::False => {}
            }
        }
        Self::of((!unknown).then_some(yes))
    }

    pub(crate) fn any(truths: impl Iterator<Item = Self>) -> Self {
        Self::all(truths.map(Self::not)).not()
    }
}
