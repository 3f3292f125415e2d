//! What a person types and clicks, as events of the loop.

use std::os::fd::AsRawFd as _;
use std::time::Duration;

use crossterm::event::{Event as Terminal, EventStream};
use futures_util::StreamExt;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

use super::event::Event;

/// To leave what it reads takes a reader no time, where it ever does.
const PATIENCE: Duration = Duration::from_millis(500);

/// Reads the terminal as long as this lives.
pub struct Input {
    task: JoinHandle<()>,
}

impl Input {
    /// Starts to read.
    pub fn start(events: UnboundedSender<Event>) -> Self {
        // A task of its own, so that the loop can drain what it has read
        // without polling the terminal.
        let task = tokio::spawn(async move {
            let mut stream = EventStream::new();
            while let Some(Ok(event)) = stream.next().await {
                if events.send(translate(event)).is_err() {
                    return;
                }
            }
            // The terminal is gone.
            let _ = events.send(Event::Leave);
        });
        Self { task }
    }

    /// Ends reading; what is typed from now on is for someone else.
    pub async fn stop(self) {
        self.task.abort();
        // It ends by being aborted: that is no error. Where the terminal is gone it may
        // never end: crossterm reads on at an end of file, and lets nobody in between.
        let _ = tokio::time::timeout(PATIENCE, self.task).await;
        // Dropping the stream wakes its poll. If that had just ended, the next
        // one would wake instead, and with it miss a key that is there already:
        // the terminal is announced once only. So the wake is used up here.
        let drain = || crossterm::event::poll(Duration::from_millis(10));
        let _ = tokio::task::spawn_blocking(drain).await;
    }
}

/// Tells when the terminal is gone, as long as the program lives. A terminal of
/// our own sends a signal then; one that is not does not, and reading from it
/// never says so: it goes on forever.
pub fn watch(events: UnboundedSender<Event>) {
    // It waits in the kernel, so a thread of its own; nothing is left to do for
    // it once it has ended.
    std::thread::spawn(move || {
        if let Ok(()) = gone() {
            // Nobody listens any more: we are leaving.
            let _ = events.send(Event::Leave);
        }
    });
}

/// Waits until the terminal on standard input is gone.
fn gone() -> std::io::Result<()> {
    // What is typed is none of ours, and wakes nobody here.
    #[cfg(target_os = "linux")]
    const ASKED: Interest = Interest::PRIORITY;
    #[cfg(not(target_os = "linux"))]
    const ASKED: Interest = Interest::READABLE;
    let terminal = std::io::stdin();
    let mut poll = Poll::new()?;
    let fd = terminal.as_raw_fd();
    poll.registry()
        .register(&mut SourceFd(&fd), Token(0), ASKED)?;
    let mut seen = Events::with_capacity(4);
    loop {
        match poll.poll(&mut seen, None) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            result => result?,
        }
        // This is told whatever was asked for.
        if seen.iter().any(|it| it.is_read_closed() || it.is_error()) {
            return Ok(());
        }
    }
}

fn translate(event: Terminal) -> Event {
    match event {
        Terminal::Key(key) => Event::Key(key),
        Terminal::Mouse(mouse) => Event::Mouse(mouse),
        Terminal::Paste(text) => Event::Paste(text),
        Terminal::Resize(width, height) => Event::Resize(width, height),
        Terminal::FocusGained => Event::Focus(true),
        Terminal::FocusLost => Event::Focus(false),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_reader_that_never_comes_back_is_left_behind() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let (began, begun) = std::sync::mpsc::channel();
        let (ended, end) = std::sync::mpsc::channel();
        let wanted = Arc::new(AtomicBool::new(true));
        let reads = wanted.clone();
        let task = runtime.spawn(async move {
            began.send(()).unwrap();
            while reads.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
        });
        begun.recv().unwrap();
        let waiting = runtime.spawn(Input { task }.stop());
        std::thread::spawn(move || ended.send(runtime.block_on(waiting).is_ok()));
        // Far more than it takes.
        let left = end.recv_timeout(Duration::from_secs(60));
        wanted.store(false, Ordering::Relaxed);
        assert_eq!(left, Ok(true));
    }
}
