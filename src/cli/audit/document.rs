//! The documents of `countersign audit`, but for those of its larger commands.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use crate::promotion::{Sha256, text};
use crate::workflow::audit::{Exported, HeadDocument, Log, Opened, Row, Shared};

/// The document of `audit show --json`.
#[derive(Serialize)]
pub struct Show<'a> {
    head: HeadDocument,
    broken: Option<String>,
    entry: Row,
    /// What was signed, as a value; `null` where it is no JSON.
    payload: Option<serde_json::Value>,
    /// The very bytes.
    pae: String,
    sha256: Sha256,
    signature: &'a str,
    commands: &'a [String],
}

impl<'a> Show<'a> {
    /// Of an entry of a log.
    pub fn of(opened: &'a Opened<'_>, log: &Log) -> Self {
        Self {
            head: log.head.into(),
            broken: log.broken(),
            entry: Row::of(opened.entry),
            payload: serde_json::from_slice(&opened.payload).ok(),
            pae: BASE64_STANDARD.encode(&opened.pae),
            sha256: Sha256::of(&opened.pae),
            signature: &opened.signature,
            commands: &opened.commands,
        }
    }
}

/// The document of `audit export --json`.
#[derive(Serialize)]
pub struct Export<'a> {
    directory: String,
    head: HeadDocument,
    #[serde(flatten)]
    exported: &'a Exported,
    problems: Vec<String>,
}

impl<'a> Export<'a> {
    /// Of a log, as it was written.
    pub fn of(to: &Path, exported: &'a Exported, log: &Log) -> Self {
        use std::os::unix::ffi::OsStrExt as _;
        Self {
            directory: text::decode(to.as_os_str().as_bytes()).into_owned(),
            head: log.head.into(),
            exported,
            problems: log.problems.iter().map(ToString::to_string).collect(),
        }
    }
}

/// The document of `audit share --json`.
#[derive(Serialize)]
pub struct Share<'a> {
    remote: Option<&'a str>,
    shared: Option<bool>,
    why: Option<&'a str>,
}

impl<'a> Share<'a> {
    /// Of what came of it.
    pub fn of(remote: Option<&'a str>, shared: &'a Shared) -> Self {
        Self {
            remote,
            shared: shared.known(),
            why: match shared {
                Shared::NotYet(why) => Some(why),
                Shared::Alone | Shared::Yes => None,
            },
        }
    }
}
