//! What is read before it is done, as lines; and what came of it.

use super::page::{Page, plain, spoken};
use crate::console::model::Model;
use crate::console::model::errand::{Errand, Stage};
use crate::console::screens::errand::{done, stepping, to_read};
use crate::console::text::path;

/// The page.
pub fn page(model: &Model, errand: &Errand) -> Page {
    let kind = errand.kind;
    let mut page = Page::new(format!("{} of {}", kind.title(), path(&errand.module)));
    match &errand.stage {
        Stage::Reading => page.say(kind.reading()),
        Stage::Sheet(sheet, _) => page.before.extend(plain(&to_read(model, sheet))),
        Stage::Doing(run) => {
            page.say(kind.doing());
            if let Some(run) = run {
                let (done, all) = (run.done(), run.gates.len());
                page.say(&format!("{done} of {all} gates are done"));
            }
        }
        Stage::Done(outcome) => {
            let rows = done(model, errand, outcome, &spoken());
            page.before.extend(plain(&rows));
        }
        Stage::Stepping(state) => {
            let rows = stepping(model, kind.doing(), *state, &spoken());
            page.before.extend(plain(&rows));
        }
    }
    page
}
