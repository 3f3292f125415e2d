//! How what was merged is taken back, and who is told.

use super::{Kind, Section, Shape, key, section};
use crate::promotion::rollback::Mode;

/// `[rollback]`
pub(super) const ROLLBACK: Section = section(
    "rollback",
    Shape::Table,
    "What may be taken back, and by whom: docs/rollback.md. Only what the base branch says here \
     counts.",
    &[
        key(
            "mode",
            Kind::OneOf(&Mode::WORDS),
            "\"propose\"",
            "\"auto\"",
            "What is done where the canary says `FAIL`: `\"auto\"` takes it back, `\"propose\"` \
             decides, tells and waits for a person, `\"hold\"` does nothing. By hand it always goes.",
        ),
        key(
            "enabled",
            Kind::Bool,
            "true",
            "false",
            "Whether anything goes on without a person at all. Quicker than a change of this file \
             is the branch `countersign/no-rollback`: while it is there nothing does.",
        ),
        key(
            "per_day",
            Kind::Count(0),
            "3",
            "1",
            "How many rollbacks may be decided within 24 hours without a person. Those beyond are \
             only proposed.",
        ),
        key(
            "claim",
            Kind::Duration,
            "\"10m\"",
            "\"5m\"",
            "How long nobody else goes on with a rollback after whoever carries it out was last \
             heard of.",
        ),
        key(
            "irreversible",
            Kind::Globs,
            "[]",
            "[\"core/billing\", \"**/migrations/**\"]",
            "What a revert does not take back. A rollback of a module that matches one of these, \
             or that changed such a file, is frozen and left to a person.",
        ),
    ],
    &[],
);

/// `[notify]`
pub(super) const NOTIFY: Section = section(
    "notify",
    Shape::Table,
    "Who is told of a rollback: docs/rollback.md. Only what the base branch says here counts. No \
     token is ever written here.",
    &[
        key(
            "webhook",
            Kind::Text,
            "none",
            "\"https://hooks.example.org/countersign\"",
            "Where a JSON document is posted to. `https`, or a server on this machine.",
        ),
        key(
            "webhook_env",
            Kind::Text,
            "none",
            "\"ONCALL_WEBHOOK\"",
            "The environment variable that holds the address, where that itself is a secret. \
             Before `webhook`.",
        ),
        key(
            "token_env",
            Kind::Text,
            "none",
            "\"ONCALL_TOKEN\"",
            "The environment variable that holds the token that is sent along, as `Authorization: \
             Bearer`.",
        ),
        key(
            "command",
            Kind::Texts,
            "none",
            "[\"notify-send\", \"Countersign\"]",
            "A program and its arguments. It gets the document on standard input, and its words as \
             one more argument.",
        ),
        key(
            "bell",
            Kind::Bool,
            "false",
            "true",
            "Whether the terminal's bell rings.",
        ),
        key(
            "states",
            Kind::Texts,
            "[\"decided\", \"awaiting-merge\", \"needs-human\", \"frozen\", \"reverted\", \
             \"rolled-back\"]",
            "[\"needs-human\"]",
            "The states that are told.",
        ),
    ],
    &[],
);
