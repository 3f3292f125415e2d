//! Tests of the keymaps.

use super::*;

fn keys(text: &str) -> Vec<Key> {
    sequence(text).unwrap()
}

fn with(user: &str) -> (Keymap, Vec<String>) {
    Keymap::new(Preset::Vim, Some(user))
}

const DASHBOARD: [Context; 2] = [Context::Dashboard, Context::Global];

#[test]
fn each_preset_binds_every_action_or_leaves_it_without_on_purpose() {
    for preset in Preset::ALL {
        let mut notices = Vec::new();
        let said = file::read(preset.file(), preset.text(), &mut notices);
        let (map, more) = Keymap::new(preset, None);
        notices.extend(more);
        assert_eq!(notices, Vec::<String>::new(), "{preset:?}");
        for action in Action::ALL {
            let named: Vec<_> = said.iter().filter(|(it, _)| it == action).collect();
            assert_eq!(named.len(), 1, "{preset:?} says {action:?} not once");
            let kept = map.keys(*action).len();
            assert_eq!(
                kept,
                named[0].1.len(),
                "{preset:?} drops keys of {action:?}"
            );
        }
        assert_eq!(Preset::named(preset.name()), Some(preset));
    }
    for action in Action::ALL {
        let vim = Keymap::built_in();
        assert!(
            !vim.keys(*action).is_empty(),
            "vim has no key for {action:?}"
        );
    }
    let words = crate::config::user::KEYMAPS;
    assert_eq!(words, Preset::ALL.map(Preset::name));
}

#[test]
fn every_key_of_a_preset_reaches_its_action_somewhere() {
    for preset in Preset::ALL {
        let (map, _) = Keymap::new(preset, None);
        for bound in map.bound.iter() {
            let keys = show(&bound.keys);
            let reached = conflicts::TOGETHER
                .iter()
                .filter(|it| it.contains(&bound.action.context()))
                .any(|it| map.keys_in(it, bound.action).contains(&keys));
            assert!(
                reached,
                "{}: {keys} is nowhere {:?}",
                bound.place, bound.action
            );
        }
    }
}

#[test]
fn arrows_needs_no_vim() {
    let (map, _) = Keymap::new(Preset::Arrows, None);
    for bound in map.bound.iter() {
        assert_eq!(bound.keys.len(), 1, "{}: a sequence", bound.place);
        let vim = ["h", "j", "k", "l"].map(|key| Key::parse(key).unwrap());
        assert!(!vim.contains(&bound.keys[0]), "{}", bound.place);
    }
}

#[test]
fn every_context_applies_somewhere() {
    for context in Context::ALL {
        assert!(conflicts::TOGETHER.iter().any(|it| it.contains(&context)));
    }
}

#[test]
fn sequences_wait_for_their_end() {
    let map = Keymap::built_in();
    assert_eq!(map.lookup(&DASHBOARD, &keys("g")), Lookup::Pending);
    assert_eq!(
        map.lookup(&DASHBOARD, &keys("g g")),
        Lookup::Found(Action::Top)
    );
    assert_eq!(map.lookup(&DASHBOARD, &keys("g x")), Lookup::Unbound);
}

#[test]
fn a_person_changes_one_action_and_keeps_the_rest() {
    let (map, notices) = with("[global]\nquit = \"ctrl-q\"\nhelp = []\n");
    assert_eq!(notices, Vec::<String>::new());
    assert_eq!(
        map.lookup(&DASHBOARD, &keys("ctrl-q")),
        Lookup::Found(Action::Quit)
    );
    assert_eq!(map.lookup(&DASHBOARD, &keys("q")), Lookup::Unbound);
    assert_eq!(map.lookup(&DASHBOARD, &keys("?")), Lookup::Unbound);
    assert_eq!(map.key(Action::Check).as_deref(), Some("c"));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (user, told) in [
        (
            "[dashboard]\nchek = [\"y\"]\n",
            "keymap.toml:2:1: [dashboard] has no action \"chek\"; did you mean \"check\"?",
        ),
        (
            "\n[dashbord]\n",
            "keymap.toml:2:2: there is no section [dashbord]; did you mean \"dashboard\"?",
        ),
        (
            "[prompt]\naccept = [\"enter\", \"entre\"]\n",
            "keymap.toml:2:20: \"entre\" for prompt.accept is no key",
        ),
        (
            "[global]\nquit = 3\n",
            "keymap.toml:2:8: 3 for global.quit is no key",
        ),
        (
            "dashboard = 1\n",
            "keymap.toml:1:1: [dashboard] is no section",
        ),
        ("[global\n", "keymap.toml:1:8: "),
    ] {
        let (_, notices) = with(user);
        assert_eq!(notices.len(), 1, "{user}: {notices:?}");
        assert!(notices[0].starts_with(told), "{user}: {notices:?}");
    }
    // What is no key takes none away.
    let (map, _) = with("[global]\nquit = 3\n");
    assert_eq!(map.key(Action::Quit).as_deref(), Some("q"));
}

#[test]
fn two_of_a_section_that_want_a_key_are_told_with_both_places() {
    let (map, notices) = with("[dashboard]\ncheck = [\"s\"]\n");
    assert_eq!(
        map.lookup(&DASHBOARD, &keys("s")),
        Lookup::Found(Action::Check)
    );
    assert_eq!(map.key(Action::SignOff), None);
    let ours = "keymap.toml:2:10 and vim preset:";
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].starts_with(ours), "{notices:?}");
    let what = ": in [dashboard] s is check, so it is not sign-off";
    assert!(notices[0].ends_with(what), "{notices:?}");
    // Both of the person's: what comes first has it.
    let (map, notices) = with("[dashboard]\nsort = [\"c\"]\ncheck = [\"c\", \"t\"]\n");
    assert_eq!(
        notices,
        ["keymap.toml:2:9 and keymap.toml:3:10: in [dashboard] c is sort, so it is not check"]
    );
    assert_eq!(map.keys(Action::Check), ["t"]);
    // Written twice is one.
    assert_eq!(with("[dashboard]\nsort = [\"t\", \"t\"]\n").1, [""; 0]);
}

#[test]
fn a_key_that_begins_a_sequence_is_told() {
    for (user, end) in [
        (
            "[global]\nquit = [\"g\"]\n",
            "in [global] g is quit, so gg cannot be top: one begins the other",
        ),
        (
            "[global]\nquit = [\"m m\"]\n",
            "in [global] mm is quit, so m cannot be messages: one begins the other",
        ),
    ] {
        let (_, notices) = with(user);
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].starts_with("keymap.toml:2:9 and vim preset:"));
        assert!(notices[0].ends_with(end), "{notices:?}");
    }
}

#[test]
fn a_screen_that_hides_the_last_key_of_a_global_action_is_told() {
    let (_, notices) = with("[audit]\nopen = [\"m\"]\n");
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].starts_with("keymap.toml:2:9 and vim preset:"));
    let what = "[audit] open hides m of [global] messages, which has no other key there";
    assert!(notices[0].ends_with(what), "{notices:?}");
    // Another key is left: nothing is lost.
    assert_eq!(with("[audit]\nopen = [\"k\"]\n").1, [""; 0]);
    // A sequence of the screen begins with it.
    let (_, notices) = with("[dashboard]\nopen = [\"m x\"]\n");
    assert_eq!(notices.len(), 1, "{notices:?}");
    // Who takes the key away on purpose is not told.
    let user = "[audit]\nopen = [\"m\"]\n[global]\nmessages = []\n";
    assert_eq!(with(user).1, [""; 0]);
}

#[test]
fn a_letter_that_could_not_be_typed_is_told() {
    let (_, notices) = with("[prompt]\naccept = [\"a\"]\n");
    assert_eq!(
        notices,
        ["keymap.toml:2:11: a is [prompt] accept, so it cannot be typed there"]
    );
}

#[test]
fn keys_that_an_inner_context_has_for_itself_are_not_shown() {
    let map = Keymap::built_in();
    let diff = [Context::Diff, Context::Module, Context::Global];
    assert_eq!(map.keys_in(&diff, Action::NextGate), [""; 0]);
    assert_eq!(map.keys_in(&diff, Action::Palette), [":"]);
    assert_eq!(map.keys_in(&DASHBOARD, Action::Palette), [":", "Ctrl-p"]);
}
