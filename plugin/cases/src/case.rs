//! Turns one JSON file of `policies/` into a case: a policy, what is sent to it and when, and what must be seen.
//!
//! A file that is no case is an error, never skipped.

use crate::RawHeaders;
use crate::respond::Respond;
use crate::seen::Seen;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One file of the corpus.
#[derive(Debug)]
pub struct Case {
    /// Where the file is, relative to `policies/`.
    pub name: String,
    /// What it shows, in a sentence.
    pub why: String,
    /// The policy's text as the plugin gets it.
    pub policy: String,
    /// The file that the policy stands in, relative to the case's folder, where it is not the case itself.
    pub policy_file: Option<String>,
    /// Seconds since the epoch at which `at: "0s"` is.
    pub start: u64,
    /// Hosts that cannot play the case, and why.
    pub hosts: BTreeMap<String, String>,
    /// The attack that it plays, if it plays one.
    pub attack: Option<Attack>,
    /// What happens.
    pub play: Play,
}

/// What an attack is, for those who know it by other names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// What the attacker wants, does, and what would happen.
    pub story: String,
    /// Numbers of the OWASP MCP Top 10, like `MCP05:2025`.
    pub owasp: Vec<String>,
    /// Techniques of SAFE-MCP, like `SAFE-T1105`.
    pub safe_mcp: Vec<String>,
}

/// What a case checks.
#[derive(Debug)]
pub enum Play {
    /// The policy is accepted, and each request is answered as expected.
    Steps(Vec<Step>),
    /// The policy is refused with exactly these lines.
    Refused(Vec<String>),
}

/// One request of a case.
#[derive(Debug)]
pub struct Step {
    /// Time since the start.
    pub at: Duration,
    /// Verb, path and the like, and every header but `host`.
    pub method: String,
    /// The request target.
    pub path: String,
    /// Header fields in order, names in lower case.
    pub headers: RawHeaders,
    /// The body; `None` for a request without one.
    pub body: Option<Vec<u8>>,
    /// HTTP/2 trailers.
    pub trailers: Option<RawHeaders>,
    /// The client's address.
    pub peer: String,
    /// What the server answers, where it matters.
    pub respond: Option<Respond>,
    /// What must be seen; `None` in a new file, which `BLESS=1` completes.
    pub expect: Option<Seen>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    why: String,
    policy: Option<Box<RawValue>>,
    policy_text: Option<String>,
    policy_file: Option<String>,
    attack: Option<Attack>,
    start: Option<String>,
    #[serde(default)]
    hosts: BTreeMap<String, String>,
    steps: Option<Vec<RawStep>>,
    refused: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    #[serde(default)]
    at: String,
    #[serde(rename = "why")]
    _why: Option<String>,
    method: Option<String>,
    path: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, RawHeader>,
    trailers: Option<BTreeMap<String, String>>,
    peer: Option<String>,
    call: Option<String>,
    arguments: Option<Box<RawValue>>,
    body: Option<Box<RawValue>>,
    text: Option<String>,
    hex: Option<String>,
    #[serde(default)]
    repeat: BTreeMap<String, Repeat>,
    respond: Option<RawRespond>,
    expect: Option<Value>,
}

/// A server's response: any JSON, or an exact text or bytes. `events` are sent as an event stream, each as one message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRespond {
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, RawHeader>,
    body: Option<Box<RawValue>>,
    text: Option<String>,
    hex: Option<String>,
    events: Option<Vec<Box<RawValue>>>,
    #[serde(default)]
    repeat: BTreeMap<String, Repeat>,
}

/// A piece of `text` that is too long to write out: each key of `repeat` in it stands for `what`, so many `times`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    what: String,
    times: usize,
}

/// A header's value: a text, several (the header is given so often), bytes, or nothing (a default header is left out).
#[derive(Deserialize)]
#[serde(untagged)]
enum RawHeader {
    Text(String),
    Several(Vec<String>),
    Bytes { hex: String },
    None(()),
}

/// 2026-01-01T00:00:00Z, a Thursday.
const START: u64 = 1_767_225_600;

/// A policy in a file of its own, for several cases and for copying.
const POLICY: &str = "policy.json";

impl Case {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// A sentence with the file's name.
    pub fn read(path: &Path, root: &Path) -> Result<Self, String> {
        let name = path
            .strip_prefix(root)
            .unwrap_or(path)
            .display()
            .to_string();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let folder = path.parent().unwrap_or(root);
        Self::parse(&name, &text, folder).map_err(|error| format!("{name}: {error}"))
    }

    /// Reads a case's text; other files that it names are looked for in `folder`.
    ///
    /// # Errors
    /// A sentence that says why it is no case.
    pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Self, String> {
        let raw: RawCase = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if raw.why.trim().is_empty() {
            return Err("`why` is empty".into());
        }
        let policy = match (raw.policy, raw.policy_text, &raw.policy_file) {
            (Some(policy), None, None) => policy.get().to_owned(),
            (None, Some(text), None) => text,
            (None, None, Some(file)) => std::fs::read_to_string(folder.join(file))
                .map_err(|error| format!("`policy_file` {file:?}: {error}"))?,
            _ => {
                return Err(
                    "one of `policy`, `policy_text` and `policy_file` must be there".into(),
                );
            }
        };
        let play = match (raw.steps, raw.refused) {
            (Some(steps), None) if !steps.is_empty() => {
                let steps = steps
                    .into_iter()
                    .enumerate()
                    .map(|(index, step)| Step::parse(index, step));
                Play::Steps(steps.collect::<Result<_, _>>()?)
            }
            (None, Some(lines)) => Play::Refused(lines),
            _ => return Err("one of `steps` (at least one) and `refused` must be there".into()),
        };
        let start = raw.start.map_or(Ok(START), |start| {
            start.parse().map_err(|_| "`start` is no number of seconds")
        })?;
        Ok(Self {
            name: name.into(),
            why: raw.why,
            policy,
            policy_file: raw.policy_file,
            start,
            hosts: raw.hosts,
            attack: raw.attack,
            play,
        })
    }

    /// Milliseconds since the epoch at a step.
    pub fn millis(&self, step: &Step) -> u64 {
        let offset = u64::try_from(step.at.as_millis()).unwrap_or(u64::MAX);
        self.start.saturating_mul(1000).saturating_add(offset)
    }

    /// The requests; none for a case about a refused policy.
    pub fn steps(&self) -> &[Step] {
        match &self.play {
            Play::Steps(steps) => steps,
            Play::Refused(_) => &[],
        }
    }
}

impl Step {
    /// A message as a client posts it, from this machine.
    #[must_use]
    pub fn post(body: Vec<u8>) -> Self {
        let headers = [
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("x-request-id", "step-1"),
        ];
        Self {
            at: Duration::ZERO,
            method: "POST".into(),
            path: "/mcp".into(),
            headers: headers
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            body: Some(body),
            trailers: None,
            peer: "127.0.0.1".into(),
            respond: None,
            expect: None,
        }
    }

    fn parse(index: usize, mut raw: RawStep) -> Result<Self, String> {
        let number = index.saturating_add(1);
        let fail = |what: &str| format!("step {number}: {what}");
        let expect = raw
            .expect
            .map(seen)
            .transpose()
            .map_err(|error| fail(&error))?;
        repeat(&mut raw.text, raw.repeat).map_err(|error| fail(&error))?;
        let respond = raw.respond.map(respond).transpose();
        let respond = respond.map_err(|error| fail(&format!("`respond`: {error}")))?;
        let method = raw.method.unwrap_or_else(|| "POST".into());
        let headers = headers(&method, number, raw.headers).map_err(|error| fail(&error))?;
        let body = body(number, raw.call, raw.arguments, raw.body, raw.text, raw.hex)
            .map_err(|error| fail(&error))?;
        let bytes = |fields: BTreeMap<String, String>| {
            fields
                .into_iter()
                .map(|(n, v)| (n.into(), v.into()))
                .collect()
        };
        Ok(Self {
            at: offset(&raw.at).ok_or_else(|| fail("`at` is no time like 90s or 2h"))?,
            method,
            path: raw.path.unwrap_or_else(|| "/mcp".into()),
            headers,
            body,
            trailers: raw.trailers.map(bytes),
            peer: raw.peer.unwrap_or_else(|| "127.0.0.1".into()),
            respond,
            expect,
        })
    }

    /// The step's id for logs; the corpus sends it as `x-request-id`.
    pub fn request_id(&self) -> String {
        let id = self
            .headers
            .iter()
            .find(|(name, _)| name == b"x-request-id");
        id.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            .unwrap_or_default()
    }
}

fn seen(expect: Value) -> Result<Seen, String> {
    match expect.as_str() {
        Some("forward") => Ok(Seen {
            forward: true,
            ..Seen::default()
        }),
        Some(other) => Err(format!(
            "`expect` is {other:?}; write \"forward\" or an object"
        )),
        None => serde_json::from_value(expect).map_err(|error| error.to_string()),
    }
}

fn headers(
    method: &str,
    number: usize,
    given: BTreeMap<String, RawHeader>,
) -> Result<RawHeaders, String> {
    let content_type = (method == "POST").then_some(("content-type", "application/json"));
    let defaults = content_type
        .into_iter()
        .chain([("accept", "application/json, text/event-stream")]);
    let mut headers: Vec<_> = defaults
        .filter(|(name, _)| !given.contains_key(*name))
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect();
    headers.push((
        b"x-request-id".to_vec(),
        format!("step-{number}").into_bytes(),
    ));
    headers.extend(fields(given)?);
    Ok(headers)
}

fn fields(given: BTreeMap<String, RawHeader>) -> Result<RawHeaders, String> {
    let mut fields = Vec::new();
    for (name, value) in given {
        let values = match value {
            RawHeader::Text(text) => vec![text.into_bytes()],
            RawHeader::Several(texts) => texts.into_iter().map(String::into_bytes).collect(),
            RawHeader::Bytes { hex } => vec![unhex(&hex)?],
            RawHeader::None(()) => Vec::new(),
        };
        let name = name.to_ascii_lowercase().into_bytes();
        fields.extend(values.into_iter().map(|value| (name.clone(), value)));
    }
    Ok(fields)
}

/// Puts the long pieces into a text.
fn repeat(text: &mut Option<String>, pieces: BTreeMap<String, Repeat>) -> Result<(), String> {
    for (key, Repeat { what, times }) in pieces {
        match text {
            Some(text) if text.contains(&key) => *text = text.replace(&key, &what.repeat(times)),
            _ => return Err(format!("`repeat` names {key:?}, which is not in `text`")),
        }
    }
    Ok(())
}

/// JSON as a server writes it: no string of JSON has a line break, so that all of them are layout.
fn on_one_line(value: &RawValue) -> String {
    value.get().lines().map(str::trim_start).collect()
}

fn respond(mut raw: RawRespond) -> Result<Respond, String> {
    repeat(&mut raw.text, raw.repeat)?;
    let events = raw.events.is_some();
    let body = match (raw.body, raw.text, raw.hex, raw.events) {
        (Some(body), None, None, None) => on_one_line(&body).into_bytes(),
        (None, Some(text), None, None) => text.into_bytes(),
        (None, None, Some(hex), None) => unhex(&hex)?,
        (None, None, None, Some(events)) => {
            let event = |(id, message): (usize, &RawValue)| {
                let message = on_one_line(message);
                format!("event: message\nid: {id}\ndata: {message}\n\n")
            };
            let events = events.iter().map(AsRef::as_ref);
            events
                .enumerate()
                .map(event)
                .collect::<String>()
                .into_bytes()
        }
        (None, None, None, None) => Vec::new(),
        _ => return Err("at most one of `body`, `text`, `hex` and `events` may be there".into()),
    };
    let kind = if events {
        "text/event-stream"
    } else {
        "application/json"
    };
    let mut headers = fields(BTreeMap::from_iter(
        (!raw.headers.contains_key("content-type"))
            .then(|| ("content-type".to_owned(), RawHeader::Text(kind.into()))),
    ))?;
    headers.extend(fields(raw.headers)?);
    Ok(Respond {
        status: raw.status.unwrap_or(200),
        headers,
        body,
    })
}

fn body(
    number: usize,
    call: Option<String>,
    arguments: Option<Box<RawValue>>,
    body: Option<Box<RawValue>>,
    text: Option<String>,
    hex: Option<String>,
) -> Result<Option<Vec<u8>>, String> {
    match (call, body, text, hex) {
        (Some(tool), None, None, None) => {
            let arguments = arguments.map_or_else(String::new, |arguments| {
                format!(r#","arguments":{arguments}"#)
            });
            let name = json!(tool);
            let message = format!(
                r#"{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{"name":{name}{arguments}}}}}"#
            );
            Ok(Some(message.into_bytes()))
        }
        _ if arguments.is_some() => Err("`arguments` belongs beside `call`".into()),
        (None, Some(body), None, None) => Ok(Some(body.get().as_bytes().to_vec())),
        (None, None, Some(text), None) => Ok(Some(text.into_bytes())),
        (None, None, None, Some(hex)) => unhex(&hex).map(Some),
        (None, None, None, None) => Ok(None),
        _ => Err("at most one of `call`, `body`, `text` and `hex` may be there".into()),
    }
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits: String = text.split_whitespace().collect();
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| match pair {
        [high, low] => u8::from_str_radix(&String::from_utf8_lossy(&[*high, *low]), 16).ok(),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = pairs.map(byte).collect();
    bytes.ok_or_else(|| format!("{text:?} is not hexadecimal"))
}

/// `90s`, `2h`, `3d`; empty is the start.
fn offset(text: &str) -> Option<Duration> {
    if text.is_empty() {
        return Some(Duration::ZERO);
    }
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

/// Every case under `root`, in the order of their names.
///
/// # Errors
/// One line for each file that is no case.
pub fn corpus(root: &Path) -> Result<Vec<Case>, Vec<String>> {
    let files = files(root).map_err(|error| vec![format!("{}: {error}", root.display())])?;
    let (cases, errors): (Vec<_>, Vec<_>) = files
        .iter()
        .map(|file| Case::read(file, root))
        .partition(Result::is_ok);
    let errors: Vec<_> = errors.into_iter().filter_map(Result::err).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    if cases.is_empty() {
        return Err(vec![format!("{}: there is no case in it", root.display())]);
    }
    Ok(cases.into_iter().filter_map(Result::ok).collect())
}

/// Every file under `root` that must be a case, in the order of their names.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    find(root, &mut files)?;
    files.sort();
    Ok(files)
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if is_case(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file must be a case. A `policy.json` is a policy, which the cases beside it name as their `policy_file`; a
/// `.schema.json` is for editors.
fn is_case(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "json")
        && path
            .file_name()
            .is_some_and(|name| name != POLICY && !is_schema(name))
}

fn is_schema(name: &OsStr) -> bool {
    name.to_string_lossy().ends_with(".schema.json")
}

/// Writes what was seen into a case's file.
///
/// # Errors
/// When the file cannot be read or written.
pub fn bless(
    root: &Path,
    case: &Case,
    seen: &Result<Vec<Seen>, Vec<String>>,
) -> std::io::Result<()> {
    let path = root.join(&case.name);
    let before: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
    let mut file = before.clone();
    match seen {
        Err(lines) => put(&mut file, "refused", json!(lines)),
        Ok(seen) => {
            let steps = file.get_mut("steps").and_then(Value::as_array_mut);
            for (step, seen) in steps.into_iter().flatten().zip(seen) {
                put(step, "expect", seen.expectation());
            }
        }
    }
    if file == before {
        return Ok(());
    }
    std::fs::write(path, serde_json::to_string_pretty(&file)? + "\n")
}

fn put(object: &mut Value, key: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(key.into(), value);
    }
}
