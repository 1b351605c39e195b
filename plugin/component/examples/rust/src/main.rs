//! A gateway that embeds the component: HTTP/1.1 between callers and one MCP server, on as many threads as the machine has.
//!
//! ```sh
//! cargo run --package component-gateway -- mcp-policy.component.wasm policy.json 8080 127.0.0.1:9000
//! ```
//!
//! It never decides anything, and passes nothing on after an error.

mod engine;
mod http;

use engine::{Cells, Engine};
use http::{Error, Gateway};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use tokio::runtime;
use tokio::task::{LocalSet, spawn_local, yield_now};

fn main() -> Result<(), Error> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [component, policy, listen, upstream] = &arguments[..] else {
        return Err("usage: component-gateway COMPONENT POLICY LISTEN UPSTREAM".into());
    };
    // Compiled once, counted together: each thread only makes an instance of its own.
    let (component, policy) = (std::fs::read(component)?, std::fs::read(policy)?);
    let engine = Engine::new(&component, policy, Cells::default())?;
    // A policy with a mistake ends the program now, and not at the first request.
    engine.start()?;
    let engine = Arc::new(engine);
    let listener = TcpListener::bind(listen)?;
    listener.set_nonblocking(true)?;
    println!("{{\"port\":{}}}", listener.local_addr()?.port());
    let start = || -> Result<_, Error> {
        let (engine, upstream) = (engine.clone(), upstream.clone());
        let listener = listener.try_clone()?;
        Ok(thread::spawn(move || serve(listener, engine, upstream)))
    };
    let threads = thread::available_parallelism()?.get();
    let threads: Vec<_> = (0..threads).map(|_| start()).collect::<Result<_, _>>()?;
    for thread in threads {
        thread.join().map_err(|_| "a thread panicked")??;
    }
    Ok(())
}

/// Serves the connections that this thread accepts. The instance is never shared, so nothing waits for a lock but the cells.
fn serve(listener: TcpListener, engine: Arc<Engine>, upstream: String) -> Result<(), Error> {
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    let gateway = Rc::new(Gateway::new(engine, upstream)?);
    LocalSet::new().block_on(&runtime, async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            // A client that left already, or too many open connections.
            let Ok((stream, peer)) = listener.accept().await else {
                yield_now().await;
                continue;
            };
            let gateway = gateway.clone();
            let service = service_fn(move |request| gateway.clone().serve(request, peer));
            // A connection that breaks concerns only itself.
            spawn_local(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    })
}
