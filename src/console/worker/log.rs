//! The audit log, from the workflow into what the screen shows.

use std::sync::Arc;

use super::{Worker, lock};
use crate::console::event::{Generation, Message};
use crate::console::model::audit::{EntryView, LogRow, LogView, Proof};
use crate::workflow::Workspace;
use crate::workflow::audit::{self, Mark, Row, Says, Verdict};
use crate::workflow::sign_off::Desk;

impl Worker {
    pub(super) fn log(&mut self, generation: Generation) {
        let log = self.log.clone();
        self.blocking(move |ws, job| {
            let result = read(&ws).map(|(desk, view)| {
                *lock(&log) = Some(desk);
                Box::new(view)
            });
            job.send(Message::Log { generation, result });
        });
    }

    pub(super) fn log_entry(&mut self, generation: Generation, position: u64) {
        let log = self.log.clone();
        self.blocking(move |_, job| {
            let desk = lock(&log).clone();
            let result = match desk {
                Some(desk) => open(&desk, position),
                None => Err("the log was not read".into()),
            };
            job.send(Message::LogEntry { generation, result });
        });
    }
}

fn read(ws: &Workspace) -> Result<(Arc<Desk>, LogView), String> {
    let desk = Desk::open(ws).map_err(|error| error.to_string())?;
    let verdict = Verdict::of(&desk.log);
    let size = verdict.head.size;
    let first = verdict.first_wrong.as_ref();
    let first = first.map(|wrong| format!("entry {}: {}", wrong.position, wrong.why));
    let mut problems: Vec<String> = verdict.broken.into_iter().collect();
    for problem in first.into_iter().chain(verdict.problems) {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    let remote = match (&desk.authority.remote, verdict.shared) {
        (None, _) => "not shared: no remote is set".to_owned(),
        (Some(remote), None) => format!("{remote} was not asked yet"),
        (Some(remote), Some(shared)) if shared.size >= size => {
            format!("{remote} had all of it when it was last asked")
        }
        (Some(remote), Some(shared)) => format!(
            "{remote} had {} of {size} entries when it was last asked",
            shared.size
        ),
    };
    let pinned = match verdict.pinned {
        Some(pinned) => format!("seen here before up to entry count {}", pinned.size),
        None => "never seen here before".into(),
    };
    let view = LogView {
        entries: Arc::new(desk.log.entries.iter().map(|it| row(Row::of(it))).collect()),
        size,
        root: verdict.head.root.to_string(),
        holds: verdict.holds,
        problems,
        unprotected: verdict.unprotected,
        pinned,
        remote,
    };
    Ok((Arc::new(desk), view))
}

fn row(row: Row) -> LogRow {
    let proof = match row.mark {
        Mark::Verified => Proof::Verified,
        Mark::Void => Proof::Void(row.why),
        Mark::Twice => Proof::Twice(row.why),
        Mark::NotVerified => Proof::Wrong(row.why),
    };
    let Some(said) = row.said else {
        return LogRow {
            position: row.position,
            at: None,
            who: String::new(),
            role: String::new(),
            what: String::new(),
            module: String::new(),
            proof,
        };
    };
    let (what, module) = match said.says {
        Says::Decision { decision, module } => (
            crate::console::model::review::verb(decision).to_owned(),
            module.to_text().into_owned(),
        ),
        Says::KeyChange { holder, .. } => ("revoke".to_owned(), holder),
        Says::Record { kind, module, .. } => {
            (kind.word().to_owned(), module.to_text().into_owned())
        }
    };
    LogRow {
        position: row.position,
        at: Some(said.time),
        who: said.principal,
        role: said.role.to_string(),
        what,
        module,
        proof,
    }
}

fn open(desk: &Desk, position: u64) -> Result<Box<EntryView>, String> {
    let opened = audit::open(&desk.log, position, &desk.authority);
    let opened = opened.map_err(|error| error.to_string())?;
    let mut fields = Vec::new();
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(&opened.payload) {
        flatten(&mut fields, "", &value);
    }
    // What a person looks for comes first; the rest as it is signed.
    const FIRST: [&str; 10] = [
        "decision",
        "kind",
        "role",
        "principal",
        "from",
        "to",
        "note",
        "signedAt",
        "head",
        "commit",
    ];
    fields.sort_by_key(|(name, _)| {
        let at = FIRST.iter().position(|it| it == name);
        at.unwrap_or(FIRST.len())
    });
    if let Ok(verified) = &opened.entry.is {
        fields.insert(0, ("signed with".into(), verified.key.clone()));
    } else {
        let says = "not verified: what stands below is only claimed";
        fields.insert(0, ("beware".into(), says.into()));
    }
    Ok(Box::new(EntryView {
        fields,
        signed: opened.pae,
        command: opened.commands,
    }))
}

/// Every value with its name; those of the predicate without saying so.
fn flatten(fields: &mut Vec<(String, String)>, name: &str, value: &serde_json::Value) {
    use serde_json::Value;
    let below = |key: &str| match name {
        "" | "predicate" => key.to_owned(),
        name => format!("{name}.{key}"),
    };
    match value {
        Value::Object(map) => {
            // An answer reads better on one line.
            let text = |key: &str| map.get(key).and_then(Value::as_str);
            if let (Some(id), Some(answer), Some(note)) = (text("id"), text("answer"), text("note"))
            {
                let note = if note.is_empty() {
                    String::new()
                } else {
                    format!(": {note}")
                };
                fields.push((format!("answer {id}"), format!("{answer}{note}")));
                return;
            }
            for (key, value) in map {
                flatten(fields, &below(key), value);
            }
        }
        Value::Array(list) => {
            for value in list {
                flatten(fields, name, value);
            }
        }
        Value::String(text) => fields.push((name.to_owned(), text.clone())),
        Value::Number(number) if name == "signedAt" => {
            let at = number
                .as_i64()
                .and_then(|at| jiff::Timestamp::from_second(at).ok());
            let at = at.map_or(String::new(), |at| {
                format!(" ({at}, by the signer's clock)")
            });
            fields.push((name.to_owned(), format!("{number}{at}")));
        }
        other => fields.push((name.to_owned(), other.to_string())),
    }
}
