//! The build program: turns one subcommand into one step of the build that neither cargo nor `make` can do.
//!
//! It is never part of a release.

mod bindgen;
mod exports;
mod notices;
mod release;
mod structure;
mod wording;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Does the steps of the build that neither cargo nor make can do.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes the files of the JavaScript package that are made from its module
    Bindgen {
        /// The module, as cargo leaves it
        module: PathBuf,
        /// The folder of the package
        folder: PathBuf,
    },
    /// Writes the files of the JavaScript package that are made from the module of its command line
    BindgenTool {
        /// The module, as cargo leaves it
        module: PathBuf,
        /// The folder of the package
        folder: PathBuf,
    },
    /// Removes from the plugin's module the callbacks that it leaves at their defaults
    Exports {
        /// The module, as cargo leaves it
        module: PathBuf,
        /// The file to write
        to: PathBuf,
        /// The file to write with the names of functions
        named: PathBuf,
    },
    /// Writes the third-party notices, plugin/THIRD_PARTY.md
    Notices {
        /// Only checks that the list of crates is up to date
        #[arg(long)]
        check: bool,
    },
    /// Writes the files of a release from what is built
    Release {
        /// The folder of built modules and programs
        dist: PathBuf,
        /// The folder to write into
        to: PathBuf,
        /// The time in the files, in seconds since 1970
        #[arg(long)]
        time: u64,
    },
    /// Checks imports, layers, and the lengths of functions and files, in every crate of the workspace
    Structure,
    /// Counts turns of phrase to avoid, in comments and Markdown
    Wording {
        /// Lists the files with the most turns, as a failure does
        #[arg(long)]
        worst: bool,
    },
}

fn main() -> Result<ExitCode> {
    match Arguments::parse().command {
        Command::Bindgen { module, folder } => {
            bindgen::package(&module, &folder)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::BindgenTool { module, folder } => {
            bindgen::tool(&module, &folder)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Exports { module, to, named } => {
            exports::keep_called(&module, &to, &named)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Notices { check } => {
            let root = Path::new(".");
            if check {
                notices::check(root)?
            } else {
                notices::write(root)?
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Release { dist, to, time } => {
            release::write(Path::new("."), &dist, &to, time)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Structure => structure(),
        Command::Wording { worst } => wording(worst),
    }
}

fn structure() -> Result<ExitCode> {
    let report = structure::check(Path::new("."))?;
    print!("{report}");
    Ok(exit_code(report.passes()))
}

fn wording(worst: bool) -> Result<ExitCode> {
    let report = wording::check(Path::new("."))?;
    print!("{report}");
    if worst || !report.passes() {
        print!("{}", report.worst());
    }
    Ok(exit_code(report.passes()))
}

fn exit_code(passes: bool) -> ExitCode {
    if passes {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
