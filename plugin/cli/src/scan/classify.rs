//! Turns a tool into its class, with every reason for it.
//!
//! It never believes a server that calls a tool harmless; it does believe one that calls a tool harmful.

use super::class::Class;
use super::parameter::{Parameter, Texts};
use super::parameter_kind::{runs, stores};
use super::tool::Tool;
use super::{tokenize, vocabulary};
use serde::Serialize;

/// A reason for a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Reason {
    pub(crate) class: Class,
    /// The evidence, and its place.
    pub(crate) saw: String,
}

/// A tool's class, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Classified {
    pub(crate) class: Class,
    /// The reasons for this class. Reasons for a better one are left out.
    pub(crate) because: Vec<String>,
}

/// The words of a tool, split once.
struct Evidence<'a> {
    tool: &'a Tool,
    name: Vec<String>,
    sentences: Vec<Vec<String>>,
    parameters: &'a [Parameter],
}

/// The worst class with a reason. A tool without any is at least `Write`.
pub(crate) fn classify(tool: &Tool, parameters: &[Parameter]) -> Classified {
    let sentences = tokenize::sentences(tool.description());
    let evidence = Evidence {
        tool,
        name: tokenize::words_of_name(&tool.name),
        sentences: sentences
            .iter()
            .map(|sentence| tokenize::words_of_sentence(sentence))
            .collect(),
        parameters,
    };
    let reasons = evidence.reasons();
    let class = reasons.iter().map(|reason| reason.class).max();
    let class = class.unwrap_or(Class::Write);
    let because = reasons.into_iter().filter(|reason| reason.class == class);
    Classified {
        class,
        because: because.map(|reason| reason.saw).collect(),
    }
}

fn reason(class: Class, saw: impl Into<String>) -> Reason {
    Reason {
        class,
        saw: saw.into(),
    }
}

impl Evidence<'_> {
    fn reasons(&self) -> Vec<Reason> {
        let leading = self.leading_verb();
        let mut reasons = self.verbs_of_name(leading.as_ref().map(|verb| verb.class));
        reasons.extend(leading.iter().map(|verb| reason(verb.class, verb.saw())));
        if reasons.is_empty() {
            let hinted = self.tool.hint("destructiveHint") == Some(true);
            let class = if hinted {
                Class::Destructive
            } else {
                Class::Write
            };
            reasons.push(reason(class, "no statement of what it does"));
        }
        reasons.extend(leading.iter().flat_map(|verb| self.joined_verbs(verb)));
        reasons.extend(self.later_sentences());
        reasons.extend(self.parameters.iter().filter_map(|one| self.parameter(one)));
        reasons.extend(self.annotations());
        let reads = reasons.iter().all(|reason| reason.class == Class::Read);
        reasons.extend((!reads).then(|| self.money()).flatten());
        reasons.extend((!reads).then(|| self.terminal()).flatten());
        reasons
    }

    /// The first verb of the name, and the verbs that are joined to it. A word that is often a noun is a verb where there is
    /// no other: `run_tests`; not in its middle, where the description has a verb.
    fn verbs_of_name(&self, described: Option<Class>) -> Vec<Reason> {
        let mut verbs = self.verbs(false);
        if verbs.is_empty() {
            verbs = self.verbs(true);
            verbs.retain(|(at, _)| *at == 0 || described.is_none());
        }
        let Some(&(first, main)) = verbs.first() else {
            return Vec::new();
        };
        let counts = |&(at, class): &(usize, Class)| {
            let joined = at.checked_sub(1).and_then(|before| self.name.get(before));
            let joined = joined.is_some_and(|word| word == "and" || word == "or");
            let second = main == Class::Read && described != Some(Class::Read);
            at == first || joined || class == Class::Destructive || second
        };
        let counted = verbs.iter().filter(|verb| counts(verb));
        let word = |at| self.name.get(at).map_or("", String::as_str);
        counted
            .map(|&(at, class)| reason(class, format!("name: `{}`", word(at))))
            .collect()
    }

    fn verbs(&self, nouns: bool) -> Vec<(usize, Class)> {
        let words = self.name.iter().enumerate();
        let words = words.filter(|(_, word)| nouns || !vocabulary::often_noun(word));
        words
            .filter_map(|(at, word)| {
                Some((at, self.dragged(word).or_else(|| vocabulary::verb(word))?))
            })
            .collect()
    }

    /// To drop is to delete, but not where one drags.
    fn dragged(&self, word: &str) -> Option<Class> {
        const DRAGS: [&str; 3] = ["drag", "dragged", "onto"];
        let drags = || {
            self.first_sentence()
                .iter()
                .any(|word| DRAGS.contains(&word.as_str()))
        };
        (word == "drop" && drags()).then_some(Class::Write)
    }

    fn first_sentence(&self) -> &[String] {
        self.sentences.first().map_or(&[], Vec::as_slice)
    }

    /// The verb that the description begins with.
    fn leading_verb(&self) -> Option<LeadingVerb> {
        const WITHIN: usize = 8;
        let sentence = self.first_sentence();
        let mut opening = true;
        for (at, word) in sentence.iter().enumerate().take(WITHIN) {
            if vocabulary::empty(word) {
                continue;
            }
            let class = self.dragged(word).or_else(|| vocabulary::form(word));
            let noun = !opening && vocabulary::often_noun(word);
            if let Some(class) = class.filter(|_| !noun) {
                return Some(LeadingVerb {
                    at,
                    word: word.clone(),
                    class,
                });
            }
            opening = false;
        }
        None
    }

    /// Verbs that the first sentence joins to its first one, in the same form: `Removes the rows and drops the table`.
    fn joined_verbs(&self, lead: &LeadingVerb) -> Vec<Reason> {
        let rest = self.first_sentence().iter().enumerate();
        let mut before = "";
        let mut reasons = Vec::new();
        for (at, word) in rest {
            let joins = matches!(before, "," | "and" | "or" | "then");
            let same = third(word) == third(&lead.word);
            let class = self.dragged(word).or_else(|| vocabulary::form(word));
            let class = class.filter(|_| at > lead.at && joins);
            let worst = class.filter(|&class| class == Class::Destructive || same);
            let counted =
                worst.filter(|&class| class == Class::Execute || !vocabulary::often_noun(word));
            reasons.extend(counted.map(|class| reason(class, format!("description: `{word}`"))));
            let adverb =
                vocabulary::empty(word) && !matches!(word.as_str(), "," | "and" | "the" | "a");
            before = if adverb && joins { before } else { word };
        }
        reasons
    }

    /// Later sentences that begin with a verb, or say it plainly.
    fn later_sentences(&self) -> Vec<Reason> {
        let later = self.sentences.iter().skip(1);
        let verbs = later.filter_map(|sentence| {
            let words = sentence.iter().map(String::as_str);
            let mut words = words.skip_while(|word| {
                matches!(
                    *word,
                    "it" | "this" | "tool" | "also" | "then" | "and" | "will" | ","
                )
            });
            let word = words.next().filter(|word| third(word))?;
            let class = vocabulary::form(word).filter(|class| *class > Class::Write)?;
            (!vocabulary::often_noun(word)).then(|| reason(class, format!("description: `{word}`")))
        });
        verbs
            .chain(
                self.sentences
                    .iter()
                    .filter_map(|sentence| plain_statement(sentence)),
            )
            .collect()
    }

    /// A parameter by which the caller chooses the action.
    fn parameter(&self, parameter: &Parameter) -> Option<Reason> {
        let path = &parameter.path;
        let what = runs(parameter, &self.about());
        if let Some(what) = what {
            return Some(reason(
                Class::Execute,
                format!("takes {} (`{path}`)", what.name()),
            ));
        }
        if let Some((class, choice)) = action(parameter) {
            return Some(reason(class, format!("`{path}` may be `{choice}`")));
        }
        if self.leads_a_browser(parameter) {
            return Some(reason(
                Class::Execute,
                format!("leads a browser to a URL (`{path}`)"),
            ));
        }
        stores(parameter).then(|| {
            reason(
                Class::Write,
                format!("stores its result in a file (`{path}`)"),
            )
        })
    }

    /// The prose about the tool itself, in which words identify parameters.
    fn about(&self) -> String {
        let mut about = self.name.join(" ");
        for text in [self.tool.title.as_deref(), self.tool.description.as_deref()] {
            about.push(' ');
            about.extend(text.unwrap_or_default().chars().take(2_000));
        }
        about
    }

    fn leads_a_browser(&self, parameter: &Parameter) -> bool {
        const BROWSERS: [&str; 7] = [
            "browser",
            "navigate",
            "navigates",
            "tab",
            "goto",
            "visit",
            "visits",
        ];
        let mut words = self.name.iter().chain(self.first_sentence());
        let is_url = matches!(parameter.words.as_slice(), [word] if word == "url" || word == "uri");
        is_url && words.any(|word| BROWSERS.contains(&word.as_str()))
    }

    /// Warnings of the server itself. `destructiveHint` covers any change but additions, so its class is `Write`.
    fn annotations(&self) -> Vec<Reason> {
        let changes = self.tool.hint("readOnlyHint") == Some(false);
        let destroys = self.tool.hint("destructiveHint") == Some(true)
            && self.tool.hint("readOnlyHint") != Some(true);
        let said = [
            (changes, "readOnlyHint is false"),
            (destroys, "destructiveHint is true"),
        ];
        let said = said.into_iter().filter(|(said, _)| *said);
        said.map(|(_, saw)| reason(Class::Write, format!("annotation: {saw}")))
            .collect()
    }

    /// Any action on money, except reading.
    fn money(&self) -> Option<Reason> {
        let about = |word: &String| vocabulary::about_money(word);
        let parameters = || self.parameters.iter().flat_map(|one| &one.words);
        let context = self.name.iter().any(about)
            || self.sentences.iter().flatten().any(about)
            || parameters().any(about);
        let word = self
            .name
            .iter()
            .find(|word| vocabulary::money(word) || context && vocabulary::perhaps_money(word));
        let named = word.map(|word| reason(Class::Financial, format!("name: `{word}`")));
        let has = |one: &str| parameters().any(|word| word == one);
        named.or_else(|| {
            (has("amount") && has("currency"))
                .then(|| reason(Class::Financial, "takes an amount and a currency"))
        })
    }

    /// Text for a shell or the like.
    fn terminal(&self) -> Option<Reason> {
        const TERMINALS: [&str; 7] = [
            "terminal",
            "shell",
            "repl",
            "subprocess",
            "powershell",
            "bash",
            "interpreter",
        ];
        let word = self
            .first_sentence()
            .iter()
            .find(|word| TERMINALS.contains(&word.as_str()))?;
        let takes_text = self
            .parameters
            .iter()
            .any(|one| one.texts != Texts::None && one.choices.is_empty() && one.required);
        takes_text.then(|| reason(Class::Execute, format!("description: text for a `{word}`")))
    }
}

/// The verb that a description begins with.
struct LeadingVerb {
    at: usize,
    word: String,
    class: Class,
}

impl LeadingVerb {
    fn saw(&self) -> String {
        format!("description: `{}`", self.word)
    }
}

/// The form of `deletes`, not that of `delete`.
fn third(word: &str) -> bool {
    word.ends_with('s') && vocabulary::verb(word).is_none()
}

/// A phrase that says it plainly, unless a negation stands before it.
fn plain_statement(sentence: &[String]) -> Option<Reason> {
    const PHRASES: [(&str, Class); 14] = [
        ("cannot be undone", Class::Destructive),
        ("can not be undone", Class::Destructive),
        ("cant be undone", Class::Destructive),
        ("irreversible", Class::Destructive),
        ("irreversibly", Class::Destructive),
        ("permanently delete", Class::Destructive),
        ("permanently deletes", Class::Destructive),
        ("permanently remove", Class::Destructive),
        ("overwrites existing", Class::Destructive),
        ("overwrite existing", Class::Destructive),
        ("arbitrary code", Class::Execute),
        ("arbitrary javascript", Class::Execute),
        ("arbitrary commands", Class::Execute),
        ("arbitrary sql", Class::Execute),
    ];
    const DENIED: [&str; 9] = [
        "not", "never", "without", "no", "wont", "doesnt", "dont", "avoid", "avoids",
    ];
    let text = format!(" {} ", sentence.join(" "));
    PHRASES.iter().find_map(|(phrase, class)| {
        let (before, _) = text.split_once(&format!(" {phrase} "))?;
        let mut last = before.split(' ').rev().take(4);
        let denied = last.any(|word| DENIED.contains(&word));
        (!denied).then(|| reason(*class, format!("description: `{phrase}`")))
    })
}

/// The worst that a parameter which names the action can ask for.
fn action(parameter: &Parameter) -> Option<(Class, &str)> {
    const ACTIONS: [&str; 10] = [
        "action",
        "operation",
        "op",
        "command",
        "subcommand",
        "method",
        "mode",
        "verb",
        "task",
        "actions",
    ];
    let last = parameter.words.last()?;
    if !ACTIONS.contains(&last.as_str()) {
        return None;
    }
    let worst = parameter.choices.iter().filter_map(|choice| {
        let mut words = tokenize::words_of_name(choice).into_iter();
        let class = words.find_map(|word| vocabulary::verb(&word))?;
        Some((class, choice.as_str()))
    });
    worst
        .filter(|(class, _)| *class > Class::Read)
        .max_by_key(|(class, _)| *class)
}
