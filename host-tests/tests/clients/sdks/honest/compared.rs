//! Turns the exchanges before and behind the gateway into counts and differences, for each caller.
//!
//! It skips no exchange of one side: one that is missing on the other side is refused, or a difference.

use super::compare::{differences, shown};
use host_tests::recorder::{Exchange, State};
use host_tests::upstream::Recorded;
use host_tests::wire::Response;
use std::collections::{BTreeMap, BTreeSet};

/// The number of differences of a caller that a report shows.
const SHOWN: usize = 3;

/// The traffic between clients and servers, by the names of the clients' callers.
#[derive(Default)]
pub(in crate::sdks) struct Compared {
    pub(in crate::sdks) callers: BTreeMap<String, Passed>,
}

/// The traffic between one caller and a server.
#[derive(Default)]
pub(in crate::sdks) struct Passed {
    exchanges: usize,
    sessions: BTreeSet<Vec<u8>>,
    bytes: usize,
    documents: usize,
    streams: usize,
    /// The responses that the client did not wait for, and the bytes that arrived too late.
    left: usize,
    late: usize,
    /// The requests that the gateway refused.
    pub(in crate::sdks) refused: Vec<String>,
    pub(in crate::sdks) differences: Vec<String>,
}

impl Compared {
    /// Adds both sides of a listener. Clients name each exchange, and its caller.
    pub(super) fn add(&mut self, before: &[Exchange], behind: &[Exchange]) {
        let mut others: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for exchange in behind {
            let name = text(&exchange.request, "x-exchange");
            others.entry(name).or_default().push(exchange);
        }
        for exchange in before {
            let name = text(&exchange.request, "x-exchange");
            let others = others.remove(&name).unwrap_or_default();
            self.of(exchange).add(exchange, &others);
        }
        for (name, others) in others {
            let difference = format!("{name}: the gateway sent it by itself");
            self.of(others[0]).differences.push(difference);
        }
    }

    fn of(&mut self, exchange: &Exchange) -> &mut Passed {
        let caller = text(&exchange.request, "x-user");
        self.callers.entry(caller).or_default()
    }

    /// A summary in one line.
    pub(in crate::sdks) fn line(&self) -> String {
        let sum = |count: fn(&Passed) -> usize| self.callers.values().map(count).sum::<usize>();
        format!(
            "{} sessions of {} callers, {} exchanges ({} documents, {} event streams), {} bytes of bodies, {} differences; {} left \
             by the client, {} bytes too late for it",
            sum(|own| own.sessions.len()),
            self.callers.len(),
            sum(|own| own.exchanges),
            sum(|own| own.documents),
            sum(|own| own.streams),
            sum(|own| own.bytes),
            sum(|own| own.differences.len()),
            sum(|own| own.left),
            sum(|own| own.late),
        )
    }

    /// A line for each caller with a difference, or with another number of refusals than expected.
    pub(in crate::sdks) fn wrong(&self, expected: &[(String, usize)]) -> Vec<String> {
        let nothing = &Passed::default();
        let wrong = |(caller, refused): &(String, usize)| {
            let passed = self.callers.get(caller).unwrap_or(nothing);
            let wrong = passed.wrong(*refused)?;
            Some(format!("{caller}: {wrong}"))
        };
        let known = |caller: &String| expected.iter().any(|(own, _)| own == caller);
        let strange = self.callers.keys().filter(|caller| !known(caller));
        let strange = strange.map(|caller| format!("{caller}: no such caller is expected"));
        expected.iter().filter_map(wrong).chain(strange).collect()
    }
}

impl Passed {
    fn add(&mut self, before: &Exchange, behind: &[&Exchange]) {
        let name = text(&before.request, "x-exchange");
        let what = shown(&before.request.body);
        let title = format!("{name}: {} {what}", before.request.method);
        match behind {
            [] => self.refused.push(title),
            [behind] if is_broken_off(behind) => self.refused.push(title),
            [behind] => {
                self.count(before, behind);
                let differences = differences(before, behind).into_iter();
                let titled = differences.map(|difference| format!("{title}: {difference}"));
                self.differences.extend(titled);
            }
            _ => self
                .differences
                .push(format!("{title}: it passed more than once")),
        }
    }

    fn count(&mut self, before: &Exchange, behind: &Exchange) {
        let nothing = Response::default();
        let [response, given] =
            [before, behind].map(|own| own.response.as_ref().unwrap_or(&nothing));
        let media = response.header("content-type").unwrap_or_default();
        let session = response.header("mcp-session-id");
        let session = before.request.header("mcp-session-id").or(session);
        self.exchanges += 1;
        self.sessions.extend(session.map(<[u8]>::to_vec));
        self.bytes += before.request.body.len() + response.body.len();
        self.documents += usize::from(media.starts_with(b"application/json"));
        self.streams += usize::from(media.starts_with(b"text/event-stream"));
        self.left += usize::from(before.state == State::Left);
        self.late += given.body.len().saturating_sub(response.body.len());
    }

    fn wrong(&self, refused: usize) -> Option<String> {
        let (exchanges, differences) = (self.exchanges, &self.differences);
        let found = self.refused.len();
        let right = exchanges > 0 && self.bytes > 0 && found == refused && differences.is_empty();
        let refusals = (found != refused).then_some(&self.refused);
        let all: Vec<_> = differences
            .iter()
            .chain(refusals.into_iter().flatten())
            .collect();
        let some: String = all
            .iter()
            .take(SHOWN)
            .map(|own| format!("\n  {own}"))
            .collect();
        (!right).then(|| {
            let differing = differences.len();
            format!("{exchanges} exchanges passed, {differing} differences, {found} refused{some}")
        })
    }
}

/// True where the gateway refused the exchange while its headers were under way. If headers flow, the server may see
/// them and nothing more.
fn is_broken_off(behind: &Exchange) -> bool {
    !behind.request.complete && behind.request.body.is_empty() && behind.state == State::Left
}

fn text(request: &Recorded, header: &str) -> String {
    let value = request.header(header).unwrap_or_default();
    String::from_utf8_lossy(value).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(name: &str) -> Exchange {
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        Exchange {
            request: Recorded {
                headers: vec![header("x-user", "ada"), header("x-exchange", name)],
                body: b"asked".to_vec(),
                complete: true,
                ..Recorded::default()
            },
            response: Some(Response::default()),
            state: State::Whole,
        }
    }

    fn compared(before: &[Exchange], behind: &[Exchange]) -> Passed {
        let mut compared = Compared::default();
        compared.add(before, behind);
        compared.callers.remove("ada").expect("a caller")
    }

    #[test]
    fn exchange_of_one_side_alone_is_refused_or_different() {
        let [one, other] = ["1", "2"].map(exchange);
        let both = [one.clone(), other.clone()];
        let same = compared(&both, &[other, one.clone()]);
        assert_eq!((same.exchanges, same.refused.len()), (2, 0));
        assert_eq!(same.wrong(0), None);
        let one = std::slice::from_ref(&one);
        let lost = compared(&both, one);
        assert_eq!((lost.exchanges, lost.refused.len()), (1, 1));
        assert!(lost.wrong(0).is_some() && lost.wrong(1).is_none());
        let twice = compared(one, &[one, one].concat());
        assert!(twice.wrong(0).is_some());
        let strange = compared(one, &both);
        assert!(strange.wrong(0).is_some());
    }

    #[test]
    fn exchange_of_which_the_server_sees_the_headers_alone_is_refused() {
        let mut behind = exchange("1");
        behind.state = State::Left;
        behind.request.body.clear();
        behind.request.complete = false;
        assert_eq!(
            compared(&[exchange("1")], &[behind.clone()]).refused.len(),
            1
        );
        behind.request.body = b"as".to_vec();
        assert_eq!(compared(&[exchange("1")], &[behind]).refused.len(), 0);
    }

    #[test]
    fn caller_without_traffic_or_unexpected_is_wrong() {
        let mut refused = Compared::default();
        refused.add(&[exchange("1")], &[]);
        let ada = [("ada".into(), 1)];
        assert_eq!(refused.wrong(&ada).len(), 1);
        assert_eq!(Compared::default().wrong(&ada).len(), 1);
        let mut passed = Compared::default();
        passed.add(&[exchange("1")], &[exchange("1")]);
        assert_eq!(passed.wrong(&[("ada".into(), 0)]).len(), 0);
        assert_eq!(passed.wrong(&[]).len(), 1);
    }
}
