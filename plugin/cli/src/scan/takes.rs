//! Turns a parameter into what it takes: a path, a URL, something that is run, a secret.
//!
//! It goes by names, descriptions and types; no value is ever seen.

use super::schema::{Parameter, Texts};
use super::signals::Kind;

/// What a parameter takes; see `starter` for what a policy can do about it.
pub(crate) fn kinds(
    parameter: &Parameter,
    beside: &[Parameter],
    about: &str,
) -> Vec<(Kind, &'static str)> {
    let mut kinds = Vec::new();
    if let Some(what) = runs(parameter, about) {
        kinds.push(match what {
            SQL => (Kind::Sql, SQL),
            CODE => (Kind::Code, CODE),
            what => (Kind::Command, what),
        });
    }
    let seen = [
        (
            is_path(parameter, beside, about),
            (Kind::Path, "file system path"),
        ),
        (is_url(parameter), (Kind::Url, "URL")),
        (is_secret(parameter), (Kind::Credentials, "credentials")),
        (
            is_environment(parameter),
            (Kind::Environment, "environment variables"),
        ),
        (
            is_recipient(parameter, about),
            (Kind::Recipient, "recipient"),
        ),
        (parameter.free_form, (Kind::FreeForm, "free-form object")),
    ];
    kinds.extend(seen.into_iter().filter(|(is, _)| *is).map(|(_, kind)| kind));
    kinds
}

const SQL: &str = "SQL";
const CODE: &str = "free-form code";
const COMMAND: &str = "free-form command";
const WORKLOAD: &str = "workload";

impl Parameter {
    fn last(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }

    fn first(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    fn has(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| words.contains(&word.as_str()))
    }

    fn only(&self, words: &[&str]) -> bool {
        matches!(self.words.as_slice(), [word] if words.contains(&word.as_str()))
    }

    fn takes_text(&self) -> bool {
        self.texts != Texts::None && self.choices.is_empty()
    }

    fn says(&self, words: &[&str]) -> bool {
        contains_word(&self.description, words)
    }
}

/// Whether one of the words is in the text, as it is written here.
fn contains_word(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .any(|word| words.contains(&word))
}

/// What the parameter takes that is then run; `None` where it takes nothing of the kind.
pub(crate) fn runs(parameter: &Parameter, about: &str) -> Option<&'static str> {
    const SPEAKS_SQL: &[&str] = &[
        "SQL",
        "sql",
        "SELECT",
        "INSERT",
        "DELETE",
        "PostgreSQL",
        "MySQL",
        "SQLite",
        "DuckDB",
    ];
    const LANGUAGES: &[&str] = &[
        "JavaScript",
        "javascript",
        "Python",
        "python",
        "TypeScript",
        "code",
        "script",
    ];
    if !parameter.takes_text() {
        return None;
    }
    if parameter.has(&["sql"]) {
        return Some(SQL);
    }
    let query = parameter.only(&["query", "queries", "statement", "statements", "q"]);
    if query && (parameter.says(SPEAKS_SQL) || contains_word(about, SPEAKS_SQL)) {
        return Some(SQL);
    }
    let code = matches!(
        parameter.last(),
        "script" | "scripts" | "javascript" | "js" | "python"
    ) || parameter.only(&["code"])
        || parameter.last() == "code"
            && parameter.has(&["source", "python", "js", "javascript", "user"])
        || parameter.only(&["function", "expression", "snippet", "source"])
            && (parameter.says(LANGUAGES) || contains_word(about, LANGUAGES));
    if code {
        return Some(CODE);
    }
    let command = matches!(
        parameter.last(),
        "command" | "commands" | "cmd" | "cmds" | "shell" | "argv"
    ) || parameter.only(&["cmdline", "commandline"]);
    if command {
        return Some(COMMAND);
    }
    parameter
        .only(&["manifest", "chart", "playbook", "dockerfile"])
        .then_some(WORKLOAD)
}

/// Whether a result is put into a file that the caller names.
pub(crate) fn stores(parameter: &Parameter) -> bool {
    const NAMES: &[&str] = &[
        "file",
        "filename",
        "filepath",
        "path",
        "dir",
        "directory",
        "output",
        "out",
        "destination",
    ];
    const STORES: [&str; 10] = [
        "save", "saves", "saved", "saving", "write", "written", "store", "stored", "output",
        "export",
    ];
    if !parameter.takes_text() || !parameter.has(NAMES) {
        return false;
    }
    let words = super::words::of_sentence(&parameter.description);
    let stores = words.iter().any(|word| STORES.contains(&word.as_str()));
    stores || matches!(parameter.first(), "output" | "out" | "destination")
}

fn is_path(parameter: &Parameter, beside: &[Parameter], about: &str) -> bool {
    const NAMES: &[&str] = &[
        "path",
        "paths",
        "file",
        "files",
        "filename",
        "filenames",
        "filepath",
        "filepaths",
        "dir",
        "dirs",
        "directory",
        "directories",
        "folder",
        "folders",
        "cwd",
        "workdir",
        "interpreter",
    ];
    // What is called so is a path only where the tool is about files.
    const ENDS: &[&str] = &[
        "source",
        "destination",
        "src",
        "dst",
        "dest",
        "from",
        "to",
        "target",
        "location",
        "output",
        "input",
        "old",
        "new",
    ];
    const FILES: &[&str] = &[
        "file",
        "files",
        "File",
        "Files",
        "directory",
        "directories",
        "folder",
        "folders",
    ];
    const OTHERWISE: &[&str] = &["JSON", "JSONPath", "jsonpath", "XPath", "dot"];
    let about_files = || contains_word(&about.replace('_', " "), FILES);
    let named = NAMES.contains(&parameter.last())
        || parameter.only(&["root", "workspace"])
        || parameter.has(&["path", "filepath", "directory"]) && parameter.last() != "type"
        || described_as_path(&parameter.description)
        || parameter.only(ENDS) && about_files();
    let elsewhere = parameter.says(OTHERWISE)
        || parameter.has(&["json", "url", "mime", "content", "id", "ids"])
        || about.contains("JSON path")
        || in_a_repository(parameter, beside);
    named && parameter.takes_text() && !elsewhere
}

/// `Absolute path to …`, `The directory in which …`.
fn described_as_path(description: &str) -> bool {
    const BEFORE: [&str; 12] = [
        "the",
        "an",
        "a",
        "optional",
        "absolute",
        "relative",
        "full",
        "local",
        "file",
        "filesystem",
        "system",
        "folder",
    ];
    let words = super::words::of_sentence(description);
    let mut words = words.iter().map(String::as_str);
    let first = words.find(|word| !BEFORE.contains(word));
    matches!(first, Some("path" | "paths" | "filepath" | "directory"))
}

/// Beside the owner and the name of a repository, `path` leads into that.
fn in_a_repository(parameter: &Parameter, beside: &[Parameter]) -> bool {
    let has = |words: &[&str]| beside.iter().any(|one| one.words == words);
    let repository = has(&["owner"]) && has(&["repo"]) || has(&["project", "id"]);
    repository
        && parameter.last() == "path"
        && !parameter.says(&["local", "Local", "absolute", "Absolute"])
}

fn is_url(parameter: &Parameter) -> bool {
    const NAMES: &[&str] = &["url", "urls", "uri", "uris", "endpoint", "webhook", "href"];
    let named = NAMES.contains(&parameter.last()) || parameter.uri;
    named && parameter.takes_text()
}

fn is_secret(parameter: &Parameter) -> bool {
    const NAMES: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "secret",
        "credential",
        "credentials",
        "apikey",
        "authorization",
    ];
    let joined = parameter.words.join(" ");
    let phrase = [
        "api key",
        "private key",
        "access key",
        "secret key",
        "connection string",
        "access token",
        "auth token",
        "bearer token",
    ];
    let token = parameter.only(&["token"]);
    let named = parameter.has(NAMES) || phrase.iter().any(|phrase| joined.ends_with(phrase));
    (named || token) && parameter.texts != Texts::None && parameter.choices.is_empty()
}

fn is_environment(parameter: &Parameter) -> bool {
    parameter.only(&["env", "environ"]) && parameter.choices.is_empty()
        || parameter.words.join(" ").ends_with("environment variables")
}

fn is_recipient(parameter: &Parameter, about: &str) -> bool {
    const NAMES: &[&str] = &[
        "cc",
        "bcc",
        "recipient",
        "recipients",
        "email",
        "emails",
        "phone",
    ];
    const SENDS: &[&str] = &[
        "send", "sends", "Send", "Sends", "mail", "email", "Email", "message", "SMS",
    ];
    let addressed = || contains_word(&about.replace('_', " "), SENDS);
    let named = NAMES.contains(&parameter.last()) || parameter.only(&["to"]) && addressed();
    parameter.takes_text() && named
}
