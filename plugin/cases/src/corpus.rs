//! The files of cases in a folder: finds them, reads them, and writes expectations into them.
//!
//! An invalid file is an error, never skipped.

use crate::caller::CallerFacts;
use crate::case::Case;
use crate::expectation::Expectation;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A policy in a file of its own, for several cases and for copying.
const POLICY: &str = "policy.json";

/// Reads the case in a file under `root`.
///
/// # Errors
/// A sentence with the file's name.
pub fn read(path: &Path, root: &Path) -> Result<Case, String> {
    let name = path.strip_prefix(root).unwrap_or(path);
    let name = name.display().to_string();
    let folder = path.parent().unwrap_or(root);
    std::fs::read_to_string(path)
        .map_err(|error| error.to_string())
        .and_then(|text| parse(&name, &text, folder))
        .map_err(|error| format!("{name}: {error}"))
}

/// Reads a case's text. A policy's file that it names is looked for in `folder`.
///
/// # Errors
/// A sentence that says why the file is invalid.
pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Case, String> {
    parse_as(name, text, folder, &CallerFacts::default())
}

/// Reads a case's text like [`parse`]. `caller` makes each request whose caller the case does not state.
///
/// # Errors
/// A sentence that says why the file is invalid, or what the policy has no caller for.
pub fn parse_as(
    name: &str,
    text: &str,
    folder: &Path,
    caller: &CallerFacts,
) -> Result<Case, String> {
    let policy = |file: &str| {
        let text = std::fs::read_to_string(folder.join(file));
        text.map_err(|error| error.to_string())
    };
    Case::parse_as(name, text, caller, policy)
}

/// Every case under `root`, in the order of their names.
///
/// # Errors
/// One line for each invalid file.
pub fn corpus(root: &Path) -> Result<Vec<Case>, Vec<String>> {
    let files = files(root).map_err(|error| vec![format!("{}: {error}", root.display())])?;
    let (cases, errors): (Vec<_>, Vec<_>) = files
        .iter()
        .map(|file| read(file, root))
        .partition(Result::is_ok);
    let errors: Vec<_> = errors.into_iter().filter_map(Result::err).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    if cases.is_empty() {
        return Err(vec![format!("{}: there is no case in it", root.display())]);
    }
    Ok(cases.into_iter().filter_map(Result::ok).collect())
}

/// Every file under `root` that must be a case, in the order of their names.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    files_in(root, &Disk)
}

/// Folders, on a disk or elsewhere.
pub trait Folders {
    /// The paths in a folder.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn list(&self, folder: &Path) -> std::io::Result<Vec<PathBuf>>;

    /// Whether a path names a folder.
    fn is_folder(&self, path: &Path) -> bool;
}

/// The folders of the operating system.
struct Disk;

impl Folders for Disk {
    fn list(&self, folder: &Path) -> std::io::Result<Vec<PathBuf>> {
        std::fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect()
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.is_dir()
    }
}

/// Every file under `root` that must be a case, in the order of their names, in these folders.
///
/// # Errors
/// When a folder cannot be read.
pub fn files_in(root: &Path, folders: &impl Folders) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    find(root, folders, &mut files)?;
    files.sort();
    Ok(files)
}

fn find(folder: &Path, folders: &impl Folders, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for path in folders.list(folder)? {
        if folders.is_folder(&path) {
            find(&path, folders, files)?;
        } else if is_case(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file must be a case. A `policy.json` is a policy, which cases name as their `policy_file`; a
/// `.schema.json` is for editors.
fn is_case(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "json")
        && path
            .file_name()
            .is_some_and(|name| name != POLICY && !is_schema(name))
}

fn is_schema(name: &OsStr) -> bool {
    name.to_string_lossy().ends_with(".schema.json")
}

/// Writes the observations into the case's file as its expectations.
///
/// # Errors
/// When the file cannot be read or written.
pub fn bless(
    root: &Path,
    case: &Case,
    seen: &Result<Vec<Expectation>, Vec<String>>,
) -> std::io::Result<()> {
    let path = root.join(&case.name);
    match blessed(&std::fs::read_to_string(&path)?, seen)? {
        Some(text) => std::fs::write(path, text),
        None => Ok(()),
    }
}

/// A case's text with the observations as its expectations; `None` where they are its expectations already.
///
/// # Errors
/// When the text is not JSON.
pub fn blessed(
    text: &str,
    seen: &Result<Vec<Expectation>, Vec<String>>,
) -> serde_json::Result<Option<String>> {
    let before: Value = serde_json::from_str(text)?;
    let mut file = before.clone();
    match seen {
        Err(lines) => put(&mut file, "refused", json!(lines)),
        Ok(seen) => {
            let steps = file.get_mut("steps").and_then(Value::as_array_mut);
            for (step, seen) in steps.into_iter().flatten().zip(seen) {
                put(step, "expect", seen.expectation());
            }
        }
    }
    let text = |file| Ok(serde_json::to_string_pretty(file)? + "\n");
    (file != before).then(|| text(&file)).transpose()
}

fn put(object: &mut Value, key: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(key.into(), value);
    }
}
