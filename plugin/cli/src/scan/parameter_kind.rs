//! Turns a parameter into the kinds of value that it accepts: a path, a URL, SQL, code, a secret.
//!
//! It never sees a value: it reads names, descriptions and types.

use super::parameter::{Parameter, Texts};
use super::signal::Kind;
use super::tokenize::words_of_sentence;
use super::vocabulary::is_in;

/// Texts that a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runnable {
    Sql,
    Code,
    Command,
    /// A definition of something to run, such as a manifest.
    Workload,
}

/// Every kind that a parameter accepts, with its name. `beside` are the tool's parameters, `about` is the tool's prose.
pub(crate) fn kinds(
    parameter: &Parameter,
    beside: &[Parameter],
    about: &str,
) -> Vec<(Kind, &'static str)> {
    let runs = runs(parameter, about).map(|runs| (runs.kind(), runs.name()));
    let path = is_path(parameter, beside, about);
    let environment = is_environment(parameter);
    let recipient = is_recipient(parameter, about);
    let others = [
        (path, Kind::Path, "file system path"),
        (is_url(parameter), Kind::Url, "URL"),
        (is_secret(parameter), Kind::Credentials, "credentials"),
        (environment, Kind::Environment, "environment variables"),
        (recipient, Kind::Recipient, "recipient"),
        (parameter.free_form, Kind::FreeForm, "free-form object"),
    ];
    let others = others.into_iter().filter(|(is_one, ..)| *is_one);
    runs.into_iter()
        .chain(others.map(|(_, kind, name)| (kind, name)))
        .collect()
}

impl Runnable {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sql => "SQL",
            Self::Code => "free-form code",
            Self::Command => "free-form command",
            Self::Workload => "workload",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Sql => Kind::Sql,
            Self::Code => Kind::Code,
            Self::Command | Self::Workload => Kind::Command,
        }
    }
}

/// Questions about a parameter's own words. Lists are words with spaces between them.
impl Parameter {
    fn last(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }

    fn first(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    fn last_is(&self, list: &str) -> bool {
        is_in(list, self.last())
    }

    fn has(&self, list: &str) -> bool {
        self.words.iter().any(|word| is_in(list, word))
    }

    fn only(&self, list: &str) -> bool {
        matches!(self.words.as_slice(), [word] if is_in(list, word))
    }

    fn takes_text(&self) -> bool {
        self.texts != Texts::None && self.choices.is_empty()
    }

    fn says(&self, list: &str) -> bool {
        contains_word(&self.description, list)
    }
}

/// Whether a text has one of the words, with its capitals.
fn contains_word(text: &str, list: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .any(|word| is_in(list, word))
}

const SQL_DIALECTS: &str = "SQL sql SELECT INSERT DELETE PostgreSQL MySQL SQLite DuckDB";
const LANGUAGES: &str = "JavaScript javascript Python python TypeScript code script";

/// The kind of text that the server runs.
pub(super) fn runs(parameter: &Parameter, about: &str) -> Option<Runnable> {
    if !parameter.takes_text() {
        return None;
    }
    let kinds = [
        (is_sql(parameter, about), Runnable::Sql),
        (is_code(parameter, about), Runnable::Code),
        (is_command(parameter), Runnable::Command),
        (is_workload(parameter), Runnable::Workload),
    ];
    let found = kinds.into_iter().find(|(is_one, _)| *is_one);
    found.map(|(_, kind)| kind)
}

fn is_sql(parameter: &Parameter, about: &str) -> bool {
    let is_query = parameter.only("query queries statement statements q");
    parameter.has("sql")
        || is_query && (parameter.says(SQL_DIALECTS) || contains_word(about, SQL_DIALECTS))
}

fn is_code(parameter: &Parameter, about: &str) -> bool {
    let may_be = parameter.only("function expression snippet source");
    parameter.last_is("script scripts javascript js python")
        || parameter.only("code")
        || parameter.last() == "code" && parameter.has("source python js javascript user")
        || may_be && (parameter.says(LANGUAGES) || contains_word(about, LANGUAGES))
}

fn is_command(parameter: &Parameter) -> bool {
    parameter.last_is("command commands cmd cmds shell argv")
        || parameter.only("cmdline commandline")
}

fn is_workload(parameter: &Parameter) -> bool {
    parameter.only("manifest chart playbook dockerfile")
}

/// Whether the server stores a result in a file that the caller names.
pub(super) fn stores(parameter: &Parameter) -> bool {
    const NAMES: &str = "file filename filepath path dir directory output out destination";
    const STORES: &str = "save saves saved saving write written store stored output export";
    if !parameter.takes_text() || !parameter.has(NAMES) {
        return false;
    }
    let words = words_of_sentence(&parameter.description);
    let described = words.iter().any(|word| is_in(STORES, word));
    described || is_in("output out destination", parameter.first())
}

const PATHS: &str = "path paths file files filename filenames filepath filepaths dir dirs directory directories folder \
    folders cwd workdir interpreter";
/// Names of paths, where the tool is about files.
const ENDS: &str = "source destination src dst dest from to target location output input old new";
const FILES: &str = "file files File Files directory directories folder folders";
/// Paths that are not in a file system.
const OTHER_PATHS: &str = "JSON JSONPath jsonpath XPath dot";

fn is_path(parameter: &Parameter, beside: &[Parameter], about: &str) -> bool {
    let elsewhere = parameter.says(OTHER_PATHS)
        || parameter.has("json url mime content id ids")
        || about.contains("JSON path")
        || in_a_repository(parameter, beside);
    parameter.takes_text() && !elsewhere && is_named_path(parameter, about)
}

fn is_named_path(parameter: &Parameter, about: &str) -> bool {
    let about_files = || contains_word(&about.replace('_', " "), FILES);
    parameter.last_is(PATHS)
        || parameter.only("root workspace")
        || parameter.has("path filepath directory") && parameter.last() != "type"
        || described_as_path(&parameter.description)
        || parameter.only(ENDS) && about_files()
}

/// `Absolute path to …`, `The directory in which …`.
fn described_as_path(description: &str) -> bool {
    const BEFORE: &str =
        "the an a optional absolute relative full local file filesystem system folder";
    let words = words_of_sentence(description);
    let first = words.iter().find(|word| !is_in(BEFORE, word));
    first.is_some_and(|word| is_in("path paths filepath directory", word))
}

/// With the owner and the name of a repository beside it, `path` is in that repository.
fn in_a_repository(parameter: &Parameter, beside: &[Parameter]) -> bool {
    let has = |words: &[&str]| beside.iter().any(|one| one.words == words);
    let repository = has(&["owner"]) && has(&["repo"]) || has(&["project", "id"]);
    repository && parameter.last() == "path" && !parameter.says("local Local absolute Absolute")
}

fn is_url(parameter: &Parameter) -> bool {
    let named = parameter.last_is("url urls uri uris endpoint webhook href");
    (named || parameter.uri) && parameter.takes_text()
}

fn is_secret(parameter: &Parameter) -> bool {
    const NAMES: &str =
        "password passwd passphrase secret credential credentials apikey authorization";
    const PHRASES: [&str; 8] = [
        "api key",
        "private key",
        "access key",
        "secret key",
        "connection string",
        "access token",
        "auth token",
        "bearer token",
    ];
    let joined = parameter.words.join(" ");
    let named = parameter.has(NAMES)
        || parameter.only("token")
        || PHRASES.iter().any(|phrase| joined.ends_with(phrase));
    named && parameter.takes_text()
}

fn is_environment(parameter: &Parameter) -> bool {
    parameter.only("env environ") && parameter.choices.is_empty()
        || parameter.words.join(" ").ends_with("environment variables")
}

fn is_recipient(parameter: &Parameter, about: &str) -> bool {
    const NAMES: &str = "cc bcc recipient recipients email emails phone";
    const SENDS: &str = "send sends Send Sends mail email Email message SMS";
    let sends = || contains_word(&about.replace('_', " "), SENDS);
    let named = parameter.last_is(NAMES) || parameter.only("to") && sends();
    parameter.takes_text() && named
}
