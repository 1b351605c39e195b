//! A policy, a request under it, and the planted thing that no reader of the answer may see.
//!
//! It holds no answer: `place` does.

/// A tool, prompt or resource that each policy hides.
pub(super) const HIDDEN: &str = "gone";
/// A text that some policies redact.
pub(super) const SECRET: &str = "sesame-4711";
/// Requests that a server may not send under a policy that denies by default.
pub(super) const ASKS: [&str; 3] = ["sampling/createMessage", "elicitation/create", "roots/list"];

/// What is planted in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Planted {
    /// [`HIDDEN`] in a list.
    Name,
    /// [`SECRET`] in a text.
    Secret,
    /// One of [`ASKS`].
    Ask,
}

/// A policy, a request, and what is planted in the answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    pub(super) policy: &'static str,
    pub(super) request: Request,
    pub(super) planted: Planted,
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// A posted message.
    Post(&'static str),
    /// A GET of a stream: for messages of the server, or for missed ones.
    Get,
}

/// A policy that denies and hides everything it does not name.
pub(super) const DENIES: &str = r#"{"version":"1","default":"deny","tools":{"run":{}},"prompts":{"run":{}},"resources":{"run:///run":{}}}"#;
const HIDES: &str = r#"{"version":"1","default":"allow","hide":["gone"],"prompts":{"gone":{"action":"hide"}},
    "resources":{"gone:///gone":{"action":"hide"}}}"#;
/// No definition has this digest.
const PINS: &str = r#"{"version":"1","default":"deny","prompts":{"run":{}},"resources":{"run:///run":{}},"tools":{"run":{},
    "gone":{"pin":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}}}"#;
/// The most bytes of an answer that [`SHORT`] and [`SHORT_TAKES_OUT`] let a gateway hold.
pub(super) const LONGEST: usize = 1024;
const SHORT: &str = r#"{"version":"1","default":"deny","host":{"max_response_bytes":1024},
    "tools":{"run":{}},"prompts":{"run":{}},"resources":{"run:///run":{}}}"#;
const SHORT_TAKES_OUT: &str = r#"{"version":"1","default":"allow","host":{"max_response_bytes":1024},
    "all_tools":{"result":{"redact":[{"regex":"sesame-[0-9]{4}"}]}}}"#;
const TAKES_OUT: &str = r#"{"version":"1","default":"allow","tools":{"run":{"result":{"redact":[{"regex":"sesame-[0-9]{4}"}]}}}}"#;
const TAKES_OUT_OF_ALL: &str = r#"{"version":"1","default":"allow","all_tools":{"result":{"redact":[{"regex":"sesame-[0-9]{4}"}]}}}"#;

const CALL: Request =
    Request::Post(r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"run"}}"#);
const LIST: Request = Request::Post(r#"{"jsonrpc":"2.0","id":7,"method":"tools/list"}"#);

/// All scenes.
pub(super) const SCENES: [Scene; 18] = [
    scene(DENIES, LIST, Planted::Name),
    scene(DENIES, CALL, Planted::Name),
    scene(DENIES, Request::Get, Planted::Name),
    scene(HIDES, LIST, Planted::Name),
    scene(HIDES, Request::Get, Planted::Name),
    scene(PINS, LIST, Planted::Name),
    scene(PINS, Request::Get, Planted::Name),
    scene(TAKES_OUT, CALL, Planted::Secret),
    scene(TAKES_OUT, Request::Get, Planted::Secret),
    scene(TAKES_OUT_OF_ALL, CALL, Planted::Secret),
    scene(TAKES_OUT_OF_ALL, Request::Get, Planted::Secret),
    scene(SHORT, LIST, Planted::Name),
    scene(SHORT, Request::Get, Planted::Name),
    scene(SHORT, CALL, Planted::Ask),
    scene(SHORT_TAKES_OUT, CALL, Planted::Secret),
    scene(DENIES, LIST, Planted::Ask),
    scene(DENIES, CALL, Planted::Ask),
    scene(DENIES, Request::Get, Planted::Ask),
];

impl Scene {
    /// True where the gateway holds as much of an answer as it does by default.
    pub(super) fn is_roomy(&self) -> bool {
        self.policy != SHORT && self.policy != SHORT_TAKES_OUT
    }
}

const fn scene(policy: &'static str, request: Request, planted: Planted) -> Scene {
    Scene {
        policy,
        request,
        planted,
    }
}
