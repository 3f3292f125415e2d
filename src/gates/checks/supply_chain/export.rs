//! The dated export of OSV's advisories: a directory with one JSON file each,
//! fetched by whoever may, read here without any network.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::distribution::canonical;
use super::osv::Advisory;
use crate::gates::Trouble;
use crate::gates::cache::{Store, digest, key_of};

/// What may stand beside the records.
const SIDECAR: &str = "countersign-osv.json";
/// A record larger than this is none.
const MOST_BYTES: u64 = 16 << 20;
/// Clocks may differ by so much.
const SLACK_S: i64 = 3600;

/// What to do to have one.
const HELP: &str = "unpack OSV's export for PyPI (`PyPI/all.zip` of its public bucket) into a \
                    directory, and name that as `gates.supply-chain.osv` in countersign.toml";

/// An export in memory.
#[derive(Debug)]
pub struct Export {
    /// When it was made, seconds since 1970.
    pub made: i64,
    /// sha256 over all records, in hexadecimal.
    pub digest: String,
    /// How many of them are about Python packages.
    pub records: usize,
    by_package: HashMap<String, Vec<Arc<Advisory>>>,
}

/// Says when and how an export was fetched.
#[derive(Deserialize)]
struct Sidecar {
    format: u32,
    ecosystem: String,
    fetched_at: jiff::Timestamp,
    records: usize,
}

/// The export that is configured, read when first needed.
pub struct Advisories {
    place: Option<PathBuf>,
    max_age_s: u64,
    read: OnceLock<Result<Arc<Export>, Trouble>>,
}

/// What of the export evidence depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct State {
    fingerprint: Option<String>,
    max_age_s: u64,
    stale: Option<bool>,
}

impl Advisories {
    /// Those in that directory, if one is configured, believed for so long.
    pub fn new(place: Option<PathBuf>, max_age_s: u64) -> Self {
        Self {
            place,
            max_age_s,
            read: OnceLock::new(),
        }
    }

    /// What of it evidence depends on, without reading the records where their
    /// date is known.
    pub fn state(&self, store: &Store, read: bool) -> State {
        let fingerprint = self.place.as_deref().and_then(fingerprint);
        let made = fingerprint.as_ref().and_then(|fingerprint| {
            let key = key_of(&("date of an OSV export", fingerprint));
            store.get::<i64>(&key).or_else(|| {
                let made = self.all().ok().filter(|_| read)?.made;
                // Not kept: it is read again.
                let _ = store.keep(&key, &made);
                Some(made)
            })
        });
        State {
            fingerprint,
            max_age_s: self.max_age_s,
            stale: made.map(|made| self.is_stale(made)),
        }
    }

    /// The export, if it can be believed.
    pub fn current(&self) -> Result<Arc<Export>, Trouble> {
        let export = self.all()?;
        if export.made > now() + SLACK_S {
            return Err(Trouble::new(
                format!(
                    "the OSV export says it is of {}, which is to come",
                    date(export.made)
                ),
                "correct the clock, or fetch the export again",
            ));
        }
        if self.is_stale(export.made) {
            return Err(Trouble::new(
                format!(
                    "vulnerabilities are unknown: the OSV export is of {}, older than {} days",
                    date(export.made),
                    self.max_age_s.div_ceil(86_400)
                ),
                "fetch it again; how old it may be is `gates.supply-chain.osv_max_age`",
            ));
        }
        Ok(export)
    }

    fn is_stale(&self, made: i64) -> bool {
        now().saturating_sub(made) > i64::try_from(self.max_age_s).unwrap_or(i64::MAX)
    }

    fn all(&self) -> Result<Arc<Export>, Trouble> {
        let read = || match &self.place {
            None => Err(Trouble::new(
                "vulnerabilities are unknown: no OSV export is configured",
                HELP,
            )),
            Some(place) => Export::read(place)
                .map(Arc::new)
                .map_err(|why| Trouble::new(format!("the OSV export is of no use: {why}"), HELP)),
        };
        self.read.get_or_init(read).clone()
    }
}

impl Export {
    /// The advisories on a distribution, by its canonical name.
    pub fn of(&self, distribution: &str) -> &[Arc<Advisory>] {
        self.by_package
            .get(distribution)
            .map_or(&[][..], |found| found)
    }

    /// Its date, number of records and digest, for evidence.
    pub fn described(&self) -> String {
        format!(
            "OSV export of {} with {} advisories for PyPI, sha256 {}",
            date(self.made),
            self.records,
            self.digest
        )
    }

    fn read(place: &Path) -> Result<Self, String> {
        let mut sum = Sha256::new();
        let mut export = Self {
            made: 0,
            digest: String::new(),
            records: 0,
            by_package: HashMap::new(),
        };
        let mut newest: Option<jiff::Timestamp> = None;
        let mut all = 0;
        for name in names(place).map_err(|error| error.to_string())? {
            let file = place.join(&name);
            let wrong = |why: &dyn std::fmt::Display| format!("{name}: {why}");
            let size = std::fs::metadata(&file).map_err(|e| wrong(&e))?.len();
            if size > MOST_BYTES {
                return Err(wrong(&"it is too large for a record"));
            }
            let bytes = std::fs::read(&file).map_err(|e| wrong(&e))?;
            // A record that is left out hides a vulnerability: all must be understood.
            let record: Advisory = serde_json::from_slice(&bytes).map_err(|e| wrong(&e))?;
            let layout = record.schema_version.as_deref().unwrap_or("1");
            if layout.split('.').next() != Some("1") {
                return Err(wrong(&format!("layout {layout:?} is not known")));
            }
            if let Some(modified) = &record.modified {
                let modified: jiff::Timestamp = modified.parse().map_err(|e| wrong(&e))?;
                newest = newest.max(Some(modified));
            }
            sum.update(format!("{name}\0{}\n", digest(&bytes)));
            all += 1;
            export.add(record);
        }
        let sidecar = match std::fs::read(place.join(SIDECAR)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{SIDECAR}: {error}")),
            Ok(bytes) => {
                let read = serde_json::from_slice::<Sidecar>(&bytes);
                Some(read.map_err(|error| format!("{SIDECAR}: {error}"))?)
            }
        };
        let made = match sidecar {
            None => newest.ok_or("no record says when it was made")?,
            Some(sidecar) if sidecar.format != 1 || sidecar.ecosystem != "PyPI" => {
                return Err(format!("{SIDECAR}: it is not of format 1 for PyPI"));
            }
            Some(sidecar) if sidecar.records != all => {
                return Err(format!(
                    "{SIDECAR} says there are {} records, and there are {all}",
                    sidecar.records
                ));
            }
            Some(sidecar) => sidecar.fetched_at,
        };
        if export.records == 0 {
            return Err("it holds no record for PyPI".into());
        }
        export.made = made.as_second();
        export.digest = sum.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Ok(export)
    }

    fn add(&mut self, record: Advisory) {
        let record = Arc::new(record);
        let packages = record.affected.iter().flatten();
        let mut names: Vec<String> = packages
            .filter_map(|affected| affected.package.as_ref())
            .filter(|package| package.is_python())
            .map(|package| canonical(&package.name))
            .collect();
        names.sort();
        names.dedup();
        self.records += usize::from(!names.is_empty());
        for name in names {
            self.by_package
                .entry(name)
                .or_default()
                .push(record.clone());
        }
    }
}

/// The names of the records, sorted.
fn names(place: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(place)? {
        // OSV's own names are plain; anything else is not one of its files.
        let Ok(name) = entry?.file_name().into_string() else {
            continue;
        };
        if name.ends_with(".json") && name != SIDECAR {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Changes when the directory's files do, as far as can be told without reading them.
fn fingerprint(place: &Path) -> Option<String> {
    let mut seen = Vec::new();
    let mut all = names(place).ok()?;
    all.push(SIDECAR.to_owned());
    for name in all {
        let meta = std::fs::metadata(place.join(&name)).ok();
        let changed = meta.as_ref().and_then(|meta| meta.modified().ok());
        let since = changed.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        seen.push((
            name,
            meta.map(|meta| meta.len()),
            since.map(|s| s.as_nanos() as u64),
        ));
    }
    Some(key_of(&seen))
}

fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() as i64)
}

fn date(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(at) => at.to_string(),
        Err(_) => seconds.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"id": "PYSEC-1", "modified": "2026-01-02T03:04:05.123456789Z",
        "affected": [{"package": {"name": "Demo_Pkg", "ecosystem": "PyPI"}, "versions": ["1.4"]}]}"#;

    fn export(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Export, String>) {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(dir.path().join(name), content).unwrap();
        }
        let export = Export::read(dir.path());
        (dir, export)
    }

    #[test]
    fn it_is_as_old_as_its_newest_record_unless_it_says_when_it_was_fetched() {
        let (_dir, plain) = export(&[("PYSEC-1.json", RECORD)]);
        let plain = plain.unwrap();
        assert_eq!(date(plain.made), "2026-01-02T03:04:05Z");
        assert_eq!(plain.of("demo-pkg").len(), 1);
        let sidecar = r#"{"format": 1, "ecosystem": "PyPI", "source": "x",
            "fetched_at": "2026-11-22T00:00:00Z", "records": 1}"#;
        let (_dir, dated) = export(&[("PYSEC-1.json", RECORD), (SIDECAR, sidecar)]);
        let dated = dated.unwrap();
        assert_eq!(date(dated.made), "2026-11-22T00:00:00Z");
        assert_eq!(dated.digest, plain.digest);
    }

    #[test]
    fn one_that_is_cut_or_not_understood_is_refused_by_name() {
        let sidecar = r#"{"format": 1, "ecosystem": "PyPI", "fetched_at": "2026-11-22T00:00:00Z",
            "records": 2}"#;
        let npm = RECORD.replace("PyPI", "npm");
        let newer = RECORD.replace("\"id\"", "\"schema_version\": \"2.0\", \"id\"");
        for (files, why) in [
            (vec![("a.json", &RECORD[..40])], "a.json"),
            (vec![("a.json", RECORD), (SIDECAR, sidecar)], "2 records"),
            (vec![("a.json", &*npm)], "no record for PyPI"),
            (vec![("a.json", &*newer)], "a.json: layout"),
            (vec![("a.json", RECORD), (SIDECAR, "{}")], SIDECAR),
            (vec![], "when it was made"),
        ] {
            let error = export(&files).1.unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_stale_one_or_one_of_tomorrow_is_not_believed() {
        let (dir, _) = export(&[("a.json", RECORD)]);
        let current = |max_age_s| {
            let advisories = Advisories::new(Some(dir.path().into()), max_age_s);
            advisories.current().map(|export| export.records)
        };
        assert_eq!(current(100 * 365 * 86_400), Ok(1));
        assert!(
            matches!(current(1), Err(Trouble::Error { why, .. }) if why.contains("2026-01-02"))
        );
        let later = RECORD.replace("2026", "2999");
        std::fs::write(dir.path().join("a.json"), later).unwrap();
        assert!(matches!(current(1), Err(Trouble::Error { why, .. }) if why.contains("to come")));
        let none = Advisories::new(None, 1).current();
        assert!(matches!(none, Err(Trouble::Error { why, .. }) if why.contains("no OSV export")));
    }

    #[test]
    fn its_state_follows_its_files_and_its_age() {
        let (dir, _) = export(&[("a.json", RECORD)]);
        let kept = tempfile::tempdir().unwrap();
        let store = Store::new(kept.path());
        let of = |max_age_s| Advisories::new(Some(dir.path().into()), max_age_s);
        let unread = of(1).state(&store, false);
        assert_eq!(unread.stale, None);
        assert_eq!(of(1).state(&store, true).stale, Some(true));
        let known = of(u64::MAX).state(&store, false);
        assert_eq!(
            (known.stale, &known.fingerprint),
            (Some(false), &unread.fingerprint)
        );
        std::fs::write(dir.path().join("b.json"), RECORD).unwrap();
        assert_ne!(of(1).state(&store, false).fingerprint, unread.fingerprint);
    }
}
