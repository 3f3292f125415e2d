//! However it was merged.

use crate::scene::{BRANCH, Merge, Options, Scene, ended, git};
use crate::states::{WHOLE, brings_back, hotfix};

const ALL: [Merge; 4] = [
    Merge::Commit,
    Merge::Squash,
    Merge::Rebase,
    Merge::FastForward,
];

#[test]
fn however_it_was_merged_the_tree_is_what_it_was() {
    for merge in ALL {
        let scene = Scene::new(&Options {
            merge,
            ..Options::default()
        });
        let before = match merge {
            // What came meanwhile stays.
            Merge::Rebase => format!("{}~2", scene.merged),
            _ => scene.before.clone(),
        };
        ended(&scene.roll_back("one", &[]), 0);
        assert_eq!(scene.tree("main"), scene.tree(&before), "{merge:?}");
        assert_eq!(scene.states("one"), WHOLE, "{merge:?}");
        let fix = hotfix(&scene);
        assert_eq!(scene.tree(&fix), scene.tree(&scene.merged), "{merge:?}");
        brings_back(&scene, &fix);
        // On the base branch again it is no longer rolled back.
        scene.git("two", &["push", "-q", "origin", "main"]);
        let shown = ended(&scene.run("two", &["show", "core/fees"]), 0);
        assert!(
            !shown.contains("core/fees  rolled back"),
            "{merge:?}: {shown}"
        );
    }
}

/// The branch brought the module itself along, too.
#[test]
fn a_module_that_was_made_on_the_branch_goes_with_it() {
    for merge in ALL {
        let scene = Scene::new(&Options {
            merge,
            made_there: true,
            ..Options::default()
        });
        ended(&scene.roll_back("one", &[]), 0);
        let left = git(&scene.remote(), &["ls-tree", "-r", "--name-only", "main"]);
        assert!(!left.contains("core/fees/"), "{merge:?}: {left}");
        match merge {
            // As the one step that it was.
            Merge::Commit | Merge::Squash => {
                assert_eq!(scene.tree("main"), scene.tree(&scene.before), "{merge:?}");
            }
            // That it was made is a commit of its own.
            Merge::Rebase | Merge::FastForward => {
                assert!(
                    left.contains("candidate/fees/rates.py"),
                    "{merge:?}: {left}"
                );
            }
        }
        brings_back(&scene, &hotfix(&scene));
    }
}

/// Another branch had it first, and brought more with it.
#[test]
fn what_came_along_with_the_merge_stays() {
    let scene = Scene::new(&Options::default());
    scene.git("one", &["switch", "-q", "main"]);
    scene.git("one", &["reset", "-q", "--hard", &scene.before]);
    scene.git("one", &["switch", "-q", "-c", "develop"]);
    scene.write("one", "core/feature.py", "FEATURE = 1\n");
    scene.commit("one", "A feature");
    scene.git(
        "one",
        &["merge", "-q", "--no-ff", "-m", "Into develop", BRANCH],
    );
    scene.git("one", &["switch", "-q", "main"]);
    scene.git(
        "one",
        &["merge", "-q", "--no-ff", "-m", "All of develop", "develop"],
    );
    scene.git("one", &["push", "-q", "--force", "origin", "main"]);
    ended(&scene.roll_back("one", &[]), 0);
    assert_eq!(
        git(&scene.remote(), &["show", "main:core/feature.py"]),
        "FEATURE = 1"
    );
    let left = git(&scene.remote(), &["ls-tree", "-r", "--name-only", "main"]);
    assert!(
        left.contains("candidate/fees/rates.py") && !left.contains("core/fees/"),
        "{left}"
    );
}

/// Squashed, and changed since: a record or the history says what brought it.
#[test]
fn a_module_that_was_changed_since_is_found_all_the_same() {
    for merge in [Merge::Squash, Merge::Rebase] {
        let scene = Scene::new(&Options {
            merge,
            ..Options::default()
        });
        scene.land(
            "two",
            &[(
                "core/fees/rates.py",
                "RATE = 3\n\n\ndef double(n):\n    return 2 * n\n\n\ndef last(n):\n    return n\n",
            )],
        );
        ended(&scene.roll_back("one", &[]), 0);
        let rates = git(&scene.remote(), &["show", "main:candidate/fees/rates.py"]);
        assert!(rates.starts_with("RATE = 3"), "{merge:?}: {rates}");
    }
}
