//! `docs/keys.md`, printed from the keymaps that are built in.

use super::{Keymap, Preset};
use crate::console::action::{Action, Context};

const INTRO: &str = "\
# Keys

<!-- Printed from keymap.toml, assets/keymaps/ and src/console/action.rs; a test compares.
     Renew it with: COUNTERSIGN_BLESS=1 cargo test --test console keys -->

`?` shows the keys of the screen one is on, the palette (`:`) everything one can do there:
type a few letters of it. What cannot be done now says why, in the palette and when its key
is pressed. The line at the bottom has the keys one needs most; a click there is the key.

## Choosing

`keymap = \"arrows\"` in `config.toml` (docs/configuration.md) chooses a preset: `vim`, which
counts without any choice, or `arrows`, with arrows, Enter, Esc, Tab and letters that begin
the word they stand for.

## Your own

`keymap.toml` beside `config.toml` lies over the preset, action by action: what it does not
name stays as it is.

```toml
[dashboard]
check = [\"ctrl-r\", \"c\"]   # these keys instead of those of the preset
sort-reverse = []          # no key

[global]
top = \"g g\"                # one after the other
```

A section is where its actions apply: `global` on every screen but where text is typed, the
others on theirs, where they come before `global`; in the diff, `diff` comes before `module`.
A key is a character (`\"q\"`, `\"G\"`, `\"?\"`), or one of `enter`, `esc`, `tab`, `space`,
`backspace`, `delete`, `insert`, `up`, `down`, `left`, `right`, `home`, `end`, `pageup`,
`pagedown`, `f1` to `f12`; before it `ctrl-`, `alt-` or `shift-`.

What cannot be is told when the console starts, and by `countersign doctor`, with the places of
both, and the rest counts:

- a key that two actions of a section want, or one that begins the sequence of another: what
  you chose goes before the preset, else what comes first;
- a key of a screen that leaves an action of `global` no key there;
- a character among the keys of `note` or `prompt`: it could not be typed any more;
- what is no key, no action and no section, with the nearest that is.

## All of them
";

/// The whole page.
pub fn markdown() -> String {
    let maps = Preset::ALL.map(|preset| Keymap::new(preset, None).0);
    let mut out = String::from(INTRO);
    for context in Context::ALL {
        out.push_str(&format!(
            "\n### {}: `[{}]`\n\n| action |",
            context.title(),
            context.name()
        ));
        for preset in Preset::ALL {
            out.push_str(&format!(" {} |", preset.name()));
        }
        out.push_str(" does |\n|---|---|---|---|\n");
        for action in Action::ALL.iter().filter(|it| it.context() == context) {
            out.push_str(&format!("| `{}` |", action.name()));
            for map in &maps {
                let keys = map
                    .keys(*action)
                    .iter()
                    .map(|key| code(key))
                    .collect::<Vec<_>>();
                let keys = match keys.is_empty() {
                    true => "none".to_owned(),
                    false => keys.join(" "),
                };
                out.push_str(&format!(" {keys} |"));
            }
            out.push_str(&format!(" {} |\n", action.description()));
        }
    }
    out
}

/// In backticks; a bar would end the cell.
fn code(key: &str) -> String {
    format!("`{}`", key.replace('|', "\\|"))
}
