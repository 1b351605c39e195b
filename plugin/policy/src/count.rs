//! **count**: turns the limits of a call into charges, and a charge and the present count into the next count.
//!
//! Charges are logical: a name, a subject, a cost, maxima and a window. Where counts are kept is the store's business,
//! and it never decides anything but "fits" or "full".

use crate::answer::Detail;
use crate::decide::{Caller, Reason, Refusal, Rule};
use crate::parse::{Counter, Limit, Mode, Scope, Window};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use time::{Date, Month, OffsetDateTime};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Millis(pub u64);

/// One addition to one counter.
#[derive(Debug)]
pub struct Charge {
    pub(crate) counter: Arc<Counter>,
    /// For whom it is counted.
    pub(crate) subject: String,
    pub(crate) cost: u64,
    pub(crate) maxima: Vec<Maximum>,
    /// Where it is counted when there is no room for the subject; `None` for subjects that have a place of their own.
    pub(crate) overflow: Option<String>,
}

/// One of the maxima that a counter must not pass.
#[derive(Debug)]
pub(crate) struct Maximum {
    pub(crate) max: u64,
    pub(crate) mode: Mode,
    pub(crate) rule: Rule,
    pub(crate) on_deny: Option<Box<str>>,
}

impl Maximum {
    /// The refusal of a call that would pass the maximum; the window ends in `wait`.
    pub(crate) fn refusal(&self, wait: Millis) -> Refusal {
        let message = match &self.on_deny {
            Some(message) => message.to_string(),
            None if self.max == 0 => {
                "No calls of this kind are allowed. Do not retry; use another way or ask.".into()
            }
            None => format!(
                "The limit of {} is used up. Try again in {}.",
                calls(self.max),
                duration(wait)
            ),
        };
        Refusal {
            reason: Reason::RateLimited,
            rule: Some(self.rule.clone()),
            message,
        }
    }

    /// What a client may be told in numbers. Where the maximum is zero no waiting helps.
    pub(crate) fn detail(&self, wait: Millis) -> Detail {
        let retry_after_ms = (self.max > 0).then_some(wait.0);
        Detail {
            retry_after_ms,
            limit: Some(self.max),
            remaining: Some(0),
            ..Detail::default()
        }
    }
}

fn calls(number: u64) -> String {
    if number == 1 {
        "1 call".into()
    } else {
        format!("{number} calls")
    }
}

/// A waiting time as people say it, never shorter than it is.
fn duration(wait: Millis) -> String {
    let seconds = wait.0.div_ceil(1000);
    let (number, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7199 => (seconds.div_ceil(60), "minute"),
        7200..=172_799 => (seconds.div_ceil(3600), "hour"),
        _ => (seconds.div_ceil(86_400), "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

/// What became of the charges of a call.
#[derive(Debug)]
pub enum Reservation {
    /// All were added, in the order of the charges.
    Reserved(Vec<Tally>),
    /// One did not fit, and none was added.
    Full {
        /// The position of the charge that did not fit.
        charge: usize,
        /// Which of its maxima would be passed.
        maximum: usize,
        /// When its window ends.
        ends: Millis,
    },
    /// The host could not count, and none was added.
    Unavailable,
}

/// A counter after a charge.
#[derive(Debug)]
pub struct Tally {
    pub(crate) used: u64,
    /// When the window ends, which also names it.
    pub(crate) ends: Millis,
    /// The shadow maximum that would have refused the charge.
    pub(crate) shadowed: Option<usize>,
    /// False where a full shadow limit kept the charge from being added.
    pub(crate) added: bool,
}

/// A count within one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) ends: Millis,
    pub(crate) used: u64,
}

/// A charge does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full {
    pub(crate) maximum: usize,
    pub(crate) ends: Millis,
}

impl Slot {
    /// An untouched count in the window around `now`.
    pub(crate) fn new(window: Window, now: Millis) -> Self {
        Self {
            ends: window.end(now),
            used: 0,
        }
    }

    /// Adds the charge if it fits every enforced maximum.
    pub(crate) fn take(&mut self, charge: &Charge) -> Result<Tally, Full> {
        let used = self.used.saturating_add(charge.cost);
        let passed = |mode| {
            charge
                .maxima
                .iter()
                .position(move |maximum| maximum.mode == mode && used > maximum.max)
        };
        if let Some(maximum) = passed(Mode::Enforce) {
            return Err(Full {
                maximum,
                ends: self.ends,
            });
        }
        let shadowed = passed(Mode::Shadow);
        let enforced = charge
            .maxima
            .iter()
            .any(|maximum| maximum.mode == Mode::Enforce);
        // A full shadow limit adds nothing, unless an enforced one shares the counter and has room.
        let added = shadowed.is_none() || enforced;
        if added {
            self.used = used;
        }
        Ok(Tally {
            used: self.used,
            ends: self.ends,
            shadowed,
            added,
        })
    }
}

/// What is known about a request beside its message: the values that scopes may count by.
#[derive(Debug)]
pub(crate) struct Subjects {
    pub(crate) caller: Caller,
    /// The peer's address as the host reports it.
    pub(crate) peer: Option<String>,
    /// The headers that some scope names; `None` where absent or repeated.
    pub(crate) headers: BTreeMap<Box<str>, Option<Box<str>>>,
}

/// A limit that cannot be counted, and how it is enforced.
pub(crate) type Uncountable = (Mode, Refusal);

impl Subjects {
    /// The charges of a call: one for each counter, with the maxima of all limits that share it.
    pub(crate) fn charges(&self, limits: &[(&Limit, Mode)]) -> (Vec<Charge>, Vec<Uncountable>) {
        let mut charges: Vec<Charge> = Vec::new();
        let mut uncountable = Vec::new();
        for &(limit, mode) in limits {
            let maximum = Maximum {
                max: limit.max,
                mode,
                rule: limit.rule.clone(),
                on_deny: limit.on_deny.clone(),
            };
            if let Some(charge) = charges
                .iter_mut()
                .find(|charge| charge.counter == limit.counter)
            {
                charge.maxima.push(maximum);
                continue;
            }
            match self.subject(&limit.counter.scope) {
                Ok(subject) => {
                    let overflow = self.overflow(&limit.counter.scope);
                    charges.push(Charge {
                        counter: limit.counter.clone(),
                        subject,
                        cost: 1,
                        maxima: vec![maximum],
                        overflow,
                    });
                }
                Err((reason, message)) => {
                    uncountable.push((
                        mode,
                        Refusal {
                            reason,
                            rule: Some(limit.rule.clone()),
                            message,
                        },
                    ));
                }
            }
        }
        (charges, uncountable)
    }

    fn subject(&self, scope: &[Scope]) -> Result<String, (Reason, String)> {
        let mut subject = String::new();
        for part in scope {
            let part = self.part(part)?;
            subject.push_str(&one_part(&part));
        }
        Ok(subject)
    }

    fn part(&self, scope: &Scope) -> Result<String, (Reason, String)> {
        match scope {
            Scope::Grant => Ok(self.caller.subject()),
            Scope::Server | Scope::Global => Ok(String::new()),
            Scope::Ip => self.peer.as_deref().and_then(network).ok_or_else(|| {
                (
                    Reason::Unavailable,
                    "The gateway does not know your address, so it cannot count your calls.".into(),
                )
            }),
            Scope::Header(name) => self
                .headers
                .get(name)
                .cloned()
                .flatten()
                .map(Into::into)
                .ok_or_else(|| {
                    (
                        Reason::Identity,
                        format!("Send the header `{name}` exactly once: calls are counted by it."),
                    )
                }),
        }
    }

    /// Callers whom the policy names share their overflow with nobody, so that nobody's flood locks them out.
    fn overflow(&self, scope: &[Scope]) -> Option<String> {
        let counts_callers = scope.contains(&Scope::Grant);
        let own = counts_callers && self.caller.is_configured();
        let open = scope
            .iter()
            .any(|part| matches!(part, Scope::Ip | Scope::Header(_)));
        match (open, own) {
            (true, true) => Some(overflow_of(&self.caller.subject())),
            (true, false) => Some(OVERFLOW.into()),
            (false, _) => (counts_callers && !own).then(|| OVERFLOW.into()),
        }
    }
}

/// The subject of the place for those who found no room.
pub(crate) const OVERFLOW: &str = "overflow";

pub(crate) fn overflow_of(caller: &str) -> String {
    format!("{OVERFLOW} {caller}")
}

/// A part of a subject, with its length, so that no two different lists of parts give the same text.
pub(crate) fn one_part(part: &str) -> String {
    format!("{}:{part}", part.len())
}

/// An IPv4 address, or the /64 of an IPv6 address: the smallest network that one subscriber gets.
fn network(peer: &str) -> Option<String> {
    let address = peer
        .parse::<SocketAddr>()
        .map(|socket| socket.ip())
        .or_else(|_| peer.parse::<IpAddr>())
        .ok()?;
    Some(match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!(
            "{}/64",
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))
        ),
    })
}

const DAY: u64 = 86_400;
/// 1970-01-01 was a Thursday, so the Monday of its week lies three days before the epoch.
const MONDAY: u64 = 3 * DAY;

impl Window {
    /// The first moment after the window around `now`.
    pub(crate) fn end(self, now: Millis) -> Millis {
        let seconds = now.seconds();
        let end = match self {
            Self::Seconds(length) => next_multiple(seconds, length),
            Self::Week => {
                next_multiple(seconds.saturating_add(MONDAY), 7 * DAY).saturating_sub(MONDAY)
            }
            Self::Month => month(seconds, true),
        };
        Millis(end.saturating_mul(1000))
    }

    /// The first moment of the window around `now`.
    pub(crate) fn start(self, now: Millis) -> Millis {
        let seconds = now.seconds();
        let start = match self {
            Self::Seconds(length) => next_multiple(seconds, length).saturating_sub(length),
            Self::Week => self.end(now).seconds().saturating_sub(7 * DAY),
            Self::Month => month(seconds, false),
        };
        Millis(start.saturating_mul(1000))
    }
}

impl Millis {
    fn seconds(self) -> u64 {
        self.0.checked_div(1000).unwrap_or_default()
    }
}

/// The smallest multiple of `length` beyond `seconds`.
fn next_multiple(seconds: u64, length: u64) -> u64 {
    let into = seconds.checked_rem(length).unwrap_or_default();
    seconds.saturating_sub(into).saturating_add(length)
}

/// The beginning, in seconds, of the calendar month around `seconds` or of the one after it.
fn month(seconds: u64, next: bool) -> u64 {
    let moment = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let first = moment.and_then(|moment| {
        let (year, month) = (moment.year(), moment.month());
        let (year, month) = match (next, month) {
            (false, _) => (year, month),
            (true, Month::December) => (year.checked_add(1)?, Month::January),
            (true, _) => (year, month.next()),
        };
        Date::from_calendar_date(year, month, 1).ok()
    });
    // Only a clock beyond the year 9999 has no calendar month: then the window never ends.
    first.map_or(u64::MAX, |first| {
        u64::try_from(first.midnight().assume_utc().unix_timestamp()).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Millis {
        let moment =
            OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap();
        Millis(
            u64::try_from(moment.unix_timestamp())
                .unwrap()
                .saturating_mul(1000),
        )
    }

    #[test]
    fn windows_are_aligned_to_utc() {
        let now = millis("2026-02-18T10:20:30Z");
        for (window, start, end) in [
            (
                Window::Seconds(1),
                "2026-02-18T10:20:30Z",
                "2026-02-18T10:20:31Z",
            ),
            (
                Window::Seconds(60),
                "2026-02-18T10:20:00Z",
                "2026-02-18T10:21:00Z",
            ),
            (
                Window::Seconds(3600),
                "2026-02-18T10:00:00Z",
                "2026-02-18T11:00:00Z",
            ),
            (
                Window::Seconds(DAY),
                "2026-02-18T00:00:00Z",
                "2026-02-19T00:00:00Z",
            ),
            (Window::Week, "2026-02-16T00:00:00Z", "2026-02-23T00:00:00Z"),
            (
                Window::Month,
                "2026-02-01T00:00:00Z",
                "2026-03-01T00:00:00Z",
            ),
        ] {
            assert_eq!(
                (window.start(now), window.end(now)),
                (millis(start), millis(end)),
                "{window:?}"
            );
            assert_eq!(
                window.start(millis(end)),
                millis(end),
                "the end of one window is the start of the next"
            );
        }
        assert_eq!(
            Window::Month.end(millis("2026-12-31T23:59:59Z")),
            millis("2027-01-01T00:00:00Z")
        );
        assert_eq!(Window::Week.end(Millis(0)), millis("1970-01-05T00:00:00Z"));
        assert_eq!(Window::Month.end(Millis(u64::MAX)), Millis(u64::MAX));
    }

    #[test]
    fn addresses_count_as_the_network_of_a_subscriber() {
        assert_eq!(network("192.0.2.1:443").unwrap(), "192.0.2.1");
        assert_eq!(network("[::ffff:192.0.2.1]:443").unwrap(), "192.0.2.1");
        assert_eq!(
            network("[2001:db8:1:2:3::4]:443").unwrap(),
            "2001:db8:1:2::/64"
        );
        assert_eq!(network("2001:db8:1:2:ffff::").unwrap(), "2001:db8:1:2::/64");
        assert_eq!(network("@unix"), None);
    }
}
