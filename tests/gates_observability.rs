//! Services, started in the sandbox with the real Python: on good days and on
//! bad ones.

#![allow(clippy::unwrap_used)]

mod gates_support;

use gates_support::{CLEAN, Checked, Repo, processes};

const ONLY: [&str; 2] = ["--only", "observability"];

/// A service that lacks nothing; `METRICS`, `HANDLER`, `START` and `STOP` are
/// where the others differ.
const SERVICE: &str = r##"
import json, os, signal, subprocess, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

METRICS = "# TYPE orders_total counter\norders_total 3\n"
HEALTH = 200


def say(message):
    print(json.dumps({"level": "INFO", "message": message}), file=sys.stderr, flush=True)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        pages = {"/healthz": (HEALTH, "ok"), "/metrics": (200, METRICS)}
        status, body = pages.get(self.path, (404, ""))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


# CHANGED
server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)


def stop(*_):
    threading.Thread(target=server.shutdown).start()


signal.signal(signal.SIGTERM, stop)
say("listening")
# STARTED
server.serve_forever(0.05)
# STOPPED
"##;

const DECLARED: &str = r#"
[[gates.observability.services]]
module = "candidate/m"
command = ["{python}", "-m", "candidate.m", "{port}"]
ready = 100
stop = 60
"#;

fn repo(service: &str) -> Repo {
    let files = [("candidate/m/__main__.py", service)];
    let files: Vec<_> = CLEAN.iter().chain(&files).copied().collect();
    Repo::new(&files).settings(DECLARED)
}

/// Why the outcome is what it is.
fn said(checked: &Checked) -> String {
    let outcome = &checked.gate("observability")["evidence"]["outcome"];
    outcome["why"].as_str().unwrap_or_default().to_owned()
}

fn changed(mark: &str, code: &str) -> String {
    let service = SERVICE.replace(mark, code);
    assert_ne!(service, SERVICE);
    service
}

fn rules(checked: &Checked) -> Vec<String> {
    let found = checked.findings("observability");
    found.into_iter().map(|(rule, ..)| rule).collect()
}

#[test]
fn a_module_that_is_no_service_has_nothing_to_show() {
    let checked = Repo::new(&CLEAN).check("candidate/m", &ONLY);
    assert_eq!(checked.status("observability"), "not-applicable");
    assert!(
        said(&checked)
            .starts_with("no service: nothing in it listens, and countersign.toml declares none"),
        "{}",
        said(&checked)
    );
}

#[test]
fn a_service_that_nobody_declared_fails_with_what_to_declare() {
    let repo = repo(SERVICE).settings("");
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("observability"), "failed");
    let why = said(&checked);
    for part in [
        "candidate/m/__main__.py imports http.server",
        "add [[gates.observability.services]] with module = \"candidate/m\"",
        "command = [\"{python}\", \"-m\", \"candidate.m\", \"{port}\"]",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    let place = (
        "undeclared".to_owned(),
        "candidate/m/__main__.py".to_owned(),
        3,
    );
    assert_eq!(checked.findings("observability"), [place]);
    let repo = repo.settings("[gates.observability]\nnot_services = [\"candidate/m\"]\n");
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("observability"), "not-applicable");
    assert!(said(&checked).contains("`not_services`"));
}

#[test]
fn a_good_service_passes_and_leaves_nothing_behind() {
    let repo = repo(SERVICE);
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(
        checked.status("observability"),
        "passed",
        "{}",
        said(&checked)
    );
    let evidence = &checked.gate("observability")["evidence"];
    assert_eq!(
        evidence["summary"],
        "healthy, 1 metric of its own, structured logs, stops when asked to"
    );
    assert!(repo.scratch().is_empty());
    assert_eq!(processes(repo.cache().to_str().unwrap()), [""; 0]);
    // Something runs as the project's code does: under the Python that is pinned.
    assert!(evidence["interpreter"].is_object());
    let again = repo.check("candidate/m", &ONLY);
    assert!(again.stderr.contains("unchanged"), "{}", again.stderr);
}

#[test]
fn a_service_on_a_bad_day_fails_with_what_was_seen() {
    for (mark, code, rule, says) in [
        (
            "# CHANGED",
            "sys.exit(3)",
            "start",
            "exit code 3 before it answered",
        ),
        (
            "# CHANGED",
            "HEALTH = 503",
            "health",
            "within 20 s: the last answer was 503",
        ),
        (
            "# CHANGED",
            "say('waiting'); time.sleep(600)",
            "health",
            "within 20 s: it did not answer",
        ),
        (
            "# CHANGED",
            "METRICS = '<html>hello</html>'",
            "metrics",
            "no text for Prometheus",
        ),
        (
            "# CHANGED",
            "METRICS = 'python_info 1\\nprocess_open_fds 3\\n'",
            "metrics",
            "of the process only",
        ),
        (
            "say(\"listening\")",
            "print('up', flush=True)",
            "logs",
            "no line that is a JSON object",
        ),
        ("say(\"listening\")", "", "logs", "wrote no log"),
        (
            "# STARTED",
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
            "stop",
            "did not end within 10 s of SIGTERM",
        ),
        (
            "# STOPPED",
            "sys.exit(1)",
            "stop",
            "exit code 1 when it was sent SIGTERM",
        ),
        (
            "# STARTED",
            "subprocess.Popen(['sleep', '600'], start_new_session=True)",
            "left",
            "left a process running",
        ),
    ] {
        let declared = match rule {
            "health" => DECLARED.replace("100", "20"),
            "stop" if says.contains("within") => DECLARED.replace("60", "10"),
            _ => DECLARED.to_owned(),
        };
        let repo = repo(&changed(mark, code)).settings(&declared);
        let checked = repo.check("candidate/m", &ONLY);
        let why = said(&checked);
        assert_eq!(checked.status("observability"), "failed", "{code}: {why}");
        assert!(why.contains(says), "{code}: {why}");
        assert_eq!(rules(&checked), [rule], "{code}: {why}");
        assert!(repo.scratch().is_empty());
        assert_eq!(processes(repo.cache().to_str().unwrap()), [""; 0], "{code}");
    }
}

#[test]
fn of_two_services_the_one_that_lacks_something_is_told() {
    let second = "\n[[gates.observability.services]]\nmodule = \"candidate/m/a.py\"\n\
                  command = [\"{python}\", \"-c\", \"raise SystemExit(3)\"]\n";
    let repo = repo(SERVICE).settings(&format!("{DECLARED}{second}"));
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(
        checked.status("observability"),
        "failed",
        "{}",
        said(&checked)
    );
    let evidence = &checked.gate("observability")["evidence"];
    assert_eq!(evidence["summary"], "1 thing is lacking");
    let work = serde_json::json!([["files", 3], ["services", 2], ["metrics", 1]]);
    assert_eq!(evidence["work"], work);
}

/// The default of Python ends it by the signal, which is as good as 143.
#[test]
fn a_service_that_lets_the_signal_end_it_is_fine() {
    let repo = repo(&changed("signal.signal(signal.SIGTERM, stop)", ""));
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(
        checked.status("observability"),
        "passed",
        "{}",
        said(&checked)
    );
}

#[test]
fn a_service_that_goes_into_the_background_did_not_start() {
    let code = "if os.fork(): os._exit(0)\nos.setsid()";
    let repo = repo(&changed("# CHANGED", code));
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("observability"), "failed");
    let why = said(&checked);
    assert!(why.contains("exit code 0 before it answered"), "{why}");
    assert!(rules(&checked).contains(&"left".to_owned()), "{why}");
    assert_eq!(processes(repo.cache().to_str().unwrap()), [""; 0]);
}

/// What is started is not to be trusted: it looks for who asks, and tries to
/// speak for it or to end it.
#[test]
fn a_service_cannot_forge_what_is_said_of_it() {
    let forge = r#"
verdict = json.dumps({"v": 1, "network": None, "refused": None, "ended": None,
    "health": {"status": 200, "body": "ok"},
    "metrics": {"status": 200, "body": "forged_total 1\n"},
    "stop": {"code": 0}, "left": 0, "stdout": "",
    "stderr": "{\"level\": 1, \"message\": \"forged\"}"})
for pid in os.listdir("/proc"):
    if not pid.isdigit() or int(pid) == os.getpid():
        continue
    for fd in range(8):
        try:
            with open("/proc/%s/fd/%d" % (pid, fd), "w") as out:
                out.write(verdict + "\n")
        except OSError:
            pass
    try:
        with open("/proc/%s/mem" % pid, "r+b") as memory:
            memory.write(b"x")
    except OSError:
        pass
for fd in range(3, 64):
    try:
        os.write(fd, verdict.encode())
    except OSError:
        pass
print(verdict, flush=True)
HEALTH = 500
"#;
    let declared = DECLARED.replace("100", "20");
    let repo = repo(&changed("# CHANGED", forge)).settings(&declared);
    let checked = repo.check("candidate/m", &ONLY);
    let why = said(&checked);
    assert_eq!(checked.status("observability"), "failed", "{why}");
    assert!(why.contains("the last answer was 500"), "{why}");

    let kill = "os.kill(os.getppid(), signal.SIGKILL); time.sleep(600)";
    let repo = self::repo(&changed("# CHANGED", kill));
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(
        checked.status("observability"),
        "error",
        "{}",
        said(&checked)
    );
    assert_eq!(processes(repo.cache().to_str().unwrap()), [""; 0]);
}

#[test]
fn a_service_reaches_nobody_and_writes_nowhere() {
    let outside = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = outside.local_addr().unwrap().port();
    outside.set_nonblocking(true).unwrap();
    let code = format!(
        "import socket\n\
         try:\n    socket.create_connection((\"127.0.0.1\", {port}), 1)\n    say(\"reached\")\n\
         except OSError:\n    pass\n\
         try:\n    open(\"candidate/m/a.py\", \"a\").write(\"# changed\")\n    say(\"wrote\")\n\
         except OSError:\n    pass\n\
         if os.environ.get(\"GITHUB_TOKEN\"):\n    say(\"token\")\n"
    );
    let repo = repo(&changed("# CHANGED", &code));
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(
        checked.status("observability"),
        "passed",
        "{}",
        said(&checked)
    );
    assert!(outside.accept().is_err());
    let run = &checked.gate("observability")["evidence"]["runs"][0];
    let kept = repo.cache().join("evidence");
    let said = find(&kept, run["stdout"].as_str().unwrap());
    assert!(said.contains("listening"), "{said}");
    for never in ["reached", "wrote", "token"] {
        assert!(!said.contains(never), "{said}");
    }
}

/// The blob of that digest, wherever the store keeps it.
fn find(dir: &std::path::Path, digest: &str) -> String {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            let found = find(&path, digest);
            if !found.is_empty() {
                return found;
            }
        } else if path.to_string_lossy().replace('/', "").contains(digest) {
            return String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        }
    }
    String::new()
}

#[test]
fn what_is_wrong_with_a_declaration_is_said_at_its_place() {
    for (from, to, what) in [
        ("{port}", "{prt}", "there is no placeholder `{prt}`"),
        (
            "ready = 100",
            "port = 70000",
            "5:8: this must be a port from 1 to 65535",
        ),
        (
            "ready = 100",
            "health = \"healthz\"",
            "5:10: this must be the path of a URL",
        ),
        ("module = \"candidate/m\"\n", "", "`module` is missing"),
        ("ready = 100", "redy = 100", "did you mean `ready`?"),
    ] {
        let text = DECLARED.replace(from, to);
        let error = countersign::config::project::parse(&text, "countersign.toml");
        let said = error.unwrap_err().to_string();
        assert!(said.contains(what), "{what}: {said}");
    }
}
