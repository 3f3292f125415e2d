//! The canary screen as lines: what is watched, one of them, and what is about to be said.

use super::page::{Page, flat, plain, spoken};
use crate::console::model::Model;
use crate::console::model::canary::{CanaryView, Opened};
use crate::console::screens::canary::{facts, history, nothing, order, read_at, signals, way};
use crate::workflow::observe::Standing;

/// The page.
pub fn page(model: &Model, view: &CanaryView) -> Page {
    let mut page = Page::new("Canary");
    if let Some(it) = &view.order {
        page.title = order::title(it).into();
        page.before = plain(&order::rows(model, view, it));
        return page;
    }
    let watched = match &view.read {
        None => {
            page.say("The log is being read");
            return page;
        }
        Some(Err(why)) => {
            page.say(&model.told(why));
            return page;
        }
        Some(Ok(watched)) => watched,
    };
    if let (Some(opened), Some(it)) = (&view.opened, view.selected()) {
        one(&mut page, model, view, it, opened);
        return page;
    }
    page.say(&read_at(model, view, &spoken()));
    for problem in &watched.problems {
        page.fact("not fetched", problem);
    }
    if watched.all.is_empty() {
        page.say(&nothing(watched));
    }
    page.of = ("promotion, the worst first", "promotions, the worst first");
    let rows = (0..view.rows.len()).filter_map(|row| view.at(row));
    page.rows = rows.map(|it| row(model, view, it)).collect();
    page.selected = (!page.rows.is_empty()).then_some(view.row.at);
    page
}

fn row(model: &Model, view: &CanaryView, it: &Standing) -> String {
    let now = model.now / 1_000;
    let theme = spoken();
    let next = facts::next(view, it, now, &theme);
    let nights = facts::smoke(it);
    let nights = match nights.is_empty() {
        true => String::new(),
        false => format!(", smoke {nights}"),
    };
    format!(
        "{}: {}, watched {}{nights}, {next}: {}",
        way(it, &theme),
        view.own.state(it).word(),
        facts::of_window(it, now),
        facts::why(model, view, it)
    )
}

fn one(page: &mut Page, model: &Model, view: &CanaryView, it: &Standing, opened: &Opened) {
    let theme = spoken();
    let now = model.now / 1_000;
    let state = view.own.state(it).word();
    page.title = format!("{}: {state}", way(it, &theme));
    page.say(&format!("watched {}", facts::of_window(it, now)));
    page.fact("smoke", &facts::smoke(it));
    page.fact("watcher", it.watcher.as_deref().unwrap_or_default());
    for fact in facts::all(model, view, it, &theme) {
        page.fact(&fact.label.to_lowercase(), &fact.text);
    }
    page.of = ("signal", "signals");
    let signals = signals::all(view, it, &theme);
    page.rows = signals.iter().map(signals::spoken).collect();
    page.selected = (!page.rows.is_empty()).then_some(opened.signal.at);
    let happened = history::lines(it, now, usize::MAX, &theme);
    page.after = vec!["what the log says, the newest first".into()];
    page.after.extend(flat(&happened));
}
