//! The ten success criteria of the promotion guide.

use serde::{Deserialize, Serialize};

/// One of the guide's ten success criteria. A promotion is ready only when all hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// 1: `ruff --select E,F,W` and `mypy`: zero new errors.
    StaticAnalysis,
    /// 2: every changed file compiles.
    Syntax,
    /// 3: `black`, `isort` and ruff's import rules.
    Format,
    /// 4: unit tests, module coverage of at least 90 %, integration tests where there are any.
    Tests,
    /// 5: benchmarks, no regression beyond the budget.
    Performance,
    /// 6: dependencies and secrets.
    Security,
    /// 7: the Ethics Gate.
    Ethics,
    /// 8: docstrings, README, usage, public API, changelog.
    Documentation,
    /// 9: logging, metrics, `/healthz`.
    Observability,
    /// 10: a named owner and two reviewers.
    Reviewers,
}

impl Criterion {
    /// All ten, in the guide's order.
    pub const ALL: [Self; 10] = [
        Self::StaticAnalysis,
        Self::Syntax,
        Self::Format,
        Self::Tests,
        Self::Performance,
        Self::Security,
        Self::Ethics,
        Self::Documentation,
        Self::Observability,
        Self::Reviewers,
    ];

    /// The guide's number, 1 to 10.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// The name in full.
    pub fn title(self) -> &'static str {
        match self {
            Self::StaticAnalysis => "Static analysis",
            Self::Syntax => "Syntax",
            Self::Format => "Format and imports",
            Self::Tests => "Tests",
            Self::Performance => "Performance",
            Self::Security => "Security and supply chain",
            Self::Ethics => "Ethics and policy",
            Self::Documentation => "Documentation",
            Self::Observability => "Observability",
            Self::Reviewers => "Owner and reviewers",
        }
    }

    /// A column heading of at most four characters.
    pub fn heading(self) -> &'static str {
        match self {
            Self::StaticAnalysis => "Stat",
            Self::Syntax => "Synt",
            Self::Format => "Form",
            Self::Tests => "Test",
            Self::Performance => "Perf",
            Self::Security => "Sec",
            Self::Ethics => "Eth",
            Self::Documentation => "Docs",
            Self::Observability => "Obs",
            Self::Reviewers => "Rev",
        }
    }
}
