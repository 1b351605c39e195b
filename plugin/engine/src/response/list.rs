//! Turns a list that a server sends into the cuts of the elements that the caller may not see.
//!
//! It cuts whole elements, and never changes a byte of those that stay.

use super::cut::Cut;
use super::look_alike::refuse_look_alikes;
use super::pin::PinTracker;
use super::problem::{ListError, Problem};
use crate::decide::Visibility;
use crate::model::Section;
use crate::words::json::{Kind, Value};
use std::ops::Range;

/// A kind of list in a result.
pub(super) struct List {
    /// The member of the result that holds the list.
    pub(super) member: &'static str,
    /// The member that identifies an element.
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

impl List {
    pub(super) fn cuts(
        &self,
        list: Value<'_>,
        visibility: &Visibility,
        pins: &mut PinTracker,
    ) -> Result<Vec<Cut>, Problem> {
        if list.kind() != Kind::Array {
            return Err(Problem::ListError(ListError::NoList(self.member)));
        }
        let tools = self.section == Section::Tools;
        let filter = visibility.of_list(list.range().len());
        let shown = |element: Value<'_>| {
            refuse_look_alikes(element, || [self.key].into_iter())?;
            let value = element.get(self.key);
            let name = value.and_then(Value::string);
            let name = name.ok_or(Problem::ListError(ListError::NoName(self.member, self.key)))?;
            if value.is_some_and(Value::is_opaque) {
                return Ok((element.range(), false));
            }
            let mut reviewed = true;
            for pinned in visibility.pinned(&name).iter().filter(|_| tools) {
                reviewed &= pins.see(pinned, element);
            }
            let shows = reviewed && filter.shows(self.section, &name);
            Ok((element.range(), shows))
        };
        let elements: Vec<_> = list.elements().map(shown).collect::<Result<_, _>>()?;
        Ok(without(&elements))
    }
}

/// The cuts of the hidden elements. A hidden element goes with the comma before it, or with the comma after it if no
/// element before it is shown.
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
            cuts.push(Cut::nothing(range));
        }
        shown |= keep;
        before = Some(element.end);
    }
    cuts
}
