//! The palette: what can be done where one is, found by a few letters of it.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::catalog::Catalog;
use super::module::Cursor;
use crate::console::action::Action;
use crate::promotion::ModuleId;

/// How many modules are offered beside the actions, the likeliest ones.
const MODULES: usize = 50;

/// What letters that are spread score at least, each: that begin words, or stand together.
const LETTER: u32 = 19;

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An action.
    Action(Action),
    /// A module, to be opened.
    Module(ModuleId),
}

/// Something that can be done, or cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What.
    pub what: What,
    /// The keys that do it where one is; none where no key does.
    pub keys: Vec<String>,
    /// What it does, in words.
    pub words: String,
    /// Why it does nothing now: what its key says, too.
    pub refusal: Option<String>,
}

/// A choice that fits what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The choice.
    pub choice: Choice,
    /// Which characters of its words were typed.
    pub matched: Vec<u32>,
}

/// The palette, open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// Every action that applies where one is.
    pub choices: Vec<Choice>,
    /// Where modules are found, too.
    pub with_modules: bool,
    /// What fits, the likeliest first.
    pub rows: Vec<Row>,
    /// The selected row.
    pub row: Cursor,
}

impl Palette {
    /// What is selected.
    pub fn selected(&self) -> Option<&Choice> {
        self.rows.get(self.row.at).map(|row| &row.choice)
    }

    /// Narrows to what fits. Nothing typed: all actions, in their order; and then what can
    /// be done comes first where two fit as well as each other. Words fit where they stand as
    /// they were typed; where they stand nowhere, letters fit that are spread, but not thinly.
    pub fn narrow(&mut self, typed: &str, catalog: &Catalog) {
        self.row = Cursor::default();
        if typed.trim().is_empty() {
            let all = self.choices.iter().cloned();
            self.rows = all
                .map(|choice| Row {
                    choice,
                    matched: Vec::new(),
                })
                .collect();
            return;
        }
        let letters = typed.chars().filter(|c| !c.is_whitespace()).count() as u32;
        let kinds = [
            (AtomKind::Substring, 0),
            (AtomKind::Fuzzy, letters * LETTER),
        ];
        let mut found = kinds.into_iter().map(|(kind, least)| {
            let finder = Finder {
                pattern: Pattern::new(typed, CaseMatching::Smart, Normalization::Smart, kind),
                least,
                matcher: Matcher::new(Config::DEFAULT),
                buffer: Vec::new(),
            };
            self.found(finder, catalog)
        });
        let found = found.find(|it| !it.is_empty());
        self.rows = found.unwrap_or_default();
    }

    /// What a finder finds, the likeliest first.
    fn found(&self, mut finder: Finder, catalog: &Catalog) -> Vec<Row> {
        let mut found: Vec<(u32, Row)> = Vec::new();
        for choice in &self.choices {
            // Its name and its keys find it as well, where its words do not.
            let name = match choice.what {
                What::Action(action) => action.name(),
                What::Module(_) => "",
            };
            let searched = format!("{} {name} {}", choice.words, choice.keys.join(" "));
            if let Some((score, mut matched)) = finder.find(&searched) {
                let shown = choice.words.chars().count() as u32;
                matched.retain(|at| *at < shown);
                let choice = choice.clone();
                found.push((score, Row { choice, matched }));
            }
        }
        if self.with_modules {
            found.extend(finder.modules(catalog));
        }
        found.sort_by_key(|(score, row)| (std::cmp::Reverse(*score), row.choice.refusal.is_some()));
        found.into_iter().map(|(_, row)| row).collect()
    }
}

struct Finder {
    pattern: Pattern,
    /// What scores less does not fit.
    least: u32,
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Finder {
    /// How well a text fits, and where.
    fn find(&mut self, text: &str) -> Option<(u32, Vec<u32>)> {
        let mut matched = Vec::new();
        let text = Utf32Str::new(text, &mut self.buffer);
        let score = self
            .pattern
            .indices(text, &mut self.matcher, &mut matched)?;
        matched.sort_unstable();
        matched.dedup();
        (score >= self.least).then_some((score, matched))
    }

    /// The modules that fit best.
    fn modules(&mut self, catalog: &Catalog) -> Vec<(u32, Row)> {
        let mut scored: Vec<(u32, ModuleId, String)> = Vec::new();
        for id in catalog.tree().ids() {
            let Some(module) = catalog.module(id) else {
                continue;
            };
            let text = crate::console::text::path(&module.path);
            let haystack = Utf32Str::new(&text, &mut self.buffer);
            let score = self.pattern.score(haystack, &mut self.matcher);
            if let Some(score) = score.filter(|it| *it >= self.least) {
                scored.push((score, id, text));
            }
        }
        scored.sort_by_key(|(score, id, text)| (std::cmp::Reverse(*score), text.len(), *id));
        scored.truncate(MODULES);
        let rows = scored.into_iter().map(|(score, id, text)| {
            let words = format!("open {text}");
            let matched = self.find(&words).map(|it| it.1).unwrap_or_default();
            let choice = Choice {
                what: What::Module(id),
                keys: Vec::new(),
                words,
                refusal: None,
            };
            (score, Row { choice, matched })
        });
        rows.collect()
    }
}
