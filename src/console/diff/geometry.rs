//! Where the parts of the pane are.

use ratatui::layout::Rect;

use super::flow::Layout;

/// Fewer columns of text than this are not divided into two.
pub(super) const SPLIT: u16 = 90;
/// From this width on the list of files stands beside the text.
const WITH_LIST: u16 = 120;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    /// Which file, and how it differs.
    pub(super) title: Rect,
    /// What the sides are; empty where there is no room.
    pub(super) sides: Rect,
    /// The list of files; empty where there is no room.
    pub(super) list: Rect,
    /// The rows.
    pub(super) body: Rect,
    /// What is to be said of the current line.
    pub(super) strip: Rect,
    pub(super) layout: Layout,
}

impl Geometry {
    pub(super) fn of(area: Rect, files: usize, wanted: Option<Layout>) -> Self {
        let listed = area.width >= WITH_LIST && files > 1 && area.height >= 8;
        let list_width = if listed {
            (area.width / 5).clamp(22, 36)
        } else {
            0
        };
        let list = Rect {
            width: list_width,
            ..area
        };
        let main = Rect {
            x: area.x + list_width + u16::from(listed),
            width: area.width - list_width - u16::from(listed),
            ..area
        };
        let mut free = main;
        let mut take = |rows: u16| {
            let part = Rect {
                height: rows.min(free.height),
                ..free
            };
            free.y += part.height;
            free.height -= part.height;
            part
        };
        let title = take(u16::from(area.height >= 2));
        let sides = take(u16::from(area.height >= 12));
        let strip_height = u16::from(area.height >= 4);
        let body = take(free_height(
            area.height,
            title.height + sides.height + strip_height,
        ));
        let strip = take(strip_height);
        let layout = match wanted {
            _ if main.width < SPLIT => Layout::Unified,
            Some(layout) => layout,
            None => Layout::Split,
        };
        Self {
            title,
            sides,
            list: if listed {
                list
            } else {
                Rect { width: 0, ..list }
            },
            body,
            strip,
            layout,
        }
    }
}

fn free_height(all: u16, taken: u16) -> u16 {
    all.saturating_sub(taken)
}

/// The two halves of a row, with a column between them.
pub(super) fn halves(area: Rect) -> (Rect, Rect) {
    let left = area.width.saturating_sub(1) / 2;
    let right = area.width.saturating_sub(left + 1);
    (
        Rect {
            width: left,
            ..area
        },
        Rect {
            x: area.x + area.width - right,
            width: right,
            ..area
        },
    )
}

/// Cuts columns off at the left.
pub(super) fn cut(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    (
        Rect {
            width: columns,
            ..area
        },
        Rect {
            x: area.x + columns,
            width: area.width - columns,
            ..area
        },
    )
}
