//! Merkle trees: pymerkle, and the vectors that implementations of RFC 6962 are tested
//! with.

use std::collections::BTreeMap;

use countersign::audit::merkle::{
    Hash, Head, consistency, inclusion, is_consistent, is_included, leaf, root,
};
use countersign::promotion::Sha256;
use serde::Deserialize;

use crate::python;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash(hex: &str) -> Hash {
    let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
    assert_eq!(hex.len(), 64, "{hex}");
    std::array::from_fn(byte)
}

fn hashes(hexes: &[String]) -> Vec<Hash> {
    hexes.iter().map(|it| hash(it)).collect()
}

/// Leaves of lengths from 0 to 99, whatever is in them.
fn made_up(n: usize) -> Vec<Vec<u8>> {
    let one = |i: usize| {
        let digest = Sha256::of(&i.to_be_bytes());
        let bytes = digest.as_bytes();
        let length = (bytes[0] as usize * 256 + bytes[1] as usize) % 100;
        bytes.iter().copied().cycle().take(length).collect()
    };
    (0..n).map(one).collect()
}

/// What pymerkle says of one size.
#[derive(Deserialize)]
struct Told {
    size: usize,
    root: String,
    inclusion: BTreeMap<usize, Vec<String>>,
    consistency: BTreeMap<usize, Vec<String>>,
}

/// Asks pymerkle about trees of these sizes, and holds ours against it; how many
/// proofs of both kinds were compared.
fn agree(sizes: &[usize], every: usize) -> (usize, usize) {
    let contents = made_up(sizes.iter().copied().max().unwrap());
    let leaves: Vec<Hash> = contents.iter().map(|it| leaf(it)).collect();
    let asked = serde_json::json!({
        "leaves": contents.iter().map(|it| hex(it)).collect::<Vec<_>>(),
        "sizes": sizes,
        "every": every,
    });
    let printed = python("merkle.py", asked.to_string().as_bytes());
    let mut compared = (0, 0);
    let mut seen = Vec::new();
    for line in printed.lines() {
        let told: Told = serde_json::from_str(line).unwrap();
        let ours = &leaves[..told.size];
        let new = Head {
            size: told.size as u64,
            root: root(ours),
        };
        assert_eq!(hex(&new.root), told.root, "{} leaves", told.size);
        assert_eq!(told.inclusion.len(), told.size.div_ceil(every));
        assert_eq!(told.consistency.len(), told.size / every + 1);
        for (index, proof) in &told.inclusion {
            let proof = hashes(proof);
            let what = format!("leaf {index} of {}", told.size);
            assert_eq!(inclusion(ours, *index).unwrap(), proof, "{what}");
            let holds = is_included(&ours[*index], *index as u64, new.size, &proof, &new.root);
            assert!(holds, "{what}");
            compared.0 += 1;
        }
        for (size, proof) in &told.consistency {
            let proof = hashes(proof);
            let what = format!("{size} in {}", told.size);
            assert_eq!(consistency(ours, *size).unwrap(), proof, "{what}");
            let old = Head {
                size: *size as u64,
                root: root(&ours[..*size]),
            };
            assert!(is_consistent(&old, &new, &proof), "{what}");
            compared.1 += 1;
        }
        seen.push(told.size);
    }
    assert_eq!(seen, sizes);
    compared
}

#[test]
fn pymerkle_makes_the_same_roots_and_proofs_of_every_small_tree() {
    let sizes: Vec<usize> = (0..=70).collect();
    assert_eq!(agree(&sizes, 1), (70 * 71 / 2, 71 * 72 / 2));
}

#[test]
fn pymerkle_makes_the_same_roots_and_proofs_of_larger_trees() {
    // Around powers of two, where the shape changes, and some at random: always the
    // same ones, so that what fails once fails again.
    let mut sizes = vec![127, 128, 129, 255, 256, 257, 1023, 1024, 1025];
    sizes.extend((0..6u8).map(|i| {
        let digest = Sha256::of(&[b's', i]);
        200 + (digest.as_bytes()[0] as usize * 256 + digest.as_bytes()[1] as usize) % 1800
    }));
    let (included, consistent) = agree(&sizes, 37);
    assert!(
        included > 150 && consistent > 150,
        "{included}, {consistent}"
    );
}

// The vectors of transparency-dev/merkle (testonly/constants.go, proof/verify_test.go),
// which are those of the first implementations of RFC 6962 and of many since: eight
// leaves, the hashes of all full subtrees, the root of each beginning.

const INPUTS: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// `LEVELS[h][i]`: the i-th full subtree of height h.
const LEVELS: [&[&str]; 4] = [
    &[
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
        "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
    ],
    &[
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    ],
    &[
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    &["5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"],
];

/// The root of the first n leaves.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// (height, index) in [`LEVELS`].
type Node = (usize, usize);

/// Index, size, and where the proof's hashes stand in [`LEVELS`].
const INCLUSION: [(usize, usize, &[Node]); 5] = [
    (0, 1, &[]),
    (0, 8, &[(0, 1), (1, 1), (2, 1)]),
    (5, 8, &[(0, 4), (1, 3), (2, 0)]),
    (2, 3, &[(1, 0)]),
    (1, 5, &[(0, 0), (1, 1), (0, 4)]),
];

/// Old size, new size, and the proof.
const CONSISTENCY: [(usize, usize, &[Node]); 5] = [
    (1, 1, &[]),
    (1, 8, &[(0, 1), (1, 1), (2, 1)]),
    (6, 8, &[(1, 2), (1, 3), (2, 0)]),
    (2, 5, &[(1, 1), (0, 4)]),
    (6, 7, &[(1, 2), (0, 6), (2, 0)]),
];

fn leaves() -> Vec<Hash> {
    INPUTS.iter().map(|it| leaf(it)).collect()
}

fn at((height, index): Node) -> Hash {
    hash(LEVELS[height][index])
}

fn path(nodes: &[Node]) -> Vec<Hash> {
    nodes.iter().copied().map(at).collect()
}

#[test]
fn the_hashes_of_the_known_tree_come_out() {
    let leaves = leaves();
    for (height, level) in LEVELS.iter().enumerate() {
        for (index, known) in level.iter().enumerate() {
            let of = &leaves[index << height..(index + 1) << height];
            assert_eq!(hex(&root(of)), *known, "height {height}, {index}");
        }
    }
    for (size, known) in ROOTS.iter().enumerate() {
        assert_eq!(hex(&root(&leaves[..size])), *known, "{size} leaves");
    }
}

/// Hashes that belong to no proof here.
fn strange() -> [Hash; 2] {
    [[0; 32], hash(ROOTS[7])]
}

/// The ways to bend a list of hashes that the vectors have.
fn bent(proof: &[Hash], roots: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for more in strange().iter().chain(roots) {
        let more = std::slice::from_ref(more);
        all.extend([[more, proof].concat(), [proof, more].concat()]);
    }
    for at in 0..proof.len() {
        for bit in [0, 2, 3, 4, 7] {
            let mut flipped = proof.to_vec();
            flipped[at][at] ^= 1 << bit;
            all.push(flipped);
        }
        let mut without = proof.to_vec();
        without.remove(at);
        all.push(without);
        let mut twice = proof.to_vec();
        twice.insert(at, strange()[0]);
        all.push(twice);
    }
    all
}

#[test]
fn the_known_proofs_of_inclusion_hold_and_bent_ones_do_not() {
    let leaves = leaves();
    for (index, size, nodes) in INCLUSION {
        let (proof, root) = (path(nodes), hash(ROOTS[size]));
        assert_eq!(inclusion(&leaves[..size], index).unwrap(), proof);
        let holds = |leaf: &Hash, index: usize, size: usize, proof: &[Hash], root: &Hash| {
            is_included(leaf, index as u64, size as u64, proof, root)
        };
        let ours = &leaves[index];
        assert!(holds(ours, index, size, &proof, &root), "{index} of {size}");
        for (index, size) in [
            (index.wrapping_sub(1), size),
            (index + 1, size),
            (index ^ 2, size),
            (index, size * 2),
            (index, size / 2),
        ] {
            assert!(
                !holds(ours, index, size, &proof, &root),
                "{index} of {size}"
            );
        }
        for root in strange().iter().chain([&[0xff; 32]]) {
            assert!(!holds(ours, index, size, &proof, root));
        }
        assert!(!holds(&leaf(b"wrong leaf"), index, size, &proof, &root));
        for proof in bent(&proof, &[root]) {
            assert!(
                !holds(ours, index, size, &proof, &root),
                "{index} of {size}"
            );
        }
    }
    // Of no leaves, and of a leaf that is not there.
    for (index, size) in [(0, 0), (1, 0), (2, 1)] {
        for root in [hash(ROOTS[0]), [0; 32]] {
            for leaf in [leaves[0], [0; 32], root] {
                assert!(!is_included(&leaf, index, size, &[], &root));
            }
        }
    }
}

#[test]
fn the_known_proofs_of_consistency_hold_and_bent_ones_do_not() {
    let leaves = leaves();
    let head = |size: usize, root: Hash| Head {
        size: size as u64,
        root,
    };
    for (old, new, nodes) in CONSISTENCY {
        let proof = path(nodes);
        assert_eq!(consistency(&leaves[..new], old).unwrap(), proof);
        let (was, is) = (hash(ROOTS[old]), hash(ROOTS[new]));
        let what = format!("{old} in {new}");
        assert!(
            is_consistent(&head(old, was), &head(new, is), &proof),
            "{what}"
        );
        let holds = |old, was, new, is, proof: &[Hash]| {
            is_consistent(&head(old, was), &head(new, is), proof)
        };
        for (old, new) in [
            (old - 1, new),
            (old + 1, new),
            (old ^ 2, new),
            (old, new * 2),
            (old, new / 2),
        ] {
            let told = holds(old, was, new, is, &proof);
            assert!(!told, "{old} in {new}, by the proof of {what}");
        }
        for proof in bent(&proof, &[was, is]) {
            assert!(!holds(old, was, new, is, &proof), "{what}");
        }
        for strange in [[0; 32], [0xff; 32]] {
            assert!(!holds(old, strange, new, is, &proof), "{what}");
            assert!(!holds(old, was, new, strange, &proof), "{what}");
        }
        if old != new {
            assert!(!holds(old, is, new, was, &proof), "{what}");
            assert!(!holds(old, was, new, is, &[]), "{what}");
        }
    }
    let [nothing, one] = [hash(ROOTS[0]), hash(ROOTS[1])];
    for (old, was, new, is, proof) in [
        (0, nothing, 0, one, vec![]),
        (0, one, 1, one, vec![]),
        (1, one, 1, nothing, vec![]),
        (1, one, 1, one, vec![one]),
        (0, nothing, 0, nothing, vec![one]),
        (0, nothing, 1, one, vec![one]),
        (1, one, 0, nothing, vec![]),
        (2, one, 1, one, vec![]),
        (1, one, 2, hash(ROOTS[2]), vec![]),
    ] {
        let told = is_consistent(&head(old, was), &head(new, is), &proof);
        assert!(!told, "{old} in {new}");
    }
    // Where we differ on purpose: to them it proves nothing that a log begins with an
    // empty one, so they refuse to be asked. Somebody may well have seen it empty.
    assert!(is_consistent(&head(0, nothing), &head(1, one), &[]));
    assert!(is_consistent(&head(0, nothing), &head(0, nothing), &[]));
}
