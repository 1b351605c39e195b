//! Measures the classifier on recorded tool lists with labels; the table is in the README.

use super::class::Class;
use super::classify::classify;
use super::parameter::parameters;
use super::tool::ToolList;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Class by tool, by list, by set.
type Labels = BTreeMap<String, BTreeMap<String, BTreeMap<String, Class>>>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tool-lists")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn labels() -> Labels {
    serde_json::from_str(&read(&folder().join("labels.json")))
        .expect("labels.json has sets of lists of classes")
}

/// One tool, with its label and the result of the classifier.
struct Judged {
    tool: String,
    label: Class,
    class: Class,
    because: Vec<String>,
}

fn judge(lists: &BTreeMap<String, BTreeMap<String, Class>>) -> Vec<Judged> {
    let mut judged = Vec::new();
    for (list, labels) in lists {
        let listed = ToolList::read(read(&folder().join(format!("{list}.json"))).as_bytes())
            .expect("a tool list");
        assert!(listed.left_out.is_empty(), "{list}: {:?}", listed.left_out);
        assert_eq!(
            listed.tools.len(),
            labels.len(),
            "{list}: each tool has one label"
        );
        for tool in &listed.tools {
            let label = *labels
                .get(&tool.name)
                .unwrap_or_else(|| panic!("{list}: {} has no label", tool.name));
            let classified = classify(tool, &parameters(tool));
            judged.push(Judged {
                tool: format!("{list}: {}", tool.name),
                label,
                class: classified.class,
                because: classified.because,
            });
        }
    }
    judged
}

/// The number of times that each class was found, and found correctly.
fn table(judged: &[Judged]) -> String {
    let count = |is: &dyn Fn(&Judged) -> bool| judged.iter().filter(|one| is(one)).count();
    let share = |part: usize, of: usize| match of {
        0 => "–".to_owned(),
        of => format!("{:.2}", part as f64 / of as f64),
    };
    let right = count(&|one| one.class == one.label);
    let worse = count(&|one| one.class > one.label);
    let better = count(&|one| one.class < one.label);
    let mut table = format!(
        "{} tools: {} have their label, {worse} have a worse class, {better} a better one.\n\n",
        judged.len(),
        share(right, judged.len()),
    );
    table.push_str("| class | labelled | precision | recall |\n|---|---|---|---|\n");
    for class in Class::ALL {
        let labelled = count(&|one| one.label == class);
        let said = count(&|one| one.class == class);
        let both = count(&|one| one.label == class && one.class == class);
        let _ = writeln!(
            table,
            "| {} | {labelled} | {} | {} |",
            class.name(),
            share(both, said),
            share(both, labelled),
        );
    }
    table
}

/// Both tables, as the README has them.
fn tables(labels: &Labels) -> String {
    let sets = [
        ("tuned", "Lists that the classifier was tuned on"),
        ("held_out", "Held-out lists"),
    ];
    let tables = sets.map(|(set, title)| {
        let judged = judge(labels.get(set).expect("the set"));
        for one in judged.iter().filter(|one| one.class != one.label) {
            println!(
                "{set}: {}: {:?}, is said to be {:?}: {:?}",
                one.tool, one.label, one.class, one.because
            );
        }
        format!("{}, {}", title, table(&judged))
    });
    tables.join("\n")
}

#[test]
fn measured_quality_is_that_of_the_readme() {
    const BEGIN: &str = "<!-- measured -->\n";
    const END: &str = "<!-- end -->\n";
    let tables = tables(&labels());
    println!("{tables}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = read(&file);
    let (before, rest) = readme.split_once(BEGIN).expect("the README has the tables");
    let (found, after) = rest.split_once(END).expect("the tables have an end");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, format!("{before}{BEGIN}{tables}{END}{after}"))
            .expect("the README can be written");
        return;
    }
    assert_eq!(found, tables, "BLESS=1 writes the tables anew");
}

/// On any list.
#[test]
fn dangerous_tool_is_never_classified_as_read() {
    for lists in labels().values() {
        let judged = judge(lists);
        let missed = judged
            .iter()
            .filter(|one| one.label >= Class::Execute && one.class == Class::Read);
        let missed: Vec<_> = missed.map(|one| &one.tool).collect();
        assert!(missed.is_empty(), "{missed:?}");
    }
}
