//! Turns a value of a JSON answer into the text or the list that is expected there, or into the mistake with its place.
//!
//! It never guesses: a value of another kind is an error. An error shows no value, which may be a token.

use super::values::quoted;
use crate::audit::Moment;
use crate::sanitize::ascii;
use mcp_policy::document::{Kind, Value};
use std::fmt::Display;

/// A value, and the JSON Pointer to it.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) value: Value<'a>,
    pointer: String,
}

/// A value, or the sentence about the mistake.
pub(super) type Read<T> = Result<T, String>;

impl<'a> Place<'a> {
    /// The object that an answer consists of.
    pub(super) fn root(value: Value<'a>) -> Read<Self> {
        let pointer = String::new();
        Self { value, pointer }.object()
    }

    pub(super) fn object(self) -> Read<Self> {
        match self.value.kind() {
            Kind::Object => Ok(self),
            _ => Err(self.expected("an object")),
        }
    }

    pub(super) fn optional(&self, name: &str) -> Option<Self> {
        let pointer = format!("{}/{name}", self.pointer);
        let value = self.value.get(name)?;
        Some(Self { value, pointer })
    }

    pub(super) fn member(&self, name: &str) -> Read<Self> {
        self.optional(name).ok_or_else(|| {
            let place = self.place();
            format!("{place}: found no member `{name}`; expected one")
        })
    }

    pub(super) fn text(&self) -> Read<String> {
        let text = self.value.string().map(String::from);
        text.ok_or_else(|| self.expected("a text"))
    }

    /// A time, as it was sent.
    pub(super) fn time(&self) -> Read<(String, Moment)> {
        let text = self.text()?;
        match Moment::read(&text) {
            Some(moment) => Ok((text, moment)),
            None => Err(self.found(&text, "a time, such as `2026-01-31T09:00:00.000Z`")),
        }
    }

    pub(super) fn elements(&self) -> Read<Vec<Self>> {
        if self.value.kind() != Kind::Array {
            return Err(self.expected("a list"));
        }
        let elements = self.value.elements().enumerate();
        let element = |(index, value)| {
            let pointer = format!("{}/{index}", self.pointer);
            Self { value, pointer }.object()
        };
        elements.map(element).collect()
    }

    /// The text of a member that may be absent.
    pub(super) fn optional_text(&self, name: &str) -> Read<Option<String>> {
        self.optional(name).map(|place| place.text()).transpose()
    }

    /// The mistake of a text that may be shown.
    pub(super) fn found(&self, text: &str, expected: impl Display) -> String {
        let text: String = text.chars().take(60).collect();
        let (place, text) = (self.place(), ascii(&quoted(&text)));
        format!("{place}: found {text}; expected {expected}")
    }

    fn expected(&self, expected: &str) -> String {
        let found = match self.value.kind() {
            Kind::Null => "null",
            Kind::Bool => "a truth value",
            Kind::Number => "a number",
            Kind::String => "a text",
            Kind::Array => "a list",
            Kind::Object => "an object",
        };
        format!("{}: found {found}; expected {expected}", self.place())
    }

    fn place(&self) -> &str {
        match self.pointer.as_str() {
            "" => "the answer",
            pointer => pointer,
        }
    }
}
