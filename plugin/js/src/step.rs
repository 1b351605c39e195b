//! Turns steps into plain objects, as `types.d.ts` describes them.
//!
//! It omits nothing, and decides nothing.

use crate::convert::{field, object};
use crate::{count, state, under_way};
use js_sys::{Array, Uint8Array};
use mcp_policy::host::{Ask, Audit, Millis, Next, RateLimitQuestion, Reply, SignedMessage, Step};
use wasm_bindgen::JsValue;

/// The members of an object.
type Members = Vec<(&'static str, JsValue)>;

/// True for a step that asks a question.
pub(crate) fn asks(step: &JsValue) -> Result<bool, JsValue> {
    Ok(field(step, "next", "step")?.as_string().as_deref() == Some("ask"))
}

pub(crate) fn to_js(step: &Step, now: Millis) -> Result<JsValue, JsValue> {
    let (next, members) = next(&step.next, now)?;
    let mut all = vec![
        ("next", next.into()),
        ("removeHeaders", names(&step.edit.remove)),
        ("setHeaders", fields(&step.edit.set)?),
    ];
    all.extend(effects(step)?);
    all.extend(members);
    object(&all)
}

fn next(next: &Next, now: Millis) -> Result<(&'static str, Members), JsValue> {
    Ok(match next {
        Next::NeedMore => ("needMore", Vec::new()),
        Next::Ask(Ask::Reserve(charges)) => {
            ("ask", vec![("reserve", count::charges(charges, now)?)])
        }
        Next::Ask(Ask::Lookup(keys)) => ("ask", vec![("lookup", state::keys(keys)?)]),
        Next::Ask(Ask::Open(request)) => ("ask", vec![("open", under_way::request(request)?)]),
        Next::Ask(Ask::Approvals(_)) => ("ask", vec![("approvals", true.into())]),
        Next::Ask(Ask::Service(message)) => ("ask", vec![("service", signed(message)?)]),
        Next::Ask(Ask::RateLimits(question)) => {
            ("ask", vec![("rateLimits", rate_limits(question)?)])
        }
        Next::Forward => ("forward", Vec::new()),
        Next::ForwardBody(bytes) => ("forwardBody", vec![("bytes", array(bytes))]),
        Next::ReplaceBody(bytes) => ("replaceBody", vec![("bytes", array(bytes))]),
        Next::Reply(reply) => ("reply", reply_members(reply)?),
    })
}

fn effects(step: &Step) -> Result<Members, JsValue> {
    let mut members = Vec::new();
    if let Some(audit) = &step.audit {
        members.push(("audit", audit.line().into()));
        members.extend(trace(audit)?);
    }
    if let Some(refund) = step.effects.refund() {
        members.push(("refund", count::refund(refund)?));
    }
    if let finished @ [_, ..] = step.effects.finished() {
        members.push(("finished", state::keys(finished)?));
    }
    if let writes @ [_, ..] = step.effects.writes() {
        members.push(("writes", state::writes(writes)?));
    }
    if let Some(notice) = &step.notice {
        members.push(("notice", signed(notice)?));
    }
    if let Some(end) = step.effects.ended() {
        members.push(("end", under_way::end(end)?));
    }
    Ok(members)
}

fn signed(message: &SignedMessage) -> Result<JsValue, JsValue> {
    object(&[
        ("body", message.body.as_str().into()),
        ("time", message.time.as_str().into()),
        ("signature", message.signature.as_str().into()),
    ])
}

fn rate_limits(question: &RateLimitQuestion) -> Result<JsValue, JsValue> {
    let pair = |(name, value): &(&str, &str)| Array::of2(&(*name).into(), &(*value).into());
    let headers: Array = question.headers().iter().map(pair).collect();
    object(&[
        ("path", question.path().into()),
        ("headers", headers.into()),
        ("body", array(&question.body)),
    ])
}

fn trace(audit: &Audit) -> Result<Option<(&'static str, JsValue)>, JsValue> {
    let Some(rules) = audit.trace() else {
        return Ok(None);
    };
    let text = serde_json::to_string(rules).unwrap_or_default();
    Ok(Some(("trace", js_sys::JSON::parse(&text)?)))
}

fn names(names: &[&str]) -> JsValue {
    let names = names.iter().map(|name| JsValue::from(*name));
    names.collect::<Array>().into()
}

fn fields<V: AsRef<str>>(fields: &[(&'static str, V)]) -> Result<JsValue, JsValue> {
    let field = |(name, value): &(&'static str, V)| (*name, value.as_ref().into());
    object(&fields.iter().map(field).collect::<Vec<_>>())
}

fn reply_members(reply: &Reply) -> Result<Members, JsValue> {
    let mut members = vec![
        ("status", reply.status.into()),
        ("headers", fields(&reply.headers)?),
        ("body", array(&reply.body)),
    ];
    if let Some(hold) = &reply.hold {
        let until = hold.until.0 as f64;
        let hold = object(&[
            ("approval", hold.approval.to_string().into()),
            ("until", until.into()),
        ])?;
        members.push(("hold", hold));
    }
    Ok(members)
}

fn array(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}
