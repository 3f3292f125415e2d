//! What the gates are told.

use super::{Key, Kind, Section, Shape, key, required, section};

/// `[gates]`
pub(super) const GATES: Section = section(
    "gates",
    Shape::Table,
    "What each gate is told. A gate that is not named has its defaults.",
    &[],
    &[
        section(
            "compile",
            Shape::Table,
            "Every file compiles.",
            &[ENABLED, TIMEOUT],
            &[],
        ),
        section(
            "lint",
            Shape::Table,
            "`ruff check`.",
            &[ENABLED, TIMEOUT, ZERO, SELECT, ARGS],
            &[],
        ),
        section(
            "types",
            Shape::Table,
            "`mypy`.",
            &[ENABLED, TIMEOUT, ZERO, ARGS],
            &[],
        ),
        section(
            "format",
            Shape::Table,
            "`black --check`.",
            &[ENABLED, TIMEOUT, ZERO, ARGS],
            &[],
        ),
        section(
            "imports",
            Shape::Table,
            "Import order: `isort`, by the project's own settings.",
            &[ENABLED, TIMEOUT, ZERO],
            &[],
        ),
        section(
            "tests",
            Shape::Table,
            "`pytest`, under coverage.",
            &[ENABLED, TIMEOUT, ARGS],
            &[],
        ),
        section(
            "coverage",
            Shape::Table,
            "What the tests ran of the module. Measured in the run of `tests`, so it has that \
             one's arguments and timeout.",
            &[ENABLED, MINIMUM, CHANGED_MINIMUM, MAX_DROP],
            &[],
        ),
        section(
            "integration",
            Shape::Table,
            "Integration and end-to-end tests, where a module has any: those of its tests that \
             lie in `paths` or bear one of `markers`. They run with all others, in the run of \
             `tests`, with that one's arguments and timeout, and are counted there too.",
            &[ENABLED, PATHS, MARKERS],
            &[],
        ),
        section(
            "benchmarks",
            Shape::Table,
            "No benchmark is slower than at the merge-base by more than the budget. Both are \
             run in turn on this machine, at least ten times each. The tests' own arguments \
             are those of `tests`.",
            &[ENABLED, TIMEOUT, BUDGET, BENCHMARK_COMMAND, REMOVED],
            &[],
        ),
        section(
            "supply-chain",
            Shape::Table,
            "Requirements are pinned, imports are required, and no pinned version is known \
             to be vulnerable: by the export below, and by `pip-audit`, which is answered \
             from it. Uses no network.",
            &[ENABLED, TIMEOUT, ZERO, OSV, OSV_MAX_AGE, PROVIDES],
            &[],
        ),
        section(
            "safety",
            Shape::Table,
            "`safety check`, which asks its own service: what is required becomes known \
             there. It is installed by hand. `SAFETY_API_KEY` is handed to it.",
            &[ENABLED_SAFETY, TIMEOUT, ZERO, ARGS],
            &[],
        ),
        section(
            "secrets",
            Shape::Table,
            "`detect-secrets`, and `gitleaks` where it is installed, find no key and no new \
             secret in any file of the module. It cannot be turned off. Keys of a known \
             form count though they are old; comments and baselines that let a secret pass \
             do not.",
            &[TIMEOUT, ZERO, ACKNOWLEDGED_SECRETS],
            &[],
        ),
        section(
            "privilege",
            Shape::Table,
            "Infrastructure (workflows, containers, clusters, Terraform, migrations, units), \
             and what deletes, drops or grants, in the module or changed on its branch. \
             What is new fails until it is answered for.",
            &[ENABLED, ZERO, ACKNOWLEDGED],
            &[],
        ),
        section(
            "lane-imports",
            Shape::Table,
            "Production does not import experiments, nor name a module in strings that nobody rewrites.",
            &[ENABLED, ZERO],
            &[],
        ),
        section(
            "documentation",
            Shape::Table,
            "Docstrings of what is public, a README whose Python blocks run, and an entry in \
             the changelog. A block that is not to be run says so: ` ```python no-run `, or \
             `<!-- no-run -->` before it.",
            &[ENABLED, TIMEOUT, README_PLACES, CHANGELOG],
            &[],
        ),
        section(
            "api",
            Shape::Table,
            "The public names are listed, and what breaks those who use them is declared: an \
             entry added to the changelog says \"breaking\" and names it.",
            &[ENABLED, CHANGELOG],
            &[],
        ),
        section(
            "ethics",
            Shape::Table,
            "What touches models, user data or safety has an assessment with all six parts. \
             It applies where `PROMOTE.md` or this file says so, where there is an \
             assessment, or where imports and names hint at it.",
            &[ENABLED, APPLIES_TO, ASSESSMENT_PLACES, ASSESSMENT_TEMPLATE],
            &[],
        ),
        section(
            "observability",
            Shape::Table,
            "A service answers whether it is healthy, tells metrics of its own, writes \
             structured logs, and ends when it is sent SIGTERM. It applies to the services \
             below, and to what imports or calls something that listens: that must be \
             declared.",
            &[ENABLED, TIMEOUT, NOT_SERVICES],
            &[SERVICES],
        ),
        section(
            "promote",
            Shape::Table,
            "`PROMOTE.md` says why, what must hold, what can go wrong, and who answers.",
            &[ENABLED, PROMOTE_PLACES, PROMOTE_TEMPLATE],
            &[],
        ),
        section(
            "owner",
            Shape::Table,
            "Somebody answers for the module, by `[owners.modules]` or CODEOWNERS.",
            &[ENABLED],
            &[],
        ),
        CUSTOM,
    ],
);

const PATHS: Key = key(
    "paths",
    Kind::Globs,
    "[\"**/tests/integration/**\", \"**/tests/e2e/**\"]",
    "[\"tests/system/**\"]",
    "Where files with such tests lie.",
);

const MARKERS: Key = key(
    "markers",
    Kind::Texts,
    "[\"integration\", \"e2e\"]",
    "[\"system\"]",
    "By which of pytest's marks such tests are known.",
);

const NOT_SERVICES: Key = key(
    "not_services",
    Kind::Paths,
    "[]",
    "[\"candidate/client\"]",
    "Modules, or files, that are no service, though they look like one. The evidence says that it was \
     written here.",
);

/// How services are started.
const SERVICES: Section = section(
    "services",
    Shape::List,
    "A service. It is started in a sandbox with a network of its own, where nobody else can be \
     reached.",
    &[
        required(key(
            "module",
            Kind::Path,
            "must be given",
            "\"candidate/api\"",
            "The module that it is.",
        )),
        required(key(
            "command",
            Kind::Texts,
            "must be given",
            "[\"{python}\", \"-m\", \"candidate.api\", \"{port}\"]",
            "How it is started: program and arguments, no shell, at the root of the tree. `{port}` is \
             where it must listen on 127.0.0.1, also in the variable `PORT`; `{python}`, `{module}` \
             and `{tree}` are as in `[[gates.custom]]`.",
        )),
        key(
            "port",
            Kind::Port,
            "one that is free",
            "9000",
            "Where it listens, if it cannot be told.",
        ),
        key(
            "health",
            Kind::UrlPath,
            "\"/healthz\"",
            "\"/live\"",
            "What must answer 200.",
        ),
        key(
            "metrics",
            Kind::UrlPath,
            "\"/metrics\"",
            "\"/internal/metrics\"",
            "What must answer with Prometheus' text, with at least one metric that does not begin \
             with `python_` or `process_`.",
        ),
        key(
            "ready",
            Kind::Duration,
            "\"30s\"",
            "\"2m\"",
            "How long it may take to be healthy.",
        ),
        key(
            "stop",
            Kind::Duration,
            "\"10s\"",
            "\"30s\"",
            "How long it may take to end after SIGTERM.",
        ),
    ],
    &[],
);

/// The gates of the team's own.
const CUSTOM: Section = section(
    "custom",
    Shape::List,
    "Gates of your own, any number of them: a command that reports in SARIF, JUnit or JSON lines. \
     It runs confined like every other tool: without a network, the tree read only. An exit code \
     that is not named here, and a report that does not prove that anything was looked at, are an \
     error.",
    &[
        required(key(
            "name",
            Kind::Text,
            "must be given",
            "\"headers\"",
            "The gate's name: small letters, digits and `-`.",
        )),
        key(
            "title",
            Kind::Text,
            "the name",
            "\"Every file names its licence\"",
            "What it checks, in a few words.",
        ),
        required(key(
            "criterion",
            Kind::OneOf(&[
                "static-analysis",
                "syntax",
                "format",
                "tests",
                "performance",
                "security",
                "ethics",
                "documentation",
                "observability",
                "reviewers",
            ]),
            "must be given",
            "\"security\"",
            "The criterion of the guide that it speaks for.",
        )),
        required(key(
            "command",
            Kind::Texts,
            "must be given",
            "[\"{python}\", \"tools/headers.py\", \"{files}\"]",
            "Program and arguments; no shell. The program is `{python}`, a name looked up in the \
             environment of the tools and then in `/usr/local/bin`, `/usr/bin` and `/bin`, or a file \
             of the repository. It starts at the root of the tree. `{module}` is the module's path, \
             `{files}` its Python files, one argument each, `{target}` where it would be promoted \
             to, `{tree}` the root of the tree, `{python}` the interpreter that the module's code \
             runs under, `{output}` a file for the report: without it, the report is the standard \
             output. Braces that are meant are written twice.",
        )),
        required(key(
            "format",
            Kind::OneOf(&["sarif", "junit", "json-lines"]),
            "must be given",
            "\"json-lines\"",
            "The report's form. `\"sarif\"`: every run has a tool and a list of results, and none \
             says that it failed. `\"junit\"`: at least one test ran. `\"json-lines\"`: one object a \
             finding with `path` and `message`, perhaps `rule`, `line`, `column` and `severity` \
             (`error` or `note`); the last line is `{\"checked\": N}`, with N above zero.",
        )),
        key(
            "clean",
            Kind::Codes,
            "[0]",
            "[0, 5]",
            "Exit codes with which it says that it found nothing.",
        ),
        key(
            "found",
            Kind::Codes,
            "[1]",
            "[0]",
            "Exit codes with which it says that it found something. A code that stands in both \
             lists says nothing: then the report alone does.",
        ),
        key(
            "tools",
            Kind::Paths,
            "[]",
            "[\"tools\"]",
            "Files and directories of the repository that belong to the command: when one changes, \
             the gate runs again. Those of the revision that is checked are used, on the merge-base \
             as well. Arguments that name a file need not be repeated here.",
        ),
        ENABLED,
        TIMEOUT,
        ZERO,
    ],
    &[],
);

const ENABLED: Key = key(
    "enabled",
    Kind::Bool,
    "true",
    "false",
    "`false` turns the gate off. It is then shown as not applicable, with that reason.",
);

const ENABLED_SAFETY: Key = key(
    "enabled",
    Kind::Bool,
    "false",
    "true",
    "`true` turns the gate on. Out of reach of its service it is an error.",
);

const TIMEOUT: Key = key(
    "timeout",
    Kind::Duration,
    "\"600s\"",
    "\"20m\"",
    "After this time the gate's tool is ended and the gate is an error.",
);

const ZERO: Key = key(
    "zero",
    Kind::OneOf(&["new", "all"]),
    "\"new\"",
    "\"all\"",
    "Which findings count: `\"new\"`, those the merge-base did not have, or `\"all\"`.",
);

const SELECT: Key = key(
    "select",
    Kind::Texts,
    "[\"E\", \"F\", \"W\"]",
    "[\"E\", \"F\", \"W\", \"B\"]",
    "The rules that must be on, whatever the project's own configuration selects.",
);

const ARGS: Key = key(
    "args",
    Kind::Texts,
    "[]",
    "[\"--verbose\"]",
    "Further arguments for the tool, at the end of its command.",
);

const MINIMUM: Key = key(
    "minimum",
    Kind::Percent,
    "90",
    "85.5",
    "The least coverage of the module in percent, lines and branches together. Never rounded.",
);

const CHANGED_MINIMUM: Key = key(
    "changed_minimum",
    Kind::Percent,
    "none: they are shown",
    "100",
    "The least coverage in percent of the statements that were added or changed since the merge-base.",
);

const MAX_DROP: Key = key(
    "max_drop",
    Kind::Percent,
    "none: a drop is shown",
    "0.5",
    "How many percentage points of coverage the module may lose against the merge-base, where its own \
     tests of that time are run.",
);

const BUDGET: Key = key(
    "budget",
    Kind::Percent,
    "5",
    "10",
    "How much slower a benchmark may be, in percent. Which benchmarks hold is decided by a 90 % \
     interval, not by one number.",
);

const BENCHMARK_COMMAND: Key = key(
    "command",
    Kind::Texts,
    "pytest-benchmark on the module's tests",
    "[\"python\", \"benchmarks/run.py\", \"{module}\"]",
    "A command that prints pytest-benchmark's JSON report. It runs in the tree's root; `{module}` is \
     the module's path.",
);

const REMOVED: Key = key(
    "removed",
    Kind::Texts,
    "[]",
    "[\"tests/test_a.py::test_gone\"]",
    "Benchmarks that may be gone since the merge-base. Any other one that is fails the gate.",
);

const OSV: Key = key(
    "osv",
    Kind::Text,
    "none: the gate is an error wherever a version is pinned",
    "\".osv\"",
    "The directory with OSV's export for PyPI, one JSON file an advisory; absolute or from the work \
     tree's root. A `countersign-osv.json` in it may say when it was fetched.",
);

const OSV_MAX_AGE: Key = key(
    "osv_max_age",
    Kind::Age,
    "\"7d\"",
    "\"36h\"",
    "How old the export may be. An older one makes the gate an error.",
);

const PROVIDES: Key = key(
    "provides",
    Kind::Texts,
    "[]",
    "[\"cv2 = opencv-python\"]",
    "Which distribution provides what is imported, where the names differ.",
);

const ACKNOWLEDGED_SECRETS: Key = key(
    "acknowledged",
    Kind::Texts,
    "[]",
    "[\"9fe500c731d63429 candidate/scoring/keys.py: the example of the service's manual\"]",
    "What is no secret, or no longer one: `DIGEST PATH: reason`, the digest as the finding has it, the \
     path that of the file or of a directory. Such a finding is shown with the reason and does not count.",
);

const README_PLACES: Key = key(
    "places",
    Kind::Texts,
    "`{module}/README.md`, `{module}.README.md`, `{module}.md`, `docs/{path}.md`, `docs/{path}/README.md`",
    "[\"docs/modules/{path}.md\"]",
    "Where its README is, the first that is there: `{module}` is the module's path (of a file without \
     `.py`), `{path}` the same below its lane.",
);

const CHANGELOG: Key = key(
    "changelog",
    Kind::Texts,
    "`{module}/CHANGELOG.md`, `CHANGELOG.md`, and the like in `docs` or by the names `CHANGES`, \
     `HISTORY`, `NEWS`",
    "[\"docs/changes/{path}.md\"]",
    "Where changelogs are. In one within the module every entry is about it; in others those that \
     name it, in full or as what they begin with.",
);

const ACKNOWLEDGED: Key = key(
    "acknowledged",
    Kind::Texts,
    "[]",
    "[\"deletes candidate/scoring/cache.py: nothing but its own cache, see SEC-12\"]",
    "What a person has answered for: `RULE PATH: reason`, the rule as the finding has it, the path that \
     of the file or of a directory. Such a finding is shown with the reason and does not count.",
);

const PROMOTE_PLACES: Key = key(
    "places",
    Kind::Texts,
    "`{module}/PROMOTE.md`, `{module}.PROMOTE.md`, `docs/promote/{path}.md`",
    "[\"docs/promotions/{path}.md\"]",
    "Where a module's own is: `{module}` is its path (of a file without `.py`), `{path}` the same below \
     its lane. Without any a template counts that names the module in full.",
);

const PROMOTE_TEMPLATE: Key = key(
    "template",
    Kind::Path,
    "a `PROMOTE.md` in a directory above the module, at the root, in `.github`, `docs` or `docs/templates`",
    "\"docs/PROMOTE_TEMPLATE.md\"",
    "The form to be filled in: what stands there already fills nothing in.",
);

const ASSESSMENT_PLACES: Key = key(
    "places",
    Kind::Texts,
    "`{module}/ETHICS_ASSESSMENT.md`, `{module}/ETHICS.md`, the same with `{module}.`, \
     `docs/ethics/{path}.md`, `docs/ethics/{path}/ETHICS_ASSESSMENT.md`",
    "[\"docs/ethics/{path}.md\"]",
    "Where the assessment is; else a chapter of `PROMOTE.md` with \"ethics\" in its heading.",
);

const ASSESSMENT_TEMPLATE: Key = key(
    "template",
    Kind::Path,
    "an `ETHICS_ASSESSMENT_TEMPLATE.md` in a directory above the module, at the root, in `.github`, \
     `docs`, `docs/ethics`, `docs/project` or `docs/templates`",
    "\"docs/ETHICS_TEMPLATE.md\"",
    "The form to be filled in: what stands there already fills nothing in.",
);

const APPLIES_TO: Key = key(
    "applies_to",
    Kind::Paths,
    "[]",
    "[\"candidate/scoring\"]",
    "Modules, or directories of them, that it applies to, whatever else is found.",
);
