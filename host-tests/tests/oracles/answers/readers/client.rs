//! The readers by name: how each chooses between document and stream, decodes the body, divides it into events and
//! parses it.

use super::super::charset::Charset;
use super::grammar::Grammar;
use super::media::{Body, Media, charset};
use super::names::Names;
use super::tree::Tree;
use super::{browser, go_sdk, httpx, mcp_go, typescript};
use host_tests::server_response::Received;

/// A program that reads a server's answers.
#[derive(Debug)]
pub(in super::super) struct Reader {
    /// The program that it models.
    pub(in super::super) name: &'static str,
    media: Media,
    decoding: Decoding,
    events: fn(&str) -> Vec<String>,
    grammar: Grammar,
    /// How it looks up members.
    pub(in super::super) names: Names,
}

/// What a reader gets from an answer.
#[derive(Debug, Default)]
pub(in super::super) struct Shown {
    /// The messages, with those of batches as single ones.
    pub(in super::super) messages: Vec<Tree>,
    /// The body of a failed request, which clients show as an error text.
    pub(in super::super) page: Option<String>,
}

/// How bytes become a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decoding {
    /// UTF-8 without a byte order mark at the start: the browser's `TextDecoder`.
    Utf8,
    /// UTF-8 with the mark: Go, C.
    Utf8WithMark,
    /// The charset in the header: httpx for streams and pages.
    Declared,
    /// The charset that the bytes suggest: `json.loads` of bytes.
    Guessed,
}

impl Decoding {
    fn text(self, received: &Received) -> String {
        let bytes = &received.body;
        let named = charset(received).unwrap_or_default();
        let charset = match self {
            Self::Utf8 | Self::Utf8WithMark => Charset::Utf8,
            Self::Declared => Charset::named(&named).unwrap_or(Charset::Utf8),
            Self::Guessed => Charset::guessed(bytes),
        };
        let text = charset.text(bytes);
        // Python removes a mark where the charset's name leaves the byte order open.
        let strips = match self {
            Self::Utf8 | Self::Guessed => true,
            Self::Utf8WithMark => false,
            Self::Declared => matches!(&*named, "utf-16" | "utf-32"),
        };
        match text.strip_prefix('\u{feff}').filter(|_| strips) {
            Some(text) => text.to_owned(),
            None => text,
        }
    }
}

impl Reader {
    /// What the reader gets from the answer.
    pub(in super::super) fn read(&self, received: &Received) -> Shown {
        let text = self.decoding.text(received);
        let texts = match self.media.body(received) {
            Body::Events => (self.events)(&text),
            Body::Document => vec![text.clone()],
            Body::Nothing => Vec::new(),
        };
        let values = texts.iter().flat_map(|text| self.grammar.values(text));
        let messages = values.flat_map(|value| match value {
            Tree::List(messages) => messages,
            message => vec![message],
        });
        let messages = messages.filter(|message| matches!(message, Tree::Object(_)));
        Shown {
            messages: messages.collect(),
            page: (received.status >= 400).then_some(text),
        }
    }
}

/// All readers.
pub(in super::super) static READERS: [Reader; 11] = [
    BROWSER,
    Reader {
        name: "SDK for TypeScript",
        events: typescript::events,
        ..BROWSER
    },
    Reader {
        name: "older SDK for TypeScript",
        media: Media::Anywhere,
        events: typescript::events,
        ..BROWSER
    },
    Reader {
        name: "SDK for Python",
        ..PYTHON
    },
    Reader {
        name: "SDK for Python with httpx-sse 0.4.0",
        events: httpx::events,
        ..PYTHON
    },
    Reader {
        name: "requests .json()",
        media: Media::Any,
        ..PYTHON
    },
    Reader {
        name: "httpx .json()",
        media: Media::Any,
        decoding: Decoding::Guessed,
        ..PYTHON
    },
    Reader {
        name: "SDK for Go",
        events: go_sdk::events,
        ..GO
    },
    Reader {
        name: "mcp-go",
        events: mcp_go::events,
        ..GO
    },
    Reader {
        name: "a client in C",
        names: Names::InC,
        ..LENIENT
    },
    LENIENT,
];

/// Models `EventSource`, `fetch` and `JSON.parse`.
pub(in super::super) const BROWSER: Reader = Reader {
    name: "a browser",
    media: Media::Essence,
    decoding: Decoding::Utf8,
    events: browser::events,
    grammar: Grammar::Strict,
    names: Names::Last,
};

const PYTHON: Reader = Reader {
    media: Media::Start,
    decoding: Decoding::Declared,
    grammar: Grammar::Python,
    ..BROWSER
};

const GO: Reader = Reader {
    media: Media::First,
    decoding: Decoding::Utf8WithMark,
    names: Names::AnyCase,
    ..BROWSER
};

const LENIENT: Reader = Reader {
    name: "a lenient client",
    media: Media::Anywhere,
    events: typescript::events,
    grammar: Grammar::Lenient,
    ..BROWSER
};
