//! The Merkle tree of a whole log, kept: every root, path and proof of it without
//! hashing it again.

use super::merkle::{Frontier, Hash, Head, node};

/// A tree with all of its full nodes. 64 bytes a leaf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// `levels[0]` are the leaves; `levels[k][i]` is the root of the leaves
    /// `i * 2^k .. (i + 1) * 2^k`, where all of them are there.
    levels: Vec<Vec<Hash>>,
}

/// What knows the roots of the beginnings of a log.
pub trait Roots: Sync {
    /// How many leaves there are.
    fn size(&self) -> u64;
    /// The root of the first `size` leaves; `None` where there are not so many.
    fn root_at(&self, size: u64) -> Option<Hash>;
}

impl Roots for Tree {
    fn size(&self) -> u64 {
        self.size()
    }

    fn root_at(&self, size: u64) -> Option<Hash> {
        self.root_at(size)
    }
}

impl Tree {
    /// The tree of these leaves.
    pub fn new(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let (pairs, _) = below.as_chunks::<2>();
            let level = pairs.iter().map(|[left, right]| node(left, right));
            let level = level.collect();
            levels.push(level);
        }
        Self { levels }
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Its leaves.
    pub fn leaves(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// Size and root.
    pub fn head(&self) -> Head {
        Head {
            size: self.size(),
            root: self.subtree(0, self.leaves().len()),
        }
    }

    /// The first `size` leaves, to go on with; `None` where there are not so many.
    pub fn frontier_at(&self, size: usize) -> Option<Frontier> {
        if size > self.leaves().len() {
            return None;
        }
        let mut full = Vec::new();
        let mut left = size;
        // From the smallest, which stands last.
        while left > 0 {
            let height = left.trailing_zeros() as usize;
            left &= left - 1;
            full.push(self.levels[height][left >> height]);
        }
        full.reverse();
        Frontier::of(size as u64, full)
    }

    /// The root of the first `size` leaves; `None` where there are not so many.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        let size = usize::try_from(size).ok()?;
        (size <= self.leaves().len()).then(|| self.subtree(0, size))
    }

    /// The root of the leaves `start .. start + len`, where a subtree of that size
    /// can begin (RFC 6962, 2.1): full nodes, the smallest last.
    fn subtree(&self, start: usize, len: usize) -> Hash {
        let mut at = start + len;
        let mut left = len;
        let mut root: Option<Hash> = None;
        while left > 0 {
            let height = left.trailing_zeros() as usize;
            at -= 1 << height;
            left &= left - 1;
            let full = self.levels[height][at >> height];
            root = Some(root.map_or(full, |right| node(&full, &right)));
        }
        root.unwrap_or_else(|| Frontier::default().root())
    }

    /// The hashes by which the leaf at `index` leads to the root of the first
    /// `size` leaves, lowest first. `None` where there is no such leaf.
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        let (index, size) = (usize::try_from(index).ok()?, usize::try_from(size).ok()?);
        if index >= size || size > self.leaves().len() {
            return None;
        }
        let mut path = Vec::new();
        let (mut start, mut len) = (0, size);
        while len > 1 {
            let half = 1 << (len - 1).ilog2();
            if index < start + half {
                path.push(self.subtree(start + half, len - half));
                len = half;
            } else {
                path.push(self.subtree(start, half));
                (start, len) = (start + half, len - half);
            }
        }
        path.reverse();
        Some(path)
    }

    /// The hashes by which the tree of the first `old` leaves leads to the whole.
    /// `None` where there are not so many; empty where nothing is to be proved.
    pub fn consistency(&self, old: u64) -> Option<Vec<Hash>> {
        let (old, size) = (usize::try_from(old).ok()?, self.leaves().len());
        if old > size {
            return None;
        }
        if old == 0 || old == size {
            return Some(Vec::new());
        }
        let mut proof = Vec::new();
        let (mut start, mut len) = (0, size);
        // True as long as the old tree is the left end of all that was passed.
        let mut whole = true;
        while start + len != old {
            let half = 1 << (len - 1).ilog2();
            if old <= start + half {
                proof.push(self.subtree(start + half, len - half));
                len = half;
            } else {
                proof.push(self.subtree(start, half));
                (start, len) = (start + half, len - half);
                whole = false;
            }
        }
        if !whole {
            proof.push(self.subtree(start, len));
        }
        proof.reverse();
        Some(proof)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::merkle;

    /// Everything as `merkle` has it, which hashes each time anew.
    #[test]
    fn it_is_the_tree_of_the_standard() {
        let all: Vec<Hash> = (0u32..70).map(|n| merkle::leaf(&n.to_be_bytes())).collect();
        for size in 0..=all.len() {
            let leaves = &all[..size];
            let tree = Tree::new(leaves.to_vec());
            assert_eq!(tree.size(), size as u64);
            assert_eq!(tree.head().root, merkle::root(leaves));
            for old in 0..=size {
                let root = merkle::root(&leaves[..old]);
                assert_eq!(tree.root_at(old as u64), Some(root), "{old} of {size}");
                let frontier = leaves[..old].iter().copied().collect::<Frontier>();
                assert_eq!(tree.frontier_at(old), Some(frontier), "{old} of {size}");
                let proof = merkle::consistency(leaves, old);
                assert_eq!(tree.consistency(old as u64), proof, "{old} of {size}");
                for index in 0..old {
                    let path = merkle::inclusion(&leaves[..old], index);
                    assert_eq!(tree.inclusion(index as u64, old as u64), path);
                }
            }
            assert_eq!(tree.root_at(size as u64 + 1), None);
            assert_eq!(tree.frontier_at(size + 1), None);
            assert_eq!(tree.consistency(size as u64 + 1), None);
            assert_eq!(tree.inclusion(size as u64, size as u64), None);
        }
    }
}
