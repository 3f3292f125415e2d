//! How what was merged is watched.

use super::{Key, Kind, Section, Shape, key, required, section};

/// `[canary]`
pub(super) const CANARY: Section = section(
    "canary",
    Shape::Table,
    "How what was merged is watched: docs/canary.md. Only what the base branch says here counts.",
    KEYS,
    &[
        ERRORS,
        LATENCY,
        GAUGES,
        section(
            "modules",
            Shape::Named {
                key: Kind::Path,
                example: "\"candidate/quantum\"",
            },
            "What holds for one module, or for all in a directory, instead of the above; the \
             longest path that fits counts. Where it has signals of any kind, these are all.",
            OF_A_MODULE,
            &[ERRORS, LATENCY, GAUGES],
        ),
    ],
);

/// Keys, and behind them those of watching.
macro_rules! and_watching {
    ($($of_the_server:expr,)*) => {
        &[
            $($of_the_server,)*
            WINDOW,
            INTERVAL,
            BIN,
            LEARN,
            FRESH,
            COVERAGE,
            REQUESTS,
            ERRORS_LEAST,
            ALPHA,
            CANARY_ARM,
            BASE_ARM,
            NIGHTS,
            NIGHT_AT,
            NIGHT_EVERY,
            SMOKE,
        ]
    };
}

/// What can be said for one module alone: of watching.
const OF_A_MODULE: &[Key] = and_watching![];

/// What can be said for all modules: of the server, and of watching.
const KEYS: &[Key] = and_watching![
    key(
        "prometheus",
        Kind::Text,
        "none: no metrics are read",
        "\"http://127.0.0.1:9090\"",
        "The address of the Prometheus server.",
    ),
    key(
        "auth",
        Kind::OneOf(&["none", "bearer", "basic"]),
        "\"none\"",
        "\"bearer\"",
        "How the server is told who asks: a bearer token, or a name with a password. The \
         secret itself is never written here.",
    ),
    key(
        "user",
        Kind::Text,
        "none",
        "\"countersign\"",
        "The name, with `auth = \"basic\"`.",
    ),
    key(
        "secret_variable",
        Kind::Text,
        "\"COUNTERSIGN_PROMETHEUS_SECRET\"",
        "\"COUNTERSIGN_PROMETHEUS_TOKEN\"",
        "The environment variable that holds the token or the password. Its name begins with \
         `COUNTERSIGN_`: no other secret of whoever watches can be asked for.",
    ),
    key(
        "secret_file",
        Kind::Text,
        "\"prometheus.secret\"",
        "\"staging.secret\"",
        "The file that holds it where that variable is not set: a name, in the directory of \
         the person's settings.",
    ),
    key(
        "deadline",
        Kind::Duration,
        "\"20s\"",
        "\"5s\"",
        "How long one try of one query may take.",
    ),
    key(
        "tries",
        Kind::Count(1),
        "3",
        "2",
        "How often is tried, where the server is down or busy.",
    ),
];

const WINDOW: Key = key(
    "window",
    Kind::Age,
    "\"48h\"",
    "\"24h\"",
    "How long it is watched, from the merge on. 24 to 72 hours find what harms; anything is taken.",
);
const INTERVAL: Key = key(
    "interval",
    Kind::Duration,
    "\"5m\"",
    "\"10m\"",
    "From one look to the next.",
);
const BIN: Key = key(
    "bin",
    Kind::Duration,
    "\"5m\"",
    "\"1m\"",
    "How long the stretches are in which events are counted. Several scrapes have to fit in.",
);
const LEARN: Key = key(
    "learn",
    Kind::Age,
    "\"7d\"",
    "\"14d\"",
    "How much of the time before the merge is read, to know how bursty errors are; six sevenths \
     of it must have data of the base.",
);
const FRESH: Key = key(
    "fresh",
    Kind::Duration,
    "\"10m\"",
    "\"3m\"",
    "How old the newest sample may be.",
);
const COVERAGE: Key = key(
    "coverage",
    Kind::Percent,
    "95",
    "99",
    "Which part of the time since the merge must have data of both, in percent, to complete.",
);
const REQUESTS: Key = key(
    "requests",
    Kind::Whole,
    "100",
    "1000",
    "How many requests canary and base must each have had before anything is judged.",
);
const ERRORS_LEAST: Key = key(
    "least_errors",
    Kind::Whole,
    "10",
    "20",
    "How many errors there must be before a budget can burn.",
);
const ALPHA: Key = key(
    "alpha",
    Kind::Share,
    "0.01",
    "0.001",
    "The chance of a false rollback for relative harm, shared among the signals.",
);
const CANARY_ARM: Key = key(
    "canary",
    Kind::Text,
    "must be given where there are signals",
    "'version=\"2\"'",
    "The labels of those who run what was merged: they take the place of `$arm` in queries.",
);
const BASE_ARM: Key = key(
    "base",
    Kind::Text,
    "must be given where there are signals",
    "'version=\"1\"'",
    "The labels of those who do not.",
);
const NIGHTS: Key = key(
    "nights",
    Kind::Count(0),
    "2",
    "3",
    "How many nightly smoke tests must pass.",
);
const NIGHT_AT: Key = key(
    "night_at",
    Kind::TimeOfDay,
    "\"02:00\"",
    "\"23:30\"",
    "When they are due, in UTC.",
);
const NIGHT_EVERY: Key = key(
    "night_every",
    Kind::Age,
    "\"24h\"",
    "\"12h\"",
    "From one to the next. Other than 24 hours they are due so long after the merge each, \
     whatever `night_at` says.",
);
const SMOKE: Key = key(
    "smoke",
    Kind::Texts,
    "that of `[promote]`, else `make smoke`",
    "[\"python\", \"-m\", \"pytest\", \"tests/smoke\"]",
    "The command of a nightly run, program and arguments.",
);

const ERRORS: Section = section(
    "errors",
    Shape::List,
    "Failed requests, as two counters. `$arm` stands among the labels of each query, for those of \
     canary or base.",
    &[
        name("\"errors\""),
        required(key(
            "total",
            Kind::Text,
            "must be given",
            "'http_requests_total{job=\"api\",$arm}'",
            "The counters of all requests, without rate() or increase().",
        )),
        required(key(
            "bad",
            Kind::Text,
            "must be given",
            "'http_requests_total{job=\"api\",$arm,code=~\"5..\"}'",
            "The counters of those that failed.",
        )),
        OBJECTIVE,
        ALLOWED,
        MAX,
        FOR,
    ],
    &[],
);

const LATENCY: Section = section(
    "latency",
    Shape::List,
    "Slow answers, from the buckets of a histogram.",
    &[
        name("\"latency\""),
        required(key(
            "buckets",
            Kind::Text,
            "must be given",
            "'http_request_duration_seconds_bucket{job=\"api\",$arm}'",
            "The histogram's buckets.",
        )),
        required(key(
            "limit",
            Kind::Positive,
            "must be given",
            "0.5",
            "An answer that takes longer is slow: the bound of a bucket, in the histogram's unit.",
        )),
        OBJECTIVE,
        ALLOWED,
        MAX,
        FOR,
    ],
    &[],
);

const GAUGES: Section = section(
    "gauges",
    Shape::List,
    "Values that are no events, memory say. They can hold, never roll back.",
    &[
        name("\"memory\""),
        required(key(
            "value",
            Kind::Text,
            "must be given",
            "'max(process_resident_memory_bytes{job=\"api\",$arm})'",
            "A query with one value for each arm.",
        )),
        key(
            "worse",
            Kind::OneOf(&["more", "less"]),
            "\"more\"",
            "\"less\"",
            "Whether more of it is worse, or less.",
        ),
        key(
            "thin",
            Kind::Duration,
            "\"30m\"",
            "\"1h\"",
            "How far apart samples must be to count as independent. It takes twenty of them.",
        ),
        key(
            "looks",
            Kind::Ages,
            "the end of the window",
            "[\"24h\", \"48h\"]",
            "When it is looked at, from the merge on.",
        ),
        key(
            "alpha",
            Kind::Share,
            "0.01",
            "0.05",
            "The chance of a false hold, over all these looks.",
        ),
    ],
    &[],
);

const fn name(example: &'static str) -> Key {
    required(key(
        "name",
        Kind::Text,
        "must be given",
        example,
        "What the signal is called.",
    ))
}

const OBJECTIVE: Key = key(
    "objective",
    Kind::Share,
    "none: no budget is watched",
    "0.999",
    "The part of requests that must be good. Its budget may not burn too fast.",
);
const ALLOWED: Key = key(
    "allowed",
    Kind::Positive,
    "1.25, where neither `objective` nor `max` is given; else canary and base are not compared",
    "1.5",
    "How many times the base's rate the canary may have.",
);
const MAX: Key = key(
    "max",
    Kind::Share,
    "none",
    "0.01",
    "A plain limit: the part of requests that may go wrong.",
);
const FOR: Key = key(
    "for",
    Kind::Duration,
    "\"10m\"",
    "\"30m\"",
    "How long it must be above `max`.",
);
