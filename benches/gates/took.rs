//! What a command took: on the wall, and of the processors.

use std::fmt;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// Of one command, or of several.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    /// From start to end.
    pub wall: Duration,
    /// User and system time of it and all its children.
    pub cpu: Duration,
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        write!(f, "{:8.0} ms  CPU {:6.0} ms", ms(self.wall), ms(self.cpu))
    }
}

impl std::ops::Add for Took {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            wall: self.wall + other.wall,
            cpu: self.cpu + other.cpu,
        }
    }
}

impl std::iter::Sum for Took {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| sum + one)
    }
}

/// Runs a command to its end.
pub fn output(command: &mut Command) -> (Took, Output) {
    let (before, started) = (children(), Instant::now());
    let output = command.output().expect("it can be started");
    let took = Took {
        wall: started.elapsed(),
        cpu: children().saturating_sub(before),
    };
    (took, output)
}

/// The time of the processors that children took which have ended, to 10 ms.
fn children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = fields
        .split_ascii_whitespace()
        .skip(13)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// The median, of each for itself.
pub fn middle(mut all: Vec<Took>) -> Took {
    let at = all.len() / 2;
    let mut take = |key: fn(&Took) -> Duration| {
        all.sort_by_key(key);
        all.get(at).map(key).unwrap_or_default()
    };
    Took {
        wall: take(|took| took.wall),
        cpu: take(|took| took.cpu),
    }
}
