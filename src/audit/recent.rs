//! The end of a log's tree: enough to go on with it, and to know its roots of late.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::merkle::{Frontier, Hash, Head};
use super::tree::{Roots, Tree};
use crate::promotion::Sha256;

/// How many leaves are kept at least when older ones are forgotten, and how many make
/// that happen. Who signs has seen the log as it was a few entries ago, and of two who
/// write at the same time one goes back by a few.
const KEPT: usize = 64;
const MOST: usize = 128;

/// A tree without its older leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Recent {
    /// The tree before `leaves`.
    before: Frontier,
    leaves: Vec<Hash>,
    /// Roots of long ago that were computed once.
    held: Vec<Head>,
}

/// The same in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    forgotten: u64,
    /// The roots of the full subtrees of what is forgotten, largest first.
    full: Vec<Sha256>,
    leaves: Vec<Sha256>,
    held: Vec<(u64, Sha256)>,
}

impl From<Recent> for Written {
    fn from(recent: Recent) -> Self {
        let digests = |hashes: &[Hash]| hashes.iter().map(|it| Sha256::from_bytes(*it)).collect();
        let held = |it: &Head| (it.size, Sha256::from_bytes(it.root));
        Self {
            forgotten: recent.before.size(),
            full: digests(recent.before.full()),
            leaves: digests(&recent.leaves),
            held: recent.held.iter().map(held).collect(),
        }
    }
}

impl TryFrom<Written> for Recent {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let hashes = |digests: &[Sha256]| digests.iter().map(|it| *it.as_bytes()).collect();
        let before = Frontier::of(written.forgotten, hashes(&written.full));
        let held = |(size, root): &(u64, Sha256)| Head {
            size: *size,
            root: *root.as_bytes(),
        };
        Ok(Self {
            before: before.ok_or("so many leaves have other subtrees")?,
            leaves: hashes(&written.leaves),
            held: written.held.iter().map(held).collect(),
        })
    }
}

/// The root of so many leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// This.
    Is(Hash),
    /// There are not so many.
    TooLong,
    /// There are, and it takes the whole log to know it.
    Forgotten,
}

/// A tree that grows, of which older leaves may be forgotten.
#[derive(Debug, Default)]
pub struct Growing {
    /// Its end.
    pub recent: Recent,
    /// What it was when all of it was known.
    pub whole: Option<Tree>,
    /// A root was asked for that is forgotten: what was answered is not to be relied on.
    forgot: AtomicBool,
}

impl Growing {
    /// With the whole of it, or its end alone.
    pub fn new(recent: Recent, whole: Option<Tree>) -> Self {
        Self {
            recent,
            whole,
            forgot: AtomicBool::new(false),
        }
    }

    /// True where a root was asked for that is forgotten. Then all that followed from the
    /// answer has to be found out anew.
    pub fn forgot(&self) -> bool {
        self.forgot.load(Ordering::Relaxed)
    }
}

impl Roots for Growing {
    fn size(&self) -> u64 {
        self.recent.size()
    }

    fn root_at(&self, size: u64) -> Option<Hash> {
        match self.recent.root_at(size) {
            Root::Is(root) => Some(root),
            Root::TooLong => None,
            Root::Forgotten => {
                let whole = self.whole.as_ref().and_then(|tree| tree.root_at(size));
                if whole.is_none() {
                    self.forgot.store(true, Ordering::Relaxed);
                }
                whole
            }
        }
    }
}

impl Recent {
    /// The end of that tree.
    pub fn of(tree: &Tree) -> Self {
        let old = tree.leaves().len().saturating_sub(KEPT);
        Self {
            before: tree.frontier_at(old).unwrap_or_default(),
            leaves: tree.leaves()[old..].to_vec(),
            held: Vec::new(),
        }
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.before.size() + self.leaves.len() as u64
    }

    /// Size and root.
    pub fn head(&self) -> Head {
        Head {
            size: self.size(),
            root: self.root_with(self.leaves.len()),
        }
    }

    /// The root with so many of the leaves that are kept.
    fn root_with(&self, leaves: usize) -> Hash {
        let mut tree = self.before.clone();
        self.leaves[..leaves].iter().for_each(|it| tree.push(*it));
        tree.root()
    }

    /// The root of the first `size` leaves.
    pub fn root_at(&self, size: u64) -> Root {
        if size > self.size() {
            return Root::TooLong;
        }
        let kept = size.checked_sub(self.before.size());
        if let Some(kept) = kept.and_then(|kept| usize::try_from(kept).ok()) {
            return Root::Is(self.root_with(kept));
        }
        let held = self.held.iter().find(|it| it.size == size);
        held.map_or(Root::Forgotten, |it| Root::Is(it.root))
    }

    /// Keeps that root in mind, which is that of the first `size` leaves.
    pub fn hold(&mut self, head: Head) {
        let known = self.held.iter().any(|it| it.size == head.size);
        if head.size < self.before.size() && !known {
            self.held.push(head);
        }
    }

    /// Adds the hash of a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.leaves.push(leaf);
    }

    /// Takes all but the first `size` leaves away. False where those are forgotten that
    /// would have to be known for that.
    pub fn truncate(&mut self, size: u64) -> bool {
        let kept = size.checked_sub(self.before.size());
        let Some(kept) = kept.and_then(|kept| usize::try_from(kept).ok()) else {
            return false;
        };
        self.leaves.truncate(kept);
        true
    }

    /// Forgets what is old, but for the roots of these sizes.
    pub fn forget(&mut self, but: &[u64]) {
        let held = but.iter().filter_map(|size| match self.root_at(*size) {
            Root::Is(root) => Some(Head { size: *size, root }),
            Root::TooLong | Root::Forgotten => None,
        });
        let held: Vec<Head> = held.collect();
        if self.leaves.len() > MOST {
            let old = self.leaves.len() - KEPT;
            self.leaves.drain(..old).for_each(|it| self.before.push(it));
        }
        self.held.clear();
        held.into_iter().for_each(|it| self.hold(it));
    }
}

#[cfg(test)]
mod tests {
    use super::super::merkle::{leaf, root};
    use super::*;

    #[test]
    fn it_has_the_roots_of_the_whole_tree_or_says_that_it_has_not() {
        let leaves: Vec<Hash> = (0..500u32).map(|n| leaf(&n.to_be_bytes())).collect();
        let mut recent = Recent::default();
        for (n, hash) in leaves.iter().enumerate() {
            recent.push(*hash);
            recent.forget(&[3]);
            let size = n + 1;
            assert_eq!(recent.head().root, root(&leaves[..size]));
            assert_eq!(recent.size(), size as u64);
            assert_eq!(recent.root_at(size as u64 + 1), Root::TooLong);
            for old in (0..=size).step_by(7).chain([3.min(size)]) {
                match recent.root_at(old as u64) {
                    Root::Is(is) => assert_eq!(is, root(&leaves[..old])),
                    Root::Forgotten => {
                        assert!(
                            (old as u64) < recent.before.size() && old != 3,
                            "{old} of {size}"
                        );
                    }
                    Root::TooLong => panic!("{old} of {size}"),
                }
            }
            assert!(size < KEPT || recent.before.size() <= (size - KEPT) as u64);
            assert!(recent.leaves.len() <= MOST && recent.held.len() <= 1);
        }
        let text = serde_json::to_vec(&recent).unwrap();
        assert_eq!(serde_json::from_slice::<Recent>(&text).unwrap(), recent);
        let mut back = recent.clone();
        assert!(back.truncate(450));
        assert_eq!(back.head().root, root(&leaves[..450]));
        assert!(!back.truncate(300), "that is forgotten");
        let bent = String::from_utf8(text).unwrap();
        let bent = bent.replace("\"forgotten\":", "\"forgotten\":1");
        assert!(serde_json::from_str::<Recent>(&bent).is_err(), "{bent}");
        let whole = Tree::new(leaves.clone());
        let end = Growing::new(Recent::of(&whole), None);
        assert_eq!(end.recent.head(), whole.head());
        assert_eq!((end.root_at(501), end.forgot()), (None, false));
        assert_eq!((end.root_at(7), end.forgot()), (None, true));
        let all = Growing::new(Recent::of(&whole), Some(whole.clone()));
        assert_eq!((all.root_at(7), all.forgot()), (whole.root_at(7), false));
    }
}
