//! Recognises pages, and finds their titles.
//!
//! It never reads more than a page's beginning.

/// The part of a page that may hold its title, in bytes.
const BEGINNING: usize = 16 * 1024;

/// The page's title, if the text is a page.
pub(crate) fn page(text: &str) -> Option<Option<String>> {
    let start = text.trim_start();
    let lower = beginning(start).to_ascii_lowercase();
    let mut signs = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<title",
        "<!--",
    ]
    .iter();
    signs
        .any(|sign| lower.starts_with(sign))
        .then(|| title(start, &lower))
}

/// ASCII letters change their case in place, so that bytes of `lower` are those of `text`.
fn title(text: &str, lower: &str) -> Option<String> {
    let open = lower.find("<title")?;
    let inside = open
        .saturating_add(lower.get(open..)?.find('>')?)
        .saturating_add(1);
    let end = inside.saturating_add(lower.get(inside..)?.find("</title")?);
    let words: Vec<_> = text.get(inside..end)?.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn beginning(text: &str) -> &str {
    let mut end = BEGINNING.min(text.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default()
}
