//! Verbs and plain statements in the description of a tool.
//!
//! It never reads the name.

use super::evidence::Evidence;
use super::reason::{Reason, reason};
use crate::scan::class::Class;
use crate::scan::vocabulary::{self, is_in};

/// The verb that a description begins with.
pub(super) struct LeadingVerb {
    at: usize,
    word: String,
    pub(super) class: Class,
}

impl LeadingVerb {
    pub(super) fn saw(&self) -> String {
        format!("description: `{}`", self.word)
    }
}

impl Evidence<'_> {
    /// The verb that the description begins with.
    pub(super) fn leading_verb(&self) -> Option<LeadingVerb> {
        const WITHIN: usize = 8;
        let sentence = self.first_sentence();
        let mut opening = true;
        for (at, word) in sentence.iter().enumerate().take(WITHIN) {
            if vocabulary::empty(word) {
                continue;
            }
            let class = self.dragged(word).or_else(|| vocabulary::form(word));
            let noun = !opening && vocabulary::often_noun(word);
            if let Some(class) = class.filter(|_| !noun) {
                return Some(LeadingVerb {
                    at,
                    word: word.clone(),
                    class,
                });
            }
            opening = false;
        }
        None
    }

    /// Verbs that the first sentence joins to its first one, in the same form: `Removes the rows and drops the table`.
    pub(super) fn joined_verbs(&self, lead: &LeadingVerb) -> Vec<Reason> {
        let rest = self.first_sentence().iter().enumerate();
        let mut before = "";
        let mut reasons = Vec::new();
        for (at, word) in rest {
            let joins = matches!(before, "," | "and" | "or" | "then");
            let same = is_third_person(word) == is_third_person(&lead.word);
            let class = self.dragged(word).or_else(|| vocabulary::form(word));
            let class = class.filter(|_| at > lead.at && joins);
            let worst = class.filter(|&class| class == Class::Destructive || same);
            let counted =
                worst.filter(|&class| class == Class::Execute || !vocabulary::often_noun(word));
            reasons.extend(counted.map(|class| reason(class, format!("description: `{word}`"))));
            let adverb =
                vocabulary::empty(word) && !matches!(word.as_str(), "," | "and" | "the" | "a");
            before = if adverb && joins { before } else { word };
        }
        reasons
    }

    /// Later sentences that begin with a verb, or state an effect.
    pub(super) fn later_sentences(&self) -> Vec<Reason> {
        let later = self.sentences.iter().skip(1);
        let verbs = later.filter_map(|sentence| verb_at_beginning(sentence));
        let sentences = self.sentences.iter();
        let statements = sentences.filter_map(|sentence| plain_statement(sentence));
        verbs.chain(statements).collect()
    }
}

/// A verb in the third person that a sentence begins with, if its class is worse than `Write`.
fn verb_at_beginning(sentence: &[String]) -> Option<Reason> {
    let mut words = sentence.iter();
    let word =
        words.find(|word| *word != "," && !is_in("it this tool also then and will", word))?;
    let class =
        vocabulary::form(word).filter(|class| is_third_person(word) && *class > Class::Write)?;
    (!vocabulary::often_noun(word)).then(|| reason(class, format!("description: `{word}`")))
}

/// The form of `deletes`, not that of `delete`.
fn is_third_person(word: &str) -> bool {
    word.ends_with('s') && vocabulary::verb(word).is_none()
}

/// A plain phrase for an effect, without a negation before it.
fn plain_statement(sentence: &[String]) -> Option<Reason> {
    const PHRASES: [(&str, Class); 14] = [
        ("cannot be undone", Class::Destructive),
        ("can not be undone", Class::Destructive),
        ("cant be undone", Class::Destructive),
        ("irreversible", Class::Destructive),
        ("irreversibly", Class::Destructive),
        ("permanently delete", Class::Destructive),
        ("permanently deletes", Class::Destructive),
        ("permanently remove", Class::Destructive),
        ("overwrites existing", Class::Destructive),
        ("overwrite existing", Class::Destructive),
        ("arbitrary code", Class::Execute),
        ("arbitrary javascript", Class::Execute),
        ("arbitrary commands", Class::Execute),
        ("arbitrary sql", Class::Execute),
    ];
    const NEGATIONS: &str = "not never without no wont doesnt dont avoid avoids";
    let text = format!(" {} ", sentence.join(" "));
    PHRASES.iter().find_map(|(phrase, class)| {
        let (before, _) = text.split_once(&format!(" {phrase} "))?;
        let mut last = before.split(' ').rev().take(4);
        let denied = last.any(|word| is_in(NEGATIONS, word));
        (!denied).then(|| reason(*class, format!("description: `{phrase}`")))
    })
}
