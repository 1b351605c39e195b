//! Parameters by which the caller chooses the action.
//!
//! It never reads a parameter that only selects data.

use super::evidence::Evidence;
use super::reason::{Reason, reason};
use crate::scan::class::Class;
use crate::scan::parameter::{Parameter, Texts};
use crate::scan::parameter_kind::{runs, stores};
use crate::scan::tokenize;
use crate::scan::vocabulary::{self, is_in};

impl Evidence<'_> {
    /// A parameter by which the caller chooses the action.
    pub(super) fn parameter(&self, parameter: &Parameter) -> Option<Reason> {
        let path = &parameter.path;
        if let Some(runs) = runs(parameter, &self.about()) {
            let saw = format!("takes {} (`{path}`)", runs.name());
            return Some(reason(Class::Execute, saw));
        }
        if let Some((class, choice)) = action(parameter) {
            return Some(reason(class, format!("`{path}` may be `{choice}`")));
        }
        if self.leads_a_browser(parameter) {
            let saw = format!("navigates a browser to a URL (`{path}`)");
            return Some(reason(Class::Execute, saw));
        }
        let saw = || format!("stores its result in a file (`{path}`)");
        stores(parameter).then(|| reason(Class::Write, saw()))
    }

    fn leads_a_browser(&self, parameter: &Parameter) -> bool {
        const BROWSERS: &str = "browser navigate navigates tab goto visit visits";
        let mut words = self.name.iter().chain(self.first_sentence());
        let is_url = matches!(parameter.words.as_slice(), [word] if word == "url" || word == "uri");
        is_url && words.any(|word| is_in(BROWSERS, word))
    }

    /// Text for a shell or the like.
    pub(super) fn terminal(&self) -> Option<Reason> {
        const TERMINALS: &str = "terminal shell repl subprocess powershell bash interpreter";
        let mut words = self.first_sentence().iter();
        let word = words.find(|word| is_in(TERMINALS, word))?;
        let takes_text =
            |one: &Parameter| one.texts != Texts::None && one.choices.is_empty() && one.required;
        let takes_text = self.parameters.iter().any(takes_text);
        takes_text.then(|| reason(Class::Execute, format!("description: text for a `{word}`")))
    }
}

/// The worst class among the actions that a parameter can select.
fn action(parameter: &Parameter) -> Option<(Class, &str)> {
    const ACTIONS: &str = "action operation op command subcommand method mode verb task actions";
    let last = parameter.words.last()?;
    if !is_in(ACTIONS, last) {
        return None;
    }
    let worst = parameter.choices.iter().filter_map(|choice| {
        let mut words = tokenize::words_of_name(choice).into_iter();
        let class = words.find_map(|word| vocabulary::verb(&word))?;
        Some((class, choice.as_str()))
    });
    worst
        .filter(|(class, _)| *class > Class::Read)
        .max_by_key(|(class, _)| *class)
}
