//! How fast, and how long: what GitHub asks of programs, and what a person waits for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long is waited for what. Tests have a clock of their own.
#[derive(Clone)]
pub struct Pace {
    /// Between two writes at least.
    pub gap: Duration,
    /// One request, with its answer.
    pub deadline: Duration,
    /// For a limit to pass, altogether. A longer one is told.
    pub patience: Duration,
    /// At least, where a limit says no time of its own; grows each time.
    pub least: Duration,
    /// Before looking again for what a write may have done.
    pub looks: Vec<Duration>,
    /// What waits.
    pub sleep: Arc<dyn Fn(Duration) + Send + Sync>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            gap: Duration::from_secs(1),
            deadline: Duration::from_secs(30),
            patience: Duration::from_secs(180),
            least: Duration::from_secs(60),
            looks: [1, 3, 8].map(Duration::from_secs).into(),
            sleep: Arc::new(std::thread::sleep),
        }
    }
}

impl Pace {
    /// Waits.
    pub fn wait(&self, time: Duration) {
        (self.sleep)(time);
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace")
            .field("gap", &self.gap)
            .field("deadline", &self.deadline)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
