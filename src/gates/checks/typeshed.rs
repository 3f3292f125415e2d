//! What mypy knows of the standard library, found out once: most of what it does
//! on a small module is to read what the library looks like.
//!
//! A cache of mypy's own, made on an empty program by nobody but us and kept with
//! digests. Every run starts with a copy of it; what mypy writes to that copy is
//! thrown away. mypy itself compares it with its version, the settings and the
//! files it speaks of, and what does not fit it does not use.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use crate::gates::Trouble;
use crate::gates::cache::{digest, key_of, used};
use crate::gates::job::{Call, Job, MYPY_LOG, Terms};
use crate::gates::toolchain::Tool;

/// What many modules import. What it does not name costs a little time.
const PROGRAM: &str = "\
import __future__, abc, argparse, array, ast, asyncio, atexit, base64, bisect, calendar, codecs
import collections
import concurrent.futures, configparser, contextlib, contextvars, copy, csv, ctypes, dataclasses
import datetime, decimal, difflib, email.message, enum, errno, fnmatch, fractions, functools, gc
import getpass, glob, gzip, hashlib, heapq, hmac, html, http.client, http.server, importlib.metadata
import importlib.util, inspect, io, ipaddress, itertools, json, logging.config, logging.handlers
import math, mimetypes, multiprocessing, numbers, operator, os.path, pathlib, pickle, pkgutil
import platform, pprint, queue, random, re, secrets, select, shlex, shutil, signal, socket, sqlite3
import ssl, statistics, string, struct, subprocess, sys, tempfile, textwrap, threading, time, timeit
import traceback, types, typing, unicodedata, unittest.mock, urllib.error, urllib.parse
import urllib.request, uuid, warnings, weakref, xml.etree.ElementTree, zipfile, zlib, zoneinfo
";

/// Days after which one that nobody used goes.
const DAYS: u64 = 30;
const MANIFEST: &str = "manifest.json";

/// Where they are kept.
#[derive(Clone, Debug)]
pub struct Typeshed {
    directory: PathBuf,
    /// Held by who makes one: the other tree's mypy waits for it.
    making: Arc<tokio::sync::Mutex<()>>,
}

impl Typeshed {
    /// Below that directory.
    pub fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            making: Arc::default(),
        }
    }
}

/// The files of one, with their digests. None: mypy made nothing of use.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    files: Vec<(PathBuf, String)>,
}

/// Puts a copy at `to`, an empty directory; makes it first where there is none.
/// Not having one costs time and nothing else.
pub(super) async fn copy(
    job: &Job<'_>,
    mypy: &Tool,
    config: Option<&Path>,
    to: &Path,
) -> Result<(), Trouble> {
    let Some(typeshed) = &job.toolbox.typeshed else {
        return Ok(());
    };
    let Ok(settings) = config.map(fs::read_to_string).transpose() else {
        return Ok(());
    };
    let settings = settings.unwrap_or_default();
    if !is_mypys_own(&settings, &job.options.args) {
        return Ok(());
    }
    let key = key_of(&(
        "typeshed",
        1,
        PROGRAM,
        &mypy.version,
        &mypy.program,
        &job.toolbox.python,
        &job.toolbox.python_version,
        &settings,
        &job.options.args,
    ));
    let kept = typeshed.directory.join(&key[..32]);
    let _making = typeshed.making.lock().await;
    if restore(&kept, to).is_ok() {
        return Ok(());
    }
    match make(job, mypy, config, &kept).await {
        Ok(()) => {}
        Err(Trouble::Cancelled) => return Err(Trouble::Cancelled),
        Err(trouble) => tracing::info!("mypy starts from nothing: {trouble}"),
    }
    if let Err(error) = restore(&kept, to) {
        tracing::info!("mypy starts from nothing: {error}");
    }
    Ok(())
}

/// False where code of the project's would run, or another library than mypy's be
/// read. Arguments with a value may name settings that nobody looked into.
fn is_mypys_own(settings: &str, args: &[String]) -> bool {
    let keys = ["plugins", "custom_typeshed_dir"];
    let flag = |arg: &String| arg.starts_with("--") && !arg.contains('=');
    !keys.iter().any(|key| settings.contains(key)) && args.iter().all(flag)
}

/// Copies a kept one; whatever is not as it was kept is not used.
fn restore(kept: &Path, to: &Path) -> io::Result<()> {
    let list = kept.join(MANIFEST);
    let manifest: Manifest = serde_json::from_slice(&fs::read(&list)?)?;
    let mut files = Vec::with_capacity(manifest.files.len());
    for (name, sha256) in manifest.files {
        let content = fs::read(kept.join("files").join(&name))?;
        if digest(&content) != sha256 {
            return Err(io::Error::other(format!("{} is damaged", name.display())));
        }
        files.push((to.join(name), content));
    }
    for (file, content) in files {
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, content)?;
    }
    used(&list);
    Ok(())
}

/// Runs mypy on a program that only imports, where nothing of the project lies.
async fn make(
    job: &Job<'_>,
    mypy: &Tool,
    config: Option<&Path>,
    kept: &Path,
) -> Result<(), Trouble> {
    let place = job.place()?;
    let (empty, cache) = (place.work.join("empty"), place.work.join("typeshed"));
    let disk = |error: io::Error| Trouble::disk(job.bench.scratch.root(), &error);
    fs::create_dir(&empty).map_err(disk)?;
    let mut option = std::ffi::OsString::from("--config-file=");
    option.push(config.unwrap_or(Path::new("")));
    let call = Call::new(mypy, &mypy.program, &empty)
        .args(["-v", "--no-error-summary", "--follow-imports=silent"])
        .args([option])
        .args(["--python-executable"])
        .args([&job.toolbox.python])
        .args(["--cache-dir".into(), cache.clone().into_os_string()])
        .args(&job.options.args)
        .args(["-c", PROGRAM]);
    // Not a part of what the gate did: no other run depends on it.
    let aside = Job {
        subject: job.subject,
        options: job.options,
        toolbox: job.toolbox,
        baseline: job.baseline,
        head: job.head,
        bench: job.bench,
        reporter: job.reporter.clone(),
        suite: None,
        log: Mutex::default(),
    };
    let terms = Terms {
        keep: Some(&|_| Vec::new()),
        ..Terms::of(job.options)
    };
    let answer = aside.run_on(&place, call, terms).await?;
    let tree = job.subject.tree.to_string_lossy();
    let parsed = String::from_utf8_lossy(&answer.stderr);
    let foreign = parsed
        .lines()
        .filter_map(|line| line.strip_prefix(MYPY_LOG))
        .any(|line| line.starts_with("Parsing ") && line.contains(&*tree));
    // 1: a module that this Python does not have. Beyond that nothing is kept.
    let useful = matches!(answer.code, 0 | 1) && !foreign;
    keep(&cache, useful, kept).map_err(disk)
}

/// Keeps what is in `cache`: whole, or not at all.
fn keep(cache: &Path, useful: bool, kept: &Path) -> io::Result<()> {
    let directory = kept.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(directory)?;
    forget(directory);
    let making = tempfile::Builder::new()
        .prefix(".new-")
        .tempdir_in(directory)?;
    let mut manifest = Manifest { files: Vec::new() };
    if useful {
        collect(cache, cache, &mut manifest.files)?;
    }
    for (name, _) in &manifest.files {
        let to = making.path().join("files").join(name);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(cache.join(name), to)?;
    }
    fs::write(making.path().join(MANIFEST), serde_json::to_vec(&manifest)?)?;
    let aside = tempfile::tempdir_in(directory)?;
    let _ = fs::rename(kept, aside.path().join("damaged"));
    match fs::rename(making.path(), kept) {
        Ok(()) => drop(making.keep()),
        Err(_) if kept.is_dir() => {} // another process was faster
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Every regular file below `dir` with its digest, by its path from `root`.
fn collect(root: &Path, dir: &Path, files: &mut Vec<(PathBuf, String)>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let (entry, path) = entry.map(|entry| (entry.file_type(), entry.path()))?;
        let kind = entry?;
        if kind.is_dir() {
            collect(root, &path, files)?;
        } else if kind.is_file()
            && let Ok(name) = path.strip_prefix(root)
        {
            files.push((name.to_owned(), digest(&fs::read(&path)?)));
        }
    }
    files.sort();
    Ok(())
}

/// Removes what nobody used for long.
fn forget(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let since = fs::metadata(entry.path().join(MANIFEST)).and_then(|meta| meta.modified());
        let old = |at: std::time::SystemTime| at.elapsed().unwrap_or_default().as_secs();
        if since.is_ok_and(|at| old(at) > DAYS * 24 * 3600) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_run_code_of_the_projects_is_not_kept() {
        let own = |settings: &str, args: &[&str]| {
            let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            is_mypys_own(settings, &args)
        };
        assert!(own("", &[]));
        assert!(own(
            "[mypy]\nstrict = True\n",
            &["--strict", "--no-implicit-reexport"]
        ));
        assert!(!own("[mypy]\nplugins = a.py\n", &[]));
        assert!(!own("[mypy]\ncustom_typeshed_dir = a\n", &[]));
        for args in [
            &["--config-file=a.ini"][..],
            &["--config-file", "a.ini"],
            &["--conf", "a.ini"],
            &["--custom-typeshed-dir", "a"],
            &["@a"],
        ] {
            assert!(!own("", args), "{args:?}");
        }
    }

    #[test]
    fn what_is_kept_is_copied_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("cache/3.11")).unwrap();
        fs::write(at("cache/3.11/a.db"), "known").unwrap();
        fs::write(at("cache/b"), "too").unwrap();
        let kept = at("kept/key");
        assert!(restore(&kept, &at("none")).is_err());
        keep(&at("cache"), true, &kept).unwrap();
        restore(&kept, &at("one")).unwrap();
        assert_eq!(fs::read(at("one/3.11/a.db")).unwrap(), b"known");
        assert_eq!(fs::read(at("one/b")).unwrap(), b"too");

        fs::write(kept.join("files/b"), "oot").unwrap();
        assert!(restore(&kept, &at("two")).is_err());
        assert!(!at("two").exists());
        keep(&at("cache"), true, &kept).unwrap();
        restore(&kept, &at("two")).unwrap();
        assert_eq!(fs::read_dir(at("kept")).unwrap().count(), 1);

        keep(&at("cache"), false, &kept).unwrap();
        restore(&kept, &at("three")).unwrap();
        assert!(!at("three").exists());
    }
}
