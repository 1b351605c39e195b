//! Turns the tool and the gateway's module into a package of Debian: one archive of three, and no script that root would run.
//!
//! It needs no program of Debian, so that the package is the same wherever it is made.

use super::archive::{Entry, gzip, tar};
use super::materials::Materials;
use super::stamp::{Time, VERSION};
use anyhow::Result;
use std::fmt::Write as _;

/// The file that each package of Debian must have.
const COPYRIGHT: &str = "\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: mcp-policy

Files: *
Copyright: the authors of mcp-policy
License: Apache-2.0
 The text is in /usr/share/common-licenses/Apache-2.0, and in the file LICENSE beside this one. The crates in the program have
 licences of their own, in THIRD_PARTY.md.gz beside this file; those in the module are in THIRD_PARTY-module.md.gz.
";

/// The package for an architecture, by Debian's name.
///
/// # Errors
/// When a script for a shell is missing.
pub(super) fn package(
    materials: &Materials,
    program: &[u8],
    module: &[u8],
    architecture: &str,
    time: Time,
) -> Result<Vec<u8>> {
    let files = files(materials, program, module)?;
    let control = Entry::file("control", control(&files, architecture));
    let parts = [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.gz", gzip(&tar(vec![control], time)?)?),
        ("data.tar.gz", gzip(&tar(files, time)?)?),
    ];
    let mut package = b"!<arch>\n".to_vec();
    for (name, bytes) in parts {
        package.extend(member(name, bytes.len(), time).into_bytes());
        package.extend(&bytes);
        // Each part begins at an even place.
        package.resize(package.len().next_multiple_of(2), b'\n');
    }
    Ok(package)
}

/// The line before a part: the name, the time, the owner, the group, the permissions and the size.
fn member(name: &str, size: usize, Time(time): Time) -> String {
    format!(
        "{name:<16}{time:<12}{0:<6}{0:<6}{1:<8}{size:<10}`\n",
        0, "100644"
    )
}

fn files(materials: &Materials, program: &[u8], module: &[u8]) -> Result<Vec<Entry>> {
    let page = |name: &str, text: &[u8]| -> Result<Entry> {
        let path = format!("usr/share/doc/mcp-policy/{name}.gz");
        Ok(Entry::file(path, gzip(text)?))
    };
    let mut files = vec![
        Entry::program("usr/bin/mcp-policy", program),
        Entry::file("usr/lib/mcp-policy/mcp-policy.wasm", module),
        Entry::file("usr/share/doc/mcp-policy/copyright", COPYRIGHT),
        Entry::file(
            "usr/share/doc/mcp-policy/LICENSE",
            materials.licence.clone(),
        ),
        page("THIRD_PARTY.md", &materials.tool)?,
        page("THIRD_PARTY-module.md", &materials.modules)?,
        page("changelog", &materials.changes)?,
    ];
    for (script, path) in [
        ("mcp-policy.bash", "bash-completion/completions/mcp-policy"),
        ("_mcp-policy", "zsh/vendor-completions/_mcp-policy"),
        (
            "mcp-policy.fish",
            "fish/vendor_completions.d/mcp-policy.fish",
        ),
    ] {
        let script = materials.completion(script)?;
        files.push(Entry::file(format!("usr/share/{path}"), script));
    }
    Ok(files)
}

fn control(files: &[Entry], architecture: &str) -> String {
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    let mut control = String::new();
    for (field, value) in [
        ("Package", "mcp-policy"),
        ("Version", VERSION),
        ("Architecture", architecture),
        ("Maintainer", "the authors of mcp-policy"),
        ("Installed-Size", &bytes.div_ceil(1024).to_string()),
        ("Section", "net"),
        ("Priority", "optional"),
        (
            "Description",
            "policies in front of MCP tool calls\n The module for Envoy, in /usr/lib/mcp-policy, and the command line tool that checks,\n tests, explains and imports policies and writes Envoy's configuration.",
        ),
    ] {
        let _ = writeln!(control, "{field}: {value}");
    }
    control
}
