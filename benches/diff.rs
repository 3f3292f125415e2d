//! What the diff costs: comparing a file of 100,000 lines, opening it in the
//! pane, and 1,000 page-downs through all of it, drawn each time.
//!
//! `cargo bench --bench diff`. `COUNTERSIGN_BENCH_REPO=PATH` and
//! `COUNTERSIGN_BENCH_MODULE=MODULE` compare a real module as well. Figures are
//! printed, never asserted: machines differ.

#[path = "../tests/diff/place.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "shared with the tests")]
mod place;

use std::time::{Duration, Instant};

use countersign::console::action::Action;
use countersign::console::diff::{DiffPane, execute};
use countersign::console::effect::Effect;
use countersign::console::theme::Theme;
use countersign::workflow::Workspace;
use countersign::workflow::compare::{Alignment, Lines, compare};
use place::{Place, text};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

const LINES: usize = 100_000;
const PAGES: usize = 1_000;

fn main() {
    let left = source();
    for (name, right) in [
        ("5 % of lines changed", some(&left, 20)),
        ("half of lines changed", some(&left, 2)),
        ("every line changed", left.replace("value", "other")),
        (
            "nothing in common",
            (0..LINES).map(|n| format!("{n:x}\n")).collect(),
        ),
    ] {
        let (l, r) = (Lines::new(left.as_bytes()), Lines::new(right.as_bytes()));
        let mut times = times(5, || drop(Alignment::of(&l, &r)));
        println!("align {LINES} lines, {name:22} {}", spread(&mut times));
    }
    let long = "x".repeat(5_000_000);
    let (l, r) = (
        Lines::new(long.as_bytes()),
        Lines::new(format!("{long}y").into_bytes()),
    );
    let mut once = times(5, || drop(Alignment::of(&l, &r)));
    println!(
        "align one line of 5 MB                      {}",
        spread(&mut once)
    );

    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("core/q/a.py", text(left.clone())),
            ("candidate/q/a.py", text(some(&left, 20))),
            ("core/q/long.py", text(format!("x = '{long}'\n"))),
            ("candidate/q/long.py", text(format!("x = '{long}é'\n"))),
        ],
    );
    let ws = place.workspace();
    for (name, all) in [("folded", false), ("unfolded", true)] {
        let started = Instant::now();
        let mut pane = open(&ws, "candidate/q");
        let opened = started.elapsed();
        if all {
            let started = Instant::now();
            let _ = pane.update(Action::DiffUnfoldAll);
            println!(
                "unfold everything                           {}",
                ms(started.elapsed())
            );
        }
        let mut frames = Vec::new();
        let mut keys = Vec::new();
        let mut terminal = Terminal::new(TestBackend::new(160, 50)).expect("a terminal");
        let theme = Theme::dark();
        for _ in 0..PAGES {
            let started = Instant::now();
            let _ = pane.update(Action::PageDown);
            keys.push(started.elapsed());
            let started = Instant::now();
            let _ = terminal.draw(|frame| pane.render(frame, frame.area(), &theme));
            frames.push(started.elapsed());
        }
        println!("open the pane ({name:8})                    {}", ms(opened));
        println!(
            "{PAGES} page-downs ({name:8}): key           {}",
            spread(&mut keys)
        );
        println!(
            "{PAGES} page-downs ({name:8}): frame         {}",
            spread(&mut frames)
        );
    }
    let mut pane = open(&ws, "candidate/q");
    let _ = pane.update(Action::NextFile);
    let mut terminal = Terminal::new(TestBackend::new(160, 50)).expect("a terminal");
    let theme = Theme::dark();
    pane.search("é");
    let mut frames = times(200, || {
        let _ = terminal.draw(|frame| pane.render(frame, frame.area(), &theme));
    });
    println!(
        "frame at the end of a line of 5 MB          {}",
        spread(&mut frames)
    );

    if let (Some(repo), Ok(module)) = (
        std::env::var_os("COUNTERSIGN_BENCH_REPO"),
        std::env::var("COUNTERSIGN_BENCH_MODULE"),
    ) {
        let ws = Workspace::open(repo.as_ref(), None).expect("a repository");
        let module = module.as_str().into();
        let choices = countersign::workflow::compare::against_choices(&ws, &module);
        for against in choices.expect("choices") {
            let started = Instant::now();
            let diff = compare(&ws, &module, &against).expect("a diff");
            println!(
                "{module} against {against}: {} files, {}",
                diff.files.len(),
                ms(started.elapsed())
            );
        }
    }
}

/// A pane with its comparison; colours are asked for and left alone.
fn open(ws: &Workspace, module: &str) -> DiffPane {
    let (mut pane, effects) = DiffPane::new(module.into(), 1);
    pane.resize(Size::new(160, 50));
    for effect in effects {
        if let Effect::Diff(request) = effect {
            pane.apply(execute(ws, request, &|| false));
        }
    }
    pane
}

fn source() -> String {
    (0..LINES)
        .map(|n| match n % 5 {
            0 => format!("def value_{n}(self, first, second):\n"),
            1 => "    \"\"\"What it does.\"\"\"\n".to_owned(),
            2 => format!("    value = compute({n}, first)\n"),
            3 => "    return value + second\n".to_owned(),
            _ => "\n".to_owned(),
        })
        .collect()
}

/// Every so many lines another.
fn some(text: &str, every: usize) -> String {
    text.lines()
        .enumerate()
        .map(|(n, line)| match n % every {
            0 => format!("{}  # changed\n", line.replace("value", "result")),
            _ => format!("{line}\n"),
        })
        .collect()
}

fn times(count: usize, mut what: impl FnMut()) -> Vec<Duration> {
    (0..count)
        .map(|_| {
            let started = Instant::now();
            what();
            started.elapsed()
        })
        .collect()
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn spread(times: &mut [Duration]) -> String {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    format!(
        "p50 {}  p99 {}  max {}",
        ms(at(0.5)),
        ms(at(0.99)),
        ms(at(1.0))
    )
}
