//! Turns a URL, and a form to send there, into the answer of a gateway.
//!
//! It never follows a redirect, and reads no answer beyond [`LONGEST`].

use crate::approvals::{Address, Form, GatewayAnswer};
use crate::http_url::without_secrets;
use crate::program::connection::Connection;
use crate::program::console::Console;
use crate::program::native::connection::server;
use crate::program::native::server::{HttpServer, shown, unreachable};
use crate::{CommandError, CommandResult};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Client, RequestBuilder, Response, Url};
use std::error::Error as _;
use std::time::Duration;

/// The most bytes of an answer.
const LONGEST: usize = 1 << 20;
/// The content type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// A gateway that serves approvals.
pub(super) struct Gateway {
    client: Client,
    patience: Duration,
}

impl Gateway {
    pub(super) fn new(
        connection: &Connection,
        address: &Address,
        console: Console<'_>,
    ) -> CommandResult<Self> {
        let server: HttpServer = server(connection, address.page(), console)?;
        let client = server.client();
        Ok(Self {
            client: client.map_err(|error| CommandError::about(address.name(), error))?,
            patience: connection.patience(),
        })
    }

    pub(super) async fn get(&self, url: &str) -> CommandResult<GatewayAnswer> {
        self.send(self.client.get(url), url).await
    }

    pub(super) async fn post(&self, url: &str, form: &Form) -> CommandResult<GatewayAnswer> {
        let body =
            encoded(url, form).map_err(|error| CommandError::about(without_secrets(url), error))?;
        let request = self.client.post(url).header(CONTENT_TYPE, FORM);
        self.send(request.body(body), url).await
    }

    async fn send(&self, request: RequestBuilder, url: &str) -> CommandResult<GatewayAnswer> {
        let request = request.header(ACCEPT, "application/json");
        let answer = async {
            let sent = request.send().await;
            answer(sent.map_err(|error| cause(&error))?, url).await
        };
        let late = || {
            let seconds = self.patience.as_secs();
            format!("it did not answer within {seconds} seconds; `--timeout` allows more")
        };
        let answer = tokio::time::timeout(self.patience, answer).await;
        let answer = answer.unwrap_or_else(|_| Err(late()));
        answer.map_err(|error| CommandError::about(without_secrets(url), error))
    }
}

async fn answer(mut response: Response, url: &str) -> Result<GatewayAnswer, String> {
    let location = response.headers().get(LOCATION);
    let location = location.map(|location| String::from_utf8_lossy(location.as_bytes()).into());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| cause(&error))? {
        if body.len().saturating_add(chunk.len()) > LONGEST {
            return Err(format!("its answer is longer than {LONGEST} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(GatewayAnswer {
        url: url.into(),
        status: response.status().as_u16(),
        location,
        body,
    })
}

/// The fields as the body of a form.
fn encoded(url: &str, form: &Form) -> Result<String, String> {
    let url = Url::parse_with_params(url, form);
    let url = url.map_err(|error| error.to_string())?;
    Ok(url.query().unwrap_or_default().into())
}

fn cause(error: &reqwest::Error) -> String {
    unreachable(&error.source().map_or_else(|| shown(error), shown))
}
