//! Turns what a program tells of a request or a response into an event of the engine.
//!
//! It leaves nothing out: an event that is not what its type says is an error.

use crate::convert::{boolean, bytes, field, headers, index, no};
use crate::{count, memory};
use mcp_policy::{Event, Outcome, Response};
use wasm_bindgen::JsValue;

const TYPES: &str = "\"body\", \"held\", \"trailers\", \"bodyLost\", \"reserved\", \"recalled\", \"outcome\", \
    \"responseHead\", \"responseBody\", \"responseTrailers\" or \"closed\"";

pub(crate) fn event(event: &JsValue) -> Result<Event, JsValue> {
    let get = |name| field(event, name, "event");
    let end = || boolean(&get("end")?, "event.end");
    let bytes = || bytes(&get("bytes")?, "event.bytes");
    let response = match get("type")?.as_string().as_deref() {
        Some("body") => {
            return Ok(Event::Body {
                bytes: bytes()?,
                end: end()?,
            });
        }
        Some("held") => return Ok(Event::Held(index(&get("length")?, "event.length")?)),
        Some("trailers") => return Ok(Event::END),
        Some("bodyLost") => return Ok(Event::BodyLost),
        Some("reserved") => {
            return Ok(Event::Reserved(count::reservation(&get("reservation")?)?));
        }
        Some("recalled") => {
            return Ok(Event::Recalled(memory::recollection(&get("learnt")?)?));
        }
        Some("outcome") => Response::Outcome(outcome(&get("outcome")?)?),
        Some("responseHead") => Response::Head {
            status: status(&get("status")?)?,
            headers: headers(&get("headers")?, "event.headers")?,
            end: end()?,
        },
        Some("responseBody") => Response::Body {
            bytes: bytes()?,
            end: end()?,
        },
        Some("responseTrailers") => Response::Trailers,
        Some("closed") => Response::Closed,
        _ => return Err(no("event.type", TYPES)),
    };
    Ok(Event::Response(response))
}

fn outcome(value: &JsValue) -> Result<Outcome, JsValue> {
    match value.as_string().as_deref() {
        Some("sent") => Ok(Outcome::Sent),
        Some("unsent") => Ok(Outcome::Unsent),
        _ => Err(no("event.outcome", "\"sent\" or \"unsent\"")),
    }
}

fn status(value: &JsValue) -> Result<u16, JsValue> {
    let status = index(value, "event.status")?;
    u16::try_from(status).map_err(|_| no("event.status", "an HTTP status"))
}
