//! Turns a whole exchange into the bytes that reach the server and the client, on a host with [`Constraints`].
//!
//! It never judges the outcome. A host's own timeout is the end of a request that nothing else ends.

use super::constraints::{
    Bodies, Constraints, Failure, HeaderEnd, HeaderPause, Overflow, Phase, Trailers,
};
use super::machine::Trap;
use super::shared::{Clock, Faults, SharedData};
use super::state::{Pair, Request, pairs};
use super::stream::Stream;
use super::vm::{Module, Vm};
use std::time::Duration;

/// A request, and the server's answer to it.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// `POST` with a JSON body, or another method.
    pub method: &'static str,
    /// The pieces of the body.
    pub pieces: Vec<Vec<u8>>,
    /// The client ends the request with trailers.
    pub trailers: bool,
    /// No header announces the length of the body.
    pub hides_length: bool,
    /// The fields beside those that every request has.
    pub fields: Vec<(&'static str, String)>,
    /// The server's answer.
    pub answer: Answer,
}

/// A response with status 200.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Its media type.
    pub media: &'static str,
    /// The pieces of its body.
    pub pieces: Vec<Vec<u8>>,
    /// The server ends it with trailers.
    pub trailers: bool,
}

/// What became of an exchange.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// `forwarded`, the status of a refusal with its reason, or how the host ended it.
    pub end: String,
    /// The body at the server; nothing where the server got no whole request.
    pub server: Option<Vec<u8>>,
    /// The body of the server's response at the client.
    pub client: String,
    /// The decisions that were logged meanwhile.
    pub decisions: Vec<String>,
}

/// A plugin with its policy on a host with constraints.
pub struct Gateway<'m> {
    module: &'m Module,
    constraints: Constraints,
    policy: String,
    shared: SharedData,
    clock: Clock,
    vm: Option<Vm>,
}

/// The time after which a host ends a request.
const HOST_TIMEOUT: Duration = Duration::from_secs(15);

/// The most bytes of a body that a host hands over at a time.
const READ: usize = 16 * 1024;

impl<'m> Gateway<'m> {
    /// Starts the plugin.
    ///
    /// # Errors
    /// The lines with which it refused the policy.
    ///
    /// # Panics
    /// When the VM does not start, or ends while it is configured.
    pub fn start(
        module: &'m Module,
        constraints: Constraints,
        policy: &str,
    ) -> Result<Self, String> {
        let mut gateway = Self {
            module,
            constraints,
            policy: policy.into(),
            shared: match constraints.numbers_each_key {
                true => SharedData::of_nginx(),
                false => SharedData::default(),
            },
            clock: Clock::at(Clock::BEGIN_OF_2026),
            vm: None,
        };
        if constraints.shares_data {
            let set = gateway.shared.set(b"another-plugin/runs", b"\xFF\x00", 0);
            set.expect("it is a map");
        }
        gateway.restart()?;
        Ok(gateway)
    }

    fn restart(&mut self) -> Result<(), String> {
        let (shared, clock) = (self.shared.clone(), self.clock.clone());
        let vm = self
            .module
            .start(shared, clock, "mcp_policy", self.faults(None));
        let vm = vm.expect("the VM starts");
        match vm.configure(self.policy.as_bytes()) {
            Ok(true) => self.vm = Some(vm),
            Ok(false) => return Err(lines(&vm).join("\n")),
            Err(trap) => panic!("{}: {trap}: {:?}", self.constraints.name, vm.logs()),
        }
        Ok(())
    }

    /// The running VM; nothing where it has ended.
    pub fn vm(&self) -> Option<&Vm> {
        self.vm.as_ref().filter(|vm| !vm.trapped())
    }

    /// The store that all plugins of the host have.
    pub fn shared(&self) -> &SharedData {
        &self.shared
    }

    /// Plays an exchange to its end.
    pub fn play(&mut self, message: &Message) -> Played {
        let ended = self.vm().is_none();
        if ended && self.constraints.failure == Failure::Closed {
            return Played::by_host("503");
        }
        if ended {
            self.restart().expect("the policy was accepted before");
        }
        let Some(vm) = &self.vm else {
            return Played::by_host("503");
        };
        lines(vm);
        let mut one = Exchange::new(self, vm, message);
        let trap = one.play(message).err();
        let mut played = one.end(trap.as_ref());
        played.decisions = lines(vm);
        played
            .decisions
            .retain(|line| line.contains(r#""event":"decision""#));
        played
    }

    fn faults(&self, phase: Option<Phase>) -> Faults {
        self.constraints.faults(&self.module.imports(), phase)
    }
}

fn lines(vm: &Vm) -> Vec<String> {
    vm.logs().into_iter().map(|(_, line)| line).collect()
}

impl Played {
    fn by_host(status: &str) -> Self {
        Self {
            end: format!("{status} of the host"),
            ..Self::default()
        }
    }
}

/// One exchange on its way.
struct Exchange<'g> {
    gateway: &'g Gateway<'g>,
    vm: &'g Vm,
    stream: Stream,
    /// The host ended the request by this status.
    refused: Option<&'static str>,
    /// The body that the host passed on past the plugin.
    unseen: Option<Vec<u8>>,
}

impl<'g> Exchange<'g> {
    fn new(gateway: &'g Gateway<'_>, vm: &'g Vm, message: &Message) -> Self {
        let mut stream = vm.stream(Request {
            headers: headers(message),
            properties: properties(&gateway.constraints),
        });
        let pause = gateway.constraints.pause;
        stream.hold_headers = pause == HeaderPause::HoldsHeaders;
        stream.ignore_pause = pause == HeaderPause::None;
        stream.count_no_headers = gateway.constraints.counts_no_headers;
        Self {
            gateway,
            vm,
            stream,
            refused: None,
            unseen: None,
        }
    }

    fn play(&mut self, message: &Message) -> Result<(), Trap> {
        self.set(Some(Phase::Stream), None);
        self.request(message)?;
        self.wait()?;
        if self.reached() && !message.answer.media.is_empty() {
            self.response(&message.answer)?;
        }
        self.stream.finish()
    }

    fn set(&self, phase: Option<Phase>, body_shown: Option<usize>) {
        let faults = Faults {
            body_shown,
            ..self.gateway.faults(phase)
        };
        self.vm
            .set_faults(faults)
            .expect("the functions are imported");
    }

    fn request(&mut self, message: &Message) -> Result<(), Trap> {
        let constraints = &self.gateway.constraints;
        let body = message.pieces.concat();
        let end = match constraints.end {
            HeaderEnd::Told => body.is_empty() && !message.trailers,
            HeaderEnd::Never => false,
            HeaderEnd::Always => true,
        };
        self.stream.headers(end)?;
        if end && constraints.end == HeaderEnd::Told {
            return Ok(());
        }
        match constraints.bodies {
            Bodies::Withheld => self.pass_unseen(body),
            Bodies::Whole if body.is_empty() => self.pass_unseen(body),
            Bodies::Whole => self.whole(&body)?,
            Bodies::Pieces | Bodies::Endless => self.pieces(message)?,
        }
        Ok(())
    }

    /// The host goes on by itself where the plugin let the headers go.
    fn pass_unseen(&mut self, body: Vec<u8>) {
        let seen = self.stream.seen();
        if !seen.hung && seen.local_response.is_none() && seen.released_headers.is_some() {
            self.unseen = Some(body);
        }
    }

    fn whole(&mut self, body: &[u8]) -> Result<(), Trap> {
        let (longest, overflow) = self.gateway.constraints.buffer;
        let spooled = overflow == Overflow::Spooled && body.len() > longest;
        self.set(Some(Phase::Stream), spooled.then_some(0));
        // Where the headers were said to be all, the host has the body all the same.
        self.stream.reopen();
        self.stream.body(body, true)?;
        self.set(Some(Phase::Stream), None);
        Ok(())
    }

    fn pieces(&mut self, message: &Message) -> Result<(), Trap> {
        let constraints = &self.gateway.constraints;
        let follows = message.trailers && constraints.trailers != Trailers::Dropped;
        let endless = constraints.bodies == Bodies::Endless;
        let reads = message.pieces.iter().flat_map(|piece| piece.chunks(READ));
        let mut reads = reads.peekable();
        let mut length = 0_usize;
        while let Some(piece) = reads.next() {
            length = length.saturating_add(piece.len());
            if length > constraints.buffer.0 && !self.is_over() {
                return self.refuse_by_host("413");
            }
            let end = reads.peek().is_none() && !follows && !endless;
            self.stream.body(piece, end)?;
        }
        match constraints.trailers {
            _ if !follows || endless => {}
            Trailers::Passed => self.stream.pass_trailers(),
            Trailers::Delivered | Trailers::Dropped => {
                self.stream.trailers(pairs(&[("x-checksum", "1")]))?;
            }
        }
        Ok(())
    }

    /// The plugin sees the host's own answer as a response.
    fn refuse_by_host(&mut self, status: &'static str) -> Result<(), Trap> {
        self.refused = Some(status);
        let head = pairs(&[(":status", status), ("content-type", "text/plain")]);
        self.stream.response_headers(head, false)?;
        self.stream.response_body(b"Payload Too Large", true)?;
        Ok(())
    }

    fn is_over(&self) -> bool {
        let seen = self.stream.seen();
        seen.local_response.is_some() || seen.complete
    }

    fn reached(&self) -> bool {
        self.refused.is_none() && (self.unseen.is_some() || self.stream.seen().complete)
    }

    /// Lets the timer run until the host's own timeout.
    fn wait(&self) -> Result<(), Trap> {
        let seen = self.stream.seen();
        if self.reached() || self.refused.is_some() || seen.local_response.is_some() {
            return Ok(());
        }
        self.set(None, None);
        let has_timer = !self
            .gateway
            .constraints
            .lacks
            .contains(&"proxy_set_tick_period_milliseconds");
        for _ in 0..3 {
            self.gateway.clock.advance(HOST_TIMEOUT / 3);
            if has_timer {
                self.vm.tick()?;
            }
        }
        Ok(())
    }

    fn response(&mut self, answer: &Answer) -> Result<(), Trap> {
        let constraints = &self.gateway.constraints;
        let length = answer.pieces.concat().len().to_string();
        let mut head = vec![(":status", "200"), ("content-type", answer.media)];
        if !answer.trailers {
            head.push(("content-length", &length));
        }
        let told = constraints.end == HeaderEnd::Told;
        self.stream
            .response_headers(pairs(&head), told && answer.pieces.is_empty())?;
        self.set(Some(Phase::ResponseBody), None);
        let (last, follows) = (
            answer.pieces.len(),
            answer.trailers && constraints.response_trailers,
        );
        for (number, piece) in answer.pieces.iter().enumerate() {
            let end = number + 1 == last && !follows;
            self.stream.response_body(piece, end)?;
        }
        if follows {
            self.stream
                .response_trailers(pairs(&[("x-checksum", "1")]))?;
        }
        self.set(None, None);
        Ok(())
    }

    fn end(&self, trap: Option<&Trap>) -> Played {
        let seen = self.stream.seen();
        let reached = self.reached();
        let refusal = seen.local_response.as_ref().map(|reply| {
            format!(
                "{} {}",
                reply.status,
                String::from_utf8_lossy(&reply.details)
            )
        });
        let timeout = || "504 of the host".to_owned();
        let end = match (self.refused, trap, reached, refusal) {
            (Some(status), ..) => format!("{status} of the host"),
            (None, Some(_), ..) => "500 of the host".into(),
            (None, None, _, Some(refusal)) => refusal,
            (None, None, true, None) => "forwarded".into(),
            (None, None, false, None) => timeout(),
        };
        let server = self.unseen.clone().unwrap_or(seen.forwarded);
        let client = cut(
            seen.response_body,
            seen.response_headers.as_deref(),
            &self.gateway.constraints,
        );
        Played {
            end,
            server: reached.then_some(server),
            client: String::from_utf8_lossy(&client).into_owned(),
            decisions: Vec::new(),
        }
    }
}

/// An Envoy shows the cluster of the route.
fn properties(constraints: &Constraints) -> Vec<(Vec<String>, Vec<u8>)> {
    let path = vec!["xds".into(), "cluster_name".into()];
    let is_envoy = constraints.end == HeaderEnd::Told;
    Vec::from_iter(is_envoy.then(|| (path, b"upstream".to_vec())))
}

fn headers(message: &Message) -> Vec<Pair> {
    let mut fields = vec![(":method", message.method), (":path", "/mcp")];
    if message.method == "POST" {
        fields.push(("content-type", "application/json"));
    }
    let length = message.pieces.concat().len().to_string();
    if !message.pieces.is_empty() && !message.hides_length {
        fields.push(("content-length", &length));
    }
    let own = message.fields.iter();
    fields.extend(own.map(|(name, value)| (*name, &**value)));
    pairs(&fields)
}

/// The body that arrives, of a host that keeps to the announced length.
fn cut(mut body: Vec<u8>, headers: Option<&[Pair]>, constraints: &Constraints) -> Vec<u8> {
    let mut headers = headers.unwrap_or_default().iter();
    let length = headers.find(|(name, _)| name == b"content-length");
    let length = length.and_then(|(_, value)| std::str::from_utf8(value).ok()?.parse().ok());
    if let (true, Some(length)) = (constraints.cuts_bodies, length) {
        body.truncate(length);
    }
    body
}
