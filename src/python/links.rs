//! From the imports of a file to files.

use super::imports::{Import, ImportKind};
use super::index::Index;
use super::resolve::{Found, Target};
use crate::promotion::RepoPath;

/// How far a name is followed from `__init__.py` to `__init__.py`.
const MOST_RE_EXPORTS: usize = 8;

/// How many parts of a string's name may follow a module's: `a.b.Class.method`.
const MOST_MEMBERS: usize = 2;

/// What one import leads to.
#[derive(Debug, Default)]
pub(super) struct Led {
    /// Files that are run on the way: packages' `__init__.py`.
    pub on_the_way: Vec<u32>,
    /// Files that are meant.
    pub meant: Vec<u32>,
}

impl Index {
    /// Where an import in `file` leads within the repository.
    pub(super) fn led(&self, file: u32, import: &Import) -> Led {
        self.led_by(import, || self.found(file, import))
    }

    /// The same where no file says it, but somebody at the root of the repository.
    pub(super) fn led_from_root(&self, import: &Import) -> Led {
        let root = RepoPath::default();
        let absolute = || self.files.absolute(&import.module, &root);
        self.led_by(import, || absolute().filter(|_| import.level == 0))
    }

    fn led_by(&self, import: &Import, found: impl FnOnce() -> Option<Found>) -> Led {
        let mut led = Led::default();
        if import.kind == ImportKind::Mention {
            led.meant.extend(self.mentioned(&import.module));
            return led;
        }
        let Some(found) = found() else {
            return led;
        };
        led.on_the_way.extend(&found.packages);
        let parts = import.module.split('.').filter(|part| !part.is_empty());
        let mut members = parts.skip(found.parts);
        match (import.kind, members.next(), &import.name) {
            // `patch("a.b.C.method")`, `import a.b`: the rest is a member of it.
            (_, Some(member), _) => self.member(&found.target, member, 0, &mut led),
            (ImportKind::From, None, Some(name)) => self.member(&found.target, name, 0, &mut led),
            _ => led.meant.extend(found.target.file()),
        }
        led
    }

    /// The file that a string names: one in a lane, to the end or to a member of
    /// it. A name that merely begins like a package's means nothing.
    fn mentioned(&self, name: &str) -> Option<u32> {
        let file = match name.contains('/') {
            true => self.files.number(&RepoPath::from(name)),
            false => {
                let found = self.files.absolute(name, &RepoPath::default())?;
                let rest = name.split('.').count() - found.parts;
                let is_near = match found.target {
                    Target::Module(_) => rest <= MOST_MEMBERS,
                    Target::Package(..) => rest == 0,
                    Target::Namespace(_) => false,
                };
                found.target.file().filter(|_| is_near)
            }
        }?;
        let path = self.files.path(file);
        let lane = self.lanes.iter().find(|lane| path.is_within(lane))?;
        (path.parent().as_ref() != Some(lane) || path.name() != b"__init__.py").then_some(file)
    }

    fn found(&self, file: u32, import: &Import) -> Option<Found> {
        match import.level {
            0 => {
                let beside = self.files.path(file).parent().unwrap_or_default();
                self.files.absolute(&import.module, &beside)
            }
            level => self.files.relative(file, level, &import.module),
        }
    }

    /// A name taken from a module or package: a submodule, something a package
    /// has from elsewhere, or its own.
    fn member(&self, of: &Target, name: &str, depth: usize, led: &mut Led) {
        let Target::Package(init, directory) = of else {
            let below = of.directory().and_then(|d| self.files.submodule(d, name));
            led.meant.extend(below.as_ref().unwrap_or(of).file());
            return;
        };
        if let Some(below) = self.files.submodule(directory, name) {
            led.on_the_way.push(*init);
            led.meant.extend(below.file());
            return;
        }
        led.meant.push(*init);
        if depth < MOST_RE_EXPORTS {
            self.re_exported(*init, name, depth, led);
        }
    }

    fn re_exported(&self, init: u32, name: &str, depth: usize, led: &mut Led) {
        for import in self.imports(init).iter().filter(|import| !import.lazy) {
            let inner = match import.kind {
                ImportKind::From if import.bound() == Some(name) => import.name.as_deref(),
                // What a star brings is not known without running it: it may be this.
                ImportKind::Star => Some(name),
                _ => continue,
            };
            let (Some(found), Some(inner)) = (self.found(init, import), inner) else {
                continue;
            };
            if found.target.file() != Some(init) {
                led.on_the_way.extend(&found.packages);
                self.member(&found.target, inner, depth + 1, led);
            }
        }
    }
}
