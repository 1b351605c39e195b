//! Compares the hosts of `envoy/HOSTS.md` with those that tests run, and with those whose constraints tests simulate.
//!
//! It does not test a host.

use crate::pages::page;
use host_tests::abi::constraints::SIMULATED;
use host_tests::hosts::run;

/// The hosts of the page that have this word.
fn known(word: &str) -> Vec<String> {
    let text = page("envoy/HOSTS.md").text;
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        match cells[..] {
            ["", host, known, ..] if known == word => Some(host.to_owned()),
            _ => None,
        }
    });
    rows.collect()
}

#[test]
fn simulated_hosts_of_the_page_are_those_of_the_tests() {
    assert_eq!(known("simulated"), SIMULATED.map(|host| host.name));
}

#[test]
fn hosts_that_the_page_says_are_run_are_those_of_the_tests() {
    assert_eq!(known("run"), run());
}

#[test]
fn every_other_host_of_the_page_is_read() {
    let text = page("envoy/HOSTS.md").text;
    let hosts = text.split("\n| host |").nth(1).unwrap_or_default();
    let hosts = hosts.split("\n\n").next().unwrap_or_default();
    let rows = hosts.lines().skip(2).count();
    let words = ["run", "simulated", "read"].map(|word| known(word).len());
    assert_eq!(words.iter().sum::<usize>(), rows, "a row has another word");
    assert!(words.iter().all(|rows| *rows > 0), "{words:?}");
}
