//! What the words of the canary screens mean, a line each: for the help.

/// Where no signal is configured.
pub const NOT_SET_UP: &str =
    "no signal is configured: there are no metrics to ask, and nothing has to be done";

/// Each with what it means.
pub const WORDS: [(&str, &str); 24] = [
    ("PASS", "no harm is seen, by enough data to see it"),
    ("PASS SO FAR", "the same, and the window is not over yet"),
    (
        "INSUFFICIENT",
        "too little to tell: few samples, holes, or harm too small to act on",
    ),
    (
        "NO_DATA",
        "there is nothing to judge: no series has a value",
    ),
    (
        "SOURCE_ERROR",
        "the metrics cannot be believed: no answer, a late one, or one with warnings",
    ),
    ("FAIL", "harm: it is taken back where the watch is armed"),
    (
        "HOLD",
        "it cannot be told, for one of the reasons above: nothing follows, the watch goes on",
    ),
    (
        "> max",
        "above the ceiling of its own that `max` sets, whatever the base does: a FAIL by itself",
    ),
    ("NOT LOOKED AT", "nobody has asked the metrics yet"),
    ("NOT SET UP", NOT_SET_UP),
    (
        "NEEDS A PERSON",
        "it is being taken back, and waits for somebody",
    ),
    (
        "armed at 40 %",
        "a FAIL takes it back by itself; the worst signal is at 40 % of that",
    ),
    (
        "31h/72h  1/2",
        "hours it was watched, of how many; nightly smoke tests that passed, of how many",
    ),
    (
        "canary, base",
        "the share of bad events since the merge, and of what it is compared with",
    ),
    (
        "[95 %]",
        "beside how they differ: the span in which the true difference lies with 95 %",
    ),
    (
        "burn",
        "how many times faster than allowed errors are used up, over a long and a short time",
    ),
    (
        "E/limit",
        "evidence of harm, and what it has to reach for a FAIL",
    ),
    ("n", "how many events there were"),
    ("cov", "coverage: the share of bins that have data of both"),
    (
        "bin",
        "a short stretch of time whose events are counted together",
    ),
    ("age", "how old the newest data is"),
    (
        "decided",
        "first step of a rollback: somebody, or the watcher, wants it taken back",
    ),
    (
        "claimed",
        "one machine has said that it does the next step, so that no two do it",
    ),
    (
        "hotfix",
        "a branch for the fix, on which Gate 1 runs again: re-validate",
    ),
];
