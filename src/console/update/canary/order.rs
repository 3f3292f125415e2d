//! What a person says of a watch. It is read first what that means; nothing is said
//! without a reason, nor without the key that confirms it.

use super::{meant, view};
use crate::console::action::Action;
use crate::console::effect::{Effect, Said};
use crate::console::model::canary::{Order, PAUSES, Say, Watched};
use crate::console::model::prompt::{Prompt, Purpose};
use crate::console::model::{Model, Screen};
use crate::workflow::observe::Standing;

/// Asks what there is to ask, or says why there is nothing to be said.
pub(super) fn begin(model: &mut Model, say: Say) -> Vec<Effect> {
    let Some(promotion) = meant(model) else {
        model.refuse("there is no promotion to say anything of");
        return Vec::new();
    };
    let may = match &model.screen {
        Screen::Canary(view) => match (view.watched(), view.selected()) {
            (Some(watched), Some(it)) => may(watched, it, say),
            _ => Err("it is not read yet".into()),
        },
        _ => return Vec::new(),
    };
    let begun = match may {
        Err(why) => {
            model.refuse(why);
            return Vec::new();
        }
        Ok(begun) => begun,
    };
    // What was begun goes on: why was said then.
    if begun {
        return roll_back(model, promotion, String::new());
    }
    if let Some(shown) = view(model) {
        shown.order = Some(Order {
            say,
            promotion,
            choice: 1,
            reason: String::new(),
            signing: None,
        });
    }
    Vec::new()
}

/// Why it cannot be said; else whether a rollback is under way, which only goes on.
fn may(watched: &Watched, it: &Standing, say: Say) -> Result<bool, String> {
    let rollback = it.rollback.as_ref().map(|it| it.state);
    if say == Say::RollBack {
        if it.is_taken_back() {
            return Err("it was taken back already".into());
        }
        watched.roller.clone()?;
        return Ok(rollback.is_some());
    }
    if !it.is_open() {
        return Err(match rollback {
            Some(state) => format!("it is not watched any more: its rollback is {state}"),
            None => format!("it is not watched any more: it is {}", it.stage.word()),
        });
    }
    watched.person.clone()?;
    match say {
        Say::Resume if it.pause.is_none() => Err("nobody has it wait".into()),
        Say::Acknowledge if it.recorded.is_empty() => {
            Err("the log has no verdict on it yet: there is nothing to say that it was seen".into())
        }
        _ => Ok(false),
    }
}

fn roll_back(
    model: &mut Model,
    promotion: crate::promotion::ObjectId,
    reason: String,
) -> Vec<Effect> {
    let module = view(model).and_then(|shown| {
        let module = shown.of(promotion)?.module().clone();
        shown.order = None;
        Some(module)
    });
    match module {
        Some(module) => crate::console::update::errand::roll_back(model, module, promotion, reason),
        None => Vec::new(),
    }
}

pub(in crate::console::update) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let keys = [Action::OrderConfirm, Action::OrderReason, Action::Back].map(|it| model.key(it));
    let Some(order) = view(model).and_then(|shown| shown.order.as_mut()) else {
        return Vec::new();
    };
    if order.signing.is_some() {
        model.refuse("it is being signed");
        return Vec::new();
    }
    match action {
        Action::Back => {
            if let Some(shown) = view(model) {
                shown.order = None;
            }
        }
        Action::OrderLonger | Action::OrderShorter if order.say != Say::Pause => {
            model.refuse("only a pause has an end to choose");
        }
        Action::OrderLonger if order.choice + 1 < PAUSES.len() => order.choice += 1,
        Action::OrderShorter if order.choice > 0 => order.choice -= 1,
        Action::OrderLonger => model.refuse("three days are the longest: say it again then"),
        Action::OrderShorter => model.refuse("an hour is the shortest"),
        Action::OrderReason => {
            let text = order.reason.clone();
            model.prompt = Some(Prompt::new(Purpose::Reason, text));
        }
        // Others want to know why: it is asked for.
        Action::OrderConfirm if order.reason.trim().is_empty() => {
            model.prompt = Some(Prompt::new(Purpose::Reason, ""));
        }
        Action::OrderConfirm if order.say == Say::RollBack => {
            let (promotion, reason) = (order.promotion, order.reason.trim().to_owned());
            return roll_back(model, promotion, reason);
        }
        Action::OrderConfirm => return confirm(model),
        _ => model.refuse(format!(
            "{} does it, {} writes why, {} goes back",
            keys[0], keys[1], keys[2]
        )),
    }
    Vec::new()
}

/// Has it signed.
fn confirm(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let Some(mut order) = shown.order.take() else {
        return Vec::new();
    };
    order.signing = Some(generation);
    let it = shown.of(order.promotion);
    let module = it.map(|it| it.module().to_string()).unwrap_or_default();
    // Of what stands in the log: others see that, too.
    let word = it.and_then(|it| it.recorded.last());
    let word = word.map(|it| it.word.to_string()).unwrap_or_default();
    let words = match order.say {
        Say::Pause => format!("that the watch of {module} waits"),
        Say::Resume => format!("that the watch of {module} goes on"),
        Say::Acknowledge => format!("that {word} of {module} was seen"),
        Say::RollBack => return Vec::new(),
    };
    let said = Said {
        generation,
        promotion: order.promotion,
        say: order.say,
        seconds: order.seconds(),
        word,
        reason: order.reason.trim().to_owned(),
        words,
    };
    shown.order = Some(order);
    vec![Effect::Say(Box::new(said))]
}

/// Takes what was written as the reason.
pub(in crate::console::update) fn reason(model: &mut Model, text: &str) {
    if let Some(order) = view(model).and_then(|shown| shown.order.as_mut()) {
        order.reason = text.to_owned();
    }
}
