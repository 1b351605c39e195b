//! Turns charges into a question to a rate limit service, and its answer into whether they fit.
//!
//! It never takes a call for counted that the service did not count.

use super::addition::Addition;
use super::{envoy, limitador};
use crate::count::charge::{Charge, Reservation};
use crate::model::{RateLimitProtocol, SharedCounters};
use crate::words::digits::push_hex;
use crate::words::{Amount, Millis, ServiceAnswer};

/// The purpose of the codes that are names of subjects.
const PURPOSE: &str = "subject of a shared counter";

/// The longest answer of a service, in bytes.
const LONGEST: usize = 16 * 1024;

/// A question whether a call fits its limits. The service adds it to the counts if it does.
#[derive(Clone, Debug)]
pub struct RateLimitQuestion {
    protocol: RateLimitProtocol,
    /// The body of the POST.
    pub body: Vec<u8>,
}

impl RateLimitQuestion {
    /// The question whether these charges fit.
    ///
    /// # Errors
    /// The outcome, where no question is needed: a subject is unknown, or the service cannot count the charges together.
    pub(crate) fn new(counters: &SharedCounters, charges: &[Charge]) -> Result<Self, Reservation> {
        if let Some(charge) = charges.iter().position(Charge::is_uncountable) {
            return Err(Reservation::Full {
                charge,
                limit: 0,
                used: Amount::default(),
                ends: Millis::default(),
                shadowed: Vec::new(),
            });
        }
        let protocol = counters.protocol;
        let body = body(counters, charges).ok_or(Reservation::Unavailable)?;
        Ok(Self { protocol, body })
    }

    /// The path of the POST.
    pub fn path(&self) -> &'static str {
        self.protocol.path()
    }

    /// The headers of the POST, beside the pseudo headers.
    pub fn headers(&self) -> &'static [(&'static str, &'static str)] {
        match self.protocol {
            RateLimitProtocol::Envoy => &[("content-type", "application/grpc"), ("te", "trailers")],
            RateLimitProtocol::Limitador => &[("content-type", "application/json")],
        }
    }

    /// The outcome by the answer of a service; `None` where it gave none that is valid.
    pub(crate) fn outcome(
        counters: &SharedCounters,
        charges: &[Charge],
        answer: &ServiceAnswer,
        now: Millis,
    ) -> Option<Reservation> {
        if answer.body.len() > LONGEST {
            return None;
        }
        match (counters.protocol, answer.status) {
            (RateLimitProtocol::Envoy, 200) => envoy::outcome(charges, &answer.body, now),
            (RateLimitProtocol::Limitador, status) => limitador::outcome(charges, status, now),
            (RateLimitProtocol::Envoy, _) => None,
        }
    }
}

fn body(counters: &SharedCounters, charges: &[Charge]) -> Option<Vec<u8>> {
    let hits = hits(charges.first()?)?;
    let together = charges.len() == 1 || counters.is_atomic;
    let mut additions = Vec::new();
    for charge in charges {
        // A question has one number of hits.
        if !together || self::hits(charge) != Some(hits) {
            return None;
        }
        additions.push(Addition {
            counter: &charge.counter.id,
            subject: name(counters, charge)?,
        });
    }
    match counters.protocol {
        RateLimitProtocol::Envoy => envoy::request(&counters.domain, additions, hits),
        RateLimitProtocol::Limitador => {
            let text = limitador::request(&counters.domain, &additions, hits);
            Some(text.into_bytes())
        }
    }
}

/// The whole number of hits of a charge. A cost is rounded up.
fn hits(charge: &Charge) -> Option<u32> {
    u32::try_from(charge.cost.rounded_up()).ok()
}

/// The subject's name at the service. With a key it is a code, since a subject may be personal or a secret.
pub(super) fn name(counters: &SharedCounters, charge: &Charge) -> Option<String> {
    let subject = charge.subject()?;
    let Some(key) = &counters.key else {
        return counters.key_name.is_none().then(|| subject.into());
    };
    let code = key.code(PURPOSE, &[charge.counter.id.as_bytes(), subject.as_bytes()]);
    let mut name = String::new();
    push_hex(&mut name, u128::from_be_bytes(*code.first_chunk()?));
    Some(name)
}

#[cfg(test)]
mod tests;
