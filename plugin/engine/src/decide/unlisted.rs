//! Turns conditions about the caller into the refusal of a name that the caller's lists leave out: that of an unlisted
//! name.
//!
//! It never waits for another rule of the name, whose answer would reveal that the name exists.

use super::judge::Judge;
use super::subject::Named;
use crate::model::{Clause, Group, Listed, Mode};
use crate::read::Call;

impl<'p> Judge<'p, '_> {
    /// Refuses the name, unless the first group that leaves it out has a message of its own. A refusal in shadow mode
    /// leaves nothing out.
    pub(super) fn unlisted(&mut self, call: &Call<'_>, named: Named<'p, '_>) {
        let lists = self.policy.list == Listed::Callable && self.policy.needs.caller_conditions;
        if !lists || self.verdict.refusal.is_some() {
            return;
        }
        let group = self.leaves_out(named);
        if let Some((group, clause)) = group.filter(|(group, _)| group.on_deny.is_none()) {
            self.look_at(group, clause, call, named);
            self.not_allowed(Mode::Enforce, named, group.rule.clone());
        }
    }

    /// The first group that refuses every call of the caller.
    fn leaves_out(&self, named: Named<'p, '_>) -> Option<(&'p Group, Clause)> {
        let own = named.entry.map(|entry| (&entry.rules, self.mode_of(entry)));
        let all = named.is_tool().then_some((&named.set.all_tools, self.mode));
        let rules = own.into_iter().chain(all);
        let enforced = rules.filter(|(_, mode)| *mode == Mode::Enforce);
        let mut groups = enforced.flat_map(|(rules, _)| rules.groups());
        groups.find(|(group, clause)| {
            let (identity, budget) = (&self.policy.identity, self.budget(Mode::Enforce));
            group.refuses_caller(self.facts(), identity, *clause, budget)
        })
    }
}
