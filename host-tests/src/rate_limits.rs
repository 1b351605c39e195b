//! Runs a real Redis, and the rate limit service of `rate-limit-peer` on it, as programs beside the tests.
//!
//! Neither keeps anything in this process: both can be killed at any moment.

use crate::http2::{End, Http2Request, Outcome, http2};
use crate::ports;
use crate::program::Program;
use crate::root;
use crate::wire::{Http1Request, http1};
use mcp_policy::host::{RateLimitQuestion, ServiceAnswer};
use mcp_policy_cli::limits::{Format, limits};
use mcp_policy_cli::{Input, Report as _};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// The environment variable with the key of the names that subjects have at the service.
pub const KEY_NAME: &str = "KEY";
/// That key.
pub const KEY: &str = "the key of the counters, 32 characters";

const LIMIT: Duration = Duration::from_secs(10);

/// A Redis that writes every change to its file before it answers.
#[derive(Debug)]
pub struct Redis {
    program: Option<Program>,
    port: u16,
    folder: PathBuf,
}

impl Redis {
    /// Starts one without data.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Self {
        let port = ports::free();
        let folder = root().join(format!("target/tmp/redis-{port}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder for its data");
        let mut redis = Self {
            program: None,
            port,
            folder,
        };
        redis.restart();
        redis
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.program = None;
    }

    /// Kills it, and starts it again with its data.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.kill();
        let mut command = Command::new(root().join("target/redis/redis-server"));
        command.current_dir(&self.folder);
        let port = self.port.to_string();
        command.args(["--bind", "127.0.0.1", "--port", &port, "--save", ""]);
        command.args(["--appendonly", "yes", "--appendfsync", "always"]);
        self.program = Some(Program::run(command));
        listens(self.port);
    }

    /// The id of the process.
    ///
    /// # Panics
    /// When it does not run.
    pub fn pid(&self) -> u32 {
        self.program.as_ref().expect("it runs").pid()
    }

    /// Sends one command of words without blanks.
    ///
    /// # Panics
    /// When it does not answer, or with an error.
    pub fn ask(&self, command: &str) {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("it listens");
        write!(stream, "{command}\r\n").expect("it reads");
        let mut answer = String::new();
        let read = BufReader::new(stream).read_line(&mut answer);
        assert!(read.is_ok() && !answer.starts_with('-'), "{answer}");
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A rate limit service.
#[derive(Debug)]
pub struct RateLimits {
    program: Option<Program>,
    arguments: Vec<String>,
    addr: SocketAddr,
    file: PathBuf,
}

impl RateLimits {
    /// Starts the service with the configuration that `mcp-policy limits` writes for the policy.
    ///
    /// # Panics
    /// When there is none, or the service does not start.
    pub fn start(policy: &str, redis: &Redis, options: &[&str]) -> Self {
        let port = ports::free();
        let file = root().join(format!("target/tmp/limits-{port}.yaml"));
        let limits = configuration(policy).expect("limits that the service can count");
        fs::write(&file, limits).expect("the limits can be written");
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let own = [addr.to_string(), redis.url(), file.display().to_string()];
        let options = options.iter().map(|&option| option.to_owned());
        let mut service = Self {
            program: None,
            arguments: own.into_iter().chain(options).collect(),
            addr,
            file,
        };
        service.restart();
        service
    }

    /// The address, which stays the same.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The id of the process.
    ///
    /// # Panics
    /// When it does not run.
    pub fn pid(&self) -> u32 {
        self.program.as_ref().expect("it runs").pid()
    }

    /// Kills it, with all its connections.
    pub fn kill(&mut self) {
        self.program = None;
    }

    /// Kills it, and starts it again.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.kill();
        let program = root().join("target/rate-limit-peer/debug/rate-limit-peer");
        let mut command = Command::new(program);
        command.args(&self.arguments);
        let mut program = Program::run(command);
        program.port();
        self.program = Some(program);
    }

    /// Lets it answer so late, in milliseconds, and with this gRPC status in the place of an answer; 0 is none.
    ///
    /// # Panics
    /// When it does not run.
    pub fn set_faults(&self, delay: u64, status: i32) {
        let faults = format!(r#"{{"delay":{delay},"status":{status}}}"#);
        self.send("PUT", "/faults", Some(faults.into_bytes()));
    }

    /// The number of questions since it started.
    ///
    /// # Panics
    /// When it does not run.
    pub fn asked(&self) -> u64 {
        let text = String::from_utf8(self.send("GET", "/asked", None));
        text.expect("a text").parse().expect("a number")
    }

    fn send(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Vec<u8> {
        send(self.addr, method, path, body)
    }
}

impl Drop for RateLimits {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_file(&self.file);
    }
}

/// Stops the clock of a service at this time, in seconds since the epoch.
///
/// # Panics
/// When it does not run.
pub fn set_clock(addr: SocketAddr, seconds: u64) {
    send(
        addr,
        "PUT",
        "/clock",
        Some(seconds.to_string().into_bytes()),
    );
}

/// The answer of a service to a question; `None` where it gives none.
pub fn answer(addr: SocketAddr, question: &RateLimitQuestion) -> Option<ServiceAnswer> {
    let headers = question.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_bytes().into(), value.as_bytes().into()));
    let request = Http2Request {
        method: "POST".into(),
        path: question.path().into(),
        headers: headers.collect(),
        pieces: vec![question.body.clone()],
        end: End::Data,
    };
    match http2(addr, &request, LIMIT).ok()? {
        Outcome::Answered(answer) => Some(ServiceAnswer {
            status: answer.status,
            body: answer.body,
        }),
        _ => None,
    }
}

fn send(addr: SocketAddr, method: &str, path: &str, body: Option<Vec<u8>>) -> Vec<u8> {
    let request = Http1Request {
        method: method.into(),
        path: path.into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body,
        chunks: None,
    };
    let answer = http1(addr, &request, LIMIT).expect("the service answers");
    assert_eq!(answer.status, 200, "{method} {path}");
    answer.body
}

/// The limits of a policy in the format of envoyproxy/ratelimit, which the service reads whatever its protocol.
///
/// # Errors
/// What the service cannot count.
pub fn configuration(policy: &str) -> Result<String, String> {
    let policy = policy.replace("limitador_http", "rate_limit_service");
    limits_of(&policy, Format::EnvoyRatelimit)
}

/// The limits of a policy, as `mcp-policy limits` writes them.
///
/// # Errors
/// What the service cannot count.
pub fn limits_of(policy: &str, format: Format) -> Result<String, String> {
    let input = Input {
        name: "policy.json".into(),
        bytes: policy.into(),
    };
    let report = limits(&input, format).map_err(|error| error.to_string())?;
    let written = report.configuration().map(ToOwned::to_owned);
    written.ok_or_else(|| report.text())
}

/// Waits until a program listens at a port.
fn listens(port: u16) {
    let mut tries = 0;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        tries += 1;
        assert!(tries < 500, "nothing listens at {port}");
        thread::sleep(Duration::from_millis(10));
    }
}
