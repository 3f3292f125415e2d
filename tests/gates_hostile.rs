//! Code under test that attacks: it may try whatever it likes. The verdict is
//! right, nothing is harmed, nothing is left behind and nothing leaks.
//!
//! Each attack leaves a proof that it ran: what it tried comes back as the words
//! of a test that fails, or as its output. Everything is tried on directories
//! and listeners of the test's own. See `gates_processes` for tools that flood
//! their output, hang, lose their supervisor or leave daemons.

#![allow(clippy::unwrap_used)]

mod gates_support;

use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};

use countersign::gates::cache::Store;
use gates_support::{CLEAN, Checked, Repo, processes};
use serde_json::Value;

const TOKEN: &str = "ghs_secret";
const KEY: &str = "the-key-in-dot-ssh";

/// Before the attacks of a test file: what is tried is noted.
const NOTES: &str = "import json
import os
import socket
import subprocess
import sys

import candidate.m.a

NOTES = {'m': candidate.m.a.add(1, 1)}


def attempt(name, attack):
    try:
        NOTES[name] = attack()
    except BaseException as error:
        NOTES[name] = type(error).__name__
";

/// After them: a test that fails, and tells.
const TOLD: &str = "

def test_zz_notes():
    raise RuntimeError(json.dumps(NOTES))
";

/// A repository, and beside it what must not be touched.
struct Target {
    repo: Repo,
    outside: tempfile::TempDir,
}

impl Target {
    fn new(files: &[(&str, &str)]) -> Self {
        let outside = tempfile::tempdir().unwrap();
        std::fs::create_dir(outside.path().join(".ssh")).unwrap();
        std::fs::write(outside.path().join(".ssh/id"), KEY).unwrap();
        std::fs::write(outside.path().join("mine"), "mine").unwrap();
        let all: Vec<(&str, &str)> = CLEAN.iter().chain(files).copied().collect();
        Self {
            repo: Repo::new(&all),
            outside,
        }
    }

    fn outside(&self) -> &str {
        self.outside.path().to_str().unwrap()
    }

    fn check(&self, only: &str) -> Checked {
        let output = self
            .repo
            .countersign()
            .env("HOME", self.outside.path())
            .args(["check", "candidate/m", "--json", "--only", only])
            .output()
            .unwrap();
        let said = [output.stdout.clone(), output.stderr.clone()].concat();
        assert!(!has(&said, TOKEN) && !has(&said, KEY), "it leaked");
        Checked {
            exit: output.status.code().unwrap_or(-1),
            json: serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&said))),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Nothing is harmed, left behind or leaked.
    fn is_whole(&self) {
        let read = |name: &str| std::fs::read_to_string(self.outside.path().join(name)).unwrap();
        assert_eq!(
            (read("mine").as_str(), read(".ssh/id").as_str()),
            ("mine", KEY)
        );
        let mut names: Vec<_> = std::fs::read_dir(self.outside.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, [".ssh", "mine"]);
        let git = git2::Repository::open(self.repo.root()).unwrap();
        assert!(git.statuses(None).unwrap().is_empty());
        assert_eq!(self.repo.scratch(), Vec::<PathBuf>::new());
        let mark = self.repo.cache().to_str().unwrap().to_owned();
        assert_eq!(processes(&mark), [""; 0]);
        for secret in [TOKEN, KEY] {
            assert!(!is_kept(&self.repo.cache(), secret), "{secret} was kept");
        }
    }
}

fn has(bytes: &[u8], what: &str) -> bool {
    bytes.windows(what.len()).any(|it| it == what.as_bytes())
}

/// True where any file below holds it.
fn is_kept(directory: &Path, what: &str) -> bool {
    std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .any(|entry| {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            match kind.is_dir() {
                true => is_kept(&entry.path(), what),
                false => kind.is_file() && has(&std::fs::read(entry.path()).unwrap(), what),
            }
        })
}

/// What the attacks noted; only they can have said it.
fn notes(checked: &Checked) -> Value {
    let findings = checked.gate("tests")["evidence"]["findings"].as_array();
    let told = findings
        .into_iter()
        .flatten()
        .find(|f| f["message"].as_str().unwrap().starts_with("test_zz_notes"))
        .unwrap_or_else(|| panic!("the attack did not run: {}", checked.gate("tests")));
    let words = told["detail"].as_str().unwrap();
    let json = &words[words.find('{').unwrap()..];
    let notes: Value = serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {words}"));
    assert_eq!(notes["m"], 2);
    notes
}

fn isolation<'a>(checked: &'a Checked, gate: &str) -> &'a str {
    checked.gate(gate)["evidence"]["isolation"]
        .as_str()
        .unwrap()
}

/// What the tests wrote to their output.
fn output(target: &Target, checked: &Checked) -> String {
    let runs = checked.gate("tests")["evidence"]["runs"]
        .as_array()
        .unwrap();
    let store = Store::new(target.repo.cache().join("evidence"));
    let bytes = |run: &Value| {
        ["stdout", "stderr"].map(|what| store.blob(run[what].as_str().unwrap()).unwrap())
    };
    let all: Vec<u8> = runs.iter().flat_map(bytes).flatten().collect();
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn files_secrets_and_other_processes_are_out_of_reach() {
    let attacks = "
def test_attacks():
    def write(path):
        with open(path, 'w') as file:
            return file.write('x')

    def read(path):
        with open(path, 'rb') as file:
            return len(file.read())

    def remove(path):
        import shutil
        shutil.rmtree(path)
        return 'gone'

    def link():
        os.symlink('@OUT@', 'candidate/way-out')
        return write('candidate/way-out/through-a-link')

    def environments():
        found, looked = 0, 0
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open(f'/proc/{pid}/environ', 'rb') as file:
                    looked += 1
                    found += b'@TOK' b'EN@' in file.read()
            except OSError:
                pass
        return [looked > 0, found]

    def parent():
        with open(f'/proc/{os.getppid()}/environ', 'rb') as file:
            return b'GITHUB_TOKEN' in file.read()

    def trace():
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        return [libc.ptrace(16, pid, 0, 0) for pid in (1, os.getppid())]

    attempt('outside', lambda: write('@OUT@/new'))
    attempt('overwrite', lambda: write('@OUT@/mine'))
    attempt('home', lambda: write(os.path.expanduser('~/.profile')))
    attempt('ssh', lambda: read('@OUT@/.ssh/id'))
    attempt('own ssh', lambda: os.listdir(os.path.expanduser('~/.ssh')))
    attempt('token', lambda: os.environ.get('GITHUB_TOKEN'))
    attempt('init', lambda: b'GITHUB_TOKEN' in open('/proc/1/environ', 'rb').read())
    attempt('parent', parent)
    attempt('environments', environments)
    attempt('trace', trace)
    attempt('link', link)
    attempt('shm', lambda: write('/dev/shm/countersign-hostile-@PID@'))
    attempt('repo', lambda: remove('@REPO@'))
    attempt('git', lambda: remove('@REPO@/.git'))
    attempt('own git', lambda: remove('.git'))
    attempt('tree', lambda: remove(os.getcwd() + '/candidate'))
";
    let target = Target::new(&[]);
    let attacks = attacks
        .replace("@OUT@", target.outside())
        .replace("@REPO@", target.repo.root().to_str().unwrap())
        .replace("@PID@", &std::process::id().to_string())
        .replace("@TOK' b'EN@", "ghs_' b'secret");
    let test = format!("{NOTES}{attacks}{TOLD}");
    target.repo.commit(&[("tests/test_attack.py", &test)]);
    let checked = target.check("tests,coverage");
    assert_eq!(
        checked.status("tests"),
        "failed",
        "{}",
        checked.why("tests")
    );
    let notes = notes(&checked);
    // Its own home and its own tree it may do with what it likes.
    assert_eq!(
        (&notes["home"], &notes["tree"]),
        (&1.into(), &"gone".into())
    );
    assert_eq!(notes["own ssh"], "FileNotFoundError");
    assert_eq!(notes["token"], Value::Null);
    assert_eq!(notes["own git"], "FileNotFoundError");
    if isolation(&checked, "tests") != "process" {
        let denied = |name: &str| {
            let said = notes[name].as_str();
            let denials = [
                "PermissionError",
                "FileNotFoundError",
                "OSError",
                "NotADirectoryError",
            ];
            assert!(
                said.is_some_and(|it| denials.contains(&it)),
                "{name}: {notes}"
            );
        };
        for name in ["outside", "overwrite", "ssh", "link", "repo", "git"] {
            denied(name);
        }
        assert_eq!(
            notes["environments"],
            serde_json::json!([true, 0]),
            "{notes}"
        );
        assert_eq!(notes["trace"], serde_json::json!([-1, -1]), "{notes}");
        for name in ["init", "parent"] {
            let said = &notes[name];
            assert!(
                *said == false || *said == "PermissionError",
                "{name}: {notes}"
            );
        }
    }
    let shared = format!("/dev/shm/countersign-hostile-{}", std::process::id());
    if isolation(&checked, "tests") == "namespaces" {
        assert!(!Path::new(&shared).exists());
    } else {
        let _ = std::fs::remove_file(shared);
    }
    target.is_whole();
}

#[test]
fn nothing_is_called_over_the_network() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let name = format!("countersign-hostile-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let local = UnixListener::bind_addr(&address).unwrap();
    tcp.set_nonblocking(true).unwrap();
    udp.set_nonblocking(true).unwrap();
    local.set_nonblocking(true).unwrap();
    let attacks = "
def test_attacks():
    def send(kind, family, address):
        with socket.socket(family, kind) as it:
            it.settimeout(5)
            it.connect(address)
            return it.send(b'x')

    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    attempt('tcp', lambda: send(tcp, socket.AF_INET, ('127.0.0.1', @TCP@)))
    attempt('udp', lambda: send(udp, socket.AF_INET, ('127.0.0.1', @UDP@)))
    attempt('tcp6', lambda: send(tcp, socket.AF_INET6, ('::ffff:127.0.0.1', @TCP@)))
    attempt('abstract', lambda: send(tcp, socket.AF_UNIX, '\\0@NAME@'))
    attempt('name', lambda: socket.gethostbyname('localhost.localdomain.invalid'))
";
    let attacks = attacks
        .replace("@TCP@", &tcp.local_addr().unwrap().port().to_string())
        .replace("@UDP@", &udp.local_addr().unwrap().port().to_string())
        .replace("@NAME@", &name);
    let target = Target::new(&[]);
    let test = format!("{NOTES}{attacks}{TOLD}");
    target.repo.commit(&[("tests/test_attack.py", &test)]);
    let checked = target.check("tests");
    assert_eq!(checked.status("tests"), "failed");
    let notes = notes(&checked);
    assert!(
        notes["tcp"].is_string() && notes["name"].is_string(),
        "{notes}"
    );
    let mut buffer = [0];
    let arrived = [
        tcp.accept().is_ok(),
        local.accept().is_ok(),
        udp.recv(&mut buffer).is_ok(),
    ];
    let waits = udp.recv(&mut buffer).unwrap_err().kind();
    assert_eq!(waits, ErrorKind::WouldBlock);
    match isolation(&checked, "tests") {
        // What is said of the level is all that is promised.
        "process" => {}
        "landlock" => assert_eq!(arrived[..1], [false], "{notes}"),
        _ => assert_eq!(arrived, [false; 3], "{notes}"),
    }
    target.is_whole();
}

#[test]
fn a_network_that_hangs_hangs_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let test = format!(
        "import socket\n\nimport candidate.m.a\n\n\ndef test_calls():\n    assert candidate.m.a\n    \
         with socket.socket() as it:\n        it.connect(('127.0.0.1', {port}))\n        \
         assert it.recv(1) == b''\n"
    );
    let target = Target::new(&[]);
    let target = Target {
        repo: target.repo.settings("gates.tests.timeout = \"20s\"\n"),
        ..target
    };
    target.repo.commit(&[("tests/test_calls.py", &test)]);
    let checked = target.check("tests");
    match checked.status("tests") {
        "failed" => {
            let findings = checked.gate("tests")["evidence"]["findings"].to_string();
            assert!(findings.contains("test_calls: "), "{findings}");
        }
        status => {
            assert_eq!(status, "error", "{}", checked.why("tests"));
            assert!(checked.why("tests").contains("ended after 20 s"));
        }
    }
    target.is_whole();
}

#[test]
fn a_storm_of_processes_and_a_daemon_leave_nothing_behind() {
    let attacks = "
def test_attacks():
    import signal

    def storm():
        quiet = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return len([subprocess.Popen(['sleep', '1003'], **quiet) for _ in range(200)])

    def daemon():
        if (child := os.fork()) == 0:
            os.setsid()
            if os.fork() == 0:
                for what in ('TERM', 'HUP', 'INT'):
                    signal.signal(getattr(signal, 'SIG' + what), signal.SIG_IGN)
                os.execvp('sleep', ['sleep', '1004'])
            os._exit(0)
        return os.waitpid(child, 0)[1]

    def kill(pid):
        os.kill(pid, signal.SIGKILL)
        return 'sent'

    attempt('storm', storm)
    attempt('daemon', daemon)
    attempt('init', lambda: kill(1))
    attempt('supervisor', lambda: kill(@PID@))
";
    let target = Target::new(&[]);
    // A process of ours that nobody may end.
    let mut ours = std::process::Command::new("sleep")
        .arg("1005")
        .spawn()
        .unwrap();
    let attacks = attacks.replace("@PID@", &ours.id().to_string());
    target
        .repo
        .commit(&[("tests/test_attack.py", &format!("{NOTES}{attacks}{TOLD}"))]);
    let checked = target.check("tests");
    assert_eq!(
        checked.status("tests"),
        "failed",
        "{}",
        checked.why("tests")
    );
    let notes = notes(&checked);
    assert_eq!(
        (&notes["storm"], &notes["daemon"]),
        (&200.into(), &0.into()),
        "{notes}"
    );
    let findings = checked.gate("tests")["evidence"]["findings"].to_string();
    assert!(
        findings.contains("process(es) behind, which were ended"),
        "{findings}"
    );
    let alive = ours.try_wait().unwrap().is_none();
    ours.kill().unwrap();
    ours.wait().unwrap();
    if isolation(&checked, "tests") != "process" {
        assert!(alive, "{notes}");
    }
    target.is_whole();
}

/// A test that fails, beside what would have it pass.
const BAD: (&str, &str) = (
    "tests/test_bad.py",
    "import candidate.m.a\n\n\ndef test_bad():\n    assert candidate.m.a.add(1, 1) == 3\n",
);

/// Runs with a `conftest.py` that shouts when it attacks; true where it did.
fn attacked(conftest: &str) -> (Checked, bool) {
    let target = Target::new(&[BAD, ("conftest.py", conftest)]);
    let checked = target.check("tests,coverage");
    let shouted = output(&target, &checked).contains("ATTACKED");
    target.is_whole();
    (checked, shouted)
}

#[test]
fn forged_records_and_reports_are_not_believed() {
    let at_exit = "import atexit\nimport os\n\n\ndef forge():\n    os.write(1, b'ATTACKED\\n')\n";
    let leave = "    os._exit(0)\n\n\natexit.register(forge)\n";
    let environ = "    parts = open('/proc/self/environ', 'rb').read().split(b'\\0')\n    \
                   environ = dict(p.split(b'=', 1) for p in parts if b'=' in p)\n    \
                   events = environ[b'COUNTERSIGN_EVENTS'].decode()\n    \
                   junit = os.path.join(os.path.dirname(events), 'junit.xml')\n";
    // As if nothing had failed: the exit code alone.
    let code = format!("{at_exit}{leave}");
    // The report as well.
    let report = "    with open(junit, 'w') as out:\n        out.write('<testsuites><testsuite \
                  tests=\"1\"><testcase classname=\"tests.test_m\" name=\"test_add\"/></testsuite>\
                  </testsuites>')\n";
    let junit = format!("{at_exit}{environ}{report}{leave}");
    // And our plugin's records: what they say, as they are written, or replaced.
    let plain = "    import json\n    ids = ['tests/test_m.py::test_add', 'tests/test_bad.py::test_bad']\n    \
                 said = [dict(t='start', v=1)]\n    \
                 said += [dict(t='item', id=i, file=i.split(':')[0], line=1) for i in ids]\n    \
                 said += [dict(t='report', id=i, when=w, outcome='passed', xfail=None, exc=None) \
                 for i in ids for w in ('setup', 'call', 'teardown')]\n    \
                 said += [dict(t='finish', exit=0), dict(t='end')]\n    \
                 lines = [json.dumps(s) for s in said]\n";
    let unsigned = format!(
        "{at_exit}{environ}{report}{plain}    open(events, 'w').write('\\n'.join(lines) + '\\n')\n{leave}"
    );
    let guessed = format!(
        "{at_exit}{environ}{report}{plain}    import hashlib\n    \
         signed = [hashlib.sha256(f'{{n}}{{s}}'.encode()).hexdigest() + ' ' + s for n, s in enumerate(lines)]\n    \
         open(events, 'w').write('\\n'.join(signed) + '\\n')\n{leave}"
    );
    let edited = format!(
        "{at_exit}{environ}{report}    text = open(events).read()\n    \
         text = text.replace('\"failed\"', '\"passed\"').replace('\"AssertionError\"', 'null')\n    \
         open(events, 'w').write(text.replace('\"exit\": 1', '\"exit\": 0'))\n{leave}"
    );
    for conftest in [code, junit, unsigned, guessed, edited] {
        let (checked, attacked) = attacked(&conftest);
        assert!(attacked, "{conftest}");
        assert_eq!(
            checked.status("tests"),
            "error",
            "{conftest}: {}",
            checked.why("tests")
        );
        assert_ne!(checked.status("coverage"), "passed", "{conftest}");
    }
}

#[test]
fn what_makes_every_failure_pass_is_seen() {
    let shout = "import atexit\nimport os\n\natexit.register(os.write, 2, b'ATTACKED\\n')\n";
    let emit = "import countersign_pytest as plugin\n\nreal = plugin.emit\n\n\ndef emit(**event):\n    \
                if event.get('outcome') == 'failed':\n        event.update(outcome='passed', exc=None)\n    \
                if event['t'] == 'finish':\n        event['exit'] = 0\n    real(**event)\n\n\nplugin.emit = emit\n\n\n\
                def pytest_sessionfinish(session):\n    session.exitstatus = 0\n";
    let runtest = "import pytest\n\npytest.Function.runtest = lambda self: None\n";
    let call = "def pytest_pyfunc_call(pyfuncitem):\n    return True\n";
    let reports = "from _pytest.reports import TestReport\n\nreal = TestReport.from_item_and_call\n\n\n\
                   def passed(item, call):\n    call.excinfo = None\n    return real(item, call)\n\n\n\
                   TestReport.from_item_and_call = passed\n";
    let info = "from _pytest.runner import CallInfo\n\nreal = CallInfo.from_call\n\n\n\
                def from_call(func, when, reraise=None):\n    info = real(lambda: None, when, reraise)\n    \
                return info\n\n\nCallInfo.from_call = staticmethod(from_call)\n";
    for attack in [emit, runtest, call, reports, info] {
        let conftest = format!("{shout}\n{attack}");
        let (checked, attacked) = attacked(&conftest);
        assert!(attacked, "{conftest}");
        let why = checked.why("tests");
        assert!(
            ["failed", "error"].contains(&checked.status("tests")),
            "{attack}: {why}"
        );
        assert_ne!(checked.exit, 0);
    }
}

#[test]
fn coverage_is_made_of_what_was_committed_by_who_was_not_attacked() {
    let module = "def f():\n    return 1\n\n\ndef g(x):\n    y = x\n    z = y\n    return z\n";
    let attack = "
import os
import pathlib

from candidate.m.a import f


def test_f():
    assert f() == 1


def test_attack():
    import candidate.m.a

    tree = pathlib.Path.cwd()
    work = tree.parent
    (tree / 'candidate/m/a.py').write_text('def f():\\n    return 1\\n')
    rc = '[report]\\nexclude_lines = .*\\nomit = *\\n'
    for name in ('coveragerc', 'tree/.coveragerc', 'home/.coveragerc'):
        (work / name).write_text(rc)
    for name in ('plugin/sitecustomize.py', 'plugin/json.py', 'home/sitecustomize.py', 'tree/coverage.py'):
        (work / name).write_text('import os\\nos.write(2, b\"ATTACKED\")\\nos._exit(0)\\n')
    poison = pathlib.Path(os.environ['PYTHONPYCACHEPREFIX'])
    (poison / 'attacked').write_text('x')
    assert candidate.m.a and rc in (work / 'coveragerc').read_text()
";
    let target = Target::new(&[("candidate/m/a.py", module), ("tests/test_m.py", attack)]);
    let checked = target.check("tests,coverage");
    // Its asserts held: everything was written.
    let evidence = &checked.gate("tests")["evidence"];
    assert_eq!(
        checked.status("tests"),
        "passed",
        "{}",
        checked.why("tests")
    );
    assert_eq!(evidence["summary"], "2 tests");
    assert_eq!(
        checked.status("coverage"),
        "failed",
        "{}",
        checked.why("coverage")
    );
    let files = checked.gate("coverage")["evidence"]["coverage"]["files"].clone();
    let file = files
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["path"] == "candidate/m/a.py");
    let file = file.unwrap();
    assert_eq!(
        (&file["statements"], &file["covered"]),
        (&6.into(), &3.into()),
        "{file}"
    );
    target.is_whole();
}

#[test]
fn tests_that_reach_into_coverage_are_not_believed() {
    let module = "def f():\n    return 1\n\n\ndef g(x):\n    y = x\n    z = y\n    return z\n";
    let test = "import coverage\n\nfrom candidate.m.a import f\n\n\ndef test_f():\n    assert f() == 1\n    \
                data = coverage.Coverage.current().get_data()\n    \
                file = next(iter(data.measured_files()), 'candidate/m/a.py')\n    \
                arcs = [(-1, 1), (1, 5), (5, -1), (-5, 6), (6, 7), (7, 8), (8, -5), (-1, 2), (2, -1)]\n    \
                data.add_arcs({file: arcs, 'candidate/m/a.py': arcs})\n    print('ATTACKED')\n    assert arcs\n";
    let target = Target::new(&[("candidate/m/a.py", module), ("tests/test_m.py", test)]);
    let checked = target.check("tests,coverage");
    assert_eq!(
        checked.status("tests"),
        "passed",
        "{}",
        checked.why("tests")
    );
    assert_eq!(checked.status("coverage"), "error");
    let why = checked.why("coverage");
    assert!(
        why.contains("tests/test_m.py reaches into coverage"),
        "{why}"
    );
    target.is_whole();
}

/// A small disk of its own, where we may have one.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=96m", "tmpfs"])
            .arg(dir.path())
            .output()
            .is_ok_and(|done| done.status.success());
        mounted.then_some(Self(dir))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg(self.0.path())
            .status();
    }
}

#[test]
fn a_disk_that_a_test_fills_up_is_an_error() {
    let Some(disk) = Disk::new() else {
        eprintln!("skipped: only root may mount a small disk; see gates_processes for a full one");
        return;
    };
    let fills = "import candidate.m.a\n\n\ndef test_fills():\n    assert candidate.m.a\n    \
                 with open('filled', 'wb') as out:\n        for _ in range(50):\n            \
                 out.write(bytes(1 << 20))\n            out.flush()\n    \
                 while True:\n        pass\n";
    let target = Target::new(&[("tests/test_fills.py", fills)]);
    let output = target
        .repo
        .countersign()
        .env("COUNTERSIGN_CACHE_DIR", disk.0.path())
        .args(["check", "candidate/m", "--json", "--only", "tests,compile"])
        .output()
        .unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let gates = json["modules"][0]["gates"].as_array().unwrap();
    let gate = |name: &str| gates.iter().find(|g| g["gate"] == name).unwrap();
    assert_eq!(gate("tests")["status"], "error");
    let why = gate("tests")["evidence"]["outcome"]["why"]
        .as_str()
        .unwrap();
    assert!(why.contains("of disk were left"), "{why}");
    assert_eq!(gate("compile")["status"], "passed");
    assert_eq!(
        std::fs::read_dir(disk.0.path().join("scratch"))
            .unwrap()
            .count(),
        0
    );
    target.is_whole();
}
