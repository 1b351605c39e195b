//! Turns a file into the reports on the policies in it: the only one of a file of JSON, or each of a manifest.
//!
//! It never shows a place of the policy that is not one of the file.

use super::access::Party;
use super::checker::{check, check_as, checked};
use super::diagnostic::Diagnostic;
use super::embedded::{Embedded, embedded, is_manifest};
use super::location::Located;
use super::render::secret;
use super::report::{Checked, Options, PolicyReport};
use super::tool_index::ToolIndex;
use crate::input::Input;
use crate::report::CommandResult;
use crate::source_map::SourceMap;
use mcp_policy::host::Policy;
use std::ops::Range;

/// Checks the policy of a file, or each policy in a manifest: of Istio, Envoy Gateway or Higress, in a configuration of Envoy, in a
/// ConfigMap, or in YAML. With a party, what that caller has is in the reports on valid policies.
///
/// # Errors
/// A grant or a server of the party that a policy does not have.
pub fn check_file(
    file: &Input,
    tools: Option<&ToolIndex>,
    options: &Options,
    party: Option<&Party>,
) -> CommandResult<Vec<PolicyReport>> {
    if !is_manifest(file) {
        let report = match party {
            Some(party) => check_as(file, tools, options, party)?,
            None => check(file, tools, options),
        };
        return Ok(vec![report]);
    }
    let text = String::from_utf8_lossy(&file.bytes);
    let manifest = Manifest {
        file,
        text: &text,
        lines: SourceMap::of_text(&text),
    };
    match embedded(&file.bytes, &text, &manifest.lines) {
        Err(fault) => {
            let diagnostic = Diagnostic::not_yaml(fault.what);
            let found = Located::new(diagnostic, fault.span, &manifest.lines, &text);
            Ok(vec![manifest.report(
                vec![found],
                Checked::default(),
                options,
            )])
        }
        Ok(policies) => {
            let policies = policies.iter();
            let reports = policies.map(|policy| manifest.checked(policy, tools, options, party));
            reports.collect()
        }
    }
}

/// The note that Envoy must hold headers too.
const HELD_HEADERS: &str = "held-headers";

/// A file with policies.
struct Manifest<'f> {
    file: &'f Input,
    text: &'f str,
    lines: SourceMap,
}

impl Manifest<'_> {
    fn checked(
        &self,
        policy: &Embedded,
        tools: Option<&ToolIndex>,
        options: &Options,
        party: Option<&Party>,
    ) -> CommandResult<PolicyReport> {
        let mut checked = checked(policy.text.as_bytes(), tools, options.now);
        let found = std::mem::take(&mut checked.diagnostics).into_iter();
        // Whether the gateway holds headers is in the file.
        let found = found.filter(|found| found.name != HELD_HEADERS || policy.gateway.is_none());
        let found = found.map(|found| found.moved(&policy.places, &self.lines, self.text));
        let mut found: Vec<_> = found.chain(self.of_gateway(policy)).collect();
        found.sort_by_key(|found| found.span.start);
        let mut report = self.report(found, checked, options);
        report.within = Some(policy.within.clone());
        report.secret = secret(policy.text.as_bytes()).map(|span| policy.places.of(&span));
        let Some(party) = party else {
            return Ok(report);
        };
        let policy = Input {
            name: self.file.name.clone(),
            bytes: policy.text.clone().into_bytes(),
        };
        report.with_access(&policy, tools, options, party)
    }

    fn report(&self, found: Vec<Located>, checked: Checked, options: &Options) -> PolicyReport {
        let checked = Checked {
            diagnostics: found,
            ..checked
        };
        PolicyReport::new(self.file, checked, options)
    }

    /// What readers of the file or the gateway would do against the policy.
    fn of_gateway(&self, policy: &Embedded) -> Vec<Located> {
        let here = |diagnostic, place: &Range<usize>| {
            Located::new(diagnostic, place.clone(), &self.lines, self.text)
        };
        let doubtful = policy.doubtful.iter();
        let mut found: Vec<_> = doubtful
            .map(|place| here(Diagnostic::doubtful(), place))
            .collect();
        let Some(gateway) = &policy.gateway else {
            return found;
        };
        let open = gateway.fails_open.iter();
        found.extend(open.map(|place| here(Diagnostic::fails_open(), place)));
        let parsed = Policy::parse(policy.text.as_bytes());
        if !gateway.holds_headers && parsed.is_ok_and(|policy| policy.host.hold_request_headers) {
            let source = SourceMap::of_json(&policy.text);
            let hangs =
                Located::in_document(Diagnostic::no_header_holding(), &source, &policy.text);
            found.push(hangs.moved(&policy.places, &self.lines, self.text));
        }
        found
    }
}
