//! Turns a text of a result into the redacted text, in which the rules have replaced their matches, or refuses it where
//! a rule blocks it.
//!
//! It never decodes for secrets a text that cannot contain one.

use super::problem::{Problem, Redaction};
use super::result::Results;
use crate::model::{AppliedRules, Mode, Pattern, ResultRules, Sought, Treatment};
use crate::words::expression::{Expression, Finder};
use crate::words::json::Value;
use crate::words::secret;
use crate::words::secret::{Kinds, SECRETS};
use crate::words::work::{Budget, Exhausted};
use std::borrow::Cow;
use std::ops::Range;

/// The searches of all applied rules, in the order of the rules; those that block come first, and see the text as the
/// server sent it.
pub(super) struct Searches<'r> {
    searches: Vec<Search<'r>>,
    /// One of the searches has a regular expression of the policy.
    expressions: bool,
}

/// The search for one pattern of a rule.
struct Search<'r> {
    sought: &'r Sought,
    rules: &'r ResultRules,
    mode: Mode,
    /// In shadow mode: it has matched, so that the message would be withheld whatever else is in it.
    is_over: bool,
    /// The finder of the regular expression, created at the first possible match.
    finder: Option<Finder<'r>>,
}

/// A text of a result.
struct Text<'t> {
    /// The decoded characters, or the characters as they are written if no search needs them decoded.
    text: Cow<'t, str>,
    /// The name of the member with this text; empty if there is none.
    name: &'t str,
    /// The text may contain a secret. If not, searches for secrets skip it.
    may_hold_secret: bool,
}

impl<'r> Searches<'r> {
    pub(super) fn new(rules: &[AppliedRules<'r>]) -> Self {
        let mut searches = Vec::new();
        for treatment in [Treatment::Block, Treatment::Redact] {
            for applied in rules {
                let own = applied.patterns().filter(|own| own.treatment == treatment);
                searches.extend(own.map(|sought| Search {
                    sought,
                    rules: applied.rules,
                    mode: applied.mode,
                    is_over: false,
                    finder: None,
                }));
            }
        }
        let expression = |search: &Search<'_>| matches!(search.sought.pattern, Pattern::Regex(_));
        Self {
            expressions: searches.iter().any(expression),
            searches,
        }
    }

    /// Whether there is no search.
    pub(super) fn is_empty(&self) -> bool {
        self.searches.is_empty()
    }

    /// The redacted text of a JSON string, the value of a member with that name; `None` if it is unchanged. `max` is
    /// the longest redacted text in bytes.
    pub(super) fn string(
        &mut self,
        value: Value<'_>,
        name: &str,
        results: &mut Results,
        max: usize,
    ) -> Result<Option<String>, Problem> {
        let unknown = results.letters_are_escaped() && value.encoded() > 0;
        let may_hold_secret =
            unknown || secret::names_secret(name) || secret::may_stand(value.raw());
        let text = match may_hold_secret || self.expressions {
            true => value.string().unwrap_or_default(),
            false => value.raw().into(),
        };
        self.left(
            Text {
                text,
                name,
                may_hold_secret,
            },
            results,
            max,
        )
    }

    /// The redacted text of a text that is not JSON; `None` if it is unchanged. `max` is as for [`Self::string`].
    pub(super) fn plain(
        &mut self,
        text: &str,
        results: &mut Results,
        max: usize,
    ) -> Result<Option<String>, Problem> {
        let text = Text {
            text: text.into(),
            name: "",
            may_hold_secret: true,
        };
        self.left(text, results, max)
    }

    fn left(
        &mut self,
        mut text: Text<'_>,
        results: &mut Results,
        max: usize,
    ) -> Result<Option<String>, Problem> {
        let mut changed = false;
        for search in &mut self.searches {
            let found = search.noted(&text, results)?;
            if search.mode == Mode::Enforce && !found.is_empty() {
                let left = secret::replaced(&text.text, found, max).ok_or(Problem::TooLong(max))?;
                text.text = Cow::Owned(left);
                changed = true;
            }
        }
        Ok(changed.then(|| text.text.into_owned()))
    }
}

impl<'r> Search<'r> {
    /// Finds the matches in the text, and notes them in `results`.
    fn noted(&mut self, text: &Text<'_>, results: &mut Results) -> Result<Found, Problem> {
        if self.is_over || self.mode == Mode::Shadow && results.shadow_is_over() {
            return Ok(Found::new());
        }
        let budget = results.budget(self.mode).ok_or(Exhausted);
        let found = budget.and_then(|budget| self.found(text, budget));
        let rule = || self.rules.rule_of(self.sought);
        let (withheld, found) = match (found, self.mode) {
            (Ok(found), mode) => match (found.first(), self.sought.treatment, mode) {
                (Some((_, what)), Treatment::Block, Mode::Enforce) => {
                    let (rule, what) = (rule(), *what);
                    return Err(Problem::Blocked { rule, what });
                }
                (Some(_), Treatment::Block, Mode::Shadow) => {
                    self.is_over = true;
                    (Some(ALL), Found::new())
                }
                _ => (None, found),
            },
            (Err(Exhausted), Mode::Enforce) => return Err(Problem::TooMuchWork(rule())),
            (Err(Exhausted), Mode::Shadow) => {
                results.end_shadow();
                (Some(ALL), Found::new())
            }
        };
        let all = withheld.into_iter().chain(found.iter().map(|of| of.1));
        for (what, times) in counted(all) {
            results.note(Redaction {
                what,
                rule: rule(),
                mode: self.mode,
                times,
            });
        }
        Ok(found)
    }

    fn found(&mut self, text: &Text<'_>, budget: &Budget) -> Result<Found, Exhausted> {
        let length = text.text.len();
        budget.take(BEGIN.saturating_add(length.checked_div(8).unwrap_or(0)))?;
        let kinds = match &self.sought.pattern {
            Pattern::Mistake => return Ok(Found::new()),
            Pattern::Regex(regex) => return self.matches(regex, &text.text, budget),
            Pattern::Secrets => Kinds::ALL,
            Pattern::Secret(kind) => Kinds::one(*kind),
        };
        budget.take(SECRETS_BEGIN)?;
        if !text.may_hold_secret {
            secret::pass_over(&text.text, budget)?;
            return Ok(Found::new());
        }
        let found = secret::find_value(text.name, &text.text, budget, kinds)?;
        let name = |kind: usize| SECRETS.get(kind).map_or(OWN, |secret| secret.name);
        let found = found.into_iter();
        Ok(found.map(|found| (found.range, name(found.kind))).collect())
    }

    /// The matches of a regular expression of the policy.
    fn matches(
        &mut self,
        regex: &'r Expression,
        text: &str,
        budget: &Budget,
    ) -> Result<Found, Exhausted> {
        if self.sought.treatment == Treatment::Block {
            let matched = regex.is_match(text, budget)?;
            return Ok(matched
                .then_some((0..text.len(), OWN))
                .into_iter()
                .collect());
        }
        let Some(from) = regex.first_start(text, budget)? else {
            return Ok(Found::new());
        };
        let finder = match &mut self.finder {
            Some(finder) => finder,
            none => none.insert(Finder::new(regex, budget)?),
        };
        let found = finder.find_all(text, from, budget)?.into_iter();
        Ok(found.map(|range| (range, OWN)).collect())
    }
}

/// The name of a redaction of the whole text or result, which in shadow mode would be withheld.
pub(super) const ALL: &str = "all of it";

/// The name of a match of a regular expression of the policy.
pub(super) const OWN: &str = "regex";

/// The steps charged for each search of a text, and the additional steps for a search for secrets.
const BEGIN: usize = 8;
const SECRETS_BEGIN: usize = 40;

/// The matches in a text: the range and the name of each.
type Found = Vec<(Range<usize>, &'static str)>;

/// Each name once, with its number of times.
fn counted(all: impl Iterator<Item = &'static str>) -> Vec<(&'static str, usize)> {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for what in all {
        match counted.iter_mut().find(|(other, _)| *other == what) {
            Some((_, times)) => *times = times.saturating_add(1),
            None => counted.push((what, 1)),
        }
    }
    counted
}
