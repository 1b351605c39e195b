//! `envoy apply`: checks a policy, writes it into the file that Envoy reads, and waits until Envoy has taken or refused it.
//!
//! It never writes a policy that has a mistake, and leaves no refused policy in a file that held another one.

use super::admin::Admin;
use super::plugin_file::{former, replace};
use crate::program::clock;
use crate::program::input;
use crate::program::network;
use crate::program::output::Output;
use mcp_policy_cli::check::{Options, check};
use mcp_policy_cli::envoy::{
    Applied, ApplyReport, Delivery, PluginFile, Progress, Settings, Watch, refusals,
};
use mcp_policy_cli::{CommandError, CommandResult, ExitStatus, Input, Report as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The time between two questions to an Envoy.
const PAUSE: Duration = Duration::from_millis(20);

/// The longest time for which Envoy keeps lines of a log file, unless `--file-flush-interval-msec` says otherwise, and one
/// second.
const FLUSH: Duration = Duration::from_secs(11);

/// Put a policy in force: check it, write it for Envoy, and wait until Envoy has taken it
///
/// Envoy reads the plugin's configuration from a file, as `envoy-ecds.yaml` says, or from a control plane that hands on this
/// file. Exits with 1 if the policy has a mistake or Envoy refuses it; then the former policy stays in force, and the file
/// holds it again.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The policy; `-` is the standard input.
    policy: PathBuf,
    /// The file that Envoy reads. Its settings stay, beside those that are given here.
    #[arg(short, long, value_name = "FILE", default_value = "/etc/envoy/mcp-policy/plugin.json", value_parser = json_file)]
    file: PathBuf,
    /// The admin interface of an Envoy that reads the file. May be given several times.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9901")]
    admin: Vec<String>,
    /// Ask no Envoy whether it has taken the policy.
    #[arg(long, conflicts_with_all = ["admin", "log", "timeout"])]
    no_wait: bool,
    /// The log of the Envoy, which says why it refuses a policy.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// The longest time to wait, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// The module's path where Envoy runs: `/etc/envoy/mcp-policy.wasm` in a new file.
    #[arg(long, value_name = "PATH")]
    wasm: Option<String>,
    /// The name of the filter in Envoy's configuration: `mcp_policy` in a new file.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The name to which counters belong: `mcp_policy` in a new file. With another name they start at zero.
    #[arg(long, value_name = "ID")]
    vm_id: Option<String>,
}

/// Envoy reads the format of a file from its name.
fn json_file(path: &str) -> Result<PathBuf, String> {
    let is_json = Path::new(path).extension().is_some_and(|end| end == "json");
    let path = is_json.then(|| path.into());
    path.ok_or_else(|| "the name must end in `.json`, from which Envoy reads the format".into())
}

pub(crate) fn run(args: &Args, output: Output) -> CommandResult<ExitStatus> {
    let policy = input::read(&args.policy)?;
    let options = Options {
        now: Some(clock::now()),
        // The file holds the setting of Envoy that this note asks for.
        allow: vec!["held-headers".into()],
        ..Options::default()
    };
    let checked = check(&policy, None, &options);
    if checked.status() != ExitStatus::Clean {
        return output.report(&checked);
    }
    if !output.json {
        output.print(checked.text())?;
    }
    let applied = network::run(applied(args, &policy, output));
    let report = applied.map_err(CommandError::new)??;
    output.report(&report)
}

/// A delivery, its file, and the Envoys that read it.
struct Delivered<'a> {
    args: &'a Args,
    former: Option<Input>,
    file: PluginFile,
    delivery: Delivery,
    envoys: Vec<(Admin, Watch)>,
    /// The bytes of Envoy's log before the delivery.
    logged: usize,
    since: Instant,
}

async fn applied(args: &Args, policy: &Input, output: Output) -> CommandResult<ApplyReport> {
    let former = former(&args.file)?;
    let file = former.as_ref().map(PluginFile::read).transpose()?;
    let delivery = clock::delivery();
    let file = file
        .unwrap_or_default()
        .with(&text(policy)?, &args.settings(), &delivery);
    warn_of_missing(&file, output)?;
    let delivered = Delivered {
        envoys: args.envoys(file.name(), &delivery).await?,
        logged: args.logged()?.len(),
        since: clock::start(),
        args,
        former,
        file,
        delivery,
    };
    replace(&args.file, delivered.file.text().as_bytes())?;
    let envoys = delivered.wait().await?;
    delivered.settle(envoys)
}

/// Envoy may run on another machine or in a container, so a path that is missing here is no error.
fn warn_of_missing(file: &PluginFile, output: Output) -> CommandResult<()> {
    match file.wasm().filter(|wasm| !Path::new(wasm).exists()) {
        Some(wasm) => output.warn(format_args!(
            "{wasm} does not exist on this machine; where Envoy runs, the module must be there (`--wasm` names another path)\n"
        )),
        None => Ok(()),
    }
}

fn text(policy: &Input) -> CommandResult<String> {
    let text = String::from_utf8(policy.bytes.clone());
    text.map_err(|error| CommandError::about(&policy.name, error))
}

impl Args {
    fn settings(&self) -> Settings {
        Settings {
            name: self.name.clone(),
            wasm: self.wasm.clone(),
            vm_id: self.vm_id.clone(),
        }
    }

    async fn envoys(
        &self,
        filter: &str,
        delivery: &Delivery,
    ) -> CommandResult<Vec<(Admin, Watch)>> {
        let mut envoys = Vec::new();
        for url in self.admin.iter().filter(|_| !self.no_wait) {
            let admin = Admin::new(url)?;
            let before = admin.discovery(filter).await?;
            envoys.push((admin, Watch::new(before, &delivery.version)));
        }
        Ok(envoys)
    }

    /// Envoy's log, if the user names it.
    fn logged(&self) -> CommandResult<Vec<u8>> {
        let log = self.log.as_deref().map(input::read).transpose()?;
        Ok(log.map(|log| log.bytes).unwrap_or_default())
    }
}

impl Delivered<'_> {
    /// Waits until each Envoy has taken or refused the policy.
    async fn wait(&self) -> CommandResult<Vec<Applied>> {
        let mut envoys = Vec::new();
        for (admin, watch) in &self.envoys {
            let (progress, after) = self.decided(admin, watch).await?;
            let refusals = match progress {
                Progress::Refused => self.refusals().await?,
                Progress::InForce | Progress::Waiting => Vec::new(),
            };
            envoys.push(Applied::new(&admin.name(), progress, after, refusals));
        }
        Ok(envoys)
    }

    async fn decided(&self, admin: &Admin, watch: &Watch) -> CommandResult<(Progress, u64)> {
        loop {
            let now = admin.discovery(self.file.name()).await?;
            let progress = watch.progress(&now);
            let after = self.since.elapsed();
            if progress != Progress::Waiting {
                return Ok((
                    progress,
                    u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
                ));
            }
            if after >= Duration::from_secs(self.args.timeout) {
                return Err(self.unread(admin));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn unread(&self, admin: &Admin) -> CommandError {
        let (file, seconds) = (self.args.file.display(), self.args.timeout);
        CommandError::about(
            admin.name(),
            format_args!(
                "it has not read {file} after {seconds} seconds; its configuration must name this file, and its folder as `watched_directory`. The file holds the new policy, which Envoy reads with its next start"
            ),
        )
    }

    /// What Envoy has written to its log since the delivery, once it is there.
    async fn refusals(&self) -> CommandResult<Vec<String>> {
        let end = self.since.elapsed().saturating_add(FLUSH);
        loop {
            let log = self.args.logged()?;
            let new = log.get(self.logged..).unwrap_or(&log);
            let words = refusals(&String::from_utf8_lossy(new));
            if !words.is_empty() || self.args.log.is_none() || self.since.elapsed() >= end {
                return Ok(words);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Writes the former file back where an Envoy refused the new one: that Envoy would start without a policy.
    fn settle(self, envoys: Vec<Applied>) -> CommandResult<ApplyReport> {
        let is_refused = envoys.iter().any(|envoy| !envoy.in_force);
        let former = self.former.filter(|_| is_refused);
        if let Some(former) = &former {
            replace(&self.args.file, &former.bytes)?;
        }
        Ok(ApplyReport {
            file: self.args.file.display().to_string(),
            version: self.delivery.version,
            envoys,
            restored: former.is_some(),
        })
    }
}
