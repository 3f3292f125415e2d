//! The module screen as lines: gates and findings, facts, decisions, what tools wrote.

use super::page::{Page, flat, labelled, spoken};
use super::{diff, measured};
use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::model::impact::Row;
use crate::console::model::module::{Focus, ModuleView, Pane, ordered};
use crate::console::screens::module::{facts, gates, impact, sign_off};
use crate::console::text::{duration, path, safe};
use crate::console::widgets::finding;
use crate::promotion::impact::Impact;
use crate::promotion::review::Verb;
use crate::promotion::review::standing::State;
use crate::promotion::{Evidence, Finding, GateStatus, Outcome, RepoPath};

/// The most lines of a tool's output that are read out.
const OUTPUT: usize = 2_000;

/// The page.
pub fn page(model: &Model, view: &ModuleView) -> Page {
    let module = path(&view.path);
    let mut page = Page::new(format!("Module {module}, {}", view.pane.title()));
    if view.review.is_some() {
        let key = model.key(Action::Back);
        page.say(&format!("Looked at for a review: {key} goes back to it"));
    }
    if let Some(raw) = &view.raw {
        output(&mut page, raw.lines.as_deref());
        return page;
    }
    match view.pane {
        Pane::Gates => list(&mut page, model, view),
        Pane::Coverage => measured::coverage(&mut page, model, view),
        Pane::Speed => measured::speed(&mut page, model, view),
        Pane::Facts => page
            .before
            .extend(labelled(&facts::lines(model, view, &spoken()))),
        Pane::SignOff => decisions(&mut page, model, view),
        Pane::Impact => reach(&mut page, view),
        Pane::Diff => diff::page(&mut page, view),
    }
    page
}

fn output(page: &mut Page, lines: Option<&[String]>) {
    page.title.push_str(", what its tools wrote");
    let Some(lines) = lines else {
        page.say("It is being read");
        return;
    };
    for line in lines.iter().take(OUTPUT).filter(|it| !it.is_empty()) {
        page.before.push(line.clone());
    }
    if lines.len() > OUTPUT {
        page.say(&format!("and {} lines more", lines.len() - OUTPUT));
    }
}

fn list(page: &mut Page, model: &Model, view: &ModuleView) {
    let states = model.catalog.states(view.id);
    let selected = model.gates.get(view.gate);
    let state = selected.and_then(|gate| states.iter().find(|it| it.gate == gate.id));
    let evidence = state.and_then(|it| it.evidence.as_deref());
    if let (Focus::Findings, Some(evidence), Some(gate)) = (view.focus, evidence, selected) {
        page.title
            .push_str(&format!(", findings of: {}", gate.title));
        page.of = ("finding", "findings");
        let found = ordered(evidence);
        page.rows = found.iter().map(|it| found_row(it, view)).collect();
        page.selected = Some(view.finding.at);
        page.after = found
            .get(view.finding.at)
            .map(|it| in_full(it))
            .unwrap_or_default();
        return;
    }
    page.of = ("gate", "gates");
    page.rows = model
        .gates
        .iter()
        .map(|gate| {
            let state = states.iter().find(|it| it.gate == gate.id);
            let status = state.map_or(GateStatus::NeverRun, |it| it.status);
            let evidence = state.and_then(|it| it.evidence.as_deref());
            let said = evidence.map_or(String::new(), |it| {
                let summary = match it.summary.is_empty() {
                    true => String::new(),
                    false => format!(", {}", safe(&it.summary)),
                };
                match status {
                    // What it said the last time.
                    GateStatus::Running | GateStatus::Queued => String::new(),
                    GateStatus::NotApplicable => summary,
                    _ => format!("{summary}, took {}", duration(it.duration_ms)),
                }
            });
            let (number, title) = (gate.criterion.number(), &gate.title);
            format!("{}: {title}, criterion {number}{said}", status.word())
        })
        .collect();
    page.selected = (!page.rows.is_empty()).then_some(view.gate);
    let key = model.key(Action::ModuleCheck);
    page.after.push(match state {
        None => format!("Never run: {key} runs the gates on this module"),
        Some(state) => {
            let why = model.told(&gates::reason(state, &key));
            format!("The selected gate says: {why}")
        }
    });
    let Some(evidence) = evidence else { return };
    if let Outcome::Error { help, .. } = &evidence.outcome {
        page.after
            .push(format!("What to do: {}", safe(&model.told(help))));
    }
    findings(page, evidence, view);
}

fn findings(page: &mut Page, evidence: &Evidence, view: &ModuleView) {
    const FEW: usize = 5;
    let found = ordered(evidence);
    if found.is_empty() {
        return;
    }
    page.after.push(format!("{} findings:", found.len()));
    let few = found.iter().take(FEW).map(|it| found_row(it, view));
    page.after.extend(few);
    if found.len() > FEW {
        let more = found.len() - FEW;
        page.after
            .push(format!("and {more} more: go in to read them"));
    }
}

fn found_row(found: &Finding, view: &ModuleView) -> String {
    let (mark, _) = finding::mark(found, &spoken());
    let place = finding::place(found, &view.path);
    let (rule, text) = (safe(&found.rule), safe(&found.text()).into_owned());
    format!("{}: {place}, {rule}, {text}", mark.trim())
}

fn in_full(found: &Finding) -> Vec<String> {
    let mut lines = Vec::new();
    if !found.source.trim().is_empty() {
        lines.push(format!("the line says: {}", safe(found.source.trim())));
    }
    lines.extend(found.detail.lines().map(|it| safe(it).into_owned()));
    lines
}

fn decisions(page: &mut Page, model: &Model, view: &ModuleView) {
    let heading = sign_off::heading(model, view, usize::MAX, &spoken());
    page.before.extend(labelled(&heading));
    let standing = model.standings.of.get(&view.path);
    let states = standing.map_or(&[][..], |it| it.states.as_slice());
    page.of = ("decision", "decisions");
    page.rows = states.iter().map(|it| decision(model, it)).collect();
    page.selected = (!states.is_empty()).then_some(view.decision.at);
    let selected = states.get(view.decision.at);
    let reasons = selected.map_or(&[][..], |it| it.reasons.as_slice());
    let reasons = reasons.iter().map(|it| safe(&it.words()).into_owned());
    page.after.extend(reasons);
}

fn decision(model: &Model, state: &State) -> String {
    let word = match state.decision {
        Verb::Approve => "approved",
        Verb::Reject => "rejected",
        Verb::Withdraw => "withdrew",
    };
    let you = match model.standings.is_me(&state.principal) {
        true => " (you)",
        false => "",
    };
    let stands = if state.holds() { "holds" } else { "stale" };
    format!(
        "{}{you} {word} as {}: {stands}, entry {}",
        safe(&state.principal),
        state.role.word(),
        state.position
    )
}

fn reach(page: &mut Page, view: &ModuleView) {
    let shown = &view.impact;
    let Some(found) = shown.impact() else {
        page.say(match &shown.found {
            Some(Err(problem)) => problem,
            _ => "It is being read who names this module",
        });
        return;
    };
    let (from, to) = (&found.relocation.from, &found.relocation.to);
    page.say(&format!("{from} would be {to}"));
    page.rows = shown.rows.iter().map(|row| reached(found, *row)).collect();
    page.selected = (!page.rows.is_empty()).then_some(shown.row.at);
    let facts = impact::facts(found, shown).into_iter();
    let facts = facts.filter(|(_, text)| !text.is_empty());
    page.after
        .extend(facts.map(|(label, text)| format!("{label}: {}", safe(&text))));
}

/// A row of the impact: where, how, and what stands there.
fn reached(found: &Impact, row: Row) -> String {
    let place = |at: &RepoPath, line: u32, form: &str, text: &str| {
        format!("{} line {line}, {form}: {}", path(at), safe(text.trim()))
    };
    let importer = |at: usize| found.importers.get(at);
    let reach = |at: usize| found.reaches.get(at);
    match row {
        Row::Place(at) => importer(at).map(|it| place(&it.path, it.line, it.form.word(), &it.text)),
        Row::Reach(at) => reach(at).map(|it| place(&it.path, it.line, it.form.word(), &it.text)),
        Row::Change(at) => found.api.changes.get(at).map(|it| {
            let word = if it.breaking { "breaks" } else { "changes" };
            format!("{} {word}: {}", safe(&it.name), safe(&it.what))
        }),
        Row::Class(_) | Row::Reaches | Row::Changes => {
            let line = impact::line(found, row, usize::from(u16::MAX), &spoken());
            Some(flat(&[line]).concat())
        }
    }
    .unwrap_or_default()
}
