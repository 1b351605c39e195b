//! mcp-policy for Envoy and other proxy-wasm hosts: turns a configuration into a plugin that judges each stream.
//!
//! It decides nothing: the engine does.
#![expect(
    missing_docs,
    reason = "the entry point is the SDK's macro, and nothing else here is public"
)]

mod callback;
mod collector;
mod configuration;
mod filter_state;
mod framing;
mod header_hold;
mod held_replies;
mod host;
mod host_call;
mod host_metric;
mod late_reply;
mod metrics;
mod notices;
mod pairs;
mod pool;
mod powers;
mod request_body;
mod service_calls;
mod shared_exchange;
mod stream;
mod table;
mod timer;

use configuration::{Configuration, configure};
use host::HostClock;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;
use std::rc::Rc;
use stream::Stream;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|id| Box::new(Plugin { id, configuration: None }));
}}

/// The plugin in one worker thread.
struct Plugin {
    id: u32,
    configuration: Option<Rc<Configuration>>,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _: usize) -> bool {
        match configure(self.id) {
            Ok(configuration) => {
                metrics::accepted(configuration.policy.host.metrics);
                held_replies::adopt(&configuration);
                notices::adopt(&configuration);
                self.configuration = Some(Rc::new(configuration));
                true
            }
            Err(lines) => {
                metrics::refused();
                lines.iter().for_each(|line| {
                    host::log_error(&format!("mcp-policy: policy refused: {line}"))
                });
                false
            }
        }
    }

    fn on_tick(&mut self) {
        if let Some(configuration) = &self.configuration {
            configuration
                .header_hold
                .tick(self.id, &HostClock::default());
            configuration.table.tick(&configuration.store);
            let collector = configuration.collector.iter();
            collector.for_each(|collector| collector.tick());
            held_replies::tick(self.id, configuration);
            notices::tick(self.id, configuration);
        }
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream::new(id, self.configuration.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
