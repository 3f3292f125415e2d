//! The terminal, lent: to the person's editor, and to OpenSSH, which asks for a passphrase
//! or a touch itself. `None` where we are to leave before either is done.

use std::io::{Read as _, Write as _};

use color_eyre::eyre::Result;

use super::editor;
use super::effect::Decided;
use super::model::review::Outcome;
use super::signals::Signals;
use crate::promotion::RepoPath;
use crate::workflow::Workspace;

/// The longest note that is read from an editor, in bytes; far more than is kept.
const MOST_NOTE: u64 = 1 << 20;

/// Something that has the terminal and can do without it for a while.
pub trait Lend {
    /// Gives it back to how a shell has it.
    fn give(&self);
    /// Takes it again.
    fn take_again(&mut self) -> std::io::Result<()>;
}

/// For who never takes it.
pub struct Untaken;

impl Lend for Untaken {
    fn give(&self) {}

    fn take_again(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Opens a file of the work tree at a line and a column; the notice to show afterwards, if
/// any.
pub async fn edit(
    terminal: &mut impl Lend,
    signals: &mut Signals,
    ws: &Workspace,
    program: &[String],
    (path, line, column): (&RepoPath, u32, u32),
) -> Result<Option<Result<(), String>>> {
    let (file, differs) = match editor::locate(ws, path) {
        Ok(found) => found,
        Err(why) => return Ok(Some(Err(why))),
    };
    terminal.give();
    let result = tokio::select! {
        result = editor::open(program, &file, line, column) => result,
        // The window may be closed, and the editor hang: we go all the same.
        () = signals.leave_editor() => return Ok(None),
    };
    signals.forget_interrupt().await?;
    terminal.take_again()?;
    Ok(Some(match result {
        Ok(()) if differs => Err(format!(
            "{} in the work tree is not as it was checked: the line may be another",
            super::text::path(path)
        )),
        other => other,
    }))
}

/// Has a note written in the person's editor: what it says then, or why it stays as it was.
pub async fn write(
    terminal: &mut impl Lend,
    signals: &mut Signals,
    program: &[String],
    text: &str,
) -> Result<Option<Result<String, String>>> {
    let file = match draft(text) {
        Ok(file) => file,
        Err(error) => return Ok(Some(Err(format!("the note could not be lent: {error}")))),
    };
    terminal.give();
    let result = tokio::select! {
        result = editor::open(program, file.path(), 0, 0) => result,
        () = signals.leave_editor() => return Ok(None),
    };
    signals.forget_interrupt().await?;
    terminal.take_again()?;
    Ok(Some(result.and_then(|()| {
        // By its name: many editors write another file in its place.
        let file = std::fs::File::open(file.path());
        let mut bytes = Vec::new();
        let read = file.and_then(|file| file.take(MOST_NOTE).read_to_end(&mut bytes));
        read.map_err(|error| format!("the note could not be read: {error}"))?;
        Ok(crate::promotion::text::decode(&bytes).into_owned())
    })))
}

/// Signs a decision: `work` runs OpenSSH.
pub async fn sign(
    terminal: &mut impl Lend,
    signals: &mut Signals,
    work: impl FnOnce() -> Outcome + Send + 'static,
    decided: &Decided,
) -> Result<Option<Outcome>> {
    terminal.give();
    let words = super::text::safe(&decided.words).into_owned();
    println!("Countersign signs: {words}");
    println!("ssh-keygen asks for what the key needs; Ctrl-C signs nothing.");
    let done = tokio::select! {
        done = tokio::task::spawn_blocking(work) => done,
        () = signals.leave_editor() => return Ok(None),
    };
    signals.forget_interrupt().await?;
    terminal.take_again()?;
    Ok(Some(done.unwrap_or_else(|error| Outcome::Not {
        verb: decided.verb,
        why: format!("something went wrong while it was signed: {error}"),
    })))
}

/// Signs that something was proposed, promoted or said: `work` runs OpenSSH.
pub async fn record<T: Send + 'static>(
    terminal: &mut impl Lend,
    signals: &mut Signals,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
    words: &str,
) -> Result<Option<Result<T, String>>> {
    terminal.give();
    println!("Countersign records: {}", super::text::safe(words));
    println!("ssh-keygen asks for what the key needs; Ctrl-C records nothing.");
    let done = tokio::select! {
        done = tokio::task::spawn_blocking(work) => done,
        () = signals.leave_editor() => return Ok(None),
    };
    signals.forget_interrupt().await?;
    terminal.take_again()?;
    Ok(Some(done.unwrap_or_else(|error| {
        Err(format!(
            "something went wrong while it was recorded: {error}"
        ))
    })))
}

/// A file that the editor is lent: its owner's only.
fn draft(text: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix("countersign-note-")
        .suffix(".md")
        .tempfile()?;
    file.write_all(text.as_bytes())?;
    // As editors have it: what is added goes on a line of its own.
    if !text.is_empty() && !text.ends_with('\n') {
        file.write_all(b"\n")?;
    }
    file.flush()?;
    Ok(file)
}
