//! The documents and the commit, to be read before anything is written; and what came
//! of it.

use ratatui::Frame;

use crate::console::action::Action;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::wizard::{Outcome, Step, WizardView};
use crate::console::screens::sheet::{Page, Row, boxed, inside, scrolled};
use crate::console::text::path;
use crate::console::theme::{Role, Theme};
use crate::console::widgets::popup;
use crate::promotion::GateStatus;
use crate::workflow::propose::{Plan, Standing, changes};

/// The title of the small boxes.
const TITLE: &str = "Proposal";

/// How many rows there are, and for how many there is room.
pub fn size(model: &Model, view: &WizardView) -> (usize, usize) {
    let count = match &view.step {
        Step::Text(_) => documents(model, view).len(),
        Step::Commit(plan, _) => of_plan(model, plan).len(),
        _ => 0,
    };
    (count, usize::from(inside(model).height).max(1))
}

/// The documents as they are now.
pub fn text(frame: &mut Frame, model: &Model, view: &WizardView, top: usize, theme: &Theme) {
    popup::open(
        frame,
        layout::sheet(model),
        "The documents as they are now",
        theme,
    );
    scrolled(frame, model, &documents(model, view), top, theme);
}

/// The commit as it would be.
pub fn commit(frame: &mut Frame, model: &Model, plan: &Plan, top: usize, theme: &Theme) {
    let key = model.key(Action::Answer);
    let title = match plan.standing {
        Standing::Same => "The branch says all of this already".to_owned(),
        Standing::New | Standing::Continued => format!("The commit: {key} writes it"),
    };
    popup::open(frame, layout::sheet(model), &title, theme);
    scrolled(frame, model, &of_plan(model, plan), top, theme);
}

/// The documents as they are now, row by row.
pub fn documents(model: &Model, view: &WizardView) -> Vec<Row> {
    let mut page = Page::new(model);
    let documents = view.proposal().map(|it| it.documents(&view.answers));
    for (at, (file, text)) in documents.unwrap_or_default().into_iter().enumerate() {
        if at > 0 {
            page.gap();
        }
        page.say(&path(&file), Role::Title);
        text.lines().for_each(|line| page.say(line, Role::Text));
    }
    page.rows
}

/// The commit as it would be, row by row.
pub fn of_plan(model: &Model, plan: &Plan) -> Vec<Row> {
    let mut page = Page::new(model);
    let how = match plan.standing {
        Standing::New => "is made",
        Standing::Continued => "gets one more commit",
        Standing::Same => "stays as it is",
    };
    page.say(&format!("branch  {} {how}", plan.branch), Role::Title);
    page.say(&format!("upon    {}", plan.upon), Role::Text);
    page.say(&format!("by      {}", plan.author), Role::Text);
    if let Some(words) = plan.ticks.unseen_words() {
        let keys = [Action::Back, Action::ModuleCheck].map(|it| model.key(it));
        page.gap();
        page.say(&format!("{words}."), Role::Warning);
        let words = format!(
            "{} goes back (your answers are kept): {} on the module's screen runs its gates, and \
             what holds is ticked here then.",
            keys[0], keys[1]
        );
        page.say(&words, Role::Info);
    }
    page.gap();
    plan.message
        .lines()
        .for_each(|line| page.say(line, Role::Text));
    for document in &plan.documents {
        page.gap();
        match &document.before {
            None => {
                page.say(&format!("{} (new)", path(&document.path)), Role::Title);
                let lines = document.text.lines();
                lines.for_each(|line| page.signed('+', line, Role::DiffAdded));
            }
            Some(before) => {
                page.say(&format!("{} (changed)", path(&document.path)), Role::Title);
                for (sign, line) in changes(before, &document.text) {
                    let role = match sign {
                        '+' => Role::DiffAdded,
                        '-' => Role::DiffRemoved,
                        '@' => Role::DiffFold,
                        _ => Role::Text,
                    };
                    page.signed(sign, &line, role);
                }
            }
        }
    }
    page.rows
}

/// One line in a box of its own.
pub fn small(frame: &mut Frame, model: &Model, text: &str, theme: &Theme) {
    let rows = [(text.to_owned(), Role::Info)];
    boxed(frame, model, TITLE, &rows, theme);
}

/// What came of it.
pub fn done(frame: &mut Frame, model: &Model, outcome: &Outcome, theme: &Theme) {
    boxed(
        frame,
        model,
        TITLE,
        &outcome_rows(model, outcome, theme),
        theme,
    );
}

/// The same, row by row.
pub fn outcome_rows(model: &Model, outcome: &Outcome, theme: &Theme) -> Vec<Row> {
    let glyphs = theme.glyphs();
    let mut page = Page::new(model);
    let back = model.key(Action::Back);
    match outcome {
        Outcome::Written {
            branch,
            commit,
            next,
            recorder,
            recorded,
        } => {
            let mark = glyphs.status(GateStatus::Passed);
            page.say(&format!("{mark} {branch} is at {commit}"), Role::Passed);
            match (recorded, recorder) {
                (Some(Ok(position)), _) => {
                    page.say(&format!("recorded as entry {position}"), Role::Passed);
                }
                (Some(Err(why)), _) => {
                    page.say(&format!("not recorded: {}", model.told(why)), Role::Warning);
                }
                (None, Ok(who)) => {
                    let key = model.key(Action::Record);
                    let words = format!(
                        "{key} records it in the audit log, signed as owner by {who}: that proves who \
                         proposed it, and when"
                    );
                    page.say(&words, Role::Info);
                }
                (None, Err(why)) => {
                    let (key, why) = (model.key(Action::Record), model.told(why));
                    let words = format!("not recorded: {why}. {key} looks for a key again");
                    page.say(&words, Role::Muted);
                }
            }
            page.gap();
            let on = [Action::Answer, Action::ModuleCheck, Action::ModulePropose];
            let on = on.map(|it| model.key(it));
            page.say(
                "The console looks at this branch now; the work tree stays as it is.",
                Role::Text,
            );
            page.say(
                &format!(
                    "{} goes on to the module: {} runs its gates there, and then {} ticks the \
                     criteria that hold. Its reviewers sign once they hold",
                    on[0], on[1], on[2]
                ),
                Role::Info,
            );
            let key = model.key(Action::WizardPullRequest);
            let words = format!("{key} says what a pull request would send, and opens it");
            page.say(&words, Role::Info);
            let key = model.key(Action::Branches);
            let words = format!("{back} goes back; {key} on any screen looks at another branch");
            page.say(&words, Role::Muted);
            page.gap();
            page.say("Without the console", Role::Title);
            let next = next.iter().map(|it| model.told(it));
            next.for_each(|it| page.say(&it, Role::Muted));
        }
        Outcome::Not(why) => {
            let mark = glyphs.status(GateStatus::Failed);
            page.say(&format!("{mark} nothing was written"), Role::Failed);
            page.say(&model.told(why), Role::Text);
            let words = format!("Your answers are kept. {back} reads everything again");
            page.say(&words, Role::Muted);
        }
    }
    page.rows
}
