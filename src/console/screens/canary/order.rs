//! What saying something of a watch means: read before it is said.

use ratatui::Frame;

use super::facts::{clock, hours};
use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::model::canary::{CanaryView, Order, PAUSES, Say};
use crate::console::screens::sheet::{Page, Row, boxed};
use crate::console::theme::{Role, Theme};
use crate::promotion::rollback::Mode;
use crate::workflow::observe::{Armed, Standing};

/// The title of its box.
pub fn title(order: &Order) -> &'static str {
    match order.say {
        Say::Pause => "Have the watch wait",
        Say::Resume => "Let the watch go on",
        Say::Acknowledge => "Say that the verdict was seen",
        Say::RollBack => "Roll back",
    }
}

/// Draws it.
pub fn render(frame: &mut Frame, model: &Model, view: &CanaryView, order: &Order, theme: &Theme) {
    boxed(frame, model, title(order), &rows(model, view, order), theme);
}

/// All of it, row by row.
pub fn rows(model: &Model, view: &CanaryView, order: &Order) -> Vec<Row> {
    let mut page = Page::new(model);
    let Some(it) = view.of(order.promotion) else {
        page.say(
            "that promotion is not on the base branch any more",
            Role::Problem,
        );
        return page.rows;
    };
    if order.signing.is_some() {
        page.say("It is being signed.", Role::Info);
        return page.rows;
    }
    page.say(&it.promotion.to.to_text(), Role::Title);
    if order.say == Say::Pause {
        let each = PAUSES.iter().enumerate().map(|(at, seconds)| {
            let words = hours(*seconds);
            match at == order.choice {
                true => format!("[{words}]"),
                false => format!(" {words} "),
            }
        });
        let each: Vec<_> = each.collect();
        page.say(&format!("for  {}", each.join(" ")), Role::Text);
    }
    match order.reason.trim() {
        "" => page.say("why  not said yet: others want to know", Role::Warning),
        reason => page.say(&format!("why  {reason}"), Role::Text),
    }
    page.gap();
    page.say(
        &consequence(view, it, order, model.now / 1_000),
        Role::Accent,
    );
    page.gap();
    let [confirm, reason, longer, shorter, back] = [
        Action::OrderConfirm,
        Action::OrderReason,
        Action::OrderLonger,
        Action::OrderShorter,
        Action::Back,
    ]
    .map(|it| model.key(it));
    let next = match (order.reason.trim().is_empty(), order.say) {
        (true, _) => format!("{confirm} asks why"),
        (false, Say::RollBack) => {
            format!("{confirm} shows what would be done, {reason} writes why")
        }
        (false, _) => format!("{confirm} signs it, {reason} writes why"),
    };
    let choose = match order.say {
        Say::Pause => format!(", {shorter} and {longer} choose how long"),
        _ => String::new(),
    };
    page.say(
        &format!("{next}{choose}, {back}: nothing is said"),
        Role::Muted,
    );
    page.rows
}

/// What follows from it, in words.
fn consequence(view: &CanaryView, it: &Standing, order: &Order, now: i64) -> String {
    let by = |person: &Result<String, String>| match person {
        Ok(who) => format!("signed by {who}"),
        Err(why) => why.clone(),
    };
    let watched = view.watched();
    let person = watched.map_or(String::new(), |it| by(&it.person));
    let armed = match &it.armed {
        Armed::Yes { mode: Mode::Auto } => "harm is taken back by itself",
        Armed::Yes { .. } => "harm is decided on, and waits for a person",
        Armed::No { .. } => "harm is not acted on, as said above",
    };
    match order.say {
        Say::Pause => {
            let until = clock(now.saturating_add_unsigned(order.seconds()), now);
            format!(
                "Until {until} UTC nothing is taken back by itself, whatever harm is seen, and \
                 nothing completes. It is looked at all the same; the window gets no longer. Every \
                 watcher hears of it: {person}, in the audit log."
            )
        }
        Say::Resume => {
            let pause = it.pause.as_ref();
            let was = pause.map_or(String::new(), |pause| {
                format!(" {} had it wait: {}.", pause.by, pause.reason)
            });
            let then = match &it.armed {
                // Only the pause keeps it from being armed.
                Armed::No { why } if why.len() <= 1 => "harm is acted on again",
                Armed::No { .. } => "harm is still not acted on: the other reasons stand",
                _ => armed,
            };
            format!("From the next look on {then}.{was} In the audit log, {person}.")
        }
        Say::Acknowledge => {
            let word = it.recorded.last().map(|it| it.word.to_string());
            format!(
                "Others see that {} was seen, and by whom. Nothing else changes: {armed}. In the \
                 audit log, {person}.",
                word.unwrap_or_default()
            )
        }
        Say::RollBack => {
            "It is shown next what would be pushed, and where. Nothing is done before \
                          that is confirmed."
                .into()
        }
    }
}
