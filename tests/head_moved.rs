//! What is under review moves while somebody signs it: nothing is signed then, and what
//! was signed is thrown away.
#![allow(clippy::unwrap_used)]

mod gates_support;
#[path = "verify_walk/team.rs"]
mod team;

use team::{Team, words};

#[test]
fn what_moves_while_it_is_signed_is_not_signed() {
    let team = Team::new();
    let who = "git -c user.name=a -c user.email=a@example.org";
    for (what, meanwhile) in [
        (
            "HEAD",
            format!("{who} commit --quiet --allow-empty -m moved"),
        ),
        (
            "refs/heads/main",
            format!(
                "git update-ref refs/heads/main $({who} commit-tree 'main^{{tree}}' -p main -m moved)"
            ),
        ),
    ] {
        let done = team.approve("priya", Some(&meanwhile));
        let told = words(&done);
        assert_eq!(done.status.code(), Some(1), "{what}: {told}");
        assert!(
            told.contains("moved while it was reviewed"),
            "{what}: {told}"
        );
        assert!(!team.has_log() && team.kept() == 0, "{what}: {told}");
    }
    // The same without anything happening.
    let done = team.approve("priya", Some(":"));
    assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    assert!(team.has_log());
}
