//! Turns one request and its response, played piece by piece, into a [`StreamResult`].
//!
//! It never interprets a callback's result: the state does.

use super::machine::{Machine, Trap, lock};
use super::state::{Action, Pair, Request, State, StreamResult, count};
use std::sync::{Arc, Mutex, MutexGuard};

/// A request in flight. It can be interleaved with others of the same VM.
pub struct Stream {
    /// Whether Pause in headers holds only the headers, as with Envoy's
    /// `allow_on_headers_stop_iteration`. Otherwise it stops all of the request.
    pub hold_headers: bool,
    /// Whether Pause in headers holds nothing at all.
    pub ignore_pause: bool,
    /// Whether the callback of headers reports their number as zero.
    pub count_no_headers: bool,
    machine: Arc<Mutex<Machine>>,
    context: u32,
    root: u32,
}

impl Stream {
    pub(super) fn new(machine: Arc<Mutex<Machine>>, request: Request) -> Self {
        let (context, root) = {
            let mut machine = lock(&machine);
            let context = machine.next_context();
            let streams = &mut machine.store.data_mut().streams;
            streams.insert(context, State::new(request));
            (context, machine.root)
        };
        Self {
            hold_headers: false,
            ignore_pause: false,
            count_no_headers: false,
            machine,
            context,
            root,
        }
    }

    /// The request headers arrive. Only the first call plays anything; that and
    /// every callback that cannot come any more is `Pause`.
    pub fn headers(&mut self, end_of_stream: bool) -> Result<Action, Trap> {
        let Some(count) = self.state(State::open_headers) else {
            return Ok(Action::Pause);
        };
        let context = self.context;
        let created = (context, self.root);
        self.call::<()>("proxy_on_context_create", created)?;
        let count = if self.count_no_headers { 0 } else { count };
        let arguments = (context, count, u32::from(end_of_stream));
        let action = match self.ask("proxy_on_request_headers", arguments)? {
            Action::Pause if self.ignore_pause => Action::Continue,
            action => action,
        };
        let hold = self.hold_headers;
        Ok(self.state(|state| state.after_headers(action, end_of_stream, hold)))
    }

    /// Lets a body follow headers that were said to be all of the request, unless the plugin has answered.
    pub(super) fn reopen(&self) {
        self.state(State::reopen);
    }

    /// A piece of the request body arrives.
    pub fn body(&mut self, chunk: &[u8], end_of_stream: bool) -> Result<Action, Trap> {
        let Some(size) = self.state(|state| state.add_body(chunk)) else {
            return Ok(Action::Pause);
        };
        let arguments = (self.context, size, u32::from(end_of_stream));
        let action = self.ask("proxy_on_request_body", arguments)?;
        Ok(self.state(|state| state.after_body(action, end_of_stream)))
    }

    /// The request trailers arrive, which end the request.
    pub fn trailers(&mut self, trailers: Vec<Pair>) -> Result<Action, Trap> {
        let Some(count) = self.state(|state| state.open_trailers(trailers)) else {
            return Ok(Action::Pause);
        };
        let action = self.ask("proxy_on_request_trailers", (self.context, count))?;
        Ok(self.state(|state| state.after_trailers(action)))
    }

    /// The host goes on at the request's trailers, which it does not show.
    pub(super) fn pass_trailers(&self) {
        self.state(State::pass_trailers);
    }

    /// The response headers arrive.
    pub fn response_headers(&mut self, headers: Vec<Pair>, end: bool) -> Result<Action, Trap> {
        let count = self.state(|state| state.open_response(headers));
        let arguments = (self.context, count, u32::from(end));
        let action = self.ask("proxy_on_response_headers", arguments)?;
        self.state(|state| state.after_response_headers(action));
        Ok(action)
    }

    /// The host knows another value of a property from now on.
    pub fn set_property(&mut self, (path, value): (Vec<String>, Vec<u8>)) {
        let path = path.join("\0").into_bytes();
        self.state(|state| state.properties.insert(path, value));
    }

    /// A piece of the response body arrives.
    pub fn response_body(&mut self, chunk: &[u8], end: bool) -> Result<Action, Trap> {
        let Some(size) = self.state(|state| state.open_response_body(chunk)) else {
            return Ok(Action::Pause);
        };
        let action = self.ask(
            "proxy_on_response_body",
            (self.context, size, u32::from(end)),
        )?;
        self.state(|state| state.after_response_body(action));
        Ok(action)
    }

    /// The response trailers arrive, which end the response.
    pub fn response_trailers(&mut self, trailers: Vec<Pair>) -> Result<Action, Trap> {
        if self.state(|state| state.seen.reset) {
            return Ok(Action::Pause);
        }
        let count = self.state(|state| count(state.response_trailers.insert(trailers)));
        let action = self.ask("proxy_on_response_trailers", (self.context, count))?;
        self.state(|state| state.response_trailers = None);
        Ok(action)
    }

    /// Ends the request in any state: done, log and delete, in the order of the specification
    /// (Envoy logs first). Without this call the context stays in the VM.
    pub fn finish(&mut self) -> Result<(), Trap> {
        if !self.state(State::close) {
            return Ok(());
        }
        let context = self.context;
        self.call::<u32>("proxy_on_done", context)?;
        self.state(|state| state.logging = true);
        self.call::<()>("proxy_on_log", context)?;
        self.state(|state| state.logging = false);
        self.call::<()>("proxy_on_delete", context)?;
        Ok(())
    }

    /// The outcome of the request so far.
    pub fn seen(&self) -> StreamResult {
        self.state(|state| state.seen.clone())
    }

    fn ask(&self, name: &str, arguments: impl wasmtime::WasmParams) -> Result<Action, Trap> {
        self.call::<u32>(name, arguments).map(Action::from_code)
    }

    /// A callback that is not exported is as good as one that returns 0.
    fn call<R: wasmtime::WasmResults + Default>(
        &self,
        name: &str,
        arguments: impl wasmtime::WasmParams,
    ) -> Result<R, Trap> {
        let result = self.lock().call(self.context, name, arguments);
        result.map(Option::unwrap_or_default)
    }

    fn state<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        let mut machine = self.lock();
        let streams = &mut machine.store.data_mut().streams;
        work(streams.entry(self.context).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        lock(&self.machine)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.lock().store.data_mut().streams.remove(&self.context);
    }
}
