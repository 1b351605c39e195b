//! Reads the operands of `within`, `host_in` and `cidr`: directories, hosts and networks, each in its canonical form.
//!
//! It corrects nothing: a text in another form is an error that shows the form to write.

use super::reader::{Keys, Location, PolicyReader};
use crate::words::json::{Kind, Value};
use crate::words::locator::{Host, Network, NotCanonical, Roots, parse_root};

pub(crate) const ROOTS: Keys = Keys {
    supported: &["roots", "base"],
    reserved: &[],
};

const WRITE_ROOT: &str = "an absolute path such as `/srv/data`, of plain ASCII names";

const WRITE_ROOTS: &str =
    r#"a list of absolute paths, or {"roots": ["/srv/data"], "base": "/srv/data"}"#;

const WRITE_HOST: &str = "`example.com`, `*.example.com`, `https://example.com`, `example.com:8443` or an IP address; names outside ASCII as `xn--…`";

const WRITE_HOSTS: &str = "a list of at least one host";

const WRITE_NETWORK: &str = "a network such as `10.0.0.0/8` or `2001:db8::/32`, or an IP address";

const WRITE_NETWORKS: &str = "a network, or a list of at least one";

impl PolicyReader {
    /// Directories: `["/srv/data"]` or `{"roots": ["/srv/data"], "base": "/srv/data"}`.
    pub(super) fn roots(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Roots> {
        if value.kind() != Kind::Object {
            let roots = self.places(at, value, parse_root, WRITE_ROOTS, WRITE_ROOT)?;
            return Some(Roots { roots, base: None });
        }
        let members = self.object(at, value, &ROOTS);
        let roots = self.required(at, &members, "roots").and_then(|value| {
            self.places(&at.key("roots"), value, parse_root, WRITE_ROOTS, WRITE_ROOT)
        });
        let base = match members.get("base") {
            Some(value) => self
                .place(&at.key("base"), value, parse_root, WRITE_ROOT)
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
