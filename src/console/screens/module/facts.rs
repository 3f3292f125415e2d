//! What is known of a module beside its gates.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::model::module::ModuleView;
use crate::console::model::{Model, Screen, pulls};
use crate::console::text::{age, bytes, count, pad, path, safe, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, scrollbar};
use crate::promotion::{Facts, ModuleKind, OwnerSource, Stage, TestReason};

/// Cells of the labels.
const LABEL: usize = 14;

/// How many lines there are to scroll through.
pub fn height(model: &Model) -> usize {
    match &model.screen {
        Screen::Module(view) => lines(model, view, &Theme::no_color()).len(),
        _ => 0,
    }
}

/// Draws it.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, view: &ModuleView, theme: &Theme) {
    let lines = lines(model, view, theme);
    let height = usize::from(area.height);
    for (row, line) in lines.iter().skip(view.facts_top).take(height).enumerate() {
        widgets::line(frame, area, row as u16, line);
    }
    scrollbar::render(frame, area, lines.len(), view.facts_top, theme);
}

/// All of it.
pub fn lines(model: &Model, view: &ModuleView, theme: &Theme) -> Vec<Line<'static>> {
    let mut out = Lines {
        lines: vec![Line::default()],
        room: usize::from(model.size.width).saturating_sub(LABEL + 4),
        theme,
    };
    let nothing = Facts::default();
    let facts = model.catalog.facts(view.id).unwrap_or(&nothing);
    let later = || "being read".to_owned();
    let unknown = |what: &str| {
        if facts.complete {
            what.to_owned()
        } else {
            later()
        }
    };

    if let Some(module) = model.catalog.module(view.id) {
        let kind = match module.kind {
            ModuleKind::Package => "package",
            ModuleKind::Namespace => "namespace package",
            ModuleKind::File => "single file",
        };
        let files = match module.files {
            1 => "1 file".into(),
            n => format!("{} files", count(n as usize)),
        };
        out.fact(
            "module",
            &format!("{kind}, {files}, {}", bytes(module.bytes)),
        );
        if let Some(lane) = model.header.lanes.get(module.lane) {
            let places: Vec<_> = lane
                .targets
                .iter()
                .filter_map(|target| lane.destination(&module.path, target))
                .map(|place| path(&place))
                .collect();
            out.fact("goes to", &places.join("  or  "));
        }
        out.fact("object", &module.object.to_string());
    }
    if facts.uncommitted {
        out.warn(
            "work tree",
            "differs from the revision; the gates check the revision",
        );
    }

    let owner = match &facts.owner {
        Some(owner) => {
            let source = match owner.source {
                OwnerSource::Config => "named in countersign.toml",
                OwnerSource::Codeowners => "from CODEOWNERS",
                OwnerSource::History => {
                    "wrote most of its recent commits: a hint, not an assignment"
                }
            };
            format!("{}  ({source})", safe(&owner.name))
        }
        None => unknown("nobody"),
    };
    out.fact("owner", &owner);
    match &facts.last_change {
        Some(change) => {
            let old = age(model.now / 1_000 - change.time);
            out.fact(
                "last change",
                &format!(
                    "{old} ago by {}, {}",
                    safe(&change.author),
                    change.commit.short()
                ),
            );
            out.fact("", &safe(&change.summary));
        }
        None => out.fact("last change", &unknown("none found")),
    }

    out.gap();
    match &view.dossier {
        Some(Ok(dossier)) => {
            out.fact("stage", dossier.stage.word());
            if dossier.blockers.is_empty() {
                out.fact("blocked by", "nothing");
            }
            let left = model.standings.left(&view.path);
            if let Some(merging) = left
                .filter(|it| it.stage == Stage::Promoted)
                .and_then(|it| model.merging(&it.promotion.branch))
            {
                out.fact("merge with", &safe(&merging));
            }
            for (at, blocker) in dossier.blockers.iter().enumerate() {
                out.fact(if at == 0 { "blocked by" } else { "" }, &safe(blocker));
            }
        }
        Some(Err(problem)) => out.warn("dossier", &safe(problem)),
        None => out.fact("stage", &later()),
    }

    if let Some(pull) = model.pulls.of.get(&view.path) {
        let old = age((model.now - model.pulls.at) / 1_000);
        out.fact("pull request", &safe(&pulls::words(pull)));
        out.fact("", &safe(&pull.url));
        match &model.pulls.why_not {
            None => out.fact("", &format!("as it was {old} ago")),
            Some(why) => out.warn("", &format!("as it was {old} ago: {}", safe(why))),
        }
    }

    out.gap();
    if facts.tests.is_empty() {
        out.fact(
            "tests",
            &unknown("none found: no test file imports it or mirrors its path"),
        );
    }
    for (at, test) in facts.tests.iter().enumerate() {
        let reason = match test.reason {
            TestReason::Config => "named in countersign.toml",
            TestReason::Import => "imports it",
            TestReason::Text => "names it in a string",
            TestReason::Path => "mirrors its path",
        };
        let label = if at == 0 {
            format!("tests ({})", facts.tests.len())
        } else {
            String::new()
        };
        out.fact(&label, &format!("{}  ({reason})", path(&test.path)));
    }
    out.lines
}

struct Lines<'a> {
    lines: Vec<Line<'static>>,
    room: usize,
    theme: &'a Theme,
}

impl Lines<'_> {
    fn fact(&mut self, label: &str, text: &str) {
        self.push(label, text, Role::Text);
    }

    fn warn(&mut self, label: &str, text: &str) {
        self.push(label, text, Role::Warning);
    }

    fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    fn push(&mut self, label: &str, text: &str, role: Role) {
        for (row, part) in wrap(text, self.room).into_iter().enumerate() {
            let label = if row == 0 { label } else { "" };
            self.lines.push(Line::from(vec![
                Span::styled(
                    format!(" {} ", pad(label, LABEL, self.theme.glyphs())),
                    self.theme.style(Role::Muted),
                ),
                Span::styled(part, self.theme.style(role)),
            ]));
        }
    }
}
