//! Turns the statistics of Envoy's extension discovery into whether a delivered configuration is in force.
//!
//! It never trusts the configuration that Envoy dumps: that is the last one that it got, also if it refused it.

use std::collections::BTreeMap;

/// The prefix of the statistics of all filters whose configuration is discovered.
const PREFIX: &str = "extension_config_discovery.http_filter.";

/// The discovery of one filter's configuration, as Envoy counts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// The version of the configuration in force; empty without one.
    pub version: String,
    rejected: u64,
    failed: u64,
}

/// The state of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Envoy has not read it yet.
    Waiting,
    /// Envoy has taken it.
    InForce,
    /// Envoy has read it and refused it: the former one stays in force.
    Refused,
}

/// A delivery, and the state before it.
#[derive(Clone, Debug)]
pub struct Watch {
    before: Discovery,
    version: String,
}

impl Discovery {
    /// The query of Envoy's admin interface that lists these statistics.
    pub const QUERY: &'static str = "/stats?filter=extension_config_discovery";

    /// Reads the statistics of one filter; `Err` with the names of those that are discovered, if it is not among them.
    ///
    /// # Errors
    /// The names of the filters that Envoy discovers.
    pub fn read(stats: &str, filter: &str) -> Result<Self, Vec<String>> {
        let mut all = filters(stats);
        let Some(own) = all.remove(filter) else {
            return Err(all.into_keys().map(str::to_owned).collect());
        };
        let count = |name: &str| own.get(name).and_then(|value| value.parse::<u64>().ok());
        let version = own.get("version_text").map(|text| text.trim_matches('"'));
        Ok(Self {
            version: version.unwrap_or_default().into(),
            rejected: count("update_rejected").unwrap_or_default(),
            failed: count("update_failure").unwrap_or_default(),
        })
    }
}

/// The statistics by filter, and then by name.
fn filters(stats: &str) -> BTreeMap<&str, BTreeMap<&str, &str>> {
    let mut filters: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    let lines = stats.lines().filter_map(|line| line.strip_prefix(PREFIX));
    for line in lines {
        // The name of a filter may hold dots; the names of statistics hold none.
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        if let Some((filter, name)) = name.rsplit_once('.') {
            filters.entry(filter).or_default().insert(name, value);
        }
    }
    filters
}

impl Watch {
    /// A delivery of this version, with the state before it.
    #[must_use]
    pub fn new(before: Discovery, version: &str) -> Self {
        Self {
            before,
            version: version.into(),
        }
    }

    /// What Envoy has done with the delivery.
    #[must_use]
    pub fn progress(&self, now: &Discovery) -> Progress {
        let before = &self.before;
        if now.version == self.version {
            Progress::InForce
        } else if now.rejected > before.rejected || now.failed > before.failed {
            Progress::Refused
        } else {
            Progress::Waiting
        }
    }
}
