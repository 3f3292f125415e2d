//! What was found in each blob, kept on disk: one file, made again when it is
//! damaged, replaced as a whole.
//!
//! `magic version strings blobs sha256`; numbers are little-endian `u32`
//! unless said otherwise. Names repeat a lot, so they stand in a table once.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::promotion::ObjectId;

use super::imports::{Import, ImportKind, Scan, ScanState};

const MAGIC: &[u8; 4] = b"CSIX";
/// To be raised with every change of the format or of what [`Scan::of`] finds.
const VERSION: u32 = 2;
/// Blobs kept beside those of the commit at hand; beyond, old ones are dropped.
const MOST_BLOBS: usize = 100_000;

/// By blob.
pub type Scans = HashMap<ObjectId, Arc<Scan>>;

/// Reads the file; nothing where there is none, or it is damaged or of another version.
pub fn load(path: &Path) -> Scans {
    std::fs::read(path)
        .ok()
        .and_then(|bytes| decode(&bytes))
        .unwrap_or_default()
}

/// Replaces the file by `current` and, where there is room, `older`.
pub fn save(path: &Path, current: &Scans, older: &Scans) -> std::io::Result<()> {
    let room = MOST_BLOBS.saturating_sub(current.len());
    let older = older.iter().filter(|(id, _)| !current.contains_key(id));
    let older = older.take(room);
    let bytes = encode(current.iter().chain(older));
    let parent = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)?;
    let mut file = tempfile::NamedTempFile::new_in(parent)?;
    file.write_all(&bytes)?;
    file.persist(path)?;
    Ok(())
}

fn encode<'a>(scans: impl Iterator<Item = (&'a ObjectId, &'a Arc<Scan>)>) -> Vec<u8> {
    let mut table = Table::default();
    let mut blobs = Vec::new();
    let mut count = 0;
    for (id, scan) in scans {
        count += 1;
        blobs.extend_from_slice(id.as_bytes());
        blobs.push(state_code(scan.state));
        put(&mut blobs, scan.imports.len());
        for import in &scan.imports {
            let flags = kind_code(import.kind)
                | (u8::from(import.lazy) << 3)
                | (u8::from(import.typing) << 4);
            blobs.push(flags);
            blobs.extend_from_slice(&import.level.to_le_bytes());
            put(&mut blobs, import.line as usize);
            put(&mut blobs, table.number(Some(&import.module)));
            put(&mut blobs, table.number(import.name.as_ref()));
            put(&mut blobs, table.number(import.alias.as_ref()));
        }
    }
    let mut out = MAGIC.to_vec();
    put(&mut out, VERSION as usize);
    put(&mut out, table.strings.len());
    for text in &table.strings {
        put(&mut out, text.len());
        out.extend_from_slice(text.as_bytes());
    }
    put(&mut out, count);
    out.extend_from_slice(&blobs);
    let digest = Sha256::digest(&out);
    out.extend_from_slice(&digest);
    out
}

/// Strings by number from 1; 0 is none.
#[derive(Default)]
struct Table<'a> {
    numbers: HashMap<&'a str, usize>,
    strings: Vec<&'a str>,
}

impl<'a> Table<'a> {
    fn number(&mut self, text: Option<&'a Arc<str>>) -> usize {
        let Some(text) = text else { return 0 };
        *self.numbers.entry(text).or_insert_with(|| {
            self.strings.push(text);
            self.strings.len()
        })
    }
}

fn put(out: &mut Vec<u8>, number: usize) {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    out.extend_from_slice(&number.to_le_bytes());
}

fn decode(bytes: &[u8]) -> Option<Scans> {
    let (body, digest) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
    if Sha256::digest(body).as_slice() != digest {
        return None;
    }
    let mut reader = Reader(body);
    if reader.take(4)? != MAGIC || reader.number()? != VERSION {
        return None;
    }
    let strings: Vec<Arc<str>> = (0..reader.number()?)
        .map(|_| {
            let length = reader.number()?;
            let text = reader.take(length as usize)?;
            std::str::from_utf8(text).ok().map(Arc::from)
        })
        .collect::<Option<_>>()?;
    let string = |number: u32| match number {
        0 => Some(None),
        number => Some(Some(strings.get(number as usize - 1)?.clone())),
    };
    let mut scans = Scans::new();
    for _ in 0..reader.number()? {
        let id = ObjectId::from_bytes(reader.take(20)?.try_into().ok()?);
        let state = state_of(reader.take(1)?[0])?;
        let mut imports = Vec::new();
        for _ in 0..reader.number()? {
            let flags = reader.take(1)?[0];
            let level = u16::from_le_bytes(reader.take(2)?.try_into().ok()?);
            imports.push(Import {
                kind: kind_of(flags & 7),
                level,
                line: reader.number()?,
                module: string(reader.number()?)??,
                name: string(reader.number()?)?,
                alias: string(reader.number()?)?,
                lazy: flags & 8 != 0,
                typing: flags & 16 != 0,
            });
        }
        scans.insert(id, Arc::new(Scan { state, imports }));
    }
    reader.0.is_empty().then_some(scans)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }
}

fn kind_code(kind: ImportKind) -> u8 {
    match kind {
        ImportKind::Module => 0,
        ImportKind::From => 1,
        ImportKind::Star => 2,
        ImportKind::Text => 3,
        ImportKind::Mention => 4,
    }
}

fn kind_of(code: u8) -> ImportKind {
    match code {
        0 => ImportKind::Module,
        1 => ImportKind::From,
        2 => ImportKind::Star,
        3 => ImportKind::Text,
        _ => ImportKind::Mention,
    }
}

fn state_code(state: ScanState) -> u8 {
    match state {
        ScanState::Valid => 0,
        ScanState::Broken => 1,
        ScanState::TooDeep => 2,
        ScanState::TooLarge => 3,
    }
}

fn state_of(code: u8) -> Option<ScanState> {
    Some(match code {
        0 => ScanState::Valid,
        1 => ScanState::Broken,
        2 => ScanState::TooDeep,
        3 => ScanState::TooLarge,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Scans {
        let source =
            b"import a.b as c\nfrom ..d import e, f as g\nfrom h import *\nx = 'i/j.py', patch('k.l')\n";
        let broken = b"def f():\n  import i\n(";
        [
            (1, Scan::of(source)),
            (2, Scan::of(broken)),
            (3, Scan::default()),
        ]
        .into_iter()
        .map(|(n, scan)| (ObjectId::from_bytes([n; 20]), Arc::new(scan)))
        .collect()
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deeper/imports.bin");
        save(&path, &sample(), &Scans::new()).unwrap();
        assert_eq!(load(&path), sample());
        save(&path, &Scans::new(), &sample()).unwrap();
        assert_eq!(load(&path), sample());
        assert!(load(&dir.path().join("absent")).is_empty());
    }

    proptest! {
        #[test]
        fn a_damaged_file_is_ignored(at in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<bool>()) {
            let mut bytes = encode(sample().iter());
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
            prop_assert_eq!(decode(&bytes), None);
        }
    }
}
