//! Turns figures of a fleet into the rows of tables.
//!
//! It measures nothing.

use super::gateways::{Fleet, Gateways};
use super::rounds::{Series, Taken};
use super::ways::{CLUSTER, Way};
use crate::tables::shown;
use host_tests::spread::Spread;
use std::fmt::Write as _;

const TIMES: &str = "\
| Envoys | counted by | calls a second | CPU µs of Envoy | beyond no limit | CPU µs of the service | of Redis | p50 µs | \
beyond no limit | p99 µs |
|---|---|---|---|---|---|---|---|---|---|
";

const MESSAGES: &str = "\
| counted by | questions | bytes to the service | bytes from it | connections opened |
|---|---|---|---|---|
";

const NOISE: &str = "\
| Envoys | the same twice | CPU µs of Envoy | p50 µs | p99 µs |
|---|---|---|---|---|
";

pub(super) const ENVOY: fn(&Taken) -> f64 = |taken| taken.sample.envoy;
pub(super) const P50: fn(&Taken) -> f64 = |taken| taken.sample.p50;
const P99: fn(&Taken) -> f64 = |taken| taken.sample.p99;

/// # Panics
/// When it was not measured.
pub(super) fn find(all: &[Series], way: Way, envoys: usize) -> &Series {
    let mut all = all.iter();
    let own = all.find(|own| own.way == way && own.envoys == envoys);
    own.expect("it was measured")
}

/// The table with a row for each way and number of Envoys.
pub(super) fn times(all: &[Series]) -> String {
    let mut text = TIMES.to_owned();
    for own in all {
        let free = find(all, Way::Free, own.envoys);
        let beyond = |value| match own.way {
            Way::Free => String::new(),
            _ => shown(own.beyond(free, value), 0),
        };
        let median = |value: fn(&Taken) -> f64| format!("{:.0}", own.spread(value).median);
        let cells = [
            own.envoys.to_string(),
            own.way.name().into(),
            median(|taken| taken.sample.rate),
            median(ENVOY),
            beyond(ENVOY),
            median(|taken| taken.sample.authorizer),
            median(|taken| taken.redis),
            median(P50),
            beyond(P50),
            shown(own.spread(P99), 0),
        ];
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

/// The table with the differences between ways that are the same.
pub(super) fn noise(all: &[Series]) -> String {
    let mut text = NOISE.to_owned();
    for own in all {
        let first = match own.way {
            Way::LocalAgain => Way::Local,
            Way::ServiceAgain => Way::Service,
            _ => continue,
        };
        let other = find(all, first, own.envoys);
        let cells = [ENVOY, P50, P99].map(|value| shown(own.beyond(other, value), 0));
        let (envoys, name) = (own.envoys, first.name());
        let _ = writeln!(text, "| {envoys} | {name} | {} |", cells.join(" | "));
    }
    text
}

/// The table of what goes between the Envoys and the service for each call.
pub(super) fn messages(fleet: &Fleet, all: &[Series]) -> String {
    let mut text = MESSAGES.to_owned();
    for own in fleet.gateways() {
        let questions = find(all, own.way, 1).spread(|taken| taken.questions);
        let Spread { median, .. } = questions;
        let [sent, received, opened] = ["tx_bytes_total", "rx_bytes_total", "total"]
            .map(|name| counted(own, &format!("cluster.{CLUSTER}.upstream_cx_{name}")));
        let name = own.way.name();
        let _ = writeln!(
            text,
            "| {name} | {median:.0} | {sent:.0} | {received:.0} | {opened:.3} |"
        );
    }
    text
}

/// A counter of the Envoys, for each of their calls.
fn counted(own: &Gateways, name: &str) -> f64 {
    let counts = own.envoys.iter().map(|envoy| envoy.stat(name));
    counts.flatten().sum::<u64>() as f64 / own.calls as f64
}
