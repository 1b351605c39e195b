//! Finds the policies in a file of YAML: in the manifests of gateways, in configurations of Envoy, in a ConfigMap, or the file itself.
//!
//! It never takes the configuration of another plugin for a policy.

use super::object::Writer;
use super::places::{Places, offset};
use super::scalar;
use crate::input::Input;
use crate::source_map::{SourceMap, pointer_token};
use crate::yaml::{Node, Value, read_all};
use std::ops::Range;

/// A policy in a file.
#[derive(Debug)]
pub(in crate::check) struct Embedded {
    /// JSON.
    pub(in crate::check) text: String,
    pub(in crate::check) places: Places,
    /// The number of the document, from 1, and the JSON Pointer of the policy in it.
    pub(in crate::check) within: String,
    /// A value that readers of YAML differ about.
    pub(in crate::check) doubtful: Option<Range<usize>>,
    /// The gateway around it; `None` where the file does not say how it is loaded.
    pub(in crate::check) gateway: Option<Gateway>,
}

/// How a gateway loads the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) struct Gateway {
    /// It holds the headers of a request until the verdict.
    pub(in crate::check) holds_headers: bool,
    /// The value by which it lets every message pass when the plugin crashes.
    pub(in crate::check) fails_open: Option<Range<usize>>,
}

/// Why a file has no policy that can be checked, and where.
#[derive(Debug)]
pub(in crate::check) struct Fault {
    pub(in crate::check) span: Range<usize>,
    pub(in crate::check) what: String,
}

/// The members of a policy of which every one has one.
const OF_A_POLICY: [&str; 3] = ["version", "default", "tools"];
/// Members at the top of files that hold policies of which none is their own.
const AROUND: [&str; 4] = [
    "apiVersion",
    "static_resources",
    "resources",
    "dynamic_resources",
];
/// By these, each in a field of its own, gateways let every message pass when the plugin crashes.
const OPEN: [&str; 2] = ["FAIL_OPEN", "true"];
const STRING: &str = "type.googleapis.com/google.protobuf.StringValue";

/// Whether a file is none in which the policy itself is JSON: YAML, or the configuration of a gateway in JSON.
pub(in crate::check) fn is_manifest(file: &Input) -> bool {
    let text = String::from_utf8_lossy(&file.bytes);
    let is_json = text.trim_start().starts_with('{');
    let begins = |line: &str, name: &str| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(':'))
    };
    match is_json {
        true => serde_json::from_str::<serde_json::Value>(&text)
            .is_ok_and(|value| AROUND.iter().any(|name| value.get(name).is_some())),
        false => {
            [".yaml", ".yml"].iter().any(|end| file.name.ends_with(end))
                || text
                    .lines()
                    .any(|line| AROUND.iter().any(|name| begins(line, name)))
        }
    }
}

/// The policies of a file, at least one. `text` is the file as it is shown.
pub(in crate::check) fn embedded(
    bytes: &[u8],
    text: &str,
    lines: &SourceMap,
) -> Result<Vec<Embedded>, Fault> {
    if let Err(error) = std::str::from_utf8(bytes) {
        let at = text.floor_char_boundary(error.valid_up_to());
        return Err(Fault {
            span: at..at,
            what: "this is not UTF-8; write the file in UTF-8".into(),
        });
    }
    let documents = read_all(text).map_err(|fault| {
        let at = offset(text, lines, fault.mark);
        Fault {
            span: at..at,
            what: format!(
                "this is not YAML that every reader reads alike: {}",
                fault.what
            ),
        }
    })?;
    let mut search = Search {
        file: text,
        lines,
        found: Vec::new(),
    };
    for (index, document) in documents.iter().enumerate() {
        search.document(index.saturating_add(1), document);
    }
    match search.found.is_empty() {
        false => Ok(search.found),
        true => Err(Fault {
            span: 0..0,
            what: "found no policy in it; write one as `pluginConfig` of a WasmPlugin, `config` of an EnvoyExtensionPolicy, or `configuration` of Envoy's plugin".into(),
        }),
    }
}

struct Search<'f> {
    file: &'f str,
    lines: &'f SourceMap,
    found: Vec<Embedded>,
}

impl Search<'_> {
    fn document(&mut self, number: usize, root: &Node) {
        let place = |pointer: &str| match number {
            1 => pointer.to_owned(),
            _ => format!("document {number}, {pointer}"),
        };
        let spec = root.get("spec");
        match root.get("kind").and_then(Node::as_text) {
            Some("WasmPlugin") => {
                let on_crash = spec.and_then(|spec| spec.get("failStrategy"));
                let gateway = self.gateway(false, on_crash);
                for name in ["pluginConfig", "defaultConfig"] {
                    let policy = spec.and_then(|spec| spec.get(name));
                    self.object(policy, place(&format!("/spec/{name}")), Some(&gateway));
                }
            }
            Some("EnvoyExtensionPolicy") => {
                let Some(Value::List(plugins)) = spec
                    .and_then(|spec| spec.get("wasm"))
                    .map(|list| &list.value)
                else {
                    return;
                };
                for (index, plugin) in plugins.iter().enumerate() {
                    let gateway = self.gateway(false, plugin.get("failOpen"));
                    self.object(
                        plugin.get("config"),
                        place(&format!("/spec/wasm/{index}/config")),
                        Some(&gateway),
                    );
                }
            }
            Some("ConfigMap") => self.texts(root.get("data"), &place("/data")),
            _ if AROUND.iter().any(|name| root.get(name).is_some()) => {
                self.plugins(root, &place(""))
            }
            _ => self.object(Some(root), place(""), None),
        }
    }

    fn gateway(&self, holds_headers: bool, on_crash: Option<&Node>) -> Gateway {
        let is_open = |node: &&Node| node.text().is_some_and(|text| OPEN.contains(&&*text));
        let open = on_crash.filter(is_open);
        Gateway {
            holds_headers,
            fails_open: open.map(|node| self.range(node)),
        }
    }

    /// The plugins of Envoy below a value.
    fn plugins(&mut self, node: &Node, pointer: &str) {
        match &node.value {
            Value::List(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.plugins(element, &format!("{pointer}/{index}"));
                }
            }
            Value::Map(members) => {
                self.plugin(node, pointer);
                for (name, member) in members {
                    self.plugins(member, &format!("{pointer}/{}", pointer_token(name)));
                }
            }
            _ => {}
        }
    }

    /// The policy in the configuration of a plugin, if this is one.
    fn plugin(&mut self, plugin: &Node, pointer: &str) {
        let Some(configuration) = plugin.get("configuration") else {
            return;
        };
        let value = configuration
            .get("value")
            .filter(|_| configuration.get("@type").and_then(Node::as_text) == Some(STRING));
        let holds = plugin
            .get("allow_on_headers_stop_iteration")
            .and_then(Node::text);
        let on_crash = plugin
            .get("failure_policy")
            .or_else(|| plugin.get("fail_open"));
        let gateway = self.gateway(holds.as_deref() == Some("true"), on_crash);
        self.text(
            value,
            format!("{pointer}/configuration/value"),
            Some(&gateway),
        );
    }

    /// The texts of a ConfigMap.
    fn texts(&mut self, data: Option<&Node>, pointer: &str) {
        let Some(Value::Map(members)) = data.map(|data| &data.value) else {
            return;
        };
        for (name, member) in members {
            self.text(
                Some(member),
                format!("{pointer}/{}", pointer_token(name)),
                None,
            );
        }
    }

    /// A text, if it looks like a policy.
    fn text(&mut self, node: Option<&Node>, within: String, gateway: Option<&Gateway>) {
        let Some((node, text)) = node.and_then(|node| Some((node, node.as_text()?))) else {
            return;
        };
        let is_policy = text.trim_start().starts_with('{')
            && OF_A_POLICY
                .iter()
                .any(|name| text.contains(&format!("\"{name}\"")));
        if is_policy {
            let places = scalar::places(text, node, self.file, self.lines);
            self.add(text.into(), places, within, None, gateway);
        }
    }

    /// An object, if it looks like a policy.
    fn object(&mut self, node: Option<&Node>, within: String, gateway: Option<&Gateway>) {
        let is_policy = |node: &&Node| OF_A_POLICY.iter().any(|name| node.get(name).is_some());
        let Some(node) = node.filter(is_policy) else {
            return;
        };
        let mut writer = Writer::new(self.file, self.lines);
        writer.value(node);
        let Writer {
            text,
            places,
            doubtful,
            ..
        } = writer;
        self.add(text, places, within, doubtful, gateway);
    }

    fn add(
        &mut self,
        text: String,
        places: Places,
        within: String,
        doubtful: Option<Range<usize>>,
        gateway: Option<&Gateway>,
    ) {
        let gateway = gateway.cloned();
        self.found.push(Embedded {
            text,
            places,
            within,
            doubtful,
            gateway,
        });
    }

    fn range(&self, node: &Node) -> Range<usize> {
        offset(self.file, self.lines, node.mark)..offset(self.file, self.lines, node.end)
    }
}
