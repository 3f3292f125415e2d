//! Copying what is selected, for another window: as text that means something there.

use super::carry_out;
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::model::module::Pane;
use crate::console::model::{Level, Model, Screen};
use crate::console::text;

/// The longest text that is copied, in bytes: terminals cut or refuse more.
const MOST: usize = 64 << 10;

pub(super) fn act(model: &mut Model) -> Vec<Effect> {
    match chosen(model) {
        None => model.refuse("nothing is selected that could be copied"),
        Some(text) if text.len() > MOST => {
            model.refuse("that is too long for a terminal's clipboard")
        }
        Some(text) => {
            let shown = text.lines().next().unwrap_or_default();
            let more = if text.contains('\n') { " …" } else { "" };
            let words = format!(
                "copied to the terminal's clipboard: {}{more}",
                text::safe(shown)
            );
            model.tell(Level::Info, words);
            return vec![Effect::Copy(text)];
        }
    }
    Vec::new()
}

fn chosen(model: &Model) -> Option<String> {
    match &model.screen {
        Screen::Dashboard => {
            let module = model.dashboard.module()?;
            Some(text::path(&model.catalog.module(module)?.path))
        }
        Screen::Module(view) => {
            let edit = match view.pane {
                Pane::Diff => Action::DiffEdit,
                _ => Action::Edit,
            };
            // What the editor would open is where one is.
            let place = carry_out(&mut model.clone(), edit).into_iter().next();
            match place {
                Some(Effect::Edit { path, line, .. }) => {
                    Some(format!("{}:{line}", text::path(&path)))
                }
                _ => Some(text::path(&view.path)),
            }
        }
        Screen::Review(view) => Some(text::path(&view.module)),
        Screen::Wizard(view) => Some(text::path(&view.module)),
        Screen::Audit(view) => match &view.opened {
            Some(opened) => match &opened.entry {
                Some(Ok(entry)) => {
                    let commands = entry.command.iter();
                    let commands: Vec<_> = commands.map(|it| model.here.command(it)).collect();
                    Some(commands.join("\n"))
                }
                _ => None,
            },
            None => {
                let entry = view.log()?.entries.get(*view.rows.get(view.row.at)?)?;
                Some(model.told(&format!("countersign audit show {}", entry.position)))
            }
        },
        Screen::Canary(view) => Some(text::path(view.selected()?.module())),
    }
}
