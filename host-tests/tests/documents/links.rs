//! Checks that links, anchors and quoted paths of all pages lead somewhere.
//!
//! It follows no link to another site.

use super::pages::{Page, pages};
use host_tests::root;
use std::fs;
use std::path::Path;

/// The folders at the root of the repository whose paths pages quote.
const TOPS: [&str; 4] = ["plugin/", "policies/", "host-tests/", "envoy/"];

#[test]
fn links_and_quoted_paths_lead_somewhere() {
    for page in pages() {
        for place in quoted_paths(&page.text) {
            let Page { path, .. } = &page;
            assert!(
                root().join(place).exists(),
                "{path} names {place}, which does not exist"
            );
        }
        for link in links(&page.text) {
            assert!(
                link.starts_with("https://") || leads_somewhere(&root().join(&page.path), link),
                "{} links {link}, which does not exist",
                page.path
            );
        }
    }
}

/// The texts in backticks that are paths from the root of the repository.
fn quoted_paths(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|name| {
        !name.contains([' ', '"', '*', '<', '\n']) && TOPS.iter().any(|top| name.starts_with(top))
    })
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    let links = text.split("](").skip(1);
    links.filter_map(|rest| rest.split(')').next())
}

/// The file of a relative link exists, and has the heading that the link names.
fn leads_somewhere(document: &Path, link: &str) -> bool {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let path = match file {
        "" => document.to_owned(),
        file => document.parent().expect("a folder").join(file),
    };
    if anchor.is_empty() {
        return path.exists();
    }
    let text = fs::read_to_string(path).unwrap_or_default();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(anchor_of).any(|own| own == anchor)
}

/// The anchor that code hosts give to a heading.
fn anchor_of(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = title
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

#[test]
fn links_with_a_wrong_anchor_lead_nowhere() {
    let document = root().join("CONTRIBUTING.md");
    assert!(leads_somewhere(&document, "policies/CASES.md#a-case"));
    assert!(!leads_somewhere(&document, "policies/CASES.md#no-case"));
    assert!(leads_somewhere(&document, "#build"));
    assert!(!leads_somewhere(&document, "#no-heading"));
    assert!(!leads_somewhere(&document, "policies/NO.md"));
    let found: Vec<_> = quoted_paths("see `envoy/none.yaml` and `none/`").collect();
    assert_eq!(found, ["envoy/none.yaml"]);
}
