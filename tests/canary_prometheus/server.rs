//! A real Prometheus, on a free port, with recorded days or with targets to scrape.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::promotion::benchmark::random::Random;
use tempfile::TempDir;

/// A bin, in seconds.
pub const BIN: u64 = 300;
/// What is recorded before the merge.
pub const DAY: u64 = 86_400;
/// What is recorded since.
pub const WATCHED: u64 = 7_200;

/// A running server; ended when dropped.
pub struct Server {
    pub url: String,
    /// When the recorded promotion was merged.
    pub merged: i64,
    child: Child,
    _dir: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs() as i64
}

impl Server {
    /// With a day before a merge and two hours since, which ended six hours ago: newer
    /// samples cannot be put in.
    pub async fn with_recorded_days() -> Self {
        let bin = BIN as i64;
        let merged = (now() - 28_800).div_euclid(bin) * bin;
        Self::with(&recorded(merged), merged).await
    }

    /// With what is recorded, in the OpenMetrics text format.
    pub async fn with(recorded: &str, merged: i64) -> Self {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("days.txt");
        std::fs::write(&file, recorded).unwrap();
        let made = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics", "-q"])
            .arg(&file)
            .arg(dir.path().join("data"))
            .output()
            .expect("promtool is of Debian's package prometheus");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "{said}");
        Self::start(dir, "global: {}\n", merged).await
    }

    /// Scraping these addresses each second, with their versions.
    pub async fn scraping(targets: &[(&str, &str)]) -> Self {
        let mut config = "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n\
            scrape_configs:\n- job_name: live\n  static_configs:\n"
            .to_owned();
        for (address, version) in targets {
            writeln!(config, "  - targets: ['{address}']").unwrap();
            writeln!(config, "    labels: {{version: '{version}'}}").unwrap();
        }
        Self::start(TempDir::new().unwrap(), &config, 0).await
    }

    async fn start(dir: TempDir, config: &str, merged: i64) -> Self {
        let file = dir.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        // Another test may take the port in between: then another one is tried.
        for _ in 0..5 {
            let port = free_port();
            let mut child = run(dir.path(), port);
            let url = format!("http://127.0.0.1:{port}");
            if ready(&mut child, &url).await {
                return Self {
                    url,
                    merged,
                    child,
                    _dir: dir,
                };
            }
        }
        panic!("no Prometheus came up");
    }
}

fn run(dir: &Path, port: u16) -> Child {
    Command::new("prometheus")
        .arg(format!(
            "--config.file={}",
            dir.join("prometheus.yml").display()
        ))
        .arg(format!(
            "--storage.tsdb.path={}",
            dir.join("data").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--storage.tsdb.retention.time=30d")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("prometheus is of Debian's package prometheus")
}

async fn ready(child: &mut Child, url: &str) -> bool {
    for _ in 0..300 {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        let answer = reqwest::get(format!("{url}/-/ready")).await;
        if answer.is_ok_and(|it| it.status() == 200) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// One series' samples, each minute.
struct Line {
    name: String,
    samples: Vec<(i64, u64)>,
}

/// Jobs that differ in what their canary does.
fn recorded(merged: i64) -> String {
    let mut families: [(&str, &str, Vec<Line>); 4] = [
        ("requests", "counter", Vec::new()),
        ("failures", "counter", Vec::new()),
        ("seconds", "histogram", Vec::new()),
        ("memory", "gauge", Vec::new()),
    ];
    let mut random = Random::new(1);
    // Requests a minute, failures and slow answers of them in a thousand.
    for (job, canary) in [
        ("healthy", (60, 5, 10)),
        ("failing", (60, 25, 10)),
        ("slow", (60, 5, 50)),
        ("quiet", (0, 900, 900)),
        ("ended", (60, 900, 900)),
    ] {
        for (version, (rate, failures, slow)) in [("1", (60, 5, 10)), ("2", canary)] {
            let first = match version {
                "1" => merged - DAY as i64,
                _ => merged,
            };
            let last = merged + WATCHED as i64
                - if job == "ended" && version == "2" {
                    1_800
                } else {
                    0
                };
            let labels = format!("job=\"{job}\",version=\"{version}\",instance=\"{version}\"");
            let mut lines: [Line; 7] = [
                format!("requests_total{{{labels}}}"),
                format!("failures_total{{{labels}}}"),
                format!("seconds_bucket{{{labels},le=\"0.1\"}}"),
                format!("seconds_bucket{{{labels},le=\"0.5\"}}"),
                format!("seconds_bucket{{{labels},le=\"+Inf\"}}"),
                format!("seconds_count{{{labels}}}"),
                format!("memory{{{labels}}}"),
            ]
            .map(|name| Line {
                name,
                samples: Vec::new(),
            });
            let mut counters = [0u64; 4];
            for at in (first..=last).step_by(60) {
                if at > first {
                    let mut of = |thousandth: u64| {
                        (0..rate)
                            .filter(|_| random.below(1_000) < thousandth as usize)
                            .count() as u64
                    };
                    let (failed, late) = (of(failures), of(slow));
                    let quick = rate - late;
                    // The healthy base starts anew an hour after the merge, in the
                    // middle of a bin.
                    let anew = job == "healthy" && version == "1" && at == merged + 3_600 + 60;
                    let grown = [rate, failed, quick / 2, quick];
                    for (counter, grown) in counters.iter_mut().zip(grown) {
                        *counter = *counter * u64::from(!anew) + grown;
                    }
                }
                let [all, failed, fast, quick] = counters;
                let memory = 1_000 + random.below(100) as u64;
                let values = [all, failed, fast, quick, all, all, memory];
                for (line, value) in lines.iter_mut().zip(values) {
                    line.samples.push((at, value));
                }
            }
            for (line, family) in lines.into_iter().zip([0, 1, 2, 2, 2, 2, 3]) {
                families[family].2.push(line);
            }
        }
    }
    let mut text = String::new();
    for (name, kind, lines) in families {
        writeln!(text, "# TYPE {name} {kind}").unwrap();
        for line in lines {
            for (at, value) in line.samples {
                writeln!(text, "{} {value} {at}", line.name).unwrap();
            }
        }
    }
    text + "# EOF\n"
}
