//! The characters that a person does not see and a model reads.
//!
//! No other file of the tool has such a table.

/// Control and format characters: zero width, direction, tags, variation selectors beyond the one for emoji.
pub(crate) fn is_invisible(c: char) -> bool {
    match c {
        '\n' | '\r' | '\t' | '\u{fe0f}' => false,
        c if c.is_control() => true,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => {
            true
        }
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0e}'
        | '\u{feff}'
        | '\u{ffa0}' => true,
        '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}
