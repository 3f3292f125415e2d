//! What is measured of all tools, in turn: nobody has a quieter machine than another.

use std::time::{Duration, Instant};

use super::proc::{Activity, peak};
use super::pty::Program;
use super::scenes::Scene;
use super::spread::{at, ms};
use super::table::{Cell, Row};
use super::tools::{ALL, Name, SCREENS, Tools};
use super::ways::{Way, change, first, pages};

/// A tool that shows nothing for so long does not show it.
const PATIENCE: Duration = Duration::from_secs(60);
/// A screen is complete when nothing comes for so long.
const QUIET: Duration = Duration::from_millis(20);
/// The same after a start, where much is read meanwhile.
const SETTLED: Duration = Duration::from_millis(500);

/// How much is measured.
pub struct Plan {
    pub starts: usize,
    pub changes: usize,
    pub keys: usize,
    pub idle: Duration,
}

impl Plan {
    /// `COUNTERSIGN_BENCH_SHORT` asks for little: to see whether it runs at all.
    pub fn from_env() -> Self {
        match std::env::var_os("COUNTERSIGN_BENCH_SHORT") {
            Some(_) => Self {
                starts: 3,
                changes: 2,
                keys: 100,
                idle: Duration::from_secs(5),
            },
            None => Self {
                starts: 10,
                changes: 3,
                keys: 1_000,
                idle: Duration::from_secs(60),
            },
        }
    }
}

/// What each tool gave, over the rounds.
struct Of<T> {
    name: Name,
    values: Vec<T>,
    why_not: Option<String>,
}

impl<T> Of<T> {
    fn new(name: Name, tools: &Tools) -> Self {
        let mut missing = tools.missing.iter();
        let why_not = missing.find(|(of, _)| *of == name);
        Self {
            name,
            values: Vec::new(),
            why_not: why_not.map(|(_, why)| why.clone()),
        }
    }
}

/// To what is useful of it: the program, and how long that took.
fn go(way: Way) -> Result<(Program, Duration), String> {
    let mut program = Program::start(way.command);
    for step in way.steps {
        shows(&mut program, step.shown)?;
        program.send(step.keys);
    }
    let took = shows(&mut program, &way.shows)?;
    Ok((program, took))
}

fn shows(program: &mut Program, text: &str) -> Result<Duration, String> {
    let took = program.until_shows(text, PATIENCE);
    took.ok_or_else(|| never(text, program))
}

fn never(text: &str, program: &Program) -> String {
    if std::env::var_os("COUNTERSIGN_BENCH_SHORT").is_some() {
        eprintln!("{}", program.screen().contents());
    }
    format!(
        "{text:?} was not on the screen within {} s",
        PATIENCE.as_secs()
    )
}

/// A row of some figure: its median counts, its 99th percentile is told.
fn row(what: &str, unit: &str, of: Vec<(Name, Result<Vec<f64>, String>)>) -> Row {
    let cells = of.into_iter().map(|(name, values)| {
        let cell = values.and_then(|mut values| {
            let mut share = |share| at(&mut values, share).ok_or("nothing came");
            let (p50, p99) = (share(0.5)?, share(0.99)?);
            Ok(Cell {
                value: p50,
                words: format!("{} / {}{unit}", short(p50), short(p99)),
            })
        });
        (name, cell)
    });
    Row {
        what: what.to_owned(),
        cells: cells.collect(),
    }
}

/// Three digits, or whole numbers.
fn short(value: f64) -> String {
    match value {
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

fn figures<T: Copy>(
    of: &[Of<T>],
    figure: impl Fn(T) -> f64,
) -> Vec<(Name, Result<Vec<f64>, String>)> {
    let all = of.iter().map(|of| {
        let values = of.values.iter().map(|value| figure(*value)).collect();
        (of.name, of.why_not.clone().map_or(Ok(values), Err))
    });
    all.collect()
}

/// Start → first useful screen, and → nothing more comes.
pub fn starts(tools: &Tools, scene: &Scene, plan: &Plan, what: &str) -> Vec<Row> {
    let mut all = SCREENS.map(|name| Of::<(Duration, Duration)>::new(name, tools));
    // The first round warms what there is to warm, and does not count.
    for round in 0..=plan.starts {
        for of in all.iter_mut().filter(|of| of.why_not.is_none()) {
            let Some(way) = first(tools, of.name, scene) else {
                continue;
            };
            match go(way) {
                Ok(_) if round == 0 => {}
                Ok((mut program, took)) => {
                    let settled = program.settle(SETTLED, Duration::from_secs(10));
                    of.values.push((took, settled.max(took)));
                }
                Err(why) => of.why_not = Some(why),
            }
        }
    }
    vec![
        row(
            &format!("start → first useful screen, {what}"),
            " ms",
            figures(&all, |it| ms(it.0)),
        ),
        row(
            &format!("start → all is there, {what}"),
            " ms",
            figures(&all, |it| ms(it.1)),
        ),
    ]
}

/// Start → the first line of the large change, and → its last one.
pub fn changes(tools: &Tools, scene: &Scene, plan: &Plan) -> Vec<Row> {
    let mut all = ALL.map(|name| Of::<(Duration, Duration)>::new(name, tools));
    for round in 0..=plan.changes {
        for of in all.iter_mut().filter(|of| of.why_not.is_none()) {
            let Some(change) = change(tools, of.name, scene) else {
                continue;
            };
            let ended = go(change.way).and_then(|(mut program, opened)| {
                shows(&mut program, change.end.shown)?;
                program.send(change.end.keys);
                Ok((opened, shows(&mut program, &scene.last)?))
            });
            match ended {
                Ok(_) if round == 0 => {}
                Ok(took) => of.values.push(took),
                Err(why) => of.why_not = Some(why),
            }
        }
    }
    vec![
        row(
            "start → first line of a change of 100,000 lines",
            " ms",
            figures(&all, |it| ms(it.0)),
        ),
        row("start → its last line", " ms", figures(&all, |it| ms(it.1))),
    ]
}

/// Page-downs through the large change: key → paint, bytes, and memory after them.
pub fn paging(tools: &Tools, scene: &Scene, plan: &Plan) -> Vec<Row> {
    let names = ALL.into_iter().filter(|name| *name != Name::Difft);
    let mut all: Vec<_> = names
        .map(|name| Of::<(f64, f64)>::new(name, tools))
        .collect();
    let mut peaks = Vec::new();
    for of in &mut all {
        if let Some(why) = &of.why_not {
            peaks.push((of.name, Err(why.clone())));
            continue;
        }
        let Some((way, key)) = pages(tools, of.name, scene) else {
            continue;
        };
        match go(way) {
            Ok((mut program, _)) => {
                program.settle(SETTLED, Duration::from_secs(30));
                of.values = page(&mut program, key, plan.keys);
                if of.values.len() < plan.keys {
                    of.why_not = Some(format!("only {} keys changed it", of.values.len()));
                }
                peaks.push((of.name, Ok(vec![peak(program.pid())])));
            }
            Err(why) => {
                peaks.push((of.name, Err(why.clone())));
                of.why_not = Some(why);
            }
        }
    }
    let n = plan.keys;
    vec![
        row(
            &format!("page-down in it, {n} times: key → paint"),
            " ms",
            figures(&all, |it| it.0),
        ),
        row("bytes written for each", "", figures(&all, |it| it.1)),
        single("peak memory after them", " MB", peaks),
    ]
}

/// How long each page took to be there whole, and its bytes. Keys that changed nothing
/// are left out; many of them end it.
fn page(program: &mut Program, key: &[u8], keys: usize) -> Vec<(f64, f64)> {
    let mut pages = Vec::new();
    let mut idle = 0;
    while pages.len() < keys && idle < 10 {
        program.drain();
        let before = program.screen().contents_formatted();
        let sent = Instant::now();
        program.send(key);
        let painted = program.painted(QUIET, Duration::from_secs(2));
        match painted.filter(|_| program.screen().contents_formatted() != before) {
            Some(painted) => pages.push((ms(painted.at - sent), painted.bytes as f64)),
            None => idle += 1,
        }
    }
    pages
}

/// A row of single figures.
fn single(what: &str, unit: &str, of: Vec<(Name, Result<Vec<f64>, String>)>) -> Row {
    let mut row = row(what, unit, of);
    for (_, cell) in &mut row.cells {
        if let Ok(cell) = cell {
            cell.words = format!("{}{unit}", short(cell.value));
        }
    }
    row
}

/// All of them at once, left alone: what wakes, and what it costs. Also the most memory
/// they had until then.
pub fn idle(tools: &Tools, scene: &Scene, plan: &Plan) -> Vec<Row> {
    let mut peaks = Vec::new();
    let mut wakeups = Vec::new();
    let mut cpu = Vec::new();
    let mut all = Vec::new();
    for name in SCREENS {
        let why_not = Of::<()>::new(name, tools).why_not;
        let came = match (why_not, first(tools, name, scene)) {
            (None, Some(way)) => go(way),
            (why_not, _) => Err(why_not.unwrap_or_default()),
        };
        match came {
            Ok((mut program, _)) => {
                // Longer than the threads of our pool wait for more work.
                program.settle(Duration::from_secs(12), Duration::from_secs(20));
                all.push((name, program));
            }
            Err(why) => {
                for row in [&mut wakeups, &mut cpu, &mut peaks] {
                    row.push((name, Err(why.clone())));
                }
            }
        }
    }
    let before: Vec<_> = all.iter().map(|(_, it)| Activity::of(it.pid())).collect();
    std::thread::sleep(plan.idle); // the thing measured is what happens when nothing does
    for ((name, program), before) in all.iter().zip(&before) {
        let did = Activity::of(program.pid()).since(before);
        if did.ended + did.new > 0 {
            println!(
                "(idle: {}: {} threads ended, {} are new)",
                name.program(),
                did.ended,
                did.new
            );
        }
        wakeups.push((*name, Ok(vec![did.wakeups as f64])));
        cpu.push((*name, Ok(vec![ms(did.cpu)])));
        peaks.push((*name, Ok(vec![peak(program.pid())])));
    }
    let seconds = plan.idle.as_secs();
    let what = |what: &str| format!("left alone for {seconds} s: {what}");
    vec![
        single(&what("wake-ups"), "", wakeups),
        single(&what("CPU"), " ms", cpu),
        single("peak memory, 25,000 files", " MB", peaks),
    ]
}
