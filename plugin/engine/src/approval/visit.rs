//! Turns the headers of a request to the page of approvals into what its visitor wants, and the form of a decision into that
//! decision.
//!
//! It never takes a path for the page's that another hop could read differently.

use super::person::Approving;
use crate::model::{ApprovalPage, clear_path};
use crate::read::Headers;
use crate::words::approval::ApprovalId;
use crate::words::mac::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What the visitor of the page wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    List,
    Show(ApprovalId),
    Decide(ApprovalId),
}

/// A request that the page does not answer: status and sentence.
pub(crate) type Refused = (u16, &'static str);

/// The longest form, in bytes. A reason has 500 characters, each of up to four bytes in three letters.
pub(crate) const LONGEST_FORM: usize = 8 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// What a request to the page wants; `None` where its path is not the page's.
pub(crate) fn want(page: &ApprovalPage, headers: &Headers) -> Option<Result<Want, Refused>> {
    let target = headers.single(":path").ok().flatten()?;
    let rest = clear_path(target)?.strip_prefix(&*page.path)?;
    let method = headers.single(":method").ok().flatten().unwrap_or_default();
    let id = match rest.strip_prefix('/') {
        None if rest.is_empty() => None,
        None => return None,
        Some(id) => Some(ApprovalId::parse(id)),
    };
    Some(match (method, id) {
        (_, Some(None)) => Err((
            404,
            "There is no such approval. Open the list for those that are pending.",
        )),
        ("GET", None) => Ok(Want::List),
        ("GET", Some(Some(id))) => Ok(Want::Show(id)),
        ("POST", Some(Some(id))) => posted(headers).map(|()| Want::Decide(id)),
        _ => Err((405, "Use GET to read approvals, and POST to decide one.")),
    })
}

/// A form of this page alone is taken: a browser says so where it can.
fn posted(headers: &Headers) -> Result<(), Refused> {
    let kind = headers
        .single("content-type")
        .ok()
        .flatten()
        .unwrap_or_default();
    let kind = kind.split_once(';').map_or(kind, |(kind, _)| kind);
    if !kind.trim().eq_ignore_ascii_case(FORM) {
        return Err((
            415,
            "Send the decision as application/x-www-form-urlencoded.",
        ));
    }
    match headers.single("sec-fetch-site") {
        Ok(None | Some("same-origin" | "none")) => Ok(()),
        _ => Err((
            403,
            "This form comes from another site. Open the approval and decide there.",
        )),
    }
}

/// Whether the visitor reads JSON and not HTML.
pub(crate) fn reads_json(headers: &Headers) -> bool {
    let accept = headers.single("accept").ok().flatten().unwrap_or_default();
    accept.contains("application/json")
}

/// The decision in a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) approves: bool,
    pub(crate) reason: Option<String>,
    token: String,
}

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

impl Form {
    /// # Errors
    /// A field is missing, given twice, unknown or invalid.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Refused> {
        let (mut approves, mut reason, mut token) = (None, None, None);
        for (name, value) in form_urlencoded::parse(body) {
            let twice = match &*name {
                "decision" => approves.replace(decision(&value)?).is_some(),
                "reason" => reason.replace(text(&value)?).is_some(),
                "csrf" => token.replace(value.into_owned()).is_some(),
                _ => true,
            };
            if twice {
                return Err((
                    400,
                    "The form has an unknown field, or one twice. Open the approval again.",
                ));
            }
        }
        let missing = (
            400,
            "The form has no decision or no token. Open the approval again.",
        );
        Ok(Self {
            approves: approves.ok_or(missing)?,
            reason: reason.flatten(),
            token: token.ok_or(missing)?,
        })
    }

    /// Whether the form was made for this visitor and this approval.
    pub(crate) fn is_of(&self, visitor: &Approving, id: ApprovalId, keys: &Keys) -> bool {
        let code = URL_SAFE_NO_PAD.decode(&self.token).unwrap_or_default();
        let parties = visitor.parties.join("\n");
        keys.prove(PURPOSE, &[&id.0, parties.as_bytes()], &code)
    }
}

fn decision(value: &str) -> Result<bool, Refused> {
    match value {
        "approve" => Ok(true),
        "refuse" => Ok(false),
        _ => Err((400, "The decision is `approve` or `refuse`.")),
    }
}

fn text(value: &str) -> Result<Option<String>, Refused> {
    let text = value.trim();
    if text.chars().count() > LONGEST_REASON {
        return Err((400, "The reason is longer than 500 characters. Write less."));
    }
    Ok((!text.is_empty()).then(|| text.into()))
}

const PURPOSE: &str = "form of an approval";

impl Approving {
    /// The token that a form of this visitor carries.
    pub(crate) fn token(&self, id: ApprovalId, keys: &Keys) -> String {
        let parties = self.parties.join("\n");
        URL_SAFE_NO_PAD.encode(keys.code(PURPOSE, &[&id.0, parties.as_bytes()]))
    }
}
