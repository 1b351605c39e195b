//! Turns a name and options into one of Envoy's HTTP filters.
//!
//! It knows the options of none.

use serde_json::{Value, json};

/// `name` is that of its configuration's package, `message` that of its configuration.
pub(crate) fn filter(name: &str, message: &str, mut config: Value) -> Value {
    let package = format!("envoy.extensions.filters.http.{name}.v3");
    config["@type"] = format!("type.googleapis.com/{package}.{message}").into();
    json!({ "name": format!("envoy.filters.http.{name}"), "typed_config": config })
}
