//! Turns the URL of an Envoy's admin interface into the state of a filter's configuration there.
//!
//! It only reads: the admin interface can also stop Envoy.

use crate::envoy::Discovery;
use crate::http_url::without_secrets;
use crate::program::native::network;
use crate::{CommandError, CommandResult};
use std::time::Duration;

/// The time that an Envoy has for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes of an answer.
const LONGEST: usize = 4 << 20;

/// The admin interface of an Envoy.
pub(super) struct Admin {
    pub(super) url: String,
    client: reqwest::Client,
}

impl Admin {
    pub(super) fn new(url: &str) -> CommandResult<Self> {
        let client = network::client(url, &[], |client| client.no_proxy().timeout(PATIENCE));
        Ok(Self {
            url: url.trim_end_matches('/').into(),
            client: client.map_err(|error| CommandError::about(without_secrets(url), error))?,
        })
    }

    /// The name in messages.
    pub(super) fn name(&self) -> String {
        without_secrets(&self.url)
    }

    /// The state of this filter's configuration.
    ///
    /// # Errors
    /// When Envoy does not answer, or does not discover the configuration of this filter.
    pub(super) async fn discovery(&self, filter: &str) -> CommandResult<Discovery> {
        let stats = self.get(Discovery::QUERY).await.map_err(|error| {
            let write = "`--admin` names its admin interface, and `--no-wait` asks no Envoy";
            self.error(format_args!("{error}; {write}"))
        })?;
        Discovery::read(&stats, filter).map_err(|found| self.error(unknown(filter, &found)))
    }

    async fn get(&self, path: &str) -> Result<String, String> {
        let url = format!("{}{path}", self.url);
        let sent = self.client.get(url).send().await;
        let mut response = sent.map_err(|error| cause(&error))?;
        if !response.status().is_success() {
            return Err(format!("it answers HTTP {}", response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| cause(&error))? {
            if body.len().saturating_add(chunk.len()) > LONGEST {
                return Err(format!("its answer exceeds {LONGEST} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    fn error(&self, message: impl std::fmt::Display) -> CommandError {
        CommandError::about(self.name(), message)
    }
}

/// The innermost cause, which names what the system says.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    format!("it cannot be reached: {cause}")
}

fn unknown(filter: &str, found: &[String]) -> String {
    let found = match found {
        [] => "none".into(),
        names => format!("`{}`", names.join("`, `")),
    };
    format!(
        "it reads no configuration of a filter `{filter}` from a file or a control plane (found {found}); start it with envoy-ecds.yaml, or name the filter with `--name`"
    )
}
