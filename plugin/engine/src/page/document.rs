//! Turns the content of a page into a whole HTML document.
//!
//! It holds no script and loads nothing.

use super::data::{Standing, Visit};
use super::text::{Bare, Notes, Shown, push_ascii};
use maud::{DOCTYPE, Markup, PreEscaped, Render, html as template};

/// The header of every page: nothing may be loaded, run or framed, and forms are sent to the same origin. The digest is that
/// of the style.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'sha256-NeiudxxoMLrGZbr30QaARD42kUXlcg2uwN3ItNpiMJw='; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const STYLE: &str = include_str!("style.css");

/// The longest part of a name in the title of a window, in bytes.
const TITLED: usize = 60;

/// A page with one sentence, such as an error.
pub(crate) fn notice(title: &str, sentence: &str) -> String {
    document(
        title,
        &template! { main { h1 { (title) } p { (Shown(sentence)) } (again()) } },
    )
}

/// The state alone, for a visitor who is no approver.
pub(crate) fn status(standing: Standing) -> String {
    let content = template! {
        main {
            h1 { "This call is " (standing.name()) }
            p { (next_step(standing)) }
            (again())
        }
    };
    document("Approval of a call", &content)
}

/// A link to the present address, by which a page that answered a form becomes that of its approval.
fn again() -> Markup {
    template! { p { a href="" { "Check again" } } }
}

fn next_step(standing: Standing) -> &'static str {
    match standing {
        Standing::Pending => {
            "It waits for a person. Ask an approver to sign in and open this link."
        }
        Standing::Approved => "An approver let it run once. The agent can go on.",
        Standing::Refused => "An approver refused it. The agent must go on without it.",
        Standing::Cancelled => "The agent took it back. There is nothing left to do.",
        Standing::Used => "An approver let it run once, and it was passed on to the server.",
        Standing::Expired => "Its time is over. The agent can ask again.",
    }
}

/// A whole page.
pub(super) fn document(title: &str, content: &Markup) -> String {
    let page = template! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="same-origin";
                title { (title) " · mcp-policy" }
                style { (PreEscaped(STYLE)) }
            }
            body { (content) }
        }
    };
    page.into_string()
}

/// The top of a page for approvers.
pub(super) struct Top<'v>(pub(super) &'v Visit<'v>);

impl Render for Top<'_> {
    fn render(&self) -> Markup {
        template! {
            header {
                nav { a href=(self.0.path) { "Pending approvals" } }
                div { "Signed in as " strong { (Bare(self.0.approver)) } (Notes(self.0.approver)) }
            }
        }
    }
}

/// A name for the title of a window: ASCII, and shortened.
pub(super) fn titled(name: &str) -> String {
    let mut title = String::new();
    push_ascii(&mut title, name);
    if title.len() > TITLED {
        title.truncate(TITLED);
        title.push('…');
    }
    title
}

/// The address of an approval.
pub(super) fn address(visit: &Visit<'_>, id: &str) -> String {
    // A path that starts with two slashes would be another host.
    format!("{}/{id}", visit.path.trim_end_matches('/'))
}
