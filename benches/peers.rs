//! Countersign beside the tools people use, each in a pseudo-terminal of the same size, on
//! the same repositories, in turn: start, a large change, paging, idleness, memory. Then
//! Countersign alone where much goes on.
//!
//! `tests/bench/run` fetches the others and runs this. `COUNTERSIGN_BENCH_SHORT=1` measures
//! little; `COUNTERSIGN_BENCH_REPO=PATH COUNTERSIGN_BENCH_REV=REV` adds a real repository.
//! Figures are printed, never asserted: machines differ. How it is measured is told in
//! docs/performance.md.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/proc.rs"]
#[allow(dead_code)] // every benchmark uses a part
mod proc;
#[path = "support/pty.rs"]
#[allow(dead_code)] // every benchmark uses a part
mod pty;
#[path = "support/spread.rs"]
mod spread;

#[path = "peers/measure.rs"]
mod measure;
#[path = "peers/scenes.rs"]
mod scenes;
#[path = "peers/table.rs"]
mod table;
#[path = "peers/tools.rs"]
mod tools;
#[path = "peers/trouble.rs"]
mod trouble;
#[path = "peers/ways.rs"]
mod ways;

use measure::Plan;
use tools::{ALL, Tools};
use trouble::Trouble;

fn main() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let temp = temp.path().canonicalize().expect("a temporary directory");
    let tools = Tools::find(&temp.join("home"));
    let plan = Plan::from_env();
    println!("{}", machine());
    for name in ALL {
        let tool = tools.get(name);
        println!("{} {}", name.program(), tool.map_or("-", |it| &it.version));
    }
    println!("load at the start: {}", load());
    let [small, large, change] = ["small", "large", "change"].map(|it| temp.join(it));
    for at in [&small, &large, &change] {
        std::fs::create_dir_all(at).expect("a directory");
    }
    let small = scenes::small(&small);
    let large = scenes::large(&large);
    let change = scenes::change(&change);
    println!();
    table::head();
    let mut notes = Vec::new();
    let mut tell = |rows: Vec<table::Row>| notes.extend(table::print(&rows));
    tell(measure::starts(&tools, &small, &plan, "6 files"));
    tell(measure::starts(&tools, &large, &plan, "25,000 files"));
    tell(measure::changes(&tools, &change, &plan));
    tell(measure::paging(&tools, &change, &plan));
    tell(measure::idle(&tools, &large, &plan));
    notes.sort();
    notes.dedup();
    for note in notes {
        println!("\nNot measured: {note}.");
    }
    let trouble = Trouble {
        tools: &tools,
        keys: plan.keys,
        temp: &temp,
    };
    trouble.run(&large, &change);
    println!("\nload at the end: {}", load());
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let cpu = cpu.map_or("", |line| line.trim_start_matches([' ', '\t', ':']));
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, {cpu}, Linux {}", kernel.trim_end())
}
