//! Turns the arguments of a call into nested lists: every member and element, in the order of the document.
//!
//! It never shortens a value. Its recursion is as deep as the reader of JSON admits.

use super::html::Html;
use super::text::{push_ascii, shown};
use crate::words::json::{Kind, Value};
use maud::{Markup, PreEscaped};

/// The longest end of a path that is shown: the lists around it show all of it.
const LONGEST_PATH: usize = 80;

/// A text of this many characters is shown without its length.
const SHORT: usize = 60;

/// The arguments, and the number of texts that can look like others.
pub(super) fn arguments(value: Value<'_>) -> (Markup, usize) {
    let mut text = String::new();
    let mut tree = Tree {
        html: Html(&mut text),
        path: String::new(),
        depth: 0,
        doubtful: 0,
    };
    tree.value(value);
    let doubtful = tree.doubtful;
    (PreEscaped(text), doubtful)
}

struct Tree<'b> {
    html: Html<'b>,
    /// A JSON Pointer to the present value, in ASCII.
    path: String,
    depth: usize,
    doubtful: usize,
}

impl Tree<'_> {
    fn value(&mut self, value: Value<'_>) {
        match value.kind() {
            Kind::Null => self.html.markup("<em>null</em>"),
            Kind::Bool => self.literal("<em>boolean</em> <code class=v>", value),
            Kind::Number => self.literal("<em>number</em> <code class=v>", value),
            Kind::String => self.string(&value.string().unwrap_or_default()),
            Kind::Array => self.list(value),
            Kind::Object => self.object(value),
        }
    }

    /// A value as it is written in JSON.
    fn literal(&mut self, before: &'static str, value: Value<'_>) {
        self.html.markup(before);
        self.html.text(value.raw());
        self.html.markup("</code>");
    }

    fn string(&mut self, text: &str) {
        if text.is_empty() {
            return self.html.markup("<em>empty text</em>");
        }
        self.html.markup("<em>text");
        self.measures(text);
        self.html.markup("</em> <div class=v>");
        self.shown(text);
        self.html.markup("</div>");
    }

    /// The length of a long text, and the number of its lines.
    fn measures(&mut self, text: &str) {
        let length = text.chars().count();
        if length > SHORT {
            self.number(" of ", length, " characters");
        }
        let lines = text.split('\n').count();
        if lines > 1 {
            self.number(" in ", lines, " lines");
        }
    }

    fn number(&mut self, before: &'static str, number: usize, after: &'static str) {
        self.html.markup(before);
        self.html.number(number);
        self.html.markup(after);
    }

    fn shown(&mut self, text: &str) {
        let doubtful = shown(&mut self.html, text).is_doubtful();
        self.doubtful = self.doubtful.saturating_add(doubtful.into());
    }

    fn list(&mut self, list: Value<'_>) {
        let length = list.elements().count();
        if length == 0 {
            return self.html.markup("<em>empty list</em>");
        }
        self.number("<em>list of ", length, "</em><ul>");
        for (index, element) in list.elements().enumerate() {
            self.number("<li><span class=n>[", index, "]</span> ");
            self.inside(&index.to_string(), element);
        }
        self.html.markup("</ul>");
    }

    fn object(&mut self, object: Value<'_>) {
        let members = object.names().count();
        match members {
            0 => return self.html.markup("<em>empty object</em>"),
            1 => self.html.markup("<em>object of 1 member</em><ul>"),
            _ => self.number("<em>object of ", members, " members</em><ul>"),
        }
        for (name, value) in object.members() {
            self.name(&name);
            self.inside(&name, value);
        }
        self.html.markup("</ul>");
    }

    fn name(&mut self, name: &str) {
        if name.is_empty() {
            return self.html.markup("<li><em>empty name</em> ");
        }
        self.html.markup("<li><span class=n>");
        self.shown(name);
        self.html.markup("</span> ");
    }

    /// A value in the present one, under its name or index.
    fn inside(&mut self, token: &str, value: Value<'_>) {
        let outside = self.path.len();
        self.path.push('/');
        push_ascii(&mut self.path, &token.replace('~', "~0").replace('/', "~1"));
        self.show_path();
        self.depth = self.depth.saturating_add(1);
        self.value(value);
        self.depth = self.depth.saturating_sub(1);
        self.path.truncate(outside);
        self.html.markup("</li>");
    }

    /// The path of a value that is not at the top.
    fn show_path(&mut self) {
        if self.depth == 0 {
            return;
        }
        self.html.markup("<small>");
        let start = self.path.len().saturating_sub(LONGEST_PATH);
        if start > 0 {
            self.html.markup("…");
        }
        self.html.text(self.path.get(start..).unwrap_or_default());
        self.html.markup("</small> ");
    }
}
