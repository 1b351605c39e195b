//! Measures a fleet, and turns the figures into the committed page.
//!
//! It computes nothing that is not a figure of a table.

use super::gateways::Fleet;
use super::prove::prove;
use super::rounds::{Series, Taken, measure};
use super::tables::{ENVOY, P50, find, messages, noise, times};
use super::ways::Way;
use crate::load::CONNECTIONS;
use crate::plan::{FLEET, Plan, RATE, Rounds};
use crate::report;
use crate::tables::shown;
use host_tests::interference::Interference;
use host_tests::samples::ENOUGH;
use std::fs;

const MEANING: &str = "\
Each row is measured in the same rounds, one right after the other. `beyond no limit` is the difference from a call of a \
tool without a limit on Envoys with the same policy, within a round; in brackets is the middle half of the rounds. CPU time is that \
of all threads of the processes, for each call. The rows *again* are other Envoys with the same policy: the difference between them is \
noise, and a smaller difference between two rows is none. Where other programs run, the 99th percentile is mostly the wait for a \
processor.

The service is the one of the project's tests (`host-tests/rate-limit-peer`, in Rust, optimised), not envoyproxy/ratelimit or \
Limitador, so its CPU time and its part of the wait are an example. Redis keeps an append-only file that it writes to the disk every second \
(`appendfsync everysec`). Everything runs on one machine: between machines each question also takes a round trip of the network. \
The caller's name at the service is keyed. All calls are of one caller and count in one key, and no limit is full. Before anything is \
measured, each way proves that it admits as many calls as it should on two Envoys.";

const TIMETABLE: &str = "on a timetable. Two Envoys share the rate: each gets half of the calls";

/// Measures, and writes the page.
pub(crate) fn write(plan: &Plan) {
    fs::create_dir_all(plan.folder()).expect("a folder");
    prove();
    let page = page(plan);
    println!("{page}");
    fs::write(plan.folder().join("fleet.md"), page).expect("the page can be written");
    println!("written to {}", plan.folder().display());
}

fn page(plan: &Plan) -> String {
    let mut fleet = Fleet::start(ENOUGH);
    let pids = fleet.pids();
    let others = Interference::begin(&pids);
    let paced = measure(&mut fleet, &plan.paced);
    let busy = measure(&mut fleet, &plan.saturated);
    let others = others.end(&pids) * 100.0;
    let parts = [
        "# The cost of limits of a fleet".into(),
        finding(&paced),
        MEANING.into(),
        report::taken(&format!("make bench ONLY={FLEET}")),
        format!("Other programs took {others:.0} % of the machine's time."),
        section(&format!("{RATE} calls a second"), TIMETABLE, &plan.paced),
        times(&paced),
        noise(&paced),
        section(
            "Workers that are always busy",
            "each of which calls again once it is answered",
            &plan.saturated,
        ),
        times(&busy),
        noise(&busy),
        "## Messages\n\nOf each call, between its Envoy and the service. Calls that come while a connection is tried share the attempt.".into(),
        messages(&fleet, &paced),
    ];
    let parts = parts.map(|part| part.trim_end().to_owned() + "\n");
    parts.join("\n")
}

fn section(title: &str, how: &str, rounds: &Rounds) -> String {
    let seconds = rounds.load.length.as_secs_f64();
    let number = rounds.number;
    format!(
        "## {title}\n\n{CONNECTIONS} connections to each Envoy, {how}. {number} rounds of {seconds} s for each row."
    )
}

/// The figures for somebody who reads nothing else, with their quartiles.
fn finding(paced: &[Series]) -> String {
    let service = |value: fn(&Taken) -> f64| find(paced, Way::Service, 1).spread(value).median;
    format!(
        "**At {RATE} calls a second to one Envoy, a limit that a rate limit service counts over gRPC adds {}; one that Envoy counts adds {}. The service takes {:.0} µs of CPU time more, and Redis {:.0} µs. While nothing \
         listens at the address of the service, and Envoy counts alone, the limit adds {}. With two Envoys these limits add {}, {} \
         and {} µs of CPU time.**",
        added(paced, Way::Service),
        added(paced, Way::Local),
        service(|taken| taken.sample.authorizer),
        service(|taken| taken.redis),
        added(paced, Way::Stopped),
        beyond_free(paced, Way::Service, 2, ENVOY),
        beyond_free(paced, Way::Local, 2, ENVOY),
        beyond_free(paced, Way::Stopped, 2, ENVOY),
    )
}

fn added(paced: &[Series], way: Way) -> String {
    let [cpu, p50] = [ENVOY, P50].map(|value| beyond_free(paced, way, 1, value));
    format!("{cpu} µs of Envoy's CPU time to a call and {p50} µs to its median time")
}

fn beyond_free(paced: &[Series], way: Way, envoys: usize, value: fn(&Taken) -> f64) -> String {
    let free = find(paced, Way::Free, envoys);
    shown(find(paced, way, envoys).beyond(free, value), 0)
}
