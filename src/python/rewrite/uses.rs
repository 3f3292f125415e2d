//! `import a.b` and what follows from it: the places that say `a.b.c`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use ruff_python_ast::{Alias, Stmt};
use ruff_text_size::{Ranged, TextSize};

use super::Rewriter;
use super::bound::Bound;
use super::file::File;
use super::scopes::{Binding, Kind, Load, Scopes};
use super::survey::{Import, Survey};
use crate::promotion::impact::{Form, When};
use crate::promotion::relocation::Renamed;

/// An import without `as` of what is moved.
struct Hit<'a> {
    alias: &'a Alias,
    when: When,
    renamed: &'a Renamed,
}

/// A name for a package that the module lies in, and what leads from there to it.
struct Above<'a> {
    name: &'a str,
    suffix: Vec<String>,
    at: TextSize,
}

/// What can be done for the imports of one scope.
struct Verdict {
    uses: Vec<(Range<usize>, String)>,
    /// The old first part has to stay imported.
    keep: bool,
    /// Where a package is passed on from which the module was taken, maybe.
    passed: Vec<TextSize>,
}

impl Rewriter<'_> {
    /// Every `import` statement, and what they give names to. True for each
    /// scope whose imports are rewritten.
    pub(super) fn imports(&self, file: &mut File<'_>, survey: &Survey<'_>, body: &[Stmt]) -> bool {
        let mut hits = Vec::new();
        let mut above = Vec::new();
        let mut interest: HashSet<&str> = HashSet::new();
        let mut stars = Vec::new();
        for import in &survey.imports {
            match import {
                Import::Plain(import, when) => {
                    for alias in &import.names {
                        self.plain(file, alias, *when, &mut hits, &mut above, &mut interest);
                    }
                }
                Import::From(import, _) => {
                    let Some(target) = self.target(file.path, import) else {
                        continue;
                    };
                    if import.names.iter().any(|it| it.name.id.as_str() == "*") {
                        stars.push(target.clone());
                    }
                    for alias in &import.names {
                        let below = target.join(alias.name.id.as_str());
                        let name = alias.asname.as_ref().unwrap_or(&alias.name);
                        self.above(&below, &name.id, alias.range.start(), &mut above);
                    }
                }
            }
        }
        interest.extend(above.iter().map(|it| it.name));
        if interest.is_empty() {
            return false;
        }
        let scopes = Scopes::of(body, interest);
        let mut groups: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (number, hit) in hits.iter().enumerate() {
            let at = hit.alias.range.start();
            let names = self.places.names.iter();
            let which = names.take_while(|it| *it != hit.renamed).count();
            match scopes.of_import(first(&hit.renamed.old), at) {
                Some(scope) => groups.entry((scope, which)).or_default().push(number),
                None => file.leave(
                    at,
                    Form::Import,
                    hit.when,
                    &hit.alias.name.id,
                    "its scope is not clear",
                ),
            }
        }
        let mut bound: HashMap<&str, HashSet<usize>> = HashMap::new();
        for ((scope, which), members) in &groups {
            let renamed = &self.places.names[*which];
            let own: HashSet<TextSize> = members
                .iter()
                .map(|at| hits[*at].alias.range.start())
                .collect();
            let verdict = match self.starred(&stars, *scope, renamed) {
                Some(why) => Err(why),
                None => self.verdict(file, &scopes, *scope, renamed, &own),
            };
            match verdict {
                Ok(verdict) => {
                    bound.entry(first(&renamed.new)).or_default().insert(*scope);
                    let chosen: Vec<&Hit<'_>> = members.iter().map(|at| &hits[*at]).collect();
                    carry_out(file, renamed, verdict, &chosen);
                }
                Err(why) => {
                    for hit in members.iter().map(|at| &hits[*at]) {
                        let at = hit.alias.range.start();
                        file.leave(at, Form::Import, hit.when, &hit.alias.name.id, &why);
                    }
                }
            }
        }
        self.elsewhere(file, &scopes, &groups, &bound);
        self.taken_from_above(file, &scopes, &above);
        !bound.is_empty()
    }

    fn plain<'a>(
        &'a self,
        file: &mut File<'_>,
        alias: &'a Alias,
        when: When,
        hits: &mut Vec<Hit<'a>>,
        above: &mut Vec<Above<'a>>,
        interest: &mut HashSet<&'a str>,
    ) {
        let name = alias.name.id.as_str();
        let at = alias.range.start();
        let found = self.places.absolute(name);
        if found.is_some() && self.passed_on() == Bound::Other {
            // `import a.b as c` takes what `a` calls `b`.
            let why = "its package calls something else by that name";
            file.leave(at, Form::Import, when, name, why);
            return;
        }
        match (found, &alias.asname) {
            (Some(renamed), Some(_)) => {
                file.rewritten(at, Form::Import, when, name, "");
                let range = alias.name.range;
                let new = renamed.apply(name).unwrap_or_default();
                file.replace(range.start().into()..range.end().into(), &new);
            }
            (Some(renamed), None) => {
                interest.extend([first(&renamed.old), first(&renamed.new)]);
                hits.push(Hit {
                    alias,
                    when,
                    renamed,
                });
            }
            (None, _) if self.places.only_beside(file.path, name) => {
                let why = "it is found only where the file is run from its own directory";
                file.leave(at, Form::Import, when, name, why);
            }
            (None, Some(bound)) => {
                if let Some(place) = self.places.exactly(name) {
                    self.above(&place, &bound.id, at, above);
                }
            }
            // `import a.other`: it gives `a` a meaning, from which `a.b` may be taken.
            (None, None) => {
                let names = self.places.names.iter();
                for renamed in names.filter(|it| first(&it.old) == first(name)) {
                    interest.extend([first(&renamed.old), first(&renamed.new)]);
                }
            }
        }
    }

    /// Notes a name for a package that the module lies in.
    fn above<'a>(
        &self,
        place: &crate::promotion::RepoPath,
        name: &'a str,
        at: TextSize,
        above: &mut Vec<Above<'a>>,
    ) {
        let stem = &self.places.stem;
        if place == stem || !self.places.is_moved(stem) {
            return;
        }
        if let Some(rest) = stem.strip(place).filter(|_| !place.is_root()) {
            let suffix = rest.to_text().split('/').map(str::to_owned).collect();
            above.push(Above { name, suffix, at });
        }
    }

    /// Why a new name may be overwritten by what a star brings.
    fn starred(
        &self,
        stars: &[crate::promotion::RepoPath],
        scope: usize,
        renamed: &Renamed,
    ) -> Option<String> {
        let (old, new) = (first(&renamed.old), first(&renamed.new));
        let mut stars = stars.iter().filter(|_| scope == 0 && old != new);
        let from = stars.find(|from| self.brings(from, new))?;
        Some(format!("{new} may be what a star brings from {from}"))
    }

    fn verdict(
        &self,
        file: &File<'_>,
        scopes: &Scopes<'_>,
        scope: usize,
        renamed: &Renamed,
        own: &HashSet<TextSize>,
    ) -> Result<Verdict, String> {
        let (old, new) = (first(&renamed.old), first(&renamed.new));
        let line = |at: TextSize| file.line(at.into());
        // Others reach it through the class, by names that are not looked for.
        if scopes.kinds[scope] == Kind::Class {
            return Err(format!("{old} is an attribute of a class here"));
        }
        let also = HashSet::from([scope]);
        let nothing = HashSet::new();
        other(scopes.bindings(scope, old), old, &line)?;
        if old != new {
            other(scopes.bindings(scope, new), new, &line)?;
            if scopes.bindings(scope, new).is_empty() {
                let mut hidden = scopes.loads.iter().filter(|it| it.name == new);
                let hidden = hidden.find(|it| {
                    scopes.resolve(it.scope, new, &nothing) != Some(scope)
                        && scopes.resolve(it.scope, new, &also) == Some(scope)
                });
                if let Some(it) = hidden {
                    let at = line(it.range.start());
                    return Err(format!("{new} is something else on line {at}"));
                }
            }
        }
        let mut verdict = Verdict {
            uses: Vec::new(),
            keep: false,
            passed: Vec::new(),
        };
        let mut others = false;
        for load in scopes.loads.iter().filter(|it| it.name == old) {
            if scopes.resolve(load.scope, old, &nothing) != Some(scope) {
                continue;
            }
            match span(load, &renamed.old) {
                Some(range) => {
                    let at = line(load.range.start());
                    if old != new && scopes.resolve(load.scope, new, &also) != Some(scope) {
                        return Err(format!("{new} is something else on line {at}"));
                    }
                    if file.slice(range.clone()).contains(['(', ')', '#']) {
                        return Err(format!("it is used in brackets on line {at}"));
                    }
                    verdict.uses.push((range, renamed.new.clone()));
                }
                None => {
                    others = true;
                    let parts = renamed.old.split('.').skip(1);
                    let begins = load.chain.iter().zip(parts).all(|(it, part)| it.0 == part);
                    if begins {
                        verdict.passed.push(load.range.start());
                    }
                }
            }
        }
        let mut packages = scopes.bindings(scope, old).iter();
        let stays = packages.any(|it| matches!(it, Binding::Package(at) if !own.contains(at)));
        verdict.keep = others && old != new && !stays;
        if verdict.keep && !self.places.stays(old) {
            return Err(format!(
                "{old} is used by itself, and nothing is left of it"
            ));
        }
        Ok(verdict)
    }

    /// Uses that an import of another module made possible.
    fn elsewhere(
        &self,
        file: &mut File<'_>,
        scopes: &Scopes<'_>,
        groups: &BTreeMap<(usize, usize), Vec<usize>>,
        bound: &HashMap<&str, HashSet<usize>>,
    ) {
        let nothing = HashSet::new();
        for (which, renamed) in self.places.names.iter().enumerate() {
            let (old, new) = (first(&renamed.old), first(&renamed.new));
            let now = bound.get(new).unwrap_or(&nothing);
            for load in scopes.loads.iter().filter(|it| it.name == old) {
                let Some(scope) = scopes.resolve(load.scope, old, &nothing) else {
                    continue;
                };
                let packages = scopes.bindings(scope, old).iter();
                let is_package = packages.clone().all(|it| matches!(it, Binding::Package(_)));
                let range = span(load, &renamed.old);
                let Some(range) = range.filter(|_| is_package) else {
                    continue;
                };
                if groups.contains_key(&(scope, which)) {
                    continue;
                }
                let at = load.range.start();
                let plain = !file.slice(range.clone()).contains(['(', ')', '#']);
                let reached = scopes.resolve(load.scope, new, now);
                if reached.is_some_and(|it| now.contains(&it)) && plain {
                    file.rewritten(at, Form::Use, When::Always, &renamed.old, "");
                    file.replace(range, &renamed.new);
                } else if self.passed_on() == Bound::Not {
                    let why = "nothing here imports it: it is there because others do";
                    file.leave(at, Form::Use, When::Always, &renamed.old, why);
                }
            }
        }
    }

    /// Uses that begin at a package the module lies in.
    fn taken_from_above(&self, file: &mut File<'_>, scopes: &Scopes<'_>, above: &[Above<'_>]) {
        if above.is_empty() || self.passed_on() != Bound::Not {
            return;
        }
        let nothing = HashSet::new();
        for it in above {
            let Some(scope) = scopes.of_import(it.name, it.at) else {
                continue;
            };
            for load in scopes.loads.iter().filter(|load| load.name == it.name) {
                let chain = load.chain.iter().map(|(part, _)| *part);
                let leads = chain
                    .take(it.suffix.len())
                    .eq(it.suffix.iter().map(String::as_str));
                if leads && scopes.resolve(load.scope, it.name, &nothing) == Some(scope) {
                    let name = format!("{}.{}", it.name, it.suffix.join("."));
                    let why = "it is taken from the package it lay in";
                    file.leave(load.range.start(), Form::Use, When::Always, &name, why);
                }
            }
        }
    }
}

fn carry_out(file: &mut File<'_>, renamed: &Renamed, verdict: Verdict, hits: &[&Hit<'_>]) {
    let old = first(&renamed.old);
    for (at, hit) in hits.iter().enumerate() {
        let name = hit.alias.name.id.as_str();
        let keep = verdict.keep && at == 0;
        let why = match keep {
            true => format!("{old} stays imported: it is used for other things too"),
            false => String::new(),
        };
        file.rewritten(hit.alias.range.start(), Form::Import, hit.when, name, &why);
        let new = renamed.apply(name).unwrap_or_default();
        let new = match keep {
            true => format!("{old}, {new}"),
            false => new,
        };
        let range = hit.alias.name.range();
        file.replace(range.start().into()..range.end().into(), &new);
    }
    for (range, new) in verdict.uses {
        let at = TextSize::try_from(range.start).unwrap_or_default();
        file.rewritten(at, Form::Use, When::Always, &renamed.old, "");
        file.replace(range, &new);
    }
    for at in verdict.passed {
        let why = "the package itself is passed on: who takes the module from it misses it";
        file.leave(at, Form::Use, When::Always, old, why);
    }
}

/// Where a use says the whole name.
fn span(load: &Load<'_>, name: &str) -> Option<Range<usize>> {
    let start = load.range.start().to_usize();
    let mut end = load.range.end();
    let mut chain = load.chain.iter();
    for part in name.split('.').skip(1) {
        let (attribute, until) = chain.next()?;
        if *attribute != part {
            return None;
        }
        end = *until;
    }
    Some(start..end.into())
}

fn first(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

/// Refuses a name that is not only a package here.
fn other(bindings: &[Binding], name: &str, line: &dyn Fn(TextSize) -> u32) -> Result<(), String> {
    let mut others = bindings.iter().filter_map(|it| match it {
        Binding::Package(_) => None,
        Binding::Alias(at) | Binding::Other(at) | Binding::Global(at) => Some(*at),
    });
    match others.next() {
        Some(at) => Err(format!(
            "{name} is something else too, on line {}",
            line(at)
        )),
        None => Ok(()),
    }
}
