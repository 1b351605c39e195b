//! Turns a growing file into its new lines, also after it was rotated or truncated.
//!
//! It never ends by itself.

use crate::program::lines::Lines;
use std::fs::{File, Metadata};
use std::io::{BufReader, Result, Seek as _, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

/// The time between two looks at the file.
const PAUSE: Duration = Duration::from_millis(200);

/// Hands over each line that is written from now on, until it is told to stop.
///
/// # Errors
/// When the file cannot be read, and when it does not exist at the beginning.
pub(in crate::program) fn follow(
    path: &Path,
    longest: usize,
    mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<()> {
    let mut tail = Tail::open(path, longest)?;
    tail.file.seek(SeekFrom::End(0))?;
    while tail.read(&mut each)?.is_continue() {
        std::thread::sleep(PAUSE);
        // Between two steps of a rotation the file is missing.
        if tail.is_replaced(path)
            && let Ok(next) = Tail::open(path, longest)
        {
            if tail.read(&mut each)?.is_break() || tail.lines.end(&mut each).is_break() {
                break;
            }
            tail = next;
        }
    }
    Ok(())
}

struct Tail {
    file: BufReader<File>,
    lines: Lines,
}

impl Tail {
    fn open(path: &Path, longest: usize) -> Result<Self> {
        Ok(Self {
            file: BufReader::new(File::open(path)?),
            lines: Lines::new(longest),
        })
    }

    fn read(&mut self, each: &mut impl FnMut(&[u8]) -> ControlFlow<()>) -> Result<ControlFlow<()>> {
        let length = self.file.get_ref().metadata()?.len();
        if self.file.stream_position()? > length {
            self.file.seek(SeekFrom::Start(0))?;
            self.lines.forget();
        }
        self.lines.read(&mut self.file, each)
    }

    /// Whether the path names another file than the one that is open, and something is in it: until then the log may still be
    /// written to the open one.
    fn is_replaced(&self, path: &Path) -> bool {
        let open = self.file.get_ref().metadata().map(|file| identity(&file));
        let named = std::fs::metadata(path).map(|file| (file.len() > 0, identity(&file)));
        matches!((open, named), (Ok(open), Ok((true, named))) if open != named)
    }
}

#[cfg(unix)]
fn identity(file: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (file.dev(), file.ino())
}

/// Without an identity, a rotated file is seen by its length alone.
#[cfg(not(unix))]
fn identity(_file: &Metadata) {}
