//! Turns the policies of `policies/servers/` and their servers into one table. Each server runs behind the gateway with
//! its policy and with rules that read answers. A client plays the steps of `servers/` through the gateway and, where
//! they are allowed, directly. All forwarded messages must be the same before and behind the gateway.
//!
//! It calls no service outside this machine: such steps are refused, or name an address on this machine.

use super::file::{File, Step, files, filled, prepare};
use crate::alone::alone;
use crate::sdks::honest::{Watch, Watched, observing};
use crate::sdks::judge::{Judged, Verdict, judge};
use crate::sdks::programs::{CLIENTS, LEGACY, report};
use crate::sdks::story::{Check, Part};
use host_tests::bootstrap::Config;
use host_tests::envoy::Envoy;
use host_tests::program::Program;
use host_tests::require::{ENVOY, NODE, NODE_SERVERS, PYTHON_SERVERS, TYPESCRIPT_SDKS, lacks};
use host_tests::root;
use host_tests::say::say;
use host_tests::wire::{Http1Request, http1};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

/// The check that comes first for every server.
const LISTS: &str = "lists its tools";

/// The time for a server's process to answer, on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A server that runs.
struct Server {
    name: String,
    file: File,
    folder: PathBuf,
    addr: SocketAddr,
}

impl Server {
    fn start((name, file): (String, File)) -> (Program, Self) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("servers");
        let folder = folder.join(&name).join("project");
        prepare(&folder, &file);
        let names = |text: &String| filled(text, &folder);
        let command: Vec<_> = file.command.iter().map(names).collect();
        let env = file.env.iter().map(|(key, value)| (key, names(value)));
        let env: BTreeMap<_, _> = env.collect();
        let bridged = json!({ "command": command, "env": env, "cwd": folder }).to_string();
        let mut program = Program::start("NODE", "bridge.mjs", &[&bridged]);
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, program.port()));
        let server = Self {
            name,
            file,
            folder,
            addr,
        };
        (program, server)
    }

    fn listener_name(&self) -> String {
        self.name.replace('-', "_")
    }

    fn filled(&self, text: &str) -> String {
        let port = self.addr.port().to_string();
        filled(text, &self.folder).replace("$port", &port)
    }

    fn policy(&self) -> String {
        let path = root().join(format!("policies/servers/{}/policy.json", self.name));
        let policy = fs::read_to_string(path).expect("the policy can be read");
        let replaced = |policy: String, (from, to): (&String, &String)| {
            assert!(policy.contains(from), "{}: no {from} in it", self.name);
            policy.replace(from, &self.filled(to))
        };
        let policy = self.file.instead.iter().fold(policy, replaced);
        // One Envoy has all servers, so their counts need separate namespaces.
        let policy = serde_json::from_str(&policy).expect("a policy is JSON");
        let mut policy = Value::Object(observing(policy));
        for method in &self.file.asks {
            policy["methods"][method] = json!({});
        }
        policy["host"]["namespace"] = self.name.as_str().into();
        policy.to_string()
    }

    fn part(&self) -> Part {
        let lists = json!({ "check": LISTS, "method": "tools/list", "shows": ["inputSchema"] });
        let steps = self.file.steps.iter().enumerate();
        let steps = steps.map(|(index, step)| self.check(index, step));
        let checks = std::iter::once(lists).chain(steps);
        let check = |value| serde_json::from_value::<Check>(value).expect("a check");
        let alive = json!({ "method": "tools/list", "shows": "inputSchema" });
        Part::new(alive, checks.map(check).collect())
    }

    fn check(&self, index: usize, step: &Step) -> Value {
        let arguments: Value = serde_json::from_str(&self.filled(&step.arguments.to_string()))
            .expect("the arguments stay JSON");
        let shows: Vec<_> = step.shows.iter().map(|text| self.filled(text)).collect();
        let text = |denied| format!("[POLICY DENIED] {denied}…");
        let mut check = json!({
            "check": format!("{}: {}", index + 1, step.call),
            "method": "tools/call",
            "params": { "name": step.call, "arguments": arguments },
            "shows": shows,
        });
        if let Some(denied) = &step.denied {
            check["refusal"] = "denied".into();
            let content = json!([{ "type": "text", "text": text(self.filled(denied)) }]);
            check["sees"] = json!({ "result": { "isError": true, "content": content } });
        }
        check
    }

    /// The name of the caller at the gateway.
    fn caller(&self) -> String {
        format!("ada at {}", self.name)
    }

    /// Plays the steps directly and through the gateway.
    fn play(&self, watched: &Watched) -> Row {
        let part = self.part();
        let client = &CLIENTS[2];
        let run = |addr: SocketAddr, checks: String| {
            self.start_session();
            let url = format!("http://{addr}/mcp");
            let arguments = [&*url, &self.caller(), "legacy"];
            let mut program = Program::start(client.interpreter, client.program, &arguments);
            program.tell(&checks);
            program.told()
        };
        let directly = run(self.addr, part.allowed());
        // The second run must not see the changes of the first.
        prepare(&self.folder, &self.file);
        let through = run(watched.addr(), part.all());
        let wrong = self
            .other_tools(&directly)
            .into_iter()
            .chain(self.present());
        Row {
            name: self.name.clone(),
            judged: judge(&part, LEGACY, &directly, &through),
            wrong: wrong.collect(),
        }
    }

    /// Waits longer than clients do for the process that the next client will use.
    fn start_session(&self) {
        let request = Http1Request {
            method: "GET".into(),
            path: "/start".into(),
            headers: vec![("host".into(), self.addr.to_string().into())],
            ..Http1Request::default()
        };
        let started = http1(self.addr, &request, START_LIMIT);
        let started = started.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert_eq!(started.status, 200, "{}: it did not start", self.name);
    }

    /// The difference between the tools of the policy and those of the server.
    fn other_tools(&self, lines: &[String]) -> Option<String> {
        let policy: Value = serde_json::from_str(&self.policy()).expect("a policy is JSON");
        let named = policy["tools"].as_object().expect("an object").keys();
        let named: BTreeSet<_> = named.map(String::as_str).collect();
        let lines = lines
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok());
        let list = lines
            .into_iter()
            .find(|line: &Value| line["check"] == LISTS);
        let tools = list
            .as_ref()
            .and_then(|list| list["saw"]["result"]["tools"].as_array());
        let tools = tools
            .into_iter()
            .flatten()
            .filter_map(|tool| tool["name"].as_str());
        let tools: BTreeSet<_> = tools.collect();
        (named != tools).then(|| format!("its tools are {tools:?}, and its policy names {named:?}"))
    }

    fn present(&self) -> Vec<String> {
        let present = |path: &&String| self.folder.join(path).exists();
        let present = self.file.absent.iter().filter(present);
        present.map(|path| format!("{path} was written")).collect()
    }
}

/// The result of one server.
struct Row {
    name: String,
    judged: Vec<Judged>,
    wrong: Vec<String>,
}

impl Row {
    fn failures(&self) -> Vec<String> {
        let failed = self
            .judged
            .iter()
            .filter_map(|judged| match &judged.verdict {
                Verdict::Passed(_) => None,
                Verdict::Failed(why) | Verdict::Cannot(why) => {
                    Some(format!("{}: {why}", judged.check))
                }
                Verdict::Died(saw) => Some(format!("{}: the session ended: {saw}", judged.check)),
            });
        let all = failed.chain(self.wrong.iter().cloned());
        all.map(|failure| format!("{}: {failure}", self.name))
            .collect()
    }

    fn line(&self) -> String {
        let denied = self
            .judged
            .iter()
            .filter(|judged| judged.refusal.is_some())
            .count();
        let same = self.judged.len() - denied;
        format!(
            "{:<12} {same:>2} same as direct, {denied:>2} refused",
            self.name
        )
    }
}

#[test]
fn every_policy_works_with_its_server() {
    if lacks(&[TYPESCRIPT_SDKS, ENVOY, NODE, NODE_SERVERS, PYTHON_SERVERS]) {
        return;
    }
    let _alone = alone();
    let (cannot, can): (Vec<_>, Vec<_>) = files()
        .into_iter()
        .partition(|(_, file)| file.cannot.is_some());
    let (mut programs, servers): (Vec<_>, Vec<_>) = can.into_iter().map(Server::start).unzip();
    let watch = |server: &Server| Watch::start(server.listener_name(), server.addr);
    let watches: Vec<_> = servers.iter().map(watch).collect();
    let listeners = servers.iter().zip(&watches);
    let listeners = listeners.map(|(server, watch)| watch.listener(&server.policy()));
    let envoy = Envoy::start(&Config::new(listeners.collect())).expect("Envoy starts");
    let watched: Vec<_> = watches
        .into_iter()
        .map(|watch| watch.open(&envoy))
        .collect();
    let rows = play(&servers, &watched);
    let lines = rows.iter().map(Row::line);
    let cannot = cannot
        .into_iter()
        .map(|(name, file)| format!("{name:<12} not played: {}", file.cannot.unwrap_or_default()));
    let table: Vec<_> = lines.chain(cannot).collect();
    let mut wrong: Vec<_> = rows.iter().flat_map(Row::failures).collect();
    let compared = Watched::compared(&watched);
    say(&format!(
        "published servers, before and behind the gateway: {}",
        compared.line()
    ));
    wrong.extend(compared.wrong(&refusals(&servers)));
    report(
        &format!("\n{}", table.join("\n")),
        &wrong,
        &mut programs,
        &envoy,
    );
}

/// The number of requests of each caller that the policies refuse.
fn refusals(servers: &[Server]) -> Vec<(String, usize)> {
    let denied = |server: &Server| {
        let steps = server.file.steps.iter();
        steps.filter(|step| step.denied.is_some()).count()
    };
    let each = servers.iter();
    each.map(|server| (server.caller(), denied(server)))
        .collect()
}

/// Plays two servers at a time.
fn play(servers: &[Server], watched: &[Watched]) -> Vec<Row> {
    let queue = Mutex::new(servers.iter().zip(watched).collect::<VecDeque<_>>());
    let next = || queue.lock().expect("no worker panicked").pop_front();
    let worker = || {
        std::iter::from_fn(next)
            .map(|(server, watched)| server.play(watched))
            .collect::<Vec<_>>()
    };
    let mut rows: Vec<_> = thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        let joined = workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker ends"));
        joined.flatten().collect()
    });
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    rows
}
