//! Lists the words of the document that name settings, and reads a flag, a required key or an optional part.
//!
//! Each word is written in one place, for the parser and the JSON Schema of the document alike.

use super::error::Problem;
use super::reader::{Location, Members, PolicyReader};
use crate::model::{AnswerStyle, CertificateName, Effect, Frozen, Listed, Mode};
use crate::words::json::Value;
use std::borrow::Cow;

pub(crate) const EFFECTS: &[(&str, Effect)] = &[("allow", Effect::Allow), ("deny", Effect::Deny)];

pub(crate) const ANSWERS: &[(&str, AnswerStyle)] = &[
    ("result", AnswerStyle::Result),
    ("error", AnswerStyle::Error),
];

pub(crate) const LISTED: &[(&str, Listed)] = &[
    ("callable", Listed::Callable),
    ("all_but_hidden", Listed::AllButHidden),
];

pub(crate) const CERTIFICATE_NAMES: &[(&str, CertificateName)] = &[
    (CertificateName::UriSan.name(), CertificateName::UriSan),
    (CertificateName::DnsSan.name(), CertificateName::DnsSan),
    (CertificateName::Subject.name(), CertificateName::Subject),
];

pub(crate) const MODES: &[(&str, Mode)] = &[("enforce", Mode::Enforce), ("shadow", Mode::Shadow)];

impl PolicyReader {
    pub(super) fn flag(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        key: &'static str,
    ) -> bool {
        members
            .get(key)
            .and_then(|value| self.bool(&at.key(key), value))
            .unwrap_or(false)
    }

    /// A kill switch: `true`, or the sentence that callers read.
    pub(super) fn frozen(&mut self, at: &Location<'_>, members: &Members<'_>) -> Option<Frozen> {
        let value = members.get("frozen")?;
        // A single word is a mistake: `"no"` would stop everything.
        let is_sentence = |text: &Cow<'_, str>| text.trim().contains(char::is_whitespace);
        let text = value.string().filter(is_sentence);
        match (value.bool(), text) {
            (Some(true), _) => Some(Frozen(None)),
            (_, Some(text)) => Some(Frozen(Some(text.into()))),
            (Some(false), None) => None,
            (None, None) => {
                self.invalid(
                    &at.key("frozen"),
                    value,
                    "true, or a sentence that callers read",
                );
                None
            }
        }
    }

    pub(super) fn required<'a>(
        &mut self,
        at: &Location<'_>,
        members: &Members<'a>,
        key: &'static str,
    ) -> Option<Value<'a>> {
        let value = members.get(key);
        if value.is_none() && members.is_object {
            self.error(at, Problem::MissingKey(key));
        }
        value
    }

    /// The setting that the word under `key` stands for; `None` where the key is absent or the word is invalid.
    pub(crate) fn setting<T: Copy>(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Option<T> {
        self.word(&at.key(key), members.get(key)?, words)
    }

    /// The part of the document under `key`; `None` where the key is absent.
    pub(crate) fn part<T>(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        key: &'static str,
        read: fn(&mut Self, &Location<'_>, Value<'_>) -> T,
    ) -> Option<T> {
        Some(read(self, &at.key(key), members.get(key)?))
    }

    /// The text under `key`; `None` where the key is absent or the text is invalid.
    pub(crate) fn text(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        key: &'static str,
    ) -> Option<Box<str>> {
        self.string(&at.key(key), members.get(key)?).map(Into::into)
    }
}
