//! How many have to sign, and who may not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Role;

/// What a repository demands of sign-off. Read from the base commit, never from
/// the branch that is promoted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// How many persons have to approve, in whatever roles (guide: two).
    pub approvals: usize,
    /// How many in each role; a role that is not there needs nobody. `ethics`
    /// counts only where the ethics gate applies.
    pub roles: BTreeMap<Role, usize>,
}

impl Default for Rules {
    /// The guide's second phase: tech lead, security or infrastructure, and
    /// ethics where it applies; two approvals.
    fn default() -> Self {
        Self {
            approvals: 2,
            roles: [(Role::Tech, 1), (Role::Security, 1), (Role::Ethics, 1)].into(),
        }
    }
}

impl Rules {
    /// How many have to approve in that role.
    pub fn needed(&self, role: Role, ethics_applies: bool) -> usize {
        match role {
            Role::Ethics if !ethics_applies => 0,
            role => self.roles.get(&role).copied().unwrap_or(0),
        }
    }
}

/// Finds persons for seats so that nobody sits twice: as many as possible.
///
/// `fits[seat]` names the persons who may have that seat. Gives the person of
/// each seat. (Augmenting paths in a bipartite graph, after Kuhn.)
pub fn seat(fits: &[Vec<usize>]) -> Vec<Option<usize>> {
    fn place(
        seat: usize,
        fits: &[Vec<usize>],
        of_person: &mut BTreeMap<usize, usize>,
        tried: &mut Vec<usize>,
    ) -> bool {
        for person in &fits[seat] {
            if tried.contains(person) {
                continue;
            }
            tried.push(*person);
            let free = match of_person.get(person).copied() {
                None => true,
                Some(other) => place(other, fits, of_person, tried),
            };
            if free {
                of_person.insert(*person, seat);
                return true;
            }
        }
        false
    }
    let mut of_person = BTreeMap::new();
    for at in 0..fits.len() {
        place(at, fits, &mut of_person, &mut Vec::new());
    }
    let mut seats = vec![None; fits.len()];
    for (person, at) in of_person {
        seats[at] = Some(person);
    }
    seats
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ethics_is_asked_where_it_applies() {
        let rules = Rules::default();
        assert_eq!(rules.needed(Role::Ethics, false), 0);
        assert_eq!(rules.needed(Role::Ethics, true), 1);
        assert_eq!(rules.needed(Role::Tech, false), 1);
        assert_eq!(rules.needed(Role::Owner, true), 0);
    }

    #[test]
    fn somebody_who_could_do_both_makes_room() {
        assert_eq!(seat(&[vec![0, 1], vec![0]]), [Some(1), Some(0)]);
        assert_eq!(seat(&[vec![0], vec![0]]).iter().flatten().count(), 1);
        assert_eq!(seat(&[]), []);
    }

    /// The most seats that can be taken, by trying everything.
    fn most(fits: &[Vec<usize>], taken: &mut Vec<usize>) -> usize {
        let Some((first, rest)) = fits.split_first() else {
            return 0;
        };
        let mut best = most(rest, taken);
        for person in first {
            if !taken.contains(person) {
                taken.push(*person);
                best = best.max(1 + most(rest, taken));
                taken.pop();
            }
        }
        best
    }

    proptest! {
        #[test]
        fn as_many_as_possible_and_nobody_twice(
            fits in proptest::collection::vec(proptest::collection::vec(0usize..5, 0..4), 0..5),
        ) {
            let seats = seat(&fits);
            let mut persons: Vec<_> = seats.iter().flatten().collect();
            for (at, person) in seats.iter().enumerate() {
                prop_assert!(person.is_none_or(|person| fits[at].contains(&person)));
            }
            persons.sort_unstable();
            let all = persons.len();
            persons.dedup();
            prop_assert_eq!(persons.len(), all);
            prop_assert_eq!(all, most(&fits, &mut Vec::new()));
        }
    }
}
