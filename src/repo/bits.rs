//! A set of small numbers, as bits.

/// A set of numbers below a fixed size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// The empty set below `size`.
    pub fn none(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)])
    }

    /// Every number below `size`.
    pub fn all(size: usize) -> Self {
        let mut bits = Self(vec![u64::MAX; size.div_ceil(64)]);
        if let Some(last) = bits.0.last_mut()
            && !size.is_multiple_of(64)
        {
            *last = (1 << (size % 64)) - 1;
        }
        bits
    }

    /// True without members.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Adds one.
    pub fn insert(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    /// Adds those of another set of the same size.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    /// Removes those of another set of the same size.
    pub fn remove(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= !b);
    }

    /// Splits off the members that are not in `kept`.
    pub fn take_all_but(&mut self, kept: &Self) -> Self {
        let mut taken = self.clone();
        taken.remove(kept);
        self.remove(&taken);
        taken
    }

    /// Keeps the members that `test` holds for.
    pub fn retain(&mut self, test: impl Fn(usize) -> bool) {
        for (at, word) in self.0.iter_mut().enumerate() {
            let mut left = *word;
            while left != 0 {
                let bit = left.trailing_zeros() as usize;
                left &= left - 1;
                if !test(at * 64 + bit) {
                    *word &= !(1 << bit);
                }
            }
        }
    }

    /// The members, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros() as usize;
                    left &= left - 1;
                    at * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn behaves_as_a_set(a in proptest::collection::btree_set(0usize..200, 0..40),
                            b in proptest::collection::btree_set(0usize..200, 0..40)) {
            let bits = |set: &BTreeSet<usize>| {
                let mut bits = Bits::none(200);
                set.iter().for_each(|n| bits.insert(*n));
                bits
            };
            let mut left = bits(&a);
            let taken = left.take_all_but(&bits(&b));
            prop_assert!(left.iter().eq(a.intersection(&b).copied()));
            prop_assert!(taken.iter().eq(a.difference(&b).copied()));
            left.add(&taken);
            prop_assert_eq!(&left, &bits(&a));
            left.retain(|n| n % 2 == 0);
            prop_assert!(left.iter().eq(a.iter().copied().filter(|n| n % 2 == 0)));
        }
    }

    #[test]
    fn all_of_a_size() {
        for size in [0, 1, 63, 64, 65] {
            assert!(Bits::all(size).iter().eq(0..size));
        }
    }
}
