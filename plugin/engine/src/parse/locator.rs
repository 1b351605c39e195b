//! Reads the operands of `within`, `host_in` and `cidr`: directories, hosts and networks, each in its canonical form.
//!
//! It corrects nothing: a text in another form is an error that shows the form to write.

use super::reader::{Keys, Location, PolicyReader};
use crate::model::{Attribute, CallerDirectories, Directory, DirectoryName, Path, Predicate};
use crate::words::json::{Kind, Value};
use crate::words::locator::{Host, Network, NotCanonical, Roots, parse_root};

pub(crate) const ROOTS: Keys = Keys {
    supported: &["roots", "base"],
    reserved: &[],
};

const WRITE_ROOT: &str = "an absolute POSIX path such as `/srv/data`, of plain ASCII names; a whole name may be `{grant}` or `{identity.<claim>}`";

const WRITE_GRANTS: &str =
    "a root without `{grant}`, or `grants` at the top of the document, whose names fill it";

const WRITE_ROOTS: &str =
    r#"a list of absolute paths, or {"roots": ["/srv/data"], "base": "/srv/data"}"#;

const WRITE_HOST: &str = "`example.com`, `*.example.com`, `https://example.com`, `example.com:8443`, `example.com:*` for any port, or an IP address; names outside ASCII as `xn--…`";

const WRITE_HOSTS: &str = "a list of at least one host";

const WRITE_NETWORK: &str = "a network such as `10.0.0.0/8` or `2001:db8::/32`, or an IP address";

const WRITE_NETWORKS: &str = "a network, or a list of at least one";

impl PolicyReader {
    /// Directories: `["/srv/data"]` or `{"roots": ["/srv/data"], "base": "/srv/data"}`.
    pub(super) fn within(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Predicate> {
        let roots = self.roots(at, value)?;
        let mut texts = roots.roots.iter().chain(&roots.base);
        if !texts.any(|text| text.contains('{')) {
            return Some(Predicate::Within(roots));
        }
        let mut places = Vec::new();
        let mut read = |text: &str| directory(text, &mut places);
        let directories = CallerDirectories {
            roots: roots.roots.iter().map(|root| read(root)).collect(),
            base: roots.base.as_deref().map(read),
            places,
        };
        let of_grant = Path::Attribute(Attribute::Grant);
        if directories.places.contains(&of_grant) && !self.has_grants {
            self.invalid(at, value, WRITE_GRANTS);
        }
        Some(Predicate::WithinOwn(directories))
    }

    fn roots(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Roots> {
        let read = checked_root;
        if value.kind() != Kind::Object {
            let roots = self.places(at, value, read, WRITE_ROOTS, WRITE_ROOT)?;
            return Some(Roots { roots, base: None });
        }
        let members = self.object(at, value, &ROOTS);
        let roots = self
            .required(at, &members, "roots")
            .and_then(|value| self.places(&at.key("roots"), value, read, WRITE_ROOTS, WRITE_ROOT));
        let base = match members.get("base") {
            Some(value) => self
                .place(&at.key("base"), value, read, WRITE_ROOT)
                .map(Some),
            None => Some(None),
        };
        Some(Roots {
            roots: roots?,
            base: base?,
        })
    }

    pub(super) fn hosts(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Vec<Host>> {
        self.places(at, value, Host::parse, WRITE_HOSTS, WRITE_HOST)
    }

    pub(super) fn networks(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Vec<Network>> {
        if value.kind() == Kind::String {
            let network = self.place(at, value, Network::parse, WRITE_NETWORK)?;
            return Some(vec![network]);
        }
        self.places(at, value, Network::parse, WRITE_NETWORKS, WRITE_NETWORK)
    }

    /// A list of at least one directory, host or network; `None` where an element is invalid.
    fn places<T>(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        parse: fn(&str) -> Result<T, NotCanonical>,
        write_list: &str,
        write: &str,
    ) -> Option<Vec<T>> {
        if value.elements().next().is_none() {
            self.invalid(at, value, write_list);
            return None;
        }
        let places = value.elements().enumerate();
        let places: Vec<_> = places
            .map(|(index, value)| self.place(&at.index(index), value, parse, write))
            .collect();
        places.into_iter().collect()
    }

    fn place<T>(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        parse: fn(&str) -> Result<T, NotCanonical>,
        write: &str,
    ) -> Option<T> {
        let parsed = match value.string() {
            Some(text) => parse(&text),
            None => Err(NotCanonical(None)),
        };
        match parsed {
            Ok(place) => return Some(place),
            Err(NotCanonical(Some(canonical))) => {
                self.invalid(at, value, &format!("`{canonical}`"))
            }
            Err(NotCanonical(None)) => self.invalid(at, value, write),
        }
        None
    }
}

/// The text of a root, some of whose names the caller may fill.
fn checked_root(text: &str) -> Result<Box<str>, NotCanonical> {
    if !text.contains('{') {
        return parse_root(text);
    }
    let filled = |name| if place(name).is_some() { "a" } else { name };
    let filled: Vec<_> = text.split('/').map(filled).collect();
    match parse_root(&filled.join("/")) {
        Ok(_) => Ok(text.into()),
        Err(_) => Err(NotCanonical(None)),
    }
}

/// The place that fills this name: `{grant}` or `{identity.<claim>}`.
fn place(name: &str) -> Option<Path> {
    let path = Path::parse(name.strip_prefix('{')?.strip_suffix('}')?)?;
    let is_own = matches!(path, Path::Identity(_) | Path::Attribute(Attribute::Grant));
    (is_own && path.is_of_one_value()).then_some(path)
}

fn directory(text: &str, places: &mut Vec<Path>) -> Directory {
    let mut names = Vec::new();
    for name in text.split('/').filter(|name| !name.is_empty()) {
        names.push(match place(name) {
            Some(path) => DirectoryName::Of(position(path, places)),
            None => DirectoryName::Plain(name.into()),
        });
    }
    names.into()
}

/// The position of the path, which is added where it is not there yet.
fn position(path: Path, places: &mut Vec<Path>) -> usize {
    let known = places.iter().position(|other| *other == path);
    known.unwrap_or_else(|| {
        places.push(path);
        places.len().saturating_sub(1)
    })
}
