//! Turns the values of a gateway into the text of its configuration, by the template.
//!
//! It never writes a text of the user but as a scalar of YAML: the writer of values quotes whatever it gets.

use crate::report::{CommandError, CommandResult};
use crate::yaml::quoted;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};
use serde::Serialize;

const TEMPLATES: [(&str, &str); 7] = [
    ("gateway.yaml", include_str!("templates/gateway.yaml")),
    ("plugin.yaml", include_str!("templates/plugin.yaml")),
    ("istio.yaml", include_str!("templates/istio.yaml")),
    (
        "istio-envoyfilter.yaml",
        include_str!("templates/istio-envoyfilter.yaml"),
    ),
    (
        "envoy-gateway.yaml",
        include_str!("templates/envoy-gateway.yaml"),
    ),
    ("higress.yaml", include_str!("templates/higress.yaml")),
    ("nginx.conf", include_str!("templates/nginx.conf")),
];

/// The template of this name with these values.
///
/// # Errors
/// A value that the template names and that is missing.
pub(super) fn fill(name: &str, values: &impl Serialize) -> CommandResult<String> {
    let filled = environment().and_then(|environment| {
        let template = environment.get_template(name)?;
        template.render(Value::from(Serde(values)))
    });
    filled.map_err(|error| CommandError::about("the template of the configuration", error))
}

fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = SyntaxConfig::builder();
    syntax.keep_trailing_newline(true);
    syntax.trim_blocks(true).lstrip_blocks(true);
    environment.set_syntax(syntax.build()?);
    environment.set_formatter(write_value);
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    Ok(environment)
}

/// Writes a value of the template: numbers as they are, texts in quotes, and text that is YAML already as it is.
fn write_value(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let written = match (value.kind(), value.as_str()) {
        (ValueKind::String, Some(yaml)) if value.is_safe() => out.write_str(yaml),
        (ValueKind::String, Some(text)) => out.write_str(&quoted(text)),
        (ValueKind::Number, _) => out.write_str(&value.to_string()),
        (kind, _) => {
            let what = format!("{kind} in the place of a text or a number");
            return Err(Error::new(ErrorKind::InvalidOperation, what));
        }
    };
    written.map_err(Error::from)
}
