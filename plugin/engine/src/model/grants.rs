//! The grants of a policy, and an index of them by the facts about a caller that they require.
//!
//! It identifies no caller: it narrows ten thousand grants down to the few that a caller may match.

use super::caller::{Grant, Required, Source};
use super::names::Names;
use super::postings::Postings;
use crate::words::digits::push_hex;
use crate::words::pattern::{Pattern, Shape};
use crate::words::sorted::dedup_sorted;

/// The grants of a policy.
#[derive(Debug)]
pub(crate) struct Grants {
    /// In the order of the document.
    pub(crate) list: Vec<Grant>,
    /// The sources that requirements read, each once.
    pub(crate) sources: Vec<Source>,
    /// Positions of grants by the key of their rarest requirement.
    keys: Names<Vec<usize>>,
    /// For each source whether some of these keys is of a text or the beginning of one, and of the end of one.
    keyed: Vec<[bool; 2]>,
    /// Positions of the grants whose rarest requirement is a pattern with `*` in its middle, or with two.
    others: Vec<(usize, Pattern, usize)>,
    /// True where some grant requires a credential.
    pub(crate) have_credentials: bool,
    /// The grant of callers without a credential.
    pub(crate) anonymous: Option<usize>,
}

impl Grants {
    /// `sources` are those that the requirements of the grants name by position.
    pub(crate) fn new(list: Vec<Grant>, sources: Vec<Source>) -> Self {
        let mut all = Postings::default();
        for (at, grant) in list.iter().enumerate() {
            keys(grant).for_each(|(key, _)| all.add(&key, at));
        }
        let (mut rarest, mut others) = (Postings::default(), Vec::new());
        let mut keyed = vec![[false; 2]; sources.len()];
        for (at, grant) in list.iter().enumerate() {
            let rank = |(key, required): &(String, Option<&Required>)| {
                let is_other = required.is_some_and(|of| of.pattern.shape() == Shape::Other);
                (all.of(key).len(), is_other)
            };
            match keys(grant).min_by_key(rank) {
                Some((_, Some(required))) if required.pattern.shape() == Shape::Other => {
                    others.push((required.source, required.pattern.clone(), at));
                }
                Some((key, required)) => {
                    rarest.add(&key, at);
                    required
                        .into_iter()
                        .for_each(|required| note(&mut keyed, required));
                }
                None => {}
            }
        }
        Self {
            keys: rarest.into_names(),
            keyed,
            others,
            have_credentials: list.iter().any(|grant| grant.bearer.is_some()),
            anonymous: list.iter().position(|grant| grant.anonymous),
            list,
            sources,
        }
    }

    /// The grants that may require this credential, by position. They are found by its first eight bytes, so the duration
    /// of the search reveals no more of the listed ones; the caller of this function compares the whole in constant time.
    pub(crate) fn by_credential(&self, digest: &[u8; 32]) -> impl Iterator<Item = usize> {
        let found = self.keys.find(&credential_key(digest));
        found.into_iter().flat_map(|(found, _)| found).copied()
    }

    /// The grants that may require this text of the source, by position.
    pub(crate) fn by_text(&self, source: usize, text: &str) -> Vec<usize> {
        let [begins, ends] = self.keyed.get(source).copied().unwrap_or_default();
        let mut found = Vec::new();
        let beginning = begins.then(|| text_key(source, text));
        let ending = ends.then(|| suffix_key(source, text));
        for key in beginning.iter().chain(&ending) {
            self.keys
                .find_all(key)
                .for_each(|grants| found.extend(grants));
        }
        for (own, pattern, at) in &self.others {
            if *own == source && pattern.matches(text) {
                found.push(*at);
            }
        }
        found
    }
}

/// Everything that the grant requires, as one text: two grants with one text match the same callers.
pub(crate) fn required_text(grant: &Grant) -> String {
    let keys = dedup_sorted(keys(grant).map(|(key, _)| key));
    match grant.anonymous {
        true => "anonymous".into(),
        false => keys.join("\n"),
    }
}

/// The keys of all requirements of the grant, those of texts with the requirement.
fn keys(grant: &Grant) -> impl Iterator<Item = (String, Option<&Required>)> {
    let credential = grant.bearer.iter();
    let credential = credential.map(|digest| (credential_key(digest), None));
    let texts = grant.required.iter().map(|required| {
        let (source, pattern) = (required.source, &required.pattern);
        let key = match pattern.shape() {
            Shape::Suffix(suffix) => suffix_key(source, suffix) + "*",
            Shape::Exact | Shape::Prefix | Shape::Other => text_key(source, pattern.as_str()),
        };
        (key, Some(required))
    });
    credential.chain(texts)
}

/// Notes that the source of the requirement is keyed by beginnings or by ends of texts.
fn note(keyed: &mut [[bool; 2]], required: &Required) {
    if let Some([begins, ends]) = keyed.get_mut(required.source) {
        match required.pattern.shape() {
            Shape::Suffix(_) => *ends = true,
            Shape::Exact | Shape::Prefix | Shape::Other => *begins = true,
        }
    }
}

fn credential_key(digest: &[u8; 32]) -> String {
    let mut key = String::from("credential ");
    let head = digest.first_chunk().copied().map(u64::from_be_bytes);
    push_hex(&mut key, head.unwrap_or_default().into());
    key
}

/// The key of a text of the source, or of a prefix with its `*`.
fn text_key(source: usize, text: &str) -> String {
    format!("{source} begins {text}")
}

/// The key of the end of a text of the source: its characters from the last one.
fn suffix_key(source: usize, text: &str) -> String {
    let reversed: String = text.chars().rev().collect();
    format!("{source} ends {reversed}")
}
