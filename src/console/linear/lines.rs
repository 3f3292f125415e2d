//! What a person types, line by line, and only when a line is wanted: what they are asked
//! by others meanwhile (an editor, ssh-keygen) is not ours to read.

use std::io::BufRead as _;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::promotion::text::decode;

/// The longest line that is taken, in bytes.
const MOST: u64 = 1 << 16;

/// Reads standard input on a thread of its own.
pub struct Lines {
    want: UnboundedSender<()>,
    lines: UnboundedReceiver<Option<String>>,
    wanted: bool,
}

impl Lines {
    /// Starts the thread. It ends with the input, or when nobody wants a line any more.
    pub fn start() -> Self {
        let (want, mut wanted) = unbounded_channel();
        let (sender, lines) = unbounded_channel();
        std::thread::spawn(move || {
            let mut input = std::io::stdin().lock();
            while wanted.blocking_recv().is_some() {
                let mut line = Vec::new();
                let mut limited = std::io::Read::take(&mut input, MOST);
                let read = limited.read_until(b'\n', &mut line);
                let line = matches!(read, Ok(n) if n > 0).then(|| decode(&line).into_owned());
                let ended = line.is_none();
                if sender.send(line).is_err() || ended {
                    return;
                }
            }
        });
        Self {
            want,
            lines,
            wanted: false,
        }
    }

    /// The next line, without its end; `None` at the end of the input. May be dropped and
    /// asked again: the line is not lost.
    pub async fn next(&mut self) -> Option<String> {
        if !self.wanted {
            self.want.send(()).ok()?;
            self.wanted = true;
        }
        let line = self.lines.recv().await.flatten();
        self.wanted = false;
        line.map(|it| it.trim_end_matches(['\r', '\n']).to_owned())
    }
}
