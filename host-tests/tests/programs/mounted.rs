//! Turns a folder into the root directory of a program, with the devices and processes of this machine, and a network that ends at
//! the program.
//!
//! It never needs to be root.

use std::path::Path;
use std::process::Command;

/// Mounts devices and processes, then runs the program in the folder; both are gone with it.
const ENTER: &str = r#"
ip link set lo up
for inner in dev proc; do mount --rbind "/$inner" "$1/$inner"; done
exec env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LANG=C.UTF-8 chroot "$@"
"#;

/// The command that runs a program of the folder in `/`.
pub(crate) fn within(folder: &Path, program: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args([
        "--map-root-user",
        "--mount",
        "--net",
        "--kill-child",
        "--fork",
    ]);
    command.args(["sh", "-euc", ENTER, "sh"]);
    command.arg(folder).arg(program);
    command
}
