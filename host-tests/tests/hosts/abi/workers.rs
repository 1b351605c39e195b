//! Tests several VMs with the same shared data, and VMs that are configured again.

use super::vm::{LIMITED, MODULE, OPEN, clock, end, errors, post, send, vm, vm_with};
use host_tests::abi::{Faults, SharedData};
use host_tests::rpc::call;

#[test]
fn lost_swap_is_retried_and_counted_once() {
    let shared = SharedData::default();
    let vm = vm_with(&LIMITED.replace("1000", "3"), shared.clone());
    for expected in [
        "forwarded",
        "forwarded",
        "forwarded",
        "200 mcp_policy_rate_limited",
    ] {
        shared.lose_next_swaps(100);
        assert_eq!(send(&vm, "run"), expected);
    }
    let endless = SharedData::default();
    let vm = vm_with(LIMITED, endless.clone());
    endless.lose_next_swaps(100_000);
    assert_eq!(
        send(&vm, "run"),
        "200 mcp_policy_unavailable",
        "a host that never lets it win"
    );
}

#[test]
fn late_or_repeated_configuration_keeps_counters() {
    let shared = SharedData::default();
    let policy = LIMITED.replace("1000", "4");
    let first = vm_with(&policy, shared.clone());
    assert_eq!(send(&first, "run"), "forwarded");
    let second = vm_with(&policy, shared.clone());
    assert_eq!(send(&second, "run"), "forwarded");
    assert_eq!(first.configure(policy.as_bytes()), Ok(true));
    // Another policy with the same counter continues its count, whatever its other rules.
    let changed = policy.replace(
        r#""default": "deny""#,
        r#""default": "allow", "description": "changed""#,
    );
    assert_eq!(second.configure(changed.as_bytes()), Ok(true));
    let ends: Vec<_> = [&first, &second, &first].map(|vm| send(vm, "run")).into();
    assert_eq!(
        ends,
        ["forwarded", "forwarded", "200 mcp_policy_rate_limited"]
    );
}

/// Hosts give all filters with one `vm_id` the same shared data, and a filter may not know of the others.
#[test]
fn filters_share_counters_only_in_one_namespace() {
    let shared = SharedData::default();
    let once = LIMITED.replace("1000", "1");
    let together = once.replace(
        r#""version""#,
        r#""host": { "namespace": "both" }, "version""#,
    );
    let start = |name: &str, policy: &str| {
        let vm = MODULE
            .start(shared.clone(), clock(), name, Faults::default())
            .expect("the VM starts");
        assert_eq!(vm.configure(policy.as_bytes()), Ok(true));
        send(&vm, "run")
    };
    assert_eq!(start("one", &once), "forwarded");
    assert_eq!(start("other", &once), "forwarded");
    assert_eq!(start("one", &once), "200 mcp_policy_rate_limited");
    assert_eq!(start("one", &together), "forwarded");
    assert_eq!(start("other", &together), "200 mcp_policy_rate_limited");
}

/// Two workers use a counter for the first time: a compare-and-swap on an absent key would let both write "one".
#[test]
fn first_use_of_a_counter_by_two_workers_counts_both() {
    let shared = SharedData::default();
    let policy = LIMITED.replace("1000", "1");
    let workers = [
        vm_with(&policy, shared.clone()),
        vm_with(&policy, shared.clone()),
    ];
    let keys = shared.len();
    let mut ends: Vec<_> = workers.iter().map(|vm| send(vm, "run")).collect();
    ends.sort();
    assert_eq!(ends, ["200 mcp_policy_rate_limited", "forwarded"]);
    assert_eq!(shared.len(), keys, "no cell is made during a request");
}

#[test]
fn concurrent_threads_never_exceed_the_limit() {
    let shared = SharedData::default();
    let admitted: usize = std::thread::scope(|scope| {
        let worker = |_| {
            let vm = vm_with(LIMITED, shared.clone());
            scope.spawn(move || (0..600).filter(|_| send(&vm, "run") == "forwarded").count())
        };
        let threads: Vec<_> = (0..4).map(worker).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .sum()
    });
    assert_eq!(admitted, 1000, "of 2400 calls by four workers");
}

#[test]
fn request_in_flight_keeps_its_policy() {
    let vm = vm(OPEN);
    let mut before = vm.stream(post(&[]));
    before.headers(false).expect("no trap");
    assert_eq!(
        vm.configure(OPEN.replace("run", "other").as_bytes()),
        Ok(true)
    );
    before.body(&call("run"), true).expect("no trap");
    assert_eq!(end(&before), "forwarded");
    assert_eq!(send(&vm, "run"), "200 mcp_policy_not_allowed");
}

#[test]
fn refused_configuration_keeps_the_old_one() {
    let vm = vm(OPEN);
    assert_eq!(vm.configure(b"{ \"version\": \"2\" }"), Ok(false));
    assert!(errors(&vm)[0].contains("/version: found `\"2\"`; write \"1\""));
    let never = MODULE
        .start(
            SharedData::default(),
            clock(),
            "mcp_policy",
            Faults::default(),
        )
        .expect("the VM starts");
    assert_eq!(never.configure(b""), Ok(false));
    assert_eq!(
        send(&never, "run"),
        "503 mcp_policy_unavailable",
        "a host that goes on without a policy"
    );
}
