//! The audit log as lines: its entries, and the one that is open.

use super::page::{Page, labelled, spoken, tidy};
use crate::console::model::Model;
use crate::console::model::audit::{AuditView, LogRow, Proof};
use crate::console::screens::audit::{entry, mark};
use crate::console::text::{age, safe};

/// The page.
pub fn page(model: &Model, view: &AuditView) -> Page {
    let mut page = Page::new("Audit log");
    if let Some(opened) = &view.opened {
        let proof = view.selected().map(|row| mark(&row.proof, &spoken()).1);
        page.title = format!("Entry {}: {}", opened.position, proof.unwrap_or_default());
        page.before = labelled(&entry::lines(model, view, opened, &spoken()));
        return page;
    }
    let log = match &view.log {
        None => {
            page.say("It is being read");
            return page;
        }
        Some(Err(problem)) => {
            page.say(&model.told(problem));
            return page;
        }
        Some(Ok(log)) => log,
    };
    let holds = if log.holds {
        "verified"
    } else {
        "not verified"
    };
    let entries = if log.size == 1 { "entry" } else { "entries" };
    page.say(&format!(
        "{holds}, {} {entries}, root {}",
        log.size, log.root
    ));
    for known in [&log.pinned, &log.remote] {
        if !known.is_empty() {
            page.say(known);
        }
    }
    for problem in &log.problems {
        page.fact("wrong", problem);
    }
    page.fact(
        "not protected",
        log.unprotected.as_deref().unwrap_or_default(),
    );
    page.fact("filter", &view.filter);
    if view.only_wrong {
        page.say("showing only what is not verified");
    }
    page.of = ("entry, the newest first", "entries, the newest first");
    let rows = view.rows.iter().filter_map(|at| log.entries.get(*at));
    page.rows = rows.map(|it| row(model, it)).collect();
    page.selected = (!page.rows.is_empty()).then_some(view.row.at);
    if let Some(Proof::Void(why) | Proof::Wrong(why) | Proof::Twice(why)) =
        view.selected().map(|row| &row.proof)
    {
        page.after.push(safe(why).into_owned());
    }
    page
}

fn row(model: &Model, row: &LogRow) -> String {
    let (_, word, _) = mark(&row.proof, &spoken());
    let old = row.at.map_or(String::new(), |at| {
        tidy(&format!(", {} ago", age(model.now / 1_000 - at)))
    });
    if row.who.is_empty() && row.what.is_empty() {
        return format!("entry {}{old}: {word}", row.position);
    }
    format!(
        "entry {}{old}: {} by {} as {}, {}: {word}",
        row.position,
        safe(&row.what),
        safe(&row.who),
        safe(&row.role),
        safe(&row.module)
    )
}
