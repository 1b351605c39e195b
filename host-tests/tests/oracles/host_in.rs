//! Compares `host_in` with the URL parsers of Python and Node. A URL that any of them resolves to another host must not
//! be inside; one that any resolves to a listed host must not be outside.

use fastrand::Rng;
use host_tests::contest::{self, Texts};
use host_tests::judge::Judge;
use host_tests::oracle::Oracle;
use host_tests::require::{ENVOY, NODE, lacks};
use serde_json::{Value, json};

/// The hosts in the policy, and the same hosts for the oracles.
fn hosts() -> (Value, String) {
    let written = json!([
        "example.com",
        "*.example.org",
        "https://api.example.net:8443",
        "192.0.2.1",
        "127.0.0.1",
        "[2001:db8::1]",
        "xn--bcher-kva.example",
        "http://localhost:3000",
        "any.example:*",
        "https://*.ports.example:*",
    ]);
    let told = json!([
        [null, "example.com", false, null],
        [null, "example.org", true, null],
        ["https", "api.example.net", false, 8443],
        [null, "192.0.2.1", false, null],
        [null, "127.0.0.1", false, null],
        [null, "2001:db8::1", false, null],
        [null, "xn--bcher-kva.example", false, null],
        ["http", "localhost", false, 3000],
        [null, "any.example", false, "*"],
        ["https", "ports.example", true, "*"],
    ]);
    (written, told.to_string())
}

/// Listed origins.
const LISTED: &[&str] = &[
    "https://example.com",
    "http://example.com",
    "https://www.example.org",
    "https://a.b-c.example.org",
    "https://api.example.net:8443",
    "http://192.0.2.1",
    "http://127.0.0.1",
    "http://[2001:db8::1]",
    "https://xn--bcher-kva.example",
    "http://localhost:3000",
    "http://any.example:3000",
    "https://any.example",
    "https://a.ports.example:8443",
];
const SCHEMES: &[&str] = &[
    "https://",
    "https://",
    "https://",
    "http://",
    "http://",
    "HTTPS://",
    "https:",
    "https:/",
    "https:///",
    "https:\\\\",
    "//",
    "",
    "ftp://",
    "javascript://",
    "javascript:",
    "data:",
    "file://",
    "ws://",
    "blob:https://",
    "view-source:https://",
    "ht\ttps://",
    " https://",
    "git+ssh://",
    "https://https://",
    "jar:https://",
    "gopher://",
];
const HOSTS: &[&str] = &[
    "example.com",
    "example.com",
    "www.example.org",
    "example.org",
    "evil.com",
    "evil.com",
    "api.example.net",
    "192.0.2.1",
    "127.0.0.1",
    "[2001:db8::1]",
    "xn--bcher-kva.example",
    "b\u{fc}cher.example",
    "localhost",
    "any.example",
    "any.example:8443",
    "a.ports.example",
    "ports.example",
    "example.com.evil.com",
    "notexample.com",
    "evilexample.org",
    "EXAMPLE.com",
    "example.com.",
    "example.com..",
    ".example.com",
    "example..com",
    "xn--example-.com",
    "xn--a.example.org",
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "127.0.0.1.",
    "192.0.513",
    "3221225985",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[2001:DB8::1]",
    "[2001:db8:0:0::1]",
    "[2001:db8::1%25eth0]",
    "[2001:db8::1%eth0]",
    "2001:db8::1",
    "[v1.a]",
    "ex%61mple.com",
    "example%2ecom",
    "example.com%00.evil.com",
    "example.com%2f.evil.com",
    "ｅxample.com",
    "example。com",
    "example．com",
    "exa\u{ad}mple.com",
    "exa\u{200b}mple.com",
    "example.com\u{ff0f}.evil.com",
    "\u{2139}xample.org",
    "exam\tple.com",
    "example.com\n",
    "example.com\\.evil.com",
    "example_.org",
    "-a.example.org",
    "r3---sn.example.org",
    "a.example.org:8443",
    "",
    "e\u{301}xample.com",
    "\u{24d4}xample.com",
    "example.ｃom",
    "1.1.1.1",
    "0",
    "1",
    "256.0.0.1",
    "127.0.0.08",
];
const USERS: &[&str] = &[
    "",
    "",
    "",
    "",
    "",
    "user@",
    "user:pw@",
    "example.com@",
    "example.com:443@",
    "@",
    ":@",
    "evil.com\\@",
    "a@b@",
    "example.com%40",
    "example.com\\@",
    "example.com#@",
    "example.com?@",
    "example.com/@",
    "example.com;@",
];
const PORTS: &[&str] = &[
    "",
    "",
    "",
    "",
    "",
    ":",
    ":443",
    ":80",
    ":8443",
    ":3000",
    ":08443",
    ":0",
    ":65536",
    ":99999",
    ":a",
    ":8443@evil.com",
    ":443:80",
    ":+80",
    ":%34",
    ":\u{ff18}0",
    ":80\\",
];
const RESTS: &[&str] = &[
    "",
    "/",
    "/path",
    "/a/../b",
    "//evil.com",
    "/@evil.com/",
    "?q=1",
    "?@evil.com/",
    "#f",
    "#@evil.com/",
    "\\@evil.com/",
    "/\\evil.com",
    ";@evil.com",
    "/%2e%2e/",
    "/?url=https://evil.com",
    "/#/https://evil.com",
    "/%0d%0aHost:%20evil.com",
    "/\r\nHost: evil.com",
    "/a b",
    "/\u{e9}",
    ".evil.com/",
    "%2f@evil.com",
    "&@evil.com",
    ",evil.com",
    "/x:y@evil.com",
    "%23@evil.com/",
    "%00@evil.com/",
    "/|{}^`",
    "/https://example.com/",
    "?example.com/",
    "#.example.com/",
];
const NASTY: &[char] = &[
    '/', '\\', '@', ':', '#', '?', '.', '%', '\t', '\n', '\r', ' ', '\0', '[', ']', ';', '&', '。',
    '／', '．', '＠', '：', '\u{ad}', '\u{200d}', 'ß', 'ſ', 'K', '*', '-', '_', 'x', '0',
];

struct Urls {
    rng: Rng,
}

impl Urls {
    fn one_of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.rng.usize(..texts.len())]
    }

    /// A host made of labels of listed hosts and of others.
    fn near(&mut self) -> String {
        const LABELS: &[&str] = &[
            "example",
            "com",
            "org",
            "net",
            "www",
            "api",
            "evil",
            "localhost",
            "xn--bcher-kva",
            "xn--a",
            "127",
            "0",
            "1",
            "0x7f",
            "192",
        ];
        let count = self.rng.u8(1..5);
        let labels: Vec<_> = (0..count).map(|_| self.one_of(LABELS)).collect();
        labels.join(".")
    }

    /// The URL with one character replaced, removed, doubled or escaped, most often near its host.
    fn changed(&mut self, url: &str) -> String {
        let mut all: Vec<_> = url.chars().map(String::from).collect();
        if all.is_empty() {
            return url.into();
        }
        let end = if self.rng.bool() {
            all.len().min(24)
        } else {
            all.len()
        };
        let at = self.rng.usize(..end);
        let nasty = NASTY[self.rng.usize(..NASTY.len())];
        let escaped: String = all[at].bytes().map(|byte| format!("%{byte:02x}")).collect();
        all[at] = match self.rng.u8(..7) {
            0 => String::new(),
            1 => all[at].repeat(2),
            2 => escaped,
            3 => all[at].to_uppercase(),
            4 => nasty.into(),
            5 => format!("{}{nasty}", all[at]),
            _ => format!("{nasty}{}", all[at]),
        };
        all.concat()
    }
}

impl Texts for Urls {
    /// A URL that an attacker might write.
    fn hostile(&mut self) -> String {
        let mut url = match self.rng.u8(..10) {
            0..=2 => self.one_of(LISTED).to_owned(),
            3..=4 => self.one_of(&["https://", "http://"]).to_owned() + &self.near(),
            _ => [SCHEMES, USERS, HOSTS, PORTS]
                .map(|part| self.one_of(part))
                .concat(),
        };
        url += self.one_of(RESTS);
        for _ in 0..self.rng.u8(..5).saturating_sub(2) {
            url = self.changed(&url);
        }
        url
    }

    /// A usual URL of a listed host.
    fn ordinary(&mut self) -> String {
        let mut url = self.one_of(LISTED).to_owned();
        let segments = self.rng.u8(..5);
        for _ in 0..segments {
            url.push('/');
            let odd = self.rng.u8(..100) == 0;
            url += self.one_of(if odd { ODD } else { PATHS });
        }
        // Most such URLs have a slash before a query.
        if segments == 0 && self.rng.u8(..20) > 0 {
            url.push('/');
        }
        if self.rng.u8(..3) == 0 {
            url += self.one_of(QUERIES);
        }
        if self.rng.u8(..8) == 0 {
            url += self.one_of(FRAGMENTS);
        }
        url
    }
}

const PATHS: &[&str] = &[
    "docs",
    "api",
    "v1",
    "users",
    "42",
    "index.html",
    "@handle",
    "a%20b",
    "wiki",
    "Gr%C3%B6%C3%9Fe",
    "2026",
    "01",
    "how-to_guide",
    "file.tar.gz",
    "~user",
    "search",
    "(parens)",
    "a,b",
    "x;v=1",
    "C%2B%2B",
    "_next",
    "static",
    "main.js",
];
const QUERIES: &[&str] = &[
    "?q=rust",
    "?q=a+b&page=2",
    "?id=42&sort=-date",
    "?utm_source=x&utm_medium=y",
    "?redirect=https%3A%2F%2Fexample.net%2F",
    "?next=/home",
    "?t=12:30",
    "?filter[name]=x",
    "?q=%E4%B8%AD",
    "?email=a@b.example",
];
const ODD: &[&str] = &["Größe", "中文", "a b", "{id}", "a|b"];
const FRAGMENTS: &[&str] = &[
    "#top",
    "#section-2",
    "#L10-L20",
    "#/route/1",
    "#:~:text=word",
];

fn play(seed: u64, counts: (usize, usize)) {
    let (written, told) = hosts();
    let mut judge = Judge::new("host_in", &written);
    let mut oracles = [
        Oracle::python("hosts.py", &[&told]),
        Oracle::node("hosts.mjs", &[&told]),
    ];
    let mut urls = Urls {
        rng: Rng::with_seed(seed),
    };
    let seen = contest::play("host_in", &mut judge, &mut oracles, &mut urls, counts);
    assert!(seen.tricks > seen.texts() / 50, "few tricks: {seen:?}");
}

#[test]
fn no_parser_resolves_a_url_elsewhere() {
    if lacks(&[ENVOY, NODE]) {
        return;
    }
    play(1, (4000, 2000));
}

#[test]
#[ignore = "the long form: `make soak`"]
fn no_parser_resolves_one_of_a_million_urls_elsewhere() {
    if lacks(&[ENVOY, NODE]) {
        return;
    }
    play(2, (1_000_000, 100_000));
}
