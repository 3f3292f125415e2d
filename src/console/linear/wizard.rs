//! The wizard as lines: what is asked, what is known of the field in hand, the last step.

use super::page::{Page, flat, plain, spoken};
use crate::console::model::Model;
use crate::console::model::wizard::{Mark, Row, Step, WizardView};
use crate::console::screens::wizard::{last, side};
use crate::console::text::{path, safe};
use crate::promotion::proposal::Which;

/// The page.
pub fn page(model: &Model, view: &WizardView) -> Page {
    let mut page = Page::new(format!("Proposal of {}", path(&view.module)));
    match &view.opened {
        None => {
            page.say("What is asked and what is known is being read");
            return page;
        }
        Some(Err(problem)) => {
            page.say(&model.told(problem));
            return page;
        }
        Some(Ok(opened)) => page.fact("branch", &opened.branch),
    }
    match &view.step {
        Step::Fill => {
            page.of = ("row", "rows");
            page.rows = view.rows().iter().map(|it| row(it, view)).collect();
            page.selected = (!page.rows.is_empty()).then_some(view.row.at);
            page.after = flat(&side::rows(model, view, &spoken()));
        }
        Step::Text(_) => {
            page.title.push_str(", the documents as they are now");
            page.before.extend(plain(&last::documents(model, view)));
        }
        Step::Planning => page.say("The commit is being made ready"),
        Step::Commit(plan, _) => {
            page.title.push_str(", the commit as it would be");
            page.before.extend(plain(&last::of_plan(model, plan)));
        }
        Step::Writing => page.say("The branch is being written"),
        Step::Done(outcome) => {
            let rows = last::outcome_rows(model, outcome, &spoken());
            page.before.extend(plain(&rows));
        }
    }
    page
}

fn row(row: &Row, view: &WizardView) -> String {
    let mark = match view.mark(row) {
        Mark::Done => "",
        Mark::Optional => ", may be left",
        Mark::Missing => ", missing",
        Mark::Wrong => ", wrong",
    };
    let title = match row {
        Row::Heading(which, at) => return format!("section {}", section(view, *which, *at)),
        Row::Criteria(which, at) => {
            let (held, all) = view.criteria(*which, *at);
            format!("criteria: {held} of {all} by evidence")
        }
        Row::Ethics => Which::Ethics.title().to_owned(),
        Row::Finish => match view.open() {
            0 => "write the branch".to_owned(),
            open => format!("write the branch: {open} open"),
        },
        row @ Row::Field(..) => match view.field(row) {
            Some((form, field)) => {
                let value = form.value(&view.answers, field).unwrap_or_default();
                let value = safe(value.lines().next().unwrap_or_default()).into_owned();
                let value = if value.is_empty() {
                    "empty".into()
                } else {
                    value
                };
                format!("{}: {value}", safe(&field.label))
            }
            None => String::new(),
        },
    };
    format!("{title}{mark}")
}

fn section(view: &WizardView, which: Which, at: usize) -> String {
    let section = view.proposal().and_then(|proposal| {
        let template = &proposal.form(which).template;
        template.section_of(template.fields().get(at)?)
    });
    section.map_or(String::new(), |it| safe(&it.title).into_owned())
}
