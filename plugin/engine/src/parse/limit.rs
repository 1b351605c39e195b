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
use std::borrow::Cow;
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
        "for",
        "scope",
        "cost",
        "algorithm",
        "refund",
        "over",
        "on_deny",
        "reset",
    ],
    reserved: &[],
};

pub(crate) const RATE_LIMIT: Keys = Keys {
    supported: &["max", "window", "scope"],
    reserved: &[],
};

/// The names of the algorithms; true for the one whose window slides.
pub(crate) const ALGORITHMS: &[(&str, bool)] = &[("fixed", false), (SLIDING, true)];

pub(super) const SLIDING: &str = "sliding";

pub(crate) const REFUNDS: &[(&str, Refunds)] = &[
    ("unsent", Refunds::Unsent),
    ("on_error", Refunds::OnError),
    ("on_tool_error", Refunds::OnToolError),
    ("never", Refunds::Never),
];

/// The window of a limit of calls under way.
pub(crate) const RUNNING: &str = "running";

const WRITE_FOR: &str = r#"`for` only beside "window": "running""#;

const WRITE_WINDOW: &str = r#""second", "minute", "hour", "day", "week", "month", "running", a number of seconds, or a text like "90s", "15m", "2h" or "7d""#;

const WRITE_SCOPE: &str = r#""grant", "session", "server", "global", "ip", "header:<name>", "claim:<name>", "args.<path>" or a list of these"#;

const WRITE_COUNTER: &str =
    "a name of 1 to 128 characters, without surrounding space or invisible characters";

const WRITE_WITHOUT_ARGUMENTS: &str =
    "a scope without `args.<path>`: the calls before and after have different arguments";

const WRITE_ARGUMENT: &str = "the path of one argument, such as `args.repository`, without `[*]`";

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
        let limits: Vec<_> = elements
            .filter_map(|(index, value)| self.limit(&at.index(index), value, rule.at_index(index)))
            .collect();
        self.running_by_caller(at, value, &limits);
        limits
    }

    fn limit(&mut self, at: &Location<'_>, value: Value<'_>, rule: Rule) -> Option<Arc<Limit>> {
        let members = self.object(at, value, &LIMIT);
        self.kept_by_service(at, &members);
        if is_running(value) {
            return self.running(at, &members, rule);
        }
        let name = self
            .required(at, &members, "counter")
            .and_then(|value| self.counter_name(&at.key("counter"), value));
        let window = self
            .required(at, &members, "window")
            .and_then(|value| self.window(&at.key("window"), value));
        if let Some(value) = members.get("for").filter(|_| window.is_some()) {
            self.misplaced(&at.key("for"), value, WRITE_FOR);
        }
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
            None => self.usual_refunds(),
        };
        let over = self.over(at, value, &members, &rule);
        let reset = self.text(at, &members, "reset");
        let name = with_reset(name?, reset.as_deref());
        let counter = Arc::new(Counter::new(&self.place, "limit", &name, window?, scope?));
        let added = (Amount::whole(max?), cost);
        let limit = Limit::new(counter, added, refunds, on_deny.as_deref(), rule);
        Some(Arc::new(Limit { over, ..limit }))
    }

    /// The refunds of a limit that writes none.
    fn usual_refunds(&self) -> Refunds {
        match self.counts_elsewhere {
            true => Refunds::Never,
            false => Refunds::Unsent,
        }
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

    pub(super) fn counter_name<'a>(
        &mut self,
        at: &Location<'_>,
        value: Value<'a>,
    ) -> Option<Cow<'a, str>> {
        let name = self.string(at, value)?;
        if name.chars().count() > 128 || !is_visible(&name) {
            self.invalid(at, value, WRITE_COUNTER);
            return None;
        }
        Some(name)
    }

    fn cost(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Vec<Segment>> {
        let text = self.string(at, value)?;
        let steps = argument(&text);
        if steps.is_none() {
            self.invalid(at, value, WRITE_COST);
        }
        steps
    }

    /// The window under the algorithm. A month has no fixed length, so it cannot slide.
    fn algorithm(&mut self, at: &Location<'_>, value: Value<'_>, window: Window) -> Option<Window> {
        let sliding = self.word(at, value, ALGORITHMS)?;
        match window {
            _ if !sliding => return Some(window),
            Window::Seconds(seconds) => return Some(Window::Sliding(seconds)),
            Window::Week => return Some(Window::Sliding(7 * DAY)),
            Window::Month | Window::Sliding(_) | Window::Running(_) | Window::Extending(_) => {}
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
            self.usual_refunds(),
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

    /// The scope of a rule about several calls, whose arguments differ.
    pub(super) fn scope_of_callers(
        &mut self,
        at: &Location<'_>,
        value: Option<Value<'_>>,
    ) -> Option<Vec<Scope>> {
        let scope = self.scope(at, value, Scope::Grant)?;
        let by_argument = scope.iter().any(|part| matches!(part, Scope::Argument(_)));
        if let Some(value) = value.filter(|_| by_argument) {
            self.invalid(&at.key("scope"), value, WRITE_WITHOUT_ARGUMENTS);
        }
        Some(scope)
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
            Some(text) if is_argument(text) => {
                let steps = argument(text);
                if steps.is_none() {
                    self.invalid(at, value, WRITE_ARGUMENT);
                }
                steps.map(Scope::Argument)
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

/// True for a limit of calls under way.
fn is_running(limit: Value<'_>) -> bool {
    let window = limit.get("window").and_then(Value::string);
    window.is_some_and(|window| window == RUNNING)
}

fn is_argument(scope: &str) -> bool {
    scope
        .strip_prefix("args")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The steps to one argument, or into it.
fn argument(text: &str) -> Option<Vec<Segment>> {
    match Path::parse(text)? {
        Path::Arguments(steps) => {
            let is_one = !steps.is_empty() && !steps.contains(&Segment::Each);
            is_one.then_some(steps)
        }
        _ => None,
    }
}

/// The name under which counts are kept: another text of `reset` makes another name.
pub(super) fn with_reset<'n>(name: Cow<'n, str>, reset: Option<&str>) -> Cow<'n, str> {
    match reset {
        // No name holds a line break.
        Some(reset) => [reset, "\n", &name].concat().into(),
        None => name,
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
pub(super) fn number(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let padded = digits.len() > 1 && digits.starts_with('0');
    (plain && !padded).then(|| digits.parse().ok()).flatten()
}
