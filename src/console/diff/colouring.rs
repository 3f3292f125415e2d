//! Which colours of which file are known, and which are to be asked for.

use std::sync::Arc;

use super::highlight::{self, Colours, Resume};
use super::work::Work;
use super::{DiffPane, Effect};
use crate::workflow::compare::{FileDiff, Side};

/// Files whose colours are kept.
const COLOURED: usize = 8;

/// The colours of one side of a file, as far as they are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Colouring {
    pub(super) colours: Colours,
    resume: Option<Resume>,
    /// Nothing more is to come.
    over: bool,
    /// Why there are none.
    pub(super) refusal: Option<&'static str>,
}

impl DiffPane {
    /// What colours are missing for the file that is shown. One request at a
    /// time; its reply asks for the next.
    pub(super) fn needs(&mut self) -> Vec<Effect> {
        // While another comparison is awaited, colours of this one would come too late.
        if self.colouring || self.waiting {
            return Vec::new();
        }
        let Some(diff) = self.diff.clone() else {
            return Vec::new();
        };
        let Some(file) = diff.files.get(self.file) else {
            return Vec::new();
        };
        if self.colours.len() > 2 * COLOURED {
            let keep = self.file;
            self.colours.retain(|(file, _), _| *file == keep);
        }
        for side in [Side::Right, Side::Left] {
            let Some(entry) = file.entry(side) else {
                continue;
            };
            let Some(lines) = entry.content.lines() else {
                continue;
            };
            if file.colours_from(side) != side {
                continue;
            }
            let known = self.colours.entry((self.file, side)).or_default();
            let known = Arc::make_mut(known);
            if known.over {
                continue;
            }
            if let Some(refusal) = highlight::refusal(lines) {
                known.refusal = Some(refusal);
                known.over = true;
                continue;
            }
            let work = Work::Colour {
                ask: self.ask,
                file: self.file,
                side,
                path: entry.path.clone(),
                lines: lines.clone(),
                from: known.colours.len(),
                resume: known.resume.clone(),
            };
            self.colouring = true;
            return vec![self.request(work)];
        }
        Vec::new()
    }

    pub(super) fn coloured(
        &mut self,
        file: usize,
        side: Side,
        from: usize,
        result: Option<(Colours, Resume)>,
    ) {
        let total = self
            .diff
            .as_ref()
            .and_then(|diff| diff.files.get(file)?.lines(side).map(|l| l.len()))
            .unwrap_or(0);
        let Some(known) = self.colours.get_mut(&(file, side)) else {
            return;
        };
        let known = Arc::make_mut(known);
        match result {
            Some((colours, resume)) if known.colours.len() == from => {
                known.colours.append(&colours);
                known.over = known.colours.len() >= total || colours.len() == 0;
                known.resume = (!known.over).then_some(resume);
            }
            Some(_) => {}
            None => known.over = true,
        }
    }
}

/// Which side has the colours of a side: of two equal texts one is enough.
pub(super) trait ColoursFrom {
    fn colours_from(&self, side: Side) -> Side;
}

impl ColoursFrom for FileDiff {
    fn colours_from(&self, side: Side) -> Side {
        match (self.lines(Side::Left), self.lines(Side::Right)) {
            (Some(left), Some(right)) if Arc::ptr_eq(left, right) => Side::Right,
            _ => side,
        }
    }
}
