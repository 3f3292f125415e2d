//! Taking up where the console was left.

use super::dashboard::{open, rebuild, return_to, seek};
use super::module;
use crate::console::effect::Effect;
use crate::console::model::module::Pane;
use crate::console::model::session::Session;
use crate::console::model::{Level, Model};

/// Goes where a person was, as far as it is still there.
pub(super) fn resume(model: &mut Model, mut session: Box<Session>) -> Vec<Effect> {
    // What was looked at was on another branch: the rest follows once that is read. Where it
    // is gone, it is told, and the rest is looked for on what was opened.
    if let Some(branch) = session.looking.take() {
        model.session = Some(session);
        return super::look(model, Some(branch));
    }
    session.unfold(model);
    rebuild(model, false);
    match &session.selected {
        Some(path) if model.catalog.find(path).is_some() => {
            return_to(model, path);
            // They chose this row: what waits for them has its heading above.
            model.touched = true;
        }
        // It may have been promoted meanwhile.
        Some(path) => seek(model, path.clone()),
        None => {}
    }
    let open_then = session.open.as_ref();
    let Some((id, pane)) =
        open_then.and_then(|(path, pane)| Some((model.catalog.find(path)?, *pane)))
    else {
        return Vec::new();
    };
    let mut effects = open(model, id);
    if pane != Pane::Gates {
        effects.extend(module::show(model, |_| pane));
    }
    let key = model.key(crate::console::action::Action::Back);
    model.tell(
        Level::Info,
        format!("this is where you left; {key} goes to the dashboard"),
    );
    effects
}
