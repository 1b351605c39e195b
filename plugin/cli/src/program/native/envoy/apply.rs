//! `envoy apply`: checks a policy, writes it into the file that Envoy reads, and waits until Envoy has taken or refused it.
//!
//! It never writes a policy that has a mistake, and leaves no refused policy in a file that held another one.

use super::admin::Admin;
use super::plugin_file::{former, replace};
use crate::check::{Options, check};
use crate::envoy::{
    Applied, ApplyReport, Delivery, PluginFile, Progress, Settings, Watch, refusals,
};
use crate::program::console::Console;
use crate::program::envoy::apply::Args;
use crate::program::native::network;
use crate::{CommandError, CommandResult, ExitStatus, Input, Report as _};
use std::path::Path;
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The time between two questions to an Envoy.
const PAUSE: Duration = Duration::from_millis(20);

/// The longest time for which Envoy keeps lines of a log file, unless `--file-flush-interval-msec` says otherwise, and one
/// second.
const FLUSH: Duration = Duration::from_secs(11);

pub(in crate::program) fn apply(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    let policy = console.read(&args.policy)?;
    let options = Options {
        now: Some(console.now()),
        // The file holds the setting of Envoy that this note asks for.
        allow: vec!["held-headers".into()],
        ..Options::default()
    };
    let checked = check(&policy, None, &options);
    if checked.status() != ExitStatus::Clean {
        return console.report(&checked);
    }
    if !console.json {
        console.print(checked.text())?;
    }
    let applied = network::run(applied(args, &policy, console));
    let report = applied.map_err(CommandError::new)??;
    console.report(&report)
}

/// A delivery at the present time.
fn delivery(console: Console<'_>) -> Delivery {
    let since = time::Duration::try_from(console.machine.now()).unwrap_or_default();
    let now = OffsetDateTime::UNIX_EPOCH.saturating_add(since);
    Delivery {
        version: now.format(&Rfc3339).unwrap_or_default(),
        nanos: now.nanosecond(),
    }
}

/// The beginning of a span of time.
#[expect(
    clippy::disallowed_methods,
    reason = "the program alone reads the clock"
)]
fn start() -> Instant {
    Instant::now()
}

/// A delivery, its file, and the Envoys that read it.
struct Delivered<'a> {
    args: &'a Args,
    console: Console<'a>,
    former: Option<Input>,
    file: PluginFile,
    delivery: Delivery,
    envoys: Vec<(Admin, Watch)>,
    /// The bytes of Envoy's log before the delivery.
    logged: usize,
    since: Instant,
}

async fn applied(args: &Args, policy: &Input, console: Console<'_>) -> CommandResult<ApplyReport> {
    let former = former(&args.file)?;
    let file = former.as_ref().map(PluginFile::read).transpose()?;
    let delivery = delivery(console);
    let file = file
        .unwrap_or_default()
        .with(&text(policy)?, &settings(args), &delivery);
    warn_of_missing(&file, console)?;
    let delivered = Delivered {
        envoys: envoys(args, file.name(), &delivery).await?,
        logged: logged(args, console)?.len(),
        since: start(),
        args,
        console,
        former,
        file,
        delivery,
    };
    replace(&args.file, delivered.file.text().as_bytes())?;
    let envoys = delivered.wait().await?;
    delivered.settle(envoys)
}

/// Envoy may run on another machine or in a container, so a path that is missing here is no error.
fn warn_of_missing(file: &PluginFile, console: Console<'_>) -> CommandResult<()> {
    match file.wasm().filter(|wasm| !Path::new(wasm).exists()) {
        Some(wasm) => console.warn(format_args!(
            "{wasm} does not exist on this machine; where Envoy runs, the module must be there (`--wasm` names another path)\n"
        )),
        None => Ok(()),
    }
}

fn text(policy: &Input) -> CommandResult<String> {
    let text = String::from_utf8(policy.bytes.clone());
    text.map_err(|error| CommandError::about(&policy.name, error))
}

fn settings(args: &Args) -> Settings {
    Settings {
        name: args.name.clone(),
        wasm: args.wasm.clone(),
        vm_id: args.vm_id.clone(),
    }
}

async fn envoys(
    args: &Args,
    filter: &str,
    delivery: &Delivery,
) -> CommandResult<Vec<(Admin, Watch)>> {
    let mut envoys = Vec::new();
    for url in args.admin.iter().filter(|_| !args.no_wait) {
        let admin = Admin::new(url)?;
        let before = admin.discovery(filter).await?;
        envoys.push((admin, Watch::new(before, &delivery.version)));
    }
    Ok(envoys)
}

/// Envoy's log, if the user names it.
fn logged(args: &Args, console: Console<'_>) -> CommandResult<Vec<u8>> {
    let log = args
        .log
        .as_deref()
        .map(|path| console.read(path))
        .transpose()?;
    Ok(log.map(|log| log.bytes).unwrap_or_default())
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
            let log = logged(self.args, self.console)?;
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
