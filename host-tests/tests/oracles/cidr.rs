//! Compares `cidr` with Python, the C library and Node. An address that any of them reads as another must not be
//! inside.

use fastrand::Rng;
use host_tests::contest::{self, Texts};
use host_tests::judge::Judge;
use host_tests::oracle::Oracle;
use host_tests::require::{ENVOY, NODE, lacks};
use serde_json::json;
use std::net::{IpAddr, Ipv6Addr};

const NETWORKS: &[&str] = &[
    "10.0.0.0/8",
    "192.0.2.128/25",
    "127.0.0.1/32",
    "2001:db8::/33",
    "fe80::/10",
    "::1/128",
];
const NEAR: &[u32] = &[
    0x0a00_0000,
    0x0aff_ffff,
    0x0b00_0000,
    0xc000_027f,
    0xc000_0280,
    0x7f00_0001,
    0x7f00_0000,
];

struct Addresses {
    rng: Rng,
}

impl Addresses {
    fn any(&mut self) -> IpAddr {
        let near = NEAR[self.rng.usize(..NEAR.len())];
        let v6 = |top: u128, rest: u128| IpAddr::V6(Ipv6Addr::from_bits(top << 96 | rest >> 40));
        let rest = self.rng.u128(..);
        match self.rng.u8(..8) {
            0 => IpAddr::V4(self.rng.u32(..).into()),
            1..=3 => IpAddr::V4((near ^ (self.rng.u32(..) >> self.rng.u32(16..32))).into()),
            4 => v6(0x2001_0db8, rest),
            5 => v6(0xfe80_0000, rest),
            6 => v6(u128::from(self.rng.u32(..)), rest),
            _ => IpAddr::V6(std::net::Ipv4Addr::from(near).to_ipv6_mapped()),
        }
    }
}

impl Texts for Addresses {
    /// An address in a form that some program reads.
    fn hostile(&mut self) -> String {
        let address = self.any();
        let text = match (address, self.rng.u8(..12)) {
            (IpAddr::V4(v4), 0) => v4.to_bits().to_string(),
            (IpAddr::V4(v4), 1) => format!("{:#x}", v4.to_bits()),
            (IpAddr::V4(v4), 2) => v4.octets().map(|octet| format!("{octet:03}")).join("."),
            (IpAddr::V4(v4), 3) => v4.octets().map(|octet| format!("0{octet:o}")).join("."),
            (IpAddr::V4(v4), 4) => v4.octets().map(|octet| format!("{octet:#x}")).join("."),
            (IpAddr::V4(v4), 5) => format!("{}.{}", v4.to_bits() >> 24, v4.to_bits() & 0xff_ffff),
            (IpAddr::V4(v4), 6) => format!(
                "::ffff:{:x}:{:x}",
                v4.to_bits() >> 16,
                v4.to_bits() & 0xffff
            ),
            (IpAddr::V4(v4), 7) => format!("::{v4}"),
            (IpAddr::V6(v6), 0..=1) => v6.segments().map(|part| format!("{part:04x}")).join(":"),
            (IpAddr::V6(v6), 2..=3) => v6.segments().map(|part| format!("{part:X}")).join(":"),
            (IpAddr::V6(v6), 4) => format!("{v6}%eth0"),
            (IpAddr::V6(v6), 5) => format!("[{v6}]"),
            _ => address.to_string(),
        };
        match self.rng.u8(..12) {
            0 => format!(" {text}"),
            1 => format!("{text}\0"),
            2 => format!("{text}/24"),
            3 => text.replacen('1', "\u{ff11}", 1),
            4 => text.replacen('.', "%2e", 1),
            5 => format!("{text}."),
            _ => text,
        }
    }

    /// An address as programs print it.
    fn ordinary(&mut self) -> String {
        let near = NEAR[self.rng.usize(..2)];
        match self.rng.bool() {
            true => std::net::Ipv4Addr::from(near ^ self.rng.u32(..0xff_ffff)).to_string(),
            false => {
                Ipv6Addr::from_bits((0x2001_0db8 << 96) | (self.rng.u128(..) >> 33)).to_string()
            }
        }
    }
}

fn play(seed: u64, counts: (usize, usize)) {
    let mut judge = Judge::new("cidr", &json!(NETWORKS));
    let told = json!(NETWORKS).to_string();
    let mut oracles = [
        Oracle::python("networks.py", &[&told]),
        Oracle::node("networks.mjs", &[&told]),
    ];
    let mut addresses = Addresses {
        rng: Rng::with_seed(seed),
    };
    contest::play("cidr", &mut judge, &mut oracles, &mut addresses, counts);
}

#[test]
fn no_program_reads_an_address_as_another() {
    if lacks(&[ENVOY, NODE]) {
        return;
    }
    play(1, (4000, 2000));
}

#[test]
#[ignore = "the long form: `make soak`"]
fn no_program_reads_one_of_a_million_addresses_as_another() {
    if lacks(&[ENVOY, NODE]) {
        return;
    }
    play(2, (1_000_000, 100_000));
}
