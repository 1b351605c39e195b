//! Tests the header that names the client of an API key, which the gateway writes and a client sends as well.

use super::super::gateway::verdict;
use super::setting::{caller, on_each, on_each_with, server, verdict_of};
use host_tests::fleet::{Caller, Credential, Fleet, request};
use host_tests::rpc;

const NAME: &str = "x-client-id";

/// The verdict of a call of a caller who sends these names too.
fn with_names(fleet: &Fleet, caller: &Caller, names: &[&str], tool: &str) -> String {
    let mut request = request(caller, server("python-mcp"), rpc::call(tool));
    for name in names {
        request.headers.push((NAME.into(), (*name).into()));
    }
    verdict(&fleet.send(caller, &request).expect("an answer"))
}

#[test]
fn name_of_the_client_is_that_of_its_key_whatever_it_sends() {
    on_each(|fleet| {
        let [one, two] = ["client-one", "client-two"].map(|name| caller(fleet, name));
        let names: [&[&str]; 4] = [
            &[],
            &["client-one"],
            &["client-one", "client-one"],
            &["client-two", "client-one", ""],
        ];
        for names in names {
            // A tool of the one that is hidden from the other.
            assert_eq!(
                with_names(fleet, &one, names, "search"),
                "forwarded",
                "{names:?}"
            );
            assert_eq!(
                with_names(fleet, &two, names, "search"),
                "200 not_allowed",
                "{names:?}"
            );
            assert_eq!(
                with_names(fleet, &two, names, "report"),
                "forwarded",
                "{names:?}"
            );
        }
    });
}

#[test]
fn name_of_a_client_adds_no_rights_to_another_credential() {
    on_each(|fleet| {
        for name in ["acme-alice", "agent-one"] {
            let own = caller(fleet, name);
            let names = ["client-one", "client-one"];
            assert_eq!(
                with_names(fleet, &own, &names[..1], "report"),
                "200 not_allowed",
                "{name}"
            );
            assert_eq!(
                with_names(fleet, &own, &names, "report"),
                "200 not_allowed",
                "{name}"
            );
            assert_eq!(
                with_names(fleet, &own, &names, "drop"),
                "forwarded",
                "{name}"
            );
        }
    });
}

/// The page demands the removal because a plugin sees one header, whoever wrote it. Sent twice, or beside another credential,
/// it is refused.
#[test]
fn header_that_the_gateway_does_not_remove_is_the_clients_word() {
    let keeps = |setting: &mut host_tests::fleet::Setting| setting.removes_headers = false;
    on_each_with(keeps, |fleet| {
        let claimed = |names: &[&'static str]| Caller {
            name: "claims",
            credential: Credential::Claimed(names.iter().map(|name| (NAME, *name)).collect()),
        };
        for (names, expected) in [
            (&["client-one"][..], "forwarded"),
            (&["client-one", "client-one"], "200 identity"),
            (&["client-one", "client-two"], "200 identity"),
            (&["client-one,client-one"], "200 identity"),
            (&[""], "200 identity"),
        ] {
            let verdict = verdict_of(fleet, &claimed(names), server("python-mcp"), "search");
            assert_eq!(verdict, expected, "{names:?}");
        }
        let alice = caller(fleet, "acme-alice");
        assert_eq!(
            with_names(fleet, &alice, &["client-one"], "drop"),
            "200 identity"
        );
        assert_eq!(with_names(fleet, &alice, &[], "drop"), "forwarded");
    });
}
