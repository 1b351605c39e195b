//! `init`: turns a server's tools into a policy to begin with, and the cases that test it.
//!
//! It replaces no file unless it is told to.

use super::report::Report;
use super::source::Source;
use super::starter::{Options, Starter};
use crate::screen::{Ended, Ending, FAINT, Screen, Trouble};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Write a policy to begin with from a server's tools, and the cases that test it
///
/// Everything is denied but what was listed, with arguments as the server's schemas have them: reading is allowed, writing
/// 30 times a minute, executing 10 times, what destroys or is about money not at all. Look at it before you use it.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
    /// The policy's file; its cases go beside it, into NAME.case.json.
    #[arg(short, long, value_name = "POLICY", default_value = "policy.json")]
    output: PathBuf,
    #[command(flatten)]
    bounds: Bounds,
}

/// What only the operator knows.
#[derive(clap::Args)]
pub(crate) struct Bounds {
    /// In the policy: a directory below which paths may lead. May be given more than once.
    #[arg(long, value_name = "DIRECTORY")]
    root: Vec<String>,
    /// In the policy: a host to which URLs may lead, such as `example.com` or `*.example.com`. May be given more than once.
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// Replace the policy and its cases where they are there already.
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &Args, screen: &Screen) -> Ended {
    let starter = args.bounds.write(&args.source.report()?, &args.output)?;
    if screen.json {
        screen.print_json(&starter.notes)?;
    }
    Ok(Ending::Clean)
}

impl Bounds {
    /// Writes both files, and says what was left to the operator.
    pub(super) fn write(&self, report: &Report, file: &Path) -> Result<Starter, Trouble> {
        let options = Options {
            roots: self.root.clone(),
            hosts: self.host.clone(),
        };
        let starter = Starter::new(report, &options)?;
        let cases = file.with_extension("case.json");
        self.put(file, &starter.policy)?;
        let name = file.file_name().unwrap_or(file.as_os_str());
        self.put(&cases, &starter.case(&name.to_string_lossy())?)?;
        let mut said = format!("wrote {} and {}\n", file.display(), cases.display());
        for note in &starter.notes {
            let _ = writeln!(said, "{FAINT}-{FAINT:#} {note}");
        }
        Screen::warn(&said)?;
        Ok(starter)
    }

    fn put(&self, file: &Path, text: &str) -> Result<(), Trouble> {
        let mut options = OpenOptions::new();
        match self.force {
            true => options.write(true).create(true).truncate(true),
            false => options.write(true).create_new(true),
        };
        let written = options
            .open(file)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        let name = file.display();
        written.map_err(|error| {
            Trouble(match error.kind() {
                ErrorKind::AlreadyExists => {
                    format!("{name}: it is there already; --force replaces it")
                }
                _ => format!("{name}: {error}"),
            })
        })
    }
}
