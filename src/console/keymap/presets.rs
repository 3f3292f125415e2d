//! The keymaps that are built in. A person chooses one in `config.toml`; their own
//! `keymap.toml` lies over it.

/// A keymap that is built in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// As in vim: `h`, `j`, `k`, `l`, `g g`, `z M`; arrows work as well.
    #[default]
    Vim,
    /// Arrows, Enter, Esc, and single letters and function keys that say what they do.
    Arrows,
}

impl Preset {
    /// All of them, in the order they are described.
    pub const ALL: [Self; 2] = [Self::Vim, Self::Arrows];

    /// Its name in `config.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vim => "vim",
            Self::Arrows => "arrows",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// How its places are named in notices.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Vim => "vim preset",
            Self::Arrows => "arrows preset",
        }
    }

    /// What it says.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Vim => include_str!("../../../keymap.toml"),
            Self::Arrows => include_str!("../../../assets/keymaps/arrows.toml"),
        }
    }
}
