//! The operators, and the keywords of schemas, each with the message in which it takes the most work.
//!
//! A new operator or keyword gets its row here.

use super::kinds::{Kind, policy};
use super::module::Sent;
use super::texts::{Texts, call};
use serde_json::{Map, Value, json};

/// A name, the path, operator and value of a condition, and the arguments.
type Condition = (&'static str, &'static str, &'static str, Value, String);

/// Conditions, with messages of about so many bytes.
pub(super) fn conditions(bytes: usize) -> Vec<Kind> {
    let of = Texts { bytes };
    let values = [numbers(of), texts(of), locators(of)].concat();
    let schemas = [keywords(of), keywords_of_members(of)].concat();
    let rows = [expressions(of), values, places(of), schemas].concat();
    let kind = |(name, path, op, value, arguments): Condition| {
        let one = json!({ "conditions": [{ "path": path, "op": op, "value": value }] });
        // Enough to use up the budget, within the instructions that a policy may have.
        let times = if op == "regex" { 20 } else { 64 };
        let groups = vec![one; times];
        Kind {
            name,
            policy: policy(json!({ "deny_if": groups })),
            sent: Sent::request(call(&arguments)),
        }
    };
    rows.into_iter().map(kind).collect()
}

fn expressions(of: Texts) -> Vec<Condition> {
    let regex = |name, pattern: &str, length, unit: &str| {
        let arguments = of.texts(length, unit);
        (name, "args.list[*]", "regex", json!(pattern), arguments)
    };
    let signs: String = (0..900)
        .filter_map(|n| char::from_u32(0x4e10 + 2 * n))
        .collect();
    let few: Vec<_> = signs.chars().take(100).map(String::from).collect();
    vec![
        regex("short texts", "x", 20, "ab"),
        regex("shortest texts", "x", 1, "a"),
        regex("long texts", "x", 60_000, "ab"),
        regex("texts of letters outside ASCII", "x", 60_000, "é"),
        regex("short texts, many ways", "a[ab]{20}c", 20, "ab"),
        regex("long texts, many ways", "a[ab]{900}c", 1000, "ab"),
        regex("choices", "(a|ab|b){200}c", 1000, "ab"),
        regex("classes", "[a-c]*[b-d]*x|[^é]y", 60_000, "ab"),
        regex("many classes", &few.join("|"), 60_000, "中丂一"),
        regex("more classes", &format!("[{signs}]x"), 60_000, "中丂一"),
        regex("looks", r"(?m)^$^$x|\b\B\ba", 60_000, r"b a\n"),
        regex("options", "(?:a?){500}x", 1, "a"),
        regex("options in long texts", "(?:a?){500}x", 60_000, "a"),
    ]
}

/// A condition on each element of the list.
fn each(name: &'static str, op: &'static str, value: Value, arguments: String) -> Condition {
    (name, "args.list[*]", op, value, arguments)
}

fn numbers(of: Texts) -> Vec<Condition> {
    let digits = of.list("1187206718261367.3e290");
    let zeros = of.list(&format!("1.{}", "0".repeat(700)));
    let objects = of.list(r#"{"b":3   ,"a":1   }"#);
    vec![
        each("numbers", "in", json!([77_777]), of.list("123")),
        each("numbers of many digits", "lt", json!(0), digits),
        each("long numbers", "lt", json!(0), zeros),
        each("booleans", "in", json!([false]), of.list("true")),
        each("objects", "eq", json!({ "a": 1, "b": 2 }), objects),
        each("types", "type", json!("object"), of.texts(1, "a")),
    ]
}

fn texts(of: Texts) -> Vec<Condition> {
    let listed = |length: usize| {
        let text = |n| json!(format!("{}{n}", "a".repeat(length)));
        Value::from_iter((0..2000).map(text))
    };
    let other = json!(format!("{}b", "a".repeat(2999)));
    let (part, parts) = (json!("aaaaaaaab"), json!("b"));
    let (one, short) = (of.one("a"), of.texts(1, "a"));
    vec![
        each("texts in a list", "in", listed(23), of.texts(24, "a")),
        each(
            "long texts in a list",
            "in",
            listed(300),
            of.texts(301, "a"),
        ),
        each("escaped texts", "in", listed(2), of.texts(6, r"\u0061")),
        each("equal texts", "eq", other, of.texts(3000, "a")),
        each("parts", "contains", parts.clone(), of.texts(1, "a")),
        ("part of a long text", "args.t", "contains", part, one),
        ("element", "args.list", "contains", parts, short),
        each("lengths", "length", json!({ "min": 9 }), of.texts(1, "a")),
        (
            "texts anywhere",
            "args.**",
            "contains",
            json!("b"),
            of.texts(1, "a"),
        ),
        each(
            "compared texts",
            "eq",
            json!({ "ref": "args.list[0]" }),
            of.texts(3000, "a"),
        ),
        each(
            "members of a list",
            "in",
            json!({ "ref": "args.list" }),
            of.texts(24, "a"),
        ),
        each(
            "compared objects",
            "neq",
            json!({ "ref": "args.list[1]" }),
            of.list(r#"{"b":3   ,"a":1   }"#),
        ),
        each(
            "compared numbers",
            "lt",
            json!({ "ref": "args.list[0]" }),
            of.list("123"),
        ),
        secrets("texts without secrets", of.texts(60_000, "ab ")),
        secrets("beginnings of secrets", of.texts(60_000, "sk-ant-")),
        secrets("short beginnings", of.texts(16, "s AKIA")),
        secrets("passwords in URLs", of.texts(60_000, "://a:b@c ")),
        secrets("addresses", of.texts(60_000, "://")),
    ]
}

fn secrets(name: &'static str, arguments: String) -> Condition {
    (name, "args.**", "secret", json!(["secrets"]), arguments)
}

fn locators(of: Texts) -> Vec<Condition> {
    let roots = |start: &str| Value::from_iter((0..500).map(|n| json!(format!("{start}/{n}"))));
    let long_roots = roots(&"/a".repeat(500));
    let below = "a.".repeat(14);
    let hosts = (0..500).map(|n| json!(format!("{n}.{below}example.com")));
    let url = of.list(&format!(r#""https://{below}example.com/x""#));
    let networks = (0..500).map(|n| json!(format!("10.{}.{}.0/24", n / 256, n % 256)));
    let (ip4, ip6) = (r#""1.2.3.4""#, r#""1:2:3:4:5:6:7:8""#);
    let outside = of.texts(900, "/가");
    vec![
        each("paths", "within", json!(["/a/b"]), of.texts(30, "/a")),
        each("paths outside ASCII", "within", json!(["/b"]), outside),
        each("roots", "within", roots(""), of.texts(2, "/a")),
        each("long roots", "within", long_roots, of.texts(1040, "/a")),
        each("hosts", "host_in", Value::from_iter(hosts), url),
        each("addresses", "cidr", json!(["fe80::/16"]), of.list(ip6)),
        each("networks", "cidr", Value::from_iter(networks), of.list(ip4)),
    ]
}

fn places(of: Texts) -> Vec<Condition> {
    let exists = |name, path, arguments| (name, path, "exists", json!(true), arguments);
    let is = |name, path, arguments| (name, path, "type", json!("object"), arguments);
    const LONG: &str =
        "args.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaz";
    const ACCENTS: &str = r#"args["éééééééééééééééééééééééééééééééééééééééééééz"]"#;
    vec![
        exists("members", "args.zzz", of.members("")),
        exists("escaped members", "args.zzz", of.members(r"\u0061")),
        exists("long members", LONG, of.members(&"a".repeat(74))),
        exists("accents", ACCENTS, of.members(&"é".repeat(43))),
        exists("late element", "args.list[9999999]", of.list("123")),
        is("each of each", "args.list[*][*]", of.list("[     1]")),
        is(
            "member of each",
            "args.list[*].a",
            of.list(r#"{"a":     1}"#),
        ),
    ]
}

/// A schema that never matches, so that the next group is evaluated too.
fn schema(name: &'static str, path: &'static str, schema: Value, arguments: String) -> Condition {
    let never = json!({ "allOf": [schema, false] });
    (name, path, "schema", never, arguments)
}

/// A schema of each element of the list.
fn items(name: &'static str, each: Value, arguments: String) -> Condition {
    schema(name, "args.list", json!({ "items": each }), arguments)
}

fn keywords(of: Texts) -> Vec<Condition> {
    let known = json!({ "enum": (0..200).collect::<Vec<_>>() });
    let unknown = json!({ "not": { "not": { "type": "number" } } });
    let six = ["string", "null", "boolean", "array", "object", "integer"];
    let space = json!({ "type": "string", "pattern": r"^\s+$" });
    let letters = json!({ "type": "string", "pattern": "^a+$" });
    // Its price is that of each element's canonical form, so a longer list would exceed the budget at once.
    let distinct = Texts { bytes: 30_000 };
    let distinct = distinct.list(&format!(r#"{{"a":["{}"]}}"#, "b".repeat(2000)));
    let unique = json!({ "uniqueItems": true });
    vec![
        items("enum", known, of.list("777")),
        items("not", unknown, of.list("39 ")),
        items("multiples", json!({ "multipleOf": 0.01 }), of.list("1e300")),
        items("integers", json!({ "type": "integer" }), of.list("123")),
        items("one of six types", json!({ "type": six }), of.list("123")),
        items("patterns", letters, of.texts(1, "a")),
        items("space", space, of.texts(60, " ")),
        schema("distinct", "args.list", unique, distinct),
    ]
}

fn keywords_of_members(of: Texts) -> Vec<Condition> {
    let numbered = |count: u32, start: &str, value: Value| {
        let member = |n| (format!("{start}{n}"), value.clone());
        Value::Object((0..count).map(member).collect::<Map<_, _>>())
    };
    let accents = (0..200).filter_map(|n| char::from_u32(0xe0 + n));
    let accents = accents.map(|c| (format!("é{c}"), json!({ "type": "integer" })));
    let alike = json!({ "properties": Map::from_iter(accents) });
    let object = of.list(r#"{"b":1    ,"a":1    }"#);
    let properties = json!({ "properties": numbered(200, "a", json!({})) });
    let depends = json!({ "dependentRequired": numbered(300, "a", json!(["a1", "a2"])) });
    let names = json!({ "propertyNames": { "maxLength": 100 } });
    let patterns =
        json!({ "patternProperties": { "^a": {}, "^b": {} }, "additionalProperties": false });
    vec![
        items("properties", properties, object.clone()),
        items("dependents", depends, object.clone()),
        items("names", names, object.clone()),
        items("patterns of names", patterns, object),
        schema("members that are alike", "args", alike, of.members("一")),
    ]
}

/// The operators of the policy language, from its JSON Schema.
fn operators() -> Vec<String> {
    let schema = mcp_policy::document::json_schema();
    let names = schema["$defs"]["condition"]["properties"]["op"]["enum"].as_array();
    let names = names.expect("the operators").iter();
    names
        .map(|name| name.as_str().expect("a name").to_owned())
        .collect()
}

/// Operators whose evaluation is that of another one, which has the row.
const SAME_WORK: [(&str, &str); 6] = [
    ("neq", "eq"),
    ("not_in", "in"),
    ("lte", "lt"),
    ("gt", "lt"),
    ("gte", "lt"),
    ("not_regex", "regex"),
];

#[test]
fn every_operator_has_its_most_expensive_message() {
    let of = Texts { bytes: 1000 };
    let schemas = [keywords(of), keywords_of_members(of)].concat();
    let values = [numbers(of), texts(of), locators(of)].concat();
    let rows = [expressions(of), values, places(of), schemas].concat();
    let has_row = |name: &String| {
        let same = SAME_WORK.iter().find(|(own, _)| own == name);
        let name = same.map_or(&**name, |(_, other)| other);
        rows.iter().any(|(_, _, op, ..)| *op == name)
    };
    let missing: Vec<_> = operators()
        .into_iter()
        .filter(|name| !has_row(name))
        .collect();
    assert_eq!(missing, [""; 0]);
}
