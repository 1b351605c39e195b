//! Lists the supported keywords, and the drafts of JSON Schema in which each has the meaning that it has here.
//!
//! It ignores no assertion: only annotations, and extensions, whose names begin with `x-`.

/// The supported drafts, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    Seven,
    Of2019,
    Of2020,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It can make a value invalid.
    Assertion,
    /// It informs people, or holds schemas that references use.
    Annotation,
}

pub(super) struct Keyword {
    pub(super) name: &'static str,
    pub(super) role: Role,
    since: Draft,
    until: Draft,
}

const fn annotation(name: &'static str) -> Keyword {
    Keyword {
        name,
        role: Role::Annotation,
        since: Draft::Seven,
        until: Draft::Of2020,
    }
}

const fn check(name: &'static str) -> Keyword {
    between(name, Draft::Seven, Draft::Of2020)
}

const fn between(name: &'static str, since: Draft, until: Draft) -> Keyword {
    Keyword {
        name,
        role: Role::Assertion,
        since,
        until,
    }
}

pub(super) const KEYWORDS: &[Keyword] = &[
    annotation("$schema"),
    annotation("$id"),
    annotation("$comment"),
    annotation("$defs"),
    annotation("definitions"),
    annotation("title"),
    annotation("description"),
    annotation("default"),
    annotation("examples"),
    annotation("deprecated"),
    annotation("readOnly"),
    annotation("writeOnly"),
    annotation("format"),
    annotation("contentEncoding"),
    annotation("contentMediaType"),
    check("$ref"),
    check("type"),
    check("enum"),
    check("const"),
    check("minimum"),
    check("maximum"),
    check("exclusiveMinimum"),
    check("exclusiveMaximum"),
    check("multipleOf"),
    check("minLength"),
    check("maxLength"),
    check("pattern"),
    check("minItems"),
    check("maxItems"),
    check("uniqueItems"),
    between("prefixItems", Draft::Of2020, Draft::Of2020),
    check("items"),
    between("additionalItems", Draft::Seven, Draft::Of2019),
    check("contains"),
    between("minContains", Draft::Of2019, Draft::Of2020),
    between("maxContains", Draft::Of2019, Draft::Of2020),
    check("minProperties"),
    check("maxProperties"),
    check("required"),
    check("properties"),
    check("patternProperties"),
    check("additionalProperties"),
    check("propertyNames"),
    between("dependentRequired", Draft::Of2019, Draft::Of2020),
    between("dependentSchemas", Draft::Of2019, Draft::Of2020),
    between("dependencies", Draft::Seven, Draft::Seven),
    check("allOf"),
    check("anyOf"),
    check("oneOf"),
    check("not"),
    check("if"),
    check("then"),
    check("else"),
];

impl Keyword {
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        KEYWORDS.iter().find(|keyword| keyword.name == name)
    }

    /// True where the draft has this keyword. Readers of other drafts ignore it.
    pub(super) fn is_of(&self, draft: Draft) -> bool {
        (self.since..=self.until).contains(&draft)
    }
}

impl Draft {
    /// The draft of a `$schema` URI.
    pub(super) fn named(uri: &str) -> Option<Self> {
        let rest = uri
            .strip_prefix("http://")
            .or_else(|| uri.strip_prefix("https://"))?;
        match rest.strip_suffix('#').unwrap_or(rest) {
            "json-schema.org/draft-07/schema" => Some(Self::Seven),
            "json-schema.org/draft/2019-09/schema" => Some(Self::Of2019),
            "json-schema.org/draft/2020-12/schema" => Some(Self::Of2020),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Seven => "draft-07",
            Self::Of2019 => "2019-09",
            Self::Of2020 => "2020-12",
        }
    }
}
