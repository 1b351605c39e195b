//! The rounds in which a client waits for an approval (2026-07-28, basic, Multi Round-Trip Requests): turns the state that
//! the gateway gave a client, and that the client repeats, back into the approval and the number of the round.
//!
//! It never approves: a state only says which approval a client waits for.

use crate::read::{RESPONSES, Rounds, STATE};
use crate::words::approval::ApprovalId;
use crate::words::json::Value;
use crate::words::mac::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The key of the gateway's own request for input.
pub(crate) const TOKEN_KEY: &str = "mcp-policy/approval";

/// The rounds after the first call that the official SDKs take by themselves.
pub(crate) const MOST_ROUNDS: u8 = 10;

/// The beginning of the gateway's own states. A server's state passes untouched.
const PREFIX: &str = "mcp-policy.";

const PURPOSE: &str = "state of a round";

/// A round in which a client waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Round {
    pub(crate) id: ApprovalId,
    /// The rounds so far, from 1.
    pub(crate) number: u8,
}

/// The state that a request carries.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RoundState {
    /// None, or a server's own.
    Foreign,
    /// The gateway's own. `declines` where the client's user did not open the address.
    Own { round: Round, declines: bool },
    /// It looks like the gateway's own and is not.
    Forged,
}

impl RoundState {
    pub(crate) fn read(rounds: &Rounds<'_>, keys: &Keys) -> Self {
        let state = rounds.state.and_then(Value::string);
        let Some(token) = state
            .as_deref()
            .and_then(|state| state.strip_prefix(PREFIX))
        else {
            return Self::Foreign;
        };
        let round = Round::read(token, keys);
        match (round, answer_of(rounds.responses)) {
            (Some(round), Some(declines)) => Self::Own { round, declines },
            _ => Self::Forged,
        }
    }
}

/// Whether the client's user declined to open the address; `None` where the client answers something else too.
fn answer_of(responses: Option<Value<'_>>) -> Option<bool> {
    let Some(responses) = responses else {
        return Some(false);
    };
    let mut members = responses.members();
    let (name, answer) = members.next()?;
    let action = answer.get("action").and_then(Value::string);
    let alone = name == TOKEN_KEY && members.next().is_none();
    action.filter(|_| alone).map(|action| action != "accept")
}

impl Round {
    fn read(token: &str, keys: &Keys) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (number, code) = rest.split_first()?;
        keys.prove(PURPOSE, &[id, &[*number]], code)
            .then_some(Self {
                id: ApprovalId(*id),
                number: *number,
            })
    }

    /// The state that the client repeats.
    pub(crate) fn state(self, keys: &Keys) -> String {
        let number = [self.number];
        let code = keys.code(PURPOSE, &[&self.id.0, &number]);
        let bytes = [&self.id.0[..], &number, &code].concat();
        [PREFIX, &URL_SAFE_NO_PAD.encode(bytes)].concat()
    }
}

impl Rounds<'_> {
    /// The body without the members of the rounds: spaces are in their place, so that its length stays.
    pub(crate) fn without(&self, body: &[u8]) -> Vec<u8> {
        let mut edited = body.to_vec();
        let Some(params) = self.params else {
            return edited;
        };
        let inside = params.range().start.saturating_add(1)..params.range().end.saturating_sub(1);
        let kept: Vec<_> = params
            .named()
            .filter(|(name, _)| !is_own(*name))
            .map(|(name, value)| name.range().start..value.range().end)
            .collect();
        if let Some(inside) = edited.get_mut(inside) {
            inside.fill(b' ');
        }
        for (index, member) in kept.iter().enumerate() {
            let (to, from) = (edited.get_mut(member.clone()), body.get(member.clone()));
            if let (Some(to), Some(from)) = (to, from) {
                to.copy_from_slice(from);
            }
            // Between two members was a comma at least.
            let comma = edited.get_mut(member.end);
            if let Some(comma) = comma.filter(|_| index.saturating_add(1) < kept.len()) {
                *comma = b',';
            }
        }
        edited
    }
}

fn is_own(name: Value<'_>) -> bool {
    let name = name.string().unwrap_or_default();
    name == RESPONSES || name == STATE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::json::{Bounds, Document, Surrogates};

    const BOUNDS: Bounds = Bounds {
        depth: 64,
        values: 64,
        surrogates: Surrogates::Refused,
    };

    fn keys(byte: u8) -> Keys {
        Keys::new([&[byte; 32][..]]).unwrap()
    }

    fn with_rounds<T>(params: &str, use_it: impl FnOnce(Rounds<'_>) -> T) -> T {
        let document = Document::read(params.as_bytes(), BOUNDS).unwrap();
        let params = document.root();
        use_it(Rounds {
            params: Some(params),
            responses: params.get(RESPONSES),
            state: params.get(STATE),
            shows_urls: false,
        })
    }

    #[test]
    fn own_state_is_read_and_another_one_is_not() {
        let round = Round {
            id: ApprovalId([7; 16]),
            number: 3,
        };
        let own = round.state(&keys(1));
        let accepted = format!(r#""inputResponses":{{"{TOKEN_KEY}":{{"action":"accept"}}}},"#);
        let declined = accepted.replace("accept", "cancel");
        let other = accepted.replace(TOKEN_KEY, "name");
        let is_own = |declines| RoundState::Own { round, declines };
        let last = own.chars().last().unwrap();
        let changed = [
            own.strip_suffix(last).unwrap(),
            if own.ends_with('A') { "B" } else { "A" },
        ]
        .concat();
        for (responses, state, expected) in [
            ("", &*own, is_own(false)),
            (&*accepted, &own, is_own(false)),
            (&declined, &own, is_own(true)),
            (&other, &own, RoundState::Forged),
            ("", &changed, RoundState::Forged),
            ("", "mcp-policy.", RoundState::Forged),
            ("", "a state of the server", RoundState::Foreign),
            (&other, "a state of the server", RoundState::Foreign),
        ] {
            let params = format!(r#"{{{responses}"requestState":"{state}"}}"#);
            let read = with_rounds(&params, |rounds| RoundState::read(&rounds, &keys(1)));
            assert_eq!(read, expected, "{params}");
        }
    }

    #[test]
    fn state_of_another_key_is_forged() {
        let round = Round {
            id: ApprovalId([7; 16]),
            number: 3,
        };
        let params = format!(r#"{{"requestState":"{}"}}"#, round.state(&keys(1)));
        let read = with_rounds(&params, |rounds| RoundState::read(&rounds, &keys(2)));
        assert_eq!(read, RoundState::Forged);
    }

    #[test]
    fn own_members_are_replaced_by_spaces_wherever_they_stand() {
        for (params, expected) in [
            (
                r#"{"inputResponses":{},"requestState":"s","name":"a"}"#,
                r#"{"name":"a"}"#,
            ),
            (
                r#"{"name":"a", "requestState":"s" ,"arguments":{"requestState":1}}"#,
                r#"{"name":"a","arguments":{"requestState":1}}"#,
            ),
            (
                r#"{ "name" : "a" , "inputResponses":{},"requestState":"s"}"#,
                r#"{"name":"a"}"#,
            ),
            (r#"{"requestState":"s"}"#, "{}"),
            (r#"{"name":"a","_meta":{}}"#, r#"{"name":"a","_meta":{}}"#),
        ] {
            let edited = with_rounds(params, |rounds| rounds.without(params.as_bytes()));
            assert_eq!(edited.len(), params.len());
            let edited = String::from_utf8(edited).unwrap();
            let document = Document::read(edited.as_bytes(), BOUNDS).unwrap();
            assert_eq!(document.root().compact(), expected, "{params}");
        }
    }
}
