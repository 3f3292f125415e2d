use super::*;

const NONCE: &str = "n0";

fn judged(code: i32, stdout: &str, blocks: usize) -> Result<Vec<Ended>, String> {
    let tree = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(tree.path().join("candidate/m")).unwrap();
    let subject = Subject::test("candidate/m", tree.path());
    let block = |line| Block {
        line,
        text: "x".into(),
        doctest: false,
    };
    let blocks: Vec<Block> = (1..).take(blocks).map(|n| block(n * 10)).collect();
    let answer = Answer {
        code,
        stdout: stdout.into(),
        stderr: b"it went wrong\n".to_vec(),
    };
    let missing = Missing {
        file: &"candidate/m/README.md".into(),
        subject: &subject,
        roots: &["".into()],
    };
    judge(&answer, NONCE, &blocks, &missing).map_err(|trouble| trouble.to_string())
}

const START: &str = "n0 {\"t\":\"start\",\"v\":1,\"n\":2}\n";
const ONE: &str = "n0 {\"t\":\"ran\",\"i\":0,\"examples\":1}\n";
const TWO: &str = "n0 {\"t\":\"ran\",\"i\":1,\"examples\":3}\n";
const END: &str = "n0 {\"t\":\"end\",\"n\":2}\n";
const RAISED: &str = "n0 {\"t\":\"raised\",\"i\":0,\"line\":12,\"kind\":\"ValueError\",\"msg\":\"no\",\"missing\":null}\n";
const LEFT: &str = "n0 {\"t\":\"left\",\"i\":1}\n";

#[test]
fn each_block_has_its_end() {
    assert_eq!(
        judged(0, &[START, ONE, TWO, END].concat(), 2).unwrap(),
        [Ended::Well(1), Ended::Well(3)]
    );
    assert_eq!(
        judged(0, &[START, RAISED, LEFT, END].concat(), 2).unwrap(),
        [
            Ended::Badly {
                line: 12,
                what: "the example raises ValueError".into(),
                words: "no".into()
            },
            Ended::NotRun
        ]
    );
}

#[test]
fn what_is_not_whole_is_no_verdict() {
    let forged = ONE.replace("n0 ", "");
    let wrong = ONE.replace("n0", "n1");
    let again = TWO.replace("\"i\":1", "\"i\":0");
    let missing = RAISED.replace("null", "\"numpy\"");
    for (code, records, why) in [
        (0, vec![], "did not begin"),
        (1, vec![], "it went wrong"),
        (0, vec![START, ONE], "line 20 ended Python"),
        (0, vec![START], "line 10 ended Python"),
        (0, vec![START, ONE, TWO], "did not come to its end"),
        (0, vec![START, ONE, TWO, END, END], "went on after it"),
        (0, vec![START, ONE, END], "every example"),
        (0, vec![START, &forged, TWO, END], "our helper alone"),
        (0, vec![START, &wrong, TWO, END], "our helper alone"),
        (0, vec![START, ONE, &again, END], "in turn"),
        (0, vec![START, TWO, ONE, END], "in turn"),
        (0, vec![START, RAISED, TWO, END], "in turn"),
        (0, vec![START, ONE, LEFT, END], "in turn"),
        (0, vec![START, ONE, "n0 {\"t\":\"ran\"", END], "damaged"),
        (0, vec!["hello\n"], "our helper alone"),
        (3, vec![START, ONE, TWO, END], "ended with 3 afterwards"),
        (
            0,
            vec![START, &missing, LEFT, END],
            "numpy is not installed",
        ),
    ] {
        let error = judged(code, &records.concat(), 2).unwrap_err();
        assert!(error.contains(why), "{records:?}: {error}");
    }
    assert!(judged(0, &[START, ONE, TWO, END].concat(), 3).is_err());
}

#[test]
fn what_the_repository_should_have_is_its_own_mistake() {
    let own = RAISED.replace("null", "\"candidate.gone\"");
    assert!(judged(0, &[START, &own, LEFT, END].concat(), 2).is_ok());
}

#[test]
fn the_word_is_not_kept() {
    assert_eq!(without(b"n0 a\nn0 b", b"n0"), b" a\n b");
    assert_ne!(arguments::secret(), arguments::secret());
}
