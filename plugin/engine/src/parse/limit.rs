//! Limits as the policy writes them: how many calls, in which window, counted for whom.
//!
//! It counts nothing; `count` and `store` do.

use super::entry::is_visible;
use super::path::{Path, Step};
use super::walk::{At, Keys, Walk, whole};
use crate::count::Amount;
use crate::decide::Rule;
use crate::json::{Kind, Value};
use crate::ordered::ordered;
use std::sync::Arc;

/// The longest window that is a number of seconds: 366 days.
pub(super) const LONGEST_WINDOW: u64 = 366 * DAY;
const DAY: u64 = 86_400;
/// The largest `max`: far beyond any quota, and sums of it stay within 64 bits.
pub(super) const LARGEST_MAX: u64 = 1_000_000_000_000;

/// At most `max` calls in each window, for each subject of the scope.
#[derive(Debug)]
pub(crate) struct Limit {
    pub(crate) counter: Arc<Counter>,
    pub(crate) max: Amount,
    pub(crate) cost: Cost,
    pub(crate) refunds: Refunds,
    pub(crate) on_deny: Option<Box<str>>,
    pub(crate) rule: Rule,
}

/// When what a call added is given back, from seldom to often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refunds {
    Never,
    /// When the call surely did not run.
    OnError,
    /// Also when its result says that it failed.
    OnToolError,
}

/// What a call adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    One,
    /// It is held against the maximum and adds nothing.
    Nothing,
    /// The number at these steps into the arguments.
    At(Vec<Step>),
}

/// What is counted together. Limits with equal counters share one count.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Counter {
    /// Policy, name, window and scope in one string; no two different counters have the same.
    pub(crate) id: String,
    pub(crate) window: Window,
    pub(crate) scope: Vec<Scope>,
}

/// How long a count lasts. Fixed windows are aligned to UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    /// Multiples of so many seconds since the epoch.
    Seconds(u64),
    /// Weeks that begin on Monday.
    Week,
    /// Calendar months.
    Month,
    /// The last so many seconds before any moment.
    Sliding(u64),
    /// So many seconds after the last addition, with which all earlier ones end.
    Lasting(u64),
}

/// For whom a counter counts apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Grant,
    Session,
    Server,
    Global,
    Ip,
    Header(Box<str>),
}

pub(super) const LIMIT: Keys = Keys {
    now: &[
        "counter",
        "window",
        "max",
        "scope",
        "cost",
        "algorithm",
        "refund",
        "on_deny",
    ],
    later: &["over"],
};
pub(super) const RATE_LIMIT: Keys = Keys {
    now: &["max", "window", "scope"],
    later: &[],
};
/// Whether a window slides.
pub(super) const ALGORITHMS: &[(&str, bool)] = &[("fixed", false), ("sliding", true)];
pub(super) const REFUNDS: &[(&str, Refunds)] = &[
    ("on_error", Refunds::OnError),
    ("on_tool_error", Refunds::OnToolError),
    ("never", Refunds::Never),
];
const WRITE_WINDOW: &str = r#""second", "minute", "hour", "day", "week", "month", a number of seconds, or a text like "90s", "15m", "2h" or "7d""#;
const WRITE_SCOPE: &str =
    r#""grant", "session", "server", "global", "ip", "header:<name>" or a list of these"#;
const WRITE_COUNTER: &str =
    "a name of 1 to 128 characters, without space around it or characters that cannot be seen";
const WRITE_COST: &str = "the path of one number in the arguments, such as `args.amount`";
const WRITE_RATE: &str = r#"{"max": 10, "window": 60} or "10/minute""#;

impl Walk {
    /// The list under `limits`; `rule` is the rule of the list itself.
    pub(super) fn limits(&mut self, at: &At<'_>, value: Value<'_>, rule: &Rule) -> Vec<Limit> {
        let elements = self.list(at, value, "limits").enumerate();
        elements
            .filter_map(|(index, value)| self.limit(&at.index(index), value, rule.at_index(index)))
            .collect()
    }

    fn limit(&mut self, at: &At<'_>, value: Value<'_>, rule: Rule) -> Option<Limit> {
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
            None => Refunds::OnError,
        };
        let counter = Arc::new(Counter::new("limit", &name?, window?, scope?));
        Some(Limit {
            counter,
            max: Amount::whole(max?),
            cost,
            refunds,
            on_deny: on_deny.map(Into::into),
            rule,
        })
    }

    fn counter_name<'a>(
        &mut self,
        at: &At<'_>,
        value: Value<'a>,
    ) -> Option<std::borrow::Cow<'a, str>> {
        let name = self.string(at, value)?;
        if name.chars().count() > 128 || !is_visible(&name) {
            self.unfit(at, value, WRITE_COUNTER);
            return None;
        }
        Some(name)
    }

    fn cost(&mut self, at: &At<'_>, value: Value<'_>) -> Option<Vec<Step>> {
        match self.string(at, value).map(|text| Path::parse(&text)) {
            Some(Ok(Path::Arguments(steps)))
                if !steps.is_empty() && !steps.contains(&Step::Each) =>
            {
                return Some(steps);
            }
            Some(_) => self.unfit(at, value, WRITE_COST),
            None => {}
        }
        None
    }

    /// The window as the algorithm takes it. Months have no one length, so none can slide.
    fn algorithm(&mut self, at: &At<'_>, value: Value<'_>, window: Window) -> Option<Window> {
        let sliding = self.word(at, value, ALGORITHMS)?;
        match window {
            _ if !sliding => return Some(window),
            Window::Seconds(seconds) => return Some(Window::Sliding(seconds)),
            Window::Week => return Some(Window::Sliding(7 * DAY)),
            Window::Month | Window::Sliding(_) | Window::Lasting(_) => {}
        }
        self.unfit(
            at,
            value,
            r#""fixed" beside a window of a month, or "window": "30d""#,
        );
        None
    }

    /// PolicyLayer's `{"max": 10, "window": 60}` or Intercept's `"10/minute"`: one limit on the entry alone.
    pub(super) fn rate_limit(
        &mut self,
        at: &At<'_>,
        value: Value<'_>,
        rule: Rule,
    ) -> Option<Limit> {
        let (window, max, scope) = match value.string() {
            Some(text) => {
                let rate = rate(&text);
                if rate.is_none() {
                    self.unfit(at, value, WRITE_RATE);
                }
                let (max, window) = rate?;
                (window, max, vec![Scope::Session])
            }
            None if value.kind() != Kind::Object => {
                self.unfit(at, value, WRITE_RATE);
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
        let counter = Arc::new(Counter::new("rate_limit", &rule.to_string(), window, scope));
        Some(Limit {
            counter,
            max: Amount::whole(max),
            cost: Cost::One,
            refunds: Refunds::OnError,
            on_deny: None,
            rule,
        })
    }

    fn window(&mut self, at: &At<'_>, value: Value<'_>) -> Option<Window> {
        let window = window(value);
        if window.is_none() {
            self.unfit(at, value, WRITE_WINDOW);
        }
        window
    }

    /// The scope of the limit at `at`, or the default where none is written.
    pub(super) fn scope(
        &mut self,
        at: &At<'_>,
        value: Option<Value<'_>>,
        default: Scope,
    ) -> Option<Vec<Scope>> {
        let Some(value) = value else {
            return Some(vec![default]);
        };
        let at = at.key("scope");
        // The order in which parts are written makes no difference.
        let scopes = match value.string() {
            Some(_) => vec![self.one_scope(&at, value)?],
            None => {
                let elements = value.elements().enumerate();
                ordered(
                    elements.filter_map(|(index, value)| self.one_scope(&at.index(index), value)),
                )
            }
        };
        if scopes.is_empty() {
            self.unfit(&at, value, WRITE_SCOPE);
            return None;
        }
        Some(scopes)
    }

    fn one_scope(&mut self, at: &At<'_>, value: Value<'_>) -> Option<Scope> {
        match value.string().as_deref() {
            Some("grant") => Some(Scope::Grant),
            Some("session") => Some(Scope::Session),
            Some("server") => Some(Scope::Server),
            Some("global") => Some(Scope::Global),
            Some("ip") => Some(Scope::Ip),
            Some(text) if text.starts_with("claim:") => {
                self.not_yet(at, text);
                None
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
                self.unfit(at, value, WRITE_SCOPE);
                None
            }
        }
    }
}

impl Counter {
    pub(super) fn new(kind: &str, name: &str, window: Window, scope: Vec<Scope>) -> Self {
        let parts: Vec<_> = scope.iter().map(Scope::text).collect();
        // The name comes last because it alone may hold any character.
        let id = format!("main/{kind}/{}/{}/{name}", window.text(), parts.join(","));
        Self { id, window, scope }
    }
}

impl Scope {
    /// The header that it counts by.
    pub(crate) fn header(&self) -> Option<&str> {
        match self {
            Self::Header(name) => Some(name),
            _ => None,
        }
    }

    /// It counts each caller apart.
    pub(crate) fn counts_callers(&self) -> bool {
        matches!(self, Self::Grant | Self::Session)
    }

    /// Its values come from outside: nobody can list them beforehand.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Ip | Self::Header(_))
    }

    fn text(&self) -> String {
        match self {
            Self::Grant => "grant".into(),
            Self::Session => "session".into(),
            Self::Server => "server".into(),
            Self::Global => "global".into(),
            Self::Ip => "ip".into(),
            Self::Header(name) => format!("header:{name}"),
        }
    }
}

impl Window {
    fn text(self) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Week => "week".into(),
            Self::Month => "month".into(),
            Self::Sliding(seconds) => format!("sliding {seconds}"),
            Self::Lasting(seconds) => format!("lasting {seconds}"),
        }
    }
}

/// A field name of HTTP: a token of RFC 9110 §5.6.2.
pub(super) fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// A number of seconds, or a text.
pub(super) fn window(value: Value<'_>) -> Option<Window> {
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

fn seconds(seconds: u64) -> Option<Window> {
    (1..=LONGEST_WINDOW)
        .contains(&seconds)
        .then_some(Window::Seconds(seconds))
}

/// `10/minute`.
fn rate(text: &str) -> Option<(u64, Window)> {
    let (max, unit) = text.split_once('/')?;
    let max = number(max)?;
    let named = ["second", "minute", "hour", "day", "week", "month"].contains(&unit);
    (max <= LARGEST_MAX && named)
        .then(|| spelled(unit))
        .flatten()
        .map(|window| (max, window))
}

/// Digits as JSON writes a whole number. `010` is ten to some and eight to others.
fn number(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let padded = digits.len() > 1 && digits.starts_with('0');
    (plain && !padded).then(|| digits.parse().ok()).flatten()
}
