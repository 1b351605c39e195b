//! The words of `envoy apply`: a policy, the file that Envoy reads, and the Envoys that read it.
//!
//! It writes no file.

use std::path::{Path, PathBuf};

/// Put a policy in force: check it, write it for Envoy, and wait until Envoy has taken it
///
/// Envoy reads the plugin's configuration from a file, as `envoy-ecds.yaml` says, or from a control plane that hands on this
/// file. Exits with 1 if the policy has a mistake or Envoy refuses it; then the former policy stays in force, and the file
/// holds it again.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The policy; `-` is the standard input.
    pub(in crate::program) policy: PathBuf,
    /// The file that Envoy reads. Its settings stay, beside those that are given here.
    #[arg(short, long, value_name = "FILE", default_value = "/etc/envoy/mcp-policy/plugin.json", value_parser = json_file)]
    pub(in crate::program) file: PathBuf,
    /// The admin interface of an Envoy that reads the file. May be given several times.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9901")]
    pub(in crate::program) admin: Vec<String>,
    /// Ask no Envoy whether it has taken the policy.
    #[arg(long, conflicts_with_all = ["admin", "log", "timeout"])]
    pub(in crate::program) no_wait: bool,
    /// The log of the Envoy, which says why it refuses a policy.
    #[arg(long, value_name = "FILE")]
    pub(in crate::program) log: Option<PathBuf>,
    /// The longest time to wait, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(in crate::program) timeout: u64,
    /// The module's path where Envoy runs: `/etc/envoy/mcp-policy.wasm` in a new file.
    #[arg(long, value_name = "PATH")]
    pub(in crate::program) wasm: Option<String>,
    /// The name of the filter in Envoy's configuration: `mcp_policy` in a new file.
    #[arg(long, value_name = "NAME")]
    pub(in crate::program) name: Option<String>,
    /// The name to which counters belong: `mcp_policy` in a new file. With another name they start at zero.
    #[arg(long, value_name = "ID")]
    pub(in crate::program) vm_id: Option<String>,
}

/// Envoy reads the format of a file from its name.
fn json_file(path: &str) -> Result<PathBuf, String> {
    let is_json = Path::new(path).extension().is_some_and(|end| end == "json");
    let path = is_json.then(|| path.into());
    path.ok_or_else(|| "the name must end in `.json`, from which Envoy reads the format".into())
}
