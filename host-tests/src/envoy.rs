//! Turns a [`Config`] into a running Envoy with the plugin, on ports that Envoy chooses, and ends that process.
//!
//! It never touches a process or a file that it did not start or create.

use std::{
    collections::BTreeMap,
    env, fmt,
    fs::{self, File},
    io,
    net::SocketAddr,
    path::{self, Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::machine;
use crate::{
    bootstrap::{Config, Listener},
    wire::{Deadline, Http1Request, Response, http1},
};

/// The variable with the path of the Envoy binary.
const BINARY: &str = "ENVOY_BIN";
/// Most of it is the compilation of the module, which takes longer on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);
/// The time for one answer of the admin interface.
const ADMIN_LIMIT: Duration = Duration::from_secs(10);
/// Time for Envoy to notice a file and to compile its content.
const RELOAD_LIMIT: Duration = Duration::from_secs(20);
/// The time that a process has to end after a SIGTERM.
const GRACE: Duration = Duration::from_secs(2);
/// The pause between two polls.
const PAUSE: Duration = Duration::from_millis(10);

/// The reason why Envoy did not start.
pub struct StartError {
    /// One sentence.
    pub reason: String,
    /// The whole output of the process.
    pub log: String,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.reason, self.log)
    }
}

// The text with its line breaks, because an `unwrap` in a test prints it.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for StartError {}

/// A running Envoy. Dropping it ends the process and removes its files.
#[derive(Debug)]
pub struct Envoy {
    config: Config,
    process: Process,
    admin: SocketAddr,
    addrs: BTreeMap<String, SocketAddr>,
}

impl Envoy {
    /// Returns once every listener accepts connections. A policy that the plugin refuses is an error, with the plugin's
    /// message in the log.
    pub fn start(config: &Config) -> Result<Self, StartError> {
        let process = Process::start(config).map_err(|error| StartError {
            reason: format!("Envoy could not be started: {error}"),
            log: String::new(),
        })?;
        Self::wait(config.clone(), process)
    }

    fn wait(config: Config, mut process: Process) -> Result<Self, StartError> {
        let deadline = Deadline::after(START_LIMIT);
        let reason = loop {
            if let Ok(Some(status)) = process.child.try_wait() {
                break format!("Envoy did not start, {status}");
            }
            // Errors before it is ready are normal, and are not reported.
            if let Ok((admin, addrs)) = process.addrs() {
                return Ok(Self {
                    config,
                    process,
                    admin,
                    addrs,
                });
            }
            if deadline.left().is_err() {
                break format!("Envoy was not ready after {START_LIMIT:?}");
            }
            thread::sleep(PAUSE);
        };
        let log = process.log();
        Err(StartError { reason, log })
    }

    /// The address at which a listener accepts connections.
    ///
    /// # Panics
    ///
    /// When no listener has this name.
    #[expect(
        clippy::panic,
        reason = "a mistake in the test, not in the tested code"
    )]
    pub fn addr(&self, listener: &str) -> SocketAddr {
        match self.addrs.get(listener) {
            Some(addr) => *addr,
            None => panic!("no listener `{listener}`"),
        }
    }

    /// The address of the admin interface, which has the metrics.
    pub const fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// The output of the process so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// The content so far of a file in the process's folder, such as an access log.
    pub fn written(&self, file: &str) -> String {
        let text = fs::read(self.process.dir.0.join(file)).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The admin interface's `/stats`; empty if Envoy does not answer.
    pub fn stats(&self) -> String {
        let body = ask(self.admin, "/stats").map(|response| response.body);
        String::from_utf8_lossy(&body.unwrap_or_default()).into_owned()
    }

    /// The admin interface's metrics for Prometheus; empty if Envoy does not answer.
    pub fn prometheus(&self) -> String {
        let body = ask(self.admin, "/stats/prometheus").map(|response| response.body);
        String::from_utf8_lossy(&body.unwrap_or_default()).into_owned()
    }

    /// The configuration that Envoy runs, with that of its filters; empty if Envoy does not answer.
    pub fn configuration(&self) -> String {
        let path = "/config_dump?include_eds";
        let body = ask(self.admin, path).map(|response| response.body);
        String::from_utf8_lossy(&body.unwrap_or_default()).into_owned()
    }

    /// One counter or gauge of [`Envoy::stats`].
    pub fn stat(&self, name: &str) -> Option<u64> {
        stat(&self.stats(), name)
    }

    /// Gives a listener another policy while it serves. Returns whether Envoy accepted it; if not, the old one stays.
    /// Only for a [`Config`] with `ecds`.
    ///
    /// Workers adopt it a moment later. A policy equal to the last one is not read again, and counts as accepted.
    pub fn reload(&self, listener: &str, policy: &str) -> io::Result<bool> {
        self.delivered(Listener {
            policy: policy.to_owned(),
            ..self.discovered(listener)?.clone()
        })
    }

    /// Delivers another module with the policy of the start. Returns whether Envoy accepted it.
    pub fn upgrade(&self, listener: &str, wasm: &Path) -> io::Result<bool> {
        self.delivered(Listener {
            wasm: wasm.to_owned(),
            ..self.discovered(listener)?.clone()
        })
    }

    fn discovered(&self, listener: &str) -> io::Result<&Listener> {
        let mut listeners = self.config.listeners.iter();
        listeners
            .find(|own| own.name == listener && self.config.ecds)
            .ok_or_else(|| io::Error::other(format!("no listener `{listener}` with ECDS")))
    }

    fn delivered(&self, own: Listener) -> io::Result<bool> {
        let (attempts, refusals) = self.discoveries(&own)?;
        own.deliver(&self.process.dir.0)?;
        let deadline = Deadline::after(RELOAD_LIMIT);
        loop {
            let now = self.discoveries(&own)?;
            if now.0 > attempts {
                return Ok(now.1 == refusals);
            }
            deadline.left()?;
            thread::sleep(PAUSE);
        }
    }

    /// The number of policies that Envoy received, and the number that it refused.
    fn discoveries(&self, listener: &Listener) -> io::Result<(u64, u64)> {
        let stats = self.stats();
        let filter = listener.filter_name();
        let read = |name: &str| {
            let name = format!("extension_config_discovery.http_filter.{filter}.{name}");
            stat(&stats, &name).ok_or_else(|| io::Error::other(format!("no stat `{name}`")))
        };
        Ok((read("update_attempt")?, read("update_rejected")?))
    }

    /// The id of the process.
    pub fn pid(&self) -> u32 {
        self.process.child.id()
    }

    /// The resident memory of the process.
    ///
    /// # Panics
    /// When the process is gone.
    pub fn resident_bytes(&self) -> usize {
        machine::memory(self.pid(), "VmRSS")
    }

    /// The most resident memory that the process had.
    ///
    /// # Panics
    /// When the process is gone.
    pub fn peak_bytes(&self) -> usize {
        machine::memory(self.pid(), "VmHWM")
    }

    /// The memory that Envoy itself has allocated, without its VMs. Resident memory does not fall with it: the
    /// allocator keeps its pages.
    ///
    /// # Panics
    /// When Envoy does not answer.
    pub fn allocated_bytes(&self) -> usize {
        let body = ask(self.admin, "/memory").expect("Envoy answers").body;
        let memory: Value = serde_json::from_slice(&body).expect("JSON");
        let allocated = memory.get("allocated").and_then(Value::as_str);
        let allocated = allocated.and_then(|bytes| bytes.parse().ok());
        allocated.expect("a number of bytes")
    }

    /// Ends the process with SIGKILL, and gives all that it wrote.
    pub fn kill_9(mut self) -> String {
        self.process.kill();
        self.log()
    }
}

fn stat(stats: &str, name: &str) -> Option<u64> {
    let mut lines = stats.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(own, _)| *own == name)?.1.parse().ok()
}

fn ask(admin: SocketAddr, path: &str) -> io::Result<Response> {
    let request = Http1Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        ..Http1Request::default()
    };
    http1(admin, &request, ADMIN_LIMIT)
}

/// A child with its folder. Dropping it ends the one and removes the other.
#[derive(Debug)]
struct Process {
    child: Child,
    // After the child: fields are dropped in this order.
    dir: Folder,
}

impl Process {
    fn start(config: &Config) -> io::Result<Self> {
        let given = config.binary.clone();
        let binary = given.or_else(|| env::var_os(BINARY).map(PathBuf::from));
        let binary = binary.ok_or_else(|| {
            io::Error::other(format!(
                "set {BINARY} to the path of an Envoy binary, 1.36 or newer, with V8"
            ))
        })?;
        // The process runs in a folder of its own, from where it looks different.
        let binary = path::absolute(binary)?;
        let dir = Folder::create()?;
        if config.ecds {
            for listener in &config.listeners {
                listener.deliver(&dir.0)?;
            }
        }
        for (name, text) in &config.files {
            fs::write(dir.0.join(name), text)?;
        }
        let bootstrap = dir.0.join("bootstrap.json");
        fs::write(&bootstrap, config.bootstrap(&dir.0).to_string())?;
        let log = File::create(dir.log())?;
        let child = Command::new(&binary)
            .arg("--config-path")
            .arg(bootstrap)
            .arg("--admin-address-path")
            .arg(dir.admin())
            .args(["--concurrency", &config.concurrency.to_string()])
            .args(["--log-level", &config.log_level])
            // This component lists every extension in the binary, for 40 kB.
            .args(["--component-log-level", "main:warning"])
            .args(config.log_in_background.then_some("--log-path"))
            .args(config.log_in_background.then(|| dir.log()))
            // Several processes must not share a base id.
            .arg("--disable-hot-restart")
            .current_dir(&dir.0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| io::Error::other(format!("{}: {error}", binary.display())))?;
        Ok(Self { child, dir })
    }

    fn log(&self) -> String {
        let log = fs::read(self.dir.log()).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// The admin's address and the listeners', once Envoy is ready.
    fn addrs(&self) -> io::Result<(SocketAddr, BTreeMap<String, SocketAddr>)> {
        let admin = fs::read_to_string(self.dir.admin())?;
        let admin = admin.trim().parse().map_err(io::Error::other)?;
        if ask(admin, "/ready")?.status != 200 {
            return Err(io::Error::other("not ready"));
        }
        let listeners = ask(admin, "/listeners?format=json")?.body;
        let listeners: Value = serde_json::from_slice(&listeners).map_err(io::Error::other)?;
        let listeners = listeners.get("listener_statuses").and_then(Value::as_array);
        let addrs = listeners.into_iter().flatten().filter_map(named_addr);
        Ok((admin, addrs.collect()))
    }

    /// Asks the process to end; an endless loop in the plugin does not listen.
    fn terminate(&mut self) {
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let deadline = Deadline::after(GRACE);
        while asked.is_ok() && deadline.left().is_ok() {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(PAUSE),
                Ok(Some(_)) | Err(_) => break,
            }
        }
        self.kill();
    }

    /// Does nothing to a process that has ended, also not to another with its id.
    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.terminate();
        }
    }
}

fn named_addr(status: &Value) -> Option<(String, SocketAddr)> {
    let name = status.get("name")?.as_str()?;
    let socket = status.pointer("/local_address/socket_address")?;
    let ip = socket.get("address")?.as_str()?.parse().ok()?;
    let port = u16::try_from(socket.get("port_value")?.as_u64()?).ok()?;
    Some((name.to_owned(), SocketAddr::new(ip, port)))
}

/// A folder of our own. Dropping it removes it with all that is in it.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn create() -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("envoy-{}-{number}", process::id());
            let path = env::temp_dir().join(name);
            match fs::create_dir(&path) {
                // A leftover of an earlier process with our id.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return created.map(|()| Self(path)),
            }
        }
    }

    fn admin(&self) -> PathBuf {
        self.0.join("admin")
    }

    fn log(&self) -> PathBuf {
        self.0.join("log")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
