//! What the system may ask of the console.

use rustix::process::{Signal as Number, getpid, kill_process};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What the system may ask of us.
pub struct Signals {
    terminate: Signal,
    hangup: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits until somebody wants us to leave.
    pub async fn leave(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// As [`leave`](Self::leave), while an editor has the terminal: Ctrl-C is
    /// for the editor then.
    pub async fn leave_editor(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }

    /// Forgets a Ctrl-C that was for somebody else. It was sent before they ended, but
    /// may not have come yet; signals come in order, so it has once one came that is
    /// sent now.
    pub async fn forget_interrupt(&mut self) -> std::io::Result<()> {
        let mut later = signal(SignalKind::child())?;
        kill_process(getpid(), Number::CHILD)?;
        later.recv().await;
        self.interrupt = signal(SignalKind::interrupt())?;
        Ok(())
    }
}
