//! Where pull requests are.

use super::{Kind, Section, Shape, key, section};

/// `[forge]`
pub(super) const FORGE: Section = section(
    "forge",
    Shape::Table,
    "Where pull requests are: docs/pull-requests.md. Everything works without. No token is \
     ever written here.",
    &[
        key(
            "kind",
            Kind::OneOf(&["auto", "github", "none"]),
            "\"auto\": GitHub, where the remote is at github.com or `api` is set",
            "\"none\"",
            "Which forge it is. `\"github\"` is GitHub Enterprise as well.",
        ),
        key(
            "api",
            Kind::Text,
            "that of the remote's host",
            "\"https://git.example.org/api/v3\"",
            "Where its API answers. It gets the token of that host, and of no other.",
        ),
        key(
            "remote",
            Kind::Text,
            "`origin`",
            "\"upstream\"",
            "The remote that promotion branches are pushed to, by its name in git.",
        ),
    ],
    &[section(
        "reviewers",
        Shape::Map {
            key: Kind::Text,
            value: Kind::Text,
            example: "\"priya@example.org\" = \"priya#1234\"",
        },
        "The account of each person of the keyring: its name, and better its number behind `#`, \
         which nobody else can take over. Only what the base branch says here counts.",
        &[],
        &[],
    )],
);
