//! The dashboard as lines.

use super::page::{Page, tidy};
use crate::console::model::Model;
use crate::console::model::catalog::Counts;
use crate::console::model::dashboard::{Entry, Row, Show, Sort};
use crate::console::text::{age, path, safe};
use crate::promotion::{Criterion, GateStatus, ModuleId, OwnerSource};

/// The page.
pub fn page(model: &Model) -> Page {
    let header = &model.header;
    let mut page = Page::new(format!(
        "Dashboard of {} at {}",
        header.repository, header.revision
    ));
    page.of = ("row", "rows");
    page.fact("commit", &header.commit);
    page.fact("base", &header.base);
    let counts = model.catalog.counts();
    let modules = model.catalog.tree().len();
    page.say(&match (model.loading, modules) {
        (true, _) => "The modules are being read".to_owned(),
        (false, 0) => "There is no module: modules are read from commits, below the lanes".into(),
        (false, _) => format!("{modules} modules{}", counted(counts)),
    });
    let dashboard = &model.dashboard;
    if !dashboard.filter.is_empty() {
        let found = dashboard.matches;
        page.say(&format!("Filter {}: {found} match", dashboard.filter));
    }
    if dashboard.show != Show::All {
        page.fact("Showing only", dashboard.show.word());
    }
    if dashboard.sort != Sort::Name || dashboard.reverse {
        let way = if dashboard.reverse { ", reversed" } else { "" };
        page.say(&format!("Sorted by {}{way}", dashboard.sort.word()));
    }
    page.rows = dashboard.rows.iter().map(|it| row(model, it)).collect();
    page.selected = (!page.rows.is_empty()).then_some(dashboard.selected);
    page
}

/// What came of them, without what came of none.
fn counted(counts: Counts) -> String {
    let parts = [
        (
            counts.holds,
            format!("every gate holds for {}", counts.holds),
        ),
        (counts.failed, format!("{} failed", counts.failed)),
        (counts.errors, format!("{} could not run", counts.errors)),
        (counts.stale, format!("{} stale", counts.stale)),
    ];
    let some = parts.into_iter().filter(|(count, _)| *count > 0);
    let some: Vec<_> = some.map(|(_, words)| words).collect();
    match some.is_empty() {
        true => ", none of them checked to the end yet".into(),
        false => format!(": {}", some.join(", ")),
    }
}

fn row(model: &Model, row: &Row) -> String {
    let folded = match (row.parent, row.folded) {
        (true, true) => ", folded",
        (true, false) => ", unfolded",
        (false, _) => "",
    };
    match row.entry {
        Entry::Lane(at) => {
            let lane = model.header.lanes.get(at);
            let targets = lane.map_or(String::new(), |lane| {
                let targets: Vec<_> = lane.targets.iter().map(path).collect();
                targets.join(" or ")
            });
            let source = lane.map_or(String::new(), |lane| path(&lane.source));
            format!("lane {source}, goes to {targets}{folded}")
        }
        Entry::Waiters => format!("waiting for you: {}{folded}", model.dashboard.waiting.len()),
        Entry::Waiting(id) => {
            let module = model.catalog.module(id);
            let at = module.map_or(String::new(), |it| path(&it.path));
            let why = module.and_then(|it| model.standings.waits(&it.path));
            format!("{at} waits for you: {}", safe(why.unwrap_or_default()))
        }
        Entry::Promotions => format!("promoted: {}{folded}", model.dashboard.promoted.len()),
        Entry::Promoted(at) => {
            let it = model.dashboard.promoted.get(at);
            let it = it.and_then(|from| model.standings.left(from));
            it.map_or(String::new(), |it| {
                let (from, to) = (path(&it.promotion.from), path(&it.promotion.to));
                format!("{from}, now {to}, {}", it.stage.word())
            })
        }
        Entry::Module(id) => format!("{}{folded}", module(model, id)),
    }
}

/// A module on one line: its path, how it stands, who answers for it, how old it is.
fn module(model: &Model, id: ModuleId) -> String {
    let Some(module) = model.catalog.module(id) else {
        return String::new();
    };
    let mut parts = vec![path(&module.path), standing(model, id)];
    let begun = model.standings.begun(&module.path);
    parts.extend(begun.map(|it| safe(&it).into_owned()));
    parts.push(model.stage(id).word().to_owned());
    let facts = model.catalog.facts(id);
    if facts.is_some_and(|it| it.uncommitted) {
        parts.push("uncommitted changes".into());
    }
    if let Some(pull) = model.pulls.of.get(&module.path) {
        parts.push(format!("pull request {}", pull.number));
    }
    if let Some(owner) = facts.and_then(|it| it.owner.as_ref()) {
        let hint = match owner.source {
            OwnerSource::History => "perhaps ",
            _ => "",
        };
        parts.push(format!("owner {hint}{}", safe(&owner.name)));
    }
    if let Some(change) = facts.and_then(|it| it.last_change.as_ref()) {
        let old = age(model.now / 1_000 - change.time);
        parts.push(tidy(&format!("changed {old} ago")));
    }
    parts.join(", ")
}

/// What is wrong by name, and the rest by number.
fn standing(model: &Model, id: ModuleId) -> String {
    let cells = Criterion::ALL.map(|it| (it, model.catalog.cell(id, it)));
    let below = cells.iter().any(|(_, cell)| cell.below);
    let own = cells
        .iter()
        .any(|(_, cell)| !cell.below && cell.status != GateStatus::NeverRun);
    let mut parts = Vec::new();
    for status in [
        GateStatus::Failed,
        GateStatus::Error,
        GateStatus::Stale,
        GateStatus::Running,
        GateStatus::Queued,
    ] {
        let of = cells.iter().filter(|(_, cell)| cell.status == status);
        let of: Vec<_> = of.map(|(criterion, _)| criterion.title()).collect();
        match of.len() {
            0 => {}
            all if all == cells.len() => parts.push(format!("all ten {}", status.word())),
            _ => parts.push(format!("{} {}", status.word(), of.join(", "))),
        }
    }
    let count = |status| cells.iter().filter(|(_, it)| it.status == status).count();
    let never = count(GateStatus::NeverRun);
    if never == cells.len() {
        parts.push(GateStatus::NeverRun.word().to_owned());
    } else {
        let rest = [
            (count(GateStatus::Passed), "of ten passed"),
            (count(GateStatus::NotApplicable), "not applicable"),
            (never, "never run"),
        ];
        let rest = rest.iter().filter(|(count, _)| *count > 0);
        parts.extend(rest.map(|(count, what)| format!("{count} {what}")));
    }
    let lead = if below && !own { "below it: " } else { "" };
    format!("{lead}{}", parts.join("; "))
}
