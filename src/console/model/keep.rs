//! What the dashboard's filter and status leave over.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::catalog::Catalog;
use super::dashboard::Show;
use crate::promotion::{Lane, Module, ModuleId};

/// Which modules filter and status leave over.
pub(super) struct Keep {
    pattern: Option<Pattern>,
    /// Per module: matches, or has something below that does. `None`: all.
    shown: Option<Vec<(bool, bool)>>,
    pub(super) matches: usize,
    pub(super) best: Option<ModuleId>,
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Keep {
    pub(super) fn new(catalog: &Catalog, lanes: &[Lane], filter: &str, show: Show) -> Self {
        let tree = catalog.tree();
        let pattern = (!filter.is_empty())
            .then(|| Pattern::parse(filter, CaseMatching::Smart, Normalization::Smart));
        if pattern.is_none() && show == Show::All {
            return Self {
                pattern,
                shown: None,
                matches: tree.len(),
                best: None,
                matcher: Matcher::default(),
                buffer: Vec::new(),
            };
        }
        let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
        let mut buffer = Vec::new();
        let mut shown = vec![(false, false); tree.len()];
        let mut matches = 0;
        let mut best: Option<(u32, ModuleId)> = None;
        for id in tree.ids() {
            let Some(module) = tree.get(id) else { continue };
            let status = match show {
                Show::All => true,
                Show::Failing => catalog.is_failing(id),
                Show::NeedsRun => catalog.needs_run(id),
            };
            let score = match &pattern {
                None => Some(0),
                Some(pattern) => {
                    let text = searched(module, lanes);
                    // Of equal matches the shorter name is the likelier one.
                    pattern
                        .score(Utf32Str::new(&text, &mut buffer), &mut matcher)
                        .map(|s| (s * 16).saturating_sub(text.len().min(200) as u32))
                }
            };
            let Some(score) = score.filter(|_| status) else {
                continue;
            };
            matches += 1;
            if best.is_none_or(|(top, _)| score > top) {
                best = Some((score, id));
            }
            shown[id.0 as usize].0 = true;
            let mut at = module.parent;
            while let Some(parent) = at {
                let place = &mut shown[parent.0 as usize];
                if place.1 {
                    break;
                }
                place.1 = true;
                at = tree.get(parent).and_then(|m| m.parent);
            }
        }
        Self {
            pattern,
            shown: Some(shown),
            matches,
            best: best.map(|(_, id)| id),
            matcher,
            buffer,
        }
    }

    pub(super) fn shows(&self, id: ModuleId) -> bool {
        self.shown.as_ref().is_none_or(|s| {
            s.get(id.0 as usize)
                .is_some_and(|(own, below)| *own || *below)
        })
    }

    pub(super) fn matches(&self, id: ModuleId) -> bool {
        self.shown
            .as_ref()
            .is_none_or(|s| s.get(id.0 as usize).is_some_and(|(own, _)| *own))
    }

    /// True where the filter leaves over what is called so and has no status.
    pub(super) fn names(&mut self, text: &str) -> bool {
        match (&self.pattern, &self.shown) {
            (None, shown) => shown.is_none(),
            (Some(pattern), _) => {
                let text = Utf32Str::new(text, &mut self.buffer);
                pattern.score(text, &mut self.matcher).is_some()
            }
        }
    }

    /// Which characters of the module's name matched.
    pub(super) fn matched(&mut self, catalog: &Catalog, lanes: &[Lane], id: ModuleId) -> Vec<u32> {
        let (Some(module), true) = (catalog.module(id), self.matches(id)) else {
            return Vec::new();
        };
        let Some(pattern) = &self.pattern else {
            return Vec::new();
        };
        let text = searched(module, lanes);
        let offset = (text.chars().count() - module.name().chars().count()) as u32;
        let mut indices = Vec::new();
        let haystack = Utf32Str::new(&text, &mut self.buffer);
        pattern.indices(haystack, &mut self.matcher, &mut indices);
        indices.retain_mut(|at| {
            let inside = *at >= offset;
            *at = at.saturating_sub(offset);
            inside
        });
        indices.sort_unstable();
        indices.dedup();
        indices
    }
}

/// What the filter looks at: the path below the lane, ending in the name.
fn searched(module: &Module, lanes: &[Lane]) -> String {
    let below = lanes
        .get(module.lane)
        .and_then(|lane| module.path.strip(&lane.source))
        .filter(|below| !below.is_root());
    below
        .as_ref()
        .unwrap_or(&module.path)
        .to_text()
        .into_owned()
}
