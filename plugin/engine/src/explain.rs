//! Turns the rules that were looked at into an account of a decision, for people who ask why.
//!
//! It decides nothing: what it tells was decided elsewhere. No client and no log is told any of it.

use crate::count::{Amount, Charge, Maximum, Tally};
use crate::decide::{Refusal, Rule};
use crate::json::Value;
use crate::parse::Window;
use crate::truth::Truth;
use serde::Serialize;

/// A rule that was looked at, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's place in the policy, as a JSON Pointer (RFC 6901); `None` for what no policy can change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What the rule says.
    pub said: Said,
    /// What was found, such as a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What its conditions saw.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Sight>,
}

/// What a rule says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// It does not stand in the way.
    Passes,
    /// It refuses the call.
    Refuses,
    /// It would refuse the call, were it not in shadow mode.
    WouldRefuse,
}

/// What a condition saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sight {
    /// Where it looked.
    pub path: String,
    /// Its operator.
    pub op: &'static str,
    /// The value there, shortened; where the path has a `[*]`, the list. `None` where there is none, or where nobody can
    /// tell which it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Whether it holds.
    pub truth: Truth,
}

/// What is told about the rules besides a refusal.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// Refusals that are only logged.
    pub(crate) shadowed: Vec<Refusal>,
    pub(crate) findings: Findings,
}

/// Every rule that was looked at; nothing where nobody asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings(Option<Vec<Finding>>);

impl Findings {
    pub(crate) fn new(explain: bool) -> Self {
        Self(explain.then(Vec::new))
    }

    pub(crate) fn list(&self) -> Option<&[Finding]> {
        self.0.as_deref()
    }

    /// The list to add to. A host that never explains leaves out the code behind it.
    fn open(&mut self) -> Option<&mut Vec<Finding>> {
        self.0.as_mut().filter(|_| cfg!(feature = "explain"))
    }

    /// Adds rules that were looked at: a rule once, and nothing after a refusal.
    pub(crate) fn add(&mut self, more: impl FnOnce() -> Vec<Finding>) {
        let Some(list) = self.open() else {
            return;
        };
        for finding in more() {
            let refused = list.last().is_some_and(|last| last.said == Said::Refuses);
            if !refused && !list.contains(&finding) {
                list.push(finding);
            }
        }
    }

    pub(crate) fn append(&mut self, more: Self) {
        self.add(|| more.0.unwrap_or_default());
    }
}

impl Account {
    pub(crate) fn new(explain: bool) -> Self {
        Self {
            shadowed: Vec::new(),
            findings: Findings::new(explain),
        }
    }

    /// What was told so far; what follows is told apart from it.
    pub(crate) fn take(&mut self) -> Self {
        let next = Self::new(self.findings.0.is_some());
        std::mem::replace(self, next)
    }

    /// Notes a rule that was looked at. What it refuses is told by [`Account::refused`].
    pub(crate) fn looked(&mut self, rule: &Rule) {
        self.looked_into(rule, Vec::new);
    }

    pub(crate) fn looked_into(&mut self, rule: &Rule, conditions: impl FnOnce() -> Vec<Sight>) {
        if let Some(findings) = self.findings.open() {
            findings.push(Finding {
                conditions: conditions(),
                ..Finding::new(Some(rule), Said::Passes)
            });
        }
    }

    /// Notes what the rule that was looked at last refuses.
    pub(crate) fn refused(&mut self, rule: Option<&Rule>, said: Said) {
        let Some(findings) = self.findings.open() else {
            return;
        };
        let finding = Finding::new(rule, said);
        match findings.last_mut() {
            Some(last) if last.rule == finding.rule => last.said = said,
            _ => findings.push(finding),
        }
    }
}

impl Sight {
    /// The schema of a tool.
    pub(crate) fn schema(arguments: Value<'_>, truth: Truth) -> Self {
        Self {
            path: "args".into(),
            op: "schema",
            value: Some(short(arguments)),
            truth,
        }
    }
}

impl Finding {
    pub(crate) fn new(rule: Option<&Rule>, said: Said) -> Self {
        Self {
            rule: rule.map(ToString::to_string),
            said,
            found: None,
            conditions: Vec::new(),
        }
    }
}

/// The limits of a call whose charges were all added.
pub(crate) fn counted(charges: &[Charge], tallies: &[Tally]) -> Vec<Finding> {
    let tallies = |charge: usize| tallies.get(charge);
    let findings = maxima(charges).into_iter().filter_map(|(at, maximum)| {
        let tally = tallies(at.0)?;
        let said = match tally.shadowed == Some(at.1) {
            true => Said::WouldRefuse,
            false => Said::Passes,
        };
        let used = Some(tally.used).filter(|_| tally.added);
        finding(charges.get(at.0)?, maximum, said, used)
    });
    findings.collect()
}

/// The limits of a call up to the one that is full, `used` being its count. `full` and `shadowed` are positions of charges and of
/// their maxima.
pub(crate) fn full(
    charges: &[Charge],
    full: (usize, usize),
    used: Amount,
    shadowed: &[(usize, usize)],
) -> Vec<Finding> {
    let maxima = maxima(charges);
    let last = maxima.iter().position(|(at, _)| *at == full);
    let looked_at = maxima
        .into_iter()
        .take(last.map_or(0, |last| last.saturating_add(1)));
    let findings = looked_at.filter_map(|(at, maximum)| {
        let (said, used) = match at {
            at if at == full => (Said::Refuses, Some(used)),
            at if shadowed.contains(&at) => (Said::WouldRefuse, None),
            _ => (Said::Passes, None),
        };
        finding(charges.get(at.0)?, maximum, said, used)
    });
    findings.collect()
}

/// Every maximum of the charges with its position, in the order of the limits that they come from.
fn maxima(charges: &[Charge]) -> Vec<((usize, usize), &Maximum)> {
    let all = charges.iter().enumerate().flat_map(|(charge, of)| {
        let maxima = of.maxima.iter().enumerate();
        maxima.map(move |(maximum, of)| ((charge, maximum), of))
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(_, maximum)| maximum.order());
    all
}

/// What is told of a limit; nothing of a mark that was only set.
fn finding(
    charge: &Charge,
    maximum: &Maximum,
    said: Said,
    used: Option<Amount>,
) -> Option<Finding> {
    let sequence = matches!(charge.window(), Window::Lasting(_));
    if sequence && said == Said::Passes && charge.cost() > Amount::default() {
        return None;
    }
    let max = maximum.max;
    let used = used.filter(|_| !sequence && charge.subject().is_some());
    Some(Finding {
        found: used.map(|used| format!("{used} of {max} used")),
        ..Finding::new(Some(&maximum.rule), said)
    })
}

/// The value on one line, cut to a length that fits it.
pub(crate) fn short(value: Value<'_>) -> String {
    const LONGEST: usize = 60;
    let text = value.compact();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
