//! Turns one message of a server into the cuts that the policy requires: hidden elements of lists, denied requests and
//! notifications, and redacted texts.
//!
//! It recognizes the contents of a message by their shape, and never changes a byte outside a cut.

use super::ask;
use super::ask::INPUT_REQUESTS;
use super::cache::{CACHE_SCOPE, TTL, scope_cut, ttl_cut};
use super::cut::{Cut, grown};
use super::list::LISTS;
use super::look_alike::refuse_look_alikes;
use super::pin::PinTracker;
use super::problem::{ListError, Problem};
use super::redactor::Redactor;
use super::rules::Rules;
use crate::decide::{ResultOf, Visibility};
use crate::words::json::{Kind, Value};

/// The members of a message. A client may show any other member that a server adds.
const MEMBERS: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];

impl Rules {
    /// Begins a document or an event of `length` bytes, with a new budget for its searches.
    pub(super) fn begin(&mut self, length: usize, letters_are_escaped: bool) {
        let policy = self.visibility.policy();
        self.results.begin(policy, length, letters_are_escaped);
    }

    /// The cuts in a message. `answers` is true for the answer to the request.
    ///
    /// # Errors
    /// The problem if the message must not pass at all.
    pub(super) fn message(
        &mut self,
        message: Value<'_>,
        answers: bool,
    ) -> Result<Vec<Cut>, Problem> {
        if message.kind() != Kind::Object {
            return self.no_message(message);
        }
        refuse_look_alikes(message, || MEMBERS.into_iter())?;
        self.pins.begin(answers);
        let denied = ask::in_message(message, &self.visibility)?;
        let result_of = self.results.result_of(answers);
        let rules = self.visibility.result_rules(result_of);
        let is_known = matches!(result_of, ResultOf::Tool(_));
        let max = self.max();
        let mut redactor = Redactor::new(&rules, is_known, &mut self.results, max);
        for (name, value) in message.members() {
            let instead = denied.as_ref().and_then(|_| ask::instead(&name));
            match (instead, &*name) {
                (Some(with), _) => redactor.cuts.push(Cut {
                    range: value.range(),
                    with: with.into(),
                }),
                (None, "result") => {
                    result_cuts(value, &self.visibility, &mut self.pins, &mut redactor)?
                }
                (None, "error") => error_cuts(value, &self.visibility, &mut redactor)?,
                (None, "params") => redactor.members(value, 0)?,
                (None, "jsonrpc" | "id" | "method") => {}
                (None, _) => redactor.texts(value, &name)?,
            }
        }
        let cuts = redactor.cuts;
        self.denied = self.denied.take().or(denied);
        match grown(message.range().len(), &cuts) > max {
            // A message that grows must still fit in the buffers of hosts.
            true => Err(Problem::TooLong(max)),
            false => Ok(cuts),
        }
    }

    /// The cuts in a value that is not a message, which some clients show.
    fn no_message(&mut self, value: Value<'_>) -> Result<Vec<Cut>, Problem> {
        if value.kind() == Kind::Array {
            return Err(Problem::ListError(ListError::NoMessage));
        }
        let max = self.max();
        let rules = self.visibility.result_rules(self.results.answer());
        let mut redactor = Redactor::new(&rules, true, &mut self.results, max);
        redactor.texts(value, "")?;
        Ok(redactor.cuts)
    }

    /// The cuts in a text that is not a message, such as an error page, which some clients show.
    pub(super) fn text(&mut self, text: &str) -> Result<Vec<Cut>, Problem> {
        self.begin(text.len(), false);
        let max = self.max();
        let rules = self.visibility.result_rules(self.results.answer());
        let mut redactor = Redactor::new(&rules, true, &mut self.results, max);
        redactor.check_length(text.len())?;
        redactor.plain(text)?;
        let cuts = redactor.cuts;
        match grown(text.len(), &cuts) > max {
            true => Err(Problem::TooLong(max)),
            false => Ok(cuts),
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
    refuse_look_alikes(result, || lists().chain([INPUT_REQUESTS, CACHE_SCOPE]))?;
    if result.kind() != Kind::Object {
        redactor.result(result)?;
        return redactor.texts(result, "result");
    }
    if let Some(denied) = ask::in_result(result, visibility)? {
        return Err(Problem::Denied(denied));
    }
    redactor.result(result)?;
    let is_list = result.members().any(|(name, _)| list(&name).is_some());
    if is_list {
        refuse_look_alikes(result, || [TTL].into_iter())?;
    }
    let max_ttl = visibility.policy().host.max_list_ttl();
    let scoped = result.get(CACHE_SCOPE).is_some();
    for (name, value) in result.members() {
        if let Some(list) = list(&name) {
            redactor.cuts.extend(list.cuts(value, visibility, pins)?);
        } else if name == CACHE_SCOPE {
            redactor.cuts.extend(scope_cut(value));
        } else if is_list && name == TTL {
            redactor.cuts.extend(ttl_cut(value, max_ttl, scoped));
        } else {
            redactor.member(&name, value, 0)?;
        }
    }
    Ok(())
}

fn error_cuts(
    error: Value<'_>,
    visibility: &Visibility,
    redactor: &mut Redactor<'_>,
) -> Result<(), Problem> {
    match ask::in_error(error, visibility)? {
        Some(denied) => Err(Problem::Denied(denied)),
        None => redactor.error(error),
    }
}

#[cfg(test)]
mod tests;
