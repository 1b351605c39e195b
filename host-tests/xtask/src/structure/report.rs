//! Turns the measurements of each crate into a readable text, and into pass or fail.
//!
//! It measures nothing itself.

use super::circles::{Circle, circles};
use super::floors::{CRATE, Floor, breaches};
use super::lengths::{FILE, LONGEST, Lengths};
use super::tree::SourceFile;
use super::workspace::Crate;
use std::fmt;
use std::path::Path;

/// The findings in every crate.
pub(crate) struct Report {
    crates: Vec<Findings>,
}

/// The findings in one crate, or in all of them.
struct Findings {
    name: String,
    files: usize,
    longest_file: usize,
    lengths: Lengths,
    problems: Vec<String>,
}

impl Report {
    /// Checks the crates; one of them has layers.
    pub(crate) fn of(crates: &[Crate], floors: &[Floor]) -> Self {
        let all = crates.iter().flat_map(|one| &one.files);
        let mut total = Findings::new("all crates", all);
        total.problems.extend(total.lengths.long_median());
        let mut crates: Vec<Findings> =
            crates.iter().map(|one| Findings::of(one, floors)).collect();
        crates.push(total);
        Self { crates }
    }

    pub(crate) fn passes(&self) -> bool {
        self.crates.iter().all(|one| one.problems.is_empty())
    }

    /// Everything that fails the lint, one text each.
    #[cfg(test)]
    pub(crate) fn problems(&self) -> Vec<String> {
        let problems = self.crates.iter().flat_map(|one| &one.problems);
        problems.cloned().collect()
    }
}

impl Findings {
    fn new<'a>(name: &str, files: impl Iterator<Item = &'a SourceFile> + Clone) -> Self {
        let own = files.clone().filter(|file| !is_test_program(&file.path));
        let functions = own.flat_map(|file| &file.functions);
        Self {
            name: name.to_owned(),
            files: files.clone().count(),
            longest_file: files.map(|file| file.lines).max().unwrap_or_default(),
            lengths: Lengths::of(functions.map(|function| function.length)),
            problems: Vec::new(),
        }
    }

    fn of(one: &Crate, floors: &[Floor]) -> Self {
        let mut findings = Self::new(&one.name, one.files.iter());
        let problems = &mut findings.problems;
        problems.extend(circles(&one.edges).iter().map(Circle::to_string));
        if one.name == CRATE {
            let files = one.files.iter().map(|file| &*file.path);
            let files = files.filter(|file| file.starts_with(&one.source));
            problems.extend(breaches(floors, &one.source, files, &one.edges));
        }
        problems.extend(one.files.iter().flat_map(too_long));
        problems.extend(findings.lengths.long_p90());
        findings
    }
}

/// A test or a bench reads from top to bottom, so each of its functions has a bound, but their median has none.
fn is_test_program(path: &Path) -> bool {
    path.components()
        .any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "benches")))
}

/// A file that is too long, with the functions in it that are too long.
fn too_long(file: &SourceFile) -> Vec<String> {
    let path = file.path.display();
    let whole =
        (file.lines > FILE).then(|| format!("{path} has {} lines, more than {FILE}", file.lines));
    let functions = file.functions.iter().filter(|one| one.length > LONGEST);
    let functions = functions.map(|one| {
        let (line, name, length) = (one.line, &one.name, one.length);
        format!("{path}:{line} `{name}` has {length} lines, more than {LONGEST}")
    });
    whole.into_iter().chain(functions).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{:24}{:>7}{:>14}{:>11}{:>8}{:>6}{:>9}",
            "crate", "files", "longest file", "functions", "median", "p90", "longest"
        )?;
        for one in &self.crates {
            let lengths = one.lengths;
            writeln!(
                formatter,
                "{:24}{:>7}{:>14}{:>11}{:>8}{:>6}{:>9}",
                one.name,
                one.files,
                one.longest_file,
                lengths.count,
                lengths.median,
                lengths.p90,
                lengths.longest
            )?;
        }
        for one in self.crates.iter().filter(|one| !one.problems.is_empty()) {
            writeln!(formatter, "\n{}:", one.name)?;
            for problem in &one.problems {
                writeln!(formatter, "  {problem}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Circle<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a circle of {} files:", self.files.len())?;
        for edge in &self.edges {
            write!(formatter, "\n    {edge}")?;
        }
        Ok(())
    }
}
