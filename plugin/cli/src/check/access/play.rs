//! Plays a list and a call of each tool as a caller, and turns the outcomes into what the caller has.
//!
//! It never judges by itself: the engine that runs in the gateway does.

use super::caller_access::{Access, CallerAccess, Party, ToolAccess};
use super::limits::limits;
use super::named_tools::{tools, without_pins};
use crate::applied::Applied;
use crate::check::tool_index::ToolIndex;
use crate::input::Input;
use crate::pretend::Pretended;
use crate::report::{CommandError, CommandResult};
use mcp_policy::document::LimitInfo;
use mcp_policy::host::{Millis, Policy};
use mcp_policy::trace::{ConditionTrace, RuleOutcome, RuleTrace};
use mcp_policy_cases::runner::Played;
use mcp_policy_cases::server_response::ServerResponse;
use mcp_policy_cases::{Runner, Split};
use serde_json::{Value as Json, json};

/// What a caller has under a valid policy.
///
/// # Errors
/// A grant or a server that the policy does not have; a claim without a path; a name that certificates do not have.
pub(crate) fn access(
    policy: &Input,
    listed: Option<&ToolIndex>,
    party: &Party,
    now: Option<u64>,
) -> CommandResult<CallerAccess> {
    let about = |error: String| CommandError::about(&policy.name, error);
    let played = Stage::new(&policy.bytes, listed.is_some(), party, now).map_err(about)?;
    let mut access = CallerAccess::default();
    for (name, definition) in tools(&played.document, listed) {
        let (tool, applied) = played.tool(name, &definition).map_err(about)?;
        access.applied = applied;
        access.tools.push(tool);
    }
    Ok(access)
}

/// A policy and a caller.
struct Stage {
    document: Json,
    limits: Vec<LimitInfo>,
    pretended: Pretended,
    played: Vec<u8>,
    now: Millis,
}

impl Stage {
    fn new(text: &[u8], is_listed: bool, party: &Party, now: Option<u64>) -> Result<Self, String> {
        let document: Json = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if let (Some(servers), None) = (document.get("servers"), &party.server) {
            let names = servers
                .as_object()
                .into_iter()
                .flat_map(|names| names.keys());
            let names: Vec<_> = names.take(8).map(|name| format!("`{name}`")).collect();
            return Err(format!(
                "which server? Write `--server`; it has {}",
                names.join(", ")
            ));
        }
        let pretended = Pretended::new(&document, &party.caller, party.server.as_ref())?;
        let mut text = text.to_vec();
        if !is_listed {
            let mut unpinned = document.clone();
            without_pins(&mut unpinned);
            text = unpinned.to_string().into_bytes();
        }
        let policy = Policy::parse(&text).map_err(|_| "the policy has a mistake".to_owned())?;
        Ok(Self {
            limits: policy.limits(),
            played: pretended.policy(&text),
            document,
            pretended,
            now: Millis(now.unwrap_or_default().saturating_mul(1000)),
        })
    }

    /// One tool, with counts of its own.
    fn tool(&self, name: String, definition: &str) -> Result<(ToolAccess, Applied), String> {
        let runner = Runner::new(&self.played);
        let mut runner = runner.map_err(|_| "the policy has a mistake".to_owned())?;
        let is_shown = shows(&self.list(&mut runner, definition)?, &name);
        let call = json!({ "name": name, "arguments": {} });
        let called = self.play(&mut runner, "tools/call", &call, None)?;
        let applied = Applied::of(&called.rules, &self.document);
        let (access, rule) = judge(is_shown, &called.rules, needs_approval(&called));
        let limits = match access {
            Access::Refused => Vec::new(),
            _ => limits(&self.limits, &applied.rule_sets(), &name, &self.document),
        };
        let tool = ToolAccess {
            name,
            access,
            rule,
            limits,
        };
        Ok((tool, applied))
    }

    fn list(&self, runner: &mut Runner, definition: &str) -> Result<Played, String> {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{definition}]}}}}"#);
        let respond = ServerResponse {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into_bytes(),
            trailers: true,
        };
        self.play(runner, "tools/list", &json!({}), Some(respond))
    }

    fn play(
        &self,
        runner: &mut Runner,
        method: &str,
        params: &Json,
        respond: Option<ServerResponse>,
    ) -> Result<Played, String> {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut step = self.pretended.step(message.to_string().into_bytes());
        step.respond = respond;
        runner.play(&step, Split::Whole, self.now)
    }
}

/// Whether the client sees the tool in the list.
fn shows(list: &Played, name: &str) -> bool {
    let body = list.received.as_deref().unwrap_or_default();
    let body: Json = serde_json::from_slice(body).unwrap_or_default();
    let tools = body.pointer("/result/tools").and_then(Json::as_array);
    let mut tools = tools.into_iter().flatten();
    tools.any(|tool| tool.get("name").is_some_and(|own| own == name))
}

/// Whether a person has to approve the call.
fn needs_approval(called: &Played) -> bool {
    let line: Json = serde_json::from_str(&called.line).unwrap_or_default();
    line.get("reason")
        .is_some_and(|reason| reason == "approval_required")
}

/// Which calls of the tool pass, by the rules that a call without arguments evaluated.
fn judge(is_shown: bool, rules: &[RuleTrace], needs_approval: bool) -> (Access, Option<String>) {
    let refusal = rules.iter().find(|rule| rule.outcome == RuleOutcome::Deny);
    if let Some(refusal) = refusal
        && needs_approval
    {
        // The rule was evaluated with its conditions before it asked.
        let mut evaluated = rules.iter().filter(|rule| rule.rule == refusal.rule);
        let access = match evaluated.any(reads_call) {
            true => Access::Depends,
            false => Access::Approval,
        };
        return (access, refusal.rule.clone());
    }
    if let Some(refusal) = refusal
        && !(is_shown && reads_call(refusal))
    {
        return (Access::Refused, refusal.rule.clone());
    }
    let mut enforced = rules
        .iter()
        .filter(|rule| rule.outcome != RuleOutcome::WouldDeny);
    let depends = enforced.find(|rule| reads_call(rule));
    match depends {
        Some(depends) => (Access::Depends, depends.rule.clone()),
        None => (Access::Allowed, None),
    }
}

/// Whether a rule reads more than who calls, and at which server.
fn reads_call(trace: &RuleTrace) -> bool {
    let of_caller =
        |path: &str| path == "grant" || path == "server" || path.starts_with("identity");
    let is_schema = trace
        .rule
        .as_ref()
        .is_some_and(|rule| rule.ends_with("/schema"));
    let mut conditions = trace.conditions.iter();
    let of_caller = |one: &ConditionTrace| {
        of_caller(&one.path) && one.others.iter().all(|other| of_caller(other))
    };
    is_schema || conditions.any(|one| !of_caller(one))
}
