//! The grants of a policy, and an index of them by the facts about a caller that they require.
//!
//! It identifies no caller: it narrows ten thousand grants down to the few that a caller may match.

use super::caller::{Grant, Required, Source};
use super::names::Names;
use super::postings::Postings;
use crate::words::digits::push_decimal;
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
    /// The first eight bytes of each required credential with the position of its grant, by the first byte; no list where
    /// no grant requires one.
    credentials: Vec<Vec<(u64, usize)>>,
    /// The grant of callers without a credential.
    pub(crate) anonymous: Option<usize>,
}

impl Grants {
    /// `sources` are those that the requirements of the grants name by position.
    pub(crate) fn new(list: Vec<Grant>, sources: Vec<Source>) -> Self {
        let mut all = Postings::default();
        for (at, grant) in list.iter().enumerate() {
            grant
                .required
                .iter()
                .for_each(|required| all.add(&key(required), at));
        }
        let (mut rarest, mut others) = (Postings::default(), Vec::new());
        let mut keyed = vec![[false; 2]; sources.len()];
        for (at, grant) in list.iter().enumerate() {
            let rank = |required: &&Required| {
                let is_other = required.pattern.shape() == Shape::Other;
                (all.of(&key(required)).len(), is_other)
            };
            // A grant with a credential is found by it.
            let by_text = grant.required.iter().filter(|_| grant.bearer.is_none());
            match by_text.min_by_key(rank) {
                Some(required) if required.pattern.shape() == Shape::Other => {
                    others.push((required.source, required.pattern.clone(), at));
                }
                Some(required) => {
                    rarest.add(&key(required), at);
                    note(&mut keyed, required);
                }
                None => {}
            }
        }
        Self {
            keys: rarest.into_names(),
            keyed,
            others,
            credentials: by_first_byte(&list),
            anonymous: list.iter().position(|grant| grant.anonymous),
            list,
            sources,
        }
    }

    /// True where some grant requires a credential.
    pub(crate) fn have_credentials(&self) -> bool {
        !self.credentials.is_empty()
    }

    /// The grants that may require this credential, by position. They are found by its first eight bytes, so the duration
    /// of the search reveals no more of the listed ones; the caller of this function compares the whole in constant time.
    pub(crate) fn by_credential(&self, digest: &[u8; 32]) -> impl Iterator<Item = usize> {
        let [first, ..] = *digest;
        let wanted = head(digest);
        let same = self.credentials.get(usize::from(first));
        let same = same.into_iter().flatten();
        same.filter(move |(head, _)| *head == wanted)
            .map(|(_, at)| *at)
    }

    /// The grants that may require this text of the source, by position.
    pub(crate) fn by_text(&self, source: usize, text: &str) -> Vec<usize> {
        let [begins, ends] = self.keyed.get(source).copied().unwrap_or_default();
        let mut found = Vec::new();
        let beginning = begins.then(|| text_key(source, text));
        let ending = ends.then(|| suffix_key(source, text));
        for key in beginning.iter().chain(&ending) {
            self.keys.take_all(key, |grants| found.extend(grants));
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
    let keys = dedup_sorted(grant.required.iter().map(key));
    let mut text = keys.join("\n");
    for byte in grant.bearer.iter().flatten() {
        push_decimal(&mut text, u64::from(*byte), 4);
    }
    text
}

/// The key of a requirement.
fn key(required: &Required) -> String {
    let (source, pattern) = (required.source, &required.pattern);
    match pattern.shape() {
        Shape::Suffix(suffix) => suffix_key(source, suffix) + "*",
        Shape::Exact | Shape::Prefix | Shape::Other => text_key(source, pattern.as_str()),
    }
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

fn head(digest: &[u8; 32]) -> u64 {
    let head = digest.first_chunk().copied();
    head.map(u64::from_be_bytes).unwrap_or_default()
}

fn by_first_byte(list: &[Grant]) -> Vec<Vec<(u64, usize)>> {
    let mut credentials = Vec::new();
    for (at, grant) in list.iter().enumerate() {
        if let Some(digest @ [first, ..]) = &grant.bearer {
            credentials.resize(256, Vec::new());
            if let Some(same) = credentials.get_mut(usize::from(*first)) {
                same.push((head(digest), at));
            }
        }
    }
    credentials
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
