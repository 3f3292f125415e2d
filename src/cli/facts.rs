//! Facts of modules in words.

use crate::promotion::{Owner, OwnerSource};

/// The day of a time, UTC: the same on every machine.
pub fn day(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map(|time| time.strftime("%Y-%m-%d").to_string())
        .unwrap_or_else(|_| "?".into())
}

/// The minute of a time, UTC.
pub fn minute(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map(|time| time.strftime("%Y-%m-%d %H:%M").to_string())
        .unwrap_or_else(|_| "?".into())
}

/// A name, and a mark where it is only a guess.
pub fn owner(owner: &Owner) -> String {
    match owner.source {
        OwnerSource::Config | OwnerSource::Codeowners => owner.name.clone(),
        OwnerSource::History => format!("{}?", owner.name),
    }
}

/// Where an owner's name comes from.
pub fn source(source: OwnerSource) -> &'static str {
    match source {
        OwnerSource::Config => "countersign.toml",
        OwnerSource::Codeowners => "CODEOWNERS",
        OwnerSource::History => "wrote most of its recent commits; nobody is assigned",
    }
}

/// Bytes for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
