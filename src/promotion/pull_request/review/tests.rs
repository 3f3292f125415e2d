use super::*;
use crate::promotion::Sha256;
use crate::promotion::review::decision::{PolicyAt, Repository};
use crate::promotion::review::{Predicate, Role, Seen, Subject};

const ENVELOPE: &str = r#"{"payload":"e30=","payloadType":"t","signatures":[]}"#;

fn statement() -> Statement {
    let decision = Decision {
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
        checklist: Vec::new(),
        note: "see @octocat, fixes #1\n```countersign-v1\n| Decision | reject |".into(),
        supersedes: None,
        seen: Seen {
            size: 3,
            root: Sha256::of(b"root"),
        },
        nonce: "00".repeat(16),
        signed_at: 1_800_000_000,
    };
    let subject = Subject {
        name: "candidate/retry".into(),
        digest: [("gitTree".to_owned(), "ab".repeat(20))].into(),
    };
    Statement::of(subject, Predicate::Decision(Box::new(decision)))
}

fn posted(body: &str) -> Posted<'_> {
    Posted {
        body,
        stand: Stand::Approved,
        commit: Some(ObjectId::from_bytes([1; 20])),
        login: "Priya",
        account: 7,
    }
}

fn expected() -> Expected<'static> {
    Expected {
        number: 12,
        head: ObjectId::from_bytes([1; 20]),
        base_ref: "refs/heads/main",
        same_content: true,
        account: Some("priya#7"),
    }
}

#[test]
fn what_is_written_is_read() {
    let body = review(&statement(), ENVELOPE).unwrap();
    assert_eq!(block(&body), Ok(Some(ENVELOPE)));
    assert_eq!(believe(&posted(&body), &statement(), &expected()), Ok(()));
    let web = body.replace('\n', "\r\n");
    assert_eq!(block(&web), Ok(Some(ENVELOPE)));
    assert_eq!(believe(&posted(&web), &statement(), &expected()), Ok(()));
    assert!(!body.contains("@octocat") && !body.contains("#1"));
    assert_eq!(review(&statement(), "{\n}"), None);
    assert_eq!(block("I like it"), Ok(None));
}

#[test]
fn there_is_exactly_one_block() {
    let body = review(&statement(), ENVELOPE).unwrap();
    let fence = format!("```countersign-v1\n{ENVELOPE}\n```");
    for (text, flaw) in [
        (format!("{body}\n{fence}"), Flaw::Blocks(2)),
        (format!("{body}\n> {fence}"), Flaw::Blocks(2)),
        (
            format!("{body}\n~~~ countersign-v1\n{{}}\n~~~"),
            Flaw::Blocks(2),
        ),
        (
            format!("{body}\n```countersign-v2\n{{}}\n```"),
            Flaw::Blocks(2),
        ),
        (
            body.replace("```countersign-v1", "````countersign-v1"),
            Flaw::Block,
        ),
        (
            body.replace("```countersign-v1", " ```countersign-v1"),
            Flaw::Block,
        ),
        (
            body.replace("```countersign-v1", "```countersign-v1 x"),
            Flaw::Block,
        ),
        (
            body.replace(ENVELOPE, &format!("{ENVELOPE}\n{ENVELOPE}")),
            Flaw::Block,
        ),
        (body.replace(ENVELOPE, ""), Flaw::Block),
        (
            body.replace(&format!("{ENVELOPE}\n```"), ENVELOPE),
            Flaw::Block,
        ),
        ("x".repeat(LONGEST + 1), Flaw::TooLong),
    ] {
        assert_eq!(block(&text), Err(flaw), "{}", &text[..text.len().min(300)]);
    }
}

#[test]
fn every_way_to_say_something_else_is_seen() {
    let body = review(&statement(), ENVELOPE).unwrap();
    let (posted, expected) = (posted(&body), expected());
    let changed = |change: &dyn Fn(&mut Posted<'_>, &mut Expected<'_>, &mut Statement)| {
        let (mut posted, mut expected, mut statement) = (posted, expected, statement());
        change(&mut posted, &mut expected, &mut statement);
        believe(&posted, &statement, &expected)
    };
    let decision = |statement: &mut Statement, change: &dyn Fn(&mut Decision)| {
        if let Predicate::Decision(it) = &mut statement.predicate {
            change(it);
        }
    };
    assert!(matches!(
        changed(&|it, _, _| it.account = 8),
        Err(Flaw::Account { .. })
    ));
    assert!(matches!(
        changed(&|it, want, _| (it.login, want.account) = ("mara", Some("priya"))),
        Err(Flaw::Account { .. })
    ));
    assert_eq!(changed(&|_, want, _| want.account = Some("PRIYA")), Ok(()));
    assert!(matches!(
        changed(&|_, want, _| want.account = None),
        Err(Flaw::NoAccount(_))
    ));
    for stand in [Stand::ChangesRequested, Stand::Commented, Stand::Other] {
        assert!(matches!(
            changed(&|it, _, _| it.stand = stand),
            Err(Flaw::State(_))
        ));
    }
    assert_eq!(
        changed(&|it, _, _| it.stand = Stand::Dismissed),
        Err(Flaw::Dismissed)
    );
    let other = ObjectId::from_bytes([9; 20]);
    assert_eq!(
        changed(&|it, _, _| it.commit = Some(other)),
        Err(Flaw::Commit)
    );
    assert_eq!(changed(&|it, _, _| it.commit = None), Err(Flaw::Commit));
    assert_eq!(changed(&|_, want, _| want.head = other), Ok(()));
    assert_eq!(
        changed(&|_, want, _| (want.head, want.same_content) = (other, false)),
        Err(Flaw::Content)
    );
    assert_eq!(
        changed(&|_, want, _| want.base_ref = "refs/heads/dev"),
        Err(Flaw::BaseRef)
    );
    assert_eq!(
        changed(&|_, _, it| decision(it, &|it| it.pull_request = Some(3))),
        Err(Flaw::PullRequest(3))
    );
    assert_eq!(
        changed(&|_, _, it| decision(it, &|it| it.pull_request = Some(12))),
        Ok(())
    );
    for change in [
        &(|it: &mut Decision| it.role = Role::Security) as &dyn Fn(&mut Decision),
        &|it| it.note = "other".into(),
        &|it| it.to = "core/other".into(),
        &|it| it.gate_report = Sha256::of(b"other"),
    ] {
        assert_eq!(
            changed(&|_, _, it| decision(it, change)),
            Err(Flaw::Table),
            "the table is that of other words"
        );
    }
    let more = format!("| Decision | approve |\n\n{body}");
    assert_eq!(
        changed(&|it, _, _| it.body = Box::leak(more.clone().into_boxed_str())),
        Err(Flaw::Table)
    );
}
