//! Misspells a word. It never returns the word itself.

use fastrand::Rng;

/// The word with a letter removed, doubled, exchanged with another, in another case, or replaced by a similar one.
pub(super) fn misspelt(word: &str, random: &mut Rng) -> Option<String> {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 2 {
        return None;
    }
    let at = random.usize(..letters.len());
    match random.u8(..6) {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters[at]),
        2 => letters.swap(at, (at + 1) % word.chars().count()),
        3 => letters[at] = letters[at].to_ascii_uppercase(),
        4 => {
            letters[at] = match letters[at] {
                'a' => 'а',
                'e' => 'е',
                'o' => 'о',
                'i' => 'ı',
                _ => '_',
            }
        }
        _ => letters.push(['s', ' ', '\u{200b}', '\0'][random.usize(..4)]),
    }
    let changed: String = letters.into_iter().collect();
    (changed != word).then_some(changed)
}
