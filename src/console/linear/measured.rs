//! What was measured, as lines: coverage and benchmarks.

use super::page::Page;
use crate::console::model::Model;
use crate::console::model::coverage::Row;
use crate::console::model::module::ModuleView;
use crate::console::text::{path, safe};
use crate::console::update::{measured, timed, unmeasured, untimed};
use crate::promotion::coverage::{Pair, Ratio};

/// Files, and the functions of those that are unfolded.
pub fn coverage(page: &mut Page, model: &Model, view: &ModuleView) {
    let Some(coverage) = measured(model) else {
        page.say(&unmeasured(model));
        return;
    };
    page.fact("the whole module", &ratios(coverage.pair()));
    let rows = view.coverage.rows(coverage);
    page.of = ("file or function", "files and functions");
    page.rows = rows.iter().map(|row| covered(*row)).collect();
    page.selected = (!page.rows.is_empty()).then_some(view.coverage.row.at);
    if let Some(line) = view.coverage.line {
        page.after.push(format!("at line {line}, which never ran"));
    }
}

fn covered(row: Row<'_>) -> String {
    let file = row.file();
    let name = file.path().map(path).unwrap_or_default();
    let share = ratios(row.ratios());
    match row {
        Row::File(_) => {
            let lines = file.head.map(|it| it.uncovered_words(" to "));
            let lines = lines.filter(|it| !it.is_empty());
            let lines = lines.map_or(String::new(), |it| format!("; lines not run: {it}"));
            format!("{name}: {share}{lines}")
        }
        Row::Function(_, function, _) if function.name.is_empty() => {
            format!("{name}, outside of functions: {share}")
        }
        Row::Function(_, function, _) => {
            let (name, line) = (safe(&function.name), function.line);
            format!("function {name} from line {line}: {share}")
        }
    }
}

fn ratios(pair: Pair<Ratio>) -> String {
    let say = |ratio: Option<Ratio>, none: &str| {
        let percent = ratio.and_then(Ratio::percent);
        percent.unwrap_or_else(|| none.to_owned())
    };
    let now = say(pair.head, "nothing to cover");
    let base = say(pair.base, "nothing");
    format!("{now} now, {base} at the base")
}

/// The benchmarks, one by one.
pub fn speed(page: &mut Page, model: &Model, view: &ModuleView) {
    let Some(benchmarks) = timed(model) else {
        page.say(&untimed(model));
        return;
    };
    page.say(&benchmarks.summary());
    page.of = ("benchmark", "benchmarks");
    let rows = benchmarks.list.iter().map(|it| {
        let name = safe(it.short_name()).into_owned();
        let words = safe(&it.words(benchmarks.budget)).into_owned();
        format!("{name}: {}, {words}", it.verdict.word())
    });
    page.rows = rows.collect();
    page.selected = (!page.rows.is_empty()).then_some(view.benchmarks.row.at);
}
