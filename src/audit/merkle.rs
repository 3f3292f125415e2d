//! The Merkle tree of RFC 6962, section 2.1: roots, inclusion and consistency.
//!
//! A leaf is hashed with a zero byte before it and a node with a one, so that
//! no leaf can be taken for a node. Proofs are checked by the algorithms of RFC
//! 9162, sections 2.1.3.2 and 2.1.4.2, which hash the same tree.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of a leaf: `SHA-256(0x00 || leaf)`.
pub fn leaf(bytes: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(bytes);
    hash.finalize().into()
}

/// The hash of a node: `SHA-256(0x01 || left || right)`.
pub(super) fn node(left: &Hash, right: &Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left);
    hash.update(right);
    hash.finalize().into()
}

/// The root of a tree that only grows, in memory that grows with its height.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    /// The roots of the full subtrees, largest first: one for each bit of `size`.
    full: Vec<Hash>,
    size: u64,
}

impl Frontier {
    /// That of so many leaves with these full subtrees, largest first. `None` where
    /// those are not as many as so many leaves have.
    pub fn of(size: u64, full: Vec<Hash>) -> Option<Self> {
        (full.len() == size.count_ones() as usize).then_some(Self { full, size })
    }

    /// The roots of its full subtrees, largest first.
    pub fn full(&self) -> &[Hash] {
        &self.full
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.full.pop() {
                hash = node(&left, &hash);
            }
        }
        self.full.push(hash);
        self.size += 1;
    }

    /// The root. That of no leaves is the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut smallest_first = self.full.iter().rev();
        match smallest_first.next() {
            None => Sha256::digest([]).into(),
            Some(last) => smallest_first.fold(*last, |right, left| node(left, &right)),
        }
    }
}

impl FromIterator<Hash> for Frontier {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::default();
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        tree
    }
}

/// The root of these leaves.
pub fn root(leaves: &[Hash]) -> Hash {
    leaves.iter().copied().collect::<Frontier>().root()
}

/// The largest power of two below `n`, which is two or more.
fn split(n: usize) -> usize {
    1 << (n - 1).ilog2()
}

/// The hashes by which the leaf at `index` leads to the root, lowest first.
/// `None` where there is no such leaf.
pub fn inclusion(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let mut path = Vec::new();
    let mut range: Range<usize> = 0..leaves.len();
    while range.len() > 1 {
        let middle = range.start + split(range.len());
        let (left, right) = (range.start..middle, middle..range.end);
        let (ours, other) = match index < middle {
            true => (left, right),
            false => (right, left),
        };
        path.push(root(&leaves[other]));
        range = ours;
    }
    path.reverse();
    Some(path)
}

/// The hashes by which the tree of the first `old` leaves leads to the root of
/// all. `None` where there are not so many. Of no leaves, or of all, nothing is
/// to be proved.
pub fn consistency(leaves: &[Hash], old: usize) -> Option<Vec<Hash>> {
    if old > leaves.len() {
        return None;
    }
    if old == 0 || old == leaves.len() {
        return Some(Vec::new());
    }
    let mut proof = Vec::new();
    let mut range: Range<usize> = 0..leaves.len();
    // True as long as the old tree is the left end of all that was passed.
    let mut whole = true;
    while range.end != old {
        let middle = range.start + split(range.len());
        if old <= middle {
            proof.push(root(&leaves[middle..range.end]));
            range.end = middle;
        } else {
            proof.push(root(&leaves[range.start..middle]));
            range.start = middle;
            whole = false;
        }
    }
    if !whole {
        proof.push(root(&leaves[range]));
    }
    proof.reverse();
    Some(proof)
}

/// True where `proof` shows that `leaf` is at `index` in the tree of `size`
/// leaves with that root (RFC 9162, 2.1.3.2).
pub fn is_included(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for other in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(other, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, other);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// A tree's size and root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many leaves.
    pub size: u64,
    /// The root.
    pub root: Hash,
}

/// True where `proof` shows that the tree of `old` is a beginning of that of
/// `new` (RFC 9162, 2.1.4.2).
pub fn is_consistent(old: &Head, new: &Head, proof: &[Hash]) -> bool {
    if old.size == 0 || old.size >= new.size {
        // A tree of nothing is a beginning of every other.
        let nothing = root(&[]);
        return proof.is_empty()
            && match old.size {
                0 => old.root == nothing && (new.size > 0 || new.root == nothing),
                size => size == new.size && old.root == new.root,
            };
    }
    let (mut at, mut last) = (old.size - 1, new.size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let mut path = proof.iter();
    // A full tree leads to itself.
    let first = match old.size.is_power_of_two() {
        true => Some(&old.root),
        false => path.next(),
    };
    let Some(first) = first else { return false };
    let (mut was, mut is) = (*first, *first);
    for other in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            was = node(other, &was);
            is = node(other, &is);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            is = node(&is, other);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && was == old.root && is == new.root
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaves(n: usize) -> Vec<Hash> {
        (0..n).map(|i| leaf(&i.to_be_bytes())).collect()
    }

    fn head(leaves: &[Hash]) -> Head {
        Head {
            size: leaves.len() as u64,
            root: root(leaves),
        }
    }

    fn hex(hash: &Hash) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The definition of RFC 6962, 2.1, word for word.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            _ => {
                let k = split(leaves.len());
                node(&by_definition(&leaves[..k]), &by_definition(&leaves[k..]))
            }
        }
    }

    /// The leaves and roots that certificate transparency's own
    /// implementations are tested with.
    #[test]
    fn the_known_roots_come_out() {
        let inputs: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let leaves: Vec<Hash> = inputs.iter().map(|input| leaf(input)).collect();
        assert_eq!(
            hex(&root(&[])),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        let known = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        for (n, root_of_n) in known.iter().enumerate() {
            assert_eq!(hex(&root(&leaves[..=n])), *root_of_n, "{} leaves", n + 1);
        }
    }

    #[test]
    fn every_proof_of_every_small_tree_holds() {
        let all = leaves(65);
        for size in 0..=all.len() {
            let leaves = &all[..size];
            let new = head(leaves);
            assert_eq!(new.root, by_definition(leaves));
            for index in 0..size {
                let proof = inclusion(leaves, index).unwrap();
                assert!(is_included(
                    &leaves[index],
                    index as u64,
                    new.size,
                    &proof,
                    &new.root
                ));
            }
            assert_eq!(inclusion(leaves, size), None);
            for old in 0..=size {
                let proof = consistency(leaves, old).unwrap();
                assert!(
                    is_consistent(&head(&leaves[..old]), &new, &proof),
                    "{old} of {size}"
                );
            }
            assert_eq!(consistency(leaves, size + 1), None);
        }
    }

    proptest! {
        #[test]
        fn a_proof_holds_for_nothing_else(
            size in 1usize..80, index in 0usize..80, byte in 0usize..32, bit in 0u8..8, at in 0usize..8,
        ) {
            let leaves = leaves(size);
            let index = index % size;
            let new = head(&leaves);
            let proof = inclusion(&leaves, index).unwrap();
            let holds = |leaf: &Hash, index: usize, size: u64, proof: &[Hash], root: &Hash| {
                is_included(leaf, index as u64, size, proof, root)
            };
            let flip = |hash: &Hash| { let mut it = *hash; it[byte] ^= 1 << bit; it };
            let ours = &leaves[index];
            prop_assert!(!holds(&flip(ours), index, new.size, &proof, &new.root));
            prop_assert!(!holds(ours, index, new.size, &proof, &flip(&new.root)));
            prop_assert!(!holds(ours, size, new.size, &proof, &new.root));
            let other = (index + 1) % size;
            prop_assert!(size == 1 || !holds(ours, other, new.size, &proof, &new.root));
            let mut longer = proof.clone();
            longer.push(new.root);
            prop_assert!(!holds(ours, index, new.size, &longer, &new.root));
            if !proof.is_empty() {
                prop_assert!(!holds(ours, index, new.size, &proof[1..], &new.root));
                let mut bent = proof.clone();
                let at = at % bent.len();
                bent[at] = flip(&bent[at]);
                prop_assert!(!holds(ours, index, new.size, &bent, &new.root));
            }
        }

        #[test]
        fn another_history_is_not_consistent(
            size in 2usize..80, old in 1usize..80, changed in 0usize..80, at in 0usize..8,
        ) {
            let leaves = leaves(size);
            let old = 1 + old % (size - 1);
            let new = head(&leaves);
            let before = head(&leaves[..old]);
            let proof = consistency(&leaves, old).unwrap();
            let mut forked = leaves.clone();
            forked[changed % old] = leaf(b"something else");
            prop_assert!(!is_consistent(&head(&forked[..old]), &new, &proof));
            prop_assert!(!is_consistent(&before, &head(&forked), &consistency(&forked, old).unwrap()));
            prop_assert!(!is_consistent(&new, &before, &proof));
            let mut bent = proof.clone();
            let at = at % bent.len();
            bent[at][0] ^= 1;
            prop_assert!(!is_consistent(&before, &new, &bent));
            prop_assert!(!is_consistent(&before, &new, &proof[1..]));
        }
    }
}
