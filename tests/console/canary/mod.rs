//! The canary screen: the list, one promotion, and what is said of it.

mod list;
mod one;
mod order;
mod world;

use countersign::console::effect::{Doing, Effect};
use countersign::console::event::{Event, Message};
use countersign::console::model::canary::{CanaryView, Told, Watched};
use countersign::console::model::errand::{Look, Sheet, Told as Errands};
use countersign::console::model::{Model, Screen};
use countersign::console::theme::Theme;
use countersign::console::update::update;
use countersign::promotion::rollback::State;
use countersign::workflow::observe::Standing;
use ratatui::layout::Size;

use crate::fixture::{NOW, keys, loaded, send};
use crate::picture::{draw, text};
use world::id;

pub use world::{all, failing, healthy, held, hostile, rolling, watched};

const SIZE: Size = Size::new(100, 30);
const SECONDS: i64 = NOW / 1_000;
const HOUR: i64 = 3_600;

/// What is on the screen.
fn seen(model: &Model) -> String {
    text(&draw(model, &Theme::dark()))
}

pub fn view(model: &Model) -> &CanaryView {
    match &model.screen {
        Screen::Canary(view) => view,
        other => panic!("{other:?}"),
    }
}

pub fn tell(model: &mut Model, generation: u64, told: Told) -> Vec<Effect> {
    let message = Message::Canary {
        generation,
        at: NOW,
        told,
    };
    update(model, Event::Message(message))
}

/// The screen with that on it.
pub fn canary_of(size: Size, watched: Watched) -> Model {
    let mut model = loaded(size);
    keys(&mut model, "C");
    let generation = view(&model).generation;
    tell(&mut model, generation, Told::Read(Ok(Box::new(watched))));
    model
}

/// One promotion, open.
pub fn one(size: Size, it: Standing) -> Model {
    let mut model = canary_of(size, watched(vec![it]));
    keys(&mut model, "<enter>");
    model
}

/// About to be had to wait, with a reason.
pub fn pausing(size: Size) -> Model {
    let mut model = one(size, healthy());
    keys(&mut model, "pea known outage<enter>");
    model
}

fn plan() -> Sheet {
    let line = |look, text: &str| (look, text.to_owned());
    Sheet {
        text: vec![
            line(Look::Title, "lukhas/memory_fold to candidate/memory/fold"),
            line(Look::Text, "takes back 6c6c6c6c6c on main"),
            line(Look::Text, "from main of origin, at 0123456789"),
            line(Look::Text, ""),
            line(Look::Title, "Changes"),
            line(Look::Text, "  lukhas/memory_fold/__init__.py"),
        ],
        may: Ok(
            "pushes a commit onto main of origin that takes 6c6c6c6c6c back; where main is \
             protected, a branch and a pull request; then makes the branch hotfix/fold-20260922 \
             and runs Gate 1 on it; nobody is told"
                .into(),
        ),
        gates: Vec::new(),
    }
}

/// What taking it back would do, to be confirmed.
pub fn planned(size: Size) -> Model {
    let mut model = one(size, failing());
    keys(&mut model, "Rethe fold loses items<enter>");
    let effects = keys(&mut model, "<enter>");
    let [
        Effect::Errand(Doing::ReadRollback {
            generation,
            promotion,
            reason,
        }),
    ] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!(
        (*promotion, reason.as_str()),
        (id(8), "the fold loses items")
    );
    let told = Errands::Read(Ok(Box::new(plan())));
    let generation = *generation;
    send(&mut model, Message::Errand { generation, told });
    model
}

/// It is being taken back from here.
pub fn stepping(size: Size) -> Model {
    let mut model = planned(size);
    let effects = keys(&mut model, "<enter>");
    let [Effect::Errand(Doing::Go { generation })] = effects[..] else {
        panic!("{effects:?}");
    };
    let told = Errands::Step(State::Claimed);
    send(&mut model, Message::Errand { generation, told });
    model
}
