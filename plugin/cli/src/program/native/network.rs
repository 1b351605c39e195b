//! Turns work with servers into its result, and makes the clients for it.
//!
//! It never follows a redirect: a token would go along, and to wherever the server likes.

use reqwest::{Certificate, Client, ClientBuilder};

/// A client for one URL, which follows no redirect and trusts the CAs beside those of the machine.
///
/// # Errors
/// When the options cannot be used, and when no CA is known for a URL with TLS.
pub(super) fn client(
    url: &str,
    ca: &[Certificate],
    options: impl Fn(ClientBuilder) -> ClientBuilder,
) -> reqwest::Result<Client> {
    // Another provider may be there already; then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || options(Client::builder().redirect(reqwest::redirect::Policy::none()));
    match builder().tls_certs_merge(ca.iter().cloned()).build() {
        // A machine may have no CAs. Without TLS they are not needed; with a proxy that speaks TLS they are, and it is refused.
        Err(_) if !has_tls(url) => builder().tls_certs_only(ca.iter().cloned()).build(),
        client => client,
    }
}

fn has_tls(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme);
    !scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"))
}

/// Runs the work to its end, on this thread.
///
/// # Errors
/// When the system gives no means to wait.
pub(super) fn run<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    Ok(runtime.block_on(work))
}
