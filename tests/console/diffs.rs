//! The diff in every state: what is compared, and how it is looked at.

use countersign::console::model::Model;
use countersign::workflow::Workspace;
use ratatui::layout::Size;

use crate::every::{committed, compared_in, work};
use crate::screens::open;

const FIRST: &str = "def first_of_them(amount):\n    return amount + 1\n";
const SECOND: &str = "def second_of_them(amount):\n    return amount - 1\n";

/// The module and what stands in its place: a picture, a file that is new, one with a long
/// line and one with blocks that moved, and white space.
fn repository(at: &std::path::Path) {
    let keep: String = (0..20).map(|n| format!("keep_{n} = {n}\n")).collect();
    let wide = format!("WIDE = \"{}\"\n", "as it was ".repeat(22));
    let old = format!("import os\n{FIRST}{keep}{SECOND}if os:\n  spaced = 1\n");
    let new = format!("import os\n{wide}{SECOND}{FIRST}{keep}if os:\n    spaced  = 1\n");
    committed(
        at,
        &[
            ("candidate/quantum/fresh.py", "def fresh():\n    return 1\n"),
            (
                "candidate/quantum/logo.gif",
                "GIF89a\x20\x03\x58\x02\0\0\0new",
            ),
            ("candidate/quantum/noise.py", &new),
            ("core/quantum/logo.gif", "GIF89a\x10\x03\x58\x02\0\0\0"),
            ("core/quantum/noise.py", &old),
        ],
    );
}

/// Each by its name.
pub fn diffs(size: Size) -> Vec<(&'static str, Model)> {
    let home = tempfile::tempdir().unwrap();
    repository(home.path());
    let ws = Workspace::open(home.path(), None).unwrap();
    let first = compared_in(home.path(), open(size), "");
    let after = |typed: &str| {
        let mut model = first.clone();
        work(&ws, &mut model, typed);
        model
    };
    vec![
        ("module, diff of a new file", after("")),
        ("module, diff of a picture", after("}")),
        ("module, diff side by side", after("} }")),
        ("module, diff in one column", after("} } v")),
        ("module, diff wrapped", after("} } z w")),
        ("module, diff scrolled", after("} } l l")),
        ("module, diff of moved lines", after("} } ] j")),
        ("module, diff unfolded", after("} } z R G")),
        ("module, diff without space", after("} } W G")),
        ("module, diff with the base", after("} } a")),
        ("module, diff viewed", after("} } V } }")),
        ("module, diff with a comment", after("} } iwhy?<esc> j")),
        ("module, diff, writing", after("} } iwhy<space>so?")),
        ("module, diff, comments", after("} } iwhy?<esc> I")),
        ("module, diff, searching", after("} } /def")),
    ]
}
