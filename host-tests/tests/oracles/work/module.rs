//! Plays messages in the plugin as Envoy loads it, and counts the WebAssembly instructions.
//!
//! It measures no time, and knows no bound.

use super::texts::call;
use host_tests::abi::{Module, Request, Vm, pairs};
use host_tests::wasm;
use std::sync::LazyLock;

static MODULE: LazyLock<Module> =
    LazyLock::new(|| Module::counted(&wasm()).expect("the plugin is a module"));

/// A client's message, or a server's answer to one.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) request: String,
    pub(super) answer: Option<Answer>,
}

#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) content_type: &'static str,
    pub(super) body: String,
    pub(super) events: usize,
}

impl Sent {
    pub(super) fn request(request: String) -> Self {
        Self {
            request,
            answer: None,
        }
    }

    /// A JSON document that answers a short call.
    pub(super) fn answer(body: String) -> Self {
        Self::answer_to(call("{}"), "application/json", body, 0)
    }

    /// A stream that answers a short call.
    pub(super) fn stream(event: &str, events: usize) -> Self {
        let body = format!("data: {event}\n\n").repeat(events);
        Self::answer_to(call("{}"), "text/event-stream", body, events)
    }

    pub(super) fn answer_to(
        request: String,
        content_type: &'static str,
        body: String,
        events: usize,
    ) -> Self {
        let answer = Answer {
            content_type,
            body,
            events,
        };
        Self {
            request,
            answer: Some(answer),
        }
    }

    /// The bytes of the message whose work is counted.
    pub(super) fn bytes(&self) -> usize {
        let answer = self.answer.as_ref();
        answer.map_or(self.request.len(), |answer| answer.body.len())
    }

    pub(super) fn events(&self) -> usize {
        self.answer.as_ref().map_or(0, |answer| answer.events)
    }
}

/// The instructions of the message under a policy.
pub(super) fn instructions(policy: &str, sent: &Sent) -> u64 {
    let vm = MODULE.configured(policy);
    // A first play warms up the VM.
    let warm = sent.answer.clone().map(|answer| Answer {
        body: String::new(),
        ..answer
    });
    let request = call("{}");
    play(&vm, &request, warm.as_ref());
    play(&vm, &sent.request, sent.answer.as_ref())
}

/// The instructions of the answer; of the request where there is none.
fn play(vm: &Vm, request: &str, answer: Option<&Answer>) -> u64 {
    let count = || vm.instructions().expect("they are counted");
    let headers = [
        (":method", "POST"),
        (":path", "/mcp"),
        ("content-type", "application/json"),
    ];
    let mut stream = vm.stream(Request::with(&headers));
    let mut before = count();
    stream.headers(false).expect("no trap");
    stream.body(request.as_bytes(), true).expect("no trap");
    let mut taken = count() - before;
    if let Some(answer) = answer {
        let refused = stream.seen().local_response;
        assert!(refused.is_none(), "{:?}", vm.logs());
        let headers = [(":status", "200"), ("content-type", answer.content_type)];
        before = count();
        stream
            .response_headers(pairs(&headers), false)
            .expect("no trap");
        let body = answer.body.as_bytes();
        stream.response_body(body, true).expect("no trap");
        taken = count() - before;
    }
    stream.finish().expect("no trap");
    vm.logs();
    taken
}
