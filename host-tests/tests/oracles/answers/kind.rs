//! Classifies a find by the tricks that it needs.

use super::plan::Plan;
use super::scene::Planted;
use super::trick::What;
use std::fmt;

/// The kind of weakness that a find shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    StreamCharset,
    DocumentCharset,
    Disguise,
    Cut,
    NotCalledJson,
    Question,
    LookAlike,
    Twice,
    Broken,
    Batch,
    Long,
    Page,
    Text,
    List,
    Otherwise,
}

impl Kind {
    /// The kinds that a search must find in a filter with planted faults.
    pub(super) const ALL: [Self; 12] = [
        Self::StreamCharset,
        Self::DocumentCharset,
        Self::Disguise,
        Self::Cut,
        Self::NotCalledJson,
        Self::Question,
        Self::LookAlike,
        Self::Twice,
        Self::Broken,
        Self::Page,
        Self::Text,
        Self::List,
    ];

    /// The kind of a plan.
    pub(super) fn of(plan: &Plan) -> Self {
        let has = |what: &[What]| plan.tricks.iter().any(|trick| what.contains(&trick.what));
        let planted = plan.scene.planted;
        match plan.stream {
            true if has(&[What::Charset]) => Self::StreamCharset,
            false if has(&[What::Charset, What::Mark]) => Self::DocumentCharset,
            _ if has(&[What::Disguise]) => Self::Disguise,
            _ if has(&[
                What::Decoy,
                What::Cut,
                What::Divided,
                What::Noise,
                What::Open,
                What::Mark,
            ]) =>
            {
                Self::Cut
            }
            _ if has(&[What::Type]) => Self::NotCalledJson,
            _ if has(&[What::Broken, What::Surrogate]) => Self::Broken,
            _ if planted == Planted::Ask => Self::Question,
            _ if has(&[What::LookAlike]) => Self::LookAlike,
            _ if has(&[What::Twice]) => Self::Twice,
            _ if has(&[What::Batch]) => Self::Batch,
            _ if has(&[What::Long]) => Self::Long,
            _ if has(&[What::Status]) => Self::Page,
            _ if !plan.tricks.is_empty() => Self::Otherwise,
            _ if planted == Planted::Secret => Self::Text,
            _ => Self::List,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StreamCharset => "the charset of a stream",
            Self::DocumentCharset => "a document in another charset",
            Self::Disguise => "a byte order mark in disguise",
            Self::Cut => "events that are cut otherwise",
            Self::NotCalledJson => "what is not called JSON",
            Self::Question => "what a server asks",
            Self::LookAlike => "a name's look-alike",
            Self::Twice => "a member that stands twice",
            Self::Broken => "JSON that is broken",
            Self::Batch => "a batch",
            Self::Long => "what is longer than a gateway holds",
            Self::Page => "the page of a failed request",
            Self::Text => "a text that is overlooked",
            Self::List => "a list that is overlooked",
            Self::Otherwise => "otherwise",
        })
    }
}
