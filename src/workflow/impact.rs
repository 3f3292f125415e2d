//! What a promotion means for the rest of the repository: who imports the module,
//! what it imports across lanes, what the move rewrites and what it leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::gates::checks::api as reader;
use crate::promotion::api::{self, Api};
use crate::promotion::impact::{
    ApiChange, ApiImpact, ApiName, Class, Form, Impact, Reach, Reference, When,
};
use crate::promotion::{Module, ObjectId, Relocation, RepoPath, text};
use crate::python::{Import, ImportKind, Index, Rewriter, Rewriting, STACK_BYTES, Scan, rewrite};
use crate::repo::{RepoError, owners, tree};

use super::Workspace;

/// Longest line that is kept, in characters.
const LONGEST: usize = 200;

/// Reads it. `to` is where the module will be, or a target lane; by default its
/// place in the first target lane. With `shims` the old name goes on working for
/// what is not rewritten. Blocks.
pub fn impact(
    ws: &Workspace,
    module: &Module,
    to: Option<RepoPath>,
    shims: bool,
) -> Result<Impact, RepoError> {
    let commit = ws.require_commit()?;
    let relocation = Relocation::new(module.path.clone(), destination(ws, module, to)?);
    of(ws, commit, relocation, shims)
}

/// Where the module goes.
pub fn destination(
    ws: &Workspace,
    module: &Module,
    to: Option<RepoPath>,
) -> Result<RepoPath, RepoError> {
    let lane = ws.config().lanes.get(module.lane);
    let targets = lane.map_or(&[][..], |lane| &lane.targets);
    let in_lane = |target: &RepoPath| lane.and_then(|it| it.destination(&module.path, target));
    let found = match &to {
        None => ws.config().destination(module.lane, &module.path),
        Some(to) if targets.contains(to) => in_lane(to),
        Some(to) => {
            let beyond = |target: &RepoPath| to.is_within(target);
            let fits = to.is_safe() && to.is_python() == module.path.is_python();
            (fits && targets.iter().any(beyond)).then(|| to.clone())
        }
    };
    found.ok_or_else(|| RepoError::NoSuchTarget {
        module: module.path.clone(),
        target: to.unwrap_or_default(),
        targets: targets.to_vec(),
    })
}

/// The same for any move.
pub fn of(
    ws: &Workspace,
    commit: ObjectId,
    relocation: Relocation,
    shims: bool,
) -> Result<Impact, RepoError> {
    let index = ws.index()?;
    let kept = ws.kept();
    let read = |path: &RepoPath| -> Option<Vec<u8>> {
        let blob = index.blob(path)?;
        let content = kept.with_git(ws.repo(), |git| kept.read(git, blob));
        Some(content.ok()?.ok()?.to_vec())
    };
    let rewriter = Rewriter::new(&index, &relocation, &read);
    let paths = concerned(ws, &index, &relocation)?;
    let looking = Looking {
        ws,
        commit,
        index: &index,
        relocation: &relocation,
        rewriter: &rewriter,
        shims,
    };
    let (seen, api) = looking.all(&paths)?;
    let mut impact = Impact {
        importers: Vec::new(),
        reaches: Vec::new(),
        api,
        edits: BTreeMap::new(),
        blobs: BTreeMap::new(),
        relocation: relocation.clone(),
    };
    for (path, blob, rewriting, reaches) in seen {
        impact.reaches.extend(reaches);
        if !rewriting.edits.is_empty() {
            impact.edits.insert(path.clone(), rewriting.edits);
            impact.blobs.insert(path, blob);
        }
        impact.importers.extend(rewriting.references);
    }
    for init in circles(&index, &relocation) {
        let own = impact.importers.iter_mut();
        for it in own.filter(|it| it.path == init && it.when == When::Always) {
            if it.class == Class::Rewritten && it.why.is_empty() {
                it.why = "the module imports from this package, which imports it: \
                          who imports the module first may find it half made"
                    .into();
            }
        }
    }
    follow(ws, commit, &mut impact)?;
    impact.importers.sort();
    impact.reaches.sort();
    Ok(impact)
}

/// Lines of CODEOWNERS that name the module follow it, where the policy wants that: the
/// promotion rewrites them, and not the move of names.
fn follow(ws: &Workspace, commit: ObjectId, impact: &mut Impact) -> Result<(), RepoError> {
    let config = ws.config();
    if !config.promote.codeowners {
        return Ok(());
    }
    let Some((place, _)) = owners::place(ws.repo(), commit, config.owners.codeowners.as_ref())?
    else {
        return Ok(());
    };
    let own = impact.importers.iter_mut();
    let is_rule = |it: &Reference| !it.text.trim_start().starts_with('#');
    for it in own.filter(|it| it.path == place && it.class == Class::Left && is_rule(it)) {
        it.class = Class::Rewritten;
        it.why = "the promotion has its owners follow it".into();
    }
    Ok(())
}

/// The `__init__.py` of packages that the module leaves, that import it, and from
/// which it imports: before, they always ran first.
fn circles(index: &Index, relocation: &Relocation) -> Vec<RepoPath> {
    let stem = rewrite::without_py(&relocation.from);
    let eager = |import: &Import| !import.lazy && !import.typing;
    let mut found = Vec::new();
    let mut above = stem.parent();
    while let Some(package) = above.filter(|it| !it.is_root()) {
        let init = package.join("__init__.py");
        let passes_on = index
            .importers(&stem)
            .any(|edge| *edge.path == init && eager(edge.import));
        let reaches_back = || {
            let mut own = index.within(&relocation.from);
            own.any(|path| {
                let scan = index.scan(path);
                let mut imports = scan.into_iter().flat_map(|scan| &scan.imports);
                imports.any(|import| {
                    let target = index.named(path, import).filter(|_| eager(import));
                    target.is_some_and(|it| it.is_within(&package) && !it.is_within(&stem))
                })
            })
        };
        if !relocation.to.is_within(&package) && passes_on && reaches_back() {
            found.push(init);
        }
        above = package.parent();
    }
    found
}

/// The files that may name the module, and its own.
fn concerned(
    ws: &Workspace,
    index: &Index,
    relocation: &Relocation,
) -> Result<Vec<RepoPath>, RepoError> {
    let stem = rewrite::without_py(&relocation.from);
    let mut paths: BTreeSet<RepoPath> = index.within(&relocation.from).cloned().collect();
    paths.extend(index.importers(&stem).map(|edge| edge.path.clone()));
    let mut above = stem.parent();
    while let Some(package) = above.filter(|it| !it.is_root()) {
        // `from a import b` may mean `a.b`; `import a.b` is found by its words.
        let by_name = index
            .importers_of(&package)
            .filter(|edge| edge.import.kind != ImportKind::Module || edge.import.alias.is_some());
        paths.extend(by_name.map(|edge| edge.path.clone()));
        above = package.parent();
    }
    let names = relocation.names(index.roots());
    paths.extend(ws.words()?.saying(relocation, &names).into_iter().cloned());
    Ok(paths.into_iter().collect())
}

type Seen = (RepoPath, ObjectId, Rewriting, Vec<Reach>);

struct Looking<'a> {
    ws: &'a Workspace,
    commit: ObjectId,
    index: &'a Index,
    relocation: &'a Relocation,
    rewriter: &'a Rewriter<'a>,
    shims: bool,
}

impl Looking<'_> {
    /// Every file, on all cores, and the API beside.
    fn all(&self, paths: &[RepoPath]) -> Result<(Vec<Seen>, ApiImpact), RepoError> {
        let next = AtomicUsize::new(0);
        let failed: Mutex<Option<RepoError>> = Mutex::new(None);
        let fail = |error: RepoError| {
            let mut slot = failed.lock().unwrap_or_else(|e| e.into_inner());
            slot.get_or_insert(error);
        };
        let work = || {
            let mut seen = Vec::new();
            let all = |git: &git2::Repository| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match self.one(git, path) {
                        Ok(found) => seen.extend(found),
                        Err(error) => fail(error),
                    }
                }
            };
            if let Err(error) = self.ws.kept().with_git(self.ws.repo(), all) {
                fail(error);
            }
            seen
        };
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let (seen, api) = std::thread::scope(|scope| {
            let builder = || std::thread::Builder::new().stack_size(STACK_BYTES);
            let workers: Vec<_> = (0..threads)
                .filter_map(|_| builder().spawn_scoped(scope, work).ok())
                .collect();
            let api = builder().spawn_scoped(scope, || self.api());
            let mut seen: Vec<Seen> = Vec::new();
            let mut whole = !workers.is_empty();
            for worker in workers {
                match worker.join() {
                    Ok(found) => seen.extend(found),
                    Err(_) => whole = false,
                }
            }
            let api = api.ok().and_then(|it| it.join().ok());
            (whole.then_some(seen), api)
        });
        if let Some(error) = failed.into_inner().unwrap_or_else(|e| e.into_inner()) {
            return Err(error);
        }
        let broken = || RepoError::Io {
            doing: "read",
            path: self.ws.root().into(),
            error: std::io::Error::other("Countersign itself failed; report this"),
        };
        Ok((seen.ok_or_else(broken)?, api.ok_or_else(broken)??))
    }

    fn one(&self, git: &git2::Repository, path: &RepoPath) -> Result<Option<Seen>, RepoError> {
        let blob = match self.index.blob(path) {
            Some(blob) => blob,
            None => match tree::entry(git, self.commit, path)? {
                Some(entry) => entry.id,
                None => return Ok(None),
            },
        };
        let source = self.ws.kept().read(git, blob)?;
        let mut rewriting = match path.is_python() {
            true => self.rewriter.python(path, &source),
            false => self.rewriter.text(path, &source),
        };
        if self.shims {
            rewriting.references.iter_mut().for_each(shim);
        }
        let reaches = match self.relocation.moves(path) {
            true => self.reaches(path, &source, &rewriting),
            false => Vec::new(),
        };
        Ok(Some((path.clone(), blob, rewriting, reaches)))
    }

    /// What a file of the module imports from other lanes.
    fn reaches(&self, path: &RepoPath, source: &[u8], rewriting: &Rewriting) -> Vec<Reach> {
        let fresh;
        let scan = match self.index.scan(path) {
            Some(scan) => scan,
            None => {
                fresh = Scan::of(source);
                &fresh
            }
        };
        let lines: Vec<&[u8]> = source.split(|b| *b == b'\n').collect();
        let mut found: Vec<Reach> = Vec::new();
        for import in &scan.imports {
            let Some(target) = self.index.named(path, import) else {
                continue;
            };
            let stem = rewrite::without_py(&self.relocation.from);
            if target.is_within(&stem) {
                continue;
            }
            let Some((lane, finding)) = self.lane(&target) else {
                continue;
            };
            let line = lines
                .get(import.line as usize - 1)
                .copied()
                .unwrap_or_default();
            let line = text::decode(line.trim_ascii());
            let reach = Reach {
                path: path.clone(),
                line: import.line,
                form: form(import),
                when: rewrite::when(import),
                text: line.chars().take(LONGEST).collect(),
                name: target.to_text().into_owned(),
                lane,
                finding,
                rewritten: import.level > 0 && !rewriting.edits.is_empty(),
            };
            if !found.contains(&reach) {
                found.push(reach);
            }
        }
        found
    }

    /// The lane that a path lies in, and whether production may not import it.
    fn lane(&self, path: &RepoPath) -> Option<(RepoPath, bool)> {
        let lanes = &self.ws.config().lanes;
        let mut sources = lanes.iter().map(|lane| &lane.source);
        if let Some(lane) = sources.find(|lane| path.is_within(lane)) {
            return Some((lane.clone(), !self.relocation.to.is_within(lane)));
        }
        let mut targets = lanes.iter().flat_map(|lane| &lane.targets);
        let lane = targets.find(|lane| !lane.is_root() && path.is_within(lane))?;
        Some((lane.clone(), false))
    }

    /// What others may use, before and after.
    fn api(&self) -> Result<ApiImpact, RepoError> {
        let Relocation { from, to } = self.relocation;
        let names = self.relocation.names(self.index.roots());
        // Of several names the one that people use is the one with most parts
        // below the innermost directory that is no package.
        let renamed = names.first();
        let dotted = |name: Option<&String>, path: &RepoPath| {
            let given = name.cloned().or_else(|| path.dotted());
            given.unwrap_or_default()
        };
        let old = dotted(renamed.map(|it| &it.old), from);
        let (after, unread) = self.offered(self.commit, from, &old)?;
        let there = match to == from {
            true => None,
            false => self.ws.repo().entry(self.commit, to)?,
        };
        let (compared, before) = match (there, self.ws.base()) {
            (Some(_), _) => {
                let new = dotted(renamed.map(|it| &it.new), to);
                let (api, _) = self.offered(self.commit, to, &new)?;
                (Some(format!("{to}, which it would replace")), api)
            }
            (None, Some(base)) if base != self.commit => {
                let (api, _) = self.offered(base, from, &old)?;
                let is_new = api.files.is_empty();
                let words = (!is_new).then(|| format!("{from} at the merge-base"));
                (words, api)
            }
            _ => (None, Api::default()),
        };
        let listed = |api: &Api| -> Vec<ApiName> {
            let names = api::list(api).into_iter();
            names
                .map(|it| ApiName {
                    name: it.name,
                    path: it.path,
                    line: it.line,
                })
                .collect()
        };
        let changes = match &compared {
            Some(_) => api::changes(&before, &after),
            None => Vec::new(),
        };
        let before = match &compared {
            // Nothing but the name changes.
            None => listed(&after),
            Some(_) => listed(&before),
        };
        Ok(ApiImpact {
            compared,
            old_name: renamed.map(|it| it.old.clone()),
            new_name: renamed.map(|it| it.new.clone()),
            before,
            after: listed(&after),
            changes: changes
                .into_iter()
                .map(|it| ApiChange {
                    name: it.name,
                    breaking: it.breaking,
                    what: it.what,
                })
                .collect(),
            unread,
        })
    }

    fn offered(
        &self,
        commit: ObjectId,
        module: &RepoPath,
        dotted: &str,
    ) -> Result<(Api, Vec<RepoPath>), RepoError> {
        let files: BTreeMap<RepoPath, ObjectId> = match module.is_python() {
            true => {
                let entry = self.ws.repo().entry(commit, module)?;
                entry
                    .into_iter()
                    .map(|it| (module.clone(), it.id))
                    .collect()
            }
            false => {
                let all = self.ws.repo().walk(commit, module)?.into_iter();
                all.filter(|(path, entry)| entry.mode.is_file() && path.is_python())
                    .map(|(path, entry)| (path, entry.id))
                    .collect()
            }
        };
        let paths: Vec<RepoPath> = files.keys().cloned().collect();
        let kept = self.ws.kept();
        kept.with_git(self.ws.repo(), |git| {
            let content = |path: &RepoPath| {
                let content = kept.read(git, *files.get(path)?).ok()?;
                Some(content.to_vec())
            };
            reader::offered(module, dotted, &paths, &content)
        })
    }
}

/// What is left goes on working where it asks for the old name.
fn shim(reference: &mut Reference) {
    let imported = matches!(
        reference.form,
        Form::Import | Form::From | Form::Star | Form::Relative | Form::Mention | Form::Doc
    );
    let setting = matches!(reference.form, Form::Setting | Form::EntryPoint);
    let dotted = !reference.name.contains('/');
    if reference.class == Class::Left && dotted && (imported || setting) {
        reference.class = Class::Shimmed;
    }
}

fn form(import: &Import) -> Form {
    match (import.kind, import.level) {
        (ImportKind::Module, _) => Form::Import,
        (ImportKind::From, 0) => Form::From,
        (ImportKind::From, _) => Form::Relative,
        (ImportKind::Star, _) => Form::Star,
        (ImportKind::Text, _) => Form::Text,
        (ImportKind::Mention, _) => Form::Mention,
    }
}
