//! Turns the events that a program reports into events of the engine.
//!
//! It never guesses: an event of another shape than its type is an error.

use crate::convert::{boolean, bytes, field, headers, index, no};
use crate::{count, state, under_way};
use mcp_policy::host::{Delivery, Event, Response, ServiceAnswer};
use wasm_bindgen::JsValue;

const TYPES: &str = "\"body\", \"buffered\", \"trailers\", \"bodyUnavailable\", \"reserved\", \"found\", \"opened\", \
    \"serviceAnswer\", \"delivery\", \"sentTo\", \"responseHead\", \"responseBody\", \"responseTrailers\" or \"closed\"";

pub(crate) fn event(event: &JsValue) -> Result<Event, JsValue> {
    let get = |name| field(event, name, "event");
    let end_of_stream = || boolean(&get("endOfStream")?, "event.endOfStream");
    let bytes = || bytes(&get("bytes")?, "event.bytes");
    let response = match get("type")?.as_string().as_deref() {
        Some("body") => {
            return Ok(Event::Body {
                bytes: bytes()?,
                end_of_stream: end_of_stream()?,
            });
        }
        Some("buffered") => return Ok(Event::Buffered(index(&get("length")?, "event.length")?)),
        Some("trailers") => return Ok(Event::END),
        Some("bodyUnavailable") => return Ok(Event::BodyUnavailable),
        Some("reserved") => {
            return Ok(Event::Reserved(count::reservation(&get("reservation")?)?));
        }
        Some("found") => return Ok(Event::Found(state::lookup(&get("values")?)?)),
        Some("opened") => return Ok(Event::Opened(under_way::opening(&get("opening")?)?)),
        Some("serviceAnswer") => return Ok(Event::ServiceAnswer(answer(event)?)),
        Some("delivery") => Response::Delivery(delivery(&get("delivery")?)?),
        Some("sentTo") => Response::SentTo(cluster(&get("cluster")?)?),
        Some("responseHead") => Response::Head {
            status: status(&get("status")?)?,
            headers: headers(&get("headers")?, "event.headers")?,
            end_of_stream: end_of_stream()?,
        },
        Some("responseBody") => Response::Body {
            bytes: bytes()?,
            end_of_stream: end_of_stream()?,
        },
        Some("responseTrailers") => Response::Trailers,
        Some("closed") => Response::Closed,
        _ => return Err(no("event.type", TYPES)),
    };
    Ok(Event::Response(response))
}

fn answer(event: &JsValue) -> Result<Option<ServiceAnswer>, JsValue> {
    let body = field(event, "body", "event")?;
    if body.is_null() {
        return Ok(None);
    }
    Ok(Some(ServiceAnswer {
        status: status(&field(event, "status", "event")?)?,
        body: bytes(&body, "event.body")?,
    }))
}

fn delivery(value: &JsValue) -> Result<Delivery, JsValue> {
    match value.as_string().as_deref() {
        Some("sent") => Ok(Delivery::Sent),
        Some("unsent") => Ok(Delivery::Unsent),
        _ => Err(no("event.delivery", "\"sent\" or \"unsent\"")),
    }
}

fn cluster(value: &JsValue) -> Result<Option<String>, JsValue> {
    match (value.is_null(), value.as_string()) {
        (true, _) => Ok(None),
        (false, Some(name)) => Ok(Some(name)),
        (false, None) => Err(no("event.cluster", "a text or null")),
    }
}

fn status(value: &JsValue) -> Result<u16, JsValue> {
    let status = index(value, "event.status")?;
    u16::try_from(status).map_err(|_| no("event.status", "an HTTP status"))
}
