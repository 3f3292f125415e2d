//! Where commands print. Safe by construction: every text that reaches the
//! terminal has passed `promotion::text`, and JSON escapes what would act on one.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use color_eyre::Result;
use serde::Serialize;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::prose::broken;
use crate::promotion::here::Here;
use crate::promotion::text;

/// Back to the beginning of the line, and nothing on it.
const ANEW: &str = "\r\u{1b}[K";

/// How a piece of text looks on a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    #[default]
    Plain,
    /// Stands out.
    Strong,
    /// Steps back.
    Faint,
    /// Holds.
    Good,
    /// Needs a look.
    Warning,
    /// Does not hold.
    Bad,
    /// The part that is new.
    GoodPart,
    /// The part that is gone.
    BadPart,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Good => "32",
            Self::Warning => "33",
            Self::Bad => "31",
            Self::GoodPart => "1;4;32",
            Self::BadPart => "1;4;31",
        }
    }
}

/// Standard output and standard error of a command.
pub struct Output {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// Colours and human layout on standard output.
    terminal: bool,
    colour: bool,
    err_colour: bool,
    err_terminal: bool,
    /// A person looks at standard error, on a terminal that can draw a line anew.
    live: bool,
    /// Such a line stands there now.
    drawn: bool,
    /// The reader of standard output went away: nothing more is written, and
    /// the command's own result stands.
    closed: bool,
    here: Here,
}

/// The envelope of every JSON document; see `docs/json.md`.
#[derive(Serialize)]
struct Envelope<'a, T> {
    schema: &'static str,
    version: u32,
    #[serde(flatten)]
    body: &'a T,
}

impl Output {
    /// That of this process.
    pub fn process() -> Self {
        let able = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let wanted = able && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let terminal = io::stdout().is_terminal();
        Self {
            out: Box::new(io::BufWriter::new(io::stdout())),
            err: Box::new(io::stderr()),
            terminal,
            colour: wanted && terminal,
            err_colour: wanted && io::stderr().is_terminal(),
            err_terminal: io::stderr().is_terminal(),
            live: able && io::stderr().is_terminal(),
            drawn: false,
            closed: false,
            here: Here::default(),
        }
    }

    /// One that writes elsewhere, without colours: for tests.
    pub fn to(out: impl Write + Send + 'static, err: impl Write + Send + 'static) -> Self {
        Self {
            out: Box::new(out),
            err: Box::new(err),
            terminal: false,
            colour: false,
            err_colour: false,
            err_terminal: false,
            live: false,
            drawn: false,
            closed: false,
            here: Here::default(),
        }
    }

    /// From now on, commands are told as they are to be typed there.
    pub fn look(&mut self, here: Here) {
        self.here = here;
    }

    /// Words of ours with commands in them, each as it is to be typed here. What goes to
    /// standard error has them so anyway.
    pub fn here(&self, words: impl Display) -> String {
        self.here.words(&words.to_string())
    }

    /// A command of a shell, as it is to be typed here.
    pub fn command(&self, line: &str) -> String {
        self.here.command(line)
    }

    /// How git is called there.
    pub fn git(&self) -> String {
        self.here.git()
    }

    /// True where a person looks at standard output.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// One line, made safe: see [`Output::spans`].
    pub fn line(&mut self, line: impl Display) -> Result<()> {
        self.spans(&[(Style::Plain, &line.to_string())])
    }

    /// Several lines that stay as they are, each made safe.
    pub fn lines(&mut self, lines: impl Display) -> Result<()> {
        let lines = lines.to_string();
        let mut lines = lines.lines();
        lines.try_for_each(|line| self.exact(&[(Style::Plain, line)]))
    }

    /// One line of differently styled pieces, each made safe, that stays as it is: read by
    /// columns, line for line, or copied.
    pub fn exact(&mut self, spans: &[(Style, &str)]) -> Result<()> {
        let mut line = String::new();
        for (style, piece) in spans {
            push_styled(&mut line, self.colour, *style, piece);
        }
        line.push('\n');
        self.write(line.as_bytes())
    }

    /// The same for what people read: on a terminal it is broken between words, below where
    /// it begins behind its label.
    pub fn spans(&mut self, spans: &[(Style, &str)]) -> Result<()> {
        let spans: Vec<(Style, String)> = spans
            .iter()
            .map(|(style, piece)| (*style, text::visible(piece).into_owned()))
            .collect();
        let line: String = spans.iter().map(|(_, piece)| piece.as_str()).collect();
        let label = match spans.as_slice() {
            [labels @ .., _] if labels.last().is_some_and(|(_, it)| it.ends_with(' ')) => {
                labels.iter().map(|(_, it)| it.width()).sum()
            }
            _ => line.len() - line.trim_start_matches(' ').len(),
        };
        let cells = self.cells();
        let hang = label.min(cells / 2);
        for (at, part) in broken(&line, cells, hang).into_iter().enumerate() {
            let blank = " ".repeat(if at == 0 { 0 } else { hang });
            let mut row = vec![(Style::Plain, blank.as_str())];
            let mut begins = 0;
            for (style, piece) in &spans {
                let ends = begins + piece.len();
                let within = part.start.max(begins)..part.end.min(ends);
                if !within.is_empty() {
                    row.push((*style, &line[within]));
                }
                begins = ends;
            }
            self.exact(&row)?;
        }
        Ok(())
    }

    /// For how much a line of standard output has room: for anything where nobody looks.
    fn cells(&self) -> usize {
        match self.terminal {
            true => cells(io::stdout()),
            false => usize::MAX,
        }
    }

    /// Text of our own that a program reads, as it is. Nothing from outside is in it.
    pub fn verbatim(&mut self, own: &[u8]) -> Result<()> {
        self.write(own)
    }

    /// A question, on a line that the answer is written on.
    pub fn ask(&mut self, question: &str) -> Result<()> {
        let question = text::visible(question);
        let parts = broken(&question, self.cells(), 0);
        let last = parts.len() - 1;
        let mut text = String::new();
        for (at, part) in parts.into_iter().enumerate() {
            // The blank before the answer belongs to no word.
            let end = if at == last { question.len() } else { part.end };
            let row = &question[part.start..end];
            push_styled(&mut text, self.colour, Style::Strong, row);
            text.push_str(if at == last { "" } else { "\n" });
        }
        self.write(text.as_bytes())?;
        self.finish()
    }

    /// The JSON document of a command: `schema` is `countersign.<command>`.
    pub fn json<T: Serialize>(
        &mut self,
        schema: &'static str,
        version: u32,
        body: &T,
    ) -> Result<()> {
        let envelope = Envelope {
            schema,
            version,
            body,
        };
        self.document(&envelope)
    }

    /// A JSON document that says itself what it is.
    pub fn document<T: Serialize>(&mut self, document: &T) -> Result<()> {
        let mut json = serde_json::to_string(document)?;
        if self.terminal {
            json = serde_json::to_string_pretty(document)?;
        }
        let mut json = text::escape_json(&json);
        json.push('\n');
        self.write(json.as_bytes())
    }

    /// What a person should know beside the result, on standard error.
    pub fn notice(&mut self, notice: impl Display) {
        self.words((Style::Warning, "note: "), &notice.to_string());
    }

    /// What went wrong, on standard error.
    pub fn error(&mut self, error: &str) {
        self.words((Style::Bad, "error: "), error);
    }

    /// More of it.
    pub fn error_line(&mut self, line: &str) {
        self.words((Style::Plain, ""), line);
    }

    /// Sentences behind what they are, on standard error.
    fn words(&mut self, (style, lead): (Style, &str), words: &str) {
        let cells = match self.err_terminal {
            true => cells(io::stderr()),
            false => usize::MAX,
        };
        let mut text = String::new();
        push_styled(&mut text, self.err_colour, style, lead);
        let words = format!("{lead}{}", self.here(words));
        let mut from = lead.len();
        for line in words.lines() {
            let line = text::visible(line);
            let hang = line.len() - line.trim_start_matches(' ').len();
            for (at, part) in broken(&line, cells, hang).into_iter().enumerate() {
                text.push_str(&" ".repeat(if at == 0 { 0 } else { hang }));
                text.push_str(&line[part.start.max(from)..part.end.max(from)]);
                text.push('\n');
                from = 0;
            }
        }
        self.tell(&text);
    }

    /// True where a line can be drawn anew, see [`Output::status`].
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// The line at the end of standard error that says how it goes: drawn anew
    /// each time, gone as soon as anything else is written. Made safe, and cut to
    /// the terminal's width.
    pub fn status(&mut self, line: &str) {
        if !self.live {
            return;
        }
        let width = cells(io::stderr());
        let mut shown = String::from(ANEW);
        let mut used = 0;
        for c in text::visible(line).chars() {
            used += c.width().unwrap_or_default();
            if used >= width {
                break;
            }
            shown.push(c);
        }
        let _ = self.err.write_all(shown.as_bytes());
        self.drawn = true;
    }

    /// Takes that line away.
    pub fn clear_status(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = self.err.write_all(ANEW.as_bytes());
        }
    }

    /// Below everything that was printed before.
    fn tell(&mut self, text: &str) {
        self.clear_status();
        // What is wrong with it is told by the next that is printed.
        let _ = self.out.flush();
        let _ = self.err.write_all(text.as_bytes());
    }

    /// Writes what is still held back.
    pub fn finish(&mut self) -> Result<()> {
        let result = self.out.flush();
        self.settle(result)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.out.write_all(bytes);
        self.settle(result)
    }

    fn settle(&mut self, result: io::Result<()>) -> Result<()> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            result => Ok(result?),
        }
    }
}

fn push_styled(line: &mut String, colour: bool, style: Style, piece: &str) {
    let piece = text::visible(piece);
    if colour && style != Style::Plain {
        line.push_str("\u{1b}[");
        line.push_str(style.code());
        line.push('m');
        line.push_str(&piece);
        line.push_str("\u{1b}[0m");
    } else {
        line.push_str(&piece);
    }
}

/// How wide a terminal is.
fn cells(of: impl AsFd) -> usize {
    match rustix::termios::tcgetwinsize(of) {
        Ok(size) if size.ws_col > 0 => usize::from(size.ws_col).max(20),
        _ => 80,
    }
}
