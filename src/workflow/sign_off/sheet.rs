//! The sheet: everything a reviewer is shown before they decide, as text. Its digest
//! is in what they sign.

use std::fmt::Write as _;

use crate::promotion::review::standing::State;
use crate::promotion::review::{Checklist, Role, SignOff};
use crate::promotion::{
    Criterion, GateId, GateStatus, Module, ModuleTree, ObjectId, text::visible,
};
use crate::review::Entry;
use crate::workflow::{Workspace, validate};

use super::{Desk, Key, Present, SignOffError, presented, verb_word};
use crate::promotion::Sha256;

/// What one reviewer sees of one module.
pub struct Sheet {
    /// The module as it is.
    pub present: Present,
    /// The commit of the base branch that policy and keyring were read from.
    pub base: ObjectId,
    /// The policy's digest.
    pub policy: Sha256,
    /// In which role.
    pub role: Role,
    /// Who.
    pub principal: String,
    /// The key, `SHA256:…`.
    pub key: String,
    /// The key's line of the keyring.
    pub entry: Entry,
    /// What is asked.
    pub checklist: Checklist,
    /// Item by item, with the gates it goes by.
    pub items: Vec<Asked>,
    /// Every gate.
    pub gates: Vec<GateLine>,
    /// What was decided so far.
    pub sign_off: SignOff,
    /// One's own last decision in this role, if there is one.
    pub last: Option<State>,
    /// Why an approval would not count, in words; empty where it would.
    pub barred: Vec<String>,
    /// Exactly what is shown.
    pub text: String,
}

/// One item of the checklist, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The item's id.
    pub id: String,
    /// In a word or two.
    pub title: String,
    /// What is asked.
    pub question: String,
    /// The gates it goes by.
    pub evidence: Vec<GateLine>,
}

/// What a gate came to, in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateLine {
    /// The gate.
    pub gate: GateId,
    /// Its criterion; `None` for a gate that is not there.
    pub criterion: Option<Criterion>,
    /// What came out.
    pub status: GateStatus,
    /// In words.
    pub why: String,
    /// Findings that count.
    pub findings: usize,
}

impl Sheet {
    /// The digest of what answers are about: the content, the evidence, the rules and
    /// the questions, whoever else decided meanwhile, and wherever a rebase put it.
    /// Answers to one are none to another.
    pub fn about(&self) -> Sha256 {
        let present = &self.present;
        let about = serde_json::json!({
            "subject": present.subject,
            "to": present.to,
            "gate_report": present.gate_report,
            "missing": present.missing,
            "role": self.role,
            "principal": self.principal,
            "checklist": self.checklist,
            "policy": self.policy,
        });
        Sha256::of(about.to_string().as_bytes())
    }

    /// The digest of what is shown.
    pub fn presented(&self) -> Sha256 {
        presented(&self.text)
    }
}

/// Makes the sheet of a module for a key in a role. Blocks, and starts nothing.
pub fn sheet(
    ws: &Workspace,
    desk: &Desk,
    module: &Module,
    role: Role,
    key: &Key,
) -> Result<Sheet, SignOffError> {
    if !role.is_reviewer() {
        return Err(SignOffError::NotAllowed(format!(
            "nobody decides as {role}: tech, security and ethics do"
        )));
    }
    if !key.entry.allows(role, jiff::Timestamp::now().as_second()) {
        let may: Vec<_> = key.roles.iter().map(ToString::to_string).collect();
        return Err(SignOffError::NotAllowed(format!(
            "{} may not sign as {role} now: the keyring's line {} lets that key sign as {}",
            key.principal,
            key.entry.line,
            may.join(", ")
        )));
    }
    let authority = &desk.authority;
    let checklist = authority
        .checklists
        .get(&role)
        .cloned()
        .ok_or_else(|| SignOffError::NotAllowed(format!("there is no checklist for {role}")))?;
    let present = Present::of(ws, module)?;
    let sign_off = desk.sign_off_of(ws, &present);
    let mine = |state: &&State| state.principal == key.principal && state.role == role;
    let last = sign_off.states.iter().find(mine).cloned();
    let gates = lines(ws, &present);
    let line = |gate: &GateId| {
        let known = gates.iter().find(|line| line.gate == *gate);
        known.cloned().unwrap_or_else(|| GateLine {
            gate: gate.clone(),
            criterion: None,
            status: GateStatus::NeverRun,
            why: "there is no such gate here".into(),
            findings: 0,
        })
    };
    let items = checklist.items.iter().map(|item| Asked {
        id: item.id.clone(),
        title: item.title.clone(),
        question: item.question.clone(),
        evidence: item.evidence.iter().map(line).collect(),
    });
    let mut sheet = Sheet {
        base: authority.commit,
        policy: authority.policy.sha256,
        role,
        principal: key.principal.clone(),
        key: key.fingerprint.clone(),
        entry: key.entry.clone(),
        items: items.collect(),
        barred: super::decide::barred(desk, &present, role, key),
        checklist,
        gates,
        sign_off,
        last,
        present,
        text: String::new(),
    };
    sheet.text = write(ws, desk, &sheet);
    Ok(sheet)
}

fn lines(ws: &Workspace, present: &Present) -> Vec<GateLine> {
    let ran = present.report.gates.iter().map(|gate| {
        let evidence = &gate.evidence;
        let counted = |it: &&crate::promotion::Finding| it.counts();
        GateLine {
            gate: gate.gate.clone(),
            criterion: Some(gate.criterion),
            status: evidence.status(),
            why: crate::workflow::validate::why(evidence),
            findings: evidence.findings.iter().filter(counted).count(),
        }
    });
    // As the other screens say it: what was run before is stale.
    let states = match present.missing.is_empty() {
        true => Vec::new(),
        false => {
            let tree = ModuleTree::alone(&present.module);
            let ids: Vec<_> = tree.ids().collect();
            validate::states(ws, &tree, &ids).concat()
        }
    };
    let missing = present.missing.iter().map(|gate| GateLine {
        gate: gate.clone(),
        criterion: None,
        status: match states.iter().find(|it| it.gate == *gate) {
            Some(state) if state.status == GateStatus::Stale => GateStatus::Stale,
            _ => GateStatus::NeverRun,
        },
        why: "no evidence for what is there now".into(),
        findings: 0,
    });
    ran.chain(missing).collect()
}

/// In the order in which it is read: what, on what evidence, what was said before,
/// what is asked.
fn write(ws: &Workspace, desk: &Desk, sheet: &Sheet) -> String {
    let (present, authority) = (&sheet.present, &desk.authority);
    let mut out = String::new();
    // Writing to a String cannot fail.
    let mut line = |text: std::fmt::Arguments<'_>| {
        let _ = writeln!(out, "{text}");
    };
    line(format_args!(
        "{} -> {}, as {} by {}",
        visible(&present.module.path.to_text()),
        visible(&present.to.to_text()),
        sheet.role,
        visible(&sheet.principal)
    ));
    line(format_args!("key         {}", sheet.key));
    line(format_args!(
        "repository  {} {}",
        visible(&authority.repository.name),
        authority.repository.id
    ));
    line(format_args!(
        "at          {} {}",
        visible(ws.revision()),
        present.head
    ));
    line(format_args!(
        "onto        {} {}",
        visible(&authority.base_ref),
        authority.commit
    ));
    for (kind, digest) in &present.subject.digest {
        line(format_args!("{kind:11} {digest}"));
    }
    match present.gate_report {
        Some(digest) => line(format_args!("gate report {digest}")),
        None => {
            let missing: Vec<_> = present.missing.iter().map(ToString::to_string).collect();
            line(format_args!(
                "gate report not whole: {}",
                missing.join(", ")
            ));
        }
    }
    line(format_args!("policy      {}", authority.policy.sha256));
    line(format_args!("keyring     {}", authority.keyring.digest));
    line(format_args!("\nGates"));
    for gate in &sheet.gates {
        line(format_args!(
            "  {:14} {}  {}",
            visible(gate.gate.as_str()),
            gate.status,
            visible(&gate.why)
        ));
    }
    line(format_args!("\nDecisions so far"));
    if sheet.sign_off.states.is_empty() {
        line(format_args!("  none"));
    }
    for state in &sheet.sign_off.states {
        let stale: Vec<_> = state.reasons.iter().map(|reason| reason.words()).collect();
        let stale = match stale.is_empty() {
            true => "holds".to_owned(),
            false => format!("stale: {}", stale.join("; ")),
        };
        line(format_args!(
            "  entry {}: {} {} as {}, {}",
            state.position,
            visible(&state.principal),
            verb_word(state.decision),
            state.role,
            visible(&stale)
        ));
    }
    line(format_args!("\nChecklist"));
    for item in &sheet.items {
        line(format_args!(
            "  {}: {}",
            visible(&item.id),
            visible(&item.question)
        ));
        for gate in &item.evidence {
            line(format_args!(
                "    {} {}",
                visible(gate.gate.as_str()),
                gate.status
            ));
        }
    }
    for why in &sheet.barred {
        line(format_args!(
            "\nAn approval would not count: {}",
            visible(why)
        ));
    }
    out
}
