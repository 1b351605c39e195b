//! The configurations of `envoy/` are those of the template.

use super::super::{PolicySource, render};
use super::options;
use crate::input::Input;
use std::fs;
use std::path::Path;

#[test]
fn configurations_to_copy_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../envoy");
    let policy = Input {
        name: "policy.json".into(),
        bytes: fs::read(folder.join("demo/policy.json")).expect("a policy"),
    };
    let in_file = PolicySource::File("/etc/envoy/mcp-policy/plugin.json".into());
    for (name, source) in [
        ("envoy.yaml", PolicySource::Inline),
        ("envoy-ecds.yaml", in_file),
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
