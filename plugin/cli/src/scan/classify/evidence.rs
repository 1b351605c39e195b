//! The words of a tool, in which reasons are found.
//!
//! It never gives a reason: the files beside it do.

use crate::scan::class::Class;
use crate::scan::parameter::Parameter;
use crate::scan::tokenize;
use crate::scan::tool::Tool;
use crate::scan::vocabulary::is_in;

/// The words of a tool, split once.
pub(super) struct Evidence<'a> {
    pub(super) tool: &'a Tool,
    pub(super) name: Vec<String>,
    pub(super) sentences: Vec<Vec<String>>,
    pub(super) parameters: &'a [Parameter],
}

impl<'a> Evidence<'a> {
    pub(super) fn new(tool: &'a Tool, parameters: &'a [Parameter]) -> Self {
        let sentences = tokenize::sentences(tool.description());
        let sentences = sentences.iter();
        Self {
            tool,
            name: tokenize::words_of_name(&tool.name),
            sentences: sentences
                .map(|sentence| tokenize::words_of_sentence(sentence))
                .collect(),
            parameters,
        }
    }

    pub(super) fn first_sentence(&self) -> &[String] {
        self.sentences.first().map_or(&[], Vec::as_slice)
    }

    /// The prose about the tool itself, in which words identify parameters.
    pub(super) fn about(&self) -> String {
        let mut about = self.name.join(" ");
        for text in [self.tool.title.as_deref(), self.tool.description.as_deref()] {
            about.push(' ');
            about.extend(text.unwrap_or_default().chars().take(2_000));
        }
        about
    }

    /// To drop is to delete, but not where one drags.
    pub(super) fn dragged(&self, word: &str) -> Option<Class> {
        let drags = || {
            let mut words = self.first_sentence().iter();
            words.any(|word| is_in("drag dragged onto", word))
        };
        (word == "drop" && drags()).then_some(Class::Write)
    }
}
