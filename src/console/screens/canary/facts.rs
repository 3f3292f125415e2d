//! What is known of a promotion that is watched, in words.

use jiff::Timestamp;

use super::words::NOT_SET_UP;
use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::model::canary::{CanaryView, State};
use crate::console::text::{age, safe};
use crate::console::theme::{Role, Theme};
use crate::promotion::canary::Word;
use crate::promotion::canary::verdict::span;
use crate::promotion::rollback::{self, Mode};
use crate::workflow::observe::{Armed, Standing};

/// A time of day in UTC; with its day where that is another one than `now`'s.
pub fn clock(at: i64, now: i64) -> String {
    let (Ok(time), Ok(today)) = (Timestamp::from_second(at), Timestamp::from_second(now)) else {
        return "never".into();
    };
    let day = |it: Timestamp| it.strftime("%Y-%m-%d").to_string();
    match day(time) == day(today) {
        true => time.strftime("%H:%M").to_string(),
        false => time.strftime("%d %b %H:%M").to_string(),
    }
}

/// A time of day in UTC, to the second.
pub fn seconds(at: i64) -> String {
    let time = Timestamp::from_second(at);
    time.map_or_else(|_| "never".into(), |at| at.strftime("%H:%M:%S").to_string())
}

/// How long it has been watched, of how long: `31h/72h`.
pub fn of_window(it: &Standing, now: i64) -> String {
    if it.rollback.is_none() && !it.is_open() {
        return hours(it.watch.policy.window);
    }
    format!(
        "{}/{}",
        span(it.watched_for(now)),
        hours(it.watch.policy.window)
    )
}

/// A span in hours where it is of some: `72h`, and not `3d`.
pub fn hours(seconds: u64) -> String {
    match (seconds / 3_600, seconds % 3_600) {
        (hours @ 1..=168, 0) => format!("{hours}h"),
        _ => span(seconds),
    }
}

/// How many nights passed, of how many; nothing where none is asked for.
pub fn smoke(it: &Standing) -> String {
    let needed = it.watch.policy.nights;
    if needed == 0 {
        return String::new();
    }
    let nights = it.nights.over.iter().zip(1..);
    let good = nights.filter(|(night, number)| night.judge(*number).word == Word::Pass);
    format!("{}/{needed}", good.count())
}

/// Whether harm is acted on, in a word or two.
fn armed(view: &CanaryView, it: &Standing, now: i64) -> String {
    let near = view.own.nearest(it).map(|(_, near)| part(near));
    let words = match (&it.pause, &it.armed) {
        (Some(pause), _) => return format!("PAUSED until {}", clock(pause.until, now)),
        (None, Armed::Yes { mode: Mode::Auto }) => "armed".into(),
        (None, Armed::Yes { mode }) => format!("armed: {}", mode.word()),
        (None, Armed::No { .. }) => "NOT ARMED".into(),
    };
    match near {
        Some(near) => format!("{words} at {near}"),
        None => words,
    }
}

/// How near something is to what takes it back.
fn part(near: f64) -> String {
    match near {
        near if near < 10.0 => format!("{:.0} %", near * 100.0),
        _ => "over 1000 %".into(),
    }
}

/// What happens next, as short as can be.
pub fn next(view: &CanaryView, it: &Standing, now: i64, theme: &Theme) -> String {
    if let Some(rollback) = &it.rollback {
        return steps(rollback.state, theme);
    }
    match view.own.state(it) {
        State::Completed => match it.completion {
            Some(entry) => format!("entry {entry}"),
            None => String::new(),
        },
        State::RolledBack => String::new(),
        _ => {
            let when = match it.next_look {
                Some(_) if !it.is_watched() => "first look due".into(),
                Some(at) if at > now => format!("next {}", clock(at, now)),
                Some(at) => format!("look due {}", clock(at, now)),
                None => "no look".into(),
            };
            format!("{}  {when}", armed(view, it, now))
        }
    }
}

/// The steps of a rollback, each with how it stands.
pub fn steps(state: rollback::State, theme: &Theme) -> String {
    let each = rollback::marks(state).map(|(mark, name)| {
        let sign = theme.glyphs().step(mark);
        match (sign.is_empty(), mark) {
            (false, _) => format!("{sign} {name}"),
            (true, rollback::Mark::Done) => format!("{name} done"),
            (true, rollback::Mark::Now) => format!("{name} next"),
            (true, rollback::Mark::Person) => format!("{name} waits for a person"),
            (true, rollback::Mark::Later) => format!("{name} later"),
        }
    });
    let between = if theme.glyphs().horizontal().is_empty() {
        ", "
    } else {
        "  "
    };
    each.join(between)
}

/// Why it stands as it does.
pub fn why(model: &Model, view: &CanaryView, it: &Standing) -> String {
    if let Some(rollback) = &it.rollback {
        return match &rollback.waits {
            Some(waits) => model.told(waits),
            None => rollback.decided.why.clone(),
        };
    }
    match view.own.newest(it) {
        Some(newest) => {
            let mut why = newest.why.to_owned();
            let late = it.last_good.filter(|_| newest.word == Word::SourceError);
            if let Some(good) = late {
                let old = age(newest.at - good);
                why.push_str(&format!("; all had data {old} before that"));
            }
            why
        }
        None if it.is_open() && !it.is_set_up() => NOT_SET_UP.into(),
        None if it.is_open() => {
            let key = model.key(Action::LookNow);
            format!("nobody has looked yet: {key} does, or a watcher")
        }
        None => String::new(),
    }
}

/// Labels with what they say, in the order in which they are needed.
pub fn all(model: &Model, view: &CanaryView, it: &Standing, theme: &Theme) -> Vec<Fact> {
    let now = model.now / 1_000;
    let mut facts = Vec::new();
    let mut say = |label: &'static str, text: String, role: Role| {
        if !text.is_empty() {
            let text = safe(&text).into_owned();
            facts.push(Fact { label, text, role });
        }
    };
    let state = view.own.state(it);
    if let Some(rollback) = &it.rollback {
        say("ROLLBACK", steps(rollback.state, theme), Role::Text);
        let waits = rollback.waits.as_deref().unwrap_or_default();
        say("WAITS FOR", model.told(waits), Role::Failed);
        let decided = &rollback.decided;
        let words = format!("{} (by {})", decided.why, decided.by);
        say("WHY", words, Role::Text);
        let branch = rollback.hotfix.as_ref().map(|it| it.branch.clone());
        say("FIX ON", branch.unwrap_or_default(), Role::Text);
        match &rollback.gates {
            Some(gates) if gates.holds => say("GATE 1", "holds there".into(), Role::Text),
            Some(gates) => {
                let words = format!("fails there: {}", gates.failing.join(", "));
                say("GATE 1", words, Role::Failed);
            }
            None => {}
        }
        return facts;
    }
    say(
        "WHY",
        why(model, view, it),
        crate::console::glyphs::watched_role(state),
    );
    if let Some(entry) = it.completion {
        say("COMPLETED", format!("entry {entry} of the log"), Role::Text);
    }
    say(
        "SCORECARD",
        it.scorecard_line().unwrap_or_default(),
        Role::Muted,
    );
    if !it.is_open() {
        return facts;
    }
    let mut next = match it.next_look {
        _ if !it.is_set_up() => "none: no signal is configured".into(),
        // The merge may be older than its push: nothing is late before somebody began.
        Some(_) if !it.is_watched() => format!(
            "the first: nobody has watched since the merge {} ago",
            age(now - it.merged_at)
        ),
        Some(at) if at > now => format!("{} (in {})", clock(at, now), age(at - now)),
        Some(at) => format!(
            "was due {} ({} ago): does somebody watch?",
            clock(at, now),
            age(now - at)
        ),
        None => "none".into(),
    };
    if let Some(night) = it.nights.next {
        next.push_str(&format!("   smoke test {}", clock(night, now)));
    }
    say("NEXT LOOK", next, Role::Text);
    let near = view.own.nearest(it);
    let near = near.map_or(String::new(), |(signal, near)| {
        format!("; {signal} is at {} of that", part(near))
    });
    let (words, role) = match &it.armed {
        Armed::Yes { mode: Mode::Auto } => {
            let words = format!("armed: harm is taken back by itself{near}");
            (words, Role::Text)
        }
        Armed::Yes { .. } => {
            let words = format!("armed: harm is decided on, and waits for a person{near}");
            (words, Role::Text)
        }
        Armed::No { why } => (format!("NOT ARMED: {}", why.join("; ")), Role::Warning),
    };
    say("AUTO-ROLLBACK", words, role);
    if let Some(pause) = &it.pause {
        let until = clock(pause.until, now);
        let words = format!("until {until}, by {}: {}", pause.by, pause.reason);
        say("PAUSED", words, Role::Warning);
    }
    if let Some(seen) = &it.acknowledged {
        let words = format!("{} by {}: {}", seen.word, seen.by, seen.reason);
        say("SEEN", words, Role::Muted);
    }
    facts
}

/// A label with what it says; safe to show.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What it is.
    pub label: &'static str,
    /// What it says.
    pub text: String,
    /// Its look.
    pub role: Role,
}
