//! Turns rows of texts into aligned columns for a terminal.
//!
//! It never lets a text of the rows move the cursor or fill more than one line.

use crate::sanitize::line;
use crate::style::DIM;
use unicode_width::UnicodeWidthStr as _;

/// The most characters of a cell.
const CELL: usize = 64;

/// The titles of the columns; those of numbers, which are aligned on the right, begin with `#`.
pub(crate) type Titles<'t> = &'t [&'t str];

/// The table, indented, with its titles.
pub(crate) fn table(titles: Titles<'_>, rows: &[Vec<String>]) -> String {
    let titles: Vec<_> = titles.iter().map(|title| column(title)).collect();
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| line(cell, CELL)).collect())
        .collect();
    let widths: Vec<_> = titles
        .iter()
        .enumerate()
        .map(|(index, (title, _))| width(title, index, &rows))
        .collect();
    let columns = || widths.iter().zip(titles.iter().map(|(_, number)| *number));
    let names: Vec<_> = titles
        .iter()
        .map(|(title, _)| (*title).to_owned())
        .collect();
    let mut text = format!("{DIM}{}{DIM:#}\n", aligned(&names, columns()));
    for row in &rows {
        text += &aligned(row, columns());
        text.push('\n');
    }
    text
}

/// The title of a column, and whether the column holds numbers.
fn column(title: &str) -> (&str, bool) {
    let number = title.strip_prefix('#');
    (number.unwrap_or(title), number.is_some())
}

fn width(title: &str, column: usize, rows: &[Vec<String>]) -> usize {
    let cells = rows.iter().filter_map(|row| row.get(column));
    let widest = cells.map(|cell| cell.width()).max().unwrap_or_default();
    widest.max(title.width())
}

fn aligned<'w>(cells: &[String], columns: impl Iterator<Item = (&'w usize, bool)>) -> String {
    let mut text = String::new();
    for (cell, (width, is_number)) in cells.iter().zip(columns) {
        let space = " ".repeat(width.saturating_sub(cell.width()));
        text += "  ";
        text += &match is_number {
            true => space + cell,
            false => cell.clone() + &space,
        };
    }
    text.truncate(text.trim_end().len());
    text
}
