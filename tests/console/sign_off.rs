//! What workers send about sign-off: a sheet, the standing of modules, a log.

use std::sync::Arc;

use countersign::console::effect::Effect;
use countersign::console::event::{Generation, Message};
use countersign::console::model::audit::{EntryView, LogRow, LogView, Proof};
use countersign::console::model::review::{Kept, Last, Sheet, Shown};
use countersign::console::model::standing::{AtHand, Standings};
use countersign::console::model::{Model, Screen};
use countersign::promotion::review::standing::State;
use countersign::promotion::review::{Checklist, Item, Reason, Role, SignOff, Verb};
use countersign::promotion::{GateId, GateStatus, Sha256};
use countersign::workflow::compare::Outline;
use ratatui::layout::Size;

use crate::fixture::{self, NOW, keys, loaded, select, send};

/// Text that would act on a terminal or hide something.
pub const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}live\u{200b}";

pub fn item(id: &str, title: &str, question: &str, evidence: &[&'static str]) -> Item {
    Item {
        id: id.into(),
        title: title.into(),
        question: question.into(),
        evidence: evidence.iter().map(|gate| GateId::new(gate)).collect(),
    }
}

pub fn checklist() -> Checklist {
    Checklist {
        version: 1,
        role: Role::Tech,
        items: vec![
            item(
                "design",
                "Design",
                "Would you keep this design if you had to maintain it: is its purpose clear, its \
                 size fit, and nothing there twice?",
                &["lint", "types"],
            ),
            item(
                "tests",
                "Tests",
                "Would the tests fail if the module did the wrong thing: are edges, errors and \
                 the changed lines covered?",
                &["tests", "coverage"],
            ),
            item(
                "documentation",
                "Documentation",
                "Could somebody who never saw it use it from its documentation?",
                &["documentation"],
            ),
            item(
                "trust",
                "Trust",
                "Would you be called at night for it?",
                &[],
            ),
        ],
    }
}

/// What is presented for `candidate/quantum` as it is in the fixture.
pub fn sheet() -> Sheet {
    let states = fixture::quantum_states();
    let checklist = checklist();
    let shown = |gate: &GateId| match states.iter().find(|state| state.gate == *gate) {
        Some(state) => Shown {
            gate: gate.clone(),
            status: state.status,
            why: state.why.clone(),
            evidence: state.evidence.clone(),
        },
        None => Shown {
            gate: gate.clone(),
            status: GateStatus::NeverRun,
            why: "there is no such gate here".into(),
            evidence: None,
        },
    };
    let evidence = checklist.items.iter();
    let evidence = evidence.map(|item| item.evidence.iter().map(shown).collect());
    let mut text = vec![
        "candidate/quantum -> core/quantum, as tech by ada@example.org".to_owned(),
        format!("gitTree     {}", "7".repeat(40)),
        String::new(),
        "Gates".into(),
    ];
    text.extend(
        states
            .iter()
            .map(|it| format!("  {}  {}  {}", it.gate, it.status, it.why)),
    );
    text.push("Checklist".into());
    text.extend(
        checklist
            .items
            .iter()
            .map(|it| format!("  {}: {}", it.id, it.question)),
    );
    Sheet {
        module: "candidate/quantum".into(),
        target: "core/quantum".into(),
        role: Role::Tech,
        roles: vec![Role::Tech, Role::Security],
        principal: "ada@example.org".into(),
        key: "~/.ssh/id_ed25519 (SHA256:uZp8K3qO0)".into(),
        about: "about-1".into(),
        evidence: evidence.collect(),
        checklist,
        last: None,
        elsewhere: None,
        barred: Vec::new(),
        text,
        kept: None,
        diff: Some(Outline {
            against: "core".into(),
            files: ["__init__.py", "noise.py", "gates/swap.py"]
                .map(|name| {
                    (
                        format!("candidate/quantum/{name}").as_str().into(),
                        Sha256::of(b"it"),
                    )
                })
                .into(),
        }),
    }
}

/// The same after one has approved what was there before.
pub fn stale_sheet() -> Sheet {
    Sheet {
        last: Some(Last {
            verb: Verb::Approve,
            position: 17,
            at: NOW / 1_000 - 3 * 86_400,
            head: Some(countersign::promotion::ObjectId::from_bytes([0xab; 20])),
            reasons: vec![
                "given for content ab12ab12ab, now cd34cd34cd: 3 files differ".into(),
                "given for gate report 0011223344, now 5566778899".into(),
            ],
        }),
        ..sheet()
    }
}

/// The generation of the sheet that was asked for.
pub fn asked(effects: &[Effect]) -> Generation {
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Sheet { generation, .. } => Some(*generation),
        _ => None,
    });
    asked.unwrap_or_else(|| panic!("no sheet is asked for: {effects:?}"))
}

pub fn give(model: &mut Model, effects: &[Effect], sheet: Sheet) {
    let generation = asked(effects);
    let result = Ok(Box::new(sheet));
    send(model, Message::Sheet { generation, result });
}

/// The review of `candidate/quantum` with that sheet, opened from the dashboard.
pub fn review_of(size: Size, sheet: Sheet) -> Model {
    let mut model = loaded(size);
    select(&mut model, "quantum/");
    let effects = keys(&mut model, "s");
    give(&mut model, &effects, sheet);
    model
}

/// The newest answers that are to be kept.
pub fn kept(effects: &[Effect]) -> Kept {
    let kept = effects.iter().rev().find_map(|effect| match effect {
        Effect::KeepAnswers(kept) => Some((**kept).clone()),
        _ => None,
    });
    kept.unwrap_or_else(|| panic!("nothing is kept: {effects:?}"))
}

pub fn state(principal: &str, role: Role, decision: Verb, reasons: Vec<Reason>) -> State {
    State {
        principal: principal.into(),
        role,
        decision,
        position: 17 + role as u64,
        reasons,
    }
}

/// A stale approval of one's own and a standing one; security and ethics are missing.
pub fn standings() -> Standings {
    let policy = Reason::Policy {
        was: Sha256::of(b"old"),
        now: Sha256::of(b"new"),
    };
    let quantum = SignOff {
        states: vec![
            state(
                "ada@example.org",
                Role::Tech,
                Verb::Approve,
                vec![Reason::KeyringEntry, policy],
            ),
            state(
                "grace@example.org",
                Role::Security,
                Verb::Approve,
                Vec::new(),
            ),
            state(
                &format!("eve{HOSTILE}"),
                Role::Ethics,
                Verb::Reject,
                Vec::new(),
            ),
        ],
        missing: vec![
            "an approval as tech (that of ada@example.org is stale)".into(),
            format!("rejected by eve{HOSTILE} (ethics)"),
        ],
    };
    Standings {
        by_hand: None,
        promoted: Vec::new(),
        courses: Default::default(),
        watched: Vec::new(),
        known: true,
        of: [("candidate/quantum".into(), quantum)].into(),
        waiting: vec![
            (
                "candidate/quantum".into(),
                "your approval as tech is stale: given under policy 0a1b2c3d4e, now 5f6a7b8c9d"
                    .into(),
            ),
            (
                "candidate/bio/cells.py".into(),
                "an approval as security is missing".into(),
            ),
        ],
        at_hand: Some(AtHand {
            principal: "ada@example.org".into(),
            roles: vec![Role::Tech, Role::Security],
            key: Some("~/.ssh/id_ed25519 (SHA256:uZp8K3qO0)".into()),
        }),
        why_not: None,
    }
}

pub fn with_standings(model: &mut Model, standings: Standings) {
    let generation = model.load;
    send(
        model,
        Message::Standing {
            generation,
            standings: Box::new(standings),
        },
    );
}

fn row(position: u64, who: &str, role: &str, what: &str, module: &str, proof: Proof) -> LogRow {
    LogRow {
        position,
        at: Some(NOW / 1_000 - 86_400 * (40 - position as i64)),
        who: who.into(),
        role: role.into(),
        what: what.into(),
        module: module.into(),
        proof,
    }
}

/// A log of which everything holds.
pub fn log() -> LogView {
    let mut entries: Vec<LogRow> = (0..36)
        .map(|at| {
            let (who, role) = match at % 3 {
                0 => ("ada@example.org", "tech"),
                1 => ("grace@example.org", "security"),
                _ => ("lise@example.org", "ethics"),
            };
            let what = if at % 5 == 4 { "reject" } else { "approve" };
            let module = ["candidate/quantum", "candidate/memory/fold"][(at % 2) as usize];
            row(at, who, role, what, module, Proof::Verified)
        })
        .collect();
    entries[33].proof = Proof::Void("its key was declared compromised by entry 35".into());
    entries[34].proof = Proof::Twice("the same statement is entry 31, and counts there".into());
    LogView {
        entries: Arc::new(entries),
        size: 36,
        root: "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9".into(),
        holds: true,
        problems: Vec::new(),
        unprotected: None,
        pinned: "seen here before: the first 30 entries".into(),
        remote: "origin had 34 of 36 entries when it was last asked".into(),
    }
}

/// The same with a line that somebody changed, and with hostile text.
pub fn wrong_log() -> LogView {
    let mut log = log();
    let mut entries = (*log.entries).clone();
    let why = "its signature does not fit: what was signed was changed afterwards";
    entries[30] = LogRow {
        at: None,
        who: String::new(),
        role: String::new(),
        what: String::new(),
        module: String::new(),
        proof: Proof::Wrong(why.into()),
        ..entries[30].clone()
    };
    entries[32].who = format!("eve{HOSTILE}");
    entries[32].module = format!("candidate/{HOSTILE}");
    entries[35].proof = Proof::Wrong(format!("it names the keyring {HOSTILE}"));
    log.entries = Arc::new(entries);
    log.holds = false;
    log.problems = vec![
        "the audit log is broken: entry 31 does not follow entry 30, whose digest is another"
            .into(),
        format!("entry 30: {why}"),
    ];
    log
}

pub fn entry() -> EntryView {
    let payload = concat!(
        r#"{"_type":"https://in-toto.io/Statement/v1","predicate":{"decision":"approve","#,
        r#""note":"good \u001b[2J work","principal":"ada@example.org","role":"tech"},"#,
        r#""predicateType":"urn:countersign:decision:v1","subject":[{"name":"candidate/quantum"}]}"#
    );
    let mut signed = format!("DSSEv1 28 application/vnd.in-toto+json {} ", payload.len());
    signed.push_str(payload);
    signed.push_str(HOSTILE);
    let mut signed = signed.into_bytes();
    signed.push(0xff);
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    EntryView {
        fields: vec![
            field("signed with", "SHA256:uZp8K3qO0"),
            field("decision", "approve"),
            field("role", "tech"),
            field("principal", &format!("ada{HOSTILE}")),
            field("note", "first line\nsecond line of what there is to say"),
        ],
        signed,
        command: vec![
            "git show promotion-audit:promotion-audit.log | sed -n 36p > line".into(),
            "ssh-keygen -Y verify -f signers -I ada@example.org -n promotion-tech-v1@countersign \
             -s signature < pae"
                .into(),
        ],
    }
}

/// The audit screen with that log.
pub fn audit_of(size: Size, log: LogView) -> Model {
    let mut model = loaded(size);
    let effects = keys(&mut model, "a");
    let [Effect::Log { generation }] = effects[..] else {
        panic!("{effects:?}");
    };
    let result = Ok(Box::new(log));
    send(&mut model, Message::Log { generation, result });
    model
}

/// Opens the selected entry.
pub fn open_entry(model: &mut Model) {
    let effects = keys(model, "<enter>");
    let [Effect::LogEntry { generation, .. }] = effects[..] else {
        panic!("{effects:?}");
    };
    let result = Ok(Box::new(entry()));
    send(model, Message::LogEntry { generation, result });
}

pub fn audit_view(model: &Model) -> &countersign::console::model::audit::AuditView {
    match &model.screen {
        Screen::Audit(view) => view,
        other => panic!("no log is open: {other:?}"),
    }
}

pub fn review_view(model: &Model) -> &countersign::console::model::review::ReviewView {
    match &model.screen {
        Screen::Review(view) => view,
        other => panic!("no review is open: {other:?}"),
    }
}
