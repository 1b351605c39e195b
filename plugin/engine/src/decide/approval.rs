//! Decides whether a person must approve a call.
//!
//! It knows no approval: the store does.

use super::judge::Judge;
use super::subject::Named;
use crate::model::{Clause, Mode, Rules};
use crate::read::Call;
use crate::words::{ASK, Reason};

/// The methods of which a person may approve a call: their requests act on one thing, and may be sent again.
const APPROVABLE: [&str; 3] = ["tools/call", "prompts/get", "resources/read"];

impl<'p> Judge<'p, '_> {
    /// Lists the rule of `require_approval`, unless its conditions are false.
    pub(super) fn approval(
        &mut self,
        call: &Call<'_>,
        named: Named<'_, '_>,
        rules: &'p Rules,
        mode: Mode,
    ) {
        let Some(approval) = rules
            .approval
            .as_ref()
            .filter(|_| self.verdict.refusal.is_none())
        else {
            return;
        };
        let clause = Clause::DenyIf;
        let eval = self.eval(call, named, self.budget(mode));
        let outcome = approval.group.judge(&eval, clause);
        let unknown = u64::from(outcome.is_unknown);
        self.verdict.unknown_groups = self.verdict.unknown_groups.saturating_add(unknown);
        self.look_at(&approval.group, clause, call, named);
        if !outcome.refuses {
            return;
        }
        if mode == Mode::Enforce && APPROVABLE.contains(&&*call.method) {
            self.verdict.approvals.push(approval);
            return;
        }
        let message = format!(
            "The {} needs a person's approval, which this method cannot have. {ASK}",
            named.noun()
        );
        let rule = Some(approval.rule().clone());
        self.refuse(mode, Reason::ApprovalRequired, rule, &message);
    }
}
