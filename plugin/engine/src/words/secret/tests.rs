use super::find::{Finder, Kinds, Match, crc32, find, may_stand};
use super::kinds::SECRETS;
use crate::words::work::Budget;
use proptest::prelude::*;

/// The text with each secret replaced by `<name>`.
fn shown(text: &str) -> String {
    let mut out = text.to_owned();
    for Match { range, kind } in find(text, &Budget::unlimited(), Kinds::ALL)
        .unwrap()
        .into_iter()
        .rev()
    {
        out.replace_range(range, &format!("<{}>", SECRETS[kind].name));
    }
    out
}

/// Joins the two parts of an example. They are separate, so that no scanner of this repository mistakes it for a
/// secret.
fn joined(parts: [&str; 2]) -> String {
    parts.concat()
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a table of one example for each kind"
)]
fn every_kind_is_found() {
    let hex = "0123456789abcdef0123456789abcdef";
    let word = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4fGh7jKl0nOp3rSt6vWx9z";
    let first = |length| word.get(..length).unwrap();
    let all = [
        ("anthropic_key", joined(["sk-ant-", "api03-"]) + word),
        ("aws_key", joined(["AKIA", "IOSFODNN7EXAMPLE"])),
        ("databricks_token", joined(["dapi", hex])),
        ("digitalocean_token", joined(["dop_v1_", hex]) + hex),
        (
            "github_token",
            joined(["ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"]),
        ),
        (
            "github_token",
            joined(["github_pat_", "11ABCDEFG0aBcDeFgHiJkL_"]) + word,
        ),
        ("gitlab_token", joined(["glpat-", "abcDEF_123-456.xyzw01"])),
        (
            "google_key",
            joined(["AIza", "SyA-0123456789abcdefghijklmnopqrstu"]),
        ),
        (
            "huggingface_token",
            joined(["hf_", "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh"]),
        ),
        (
            "jwt",
            joined(["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.", "c2lnbmF0dXJl"]),
        ),
        (
            "npm_token",
            joined(["npm_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"]),
        ),
        ("openai_key", joined(["sk-proj-", word])),
        (
            "openai_key",
            joined(["sk-", "abcdefghijklmnopqrstT3BlbkFJabcdefghijklmnopqrst"]),
        ),
        ("pypi_token", joined(["pypi-AgE", "IcHlwaS5vcmc"]) + word),
        ("sendgrid_key", joined(["SG.", first(22)]) + "." + first(43)),
        (
            "slack_token",
            joined(["xoxb-", "123456789012-1234567890123-"]) + first(24),
        ),
        (
            "slack_token",
            joined(["hooks.slack.com/services/", "T0000000A/B0000000A/"]) + first(24),
        ),
        ("stripe_key", joined(["sk_live_", first(24)])),
        ("vault_token", joined(["hvs.", first(30)])),
    ];
    for (name, secret) in &all {
        assert_eq!(shown(secret), format!("<{name}>"), "{secret}");
        assert_eq!(shown(&format!("key={secret}.")), format!("key=<{name}>."));
        assert_eq!(
            shown(&format!("\"{secret}\", é")),
            format!("\"<{name}>\", é")
        );
        assert_eq!(
            shown(&format!("x{secret}")),
            format!("x{secret}"),
            "it begins in a word"
        );
    }
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    for before in [
        "aws_secret_access_key = ",
        "AWS_SECRET_ACCESS_KEY=",
        "\"SecretAccessKey\": \"",
    ] {
        assert_eq!(
            shown(&format!("{before}{secret}")),
            format!("{before}<aws_key>")
        );
    }
    let key =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    assert_eq!(
        shown(&format!("AccountName=a;AccountKey={key};B=c")),
        "AccountName=a;AccountKey=<azure_key>;B=c"
    );
    assert_eq!(
        shown("postgres://app:p:a@ss@db.internal:5432/x?y=1"),
        "postgres://app:<url_password>@db.internal:5432/x?y=1"
    );
    let names: Vec<_> = SECRETS.iter().map(|secret| secret.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    let tested = all.iter().map(|(name, _)| *name);
    let tested: Vec<_> = tested
        .chain(["azure_key", "private_key", "url_password"])
        .collect();
    assert!(
        names.iter().all(|name| tested.contains(name)),
        "each is tested"
    );
}

#[test]
fn private_key_is_matched_whole() {
    let pem =
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----";
    assert_eq!(shown(&format!("a\n{pem}\nb")), "a\n<private_key>\nb");
    assert_eq!(shown(&pem.replace('\n', "\\n")), "<private_key>");
    let cut = "-----BEGIN RSA PRIVATE KEY-----\nMIIE";
    assert_eq!(shown(cut), "<private_key>", "its end may come elsewhere");
    let public = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----";
    assert_eq!(shown(public), public);
}

#[test]
fn text_that_only_looks_like_a_secret_is_ignored() {
    for text in [
        // Here the last character of the checksum is wrong.
        "ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18",
        "npm_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "AKIAIOSFODNN7EXAMPL",
        "AKIAIOSFODNN7EXAMPLE7",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0",
        "eyJhIjoxfQ.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "https://example.com/a:b@c",
        "https://user@example.com",
        "https://user:@example.com",
        "sk-learn-is-a-library-for-machine-learning-in-python-and-more",
        "dapi is hex",
        "aws_secret_access_key is wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "secret_access_keywJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "-----BEGIN CERTIFICATE-----",
    ] {
        assert_eq!(shown(text), text);
    }
}

#[test]
fn jwt_without_three_parts_is_ignored() {
    let header = "eyJhbGciOiJub25lIn0";
    for (text, times) in [
        (format!("{header}.eyJzdWIiOiIxIn0.c2ln"), 1),
        (format!("{header}.eyJzdWIiOiIxIn0.c2ln..."), 1),
        (format!("{header}.eyJzdWIiOiIxIn0c2ln"), 0),
        (format!("{header}.eyJzdWIiOiIxIn0c2ln..."), 0),
        (format!("a.b.c {header}.eyJzdWIiOiIxIn0c2ln"), 0),
    ] {
        let found = find(&text, &Budget::unlimited(), Kinds::ALL).unwrap();
        assert_eq!(found.len(), times, "{text}");
    }
}

#[test]
fn only_wanted_kinds_are_found() {
    let text = "postgres://a:b@c and AKIAIOSFODNN7EXAMPLE";
    let aws = SECRETS.iter().position(|secret| secret.name == "aws_key");
    let found = |kinds| find(text, &Budget::unlimited(), kinds).unwrap().len();
    assert_eq!(found(Kinds::one(aws.unwrap())), 1);
    assert_eq!(found(Kinds::ALL), 2);
}

/// A server can write texts in which many places look like the start of a secret.
#[test]
fn search_of_adversarial_text_is_fast() {
    for piece in [
        "eyJ-",
        "hvs.",
        "sk-",
        "xoxe.",
        "://a:",
        "-----BEGIN ",
        "accountkey= ",
        "glpat-.",
        "eyJhbGciOiJIUzI1NiJ9.eyJ-",
    ] {
        let text = piece.repeat(1_000_000 / piece.len());
        find(&text, &Budget::unlimited(), Kinds::ALL).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Matches are in text order, not empty, and do not overlap.
    #[test]
    fn matches_are_in_order_and_do_not_overlap(text in "(AKIA|ghp_|://|a:b@|-----BEGIN |PRIVATE KEY-----|eyJ|[A-Z0-9]{16}|é|[ -~]){0,12}") {
        let mut end = 0;
        for found in find(&text, &Budget::unlimited(), Kinds::ALL).unwrap() {
            prop_assert!(found.range.start >= end && !found.range.is_empty(), "{found:?}");
            prop_assert!(text.get(found.range.clone()).is_some());
            end = found.range.end;
        }
    }

    /// Skipped places hold no secret. A JSON string that only has short escapes is searched without decoding it.
    #[test]
    fn skipped_places_hold_no_secret(text in "(AKIA|ghp_|sk-|sk-ant-|://|u:p@|-----BEGIN |PRIVATE KEY-----|eyJ|hooks.slack.com/services/|AccountKey|aws_secret_access_key|[=: \"\n]|[A-Z0-9]{16}|[a-f0-9]{20}|[a-z]{1,3}|é|\\\\){0,12}") {
        let (mut finder, budget) = (Finder::new(&text, Kinds::ALL), Budget::unlimited());
        let all = (0..text.len()).filter_map(|place| finder.at(place, &budget).unwrap());
        let found = find(&text, &Budget::unlimited(), Kinds::ALL).unwrap();
        prop_assert_eq!(all.collect::<Vec<_>>(), &found[..]);
        let raw = serde_json::to_string(&text).unwrap();
        prop_assert!(found.is_empty() || may_stand(&raw), "{raw}");
    }

    #[test]
    fn checksum_equals_that_of_zlib(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(crc32(&bytes), crc32fast::hash(&bytes));
    }
}
