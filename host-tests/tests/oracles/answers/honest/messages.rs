//! Makes messages of honest servers, and what a client gets of them under the policies of all scenes.

use super::super::scene::{DENIES, HIDDEN, Planted, SECRET, Scene};
use super::super::trick::one;
use super::super::written::Written;
use fastrand::Rng;

/// Texts in many scripts, with code, and with characters that mark lines in other formats.
const TEXTS: [&str; 20] = [
    "plain words",
    "é",
    "日本語",
    "😀",
    "a\u{2028}b",
    "x\u{2029}y",
    "n\u{85}l",
    "tab\there",
    "\"quoted\"",
    "back\\slash",
    "</script>",
    "\u{7f}",
    "data: x",
    "line\n\ndata: {}\n",
    "\u{feff}bom",
    "nul\u{0}",
    "event: endpoint",
    "\r\n",
    "\u{1f}",
    "٣",
];

fn text(rng: &mut Rng) -> Written {
    let mut text = String::new();
    for _ in 0..rng.usize(..4) {
        text.push_str(one(rng, &TEXTS));
    }
    if rng.u8(..40) == 0 {
        text = text.repeat(2000);
    }
    let Written::Text(inner) = Written::of(&serde_json::json!(text).to_string()) else {
        return Written::Text(text);
    };
    Written::Text(inner)
}

fn object<const N: usize>(members: [(&str, Written); N]) -> Written {
    Written::Object(members.map(|(name, value)| (name.to_owned(), value)).into())
}

fn word(text: &str) -> Written {
    Written::Text(text.into())
}

/// A random answer or notification. `whole` means that no policy may remove anything from it.
pub(super) fn message(scene: &Scene, whole: bool, rng: &mut Rng) -> Written {
    let version = ("jsonrpc", word("2.0"));
    let id = ("id", Written::Raw("7".into()));
    match rng.u8(..6) {
        0 => {
            let data = ("data", text(rng));
            let params = object([("level", word("info")), data]);
            object([
                version,
                ("method", word("notifications/message")),
                ("params", params),
            ])
        }
        1 => {
            let error = object([
                ("code", Written::Raw("-32603".into())),
                ("message", text(rng)),
                ("data", text(rng)),
            ]);
            object([version, id, ("error", error)])
        }
        _ if scene.planted == Planted::Name => {
            object([version, id, ("result", list(scene, whole, rng))])
        }
        _ => object([version, id, ("result", result(scene, whole, rng))]),
    }
}

fn list(scene: &Scene, whole: bool, rng: &mut Rng) -> Written {
    let (list, key, before) = one(
        rng,
        &[
            ("tools", "name", ""),
            ("prompts", "name", ""),
            ("resources", "uri", "run:///"),
        ],
    );
    let known = format!("{before}run");
    let hidden = format!("{}{HIDDEN}", before.replace("run", HIDDEN));
    let elements = (0..rng.usize(1..5)).map(|_| {
        let gone = !whole && rng.u8(..3) == 0;
        let name = if gone { &hidden } else { &known };
        object([
            ("title", text(rng)),
            (key, word(name)),
            ("description", text(rng)),
        ])
    });
    let mut elements: Vec<_> = elements.collect();
    // Some programs write an empty list differently, so there is always one element.
    elements.insert(rng.usize(..=elements.len()), object([(key, word(&known))]));
    let mut members = vec![(list.to_owned(), Written::List(elements))];
    if scene.policy == DENIES {
        members.push(("nextCursor".into(), text(rng)));
    }
    Written::Object(members)
}

fn result(scene: &Scene, whole: bool, rng: &mut Rng) -> Written {
    let secret = scene.planted == Planted::Secret && !whole && rng.bool();
    let said = if secret {
        word(&format!("say {SECRET} now"))
    } else {
        text(rng)
    };
    let content = vec![
        object([("type", word("text")), ("text", said)]),
        object([
            ("type", word("image")),
            ("mimeType", word("image/png")),
            ("data", word("iVBORw0KGgo=")),
        ]),
        object([("type", word("text")), ("text", text(rng))]),
    ];
    let structured = object([
        ("a", text(rng)),
        (
            "n",
            Written::Raw(one(rng, &["1", "-0.5e3", "9007199254740993"]).into()),
        ),
    ]);
    let error = Written::Raw(one(rng, &["true", "false"]).into());
    object([
        ("content", Written::List(content)),
        ("structuredContent", structured),
        ("isError", error),
    ])
}

/// The message without what the policies of all scenes hide and redact.
pub(super) fn taken_out(message: &Written) -> Written {
    match message {
        Written::Raw(_) => message.clone(),
        Written::Text(text) => Written::Text(text.replace(SECRET, "[REDACTED regex]")),
        Written::List(elements) => {
            let stays = |element: &&Written| {
                let Written::Object(members) = element else {
                    return true;
                };
                let is_name = |(name, _): &&(String, Written)| matches!(&**name, "name" | "uri");
                let name = members.iter().find(is_name);
                name.is_none_or(|(_, value)| !value.text("", "").contains(HIDDEN))
            };
            Written::List(elements.iter().filter(stays).map(taken_out).collect())
        }
        Written::Object(members) => {
            let member = |(name, value): &(String, Written)| (name.clone(), taken_out(value));
            Written::Object(members.iter().map(member).collect())
        }
    }
}

/// The message with half of a surrogate pair at the end of its texts, as JavaScript cuts texts.
pub(super) fn halved(message: &Written) -> Written {
    const TEXTS: [&str; 5] = ["title", "description", "text", "message", "a"];
    match message {
        Written::Raw(_) | Written::Text(_) => message.clone(),
        Written::List(elements) => Written::List(elements.iter().map(halved).collect()),
        Written::Object(members) => {
            let member = |(name, value): &(String, Written)| {
                let value = match value {
                    Written::Text(text) if TEXTS.contains(&&**name) && !text.contains(SECRET) => {
                        Written::Text(format!("{text}\\ud83d"))
                    }
                    value => halved(value),
                };
                (name.clone(), value)
            };
            Written::Object(members.iter().map(member).collect())
        }
    }
}
