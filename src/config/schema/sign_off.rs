//! Who has to sign.

use super::{Key, Kind, Section, Shape, key, section};

/// `[sign_off]`
pub(super) const SIGN_OFF: Section = section(
    "sign_off",
    Shape::Table,
    "Who has to sign before a module is promoted: docs/sign-off.md. Only what the base branch \
     says here counts, never the branch that is promoted.",
    &[
        key(
            "approvals",
            Kind::Count(1),
            "2",
            "3",
            "How many persons have to approve, in whatever roles.",
        ),
        key(
            "valid",
            Kind::Age,
            "as long as nothing changes",
            "\"90d\"",
            "How long an approval counts, in whole days.",
        ),
        key(
            "keyring",
            Kind::Path,
            "`.countersign/keyring`",
            "\"security/keyring\"",
            "The file that says who may sign in which role, in the form of `allowed_signers` (see ssh-keygen).",
        ),
        key(
            "checklists",
            Kind::Path,
            "`.countersign/checklists`",
            "\"docs/checklists\"",
            "The directory of the repository's own checklists. `tech.toml`, `security.toml` or \
             `ethics.toml` there takes the place of ours, whole.",
        ),
        key(
            "branch",
            Kind::Text,
            "\"promotion-audit\"",
            "\"audit-log\"",
            "The branch that the audit log is kept on. It holds nothing else.",
        ),
        key(
            "remote",
            Kind::Text,
            "none: the log stays in this clone",
            "\"origin\"",
            "The remote that the audit log is shared over, by its name in git.",
        ),
        key(
            "repository",
            Kind::Text,
            "the name of its directory",
            "\"lantern\"",
            "What people call the repository. It is shown and signed; what tells the repository \
             from others is its first commit.",
        ),
    ],
    &[section(
        "roles",
        Shape::Table,
        "How many have to approve in each role. Nobody counts in two.",
        &[
            role("tech", "For design, stability of the API, and tests."),
            role(
                "security",
                "For safety at run time, secrets, and dependencies.",
            ),
            role(
                "ethics",
                "For the ethics assessment. Asked only where the ethics gate applies.",
            ),
        ],
        &[],
    )],
);

const fn role(name: &'static str, doc: &'static str) -> Key {
    key(name, Kind::Count(0), "1", "2", doc)
}
