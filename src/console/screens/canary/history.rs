//! What the log says of a promotion since it was merged, the newest first.

use ratatui::text::{Line, Span};

use super::facts::clock;
use crate::console::glyphs::verdict_role;
use crate::console::text::{fit, safe};
use crate::console::theme::{Role, Theme};
use crate::promotion::canary::Word;
use crate::promotion::canary::smoke::Night;
use crate::promotion::rollback::State;
use crate::workflow::observe::Standing;

/// Something that happened.
struct Happened {
    at: i64,
    word: Option<Word>,
    what: String,
    /// The entry of the log; nothing where it stands in several.
    entry: Option<u64>,
}

fn all(it: &Standing) -> Vec<Happened> {
    let mut all: Vec<Happened> = Vec::new();
    all.extend(it.recorded.iter().map(|verdict| Happened {
        at: verdict.at,
        word: Some(verdict.word),
        what: format!("{} ({})", verdict.why, verdict.watcher),
        entry: Some(verdict.entry),
    }));
    all.extend(it.heard.iter().map(|heard| Happened {
        at: heard.at,
        word: None,
        what: format!("{}: {} ({})", heard.control.word(), heard.reason, heard.by),
        entry: Some(heard.entry),
    }));
    let night = |(night, number): (&Night, usize)| {
        let found = night.judge(number);
        Happened {
            at: night.due,
            word: Some(found.word),
            what: format!("smoke: {}", found.why),
            entry: None,
        }
    };
    all.extend(it.nights.over.iter().zip(1..).map(night));
    let steps = it.rollback.iter().flat_map(|it| &it.steps);
    all.extend(steps.map(|step| Happened {
        at: step.at,
        word: None,
        what: format!("rollback: {} ({})", words(&step.state), step.by),
        entry: Some(step.position),
    }));
    // Of the same moment what was written later happened later.
    all.sort_by_key(|it| std::cmp::Reverse((it.at, it.entry)));
    let by = it.merged_by.as_deref();
    all.push(Happened {
        at: it.merged_at,
        word: None,
        what: by.map_or("merged".into(), |by| format!("merged by {by}")),
        entry: None,
    });
    all
}

/// The words for a state; of one that is not known what the log has.
fn words(state: &str) -> &str {
    State::named(state).map_or(state, |it| it.words())
}

/// Its lines, in so many cells.
pub fn lines(it: &Standing, now: i64, cells: usize, theme: &Theme) -> Vec<Line<'static>> {
    let glyphs = theme.glyphs();
    let lines = all(it).into_iter().map(|it| {
        let when = clock(it.at, now);
        let entry = it.entry.map_or(String::new(), |at| format!("#{at} "));
        let mut spans = vec![Span::styled(
            format!(" {when} {entry}"),
            theme.style(Role::Muted),
        )];
        if let Some(word) = it.word {
            spans.push(Span::styled(
                format!("{} {word} ", glyphs.verdict(word)),
                theme.style(verdict_role(word)),
            ));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        let room = cells.saturating_sub(used);
        let what = fit(&safe(&it.what), room, glyphs).into_owned();
        spans.push(Span::styled(what, theme.style(Role::Text)));
        Line::from(spans)
    });
    lines.collect()
}
