//! What `doctor` says of who may sign.

use super::*;

#[test]
fn doctor_is_content_with_a_team_that_can_sign() {
    let scene = Scene::new(&[(KEYRING, &team())]);
    scene.check_out("refs/heads/main");
    let said = scene.doctor();
    for words in [
        "ok      sign-off      approvals by 2 persons: tech 1, security 1, ethics 1 where it applies, by main (",
        "ok      keyring       .countersign/keyring: 3 keys of 3 persons",
        "ok      checklists    Countersign's own",
        "ok      audit log     not begun: the first signature makes the branch promotion-audit",
    ] {
        assert!(said.contains(words), "{words}:\n{said}");
    }
    scene.commit(
        "refs/heads/promotion-audit",
        &[],
        &[("promotion-audit.log", "x")],
    );
    assert!(
        scene
            .doctor()
            .contains("ok      audit log     on the branch promotion-audit")
    );
}

#[test]
fn doctor_names_every_line_that_cannot_stand() {
    let bad = format!(
        "{}\n* {}\nx namespaces=\"file\" {}\n",
        team(),
        key(8),
        key(9)
    );
    let scene = Scene::new(&[(KEYRING, &team())]);
    scene.check_out("refs/heads/main");
    scene.write(KEYRING, &bad);
    let ran = scene.run(&["doctor"]);
    let said = String::from_utf8_lossy(&ran.stdout);
    for words in [
        "problem keyring",
        "line 5: \"*\" is a pattern",
        "line 6: \"file\" is no namespace",
    ] {
        assert!(said.contains(words), "{words}:\n{said}");
    }
    assert_eq!(ran.status.code(), Some(2), "{said}");
    // On the base branch as well.
    scene.commit("refs/heads/main", &[], &[(KEYRING, &bad)]);
    assert!(
        scene
            .doctor()
            .contains("problem sign-off      .countersign/keyring of main (")
    );
}

#[test]
fn doctor_says_what_keeps_a_team_from_signing() {
    let said_of = |ring: &str| {
        let scene = Scene::new(&[(KEYRING, ring), ("a", "1")]);
        scene.check_out("refs/heads/main");
        scene.doctor()
    };
    let tech = |who: &str, seed| line(who, &[Role::Tech], seed);
    let others = [
        line("sam@example.org", &[Role::Security], 2),
        line("hanna@example.org", &[Role::Ethics], 3),
    ]
    .concat();
    let everything = line(
        "mara@example.org",
        &[Role::Tech, Role::Security, Role::Ethics],
        1,
    );
    let day = |days: i64| {
        let time = jiff::Timestamp::now().as_second() + days * 86_400;
        let time = jiff::Timestamp::from_second(time).unwrap();
        time.strftime("%Y%m%dZ").to_string()
    };
    let ending = |days: i64| {
        let option = format!("v1@countersign\",valid-before=\"{}\"", day(days));
        tech("mara@example.org", 1).replacen("v1@countersign\"", &option, 1) + &others
    };
    let named =
        |who: &str, seed, comment: &str| format!("{} {comment}\n", tech(who, seed).trim_end());
    for (ring, words) in [
        (
            others.clone(),
            "1 approval as tech is needed, and nobody may sign as it",
        ),
        (
            everything.clone(),
            "2 persons have to approve, and only 1 may",
        ),
        (everything, "too few persons hold them: nobody counts twice"),
        (
            ending(-2),
            "mara@example.org has had no key that counts since",
        ),
        (ending(-2), "1 approval as tech is needed"),
        (ending(10), "the last key of mara@example.org counts until"),
        (
            tech("mara@example.org", 1) + &tech("Mara@other.org", 7) + &others,
            "Mara@other.org (line 2) and mara@example.org (line 1) look like one person: both are called mara",
        ),
        (
            named("a@x.org", 1, "red laptop") + &named("b@x.org", 7, "red laptop"),
            "a@x.org (line 1) and b@x.org (line 2) look like one person: both keys bear the comment",
        ),
        (
            named("a@x.org", 1, "Ada <ada@home.org>") + &named("b@x.org", 7, "ada@home.org"),
            "look like one person: ada@home.org is both",
        ),
        (
            tech("mara", 1) + &others,
            "mara (line 1) has no e-mail address",
        ),
        ("# nobody\n".into(), "nobody may sign as it"),
    ] {
        let said = said_of(&ring);
        assert!(said.contains(words), "{words}:\n{said}");
        assert!(said.contains("warning keyring"), "{said}");
    }
    let fine = said_of(&ending(30));
    assert!(fine.contains("ok      keyring"), "{fine}");
    // A new key beside the old one is all it takes.
    let fine = said_of(&(ending(10) + &tech("mara@example.org", 5)));
    assert!(fine.contains("ok      keyring"), "{fine}");
}

#[test]
fn doctor_knows_two_addresses_of_one_author() {
    let ring = team()
        + &line("ada@example.org", &[Role::Tech], 7)
        + &line("lovelace@example.org", &[Role::Tech], 8);
    let scene = Scene::new(&[(KEYRING, &ring)]);
    scene.check_out("refs/heads/main");
    assert!(scene.doctor().contains("ok      keyring"));
    // Every commit here is Ada's; the other address writes under her name as well.
    let tip = scene.git.refname_to_id("refs/heads/main").unwrap();
    let parent = scene.git.find_commit(tip).unwrap();
    let who = Signature::new("Ada", "lovelace@example.org", &Time::new(1, 0)).unwrap();
    let tree = parent.tree().unwrap();
    scene
        .git
        .commit(Some("refs/heads/main"), &who, &who, "x", &tree, &[&parent])
        .unwrap();
    let said = scene.doctor();
    assert!(said.contains("look like one person: ada is both"), "{said}");
}

#[test]
fn doctor_says_that_a_change_here_does_not_count() {
    let scene = Scene::new(&[(KEYRING, &team())]);
    let main = scene.git.refname_to_id("refs/heads/main").unwrap();
    let more = team() + &line("new@example.org", &[Role::Tech], 7);
    scene.commit(
        "refs/heads/promote/x",
        &[main],
        &[
            ("countersign.toml", "[sign_off]\napprovals = 1\n"),
            (KEYRING, &more),
        ],
    );
    scene.check_out("refs/heads/promote/x");
    let said = scene.doctor();
    for words in [
        "approvals by 2 persons",
        "warning sign-off      countersign.toml is changed on this branch: that of main counts",
        "warning keyring       .countersign/keyring here is not that of main, which alone counts",
    ] {
        assert!(said.contains(words), "{words}:\n{said}");
    }
    // One that is taken away is missing nowhere but here.
    scene.commit("refs/heads/promote/x", &[], &[(KEYRING, "")]);
    scene.check_out("refs/heads/promote/x");
    let said = scene.doctor();
    assert!(
        said.contains("there is no .countersign/keyring here; that of main counts (3 keys"),
        "{said}"
    );
}

#[test]
fn doctor_without_a_keyring_or_a_base_branch() {
    let scene = Scene::new(&[("a", "1")]);
    scene.check_out("refs/heads/main");
    let said = scene.doctor();
    assert!(
        said.contains("warning keyring       there is no .countersign/keyring: nobody may sign"),
        "{said}"
    );
    let scene = Scene::without_main();
    scene.commit("refs/heads/work", &[], &[("a", "1")]);
    scene.check_out("refs/heads/work");
    let said = scene.doctor();
    assert!(
        said.contains("warning sign-off      it is not known which branch"),
        "{said}"
    );
}

#[test]
fn doctor_reads_the_repositorys_own_checklists() {
    let list = OWN_CHECKLIST.to_owned() + "evidence = [\"tests\", \"made-up\"]\n";
    let scene = Scene::new(&[(KEYRING, &team()), (TECH, &list)]);
    scene.check_out("refs/heads/main");
    let said = scene.doctor();
    assert!(
        said.contains("tech.toml names gates that are not there: made-up"),
        "{said}"
    );
    scene.write(TECH, OWN_CHECKLIST);
    let said = scene.doctor();
    assert!(
        said.contains(
            "ok      checklists    the repository's own for tech, in .countersign/checklists"
        ),
        "{said}"
    );
    scene.write(TECH, "version = 2\nrole = \"tech\"\nitems = []\n");
    let said = scene.doctor();
    assert!(
        said.contains("problem checklists") && said.contains("version 2 is not known"),
        "{said}"
    );
}

#[test]
fn hostile_text_of_a_keyring_reaches_no_terminal() {
    let bad = format!("mara\u{202e} {}\n\u{1b}[2J {}\n", key(1), key(2));
    let scene = Scene::new(&[(KEYRING, &bad)]);
    scene.check_out("refs/heads/main");
    let ran = scene.run(&["doctor"]);
    for text in [&ran.stdout, &ran.stderr] {
        let shown = String::from_utf8(text.clone()).unwrap();
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    }
    assert!(String::from_utf8_lossy(&ran.stdout).contains("line 2"));
}
