//! Turns one message of a server's into what has to be cut out of it, so that it shows and asks a caller only what it may.
//!
//! It knows lists by their shape, wherever they come from, and changes no byte of anything else.

use super::ask::{self, Denied, INPUT_REQUESTS};
use super::pin::Sightings;
use super::problem::Problem;
use super::shape::{Shape, look_alike};
use crate::decide::{Listing, Section};
use crate::json::{self, Bounds, Document, Kind, Value};
use std::fmt;
use std::ops::Range;

/// A list as some result holds it.
pub(super) struct List {
    /// The member of the result.
    pub(super) member: &'static str,
    /// The member by which an element is known.
    key: &'static str,
    section: Section,
}

pub(super) const LISTS: [List; 4] = [
    list("tools", "name", Section::Tools),
    list("prompts", "name", Section::Prompts),
    list("resources", "uri", Section::Resources),
    list("resourceTemplates", "uriTemplate", Section::Templates),
];

const fn list(member: &'static str, key: &'static str, section: Section) -> List {
    List {
        member,
        key,
        section,
    }
}

/// Bytes of a text, and what takes their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) range: Range<usize>,
    pub(super) with: &'static str,
}

/// Why a message that may hold a list is not passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unclear {
    Json(json::Fault),
    LookAlike(String),
    NoList(&'static str),
    NoName(&'static str, &'static str),
}

/// A message that is not passed on, and the id of the request that it answers, where that is certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Withheld {
    pub(super) why: Problem,
    pub(super) id: Option<Box<str>>,
}

/// What has to be cut out of a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cuts {
    /// In the order of the text.
    pub(super) cuts: Vec<Cut>,
    /// What the server may not ask or tell.
    pub(super) denied: Option<Denied>,
}

/// What has to be cut out of a message or of a batch of them.
pub(super) fn cuts(
    text: &[u8],
    listing: &Listing,
    sightings: &mut Sightings,
    bounds: Bounds,
) -> Result<Cuts, Withheld> {
    if !Shape::of(text).found() {
        return Ok(Cuts::default());
    }
    let document = Document::read(text, bounds).map_err(|error| Withheld {
        why: Problem::Unclear(Unclear::Json(error.fault)),
        id: None,
    })?;
    let root = document.root();
    let mut all = Cuts::default();
    for message in [root]
        .into_iter()
        .filter(|_| root.kind() != Kind::Array)
        .chain(root.elements())
    {
        sightings.message(message);
        let found = message_cuts(message, listing, sightings);
        let Cuts { cuts, denied } = found.map_err(|why| Withheld {
            why,
            id: id(message),
        })?;
        all.cuts.extend(cuts);
        all.denied = all.denied.or(denied);
    }
    Ok(all)
}

fn id(message: Value<'_>) -> Option<Box<str>> {
    // The id of a request of the server's may be that of another one of the client's.
    let mut names = message.members().map(|(name, _)| name);
    if names.any(|name| look_alike(&name, ["method"].into_iter())) {
        return None;
    }
    let id = message.get("id")?;
    matches!(id.kind(), Kind::String | Kind::Number).then(|| id.raw().into())
}

fn message_cuts(
    message: Value<'_>,
    listing: &Listing,
    sightings: &mut Sightings,
) -> Result<Cuts, Problem> {
    refuse_look_alikes(message, || ["result", "method", "params"].into_iter())?;
    let denied = ask::in_message(message, listing);
    let mut cuts = Vec::new();
    for (name, value) in message.members() {
        let instead = denied.as_ref().and_then(|_| ask::instead(&name));
        cuts.extend(instead.map(|with| Cut {
            range: value.range(),
            with,
        }));
        if name == "result" {
            cuts.extend(result_cuts(value, listing, sightings)?);
        }
    }
    Ok(Cuts { cuts, denied })
}

fn result_cuts(
    result: Value<'_>,
    listing: &Listing,
    sightings: &mut Sightings,
) -> Result<Vec<Cut>, Problem> {
    let list = |name: &str| LISTS.iter().find(|list| list.member == name);
    let lists = || LISTS.iter().map(|list| list.member);
    refuse_look_alikes(result, || lists().chain([INPUT_REQUESTS]))?;
    if let Some(denied) = ask::in_result(result, listing) {
        return Err(Problem::Denied(denied));
    }
    let lists = result.members().any(|(name, _)| list(&name).is_some());
    let mut cuts = Vec::new();
    for (name, value) in result.members() {
        if let Some(list) = list(&name) {
            let own = list.cuts(value, listing, sightings);
            cuts.extend(own.map_err(Problem::Unclear)?);
        }
        if lists && name == "cacheScope" {
            cuts.extend(cache_scope(value));
        }
    }
    Ok(cuts)
}

/// A reader that matches names less exactly would find a list where no other does.
fn refuse_look_alikes<'n, N: Iterator<Item = &'n str>>(
    object: Value<'_>,
    known: impl Fn() -> N,
) -> Result<(), Problem> {
    let mut names = object.members().map(|(name, _)| name);
    let like = names.find(|name| !known().any(|known| known == name) && look_alike(name, known()));
    match like {
        Some(name) => {
            let name = name.chars().take(64).collect();
            Err(Problem::Unclear(Unclear::LookAlike(name)))
        }
        None => Ok(()),
    }
}

/// What a list shows depends on who asks, so that nobody may keep it for others.
fn cache_scope(scope: Value<'_>) -> Option<Cut> {
    (scope.string().as_deref() != Some("private")).then(|| Cut {
        range: scope.range(),
        with: r#""private""#,
    })
}

impl List {
    fn cuts(
        &self,
        list: Value<'_>,
        listing: &Listing,
        sightings: &mut Sightings,
    ) -> Result<Vec<Cut>, Unclear> {
        if list.kind() != Kind::Array {
            return Err(Unclear::NoList(self.member));
        }
        let tools = self.section == Section::Tools;
        let shown = |element: Value<'_>| {
            let name = element.get(self.key).and_then(Value::string);
            let name = name.ok_or(Unclear::NoName(self.member, self.key))?;
            let pinned = tools.then(|| listing.pinned(&name)).flatten();
            let reviewed = pinned.is_none_or(|pinned| sightings.see(&pinned, element));
            let shows = reviewed && listing.shows(self.section, &name);
            Ok((element.range(), shows))
        };
        let elements: Vec<_> = list.elements().map(shown).collect::<Result<_, _>>()?;
        Ok(without(&elements))
    }
}

/// Elements that are not shown go with the comma before them; those before the first that is shown, with the one behind.
fn without(elements: &[(Range<usize>, bool)]) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut shown = false;
    let mut before = None;
    for (index, (element, keep)) in elements.iter().enumerate() {
        let next = elements.get(index.saturating_add(1));
        let range = match (before, next) {
            (Some(end), _) if shown => end..element.end,
            (_, Some((next, _))) => element.start..next.start,
            (_, None) => element.clone(),
        };
        if !keep {
            cuts.push(Cut { range, with: "" });
        }
        shown |= keep;
        before = Some(element.end);
    }
    cuts
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(fault) => fault.fmt(f),
            Self::LookAlike(name) => {
                write!(f, "its member `{name}` is too like one of the protocol's")
            }
            Self::NoList(member) => write!(f, "its `{member}` is no array"),
            Self::NoName(member, key) => {
                write!(f, "its `{member}` has an element without a `{key}`")
            }
        }
    }
}

#[cfg(test)]
mod tests;
