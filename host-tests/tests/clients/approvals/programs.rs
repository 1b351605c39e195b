//! Starts the gateway that these tests share and the programs on the SDKs, and turns what a program prints into what a caller
//! saw.
//!
//! It never decides an approval.

use host_tests::approvals::{Gateway, RESULT, held_for, policy};
use host_tests::program::Program;
use host_tests::require::{ENVOY, NODE, Need, OLDER_SDK, TYPESCRIPT_SDKS};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::thread;

pub(super) const NEEDS: [Need; 4] = [ENVOY, OLDER_SDK, NODE, TYPESCRIPT_SDKS];

/// The listeners: with the default time for which an answer is held, for clients that leave, with shorter times, and with a
/// tool that needs no approval.
pub(super) const HELD: &str = "held";
pub(super) const LEFT: &str = "left";
pub(super) const ROUNDS: &str = "rounds";
pub(super) const SHORT: &str = "short";
pub(super) const OPEN: &str = "open";

/// The users of a client: one who is shown no link, and one who consents to open it.
pub(super) const USERS: [Option<&str>; 2] = [None, Some("accept")];

/// A program on one line of an SDK.
#[derive(Debug)]
pub(super) struct Sdk {
    name: &'static str,
    interpreter: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
}

const TYPESCRIPT_1: [&str; 4] = [
    "legacy",
    "@modelcontextprotocol/sdk/client/index.js",
    "@modelcontextprotocol/sdk/client/streamableHttp.js",
    "@modelcontextprotocol/sdk/types.js",
];

/// The clients of the newest revision, which wait by themselves.
pub(super) const MODERN: [Sdk; 2] = [
    python("Python 2 auto", "MCP_PYTHON", &["auto"]),
    node(
        "TypeScript 2 auto",
        &["auto", "@modelcontextprotocol/client"],
    ),
];

/// The clients of older revisions, which are refused and call again.
pub(super) const LEGACY: [Sdk; 4] = [
    python("Python 1", "MCP_PYTHON_1", &["legacy"]),
    python("Python 2", "MCP_PYTHON", &["legacy"]),
    node("TypeScript 1", &TYPESCRIPT_1),
    node("TypeScript 2", &["legacy", "@modelcontextprotocol/client"]),
];

const fn python(
    name: &'static str,
    interpreter: &'static str,
    arguments: &'static [&'static str],
) -> Sdk {
    Sdk {
        name,
        interpreter,
        program: "waits.py",
        arguments,
    }
}

const fn node(name: &'static str, arguments: &'static [&'static str]) -> Sdk {
    Sdk {
        name,
        interpreter: "NODE",
        program: "waits.mjs",
        arguments,
    }
}

/// The gateway of the tests that run at the same time. The one that ends last stops it.
pub(super) fn gateway() -> Arc<Gateway> {
    static SHARED: Mutex<Weak<Gateway>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().expect("it started for the test before");
    shared.upgrade().unwrap_or_else(|| {
        let started = Arc::new(Gateway::start(&[
            (HELD, policy(true)),
            (LEFT, policy(true)),
            (ROUNDS, held_for("2s")),
            (SHORT, held_for("1s")),
            (OPEN, policy(false)),
        ]));
        *shared = Arc::downgrade(&started);
        started
    })
}

/// Plays with a program on each of these SDKs at the same time, at one listener.
pub(super) fn with_each<'a>(
    sdks: impl IntoIterator<Item = &'a Sdk>,
    gateway: &Gateway,
    listener: &str,
    play: impl Fn(&mut Running<'_>) + Sync,
) {
    thread::scope(|scope| {
        for sdk in sdks {
            scope.spawn(|| play(&mut Running::start(sdk, gateway, listener)));
        }
    });
}

/// A caller in a program. It calls the tool with its name as the argument `service`, one call after another.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) name: String,
    pub(super) user: Option<&'static str>,
}

/// A running program.
pub(super) struct Running<'a> {
    sdk: &'a Sdk,
    pub(super) gateway: &'a Gateway,
    program: Program,
    ended: BTreeMap<String, Saw>,
}

impl<'a> Running<'a> {
    pub(super) fn start(sdk: &'a Sdk, gateway: &'a Gateway, listener: &str) -> Self {
        let url = format!("http://{}/mcp", gateway.envoy().addr(listener));
        let arguments = [&[&*url], sdk.arguments].concat();
        Self {
            sdk,
            gateway,
            program: Program::start(sdk.interpreter, sdk.program, &arguments),
            ended: BTreeMap::new(),
        }
    }

    /// Whether its client calls again by itself while a person thinks.
    pub(super) fn waits(&self) -> bool {
        self.sdk.arguments.first() == Some(&"auto")
    }

    /// A caller with this user, whose name no other test has.
    pub(super) fn caller(&self, what: &str, user: Option<&'static str>) -> Caller {
        let shown = user.unwrap_or("no link");
        let name = format!("{} {what} {shown}", self.sdk.name);
        Caller { name, user }
    }

    /// Begins a call.
    pub(super) fn call(&mut self, caller: &Caller) {
        let line = json!({
            "caller": caller.name,
            "token": self.gateway.token(&caller.name),
            "user": caller.user,
            "arguments": { "service": caller.name },
        });
        self.program.write_line(&line.to_string());
    }

    /// Abandons the call.
    pub(super) fn leave(&mut self, caller: &Caller) {
        let line = json!({ "leave": caller.name });
        self.program.write_line(&line.to_string());
    }

    /// The outcome of the call, once it has ended.
    pub(super) fn outcome(&mut self, caller: &Caller) -> Saw {
        loop {
            if let Some(saw) = self.ended.remove(&caller.name) {
                return saw;
            }
            let Some(line) = self.program.read_line() else {
                panic!("{caller:?}: no outcome\n{}", self.program.errors());
            };
            let told: Value = serde_json::from_str(&line).expect("JSON");
            let name = told["caller"].as_str().expect("a name").to_owned();
            self.ended.insert(name, Saw(told));
        }
    }

    /// The outcome of a whole call.
    pub(super) fn call_ends(&mut self, caller: &Caller) -> Saw {
        self.call(caller);
        self.outcome(caller)
    }

    /// The number of calls of a caller that reached the server.
    pub(super) fn ran(&self, caller: &Caller) -> usize {
        self.gateway.ran(&caller.name)
    }
}

/// The outcome of a call, and the links that the user was shown meanwhile.
#[derive(Debug)]
pub(super) struct Saw(Value);

impl Saw {
    /// The ids of the approvals in the links.
    pub(super) fn links(&self) -> Vec<&str> {
        let links = self.0["links"].as_array().expect("a list").iter();
        let links = links.map(|link| link.as_str().expect("a text"));
        links
            .map(|link| link.rsplit('/').next().unwrap_or_default())
            .collect()
    }

    fn text(&self) -> &str {
        let text = self.0.pointer("/saw/result/content/0/text");
        text.and_then(Value::as_str).unwrap_or_default()
    }

    fn is_error(&self) -> bool {
        self.0.pointer("/saw/result/isError") == Some(&true.into())
    }

    /// The result of the tool.
    pub(super) fn passed(&self) -> bool {
        self.text() == RESULT && !self.is_error()
    }

    /// A result that tells the model this.
    pub(super) fn refused(&self, text: &str) -> bool {
        self.is_error() && self.text().contains(text)
    }

    /// The caller has left.
    pub(super) fn left(&self) -> bool {
        self.0.pointer("/saw/raised") == Some(&"left".into())
    }
}
