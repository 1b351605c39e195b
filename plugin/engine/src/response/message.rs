//! Turns one message of a server's into what has to be cut out of it, so that it shows, asks and tells a caller only what
//! it may.
//!
//! It knows what stands in a message by its shape, wherever it comes from, and changes no byte of anything else.

use super::ask;
use super::ask::INPUT_REQUESTS;
use super::cut::{Cut, grown};
use super::list::LISTS;
use super::pin::PinTracker;
use super::problem::{Denied, ListError, Problem};
use super::result::Redactor;
use super::result::Results;
use super::scanner::ListScanner;
use crate::decide::{ResultOf, Visibility};
use crate::read::is_confusable;
use crate::words::json::{Document, Kind, Value};
use crate::words::text::clip;

/// A message that is not passed on, and the id of the request that it answers, where that is certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blocked {
    pub(super) why: Problem,
    pub(super) id: Option<Box<str>>,
}

/// What has to be cut out of a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Edits {
    /// In the order of the text.
    pub(super) cuts: Vec<Cut>,
    /// What the server may not ask or tell.
    pub(super) denied: Option<Denied>,
}

/// How the messages of one response are looked at.
pub(super) struct MessageFilter<'l> {
    pub(super) visibility: &'l Visibility,
    pub(super) pins: &'l mut PinTracker,
    pub(super) results: &'l mut Results,
}

impl MessageFilter<'_> {
    /// What has to be cut out of a message or of a batch of them.
    pub(super) fn cuts(&mut self, text: &[u8]) -> Result<Edits, Blocked> {
        let empty = text.trim_ascii().is_empty();
        if empty
            || !ListScanner::of(text).may_contain_list() && !self.results.matter(self.visibility)
        {
            return Ok(Edits::default());
        }
        let bounds = self.visibility.policy().host.response_bounds();
        let document = Document::read(text, bounds).map_err(|error| Blocked {
            why: Problem::ListError(ListError::Json(error.fault)),
            id: None,
        })?;
        let root = document.root();
        self.results
            .begin(|| self.visibility.policy().budget(text.len()));
        let mut all = Edits::default();
        for message in [root]
            .into_iter()
            .filter(|_| root.kind() != Kind::Array)
            .chain(root.elements())
        {
            let Edits { cuts, denied } = self.message(message).map_err(|why| Blocked {
                why,
                id: id(message),
            })?;
            all.cuts.extend(cuts);
            all.denied = all.denied.or(denied);
        }
        Ok(all)
    }

    fn message(&mut self, message: Value<'_>) -> Result<Edits, Problem> {
        refuse_look_alikes(message, || ["result", "method", "params"].into_iter())?;
        self.pins.message(message);
        let denied = ask::in_message(message, self.visibility);
        let result_of = self.results.result_of(message);
        let rules = self.visibility.result_rules(result_of);
        let is_known = matches!(result_of, ResultOf::Tool(_));
        let mut redactor = Redactor {
            rules: &rules,
            is_known,
            results: self.results,
            cuts: Vec::new(),
            finders: Vec::new(),
            max: self.visibility.policy().host.max_response_bytes,
        };
        for (name, value) in message.members() {
            let instead = denied.as_ref().and_then(|_| ask::instead(&name));
            match (instead, &*name) {
                (Some(with), _) => redactor.cuts.push(Cut {
                    range: value.range(),
                    with: with.into(),
                }),
                (None, "result") => result_cuts(value, self.visibility, self.pins, &mut redactor)?,
                (None, "error") => redactor.member(&name, value, 0)?,
                (None, "params") => redactor.members(value, 0)?,
                _ => {}
            }
        }
        let cuts = redactor.cuts;
        let max = self.visibility.policy().host.max_response_bytes;
        match grown(message.range().len(), &cuts) > max {
            // What becomes longer must still fit where hosts keep what they were given.
            true => Err(Problem::TooLong(max)),
            false => Ok(Edits { cuts, denied }),
        }
    }
}

fn result_cuts(
    result: Value<'_>,
    visibility: &Visibility,
    pins: &mut PinTracker,
    redactor: &mut Redactor<'_>,
) -> Result<(), Problem> {
    let list = |name: &str| LISTS.iter().find(|list| list.member == name);
    let lists = || LISTS.iter().map(|list| list.member);
    refuse_look_alikes(result, || lists().chain([INPUT_REQUESTS]))?;
    if let Some(denied) = ask::in_result(result, visibility) {
        return Err(Problem::Denied(denied));
    }
    redactor.check_length(result)?;
    let lists = result.members().any(|(name, _)| list(&name).is_some());
    for (name, value) in result.members() {
        if let Some(list) = list(&name) {
            let own = list.cuts(value, visibility, pins);
            redactor.cuts.extend(own.map_err(Problem::ListError)?);
        } else if lists && name == "cacheScope" {
            redactor.cuts.extend(cache_scope(value));
        } else {
            redactor.member(&name, value, 0)?;
        }
    }
    Ok(())
}

fn id(message: Value<'_>) -> Option<Box<str>> {
    // The id of a request of the server's may be that of another one of the client's.
    let mut names = message.members().map(|(name, _)| name);
    if names.any(|name| is_confusable(&name, ["method"].into_iter())) {
        return None;
    }
    let id = message.get("id")?;
    matches!(id.kind(), Kind::String | Kind::Number).then(|| id.raw().into())
}

/// A reader that matches names less exactly would find a list where no other does.
fn refuse_look_alikes<'n, N: Iterator<Item = &'n str>>(
    object: Value<'_>,
    known: impl Fn() -> N,
) -> Result<(), Problem> {
    let mut names = object.members().map(|(name, _)| name);
    let like =
        names.find(|name| !known().any(|known| known == name) && is_confusable(name, known()));
    match like {
        Some(name) => {
            let name = clip(&name, 64);
            Err(Problem::ListError(ListError::LookAlike(name)))
        }
        None => Ok(()),
    }
}

/// What a list shows depends on who asks, so that nobody may keep it for others.
fn cache_scope(scope: Value<'_>) -> Option<Cut> {
    (scope.string().as_deref() != Some("private")).then(|| Cut {
        range: scope.range(),
        with: r#""private""#.into(),
    })
}

#[cfg(test)]
mod tests;
