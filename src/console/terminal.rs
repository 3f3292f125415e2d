//! The terminal: taken over, drawn to, given back whatever happens.

use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::{Hide, RestorePosition, SavePosition, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
};
use crossterm::style::{Print, ResetColor};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Frame;
use ratatui::backend::Backend as _;
use ratatui::layout::Rect;

use super::lent::Lend;
use super::links::{self, Link};
use super::model::Model;
use super::page::{Page, Painter};

/// Clicks, the wheel, and movements with a button down: a mouse that merely passes over
/// the window must not wake us.
const MOUSE_ON: &str = "\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l";

/// True while the terminal is ours.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// What a thread other than the drawing one panicked with.
static PANICKED: Mutex<Option<String>> = Mutex::new(None);

/// The terminal, ours as long as this lives.
pub struct Terminal {
    inner: ratatui::Terminal<Painter>,
    page: Page,
    /// What leads somewhere on the screen, and of which size it is.
    links: (Vec<Link>, Rect),
    /// The terminal knows what a link is, or skips over it.
    knows_links: bool,
}

impl Terminal {
    /// Takes the terminal over.
    pub fn enter() -> io::Result<Self> {
        take()?;
        let page = Page::default();
        let inner = ratatui::Terminal::new(Painter::new(page.clone()))?;
        let kind = std::env::var("TERM").unwrap_or_default();
        Ok(Self {
            inner,
            page,
            links: Default::default(),
            knows_links: !matches!(kind.as_str(), "" | "dumb" | "linux"),
        })
    }

    /// Draws a frame: what changed leaves in one write, which terminals that
    /// can show at once.
    pub fn draw(&mut self, model: &Model, render: impl FnOnce(&mut Frame)) -> io::Result<()> {
        queue!(self.page, BeginSynchronizedUpdate)?;
        let drawn = self.inner.draw(render)?;
        let found = (links::find(model, drawn.buffer), drawn.area);
        if self.knows_links && found != self.links {
            self.links = found;
            self.link()?;
        }
        queue!(self.page, EndSynchronizedUpdate)?;
        let bytes = self.page.take();
        let mut out = io::stdout().lock();
        out.write_all(&bytes)?;
        out.flush()
    }

    /// Writes the cells of links again, saying where they lead. A cell that is written
    /// without that leads nowhere any more, so that nothing need be taken back.
    fn link(&mut self) -> io::Result<()> {
        if self.links.0.is_empty() {
            return Ok(());
        }
        queue!(self.page, SavePosition)?;
        for link in &self.links.0 {
            queue!(self.page, Print(format!("\x1b]8;;{}\x1b\\", link.address)))?;
            let cells = (link.at.x..).zip(&link.cells);
            let cells = cells.map(|(x, cell)| (x, link.at.y, cell));
            self.inner.backend_mut().draw(cells)?;
            queue!(self.page, Print("\x1b]8;;\x1b\\"))?;
        }
        queue!(self.page, RestorePosition)
    }

    /// Puts a text into the terminal's clipboard, where the terminal lets programs do that.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut bytes = Vec::new();
        queue!(bytes, CopyToClipboard::to_clipboard_from(text))?;
        self.whisper(&bytes)
    }

    /// Forgets what is on the screen: the next frame draws all of it.
    pub fn forget(&mut self) -> io::Result<()> {
        // Not `clear`, which asks the terminal where its cursor is: one that does
        // not answer would end us.
        let size = self.inner.size()?;
        self.links = Default::default();
        self.inner.resize(size.into())
    }

    /// Writes something no one sees.
    pub fn whisper(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }
}

impl Lend for Terminal {
    fn give(&self) {
        give_back();
    }

    fn take_again(&mut self) -> io::Result<()> {
        take()?;
        self.forget()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        Hide,
        EnableBracketedPaste,
        EnableFocusChange,
        Print(MOUSE_ON)
    )
}

/// Gives the terminal back. Does nothing where it is not ours, and goes on
/// where a step fails: the steps after it still help.
pub fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = execute!(out, Print(leave_sequence()));
    let _ = execute!(out, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

/// What undoes everything that [`Terminal::enter`] wrote.
pub fn leave_sequence() -> String {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail.
    let _ = queue!(
        bytes,
        EndSynchronizedUpdate,
        Print(MOUSE_OFF),
        DisableFocusChange,
        DisableBracketedPaste,
        ResetColor,
        LeaveAlternateScreen,
        Show
    );
    String::from_utf8(bytes).unwrap_or_default()
}

/// Makes panics readable: on the drawing thread (the caller's) the terminal is
/// given back before the report; on another one the report is kept for
/// [`take_panic`], since the console goes on.
pub fn install_panic_hook() {
    let drawing: ThreadId = std::thread::current().id();
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let ours = TAKEN.load(Ordering::SeqCst);
        if ours && std::thread::current().id() != drawing {
            let mut kept = PANICKED.lock().unwrap_or_else(|e| e.into_inner());
            *kept = Some(info.to_string().replace('\n', " "));
            return;
        }
        give_back();
        report(info);
    }));
}

/// What a worker panicked with, once.
pub fn take_panic() -> Option<String> {
    PANICKED.lock().unwrap_or_else(|e| e.into_inner()).take()
}
