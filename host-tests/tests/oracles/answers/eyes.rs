//! Finds the planted thing in what a reader makes of an answer.

use super::readers::{Reader, Shown, Tree};
use super::scene::{ASKS, HIDDEN, Planted, SECRET};

/// A description of the planted thing that the reader sees; `None` where it sees nothing of it.
pub(super) fn seen(reader: &Reader, shown: &Shown, planted: Planted) -> Option<String> {
    let messages = || shown.messages.iter();
    match planted {
        Planted::Name => messages().find_map(|message| hidden(reader, message)),
        Planted::Ask => messages().find_map(|message| question(reader, message)),
        Planted::Secret => {
            let page = shown.page.as_ref().filter(|page| page.contains(SECRET));
            let told = messages().find(|message| message.tells(SECRET));
            told.map(|_| "the secret in a message".to_owned())
                .or_else(|| page.map(|_| "the secret on the page of a failed request".to_owned()))
        }
    }
}

const LISTS: [(&str, &str); 4] = [
    ("tools", "name"),
    ("prompts", "name"),
    ("resources", "uri"),
    ("resourceTemplates", "uriTemplate"),
];

/// A hidden name in a list of a result.
fn hidden(reader: &Reader, message: &Tree) -> Option<String> {
    let names = reader.names;
    let result = names.get(message, "result")?;
    LISTS.into_iter().find_map(|(list, key)| {
        let elements = names.get(result, list)?.elements();
        let mut known = elements
            .iter()
            .filter_map(|element| names.get(element, key)?.text());
        let found = known.find(|name| is_hidden(name))?;
        Some(format!("{found:?} in {list}"))
    })
}

fn is_hidden(name: &str) -> bool {
    name.strip_prefix(HIDDEN)
        .is_some_and(|rest| rest.is_empty() || rest == ":///gone")
}

/// A forbidden request of the server, anywhere in the message.
fn question(reader: &Reader, message: &Tree) -> Option<String> {
    let names = reader.names;
    let get = |tree, name| names.get(tree, name);
    // `params` count only beside a method.
    let params = get(message, "method").and_then(|_| get(message, "params"));
    let result = get(message, "result");
    let tasks = [result, params].map(|holder| holder.and_then(|holder| get(holder, "task")));
    let holders = [result, params].into_iter().chain(tasks).flatten();
    let inside = holders.filter_map(|holder| get(holder, "inputRequests"));
    let inside = inside.flat_map(|requests| {
        let members = requests.members().iter().map(|(_, request)| request);
        members.chain(requests.elements())
    });
    let mut asking = inside.chain([message]);
    let asked = asking.find_map(|request| {
        let method = get(request, "method")?.text()?;
        ASKS.contains(&method)
            .then(|| format!("the question {method}"))
    });
    asked.or_else(|| elicitations(reader, message))
}

/// The elicitations in an error.
fn elicitations(reader: &Reader, message: &Tree) -> Option<String> {
    let get = |tree, name| reader.names.get(tree, name);
    let error = get(message, "error")?;
    let is_code = *get(error, "code")? == Tree::Number("-32042".into());
    let elicitations = get(get(error, "data")?, "elicitations")?.elements();
    (is_code && !elicitations.is_empty()).then(|| "the elicitations of an error".to_owned())
}
