//! The three values of a condition, and how they are joined (Kleene).
//!
//! Unknown never becomes true or false by being negated or joined with itself.

use serde::Serialize;

/// True, false, or unknown, such as for a value that two servers could read in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// The condition holds for every reader.
    True,
    /// The condition holds for no reader.
    False,
    /// It is unknown whether the condition holds, or readers differ.
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

    /// False as soon as one is false; true when all are.
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

    /// True when one is and the others are false; false when two are, or none can be.
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
