//! The clients at the deceiving server, each on one version of an SDK, with the tricks that deceive it without a
//! gateway.
//!
//! It lists only tricks that work on the client: the test shows that before it judges the gateway.

use host_tests::program::Program;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;

pub(super) struct Client {
    interpreter: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    /// The tricks, among [`TRICKS`](super::tricks::TRICKS), that deceive it, and the honest answers that it reads.
    pub(super) falls_for: &'static [&'static str],
}

pub(super) const PYTHON_1: Client = Client {
    interpreter: "MCP_PYTHON_1",
    program: "sees.py",
    arguments: &[],
    falls_for: &[
        "document",
        "stream",
        "stream-in-utf-16",
        "stream-in-utf-7",
        "data-behind-a-mark",
        "lone-cr-in-a-comment",
        "lone-cr-in-data",
        "divided-data",
        "name-that-begins-with-json",
        "secret-in-a-blob",
        "secret-in-meta",
        "secret-in-the-data-of-an-error",
        "question-in-an-error",
        "two-names",
    ],
};

/// With the reader of event streams of that time, which also ends lines where Python's `splitlines` does.
pub(super) const PYTHON_1_WITH_OLDER_SSE: Client = Client {
    arguments: &["target/httpx-sse"],
    falls_for: &[
        "document",
        "stream",
        "stream-in-utf-16",
        "line-separator-in-a-comment",
        "next-line-in-a-comment",
        "form-feed-in-a-comment",
    ],
    ..PYTHON_1
};

pub(super) const PYTHON_2: Client = Client {
    interpreter: "MCP_PYTHON",
    falls_for: &[
        "document",
        "stream",
        "stream-in-utf-16",
        "stream-in-utf-7",
        "data-behind-a-mark",
        "lone-cr-in-a-comment",
        "lone-cr-in-data",
        "divided-data",
        "name-that-begins-with-json",
        "secret-in-a-blob",
        "secret-in-meta",
        "secret-in-the-data-of-an-error",
        "question-in-an-error",
    ],
    ..PYTHON_1
};

/// A client that guesses the encoding of a document and ignores its type.
pub(super) const BY_HAND: Client = Client {
    program: "sees_by_hand.py",
    falls_for: &[
        "document",
        "document-in-utf-16",
        "json-as-a-parameter",
        "name-that-begins-with-json",
        "secret-in-a-blob",
        "secret-in-meta",
        "secret-in-the-data-of-an-error",
        "question-in-an-error",
        "two-names",
    ],
    ..PYTHON_1
};

pub(super) const TYPESCRIPT_1_20: Client = Client {
    interpreter: "NODE",
    program: "sees.mjs",
    arguments: &[
        "mcp-sdk-1.20/client/index.js",
        "mcp-sdk-1.20/client/streamableHttp.js",
    ],
    falls_for: &[
        "document",
        "stream",
        "mark-in-disguise",
        "lone-cr-in-a-comment",
        "lone-cr-in-data",
        "divided-data",
        "json-as-a-parameter",
        "stream-as-a-parameter",
        "name-that-begins-with-json",
        "page-of-an-error",
        "redirect",
        "secret-in-a-blob",
        "secret-in-meta",
        "secret-in-the-data-of-an-error",
        "question-in-an-error",
        "question-in-a-notification",
        "two-names",
    ],
};

pub(super) const TYPESCRIPT_1: Client = Client {
    arguments: &[
        "@modelcontextprotocol/sdk/client/index.js",
        "@modelcontextprotocol/sdk/client/streamableHttp.js",
    ],
    falls_for: &[
        "document",
        "stream",
        "mark-in-disguise",
        "lone-cr-in-a-comment",
        "lone-cr-in-data",
        "divided-data",
        "page-of-an-error",
        "secret-in-a-blob",
        "secret-in-meta",
        "secret-in-the-data-of-an-error",
        "question-in-an-error",
        "question-in-a-notification",
    ],
    ..TYPESCRIPT_1_20
};

pub(super) const TYPESCRIPT_2: Client = Client {
    arguments: &["@modelcontextprotocol/client"],
    ..TYPESCRIPT_1
};

impl Client {
    /// Starts it at the deceiving server, or at the gateway in front, with one session for each trick.
    pub(super) fn at(&self, addr: SocketAddr) -> Program {
        let mut program = Program::start(self.interpreter, self.program, self.arguments);
        let urls = self
            .falls_for
            .iter()
            .map(|trick| format!("http://{addr}/{trick}"));
        let urls: Vec<_> = urls.collect();
        program.tell(&json!(urls).to_string());
        program
    }
}

/// What the client saw, by trick, and its other output.
pub(super) fn told(mut program: Program) -> (BTreeMap<String, Value>, Vec<String>) {
    let mut saw = BTreeMap::new();
    let mut beside = Vec::new();
    for line in program.told() {
        let value: Value = serde_json::from_str(&line).unwrap_or_default();
        match value["url"].as_str().and_then(|url| url.rsplit_once('/')) {
            Some((_, trick)) => drop(saw.insert(trick.to_owned(), value["saw"].clone())),
            None => beside.push(line),
        }
    }
    (saw, beside)
}
