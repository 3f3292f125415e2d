//! What is shown in place of lines where a file has none to show.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::diff::DiffPane;
use crate::console::text;
use crate::console::theme::{Role, Theme};
use crate::workflow::compare::{Content, Entry, FileDiff, Side};

impl DiffPane {
    /// For a file whose lines cannot be shown: what it is, side by side.
    pub(super) fn draw_description(
        &self,
        buf: &mut Buffer,
        area: Rect,
        file: &FileDiff,
        theme: &Theme,
    ) {
        let mut lines = Vec::new();
        for (name, side) in [("was: ", Side::Left), ("is:  ", Side::Right)] {
            lines.push(match file.entry(side) {
                Some(entry) => format!("{name}{}", describe(entry)),
                None => format!("{name}nothing"),
            });
        }
        if file.is_text() {
            lines = vec!["An empty file.".into()];
        }
        let width = usize::from(area.width).saturating_sub(2);
        let wrapped = lines
            .iter()
            .flat_map(|line| text::wrap(&text::safe(line), width));
        for (line, y) in wrapped.zip(area.y..area.bottom()) {
            buf.set_stringn(area.x + 1, y, &line, width, theme.style(Role::Text));
        }
    }
}

/// What an entry is, in one line. Not yet safe to show.
fn describe(entry: &Entry) -> String {
    let size = text::bytes(entry.size);
    match &entry.content {
        Content::Text(lines) => format!("text, {} lines, {size}", text::count(lines.len())),
        Content::Binary(it) => format!("{it}, {size}, {}", entry.object.short()),
        Content::Symlink(target) => format!(
            "a symbolic link to {} (shown, not followed)",
            crate::promotion::text::decode(target)
        ),
        Content::Gitlink => format!("a submodule at {}", entry.object),
        Content::Lfs { oid, size } => {
            format!(
                "a Git LFS pointer to {} ({oid}); the content is not in git",
                text::bytes(*size)
            )
        }
        Content::TooLarge => format!("{size}: too large to compare, {}", entry.object.short()),
        Content::Omitted => format!(
            "{size}: not read, the module is too large to compare at once; open a module below it"
        ),
    }
}
