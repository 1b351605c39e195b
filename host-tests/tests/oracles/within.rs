//! Compares `within` with this operating system, Python and Node. A path that any of them resolves outside the
//! directory, after whatever change, must not be inside; one that any resolves inside must not be outside.

use fastrand::Rng;
use host_tests::contest::{self, Tally, Texts, contest};
use host_tests::judge::Judge;
use host_tests::oracle::Oracle;
use host_tests::require::{ENVOY, NODE, lacks};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

/// A directory with files of odd names, and with links that stay inside it, beside another directory.
struct Tree {
    top: PathBuf,
    root: String,
    base: String,
}

impl Tree {
    fn new(name: &str) -> Self {
        let temporary = std::env::temp_dir()
            .canonicalize()
            .expect("a directory for temporary files");
        let top = temporary.join(format!("mcp-policy-{name}-{}", std::process::id()));
        let root = top.join("data");
        for directory in [
            "project/src",
            "project/ a",
            "project/..b",
            "link-target",
            "Größe",
        ] {
            fs::create_dir_all(root.join(directory)).expect("a directory");
        }
        for file in [
            "project/a.txt",
            "project/a%2fb",
            "project/..b/c",
            "project/a\\b",
            "x~",
            "link-target/f",
        ] {
            fs::write(root.join(file), "").expect("a file");
        }
        fs::create_dir_all(top.join("data2/project")).expect("a directory");
        symlink("../link-target", root.join("project/link")).expect("a link");
        symlink(&root, root.join("project/self")).expect("a link");
        let text = |path: PathBuf| path.into_os_string().into_string().expect("UTF-8");
        let (base, root) = (text(root.join("project")), text(root));
        Self { top, root, base }
    }

    fn judge(&self) -> Judge {
        Judge::new(
            "within",
            &json!({ "roots": [self.root], "base": self.base }),
        )
    }

    fn oracles(&self) -> [Oracle; 2] {
        let places = [&*self.root, &*self.base];
        [
            Oracle::python("paths.py", &places),
            Oracle::node("paths.mjs", &places),
        ]
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.top));
    }
}

const NAMES: &[&str] = &[
    "project",
    "src",
    "a.txt",
    "link",
    "self",
    "data",
    "data2",
    "etc",
    "passwd",
    "x",
    "Größe",
    "文件",
    ".git",
    "a b",
    "b-1_2",
    "Makefile",
    "a%2fb",
    "x~",
    "PROJEC~1",
    "DATA",
    "con",
    "file.txt:stream",
];
/// Variants of `..`.
const DOTS: &[&str] = &[
    "..",
    "...",
    ".",
    "%2e%2e",
    "%2E.",
    ".%2e",
    "%252e%252e",
    "%25252e%25252e",
    "%c0%ae%c0%ae",
    "%e0%80%ae%e0%80%ae",
    "．．",
    "․․",
    "‥",
    "。。",
    "..;",
    "..;a=b",
    ".. ",
    " ..",
    "..%00",
    "..\0",
    ".. .",
    "..%20",
    "..\t",
    ".\t.",
    ".\n.",
    "ĮĮ",
    ".é.",
    "..é",
    "$UP",
    "${UP}",
    "%UP%",
    ".\u{200b}.",
    "﹒﹒",
    "..::$DATA",
    "..\\",
    "\"..\"",
    "{..,a}",
    ".?",
    "`..`",
    "..#",
    "..?",
    "&#46;&#46;",
    "\\x2e\\x2e",
    "%u002e%u002e",
    "+..",
    "..+",
    "..\u{338}",
];
const SEPARATORS: &[&str] = &[
    "\\", "//", "/./", "%2f", "%5c", "%252f", "%255c", "%c0%af", "／", "∕", "⁄", "＼", "\\/",
    "/\\", "%00", "\0", "?", "#", ";", ":", "|", "į", "%u2215",
];
const STARTS: &[&str] = &[
    "",
    "/",
    "./",
    "~/",
    "~root/",
    "//",
    "///",
    "\\\\",
    "\\\\?\\",
    "\\\\.\\",
    "C:",
    "C:\\",
    "c:/",
    "file://",
    "file:",
    "/proc/self/root",
    "/proc/self/cwd/",
    "/dev/fd/3/",
    "$ROOT/",
    "${ROOT}",
    "$ETC/",
    "%ETC%/",
    " ",
    "\t",
    "\u{feff}",
    "-",
    "/./",
    "/../",
    "%2f",
    "／",
];
const NASTY: &[char] = &[
    '/', '\\', '.', '%', '\0', ' ', '~', '$', ':', ';', '?', '#', '*', '\t', '\n', '\r', '．',
    '／', '\u{202e}', '\u{301}', 'é', 'ſ', 'K', 'İ', 'Į', 'į', '\u{7f}', '+', '{', '|', '"', '`',
    '^', '&',
];

struct Paths<'t> {
    rng: Rng,
    tree: &'t Tree,
}

impl Paths<'_> {
    fn one_of(&mut self, texts: &[&str]) -> String {
        texts[self.rng.usize(..texts.len())].into()
    }

    /// The path with one character replaced, removed, doubled or escaped.
    fn changed(&mut self, path: &str) -> String {
        let mut all: Vec<_> = path.chars().map(String::from).collect();
        if all.is_empty() {
            return path.into();
        }
        let at = self.rng.usize(..all.len());
        let nasty = NASTY[self.rng.usize(..NASTY.len())];
        let escaped: String = all[at].bytes().map(|byte| format!("%{byte:02x}")).collect();
        all[at] = match self.rng.u8(..8) {
            0 => String::new(),
            1 => all[at].repeat(2),
            2 => escaped,
            3 => escaped.replace('%', "%25"),
            4 => all[at].to_uppercase(),
            5 => nasty.into(),
            _ => format!("{nasty}{}", all[at]),
        };
        all.concat()
    }

    fn directory(&mut self) -> String {
        const DIRECTORIES: &[&str] = &[
            "src",
            "tests",
            "docs",
            "node_modules",
            "@types",
            ".github",
            "workflows",
            "__pycache__",
            "My Documents",
            "Photos 2025",
            "build",
            "target",
            "v1.2.3",
            "site-packages",
            "python3.11",
            "C++",
            "Q&A",
            "Bob's files",
            "app",
            "[id]",
            "(auth)",
            "日本語",
            "Übersicht",
            "Документы",
            "résumés",
            "2026-01-31",
            "lib64",
            "x86_64-linux-gnu",
            "numpy-1.26.4.dist-info",
            "en-US",
            "Program Files (x86)",
        ];
        match self.rng.u8(..4) {
            0 => self.word(),
            _ => self.one_of(DIRECTORIES),
        }
    }

    fn file(&mut self) -> String {
        const FILES: &[&str] = &[
            "README.md",
            "Cargo.toml",
            ".gitignore",
            ".env.local",
            "Makefile",
            "package-lock.json",
            "index.test.tsx",
            "archive.tar.gz",
            "report (1).pdf",
            "Screenshot 2026-01-05 at 10.22.31.png",
            "IMG_20260105_102231.jpg",
            "main.rs",
            "__init__.py",
            "libc.so.6",
            "notes.txt",
            "Bericht März.docx",
            "请求.json",
            "Résumé - final, v2.pdf",
            "data+more.csv",
            "a=b.conf",
            "page[2].html",
            "LICENSE",
        ];
        const ODD: &[&str] = &[
            "notes.txt~",
            "~$report.docx",
            "#main.c#",
            "what?.txt",
            "50%.txt",
            "2026-01-05T10:22:31Z.log",
            "🎉.png",
            "${name}.ts",
            "aux.c",
        ];
        const ENDINGS: &[&str] = &[
            "rs", "py", "ts", "json", "md", "txt", "yaml", "html", "csv", "log", "png", "sql",
        ];
        match self.rng.u8(..100) {
            0 => self.one_of(ODD),
            1..=39 => self.one_of(FILES),
            _ => format!("{}.{}", self.word(), self.one_of(ENDINGS)),
        }
    }

    fn word(&mut self) -> String {
        const WORDS: &[&str] = &[
            "user", "order", "invoice", "Report", "test", "config", "api", "final", "old", "2",
            "Client", "data",
        ];
        const JOINTS: &[&str] = &["-", "_", "", " ", "."];
        let joint = self.one_of(JOINTS);
        let words: Vec<_> = (0..self.rng.u8(1..4)).map(|_| self.one_of(WORDS)).collect();
        words.join(&joint)
    }
}

impl Texts for Paths<'_> {
    /// A path that an attacker might write.
    fn hostile(&mut self) -> String {
        let tree = self.tree;
        let mut path = match self.rng.u8(..10) {
            0..=3 => format!("{}/", tree.root),
            4 => format!("{}/", tree.base),
            5 => self.one_of(STARTS) + &tree.root,
            6 => format!(
                "{}{}",
                tree.root,
                self.one_of(&["", "2/", ".", " /", "/../data2/", "\\"])
            ),
            7 => format!(
                "{}/{}/",
                tree.top.display(),
                self.one_of(&["data2", "Data", "DATA", "data ", "dat", "."])
            ),
            8 => format!(
                "/{}/",
                self.one_of(&["etc", "home/agent", "tmp", "TMP", "var/lib", "."])
            ),
            _ => self.one_of(STARTS),
        };
        for _ in 0..self.rng.u8(..6) {
            let name = if self.rng.u8(..10) < 7 { NAMES } else { DOTS };
            path += &self.one_of(name);
            let separator = if self.rng.u8(..10) < 7 {
                &["/"]
            } else {
                SEPARATORS
            };
            path += &self.one_of(separator);
        }
        if self.rng.bool() {
            path += &self.one_of(NAMES);
        }
        for _ in 0..self.rng.u8(..4).saturating_sub(1) {
            path = self.changed(&path);
        }
        path
    }

    /// A path to a file with a usual name in the root; one in three is relative.
    fn ordinary(&mut self) -> String {
        let mut path = match self.rng.u8(..3) {
            0 => String::new(),
            1 => format!("{}/", self.tree.base),
            _ => format!("{}/", self.tree.root),
        };
        for _ in 0..self.rng.u8(..5) {
            path += &self.directory();
            path.push('/');
        }
        path + &self.file()
    }
}

fn play(name: &str, seed: u64, counts: (usize, usize)) {
    let tree = Tree::new(name);
    let (mut judge, mut oracles) = (tree.judge(), tree.oracles());
    let mut paths = Paths {
        rng: Rng::with_seed(seed),
        tree: &tree,
    };
    let seen = contest::play("within", &mut judge, &mut oracles, &mut paths, counts);
    assert!(seen.tricks > seen.texts() / 50, "few tricks: {seen:?}");
}

#[test]
fn no_program_resolves_a_path_elsewhere() {
    if lacks(&[ENVOY, NODE]) {
        return;
    }
    play("short", 1, (4000, 2000));
}

#[test]
#[ignore = "the long form: `make soak`"]
fn no_program_resolves_one_of_a_million_paths_elsewhere() {
    if lacks(&[ENVOY, NODE]) {
        return;
    }
    play("long", 2, (1_000_000, 100_000));
}

/// Puts each character into names. A character that is admitted must not become anything but a part of a name.
fn in_names(name: &str, characters: impl Iterator<Item = char> + Clone) -> Tally {
    let tree = Tree::new(name);
    let (mut judge, mut oracles) = (tree.judge(), tree.oracles());
    let mut paths = characters
        .clone()
        .map(|c| format!("{}/{c}{c}/{c}/x", tree.root));
    let count = characters.count();
    let tally = contest(&mut judge, &mut oracles, count, || {
        paths.next().expect("counted")
    });
    println!("within: {count} characters, no contradiction: {tally:?}");
    tally
}

#[test]
fn no_character_becomes_a_separator() {
    if lacks(&[ENVOY, NODE]) {
        return;
    }
    let tally = in_names("some", ('\0'..'\u{2600}').chain('\u{fe00}'..='\u{ffff}'));
    assert!(tally.inside > 1000 && tally.unknown > 1000, "{tally:?}");
}

#[test]
#[ignore = "the long form: `make soak`"]
fn no_character_of_unicode_becomes_a_separator() {
    if lacks(&[ENVOY, NODE]) {
        return;
    }
    let tally = in_names("all", '\0'..=char::MAX);
    assert!(tally.inside > 30_000, "{tally:?}");
}
