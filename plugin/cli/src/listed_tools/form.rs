//! The forms in which clients and servers write the definition of a tool.
//!
//! It never reads one: `definition` does.

/// The forms of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `inputSchema`, as a server lists it.
    Mcp,
    /// `input_schema`.
    Anthropic,
    /// `parameters`, in a `function` or beside its name.
    OpenAi,
}

impl Form {
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Mcp => "MCP's form (`inputSchema`)",
            Self::Anthropic => "Anthropic's form (`input_schema`)",
            Self::OpenAi => "OpenAI's form (`parameters`)",
        }
    }
}
