//! Turns the limits of a policy into the model: how many calls, in which window, counted for whom.
//!
//! It counts nothing; `count` and `store` do.

use super::approval::OVER;
use super::reader::{Keys, Location, Members, PolicyReader, whole};
use crate::model::{
    ApprovalRule, Cost, Counter, Limit, Path, Refunds, Scope, Segment, Window, claim,
};
pub(crate) use crate::read::is_header_name;
use crate::words::json::{Kind, Value};
use crate::words::sorted::dedup_sorted;
use crate::words::text::is_visible;
use crate::words::{Amount, Rule};
use std::sync::Arc;

/// The longest window in seconds: 366 days.
pub(crate) const LONGEST_WINDOW: u64 = 366 * DAY;

const DAY: u64 = 86_400;

/// The largest `max`. It exceeds any real quota, and sums of it fit 64 bits.
pub(crate) const LARGEST_MAX: u64 = 1_000_000_000_000;

pub(crate) const LIMIT: Keys = Keys {
    supported: &[
        "counter",
        "window",
        "max",
        "scope",
        "cost",
        "algorithm",
        "refund",
        "over",
        "on_deny",
    ],
    reserved: &[],
};

pub(crate) const RATE_LIMIT: Keys = Keys {
    supported: &["max", "window", "scope"],
    reserved: &[],
};

/// The names of the algorithms; true for the one whose window slides.
pub(crate) const ALGORITHMS: &[(&str, bool)] = &[("fixed", false), ("sliding", true)];

pub(crate) const REFUNDS: &[(&str, Refunds)] = &[
    ("unsent", Refunds::Unsent),
    ("on_error", Refunds::OnError),
    ("on_tool_error", Refunds::OnToolError),
    ("never", Refunds::Never),
];

const WRITE_WINDOW: &str = r#""second", "minute", "hour", "day", "week", "month", a number of seconds, or a text like "90s", "15m", "2h" or "7d""#;

const WRITE_SCOPE: &str = r#""grant", "session", "server", "global", "ip", "header:<name>", "claim:<name>" or a list of these"#;

const WRITE_COUNTER: &str =
    "a name of 1 to 128 characters, without surrounding space or invisible characters";

const WRITE_COST: &str = "the path of one number in the arguments, such as `args.amount`";

const WRITE_RATE: &str = r#"{"max": 10, "window": 60} or "10/minute""#;

impl PolicyReader {
    /// The list under `limits`; `rule` is the rule of the list itself.
    pub(super) fn limits(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        rule: &Rule,
    ) -> Vec<Arc<Limit>> {
        let elements = self.list(at, value, "limits").enumerate();
        elements
            .filter_map(|(index, value)| self.limit(&at.index(index), value, rule.at_index(index)))
            .collect()
    }

    fn limit(&mut self, at: &Location<'_>, value: Value<'_>, rule: Rule) -> Option<Arc<Limit>> {
        let members = self.object(at, value, &LIMIT);
        let name = self
            .required(at, &members, "counter")
            .and_then(|value| self.counter_name(&at.key("counter"), value));
        let window = self
            .required(at, &members, "window")
            .and_then(|value| self.window(&at.key("window"), value));
        let max = self
            .required(at, &members, "max")
            .and_then(|value| self.whole(&at.key("max"), value, 0, LARGEST_MAX));
        let scope = self.scope(at, members.get("scope"), Scope::Grant);
        let window = match (members.get("algorithm"), window) {
            (Some(algorithm), Some(window)) => {
                self.algorithm(&at.key("algorithm"), algorithm, window)
            }
            (_, window) => window,
        };
        let on_deny = members
            .get("on_deny")
            .and_then(|value| self.string(&at.key("on_deny"), value));
        let cost = match members.get("cost") {
            Some(value) => Cost::At(self.cost(&at.key("cost"), value)?),
            None => Cost::One,
        };
        let refunds = match members.get("refund") {
            Some(value) => self.word(&at.key("refund"), value, REFUNDS)?,
            None => Refunds::Unsent,
        };
        let over = self.over(at, value, &members, &rule);
        let counter = Arc::new(Counter::new(&self.place, "limit", &name?, window?, scope?));
        let added = (Amount::whole(max?), cost);
        let limit = Limit::new(counter, added, refunds, on_deny.as_deref(), rule);
        Some(Arc::new(Limit { over, ..limit }))
    }

    /// The rule by which a person may approve one call more than the limit allows.
    fn over(
        &mut self,
        at: &Location<'_>,
        limit: Value<'_>,
        members: &Members<'_>,
        rule: &Rule,
    ) -> Option<Arc<ApprovalRule>> {
        self.setting(at, members, "over", OVER)?;
        let asked = self.approval_rule(&at.key("over"), limit, rule.clone())?;
        Some(Arc::new(asked))
    }

    fn counter_name<'a>(
        &mut self,
        at: &Location<'_>,
        value: Value<'a>,
    ) -> Option<std::borrow::Cow<'a, str>> {
        let name = self.string(at, value)?;
        if name.chars().count() > 128 || !is_visible(&name) {
            self.invalid(at, value, WRITE_COUNTER);
            return None;
        }
        Some(name)
    }

    fn cost(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Vec<Segment>> {
        match self.string(at, value).map(|text| Path::parse(&text)) {
            Some(Some(Path::Arguments(steps)))
                if !steps.is_empty() && !steps.contains(&Segment::Each) =>
            {
                return Some(steps);
            }
            Some(_) => self.invalid(at, value, WRITE_COST),
            None => {}
        }
        None
    }

    /// The window under the algorithm. A month has no fixed length, so it cannot slide.
    fn algorithm(&mut self, at: &Location<'_>, value: Value<'_>, window: Window) -> Option<Window> {
        let sliding = self.word(at, value, ALGORITHMS)?;
        match window {
            _ if !sliding => return Some(window),
            Window::Seconds(seconds) => return Some(Window::Sliding(seconds)),
            Window::Week => return Some(Window::Sliding(7 * DAY)),
            Window::Month | Window::Sliding(_) | Window::Extending(_) => {}
        }
        self.invalid(
            at,
            value,
            r#""fixed" beside a window of a month, or "window": "30d""#,
        );
        None
    }

    /// PolicyLayer's `{"max": 10, "window": 60}` or Intercept's `"10/minute"`: one limit that no other entry shares.
    pub(super) fn rate_limit(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        rule: Rule,
    ) -> Option<Arc<Limit>> {
        let (window, max, scope) = match value.string() {
            Some(text) => {
                let rate = rate(&text);
                if rate.is_none() {
                    self.invalid(at, value, WRITE_RATE);
                }
                let (max, window) = rate?;
                (window, max, vec![Scope::Session])
            }
            None if value.kind() != Kind::Object => {
                self.invalid(at, value, WRITE_RATE);
                return None;
            }
            None => {
                let members = self.object(at, value, &RATE_LIMIT);
                let max = self
                    .required(at, &members, "max")
                    .and_then(|value| self.whole(&at.key("max"), value, 0, LARGEST_MAX));
                let window = self
                    .required(at, &members, "window")
                    .and_then(|value| self.window(&at.key("window"), value));
                (
                    window?,
                    max?,
                    self.scope(at, members.get("scope"), Scope::Session)?,
                )
            }
        };
        let counter = Arc::new(Counter::new(
            &self.place,
            "rate_limit",
            &rule.to_string(),
            window,
            scope,
        ));
        let added = (Amount::whole(max), Cost::One);
        Some(Arc::new(Limit::new(
            counter,
            added,
            Refunds::Unsent,
            None,
            rule,
        )))
    }

    fn window(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Window> {
        let window = window(value);
        if window.is_none() {
            self.invalid(at, value, WRITE_WINDOW);
        }
        window
    }

    /// The scope of the limit at `at`, or the default where the policy writes none.
    pub(super) fn scope(
        &mut self,
        at: &Location<'_>,
        value: Option<Value<'_>>,
        default: Scope,
    ) -> Option<Vec<Scope>> {
        let Some(value) = value else {
            return Some(vec![default]);
        };
        let at = at.key("scope");
        // The order of the parts makes no difference.
        let scopes = match value.string() {
            Some(_) => vec![self.one_scope(&at, value)?],
            None => {
                let elements = value.elements().enumerate();
                dedup_sorted(
                    elements.filter_map(|(index, value)| self.one_scope(&at.index(index), value)),
                )
            }
        };
        if scopes.is_empty() {
            self.invalid(&at, value, WRITE_SCOPE);
            return None;
        }
        Some(scopes)
    }

    fn one_scope(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Scope> {
        match value.string().as_deref() {
            Some("grant") => Some(Scope::Grant),
            Some("session") => Some(Scope::Session),
            Some("server") => Some(Scope::Server),
            Some("global") => Some(Scope::Global),
            Some("ip") => Some(Scope::Ip),
            Some(text) if text.starts_with("claim:") => {
                let steps = text.strip_prefix("claim:").and_then(claim);
                if steps.is_none() {
                    self.invalid(at, value, WRITE_SCOPE);
                }
                steps.map(Scope::Claim)
            }
            Some(text) if text.strip_prefix("header:").is_some_and(is_header_name) => {
                Some(Scope::Header(
                    text.strip_prefix("header:")
                        .unwrap_or_default()
                        .to_ascii_lowercase()
                        .into(),
                ))
            }
            _ => {
                self.invalid(at, value, WRITE_SCOPE);
                None
            }
        }
    }
}

/// The window of a number of seconds, or of a text such as `minute` or `90s`; `None` where the value is invalid.
pub(crate) fn window(value: Value<'_>) -> Option<Window> {
    match value.string() {
        Some(text) => spelled(&text),
        None => whole(value).and_then(seconds),
    }
}

fn spelled(text: &str) -> Option<Window> {
    match text {
        "second" => Some(Window::Seconds(1)),
        "minute" => Some(Window::Seconds(60)),
        "hour" => Some(Window::Seconds(3600)),
        "day" => Some(Window::Seconds(DAY)),
        "week" => Some(Window::Week),
        "month" => Some(Window::Month),
        _ => {
            let unit = match text.bytes().last()? {
                b's' => 1,
                b'm' => 60,
                b'h' => 3600,
                b'd' => DAY,
                _ => return None,
            };
            let digits = text.get(..text.len().checked_sub(1)?)?;
            seconds(number(digits)?.checked_mul(unit)?)
        }
    }
}

pub(crate) fn seconds(seconds: u64) -> Option<Window> {
    (1..=LONGEST_WINDOW)
        .contains(&seconds)
        .then_some(Window::Seconds(seconds))
}

/// The maximum and the window of a text such as `10/minute`.
fn rate(text: &str) -> Option<(u64, Window)> {
    let (max, unit) = text.split_once('/')?;
    let max = number(max)?;
    let named = ["second", "minute", "hour", "day", "week", "month"].contains(&unit);
    (max <= LARGEST_MAX && named)
        .then(|| spelled(unit))
        .flatten()
        .map(|window| (max, window))
}

/// A whole number in the digits that JSON allows. Some parsers read `010` as ten and others as eight, so it is invalid.
fn number(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let padded = digits.len() > 1 && digits.starts_with('0');
    (plain && !padded).then(|| digits.parse().ok()).flatten()
}
