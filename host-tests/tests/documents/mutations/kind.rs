//! The kinds of objects in a policy: the keys of each, and its place.
//!
//! It never asks the engine.

/// The kind of an object, by its place. It determines the keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Document,
    AllTools,
    Entry,
    Method,
    Group,
    Condition,
    Limit,
    RateLimit,
    Sequence,
    Identity,
    Source,
    Grant,
    Match,
    NamedPolicy,
    Server,
    ServerMatch,
    Audit,
    Challenge,
    Host,
    Result,
    /// An expression to redact.
    Redaction,
    /// The operand of `length`.
    Length,
    /// The operand of `within`, in its object form.
    Roots,
    /// A JSON Schema.
    Schema,
    /// An object whose keys are names of the author's choice, with values of one kind.
    Names(&'static Self),
    /// A value of the author's choice.
    Free,
}

const DOCUMENT: &[&str] = &[
    "$schema",
    "version",
    "description",
    "default",
    "answer",
    "client_detail",
    "list",
    "pin_unseen",
    "hide",
    "all_tools",
    "tools",
    "prompts",
    "resources",
    "methods",
    "sequence",
    "mode",
    "frozen",
    "identity",
    "grants",
    "policies",
    "servers",
    "challenge",
    "audit",
    "host",
];

impl Kind {
    /// The valid keys, as documented for the language.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Document => DOCUMENT,
            Self::AllTools => &["require", "deny_if", "limits", "result"],
            Self::Entry => &[
                "action",
                "reason",
                "require",
                "deny_if",
                "limits",
                "rate_limit",
                "schema",
                "pin",
                "result",
                "mode",
                "frozen",
            ],
            Self::Method => &["action", "reason"],
            Self::Group => &["conditions", "on_deny"],
            Self::Condition => &["path", "op", "value", "if_present"],
            Self::Limit => &[
                "counter",
                "window",
                "max",
                "scope",
                "cost",
                "algorithm",
                "refund",
                "on_deny",
            ],
            Self::RateLimit => &["max", "window", "scope"],
            Self::Sequence => &["after", "deny", "for", "scope", "on_deny"],
            Self::Result => &["max_bytes", "redact"],
            Self::Redaction => &["regex"],
            Self::Length => &["min", "max"],
            Self::Roots => &["roots", "base"],
            Self::Schema => KEYWORDS,
            _ => self.keys_of_callers(),
        }
    }

    /// The valid keys of what names callers and servers, and of the options of the log and the host.
    fn keys_of_callers(self) -> &'static [&'static str] {
        match self {
            Self::Identity => &[
                "from",
                "jwt_payload",
                "issuers",
                "trusted_headers",
                "anonymous",
            ],
            Self::Source => &["header", "set_by_gateway", "jwt_claim", "mtls", "bearer"],
            Self::Grant => &[
                "match", "policy", "tools", "expires", "forward", "revoked", "mode", "frozen",
            ],
            Self::Match => &["bearer_sha256", "claim", "mtls", "header", "anonymous"],
            Self::NamedPolicy => &[
                "description",
                "default",
                "hide",
                "all_tools",
                "tools",
                "prompts",
                "resources",
                "methods",
                "sequence",
            ],
            Self::Server => &["match", "policy", "frozen", "mode"],
            Self::ServerMatch => &["path", "host", "cluster"],
            Self::Audit => &["arguments", "facts", "answers"],
            Self::Challenge => &["resource_metadata", "scope"],
            Self::Host => &[
                "hold_request_headers",
                "namespace",
                "slots",
                "max_request_bytes",
                "max_response_bytes",
                "held_bytes",
                "max_depth",
                "longest_call",
                "list_ttl",
                "metrics",
                "filter_state",
                "audit_collector",
            ],
            _ => &[],
        }
    }

    pub(super) fn of_member(self, key: &str, op: Option<&str>) -> Self {
        match (self, key) {
            (Self::Condition, "value") => match op {
                Some("length") => Self::Length,
                Some("within") => Self::Roots,
                Some("schema") => Self::Schema,
                _ => Self::Free,
            },
            (Self::Names(of), _) => *of,
            (Self::Document | Self::NamedPolicy, "all_tools") => Self::AllTools,
            (Self::Document | Self::NamedPolicy, "tools" | "prompts" | "resources")
            | (Self::Grant, "tools") => Self::Names(&Self::Entry),
            (Self::Document | Self::NamedPolicy, "methods") => Self::Names(&Self::Method),
            (Self::Document | Self::NamedPolicy, "sequence") => Self::Sequence,
            (Self::Document, "policies") => Self::Names(&Self::NamedPolicy),
            (Self::Document, "servers") => Self::Names(&Self::Server),
            (Self::Document, "audit") => Self::Audit,
            (Self::Document, "identity") => Self::Identity,
            (Self::Document, "grants") => Self::Names(&Self::Grant),
            (Self::Document, "challenge") => Self::Challenge,
            (Self::Document, "host") => Self::Host,
            (Self::Entry | Self::AllTools, "require" | "deny_if") => Self::Group,
            (Self::Entry | Self::AllTools, "limits") => Self::Limit,
            (Self::Entry | Self::AllTools, "result") => Self::Result,
            (Self::Result, "redact") => Self::Redaction,
            (Self::Entry, "rate_limit") => Self::RateLimit,
            (Self::Entry, "schema") => Self::Schema,
            (Self::Schema, key) if NAMED.contains(&key) => Self::Names(&Self::Schema),
            (Self::Schema, key) if NESTED.contains(&key) => Self::Schema,
            (Self::Group, "conditions") => Self::Condition,
            (Self::Identity, "from") => Self::Source,
            (Self::Grant, "match") => Self::Match,
            (Self::Server, "match") => Self::ServerMatch,
            _ => Self::Free,
        }
    }
}

/// The keywords of a JSON Schema.
pub(super) const KEYWORDS: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "definitions",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "format",
    "contentEncoding",
    "contentMediaType",
    "$ref",
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "prefixItems",
    "items",
    "additionalItems",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "required",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "x-mcp-header",
];

/// Keywords of JSON Schema whose values hold schemas: by name, or one or a list of them.
pub(super) const NAMED: &[&str] = &[
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
];
pub(super) const NESTED: &[&str] = &[
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "additionalProperties",
    "propertyNames",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
];

/// Keys whose value is one of a few words.
pub(super) const WORDS: &[&str] = &[
    "version",
    "default",
    "answer",
    "list",
    "mode",
    "action",
    "op",
    "algorithm",
    "refund",
    "pin_unseen",
];
