//! The configurations of `envoy/` are those of the template.

use super::super::{PolicySource, render};
use super::{POLICY, options, rendered};
use crate::envoy::PluginFile;
use crate::input::Input;
use serde_json::Value as Json;
use std::fs;
use std::path::Path;

#[test]
fn configurations_to_copy_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../envoy");
    let policy = Input {
        name: "policy.json".into(),
        bytes: fs::read(folder.join("policy.json")).expect("a policy"),
    };
    let in_file = PolicySource::File("/etc/envoy/mcp-policy/plugin.json".into());
    let from_server = PolicySource::Xds("127.0.0.1:18000".parse().expect("an address"));
    for (name, source) in [
        ("envoy.yaml", PolicySource::Inline),
        ("envoy-ecds.yaml", in_file),
        ("envoy-xds.yaml", from_server),
    ] {
        let mut options = options();
        options.source = source;
        let report = render(Some(&policy), &options).expect("it renders");
        let text = report.configuration().expect("the policy is valid");
        let file = folder.join(name);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&file, text).expect("it can be written");
        }
        let written = fs::read_to_string(&file).expect("a configuration");
        assert_eq!(
            written, text,
            "{name}: BLESS=1 writes what the template says"
        );
    }
}

/// The members of an object and of those inside it, each as YAML with and without quotes.
fn members(of: &Json) -> Vec<[String; 2]> {
    let own = of.as_object().into_iter().flatten();
    let forms = own.flat_map(|(key, value)| match value {
        Json::Object(_) => members(value),
        Json::String(text) => vec![[format!("{key}: {text}"), format!("{key}: \"{text}\"")]],
        other => vec![[format!("{key}: {other}"), format!("{key}: {other}")]],
    });
    forms.collect()
}

/// `envoy apply` writes the same settings into a new file.
#[test]
fn plugin_has_the_settings_of_a_new_plugin_file() {
    let file: Json = serde_json::from_str(&PluginFile::new().text()).expect("JSON");
    let mut plugin = file["resources"][0]["typed_config"]["config"].clone();
    plugin["configuration"] = Json::Null;
    let text = rendered(POLICY, &options());
    for forms in members(&plugin) {
        let is_there = forms.iter().any(|form| text.contains(form));
        assert!(is_there || forms[0] == "configuration: null", "{forms:?}");
    }
}
