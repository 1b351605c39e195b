//! The grants of a policy, and an index of them by the facts about a caller that they require.
//!
//! It identifies no caller: it narrows ten thousand grants down to the few that a caller may match.

use super::caller::{Grant, Source};
use super::names::Names;
use crate::words::pattern::{Pattern, Shape};
use std::collections::BTreeMap;

/// The grants of a policy.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    /// In the order of the document.
    pub(crate) list: Vec<Grant>,
    /// The sources that requirements read, each once.
    pub(crate) sources: Vec<Source>,
    /// Digests of credentials in order, each with the position of its grant.
    credentials: Vec<([u8; 32], usize)>,
    /// For each source the grants that are found by its texts.
    texts: Vec<TextIndex>,
    /// The grant of callers without a credential.
    pub(crate) anonymous: Option<usize>,
}

/// Positions of grants by the texts that they require.
#[derive(Debug)]
struct TextIndex {
    /// By an exact text, or by a prefix.
    beginnings: Names<Vec<usize>>,
    /// By a suffix, spelled backwards.
    endings: Names<Vec<usize>>,
    /// Patterns that no table finds, which are compared one by one.
    others: Vec<(Pattern, usize)>,
}

/// A requirement of a grant: the position of its source, and its pattern.
type Key<'g> = (usize, &'g Pattern);

impl Grants {
    /// `sources` are those that the requirements of the grants name by position.
    pub(crate) fn new(list: Vec<Grant>, sources: Vec<Source>) -> Self {
        let mut credentials: Vec<_> = positions(&list)
            .filter_map(|(at, grant)| Some((grant.bearer?, at)))
            .collect();
        credentials.sort_unstable();
        let texts = {
            let keys = rarest_keys(&list);
            let index = |source| {
                let of_source = keys.iter().filter(|((own, _), _)| *own == source);
                TextIndex::new(of_source.map(|((_, pattern), at)| (*pattern, *at)))
            };
            (0..sources.len()).map(index).collect()
        };
        let anonymous = list.iter().position(|grant| grant.anonymous);
        Self {
            list,
            sources,
            credentials,
            texts,
            anonymous,
        }
    }

    /// True where some grant requires a credential.
    pub(crate) fn have_credentials(&self) -> bool {
        !self.credentials.is_empty()
    }

    /// The grants whose credentials begin with the first eight bytes of the digest, by position. So the search reveals
    /// by its duration no more of a digest than these, and the caller of this function compares the whole in constant
    /// time.
    pub(crate) fn by_credential(&self, digest: &[u8; 32]) -> impl Iterator<Item = usize> {
        let head = |digest: &[u8; 32]| digest.first_chunk::<8>().copied();
        let wanted = head(digest);
        let start = self
            .credentials
            .partition_point(|(own, _)| head(own) < wanted);
        let from = self.credentials.get(start..).unwrap_or_default();
        let same = from.iter().take_while(move |(own, _)| head(own) == wanted);
        same.map(|(_, at)| *at)
    }

    /// The grants that one of their requirements admits for this text, by position.
    pub(crate) fn by_text(&self, source: usize, text: &str) -> Vec<usize> {
        let index = self.texts.get(source);
        index.map(|index| index.find(text)).unwrap_or_default()
    }
}

fn positions(list: &[Grant]) -> impl Iterator<Item = (usize, &Grant)> {
    list.iter().enumerate()
}

/// For each grant without a credential the requirement that the fewest others share, an exact one before a pattern.
fn rarest_keys(list: &[Grant]) -> Vec<(Key<'_>, usize)> {
    let mut counts: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    list.iter().flat_map(keys).for_each(|key| {
        let count = counts.entry(key).or_default();
        *count = count.saturating_add(1);
    });
    let rarest = |(at, grant)| {
        let rank = |key: &Key<'_>| (counts.get(key).copied(), !key.1.is_exact());
        Some((keys(grant).min_by_key(rank)?, at))
    };
    let found_by_text = positions(list).filter(|(_, grant)| grant.bearer.is_none());
    found_by_text.filter_map(rarest).collect()
}

fn keys(grant: &Grant) -> impl Iterator<Item = Key<'_>> {
    let required = grant.required.iter();
    required.map(|required| (required.source, &required.pattern))
}

impl TextIndex {
    fn new<'g>(keys: impl Iterator<Item = (&'g Pattern, usize)>) -> Self {
        let mut beginnings: BTreeMap<Box<str>, Vec<usize>> = BTreeMap::new();
        let mut endings: BTreeMap<Box<str>, Vec<usize>> = BTreeMap::new();
        let mut others = Vec::new();
        for (pattern, at) in keys {
            match pattern.shape() {
                Shape::Exact(_) | Shape::Prefix(_) => {
                    beginnings.entry(pattern.as_str().into()).or_default()
                }
                Shape::Suffix(suffix) => {
                    let key = [&*reversed(suffix), "*"].concat();
                    endings.entry(key.into()).or_default()
                }
                Shape::Other => {
                    others.push((pattern.clone(), at));
                    continue;
                }
            }
            .push(at);
        }
        Self {
            beginnings: Names::new(beginnings),
            endings: Names::new(endings),
            others,
        }
    }

    fn find(&self, text: &str) -> Vec<usize> {
        let mut found: Vec<_> = self.beginnings.find_all(text).flatten().copied().collect();
        if !self.endings.is_empty() {
            let reversed = reversed(text);
            found.extend(self.endings.find_all(&reversed).flatten());
        }
        let others = self.others.iter();
        found.extend(
            others
                .filter(|(pattern, _)| pattern.matches(text))
                .map(|(_, at)| at),
        );
        found
    }
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}
