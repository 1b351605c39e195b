//! Compares the configuration in `envoy/SERVERS.md` with the one that `hosts::envoy::route_sources` runs.

use crate::pages::{blocks, page};
use host_tests::routing::chosen_route;
use host_tests::yaml::read;
use serde_json::json;

#[test]
fn filter_of_the_page_is_that_of_the_tests() {
    let text = page("envoy/SERVERS.md").text;
    let [block] = &blocks(&text, "yaml")[..] else {
        panic!("the page has one block")
    };
    assert_eq!(read(block), json!([chosen_route()]));
}
