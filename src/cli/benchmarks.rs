//! The benchmarks of a module as a table: at the merge-base, now, and how sure
//! one is of what lies between. What `show` and `check` print alike.

use color_eyre::Result;

use super::output::{Output, Style};
use crate::promotion::benchmark::{Verdict, time};
use crate::promotion::{Benchmark, Benchmarks};

/// Cells of a time.
const TIME: usize = 11;

/// Cells of a difference.
const DIFFERENCE: usize = 10;

/// Cells of an interval.
const RANGE: usize = 18;

/// Prints it.
pub fn print(benchmarks: &Benchmarks, out: &mut Output) -> Result<()> {
    let widest = benchmarks.list.iter().map(|it| it.name.chars().count());
    let wide = widest.max().unwrap_or(0).clamp(16, 48);
    out.line("")?;
    out.exact(&[
        (Style::Strong, &format!("{:wide$}    ", "Benchmarks")),
        (
            Style::Faint,
            &format!(
                "{:>TIME$}{:>TIME$}{:>DIFFERENCE$}{:>RANGE$}{:>7}",
                "base", "now", "diff", "90 % interval", "pairs"
            ),
        ),
    ])?;
    for benchmark in &benchmarks.list {
        row(benchmark, wide, out)?;
    }
    let budget = format!(
        "  budget    {} % (at most {:.2} times as long); seed {}",
        benchmarks.budget,
        benchmarks.limit(),
        benchmarks.seed
    );
    out.spans(&[(Style::Faint, &budget)])?;
    if let Some(why) = &benchmarks.no_base {
        out.spans(&[(Style::Faint, "  base      "), (Style::Plain, why)])?;
    }
    Ok(())
}

fn row(benchmark: &Benchmark, wide: usize, out: &mut Output) -> Result<()> {
    let shown = |value: Option<u64>, none: &str| value.map_or(none.to_owned(), time);
    let (base, head) = (shown(benchmark.base, "none"), shown(benchmark.head, "gone"));
    let interval = benchmark.interval;
    let difference = interval.map_or(String::new(), |it| it.difference());
    let range = interval.map_or(String::new(), |it| it.range());
    let style = match benchmark.verdict {
        Verdict::Holds => Style::Good,
        Verdict::Regressed | Verdict::Removed => Style::Bad,
        Verdict::Inconclusive | Verdict::NoBaseline => Style::Faint,
    };
    let pairs = match benchmark.pairs.len() {
        0 => String::new(),
        n => n.to_string(),
    };
    out.exact(&[
        (Style::Plain, &format!("  {:wide$}  ", benchmark.name)),
        (Style::Faint, &format!("{base:>TIME$}")),
        (Style::Plain, &format!("{head:>TIME$}")),
        (style, &format!("{difference:>DIFFERENCE$}")),
        (Style::Plain, &format!("{range:>RANGE$}")),
        (Style::Faint, &format!("{pairs:>7}  ")),
        (style, benchmark.verdict.word()),
    ])
}
