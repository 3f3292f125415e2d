//! The log itself: lines that were changed, taken out, put in, moved or cut off.

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::promotion::review::{Role, Verb};
use serde_json::Value;

use super::scene::Scene;
use super::walk::{bend, chained, fails, in_base64, replace, walk, walk_with};

#[test]
fn a_changed_line_is_found() {
    let scene = Scene::signed_off();
    let note = |it: &mut Value| {
        in_base64(&mut it["payload"], |it| {
            replace(it, "\"note\":\"\"", "\"note\":\"x\"")
        })
    };
    let sig = |it: &mut Value| {
        in_base64(&mut it["signatures"][0]["sig"], |it| {
            *it.last_mut().unwrap() ^= 1
        })
    };
    type Tamper<'a> = (
        &'a str,
        Box<dyn Fn(&mut Vec<Vec<u8>>) + 'a>,
        &'a str,
        &'a str,
    );
    let tamperings: Vec<Tamper> = vec![
        (
            "payload, last",
            Box::new(|it| it[2] = bend(&it[2], note)),
            "signatures",
            "entry 2",
        ),
        (
            "payload, first",
            Box::new(|it| it[0] = bend(&it[0], note)),
            "chain",
            "entry 1 does not follow",
        ),
        (
            "payload, chained",
            Box::new(|it| {
                it[0] = bend(&it[0], note);
                *it = chained(it);
            }),
            "signatures",
            "entry 0",
        ),
        (
            "signature",
            Box::new(|it| it[2] = bend(&it[2], sig)),
            "signatures",
            "that of entry 2",
        ),
        (
            "signature, chained",
            Box::new(|it| {
                it[1] = bend(&it[1], sig);
                *it = chained(it);
            }),
            "signatures",
            "that of entry 1",
        ),
        (
            "key",
            Box::new(|it| {
                let other: Value = serde_json::from_slice(&it[1]).unwrap();
                it[2] = bend(&it[2], |it| {
                    it["signatures"][0]["keyid"] = other["signatures"][0]["keyid"].clone()
                });
            }),
            "signatures",
            "entry 2 names another key",
        ),
        (
            "a line within a signature",
            Box::new(|it| {
                it[2] = bend(&it[2], |it| {
                    let sig = it["signatures"][0]["sig"].as_str().unwrap().to_owned();
                    it["signatures"][0]["sig"] = format!("{}\n{}", &sig[..8], &sig[8..]).into();
                })
            }),
            "signatures",
            "more than one line",
        ),
        (
            "base64",
            Box::new(|it| {
                it[2] = bend(&it[2], |it| {
                    let sig = it["signatures"][0]["sig"].as_str().unwrap().to_owned();
                    it["signatures"][0]["sig"] = format!("{} {}", &sig[..8], &sig[8..]).into();
                })
            }),
            "signatures",
            "no base64",
        ),
        (
            "seq",
            Box::new(|it| it[2] = bend(&it[2], |it| it["seq"] = 3.into())),
            "chain",
            "entry 2 says that it is another",
        ),
        (
            "prev",
            Box::new(|it| it[2] = bend(&it[2], |it| it["prev"] = "00".repeat(32).into())),
            "chain",
            "entry 2 does not follow",
        ),
        (
            "field",
            Box::new(|it| it[2] = bend(&it[2], |it| it["more"] = 1.into())),
            "chain",
            "entry 2 has other fields",
        ),
        (
            "signatures",
            Box::new(|it| {
                it[2] = bend(&it[2], |it| {
                    let again = it["signatures"][0].clone();
                    it["signatures"].as_array_mut().unwrap().push(again);
                })
            }),
            "chain",
            "entry 2 has other fields",
        ),
        (
            "blank",
            Box::new(|it| it[2].insert(1, b' ')),
            "chain",
            "line 3 is not written",
        ),
        (
            "twice",
            Box::new(|it| {
                it[2].splice(1..1, *b"\"seq\":2,");
            }),
            "chain",
            "line 3 is not written",
        ),
        (
            "torn",
            Box::new(|it| {
                it[2].pop();
            }),
            "log",
            "not finished",
        ),
    ];
    for (name, tamper, step, words) in tamperings {
        let mut bent = Scene::signed_off();
        tamper(&mut bent.lines);
        bent.publish();
        println!("{name}");
        fails(&walk(&bent), step, words);
    }
    assert_eq!(walk(&scene).wrong, None);
}

#[test]
fn a_line_that_is_gone_moved_or_new_is_found() {
    type Tamper = fn(&mut Vec<Vec<u8>>);
    let tamperings: [(&str, Tamper, &str, &str); 7] = [
        (
            "deleted",
            |it| {
                it.remove(1);
            },
            "chain",
            "entry 1 says that it is another",
        ),
        (
            "swapped",
            |it| it.swap(1, 2),
            "chain",
            "entry 1 says that it is another",
        ),
        (
            "twice",
            |it| it.insert(1, it[0].clone()),
            "chain",
            "entry 1 says that it is another",
        ),
        (
            "deleted, chained",
            |it| {
                it.remove(1);
                *it = chained(it);
            },
            "seen",
            "entry 1 has seen more",
        ),
        (
            "first deleted, chained",
            |it| {
                it.remove(0);
                *it = chained(it);
            },
            "seen",
            "entry 0 has seen more",
        ),
        (
            "swapped, chained",
            |it| {
                it.swap(0, 1);
                *it = chained(it);
            },
            "seen",
            "entry 0 has seen more",
        ),
        (
            "put in, chained",
            |it| {
                it.insert(0, it[0].clone());
                *it = chained(it);
            },
            "seen",
            "entry 3 has seen another beginning",
        ),
    ];
    for (name, tamper, step, words) in tamperings {
        let mut bent = Scene::signed_off();
        tamper(&mut bent.lines);
        bent.publish();
        println!("{name}");
        fails(&walk(&bent), step, words);
    }
}

#[test]
fn a_log_that_was_cut_or_written_anew_is_found() {
    // A rejection at the end is cut off.
    let mut scene = Scene::signed_off();
    scene.says("jonas", Role::Security, Verb::Reject);
    scene.publish();
    fails(
        &walk(&scene),
        "verdict",
        "rejected by jonas@example.org security",
    );
    let anchors = scene.path().join("anchors");
    fs::write(&anchors, scene.anchor()).unwrap();
    let known = [("anchors", anchors.to_str().unwrap())];
    scene.lines.pop();
    scene.publish_on_top();
    fails(&walk(&scene), "history", "no beginning of today's");
    // With the branch's history gone it shows only against what is known elsewhere,
    // as the page says.
    scene.publish();
    assert_eq!(walk(&scene).wrong, None);
    fails(
        &walk_with(&scene, &known),
        "anchors",
        "the log had 4 entries, and has 3",
    );

    // Everybody signs once more, without the rejection.
    let mut anew = Scene::signed_off();
    fs::write(anew.path().join("anchors"), anew.anchor()).unwrap();
    let anchors = anew.path().join("anchors");
    let known = [("anchors", anchors.to_str().unwrap())];
    anew.lines.clear();
    for (who, role) in [
        ("jonas", Role::Security),
        ("priya", Role::Tech),
        ("priya", Role::Security),
    ] {
        anew.says(who, role, Verb::Approve);
    }
    anew.publish();
    assert_eq!(walk(&anew).wrong, None);
    fails(
        &walk_with(&anew, &known),
        "anchors",
        "the first 3 entries were others",
    );

    // What the base branch and the checkpoint know of it.
    let scene = Scene::signed_off();
    let text = |size: usize, root: &str| format!("countersign/x\n{size}\n{root}\n");
    let root = BASE64_STANDARD.encode(scene.seen().root.as_bytes());
    scene.publish_with(Some(&text(3, &root)));
    assert_eq!(walk(&scene).wrong, None);
    for (size, root) in [(4, root), (3, "AAAA".repeat(10) + "AAA=")] {
        scene.publish_with(Some(&text(size, &root)));
        fails(&walk(&scene), "anchors", "checkpoint");
    }
    let scene = Scene::signed_off();
    let log = String::from_utf8(scene.lines.concat()).unwrap();
    scene.commit_on("main", "promotion-audit.log", &log[..log.len() / 2]);
    assert_eq!(walk(&scene).wrong, None);
    scene.commit_on("main", "promotion-audit.log", &log[1..]);
    fails(&walk(&scene), "anchors", "copy");
    // Also where `[promote] log` puts it elsewhere.
    let scene = Scene::signed_off();
    scene.commit_on("main", "docs/log", &log[1..]);
    assert_eq!(walk(&scene).wrong, None, "nobody said where it is");
    let elsewhere = [("copy", "docs/log")];
    fails(&walk_with(&scene, &elsewhere), "anchors", "copy");
}

#[test]
fn a_log_that_is_cut_otherwise_is_found() {
    let mut scene = Scene::signed_off();
    // As many as need a second file.
    for _ in 0..8 {
        scene.says("jonas", Role::Security, Verb::Approve);
    }
    scene.publish();
    let walked = walk(&scene);
    assert_eq!(walked.wrong, None, "{}", walked.said);
    let cut = |at: &[usize]| {
        let mut files = Vec::new();
        let mut start = 0;
        for end in at.iter().copied().chain([scene.lines.len()]) {
            files.push(scene.lines[start..end].concat());
            start = end;
        }
        files
    };
    for (names, files, words) in [
        (&["000000/00", "000000/01"][..], cut(&[9]), "is not full"),
        (&["000000/00"], cut(&[]), "more than ten lines"),
        (
            &["000000/00", "000000/02"],
            cut(&[10]),
            "not those that a log has",
        ),
        (
            &["000000/00", "000001/00"],
            cut(&[10]),
            "not those that a log has",
        ),
        (
            &["000000/00", "000000/1"],
            cut(&[10]),
            "not those that a log has",
        ),
        (
            &["000000/00", "000000/01", "000000/README"],
            cut(&[10, 11]),
            "not those that a log has",
        ),
        (
            &["000000/00", "000000/01", "000000/02"],
            cut(&[10, 11]),
            "is not full",
        ),
        (
            &["000000/01", "000000/02"],
            cut(&[10]),
            "not those that a log has",
        ),
        (&["000000"], cut(&[]), "not those that a log has"),
    ] {
        scene.publish_files(names, &files);
        println!("{names:?}");
        fails(&walk(&scene), "log", words);
    }
    // As it was written before there were files.
    scene.publish_files(&[""], &cut(&[]));
    assert_eq!(walk(&scene).wrong, None);
    scene.publish_on_top();
    assert_eq!(walk(&scene).wrong, None);
    // A link in the place of a file.
    scene.publish_files(&["000000/00", "000000/01"], &cut(&[10]));
    assert_eq!(walk(&scene).wrong, None);
    scene.publish_modes(&["000000/00", "000000/01"], &cut(&[10]), "120000");
    fails(&walk(&scene), "log", "not those that a log has");
}
