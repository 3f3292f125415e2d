//! The terminal: a pure core ([`update`](mod@update), [`screens`]) in a thin
//! shell ([`run_loop`], [`worker`], [`terminal`]).
//!
//! An [`event`] changes the [`model`] and yields [`effect`]s; the worker carries
//! them out and answers with further events. Drawing reads the model and
//! changes nothing.

use std::path::PathBuf;

use color_eyre::Result;
use color_eyre::eyre::WrapErr;
use ratatui::layout::Size;

pub mod action;
pub mod diff;
pub mod editor;
pub mod effect;
pub mod event;
pub mod glyphs;
pub mod guard;
pub mod input;
pub mod journal;
pub mod keymap;
pub mod layout;
pub mod lent;
pub mod linear;
pub mod links;
pub mod model;
pub mod page;
pub mod progress;
pub mod run_loop;
pub mod screens;
pub mod session;
pub mod signals;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod update;
pub mod widgets;
pub mod worker;

use crate::config::user;
use crate::promotion::RepoPath;
use crate::promotion::here::Here;
use crate::workflow::colours::{self, Colours};
use crate::workflow::{Workspace, dirs};
use keymap::{Keymap, Preset};
use linear::Linear;
use model::{Level, Model};
use run_loop::Loop;
use session::Sessions;
use theme::Theme;
use worker::{Source, Worker};

/// What the console is opened on.
#[derive(Clone, Debug)]
pub struct Options {
    /// Somewhere in the repository.
    pub path: PathBuf,
    /// The revision; `None`: what is checked out.
    pub rev: Option<String>,
    /// How commands are to be typed there.
    pub here: Here,
    /// The module whose canary is shown first; `None`: the dashboard is.
    pub canary: Option<RepoPath>,
    /// A theme's name, before that of the settings.
    pub theme: Option<String>,
    /// Plain lines, read and answered in order; also where the settings say so.
    pub linear: bool,
}

/// Why the console can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Output goes elsewhere.
    #[error(
        "the console needs a terminal. `countersign list` and `countersign show` tell the same without one"
    )]
    NoTerminal,
}

/// Opens the console and runs it to its end.
pub fn open(options: Options) -> Result<()> {
    use std::io::IsTerminal;
    let workspace = Workspace::open(&options.path, options.rev.as_deref())?;
    let settings = Settings::read(options.theme.as_deref())?;
    let linear = options.linear || settings.linear;
    let terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if !linear && !terminal {
        return Err(ConsoleError::NoTerminal.into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .wrap_err("cannot start the console's threads")?;
    let result = runtime.block_on(run(options, settings, workspace, linear));
    // Whoever still reads for us reads for nobody.
    runtime.shutdown_background();
    result
}

/// Runs the console on an open workspace.
async fn run(
    options: Options,
    settings: Settings,
    workspace: Workspace,
    linear: bool,
) -> Result<()> {
    terminal::install_panic_hook();
    let (sender, events) = tokio::sync::mpsc::unbounded_channel();
    journal::listen(sender.clone());
    let gates = worker::gates(&workspace);
    let header = worker::header(&workspace, false);
    let size = match linear {
        true => linear::ENDLESS,
        false => {
            let (width, height) = crossterm::terminal::size().unwrap_or((80, 24));
            Size::new(width, height)
        }
    };
    let mut model = Model::new(header, gates, settings.keymap, size, worker::now());
    let notices = settings.notice.iter().chain(&settings.slips);
    model.here = options.here;
    for notice in workspace.notices().iter().chain(notices) {
        model.tell(Level::Warning, notice.clone());
    }
    let source = Source {
        path: options.path,
        rev: options.rev,
    };
    let sessions = Sessions::of(workspace.repo().common_dir()).filter(|_| !linear);
    if let Some(sessions) = &sessions {
        // What one is sent to comes before where one was.
        let resume = settings.resume && options.canary.is_none();
        sessions.restore(&mut model, resume, source.rev.is_some());
    }
    model.first = options.canary;
    let worker = Worker::new(source, workspace, sender.clone());
    let editor = settings.editor;
    if linear {
        let out = Box::new(std::io::BufWriter::new(std::io::stdout()));
        let running = Linear {
            model,
            worker,
            sender,
            events,
            editor,
            out,
            last: None,
        };
        return running.run().await;
    }
    let running = Loop {
        model,
        theme: settings.theme,
        worker,
        sender,
        events,
        editor,
        sessions,
    };
    running.run().await
}

/// A person's settings, and what is wrong with them.
struct Settings {
    theme: Theme,
    keymap: Keymap,
    editor: Vec<String>,
    linear: bool,
    resume: bool,
    /// Of `config.toml`.
    notice: Option<String>,
    /// Of the keymap and the theme.
    slips: Vec<String>,
}

/// What is wrong with a person's keymap and with the theme they chose, as it is told when the
/// console starts. Of the rest of their settings [`user::load`] tells.
pub fn slips() -> Vec<String> {
    match Settings::read(None) {
        Ok(settings) => settings.slips,
        Err(error) => vec![error.to_string()],
    }
}

impl Settings {
    /// A theme that was asked for on the command line must be there; a slip in
    /// the settings is told and keeps nobody from their work.
    fn read(theme: Option<&str>) -> Result<Self> {
        let mut slips = Vec::new();
        let env = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let config_dir = dirs::config_dir().ok();
        let (user, notice) = config_dir.as_deref().map(user::load).unwrap_or_default();
        let keys = config_dir.as_ref();
        let keys = keys.and_then(|dir| own_keys(dir, &mut slips));
        let preset = user.keymap.as_deref().and_then(Preset::named);
        let (keymap, problems) = Keymap::new(preset.unwrap_or_default(), keys.as_deref());
        slips.extend(problems);

        let colorfgbg = env("COLORFGBG");
        let themes = config_dir.map(|dir| dir.join("themes"));
        let named = |name: &str| Theme::named(name, colorfgbg.as_deref(), themes.as_deref());
        let colours = colours::colours(env);
        let chosen = match (theme, &user.theme) {
            // Who asks for a theme now wants its colours, whatever was set once.
            (Some(name), _) => named(name)?.on(colours.max(Colours::Sixteen)),
            (None, Some(name)) => named(name)
                .unwrap_or_else(|problem| {
                    slips.push(format!("config.toml: {problem}"));
                    Theme::dark()
                })
                .on(colours),
            (None, None) => named("auto")?.on(colours),
        };
        let locale = [env("LC_ALL"), env("LC_CTYPE"), env("LANG")];
        let glyphs = glyphs::Glyphs::for_locale(locale.each_ref().map(|v| v.as_deref()));
        let editor = editor::choose(
            user.editor.as_deref(),
            env("VISUAL").as_deref(),
            env("EDITOR").as_deref(),
        );
        Ok(Self {
            theme: chosen.with_glyphs(glyphs),
            keymap,
            editor,
            linear: user.linear,
            resume: user.resume,
            notice,
            slips,
        })
    }
}

/// A person's own keymap, where there is one.
fn own_keys(dir: &std::path::Path, slips: &mut Vec<String>) -> Option<String> {
    let path = dir.join(keymap::FILE_NAME);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            slips.push(format!("{} cannot be read: {error}", path.display()));
            None
        }
    }
}
