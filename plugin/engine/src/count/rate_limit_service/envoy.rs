//! The protocol of Envoy's rate limit services (`envoy.service.ratelimit.v3.RateLimitService`, method `ShouldRateLimit`) over
//! gRPC: messages in protobuf, each after its length.
//!
//! It never takes a call for counted without an `OK` of the service for each of its charges.

use super::addition::Addition;
use crate::count::charge::{Charge, Count, Reservation};
use crate::model::Window;
use crate::words::{Amount, Millis};
use prost::Message;

/// `RateLimitResponse.Code`.
const OK: i32 = 1;
const OVER_LIMIT: i32 = 2;

/// `RateLimitResponse.RateLimit.Unit`.
const SECOND: i32 = 1;
const MINUTE: i32 = 2;
const HOUR: i32 = 3;
const DAY: i32 = 4;
const MONTH: i32 = 5;
const YEAR: i32 = 6;
const WEEK: i32 = 7;

const DAY_SECONDS: u64 = 24 * 60 * 60;

#[derive(Clone, PartialEq, Message)]
struct RateLimitRequest {
    #[prost(string, tag = "1")]
    domain: String,
    #[prost(message, repeated, tag = "2")]
    descriptors: Vec<Descriptor>,
    #[prost(uint32, tag = "3")]
    hits_addend: u32,
}

/// `envoy.extensions.common.ratelimit.v3.RateLimitDescriptor`.
#[derive(Clone, PartialEq, Message)]
struct Descriptor {
    #[prost(message, repeated, tag = "1")]
    entries: Vec<Entry>,
}

#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct RateLimitResponse {
    #[prost(int32, tag = "1")]
    overall_code: i32,
    #[prost(message, repeated, tag = "2")]
    statuses: Vec<DescriptorStatus>,
}

#[derive(Clone, PartialEq, Message)]
struct DescriptorStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(message, optional, tag = "2")]
    current_limit: Option<CurrentLimit>,
    #[prost(uint32, tag = "3")]
    limit_remaining: u32,
    #[prost(message, optional, tag = "4")]
    duration_until_reset: Option<Duration>,
}

/// `RateLimitResponse.RateLimit`: the limit that the service has for the descriptor.
#[derive(Clone, PartialEq, Message)]
struct CurrentLimit {
    #[prost(uint32, tag = "1")]
    requests_per_unit: u32,
    #[prost(int32, tag = "2")]
    unit: i32,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
struct Duration {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// A request of the protocol: one descriptor of one entry for each addition. `hits` is added to each.
pub(super) fn request(domain: &str, additions: Vec<Addition<'_>>, hits: u32) -> Option<Vec<u8>> {
    let mut descriptors = Vec::new();
    for addition in additions {
        let entry = Entry {
            key: addition.counter.to_owned(),
            value: addition.subject,
        };
        let entries = vec![entry];
        descriptors.push(Descriptor { entries });
    }
    let request = RateLimitRequest {
        domain: domain.to_owned(),
        descriptors,
        hits_addend: hits,
    };
    framed(&request.encode_to_vec())
}

/// One message of a gRPC stream: not compressed, after its length.
fn framed(message: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(message.len()).ok()?;
    let mut frame = vec![0];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(message);
    Some(frame)
}

/// The only message of a stream.
fn unframed(body: &[u8]) -> Option<&[u8]> {
    let (head, message) = body.split_first_chunk::<5>()?;
    let [0, length @ ..] = head else {
        return None;
    };
    (u32::from_be_bytes(*length) == u32::try_from(message.len()).ok()?).then_some(message)
}

/// The outcome by the body of the service's answer; `None` where it gave none that is valid, or has another limit.
pub(super) fn outcome(charges: &[Charge], body: &[u8], now: Millis) -> Option<Reservation> {
    let message = unframed(body)?;
    let answer = RateLimitResponse::decode(message).ok()?;
    let statuses = &answer.statuses;
    // Some services give no status of their own to each descriptor.
    if !statuses.is_empty() && statuses.len() != charges.len() {
        return None;
    }
    let full_at = |index| {
        let charge: &Charge = charges.get(index)?;
        let status = statuses.get(index);
        let used = status.and_then(|status| used(charge, status));
        charge.full(index, used, ends(charge, status, now))
    };
    let over = statuses.iter().position(|status| status.code == OVER_LIMIT);
    match (answer.overall_code, over) {
        (OVER_LIMIT, over) => full_at(over.unwrap_or_default()),
        (OK, None) => {
            let mut counts = Vec::new();
            for (index, charge) in charges.iter().enumerate() {
                let status = statuses.get(index);
                let used = match status {
                    Some(status) => Some(counted(charge, status)?),
                    None => None,
                };
                if used.is_some_and(|used| used > charge.least_max()) {
                    return full_at(index);
                }
                counts.push(Count::of_service(used, ends(charge, status, now)));
            }
            Some(Reservation::Reserved(counts))
        }
        _ => None,
    }
}

/// The count after a charge that a service admitted; `None` where it does not count in such a window. A service admits a
/// descriptor for which it has no limit.
fn counted(charge: &Charge, status: &DescriptorStatus) -> Option<Amount> {
    used(charge, status).filter(|_| status.code == OK)
}

fn used(charge: &Charge, status: &DescriptorStatus) -> Option<Amount> {
    let limit = status.current_limit.as_ref();
    let limit = limit.filter(|limit| is_as_long(charge, limit.unit))?;
    let used = limit
        .requests_per_unit
        .checked_sub(status.limit_remaining)?;
    Some(Amount::whole(used.into()))
}

/// Whether the service counts for at least as long as the policy's window. Units of no known length are those that a later
/// version of the protocol may add.
fn is_as_long(charge: &Charge, unit: i32) -> bool {
    let seconds = match unit {
        SECOND => 1,
        MINUTE => 60,
        HOUR => 60 * 60,
        DAY => DAY_SECONDS,
        WEEK => 7 * DAY_SECONDS,
        MONTH => 30 * DAY_SECONDS,
        YEAR => 365 * DAY_SECONDS,
        _ => return false,
    };
    match charge.counter.window {
        Window::Seconds(own) => seconds >= own,
        Window::Week => seconds >= 7 * DAY_SECONDS,
        Window::Month => unit == MONTH || unit == YEAR,
        Window::Sliding(_) | Window::Running(_) | Window::Extending(_) => false,
    }
}

/// The end of the window, by the service's clock where it tells it. It never lies beyond the window's own end.
fn ends(charge: &Charge, status: Option<&DescriptorStatus>, now: Millis) -> Millis {
    let own = charge.counter.window.end(now);
    let told = status.and_then(|status| status.duration_until_reset.as_ref());
    let told = told.and_then(|duration| u64::try_from(duration.seconds).ok());
    let told = told.map(|seconds| now.0.saturating_add(seconds.saturating_mul(1000)));
    told.map_or(own, |told| Millis(told.min(own.0)))
}

#[cfg(test)]
mod tests;
