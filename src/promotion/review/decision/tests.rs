use super::*;
use crate::promotion::review::Answer;
use proptest::prelude::*;

pub(in crate::promotion::review) fn decision() -> Decision {
    Decision {
        decision: Verb::Approve,
        role: Role::Tech,
        principal: "priya@example.org".into(),
        repository: Repository {
            name: "lantern".into(),
            id: ObjectId::from_bytes([7; 20]),
        },
        pull_request: None,
        head: ObjectId::from_bytes([1; 20]),
        base_ref: "refs/heads/main".into(),
        from: "candidate/retry".into(),
        to: "core/retry".into(),
        gate_report: Sha256::of(b"report"),
        policy: PolicyAt {
            version: 1,
            sha256: Sha256::of(b"policy"),
        },
        keyring: Sha256::of(b"keyring"),
        keyring_entry: Sha256::of(b"entry"),
        presented: Sha256::of(b"presented"),
        checklist: vec![Answered {
            id: "design".into(),
            answer: Answer::Yes,
            note: String::new(),
        }],
        note: "good \u{202e} work\n".into(),
        supersedes: None,
        seen: Seen {
            size: 3,
            root: Sha256::of(b"root"),
        },
        nonce: "00".repeat(16),
        signed_at: 1_800_000_000,
    }
}

pub(in crate::promotion::review) fn subject() -> Subject {
    let digest = [
        ("dirHash".to_owned(), Sha256::of(b"dir").to_string()),
        (
            "gitTree".to_owned(),
            ObjectId::from_bytes([2; 20]).to_string(),
        ),
    ];
    Subject {
        name: "candidate/retry".into(),
        digest: digest.into(),
    }
}

fn statement() -> Statement {
    Statement::of(subject(), Predicate::Decision(Box::new(decision())))
}

#[test]
fn what_is_written_is_read() {
    let bytes = statement().bytes().unwrap();
    assert_eq!(Statement::read(&bytes).unwrap(), statement());
    let text = String::from_utf8(bytes).unwrap();
    assert!(
        text.starts_with(r#"{"_type":"https://in-toto.io/Statement/v1","predicate":{"baseRef":"#),
        "{text}"
    );
    assert!(text.contains(r#""predicateType":"urn:countersign:decision:v1""#));
}

#[test]
fn there_is_one_way_to_write_it() {
    let text = String::from_utf8(statement().bytes().unwrap()).unwrap();
    let refused = |text: String| Statement::read(text.as_bytes()).is_err();
    assert!(refused(format!("{text}\n")));
    assert!(refused(text.replacen(':', ": ", 1)));
    assert!(refused(text.replace("approve", "\\u0061pprove")));
    // The same field twice: the last one would win, or the first.
    assert!(refused(text.replace(
        r#""decision":"approve""#,
        r#""decision":"reject","decision":"approve""#
    )));
    assert!(refused(text.replacen(
        "{",
        r#"{"_type":"https://in-toto.io/Statement/v1","#,
        1
    )));
    // Fields that we do not know could say anything.
    assert!(refused(text.replace(r#""note""#, r#""more":1,"note""#)));
    assert!(refused(text.replace("Statement/v1", "Statement/v2")));
    assert!(refused(text.replace("decision:v1", "decision:v2")));
    assert!(refused("[".repeat(200_000)));
}

/// All that is written in a statement stands sorted, and text is escaped alike.
#[test]
fn the_quick_way_to_write_it_writes_the_same() {
    let mut statement = statement();
    if let Predicate::Decision(it) = &mut statement.predicate {
        it.note = (0..0x3000u32).filter_map(char::from_u32).collect();
        it.note.push('\u{1f600}');
        it.pull_request = Some(7);
        it.supersedes = Some(Sha256::of(b"before"));
    }
    assert!(statement.is_sorted(&statement.bytes().unwrap()));
    assert_eq!(
        Statement::read(&statement.bytes().unwrap()).unwrap(),
        statement
    );
    // A number that others would read as another.
    if let Predicate::Decision(it) = &mut statement.predicate {
        it.signed_at = (1 << 53) + 1;
    }
    let mut sorted = Vec::new();
    statement.write_sorted(&mut sorted).unwrap();
    assert!(Statement::read(&sorted).is_err());
    let change = KeyChange {
        change: Change::Compromised,
        from: Some(3),
        holder: "mara".into(),
        key: "SHA256:x".into(),
        keyring: Sha256::of(b"keyring"),
        keyring_entry: Sha256::of(b"entry"),
        nonce: "00".repeat(16),
        note: String::new(),
        principal: "elif".into(),
        repository: decision().repository,
        role: Role::Release,
        seen: decision().seen,
        signed_at: 0,
    };
    statement.predicate = Predicate::KeyChange(Box::new(change));
    assert!(statement.is_sorted(&statement.bytes().unwrap()));
}

proptest! {
    #[test]
    fn no_byte_can_be_changed_unseen(at in 0usize..10_000, to in any::<u8>()) {
        let bytes = statement().bytes().unwrap();
        let mut changed = bytes.clone();
        let at = at % changed.len();
        changed[at] = to;
        // What is still read says what it says, and not what was signed.
        if changed != bytes && let Ok(read) = Statement::read(&changed) {
            prop_assert_ne!(read, statement());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Statement::read(&bytes);
    }
}
