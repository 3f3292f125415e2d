//! What changed between two versions of an API.
//!
//! Breaking is what can make code wrong that was right before: a name that is
//! gone, a call that is no longer taken or means something else, a base class
//! that is missing. What a function does, and the types it names, are not
//! looked at: those are noted.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use super::names::{Reached, dotted, reached};
use super::{Api, Binding, Class, Function, Item, Parameter, What, parameters, words};
use crate::promotion::RepoPath;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The name, as others reach it: `call`, `Policy.waits`, `policy.Policy`.
    pub name: String,
    /// Whether it can break those who use it.
    pub breaking: bool,
    /// What changed, without the name.
    pub what: String,
    /// Where it is defined now, if it is.
    pub at: Option<(RepoPath, u32)>,
}

/// What changed, what breaks first.
pub fn changes(old: &Api, new: &Api) -> Vec<Change> {
    let before = reached(old);
    let classes = before.iter().filter_map(|it| match &it.item.what {
        What::Class(class) => Some(class),
        _ => None,
    });
    let mut comparing = Comparing {
        old,
        new,
        old_names: names(old),
        new_names: names(new),
        old_classes: classes.collect(),
        found: Vec::new(),
    };
    comparing.removed_files();
    for was in &before {
        comparing.reached(was);
    }
    for now in reached(new) {
        comparing.added(&now);
    }
    let mut found = comparing.found;
    found.sort_by_key(|change| !change.breaking); // stable
    found
}

struct Comparing<'a> {
    old: &'a Api,
    new: &'a Api,
    old_names: Names<'a>,
    new_names: Names<'a>,
    /// Those that had a public name of their own.
    old_classes: Vec<&'a Class>,
    found: Vec<Change>,
}

/// The public names of each file.
type Names<'a> = HashMap<&'a str, BTreeSet<&'a str>>;

fn names(api: &Api) -> Names<'_> {
    let files = api.files.keys();
    files
        .map(|file| (file.as_str(), api.names_of(file)))
        .collect()
}

fn has(names: &Names<'_>, file: &str, name: &str) -> bool {
    names.get(file).is_some_and(|names| names.contains(name))
}

impl Comparing<'_> {
    fn say(&mut self, name: &str, breaking: bool, what: impl Into<String>, at: At<'_>) {
        let what = what.into();
        self.found.push(Change {
            name: name.to_owned(),
            breaking,
            what,
            at: at.map(|(path, line)| (path.clone(), line)),
        });
    }

    /// Files are imported by name, whatever is in them.
    fn removed_files(&mut self) {
        let (old, new) = (self.old, self.new);
        let public = |api: &Api, name: &str| api.files.get(name).is_some_and(|f| f.public);
        for (name, file) in &old.files {
            if file.public && !name.is_empty() && !public(new, name) {
                self.say(name, true, "the module was removed", None);
            }
        }
    }

    fn gone(&self, file: &str) -> bool {
        !file.is_empty() && self.new.files.get(file).is_none_or(|file| !file.public)
    }

    fn reached(&mut self, was: &Reached<'_>) {
        let new = self.new;
        let (kept, lost): (Vec<_>, Vec<_>) = was
            .ways
            .iter()
            .partition(|(file, name)| has(&self.new_names, file, name));
        if kept.is_empty() {
            // That its file is gone is said already.
            if let Some((file, name)) = lost.into_iter().find(|(file, _)| !self.gone(file)) {
                self.say(&dotted(file, name), true, "it was removed", None);
            }
            return;
        }
        for (file, name) in lost {
            if self.gone(file) {
                continue;
            }
            self.say(&dotted(file, name), true, "it was removed from here", None);
        }
        let mut seen = Vec::new();
        for (file, name) in kept {
            let Some(now) = new.resolve(file, name) else {
                continue;
            };
            let place = (now.file, now.name);
            if seen.contains(&place) {
                continue;
            }
            seen.push(place);
            let path = new.files.get(now.file).map(|file| &file.path);
            self.item(&dotted(file, name), was.item, now.item, path, 0);
        }
    }

    fn added(&mut self, now: &Reached<'_>) {
        if !now
            .ways
            .iter()
            .any(|(file, name)| has(&self.old_names, file, name))
        {
            let path = self.new.files.get(now.file).map(|file| &file.path);
            let at = path.map(|path| (path, now.item.line));
            self.say(&now.shown(), false, "it is new", at);
        }
    }

    fn item(&mut self, name: &str, was: &Item, now: &Item, path: Option<&RepoPath>, depth: usize) {
        let at = path.map(|path| (path, now.line));
        match (&was.what, &now.what) {
            (What::Function(was), What::Function(now)) => self.function(name, was, now, at),
            (What::Class(was), What::Class(now)) => self.class(name, was, now, at, path, depth),
            (What::Value { annotation: was }, What::Value { annotation: now }) => {
                if let (Some(was), Some(now)) = (was, now)
                    && was != now
                {
                    self.say(name, false, format!("its type is {now} (was {was})"), at);
                }
            }
            // Nothing is known of one of the two.
            (What::Foreign, _) | (_, What::Foreign) => {}
            (What::Passed { .. }, What::Passed { .. }) => {}
            (was, now) if reads_alike(was, now) => {}
            (was, now) => {
                let (was, now) = (words::kind(was), words::kind(now));
                self.say(name, true, format!("it was {was} and is {now}"), at);
            }
        }
    }

    fn function(&mut self, name: &str, was: &Function, now: &Function, at: At<'_>) {
        if (was.binding, was.is_async) != (now.binding, now.is_async) {
            let kind = |function: &Function| words::kind(&What::Function(function.clone()));
            let (was, now) = (kind(was), kind(now));
            self.say(name, true, format!("it was {was} and is {now}"), at);
            return;
        }
        if was.settable && !now.settable {
            self.say(name, true, "it can no longer be set", at);
        }
        self.parameters(name, &was.parameters, &now.parameters, at);
        if let (Some(was), Some(now)) = (&was.returns, &now.returns)
            && was != now
        {
            self.say(name, false, format!("it returns {now} (was {was})"), at);
        }
    }

    fn parameters(&mut self, name: &str, was: &[Parameter], now: &[Parameter], at: At<'_>) {
        for (breaking, what) in parameters::compare(was, now) {
            self.say(name, breaking, what, at);
        }
    }

    fn class(
        &mut self,
        name: &str,
        was: &Class,
        now: &Class,
        at: At<'_>,
        path: Option<&RepoPath>,
        depth: usize,
    ) {
        let new = self.new;
        let whole = (depth == 0).then(|| self.with_hidden(was));
        let was = whole.as_ref().unwrap_or(was);
        for base in was.bases.iter().filter(|base| !now.bases.contains(base)) {
            // By another way of writing it, it is still there.
            if !now.bases.iter().any(|other| last(other) == last(base)) {
                self.say(name, true, format!("it no longer derives from {base}"), at);
            }
        }
        let made = |class: &Class| class.made_with.clone();
        match (made(was), made(now).or_else(|| inherited_make(new, now))) {
            (Some(was), Some(now)) => self.parameters(name, &was, &now, at),
            // Without a base nothing can be given to it.
            (Some(was), None) if now.bases.is_empty() => self.parameters(name, &was, &[], at),
            (None, Some(now)) if was.bases.is_empty() => self.parameters(name, &[], &now, at),
            _ => {}
        }
        for (member, item) in &was.members {
            let full = format!("{name}.{member}");
            let own = now.members.get(member);
            match own.or_else(|| inherited(new, now, member)) {
                Some(now) if depth < MOST_DEPTH => self.item(&full, item, now, path, depth + 1),
                Some(_) => {}
                None => self.say(&full, true, "it was removed", at),
            }
        }
        for (member, item) in &now.members {
            if !was.members.contains_key(member) && inherited(self.old, was, member).is_none() {
                let at = path.map(|path| (path, item.line));
                self.say(&format!("{name}.{member}"), false, "it is new", at);
            }
        }
    }

    /// A class with what it had from bases without a public name: nobody else is
    /// told what became of that. Of the other bases it is told once.
    fn with_hidden(&self, class: &Class) -> Class {
        let mut whole = class.clone();
        let mut is_made = class.made_with.is_some();
        let mut seen: BTreeSet<&str> = class.members.keys().map(String::as_str).collect();
        for base in bases(self.old, class) {
            let is_hidden = !self.old_classes.iter().any(|it| std::ptr::eq(*it, base));
            if !is_made && base.made_with.is_some() {
                is_made = true;
                if is_hidden {
                    whole.made_with.clone_from(&base.made_with);
                }
            }
            for (member, item) in &base.members {
                if seen.insert(member) && is_hidden {
                    whole.members.insert(member.clone(), item.clone());
                }
            }
        }
        whole
    }
}

/// Where something is defined now.
type At<'a> = Option<(&'a RepoPath, u32)>;

/// How deep classes lie in each other.
const MOST_DEPTH: usize = 8;

/// A value and a property are read in the same way.
fn reads_alike(was: &What, now: &What) -> bool {
    let reads = |what: &What| match what {
        What::Value { .. } => true,
        What::Function(function) => function.binding == Binding::Property,
        _ => false,
    };
    let was_set = matches!(was, What::Value { .. });
    let can_be_set = !matches!(now, What::Function(function) if !function.settable);
    reads(was) && reads(now) && (!was_set || can_be_set)
}

/// The class of the module that a base is.
fn base<'a>(api: &'a Api, name: &str) -> Option<&'a Class> {
    let mut files = api.files.values();
    files.find_map(|file| match &file.items.get(last(name))?.what {
        What::Class(class) => Some(class),
        _ => None,
    })
}

/// The last part of a base's name, without what it is given in brackets.
fn last(base: &str) -> &str {
    let name = base.split('[').next().unwrap_or_default();
    name.rsplit('.').next().unwrap_or_default()
}

/// The bases of a class that are the module's own, and theirs, the nearest first.
fn bases<'a>(api: &'a Api, class: &Class) -> Vec<&'a Class> {
    let mut found: Vec<&Class> = Vec::new();
    let mut seen = HashSet::new();
    let mut todo: VecDeque<String> = class.bases.iter().cloned().collect();
    while let Some(name) = todo.pop_front() {
        if !seen.insert(name.clone()) {
            continue;
        }
        if let Some(base) = base(api, &name) {
            todo.extend(base.bases.iter().cloned());
            found.push(base);
        }
    }
    found
}

/// What a class has from those.
fn inherited<'a>(api: &'a Api, class: &Class, member: &str) -> Option<&'a Item> {
    let mut bases = bases(api, class).into_iter();
    bases.find_map(|base| base.members.get(member))
}

fn inherited_make(api: &Api, class: &Class) -> Option<Vec<Parameter>> {
    let mut bases = bases(api, class).into_iter();
    bases.find_map(|base| base.made_with.clone())
}
