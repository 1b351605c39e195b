//! Turns the content of a report into one HTML file that needs no script and loads nothing.
//!
//! The template escapes every text; invisible characters are written out before. It never holds a script.

use maud::{DOCTYPE, Markup, PreEscaped, html as template};

/// Nothing in the file may be loaded or run, even a text of a server or a log.
const NOTHING: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// What is wide scrolls by itself, so that texts and plots can be read on a telephone.
const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1c1c1c; background: #fff }
h1, p { overflow-wrap: anywhere } pre { white-space: pre-wrap; overflow-wrap: anywhere } .wide { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem; border-bottom: 1px solid #ddd; overflow-wrap: anywhere; min-width: 7rem }
th { overflow-wrap: normal }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #181818 } th, td { border-color: #444 } }
";

/// A page with this title, which is its heading too. `style` is added to that of all pages.
pub(crate) fn document(title: &str, style: &str, content: &Markup) -> String {
    let page = template! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(NOTHING);
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body {
                h1 { (title) }
                (content)
            }
        }
    };
    page.into_string()
}

/// A table or a plot, which may be wider than the page.
pub(crate) fn wide(content: &Markup) -> Markup {
    template! { div class="wide" { (content) } }
}
