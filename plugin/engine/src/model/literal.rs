//! JSON values that a policy compares with.
//!
//! Their numbers are those that every reader reads as the same value.

/// How two numbers stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A JSON value of the policy. Its numbers are those that every reader takes for the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(f64),
    String(Box<str>),
    Array(Vec<Self>),
    Object(Vec<(Box<str>, Self)>),
}
