//! Reads limits in the format of envoyproxy/ratelimit: a domain, and a limit for each value of each key.
//!
//! It knows no nested descriptors and no values of keys, which mcp-policy does not use.

use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::rate_limit::Unit;
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    domain: String,
    descriptors: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Descriptor {
    key: String,
    rate_limit: RateLimit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateLimit {
    unit: String,
    requests_per_unit: u32,
}

/// A limit of one key.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub unit: Unit,
    /// The length of the unit.
    pub seconds: u64,
    pub max: u32,
}

/// The limits of a domain, by their keys.
pub struct Limits {
    pub domain: String,
    pub by_key: HashMap<String, Limit>,
}

impl Limits {
    pub fn read(yaml: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let file: File = serde_yaml_ng::from_str(yaml)?;
        let mut by_key = HashMap::new();
        for Descriptor { key, rate_limit } in file.descriptors {
            let (unit, seconds) = unit(&rate_limit.unit)?;
            let max = rate_limit.requests_per_unit;
            by_key.insert(key, Limit { unit, seconds, max });
        }
        Ok(Self {
            domain: file.domain,
            by_key,
        })
    }
}

fn unit(name: &str) -> Result<(Unit, u64), String> {
    let day = 24 * 60 * 60;
    Ok(match name {
        "second" => (Unit::Second, 1),
        "minute" => (Unit::Minute, 60),
        "hour" => (Unit::Hour, 60 * 60),
        "day" => (Unit::Day, day),
        "week" => (Unit::Week, 7 * day),
        "month" => (Unit::Month, 30 * day),
        "year" => (Unit::Year, 365 * day),
        other => return Err(format!("the unit {other} is unknown")),
    })
}
