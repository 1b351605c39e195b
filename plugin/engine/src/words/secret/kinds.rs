//! The table of secrets: the forms that their makers gave them. A new kind is a row here.
//!
//! It finds nothing; `find` does.

use Kind::{Alphanumeric, Base64, Dotted, Hex, Upper, Word};

/// A kind of secret that a policy can name.
#[derive(Debug)]
pub(crate) struct Secret {
    pub(crate) name: &'static str,
    /// A description for people.
    pub(crate) about: &'static str,
    pub(super) forms: &'static [Form],
}

/// The form of a secret.
#[derive(Debug)]
pub(crate) struct Form {
    pub(super) start: &'static str,
    pub(super) rest: Rest,
    pub(super) check: Check,
}

/// The part of a secret after its start.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rest {
    /// Characters of this kind, at least and at most so many.
    Run(Kind, usize, usize),
    /// The start is the name of a value: signs between them, and then such a run, which alone is the secret.
    Value(Kind, usize, usize),
    /// Everything to the line that ends it, or to the end.
    Block,
    /// A user's name and a password, which alone is the secret.
    Password,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Upper,
    Hex,
    Alphanumeric,
    /// And `-` and `_`.
    Word,
    /// And `.`.
    Dotted,
    /// And `+`, `/` and `=`.
    Base64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    None,
    /// Of 36 characters the last six are the checksum of the others, as GitHub and npm make it.
    Crc,
    /// A header of JSON, and two parts more (RFC 7519).
    Jwt,
    /// The characters stand in it somewhere.
    Holds(&'static str),
}

impl Form {
    /// Its start is a name, which is written in either case.
    pub(super) const fn ignores_case(&self) -> bool {
        matches!(self.rest, Rest::Value(..))
    }

    /// The text begins as the form does.
    pub(super) fn starts(&self, text: &[u8]) -> bool {
        let start = text.get(..self.start.len()).unwrap_or_default();
        match self.ignores_case() {
            true => start.eq_ignore_ascii_case(self.start.as_bytes()),
            false => start == self.start.as_bytes(),
        }
    }
}

const MANY: usize = usize::MAX;

const fn run(start: &'static str, kind: Kind, least: usize, most: usize) -> Form {
    Form {
        start,
        rest: Rest::Run(kind, least, most),
        check: Check::None,
    }
}

const fn value(start: &'static str, kind: Kind, least: usize, most: usize) -> Form {
    Form {
        start,
        rest: Rest::Value(kind, least, most),
        check: Check::None,
    }
}

const fn checked(start: &'static str, kind: Kind, least: usize, check: Check) -> Form {
    Form {
        start,
        rest: Rest::Run(kind, least, MANY),
        check,
    }
}

pub(crate) const fn form(start: &'static str, rest: Rest) -> Form {
    Form {
        start,
        rest,
        check: Check::None,
    }
}

/// The text before the user's name and the password in a URL.
pub(super) const BEFORE_PASSWORD: &str = "://";

/// Every kind, in the order of their names.
pub(crate) const SECRETS: &[Secret] = &[
    Secret {
        name: "anthropic_key",
        about: "keys of Anthropic's API",
        forms: &[run("sk-ant-", Word, 40, MANY)],
    },
    Secret {
        name: "aws_key",
        about: "access keys of AWS, and secret keys behind their name",
        forms: &[
            run("AKIA", Upper, 16, 16),
            run("ASIA", Upper, 16, 16),
            value("aws_secret_access_key", Base64, 40, 40),
            value("secretaccesskey", Base64, 40, 40),
            value("secret_access_key", Base64, 40, 40),
        ],
    },
    Secret {
        name: "azure_key",
        about: "account and shared access keys in connection strings of Azure",
        forms: &[
            value("accountkey", Base64, 43, MANY),
            value("sharedaccesskey", Base64, 43, MANY),
        ],
    },
    Secret {
        name: "databricks_token",
        about: "tokens of Databricks",
        forms: &[run("dapi", Hex, 32, 32)],
    },
    Secret {
        name: "digitalocean_token",
        about: "tokens of DigitalOcean",
        forms: &[
            run("dop_v1_", Hex, 64, 64),
            run("doo_v1_", Hex, 64, 64),
            run("dor_v1_", Hex, 64, 64),
        ],
    },
    Secret {
        name: "github_token",
        about: "tokens of GitHub, by their checksum where they have one",
        forms: &[
            checked("ghp_", Alphanumeric, 36, Check::Crc),
            checked("gho_", Alphanumeric, 36, Check::Crc),
            checked("ghu_", Alphanumeric, 36, Check::Crc),
            checked("ghs_", Alphanumeric, 36, Check::Crc),
            checked("ghr_", Alphanumeric, 36, Check::Crc),
            run("github_pat_", Word, 60, MANY),
        ],
    },
    Secret {
        name: "gitlab_token",
        about: "tokens of GitLab",
        forms: &[
            run("glpat-", Dotted, 20, MANY),
            run("gldt-", Dotted, 20, MANY),
            run("glrt-", Dotted, 20, MANY),
            run("glptt-", Dotted, 20, MANY),
            run("glcbt-", Dotted, 20, MANY),
            run("glsoat-", Dotted, 20, MANY),
            run("glagent-", Dotted, 20, MANY),
            run("gloas-", Dotted, 20, MANY),
        ],
    },
    Secret {
        name: "google_key",
        about: "API keys, client secrets and access tokens of Google",
        forms: &[
            run("AIza", Word, 35, 35),
            run("GOCSPX-", Word, 28, 28),
            run("ya29.", Dotted, 20, MANY),
        ],
    },
    Secret {
        name: "huggingface_token",
        about: "tokens of Hugging Face",
        forms: &[run("hf_", Alphanumeric, 34, MANY)],
    },
    Secret {
        name: "jwt",
        about: "JSON Web Tokens, by their header",
        forms: &[checked("eyJ", Dotted, 30, Check::Jwt)],
    },
    Secret {
        name: "npm_token",
        about: "tokens of npm, by their checksum",
        forms: &[checked("npm_", Alphanumeric, 36, Check::Crc)],
    },
    Secret {
        name: "openai_key",
        about: "keys of OpenAI's API",
        forms: &[
            run("sk-proj-", Word, 40, MANY),
            run("sk-svcacct-", Word, 40, MANY),
            run("sk-admin-", Word, 40, MANY),
            checked("sk-", Word, 40, Check::Holds("T3BlbkFJ")),
        ],
    },
    Secret {
        name: "private_key",
        about: "private keys in PEM",
        forms: &[form("-----BEGIN ", Rest::Block)],
    },
    Secret {
        name: "pypi_token",
        about: "tokens of PyPI",
        forms: &[run("pypi-AgE", Word, 50, MANY)],
    },
    Secret {
        name: "sendgrid_key",
        about: "keys of SendGrid",
        forms: &[run("SG.", Dotted, 66, 66)],
    },
    Secret {
        name: "slack_token",
        about: "tokens and webhooks of Slack",
        forms: &[
            run("xoxa-", Word, 20, MANY),
            run("xoxb-", Word, 20, MANY),
            run("xoxe-", Word, 20, MANY),
            run("xoxe.", Dotted, 20, MANY),
            run("xoxp-", Word, 20, MANY),
            run("xoxr-", Word, 20, MANY),
            run("xoxs-", Word, 20, MANY),
            run("xapp-", Word, 20, MANY),
            run("hooks.slack.com/services/", Base64, 40, MANY),
        ],
    },
    Secret {
        name: "stripe_key",
        about: "keys of Stripe",
        forms: &[
            run("sk_live_", Alphanumeric, 16, MANY),
            run("sk_test_", Alphanumeric, 16, MANY),
            run("rk_live_", Alphanumeric, 16, MANY),
            run("rk_test_", Alphanumeric, 16, MANY),
            run("whsec_", Base64, 32, MANY),
        ],
    },
    Secret {
        name: "url_password",
        about: "the password in a URL",
        forms: &[form(BEFORE_PASSWORD, Rest::Password)],
    },
    Secret {
        name: "vault_token",
        about: "tokens of HashiCorp Vault",
        forms: &[
            run("hvs.", Dotted, 24, MANY),
            run("hvb.", Dotted, 24, MANY),
            run("hvr.", Dotted, 24, MANY),
        ],
    },
];
