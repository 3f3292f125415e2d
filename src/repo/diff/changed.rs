//! Which lines of a text another one does not have.

use super::{Lines, hunks};

/// The lines of `new` that were added to `old` or changed in it, ascending, from 1.
pub fn lines(old: &Lines, new: &Lines) -> impl Iterator<Item = u32> + use<> {
    // Nobody cancels it.
    let hunks = hunks::between(old, new, &|| false).unwrap_or_default();
    hunks
        .into_iter()
        .flat_map(|hunk| hunk.after.start + 1..hunk.after.end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn changed(old: &[String], new: &[String]) -> Vec<u32> {
        let text = |lines: &[String]| Lines::new(lines.join("\n").into_bytes());
        lines(&text(old), &text(new)).collect()
    }

    /// Lines of which many are the same.
    fn source() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec("[ab]{1,2}|\\}|x = [0-9]", 0..40)
    }

    proptest! {
        #[test]
        fn what_did_not_change_is_the_rest(old in source(), new in source()) {
            let changed = changed(&old, &new);
            prop_assert!(changed.is_sorted() && changed.iter().all(|l| (1..=new.len() as u32).contains(l)));
            // Without the changed lines the new text is a part of the old one, in order.
            let mut rest = old.iter();
            for (at, line) in new.iter().enumerate() {
                if !changed.contains(&(at as u32 + 1)) {
                    prop_assert!(rest.any(|other| other == line), "line {}", at + 1);
                }
            }
        }

        #[test]
        fn as_many_lines_are_changed_as_were_added(
            old in source(), added in source(), at in any::<prop::sample::Index>(),
        ) {
            let at = at.index(old.len() + 1);
            let mut new = old.clone();
            new.splice(at..at, added.iter().cloned());
            prop_assert_eq!(changed(&old, &new).len(), added.len());
            // Taking them away again changes nothing that is left.
            prop_assert_eq!(changed(&new, &old).len(), 0);
            prop_assert_eq!(changed(&new, &new).len(), 0);
        }
    }
}
