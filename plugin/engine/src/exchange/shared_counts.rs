//! Asks the service that counts for a fleet, and turns its answer into that of the host's counts.
//!
//! It never takes a call for counted that the service did not count, unless the policy lets the gateway count alone.

use super::state::Exchange;
use crate::count::{Charge, RateLimitQuestion, Reservation};
use crate::model::{OnUnavailable, SharedCounters};
use crate::step::{Ask, Event};
use crate::words::Clock;
use std::sync::Arc;

impl Exchange {
    /// The question whether these charges fit, and its answer where no question is needed.
    pub(super) fn ask_to_count(&self, charges: &Arc<[Charge]>) -> Result<Ask, Reservation> {
        let Some(shared) = self.shared(charges) else {
            return Ok(Ask::Reserve(charges.clone()));
        };
        let question = RateLimitQuestion::new(shared, charges)?;
        Ok(Ask::RateLimits(Box::new(question)))
    }

    /// The charges of these that are asked about first: those that the service counts, which gives none back.
    pub(super) fn first_charges(&self, charges: &mut Vec<Charge>) -> Arc<[Charge]> {
        let all = std::mem::take(charges);
        if self.policy.shared_counters.is_none() {
            return all.into();
        }
        let (shared, own): (Vec<_>, Vec<_>) = all.into_iter().partition(Charge::is_for_service);
        if shared.is_empty() {
            return own.into();
        }
        *charges = own;
        shared.into()
    }

    /// The service, for charges that it counts.
    pub(super) fn shared(&self, charges: &[Charge]) -> Option<&SharedCounters> {
        let shared = self.policy.shared_counters.as_ref();
        shared.filter(|_| charges.iter().all(Charge::is_for_service))
    }

    /// The counts in the answer of the service, or the question to the host's counts in its place. Another event stays as
    /// it is.
    pub(super) fn counted_by_service(
        &self,
        charges: &Arc<[Charge]>,
        event: Event,
        clock: &dyn Clock,
    ) -> Result<Event, Ask> {
        let (Event::ServiceAnswer(answer), Some(shared)) = (&event, self.shared(charges)) else {
            return Ok(event);
        };
        let told = answer.as_ref().zip(clock.now());
        let counted =
            told.and_then(|(answer, now)| RateLimitQuestion::outcome(shared, charges, answer, now));
        match (counted, shared.on_unavailable) {
            (Some(counted), _) => Ok(Event::Reserved(counted)),
            (None, OnUnavailable::Deny) => Ok(Event::Reserved(Reservation::Unavailable)),
            (None, OnUnavailable::Local) => Err(Ask::Reserve(charges.clone())),
        }
    }
}
