//! Of `countersign cache`.

use std::time::Duration;

use clap::{Args, Subcommand};

/// `countersign cache`
#[derive(Debug, Args)]
pub struct CacheArgs {
    /// Print one JSON document, as described in docs/json.md
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do instead of showing it
    #[command(subcommand)]
    pub command: Option<CacheCommand>,
}

/// What can be done with the cache.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Take out what was of no use for longest. It is made again when it is needed,
    /// and what a running Countersign may need is left
    Prune(PruneArgs),
}

/// `countersign cache prune`
#[derive(Debug, Args)]
pub struct PruneArgs {
    /// What was of no use for so long: 90m, 12h, 30d, 8w. Without any rule it is 30d
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub older_than: Option<Duration>,
    /// Until so much is left at most: 500M, 2G. Environments with tools go last
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_size: Option<u64>,
    /// Everything that nobody uses
    #[arg(long)]
    pub all: bool,
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
}

/// `30d` and the like.
pub fn age(text: &str) -> Result<Duration, String> {
    let units = [("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)];
    amount(text, &units)
        .map(Duration::from_secs)
        .ok_or_else(|| "a number and a unit: 90m, 12h, 30d, 8w".into())
}

/// `2G` and the like.
fn size(text: &str) -> Result<u64, String> {
    let units = [
        ("K", 1 << 10),
        ("M", 1 << 20),
        ("G", 1 << 30),
        ("T", 1 << 40),
    ];
    amount(text, &units).ok_or_else(|| "a number and a unit: 500M, 2G".into())
}

fn amount(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    units.iter().find_map(|(unit, each)| {
        let number = text.strip_suffix(unit)?;
        let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| number.parse::<u64>().ok()?.checked_mul(*each))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes_have_units() {
        assert_eq!(age("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(age("0"), Ok(Duration::ZERO));
        assert_eq!(size("2G"), Ok(2 << 30));
        for wrong in [
            "30",
            "d",
            "-1d",
            "1.5d",
            "+1d",
            "99999999999999999999w",
            "9999999999999999w",
        ] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
        for wrong in ["2", "2GB", "G", " 2G", "99999999999T"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
