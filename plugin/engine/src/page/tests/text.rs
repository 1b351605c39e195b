//! Turns texts that hide something into HTML, beside texts that do not.
//!
//! It never compares whole pages.

use crate::page::text::Shown;
use maud::Render;

const HIDDEN: &str =
    "<span class=w>Invisible or unusual characters are shown as code points</span>";
const MIXED: &str = "<span class=w>Warning: letters of different alphabets in one word</span>";
const RIGHT_TO_LEFT: &str =
    "<span class=w>Right-to-left letters: the order on the screen can differ from the text</span>";

fn shown(text: &str) -> String {
    Shown(text).render().into_string()
}

fn is(text: &str, inside: &str, notes: &str) {
    assert_eq!(
        shown(text),
        format!("<bdi dir=ltr>{inside}</bdi>{notes}"),
        "{text:?}"
    );
}

fn ascii(json: &str) -> String {
    format!("<span class=a>as ASCII: <code>{json}</code></span>")
}

#[test]
fn plain_text_is_shown_as_it_is() {
    for text in [
        "deploy",
        "a b c",
        "rm -rf /tmp/x",
        "1.5",
        "U+202E",
        "a, b; c!",
    ] {
        is(text, text, "");
    }
}

#[test]
fn invisible_character_is_shown_as_its_code_point() {
    for (c, point, json) in [
        ('\u{202e}', "U+202E", "\\u202e"),
        ('\u{2066}', "U+2066", "\\u2066"),
        ('\u{200b}', "U+200B", "\\u200b"),
        ('\u{200d}', "U+200D", "\\u200d"),
        ('\u{200c}', "U+200C", "\\u200c"),
        ('\u{feff}', "U+FEFF", "\\ufeff"),
        ('\u{fe0f}', "U+FE0F", "\\ufe0f"),
        ('\u{ad}', "U+00AD", "\\u00ad"),
        ('\u{a0}', "U+00A0", "\\u00a0"),
        ('\u{3000}', "U+3000", "\\u3000"),
        ('\u{2800}', "U+2800", "\\u2800"),
        ('\u{3164}', "U+3164", "\\u3164"),
        ('\u{338}', "U+0338", "\\u0338"),
        ('\u{e000}', "U+E000", "\\ue000"),
        ('\u{1d173}', "U+1D173", "\\ud834\\udd73"),
        ('\u{e0041}', "U+E0041", "\\udb40\\udc41"),
        ('\0', "U+0000", "\\u0000"),
        ('\u{1b}', "U+001B", "\\u001b"),
        ('\u{7f}', "U+007F", "\\u007f"),
        ('\r', "U+000D", "\\u000d"),
    ] {
        let notes = format!("{HIDDEN}{}", ascii(&format!("&quot;a{json}b&quot;")));
        is(&format!("a{c}b"), &format!("a<b>{point}</b>b"), &notes);
    }
}

#[test]
fn repeated_invisible_character_is_shown_with_its_number() {
    let json = format!("&quot;a{}&quot;", "\\u200b".repeat(300));
    let notes = format!("{HIDDEN}{}", ascii(&json));
    is(
        &format!("a{}", "\u{200b}".repeat(300)),
        "a<b>U+200B × 300</b>",
        &notes,
    );
}

#[test]
fn letter_of_another_alphabet_in_a_word_is_marked() {
    for (word, json) in [
        ("p\u{430}th", "p\\u0430th"),
        ("\u{430}dmin", "\\u0430dmin"),
        ("adm\u{3b9}n", "adm\\u03b9n"),
        ("\u{441}\u{3bf}\u{440}", "\\u0441\\u03bf\\u0440"),
        ("\u{ff41}dmin", "\\uff41dmin"),
        ("\u{1d41d}eploy", "\\ud835\\udc1deploy"),
        ("\u{13aa}pp", "\\u13aapp"),
        ("pa\u{261}e", "pa\\u0261e"),
        ("\u{585}pen", "\\u0585pen"),
    ] {
        let notes = format!("{MIXED}{}", ascii(&format!("&quot;to {json}!&quot;")));
        is(
            &format!("to {word}!"),
            &format!("to <mark>{word}</mark>!"),
            &notes,
        );
    }
}

#[test]
fn word_of_one_alphabet_is_not_marked_and_has_its_ascii() {
    for (text, json) in [
        ("\u{441}\u{43e}\u{440}", "\\u0441\\u043e\\u0440"),
        ("caf\u{e9} \u{440}", "caf\\u00e9 \\u0440"),
        ("T\u{30b7}\u{30e3}\u{30c4}", "T\\u30b7\\u30e3\\u30c4"),
        ("5 \u{b5}s", "5 \\u00b5s"),
        ("\u{2014}", "\\u2014"),
        ("\u{1f680}", "\\ud83d\\ude80"),
        ("a\u{23ce}b", "a\\u23ceb"),
    ] {
        is(text, text, &ascii(&format!("&quot;{json}&quot;")));
    }
}

#[test]
fn right_to_left_letters_are_announced() {
    let hebrew = "\u{5d0}\u{5d1} 12";
    let notes = format!("{RIGHT_TO_LEFT}{}", ascii("&quot;\\u05d0\\u05d1 12&quot;"));
    is(hebrew, hebrew, &notes);
}

#[test]
fn white_space_that_can_be_overlooked_is_marked() {
    for (text, inside) in [
        (" a", "<i>·</i>a"),
        ("a ", "a<i>·</i>"),
        ("a  b", "a<i>··</i>b"),
        (" ", "<i>·</i>"),
        ("a\nb", "a<i>⏎</i>\nb"),
        ("a \n b", "a<i>·</i><i>⏎</i>\n<i>·</i>b"),
        ("a\tb", "a<i>→\t</i>b"),
        ("a b", "a b"),
    ] {
        is(text, inside, "");
    }
}

#[test]
fn flood_of_white_space_is_shown_with_its_number() {
    is(
        &format!("ok{}rm", " ".repeat(900)),
        "ok<b>· × 900</b>rm",
        "",
    );
    is(
        &format!("ok{}rm", "\n".repeat(900)),
        "ok<b>⏎ × 900</b>\nrm",
        "",
    );
    is(
        &format!("ok{}rm", "\t".repeat(900)),
        "ok<b>→\t × 900</b>rm",
        "",
    );
}

#[test]
fn mark_of_white_space_as_a_character_differs_from_white_space() {
    assert_ne!(shown("a\u{b7}"), shown("a "));
    assert_ne!(shown("a\u{23ce}\nb"), shown("a\n\nb"));
    assert_ne!(shown("aU+200B"), shown("a\u{200b}"));
}

#[test]
fn markup_is_text() {
    is(
        "<script>&\"'</script>",
        "&lt;script&gt;&amp;&quot;'&lt;/script&gt;",
        "",
    );
    is(
        "<b>\u{440}</b>",
        "&lt;b&gt;\u{440}&lt;/b&gt;",
        &ascii(
            "&quot;<b>\\u0440</b>&quot;"
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .as_str(),
        ),
    );
}
