//! The requests of the search, and the server's answers: calls of a tool with a limit, of one whose result holds a
//! secret, and of one without rules; a prompt and a ping.

/// The most calls of `limited` that may run.
pub(super) const MAX: usize = 3;
/// A text that each policy redacts in the results of `secret`.
pub(super) const SECRET: &str = "sesame-4711";

/// A policy whose rules differ by tool.
pub(super) const BY_TOOL: &str = r#"{"version":"1","default":"allow","tools":{
    "limited":{"limits":[{"counter":"runs","window":"day","max":3,"refund":"on_error"}]},
    "secret":{"result":{"redact":[{"regex":"sesame-[0-9]{4}"}]}}}}"#;
/// A policy with a result rule for all tools.
pub(super) const OF_ALL: &str = r#"{"version":"1","default":"allow","all_tools":{"result":{"redact":[{"regex":"sesame-[0-9]{4}"}]}},
    "tools":{"limited":{"limits":[{"counter":"runs","window":"day","max":3,"refund":"on_tool_error"}]}}}"#;

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// A call of the limited tool, which runs and counts.
    Limited,
    /// A call of the limited tool that the server rejects for its arguments, so that it is refunded.
    Wrong,
    /// A call whose result holds the secret.
    Secret,
    /// A call of a tool without rules.
    Free,
    /// A call of that tool that the server rejects.
    FreeWrong,
    /// A call of that tool that fails.
    FreeFails,
    Prompt,
    Ping,
}

impl Call {
    pub(super) const ALL: [Self; 8] = [
        Self::Limited,
        Self::Wrong,
        Self::Secret,
        Self::Free,
        Self::FreeWrong,
        Self::FreeFails,
        Self::Prompt,
        Self::Ping,
    ];

    /// The request's message.
    pub(super) fn message(self, id: &str) -> Vec<u8> {
        let (method, name) = match self {
            Self::Limited | Self::Wrong => ("tools/call", "limited"),
            Self::Secret => ("tools/call", "secret"),
            Self::Free | Self::FreeWrong | Self::FreeFails => ("tools/call", "free"),
            Self::Prompt => ("prompts/get", "greeting"),
            Self::Ping => ("ping", "x"),
        };
        let params = format!(r#"{{"name":"{name}"}}"#);
        let message =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#);
        message.into_bytes()
    }

    /// The server's answer.
    pub(super) fn answer(self, id: &str) -> String {
        let said = |text: &str, error: bool| {
            format!(
                r#""result":{{"content":[{{"type":"text","text":"{text}"}}],"isError":{error}}}"#
            )
        };
        let wrong = r#""error":{"code":-32602,"message":"Invalid arguments"}"#.to_owned();
        let answer = match self {
            Self::Limited => said("it ran", false),
            Self::Secret => said(&format!("say {SECRET} now"), false),
            Self::Free => said("free", false),
            Self::FreeFails => said("it failed", true),
            Self::Wrong | Self::FreeWrong => wrong,
            Self::Prompt => r#""result":{"messages":[]}"#.to_owned(),
            Self::Ping => r#""result":{}"#.to_owned(),
        };
        format!(r#"{{"jsonrpc":"2.0","id":{id},{answer}}}"#)
    }
}
