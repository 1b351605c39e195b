//! mcp-policy for Envoy and other proxy-wasm hosts: turns the host's callbacks into events of an exchange, and its
//! steps into actions.
//!
//! It carries values and decides nothing. Whatever the host fails to do, the request is not let through.
#![expect(
    missing_docs,
    reason = "the entry point is the SDK's macro, and nothing else here is public"
)]

mod host;
mod watch;

use host::SharedData;
use policy::{Event, Exchange, Facts, Next, Policy, Reason, Reply, Step, Store};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};
use std::rc::Rc;
use std::sync::Arc;
use watch::Watch;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| Box::new(Plugin::default()));
}}

/// The plugin in one worker thread.
#[derive(Default)]
struct Plugin {
    active: Option<Rc<Active>>,
}

/// A configuration that was accepted.
struct Active {
    policy: Arc<Policy>,
    store: Store,
    watch: Watch,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _: usize) -> bool {
        match configure() {
            Ok(active) => {
                self.active = Some(Rc::new(active));
                true
            }
            Err(lines) => {
                lines.iter().for_each(|line| {
                    host::log_error(&format!("mcp-policy: policy refused: {line}"))
                });
                false
            }
        }
    }

    fn on_tick(&mut self) {
        if let (Some(active), Ok(now)) = (&self.active, host::now()) {
            active.watch.tick(now);
        }
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream {
            active: self.active.clone(),
            exchange: None,
            held: 0,
        }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

/// Reads the configuration and makes the counters' cells, or says in lines for the operator why not.
fn configure() -> Result<Active, Vec<String>> {
    let text = host::configuration()
        .map_err(|status| vec![format!("the host does not show it ({status:?})")])?;
    let policy = Policy::parse(&text)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let mut entropy = [0; 16];
    getrandom::fill(&mut entropy)
        .map_err(|error| vec![format!("the host has no random numbers ({error})")])?;
    let namespace = policy
        .host
        .namespace
        .clone()
        .or_else(|| host::property(&["plugin_name"]));
    let namespace = namespace.unwrap_or_else(|| "mcp-policy".into());
    let store = Store::prepare(&mut SharedData, &namespace, &policy, entropy);
    let store = store.map_err(|_| {
        vec!["/: it has limits, and this host keeps no shared data to count in".into()]
    })?;
    let watch = Watch::new(policy.host.hold_request_headers);
    Ok(Active {
        policy: Arc::new(policy),
        store,
        watch,
    })
}

/// One HTTP request.
struct Stream {
    active: Option<Rc<Active>>,
    exchange: Option<Exchange>,
    /// Bytes of the body that the host has buffered so far.
    held: usize,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, end: bool) -> Action {
        let (Some(active), Ok(now)) = (self.active.clone(), host::now()) else {
            return self.fail();
        };
        let Ok(headers) = host::request_headers() else {
            return self.fail();
        };
        let peer = active
            .policy
            .needs_peer()
            .then(|| host::property(&["source", "address"]))
            .flatten();
        let facts = Facts {
            peer,
            seed: active.store.seed(),
            explain: false,
        };
        let (mut exchange, step) = Exchange::new(active.policy.clone(), &headers, end, facts, now);
        let step = exchange.settle(step, &active.store, &mut SharedData, now);
        let undecided = matches!(step.next, Next::More);
        self.exchange = Some(exchange);
        match self.act(step) {
            Action::Pause if undecided && self.exchange.is_some() => active.watch.hold(now),
            action => action,
        }
    }

    fn on_http_request_body(&mut self, size: usize, end: bool) -> Action {
        if let Some(active) = &self.active {
            active.watch.body();
        }
        self.held = size;
        if end {
            self.judge()
        } else {
            self.feed(Event::Held(size))
        }
    }

    /// A body that is followed by trailers ends here, and only here: the host never calls its last piece the last.
    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        self.judge()
    }
}

impl Stream {
    /// Gives the exchange the whole body that the host has buffered.
    fn judge(&mut self) -> Action {
        let event = match host::request_body() {
            // A host that announced bytes and shows others, or none, has put them where they cannot be judged.
            Ok(bytes) if bytes.len() == self.held => Event::Body { bytes, end: true },
            _ => Event::BodyLost,
        };
        self.feed(event)
    }

    fn feed(&mut self, event: Event) -> Action {
        let (Some(active), Ok(now)) = (self.active.clone(), host::now()) else {
            return self.fail();
        };
        let Some(exchange) = &mut self.exchange else {
            return self.fail();
        };
        let step = exchange.feed(event, now);
        let step = exchange.settle(step, &active.store, &mut SharedData, now);
        self.act(step)
    }

    fn act(&mut self, step: Step) -> Action {
        let reason = step.audit.as_ref().and_then(|audit| audit.reason());
        if let Some(audit) = step.audit {
            host::log_info(&audit.line());
        }
        let passes = matches!(step.next, Next::More | Next::Forward);
        let remove = passes && step.remove_authorization;
        if remove && host::remove_request_header("authorization").is_err() {
            return self.fail();
        }
        match step.next {
            Next::More => Action::Pause,
            Next::Forward => Action::Continue,
            Next::Answer(reply) => answer(&reply, reason.unwrap_or(Reason::Unavailable)),
            // The store has answered whatever was asked.
            Next::Ask(_) => self.fail(),
        }
    }

    /// The host failed: nobody knows what the request is, so it ends here, whatever the host calls next.
    fn fail(&mut self) -> Action {
        self.exchange = None;
        answer(&Reply::unavailable(), Reason::Unavailable)
    }
}

/// Pausing keeps the request from the server even if the host cannot send the answer.
fn answer(reply: &Reply, reason: Reason) -> Action {
    if let Err(status) = host::answer(reply, &format!("mcp_policy_{reason}")) {
        host::log_error(&format!(
            "mcp-policy: the host did not send the answer ({status:?}); the request is held"
        ));
    }
    Action::Pause
}
