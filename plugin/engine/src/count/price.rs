//! Turns the limits of a call into charges: the subject and the cost of each, and the limits that share a counter.
//!
//! It never counts an uncertain value: its subject is unknown, and the limit refuses the call.

use super::charge::{Charge, Chooser, LimitRef, Subject};
use crate::decide::{Header, Principal, RequestContext, Session, value_at};
use crate::model::{
    Cost, Identity, Limit, Mode, OVERFLOW, Path, Scope, Segment, claim_text, is_chosen, overflow_of,
};
use crate::read::fold;
use crate::words::json::{Kind, Value, millionths};
use crate::words::text::{clip_name, length_prefixed};
use crate::words::work::Budget;
use crate::words::{Amount, Reason};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

impl RequestContext {
    /// The charges of a call: one for each counter, with all limits that share it.
    pub(crate) fn charges(
        &self,
        limits: &[(&Arc<Limit>, Mode)],
        identity: &Identity,
        call: Arguments<'_>,
    ) -> Vec<Charge> {
        let mut charges: Vec<Charge> = Vec::new();
        for (position, &(limit, mode)) in limits.iter().enumerate() {
            let limit_ref = LimitRef {
                limit: limit.clone(),
                mode,
                is_approved: false,
                position,
            };
            let same = |charge: &&mut Charge| charge.counter.is(&limit.counter);
            let found = charges.iter_mut().find(same);
            let charge = match found {
                Some(charge) => charge,
                None => charges.push_mut(Charge {
                    counter: limit.counter.clone(),
                    subject: self.subject(&limit.counter.scope, identity, call),
                    cost: Amount::default(),
                    refunds: limit.refunds,
                    limits: Vec::new(),
                }),
            };
            charge.limits.push(limit_ref);
            charge.refunds = charge.refunds.min(limit.refunds);
            match cost(limit, call) {
                Ok(cost) => charge.cost = charge.cost.max(cost),
                Err(unknown) => charge.subject = unknown,
            }
        }
        charges
    }

    fn subject(&self, scope: &[Scope], identity: &Identity, call: Arguments<'_>) -> Subject {
        let name = match self.parts(scope, &self.session, call) {
            Ok(name) => name,
            Err((reason, message)) => return Subject::Unknown { reason, message },
        };
        match self.overflow(scope) {
            None => Subject::Own(name),
            Some(overflow) => Subject::Open {
                name,
                overflow,
                chosen_by: self.chosen_by(scope, identity).map(Box::new),
            },
        }
    }

    fn parts(
        &self,
        scope: &[Scope],
        session: &Session,
        call: Arguments<'_>,
    ) -> Result<String, (Reason, String)> {
        let mut name = String::new();
        for part in scope {
            name.push_str(&length_prefixed(&self.part(part, session, call)?));
        }
        Ok(name)
    }

    /// The caller who chooses the subject, if one can make it up.
    fn chosen_by(&self, scope: &[Scope], identity: &Identity) -> Option<Chooser> {
        let chosen = |part: &Scope| match part {
            // A session that no server issued is not counted apart.
            Scope::Session => self.is_session(),
            part => is_chosen(part, identity),
        };
        if !scope.iter().any(chosen) {
            return None;
        }
        let by_caller = scope.iter().any(Scope::counts_callers);
        // Callers without an identity are many, and a server gave each its session.
        let of_many = self.caller.principal == Principal::Anonymous && self.counts_sessions(scope);
        Some(match by_caller && !of_many {
            true => Chooser::Caller(self.shared_subject(scope)),
            false => Chooser::Anyone,
        })
    }

    fn part(
        &self,
        scope: &Scope,
        session: &Session,
        call: Arguments<'_>,
    ) -> Result<Cow<'_, str>, (Reason, String)> {
        match (scope, session) {
            (Scope::Session, Session::Issued(_)) => {
                Ok(self.issued_session().unwrap_or_default().into())
            }
            (Scope::Session, Session::Unclear) => Err((
                Reason::Unavailable,
                "The gateway cannot identify the owner of this session right now, so it cannot count your calls. Try again later.".into(),
            )),
            // A session that no server issued to the caller is only a client's claim, and a client could claim any
            // number of them: the call counts for the grant.
            (Scope::Grant | Scope::Session, _) => Ok(self.caller.principal.subject()),
            (Scope::Argument(steps), _) => chosen(steps, call).map(Into::into),
            (Scope::Server, _) => Ok(self.caller.server.name().unwrap_or_default().into()),
            (Scope::Global, _) => Ok("".into()),
            (Scope::Claim(steps), _) => {
                let text = self.caller.counted_claim(steps).map(Cow::Borrowed);
                text.ok_or_else(|| {
                    let claim = claim_text(steps);
                    let message = format!(
                        "The gateway counts calls by the claim `{claim}`, and your token does not have it as one text. Ask the gateway's operator."
                    );
                    (Reason::Identity, message)
                })
            }
            (Scope::Ip, _) => self.peer.map(|peer| network(peer).into()).ok_or_else(|| {
                (
                    Reason::Unavailable,
                    "The gateway cannot see your network address, so it cannot count your calls. Ask the gateway's operator.".into(),
                )
            }),
            (Scope::Header(name), _) => match self.caller.header(name) {
                Header::Once(value) => Ok(Cow::Borrowed(value)),
                Header::Absent | Header::Json(_) | Header::Unclear => Err((
                    Reason::Identity,
                    format!(
                        "Send the header `{name}` once, in plain ASCII: calls are counted by it."
                    ),
                )),
            },
        }
    }

    /// The overflow of a subject that the policy does not name; `None` for a subject with a cell of its own. A caller
    /// that the policy names has an overflow of its own, so that no other caller's flood locks it out.
    fn overflow(&self, scope: &[Scope]) -> Option<String> {
        let by_caller = scope.iter().any(Scope::counts_callers);
        let own = by_caller && self.caller.principal.is_configured();
        let apart = scope.iter().any(Scope::is_open) || self.counts_sessions(scope);
        match (own, apart) {
            (true, true) => Some(self.shared_subject(scope)),
            (true, false) => None,
            (false, _) => (by_caller || apart).then(|| OVERFLOW.into()),
        }
    }

    /// The subject of all values of one caller for which there is no room. A session without room counts for the grant,
    /// as an unissued one does.
    fn shared_subject(&self, scope: &[Scope]) -> String {
        let unissued = self.counts_sessions(scope).then(|| {
            let unissued = self.parts(scope, &Session::None, (None, &Budget::of(0)));
            unissued.ok()
        });
        let caller = || overflow_of(&self.caller.principal.subject());
        unissued.flatten().unwrap_or_else(caller)
    }

    /// Whether sessions, and nothing else that the policy cannot list, are counted apart.
    fn counts_sessions(&self, scope: &[Scope]) -> bool {
        let open = scope.iter().any(Scope::is_open);
        !open && scope.contains(&Scope::Session) && self.is_session()
    }

    fn is_session(&self) -> bool {
        matches!(self.session, Session::Issued(_))
    }
}

/// The arguments of a call, and the steps that may be spent on them.
pub(crate) type Arguments<'a> = (Option<Value<'a>>, &'a Budget);

/// The longest argument that calls are counted by, in bytes.
const LONGEST_CHOSEN: usize = 1024;

/// The text by which a call is counted: that of an argument without surrounding space and with its letters folded, or a
/// whole number as its digits. So no spelling of a value has a quota of its own.
fn chosen(
    steps: &[Segment],
    (arguments, budget): Arguments<'_>,
) -> Result<String, (Reason, String)> {
    let value = value_at(arguments, steps.iter(), budget);
    let value = value.filter(|value| value.raw().len() <= LONGEST_CHOSEN);
    let paid = value.filter(|value| {
        let steps = NUMBER.saturating_add(value.raw().len().saturating_mul(8));
        budget.take(steps).is_ok()
    });
    let text = paid.and_then(|value| match value.kind() {
        Kind::String => value.string().map(|text| folded(&text)),
        Kind::Number => whole(value),
        _ => None,
    });
    text.ok_or_else(|| {
        let path = Path::Arguments(steps.to_vec()).to_string();
        let path = path.strip_prefix("args.").unwrap_or(&path);
        let message = format!("The argument `{}` must be a text or a whole number of at most 1 KiB: calls are counted by it.", clip_name(path));
        (Reason::Arguments, message)
    })
}

/// Letters that fold into one letter become it, as in caseless matching (Unicode 3.13), but for `ß` and ligatures.
fn folded(text: &str) -> String {
    let lower = fold(text.trim()).to_lowercase();
    lower
        .chars()
        .map(|c| if c == 'ς' { 'σ' } else { c })
        .collect()
}

fn whole(value: Value<'_>) -> Option<String> {
    let text = value.canonical()?;
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then_some(text)
}

/// The steps that it takes to read a number, beside one for each byte.
const NUMBER: usize = 384;

/// The amount that the call adds to the limit's counter. An unknown cost makes the subject unknown.
fn cost(limit: &Limit, (arguments, budget): Arguments<'_>) -> Result<Amount, Subject> {
    let cost = match &limit.cost {
        Cost::One => return Ok(Amount::ONE),
        Cost::Nothing => return Ok(Amount::default()),
        Cost::At(steps) => steps,
    };
    let amount = value_at(arguments, cost.iter(), budget)
        .filter(|value| value.kind() == Kind::Number)
        .filter(|value| {
            budget
                .take(NUMBER.saturating_add(value.raw().len()))
                .is_ok()
        })
        .and_then(|value| millionths(value.raw()));
    amount.map(Amount).ok_or_else(|| Subject::Unknown {
        reason: Reason::Arguments,
        message: match cost.first() {
            Some(Segment::Member(name)) => {
                format!("The argument `{name}` must be a non-negative number.")
            }
            _ => "An argument must be a non-negative number.".into(),
        },
    })
}

/// An IPv4 address, or the /64 of an IPv6 address: the smallest network that one subscriber gets.
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
            format!("{network}/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_addresses_count_as_their_64_bit_network() {
        for (address, counted) in [
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(network(address.parse().unwrap()), counted);
        }
    }
}
