//! Turns what `make build`, `make package` and `make binaries` leave into the files of a release.
//!
//! It compiles nothing, signs nothing and publishes nothing. The same inputs make the same bytes on every machine.

mod archive;
mod bom;
mod debian;
mod materials;
mod object;
mod oci;
mod stamp;
mod sums;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result};
use archive::Entry;
use materials::Materials;
use stamp::{Time, VERSION};
use std::fs;
use std::path::Path;

/// The modules, whose names stay the same from release to release, so that a link to the latest one does.
const MODULES: [&str; 3] = [
    "mcp-policy.wasm",
    "mcp-policy.debug.wasm",
    "mcp-policy.component.wasm",
];

/// The processors of Linux: cargo's name, and Debian's.
const LINUX: [(&str, &str); 2] = [("x86_64", "amd64"), ("aarch64", "arm64")];

/// Writes the files of a release into `to`, beside those that are there, from the folder of built things. `time` is in seconds
/// since 1970, and stands in each file that has a time.
///
/// # Errors
/// When something is not built, or a file cannot be written.
pub(crate) fn write(root: &Path, dist: &Path, to: &Path, time: u64) -> Result<()> {
    let time = Time(time);
    let materials = Materials::read(root, dist)?;
    for module in MODULES {
        fs::copy(dist.join(module), to.join(module)).with_context(|| missing(dist, module))?;
    }
    for (name, text) in materials.pages() {
        put(to, name, text)?;
    }
    for wheel in materials::wheels(dist)? {
        let name = wheel.file_name().context("a wheel without a name")?;
        fs::copy(&wheel, to.join(name)).with_context(|| wheel.display().to_string())?;
    }
    programs(&materials, dist, to, time)?;
    let bill = bom::bill(&crate::notices::crates(root)?, time)?;
    put(
        to,
        &format!("mcp-policy-{VERSION}.cdx.json"),
        bill.as_bytes(),
    )?;
    let module = read(dist, "mcp-policy.wasm")?;
    let layout = oci::layout(&module, time)?;
    put(
        to,
        &format!("mcp-policy-{VERSION}.oci.tar"),
        &archive::tar(layout, time)?,
    )?;
    sums::write(to)
}

/// The tool for each system: an archive, and for each kind of Linux also a package of Debian.
fn programs(materials: &Materials, dist: &Path, to: &Path, time: Time) -> Result<()> {
    let module = read(dist, "mcp-policy.wasm")?;
    for (processor, architecture) in LINUX {
        let target = format!("{processor}-unknown-linux-musl");
        let program = read(dist, &format!("bin/mcp-policy-{target}"))?;
        let package = debian::package(materials, &program, &module, architecture, time)?;
        put(
            to,
            &format!("mcp-policy_{VERSION}_{architecture}.deb"),
            &package,
        )?;
        let folder = format!("mcp-policy-{VERSION}-{target}");
        let files = materials.beside(Entry::program("mcp-policy", program), &folder);
        let packed = archive::gzip(&archive::tar(files, time)?)?;
        put(to, &format!("{folder}.tar.gz"), &packed)?;
    }
    let target = "x86_64-pc-windows-gnu";
    let program = read(dist, &format!("bin/mcp-policy-{target}.exe"))?;
    let folder = format!("mcp-policy-{VERSION}-{target}");
    let files = materials.beside(Entry::program("mcp-policy.exe", program), &folder);
    put(to, &format!("{folder}.zip"), &archive::zip(files)?)
}

fn read(dist: &Path, name: &str) -> Result<Vec<u8>> {
    fs::read(dist.join(name)).with_context(|| missing(dist, name))
}

fn missing(dist: &Path, name: &str) -> String {
    format!(
        "{} is missing; `make dist` builds it",
        dist.join(name).display()
    )
}

fn put(to: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    fs::write(to.join(name), bytes).with_context(|| to.join(name).display().to_string())
}
