//! Turns the results of all hosts into one table: a row for each case, a column for each host.
//!
//! It never leaves out a result: below the table, each result other than "passed" has its reason or failure.

use crate::case::Case;
use crate::host::Class;
use crate::verdict::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Rows of cells, aligned in columns.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max()
    };
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().enumerate();
        let padded =
            cells.map(|(column, cell)| format!("{cell:<0$}", width(column).unwrap_or_default()));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Every case on every host.
#[derive(Debug)]
pub struct Table<'c> {
    /// The rows.
    pub cases: &'c [Case],
    /// The columns.
    pub columns: Vec<Column>,
}

/// One host.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub host: String,
    /// The result of each case, or the reason why the host failed as a whole.
    pub cells: Result<Vec<Cell>, String>,
    /// The number of playings of each class, in the order of [`Class::ALL`].
    pub plays: [usize; 4],
    /// The seconds that it took, while other hosts ran too.
    pub seconds: u64,
}

impl Column {
    fn cell(&self, case: usize) -> Option<&Cell> {
        self.cells.as_ref().ok()?.get(case)
    }

    fn count(&self, is: impl Fn(&Cell) -> bool) -> usize {
        let cells = self.cells.as_deref().unwrap_or_default();
        cells.iter().filter(|cell| is(cell)).count()
    }

    fn passed(&self) -> usize {
        self.count(|cell| *cell == Cell::Passed)
    }

    fn failed(&self) -> usize {
        self.count(|cell| matches!(cell, Cell::Failed(_)))
    }
}

impl Table<'_> {
    /// A row for each case.
    pub fn in_full(&self) -> String {
        let rows = (0..self.cases.len()).map(|case| self.case_row(case));
        self.render(rows.collect())
    }

    /// A row for each folder, and under it the cases that did not pass everywhere.
    pub fn in_short(&self) -> String {
        let mut folders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, case) in self.cases.iter().enumerate() {
            let folder = case.name.split('/').next().unwrap_or_default();
            folders.entry(folder).or_default().push(index);
        }
        let noted = |case: &usize| {
            let mut cells = self.columns.iter().filter_map(|column| column.cell(*case));
            cells.any(|cell| *cell != Cell::Passed)
        };
        let rows = folders.iter().flat_map(|(folder, cases)| {
            let noted = cases.iter().copied().filter(noted);
            let noted = noted.map(|case| self.case_row(case));
            std::iter::once(self.folder_row(folder, cases)).chain(noted)
        });
        self.render(rows.collect())
    }

    /// All failures, in full; empty if there are none. `whole` means that these are all existing cases, of which
    /// every host can play some.
    pub fn failures(&self, whole: bool) -> String {
        let mut text = String::new();
        for column in &self.columns {
            let host = &column.host;
            if let Err(why) = &column.cells {
                let _ = writeln!(text, "{host}: the host failed: {why}");
            } else if whole && column.passed() == 0 {
                let _ = writeln!(text, "{host}: it played nothing");
            }
            for (index, case) in self.cases.iter().enumerate() {
                if let Some(Cell::Failed(failures)) = column.cell(index) {
                    for failure in failures {
                        let _ = writeln!(text, "{host}: {} {failure}", case.name);
                    }
                }
            }
        }
        text
    }

    fn case_row(&self, case: usize) -> Vec<String> {
        let reasons = self.reasons();
        let shown = |column: &Column| match column.cell(case) {
            Some(Cell::Passed) => "passed".into(),
            Some(Cell::Cannot(why)) => {
                let number = reasons.iter().position(|reason| reason == why);
                format!("cannot ({})", number.map_or(0, |index| index + 1))
            }
            Some(Cell::Failed(_)) | None => "FAILED".into(),
        };
        let name = self.cases.get(case).map_or("", |case| &*case.name);
        std::iter::once(name.into())
            .chain(self.columns.iter().map(shown))
            .collect()
    }

    fn folder_row(&self, folder: &str, cases: &[usize]) -> Vec<String> {
        let all = cases.len();
        let shown = |column: &Column| {
            let cells = cases.iter().filter_map(|case| column.cell(*case));
            match cells.filter(|cell| **cell == Cell::Passed).count() {
                passed if passed == all => passed.to_string(),
                passed => format!("{passed} of {all}"),
            }
        };
        std::iter::once(format!("**{folder}/**"))
            .chain(self.columns.iter().map(shown))
            .collect()
    }

    fn sums(&self) -> Vec<Vec<String>> {
        let row = |name: &str, value: &dyn Fn(&Column) -> String| {
            let values = self.columns.iter().map(value);
            std::iter::once(format!("*{name}*")).chain(values).collect()
        };
        let cannot = |column: &Column| column.count(|cell| matches!(cell, Cell::Cannot(_)));
        let plays = |(index, class): (usize, Class)| {
            row(class.name(), &|column| column.plays[index].to_string())
        };
        let mut rows = vec![
            row("passed", &|column| column.passed().to_string()),
            row("cannot", &|column| cannot(column).to_string()),
            row("failed", &|column| match column.cells {
                Ok(_) => column.failed().to_string(),
                Err(_) => "all".into(),
            }),
            row("seconds", &|column| column.seconds.to_string()),
            row("times played", &|column| {
                column.plays.iter().sum::<usize>().to_string()
            }),
        ];
        rows.extend(Class::ALL.into_iter().enumerate().map(plays));
        rows
    }

    /// The reasons why hosts cannot play cases, each once.
    fn reasons(&self) -> Vec<&str> {
        let mut reasons: Vec<&str> = Vec::new();
        let cells = self
            .columns
            .iter()
            .flat_map(|column| column.cells.iter().flatten());
        for cell in cells {
            if let Cell::Cannot(why) = cell
                && !reasons.contains(&&**why)
            {
                reasons.push(why);
            }
        }
        reasons
    }

    /// Aligned Markdown, which is readable unrendered too.
    fn render(&self, rows: Vec<Vec<String>>) -> String {
        let head = self.columns.iter().map(|column| column.host.clone());
        let head: Vec<_> = std::iter::once("case".into()).chain(head).collect();
        let sums = self.sums();
        let all = || std::iter::once(&head).chain(&rows).chain(&sums);
        let widths: Vec<_> = (0..head.len())
            .map(|column| {
                all()
                    .map(|row| row[column].chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths);
            let cells: Vec<_> = cells
                .map(|(cell, &width)| format!("{cell:width$}"))
                .collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = widths.iter().map(|width| "-".repeat(*width)).collect();
        let mut text = line(&head) + &line(&rule);
        text.extend(rows.iter().chain(&sums).map(line));
        text.push('\n');
        for (index, reason) in self.reasons().iter().enumerate() {
            let _ = writeln!(text, "{}. {reason}", index + 1);
        }
        text
    }
}
