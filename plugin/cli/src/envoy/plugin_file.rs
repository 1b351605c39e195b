//! Turns a policy into the file from which Envoy reads the plugin's configuration: one `DiscoveryResponse` in JSON.
//!
//! It never changes the text of the policy, nor a setting of a former file that the user does not name.

use super::services::Services;
use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use serde_json::{Value as Json, json};

/// Envoy's type of an extension's configuration under a name.
const EXTENSION: &str = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";
const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
const STRING: &str = "type.googleapis.com/google.protobuf.StringValue";

/// The place of the plugin's settings in the file.
const PLUGIN: &str = "/resources/0/typed_config/config";
/// The place of the time for which Envoy waits until it restarts a plugin that crashed.
const INTERVAL: &str = "/resources/0/typed_config/config/reload_config/backoff/base_interval";

/// Settings of the plugin; `None` keeps that of the former file, or its default.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The name of the filter in Envoy's configuration.
    pub name: Option<String>,
    /// The module's path where Envoy runs.
    pub wasm: Option<String>,
    /// The name to which counters belong.
    pub vm_id: Option<String>,
}

/// One delivery of a policy, told from all others by its time.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The time of the delivery (RFC 3339), by which Envoy names it.
    pub version: String,
    /// The nanoseconds of that time.
    pub nanos: u32,
}

/// The file from which Envoy reads the plugin's configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginFile(Json);

impl PluginFile {
    /// The file with default settings, and without a policy.
    #[must_use]
    pub fn new() -> Self {
        let plugin = json!({
            "name": "mcp_policy",
            "root_id": "mcp_policy",
            "allow_on_headers_stop_iteration": true,
            "failure_policy": "FAIL_RELOAD",
            "reload_config": { "backoff": { "base_interval": "1s" } },
            "vm_config": {
                "vm_id": "mcp_policy",
                "runtime": "envoy.wasm.runtime.v8",
                "code": { "local": { "filename": "/etc/envoy/mcp-policy.wasm" } },
            },
            "configuration": { "@type": STRING, "value": "" },
        });
        let typed = json!({ "@type": WASM, "config": plugin });
        let extension = json!({ "@type": EXTENSION, "name": "mcp_policy", "typed_config": typed });
        Self(json!({ "version_info": "", "resources": [extension] }))
    }

    /// Reads a former file.
    ///
    /// # Errors
    /// When it does not hold the configuration of exactly one plugin.
    pub fn read(input: &Input) -> CommandResult<Self> {
        let error = |problem: &str| {
            let write = "move it away to begin with a new one";
            CommandError::about(&input.name, format_args!("{problem}; {write}"))
        };
        let file: Json = serde_json::from_slice(&input.bytes).map_err(|_| {
            error("it is there already, and is not a file that `envoy apply` wrote")
        })?;
        let resources = file.get("resources").and_then(Json::as_array);
        let is_one = resources.is_some_and(|resources| resources.len() == 1);
        let names_plugin = file
            .pointer("/resources/0/name")
            .is_some_and(Json::is_string);
        if !is_one || !names_plugin || !file.pointer(PLUGIN).is_some_and(Json::is_object) {
            return Err(error("it does not hold the configuration of one plugin"));
        }
        Ok(Self(file))
    }

    /// The name of the filter in Envoy's configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        let name = self.0.pointer("/resources/0/name");
        name.and_then(Json::as_str).unwrap_or_default()
    }

    /// The module's path where Envoy runs, unless Envoy gets the module in another way.
    #[must_use]
    pub fn wasm(&self) -> Option<&str> {
        let path = format!("{PLUGIN}/vm_config/code/local/filename");
        self.0.pointer(&path).and_then(Json::as_str)
    }

    /// The file with this policy.
    #[must_use]
    pub fn with(mut self, policy: &str, settings: &Settings, delivery: &Delivery) -> Self {
        let interval = self.interval(delivery.nanos);
        let own = |place: &str| format!("{PLUGIN}/{place}");
        let Settings { name, wasm, vm_id } = settings;
        for (place, value) in [
            ("/resources/0/name".into(), name.as_ref()),
            (own("name"), name.as_ref()),
            (own("root_id"), name.as_ref()),
            (own("vm_config/vm_id"), vm_id.as_ref()),
            (INTERVAL.into(), Some(&interval)),
            ("/version_info".into(), Some(&delivery.version)),
        ] {
            value
                .into_iter()
                .for_each(|value| self.put(&place, json!(value)));
        }
        if let Some(wasm) = wasm {
            let code = json!({ "local": { "filename": wasm } });
            self.put(&own("vm_config/code"), code);
        }
        // Without it, a policy that holds headers would hang every request; with it alone, nothing changes.
        self.put(&own("allow_on_headers_stop_iteration"), json!(true));
        self.add_keys(policy);
        let policy = json!({ "@type": STRING, "value": policy });
        self.put(&own("configuration"), policy);
        self
    }

    /// Lets the plugin read the variables of Envoy's environment in which the policy has its keys.
    fn add_keys(&mut self, policy: &str) {
        let place = format!("{PLUGIN}/vm_config/environment_variables/host_env_keys");
        let former = self.0.pointer(&place).and_then(Json::as_array);
        let mut names = former.cloned().unwrap_or_default();
        for key in Services::of(policy.as_bytes()).keys {
            if !names.iter().any(|name| *name == key) {
                names.push(json!(key));
            }
        }
        if !names.is_empty() {
            self.put(&place, json!(names));
        }
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:#}\n", self.0)
    }

    /// The interval with another number of nanoseconds than that of the former file.
    ///
    /// Envoy compares a configuration with the last one that it got, and takes an equal one for accepted without reading
    /// it, also if it refused the last one. So no two deliveries are equal: they differ by less than a millisecond in this
    /// interval, which nothing else depends on. Any other difference would make Envoy compile the module again.
    fn interval(&self, nanos: u32) -> String {
        let interval = |nanos: u32| format!("1.{:09}s", nanos % 1_000_000);
        let former = self.0.pointer(INTERVAL).and_then(Json::as_str);
        let own = interval(nanos);
        match former == Some(&*own) {
            true => interval(nanos.wrapping_add(1)),
            false => own,
        }
    }

    /// Writes a value, and the objects around it where they are missing.
    fn put(&mut self, pointer: &str, value: Json) {
        let steps = pointer.split('/').skip(1);
        *steps.fold(&mut self.0, member) = value;
    }
}

/// The member of an object, or the first element of a list, which a plugin file has.
fn member<'j>(of: &'j mut Json, step: &str) -> &'j mut Json {
    if of.is_array() {
        return &mut of[0];
    }
    if !of.is_object() {
        *of = json!({});
    }
    &mut of[step]
}

impl Default for PluginFile {
    fn default() -> Self {
        Self::new()
    }
}
