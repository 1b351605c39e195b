//! Turns the repository into its Markdown pages, and a page into its fenced blocks.
//!
//! It judges no page.

use host_tests::root;
use std::fs;
use std::process::Command;

/// A Markdown page that Git tracks.
pub(super) struct Page {
    /// The path from the root of the repository.
    pub(super) path: String,
    pub(super) text: String,
}

/// All pages, in the order of their paths.
pub(super) fn pages() -> Vec<Page> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "*.md"]).current_dir(root());
    let list = git.output().expect("Git runs").stdout;
    let list = String::from_utf8(list).expect("UTF-8");
    let there = list
        .split_terminator('\0')
        .filter(|path| root().join(path).exists());
    let pages: Vec<_> = there.map(page).collect();
    assert!(pages.len() > 20, "Git lists the pages");
    pages
}

/// The page with this path.
pub(super) fn page(path: &str) -> Page {
    let text = fs::read_to_string(root().join(path)).expect("the page can be read");
    Page {
        path: path.to_owned(),
        text,
    }
}

/// The commands of a page's blocks in `sh`, with continued lines joined.
pub(super) fn commands(text: &str) -> Vec<String> {
    let blocks = blocks(text, "sh").concat().replace("\\\n", "");
    blocks.lines().map(str::to_owned).collect()
}

/// The fenced blocks of one language.
pub(super) fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let starts = text.split(&fence).skip(1);
    starts
        .map(|block| block.split("```").next().unwrap_or_default().to_owned())
        .collect()
}
