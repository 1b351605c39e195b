//! Turns names and sentences into plain words that can be looked up.
//!
//! It never interprets a word. Letters that only look like Latin ones become those that they look like.

use unicode_security::confusable_detection::skeleton;

/// The longest text that is read, in characters; the rest is ignored.
const LONGEST: usize = 20_000;

/// The words of `getHTTPUrl`, `get_http-url` or `Get.HTTP url`, in lower case.
pub(crate) fn words_of_name(name: &str) -> Vec<String> {
    let chars: Vec<char> = plain(name).chars().collect();
    let mut words = vec![String::new()];
    for (index, &c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| chars.get(index));
        let after = chars.get(index.saturating_add(1));
        if !c.is_alphanumeric() || begins(before, c, after) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a capital begins a word: after a small letter, or before one.
fn begins(before: Option<&char>, c: char, after: Option<&char>) -> bool {
    let small = |c: Option<&char>| c.is_some_and(|c| c.is_lowercase());
    let capital = before.is_some_and(|c| c.is_uppercase());
    c.is_uppercase() && (small(before) || capital && small(after))
}

/// The sentences of a text.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    let text: String = plain(text).trim().chars().take(LONGEST).collect();
    let text = text.replace("\r\n", "\n");
    let blocks = text.split("\n\n");
    let sentences = blocks.flat_map(|block| {
        let ends = |c: char| matches!(c, '.' | '!' | '?' | ';');
        block
            .split_inclusive([' ', '\n'])
            .fold(vec![String::new()], |mut sentences, word| {
                if let Some(sentence) = sentences.last_mut() {
                    sentence.push_str(word);
                }
                if word.trim_end().ends_with(ends) {
                    sentences.push(String::new());
                }
                sentences
            })
    });
    sentences
        .map(|sentence| sentence.trim().to_owned())
        .filter(|sentence| !sentence.is_empty())
        .collect()
}

/// The words of a sentence in lower case. Commas, strokes and ampersands are words of their own: `,`.
pub(crate) fn words_of_sentence(sentence: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in sentence.chars() {
        match c {
            ',' | '/' | '&' => words.extend([",".to_owned(), String::new()]),
            c if c.is_alphanumeric() => {
                if let Some(word) = words.last_mut() {
                    word.extend(c.to_lowercase());
                }
            }
            // `doesn't` stays one word.
            '\'' | '’' => {}
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The possible base forms of a word: `delete` of `deletes` and of `deleting`.
pub(crate) fn bases(word: &str) -> Vec<String> {
    let mut bases = vec![word.to_owned()];
    if let Some(stem) = word.strip_suffix("ies") {
        bases.push(format!("{stem}y"));
    }
    bases.extend(word.strip_suffix("es").map(str::to_owned));
    bases.extend(word.strip_suffix('s').map(str::to_owned));
    if let Some(stem) = word.strip_suffix("ing") {
        bases.push(stem.to_owned());
        bases.push(format!("{stem}e"));
        let mut letters = stem.chars().rev();
        if let (Some(last), Some(before)) = (letters.next(), letters.next())
            && last == before
        {
            bases.extend(stem.strip_suffix(last).map(str::to_owned));
        }
    }
    bases
}

/// Without invisible characters, and with Latin letters in place of those that look like them.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii() => plain.push(c),
            c if crate::invisible::is_invisible(c) => {}
            c => {
                let mut letter = [0; 4];
                let letters = skeleton(c.encode_utf8(&mut letter));
                plain.extend(letters.filter(|c| !('\u{300}'..='\u{36f}').contains(c)));
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_split_into_words() {
        for (name, words) in [
            ("getHTTPUrl", "get http url"),
            ("get_http-url", "get http url"),
            ("API-post-search", "api post search"),
            ("files.delete", "files delete"),
            ("dеlete_аll", "delete all"),
            ("de\u{200b}lete", "delete"),
            ("__", ""),
        ] {
            assert_eq!(words_of_name(name).join(" "), words, "{name:?}");
        }
    }

    #[test]
    fn verb_form_has_its_base() {
        for (form, verb) in [
            ("deletes", "delete"),
            ("fetches", "fetch"),
            ("modifies", "modify"),
            ("running", "run"),
            ("removing", "remove"),
            ("drops", "drop"),
        ] {
            assert!(bases(form).iter().any(|base| base == verb), "{form}");
        }
    }

    #[test]
    fn sentence_ends_at_full_stop_and_at_empty_line() {
        let text = "Reads a file.txt, twice. Then\nmore\n\nArgs: none";
        assert_eq!(
            sentences(text),
            ["Reads a file.txt, twice.", "Then\nmore", "Args: none"]
        );
    }
}
