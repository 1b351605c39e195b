//! Tests that no secret of a caller, a server or an operator is in a log, a metric, a report, or the answer of another.
//!
//! Each secret is known to have arrived, and the search finds one that the policy opens.

mod calls;
mod gateway;
mod planted;

use super::gateway::eventually;
use calls::{Call, outcome};
use gateway::Gateway;
use host_tests::require::{ENVOY, lacks};
use host_tests::upstream::Recorded;
use host_tests::wire::Response;
use mcp_policy_cli::audit::{AuditLog, Filter, Summary, ocsf, short};
use mcp_policy_cli::diff::{Options, diff};
use mcp_policy_cli::{Input, Report as _};
use planted::{SHOWN, Secret};
use serde_json::json;
use std::thread::sleep;
use std::time::Duration;

/// A text in which no secret is, and what shows that it is not empty.
struct Output {
    name: &'static str,
    text: String,
    mark: &'static str,
}

fn text(response: &Response) -> String {
    let head = response.headers.iter();
    let head = head.map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value)));
    head.collect::<String>() + &String::from_utf8_lossy(&response.body)
}

fn seen(requests: &[Recorded]) -> String {
    let one = |request: &Recorded| {
        let headers = request.headers.iter();
        let headers = headers.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        let headers = headers.collect::<Vec<_>>().join("\n");
        let body = String::from_utf8_lossy(&request.body);
        format!("{}\n{headers}\n{body}\n", request.path)
    };
    requests.iter().map(one).collect()
}

/// Sends the calls, each of which must have its outcome. Returns the answers.
fn play(gateway: &Gateway, calls: &[Call]) -> Vec<String> {
    let answers: Vec<_> = calls.iter().map(|call| gateway.send(call)).collect();
    let arrived = seen(&gateway.server.take());
    for (call, answer) in calls.iter().zip(&answers) {
        let secrets = call.secrets.iter();
        let places: Vec<_> = secrets.clone().map(|secret| secret.place).collect();
        assert_eq!(
            outcome(answer),
            call.outcome,
            "{places:?}: {}",
            text(answer)
        );
        let is_refused = call.outcome.contains(' ');
        for secret in secrets.filter(|_| !is_refused) {
            assert!(
                secret.found(&arrived).is_some(),
                "{}: {arrived}",
                secret.place
            );
        }
    }
    answers.iter().map(text).collect()
}

/// The reports of the command line on a log.
fn reports(gateway: &Gateway, log: &str) -> Vec<Output> {
    let (mut audit, mut summary) = (AuditLog::new(Filter::default()), Summary::default());
    let (mut events, mut followed) = (String::new(), String::new());
    for line in log.lines().filter_map(|line| audit.read(line.as_bytes())) {
        summary.add(&line);
        events.push_str(&ocsf(&line));
        followed.extend(short(&line));
    }
    let report = summary.report(audit.skipped());
    let input = |name: &str, text: &str| Input {
        name: name.into(),
        bytes: text.into(),
    };
    let old = gateway.operator.policy();
    let mut new = old.clone();
    new["default"] = "deny".into();
    let [old, new] = [old, new].map(|policy| input("policy", &policy.to_string()));
    let diff = diff(Some(&old), &new, &input("log", log), &Options::default()).expect("a report");
    [
        ("audit as text", report.text(), "work"),
        ("audit as JSON", report.json().expect("JSON"), "work"),
        ("audit as a page", report.html(), "work"),
        ("audit as OCSF", events, "work"),
        ("followed log", followed, "work"),
        ("diff as text", diff.text(), "get"),
        ("diff as JSON", diff.json().expect("JSON"), "get"),
    ]
    .map(|(name, text, mark)| Output { name, text, mark })
    .into()
}

/// The access log, which Envoy writes every ten seconds.
fn access_log(gateway: &Gateway, lines: usize) -> String {
    for _ in 0..200 {
        let log = gateway.envoy.written("access.json");
        if log.lines().count() >= lines {
            return log;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("no access log of {lines} lines");
}

/// The secret in a policy that is refused for the mistakes beside it.
fn refused_policy(gateway: &Gateway) -> [Secret; 1] {
    let secret = Secret::key("policy that is refused");
    let condition =
        json!({ "path": "args.a", "op": "regex", "value": format!("({}", secret.text) });
    let mut policy = gateway.operator.policy();
    policy["tools"]["work"]["require"] = json!([{ "conditions": [condition] }]);
    policy["grants"]["script"]["match"]["bearer_sha256"] = secret.text.clone().into();
    let taken = gateway.envoy.reload("tokens", &policy.to_string());
    assert!(!taken.expect("a reload"), "the policy has mistakes");
    [secret]
}

/// All calls, their answers and the secrets in them.
struct Played {
    calls: Vec<Call>,
    own: Vec<String>,
    others: Vec<String>,
    secrets: Vec<Secret>,
}

impl Played {
    fn of(gateway: &Gateway) -> Self {
        let token = gateway.token();
        let calls = gateway.calls(&token);
        let own = play(gateway, &calls);
        let mut others = play(gateway, &gateway.calls_of_others());
        let unit = Secret::opaque("subject of a certificate");
        let with_certificate = gateway.send_with_certificate(&unit);
        assert_eq!(outcome(&with_certificate), "forwarded");
        others.push(text(&with_certificate));
        let signature = token.rsplit('.').next().expect("a signature");
        let mut secrets = vec![Secret::given("signature", signature), unit];
        let called = calls.iter().flat_map(|call| call.secrets.clone());
        secrets.extend(called.chain(refused_policy(gateway)));
        Self {
            calls,
            own,
            others,
            secrets,
        }
    }

    fn answers(&self) -> usize {
        self.own.len() + self.others.len()
    }

    /// The answers to a user's calls that the policy refuses.
    fn refusals(&self) -> String {
        let refused = |(call, _): &(&Call, &String)| call.outcome.contains(' ');
        let refusals = self.calls.iter().zip(&self.own).filter(refused);
        refusals.map(|(_, answer)| &**answer).collect()
    }
}

/// The secrets of the operator and of the server, which the policy used.
fn used(gateway: &Gateway, result: &str) -> Vec<Secret> {
    let (results, operator) = (&gateway.results, &gateway.operator);
    assert!(
        result.contains("[REDACTED aws_key] [REDACTED regex]"),
        "{result}"
    );
    assert!(
        results.own.found(result).is_some(),
        "the caller has its result"
    );
    let configured = gateway.envoy.configuration();
    let in_configuration = [
        &operator.environment,
        &operator.redacted,
        &operator.condition,
        &operator.claim,
    ];
    for secret in in_configuration {
        assert!(secret.found(&configured).is_some(), "{}", secret.place);
    }
    let rest = [&operator.bearer, &results.own, &results.key];
    in_configuration
        .into_iter()
        .chain(rest)
        .map(Clone::clone)
        .collect()
}

/// All that others than the caller can read.
fn outputs(gateway: &Gateway, played: &Played) -> Vec<Output> {
    let mut collected = String::new();
    eventually("the collector has the lines", || {
        collected += &seen(&gateway.collector.take());
        collected.matches(r#""event":"decision""#).count() >= played.answers()
    });
    let log = gateway.envoy.log();
    let mut outputs = reports(gateway, &log);
    outputs.extend(
        [
            ("log", log, SHOWN),
            ("batches of the collector", collected, SHOWN),
            ("access log", access_log(gateway, played.answers()), "work"),
            ("statistics", gateway.envoy.stats(), "mcp_policy_decisions"),
            (
                "metrics",
                gateway.envoy.prometheus(),
                "mcp_policy_decisions",
            ),
            ("refusals", played.refusals(), "denied"),
            ("answers of others", played.others.concat(), "identity"),
        ]
        .map(|(name, text, mark)| Output { name, text, mark }),
    );
    outputs
}

#[test]
fn no_secret_is_in_a_log_a_metric_a_report_or_the_answer_of_another() {
    if lacks(&[ENVOY]) {
        return;
    }
    let gateway = Gateway::start();
    let mut played = Played::of(&gateway);
    let used = used(&gateway, &played.own[0]);
    played.secrets.extend(used);
    let mut leaks = Vec::new();
    for Output { name, text, mark } in outputs(&gateway, &played) {
        assert!(text.contains(mark), "{name}: {text}");
        for secret in &played.secrets {
            let found = secret.found(&text);
            leaks.extend(found.map(|form| format!("{name}: {} as {form}", secret.place)));
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}
