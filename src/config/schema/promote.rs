//! How a module is moved.

use super::{Key, Kind, Section, Shape, key, section};

/// `[promote]`
pub(super) const PROMOTE: Section = section(
    "promote",
    Shape::Table,
    "What `countersign promote` does besides moving the module and rewriting imports.",
    &[
        key(
            "branch",
            Kind::Text,
            "\"promote/{module}-{date}\"",
            "\"move/{module}\"",
            "The branch a module is moved on. `{module}` is its path below the lane with `-` for \
             `/`, `{date}` the day as `YYYYMMDD`.",
        ),
        key(
            "shims",
            Kind::Bool,
            "false",
            "true",
            "Whether what was importable by the old name stays so, with a `DeprecationWarning`.",
        ),
        SMOKE,
        key(
            "stages",
            Kind::Texts,
            "[\"tests\", \"types\", \"lint\"]",
            "[\"tests\", \"types\", \"lint\", \"api\"]",
            "The gates that have to hold again for the module where it is now.",
        ),
        key(
            "changelog",
            Kind::Path,
            "`CHANGELOG.md`, else `docs/CHANGELOG.md`",
            "\"docs/changes.md\"",
            "The changelog that gets a note.",
        ),
        key(
            "scorecard",
            Kind::Path,
            "`TRANSPARENCY_SCORECARD.md`, wherever it is, else at the root",
            "\"docs/scorecard.md\"",
            "The transparency scorecard that gets an entry. It is made where there is none.",
        ),
        key(
            "codeowners",
            Kind::Bool,
            "true",
            "false",
            "Whether lines of CODEOWNERS that name the module follow it, and its owners stay its \
             owners.",
        ),
        key(
            "log",
            Kind::Path,
            "`promotion-audit.log`",
            "\"audit/promotion-audit.log\"",
            "Where the copy of the audit log goes that each promotion leaves on the base branch.",
        ),
    ],
    &[section(
        "targets",
        Shape::Map {
            key: Kind::Path,
            value: Kind::Path,
            example: "\"candidate/quantum\" = \"lukhas\"",
        },
        "The target lane of a module, or of all in a directory, where it is not the first of its \
         lane. The longest path that fits counts.",
        &[],
        &[],
    )],
);

const SMOKE: Key = key(
    "smoke",
    Kind::Texts,
    "`make smoke`, where a Makefile at the root has that target",
    "[\"python\", \"-m\", \"pytest\", \"tests/smoke\"]",
    "The command that has to end well on the result, program and arguments. Empty: none.",
);
