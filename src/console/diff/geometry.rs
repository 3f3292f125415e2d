//! Where the parts of the pane are.

use ratatui::layout::Rect;

use super::flow::Layout;

/// Fewer columns of text than this are not divided into two.
pub(super) const SPLIT: u16 = 90;
/// Columns that a half keeps, however far the line between them is moved.
const HALF: u16 = 24;
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
    /// The line between their halves; empty where they have none.
    pub(super) rule: Rect,
    /// What is to be said of the current line.
    pub(super) strip: Rect,
    pub(super) layout: Layout,
}

impl Geometry {
    /// `moved`: how far the line between the halves is from the middle.
    pub(super) fn of(area: Rect, files: usize, wanted: Option<Layout>, moved: i16) -> Self {
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
        let half = body.width.saturating_sub(1) / 2;
        let least = HALF.min(half);
        let most = body.width.saturating_sub(1 + least);
        let rule = Rect {
            x: body.x + half.saturating_add_signed(moved).clamp(least, most),
            width: u16::from(layout == Layout::Split),
            ..body
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
            rule,
            strip,
            layout,
        }
    }
}

fn free_height(all: u16, taken: u16) -> u16 {
    all.saturating_sub(taken)
}

/// What of a row is left and right of the line between the halves.
pub(super) fn halves(area: Rect, rule: Rect) -> (Rect, Rect) {
    let (left, rest) = cut(area, rule.x.saturating_sub(area.x));
    (left, cut(rest, 1).1)
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
