//! The repository's configuration, `countersign.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::canary::{self, Canary};
use super::error::ConfigError;
use super::forge::{self, Forge};
use super::notify::{self, Notify};
use super::promote::{self, Promote};
use super::reader::{Found, Node, Reader};
use super::rollback::{self, Rollback};
#[cfg(test)]
use super::schema;
use super::schema::{PROJECT, Shape};
use super::sign_off::{self, SignOff};
use super::value::Value;
use crate::promotion::policy::{
    CustomGate, GateOptions, PinnedPython, ReportFormat, Service, Zero,
};
use crate::promotion::{Criterion, Lane, Policy, RepoPath, command, lane, text};

/// The name of the file, at the repository's root.
pub const FILE_NAME: &str = "countersign.toml";

/// Everything `countersign.toml` can say, with the defaults where it is silent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectConfig {
    /// The branch that promotions go to; `None`: `origin/HEAD`, else `main`, else `master`.
    pub base: Option<String>,
    /// The lanes.
    pub lanes: Vec<Lane>,
    /// Globs of modules that count; empty: all. Against paths from the root.
    pub include: Vec<String>,
    /// Globs of modules that don't.
    pub exclude: Vec<String>,
    /// Owners.
    pub owners: Owners,
    /// Tests.
    pub tests: Tests,
    /// Tools.
    pub tools: Tools,
    /// Who has to sign. Only what the base branch says of it counts.
    pub sign_off: SignOff,
    /// What moving a module does besides.
    pub promote: Promote,
    /// How what was merged is watched. Only what the base branch says of it counts.
    pub canary: Canary,
    /// Where pull requests are.
    pub forge: Forge,
    /// What may be taken back. Only what the base branch says of it counts.
    pub rollback: Rollback,
    /// Who is told of it. Only what the base branch says of it counts.
    pub notify: Notify,
    /// What is demanded of the gates.
    pub policy: Policy,
}

impl ProjectConfig {
    /// Where a module of the lane with that number goes: into what `[promote.targets]`
    /// names for it, else into the lane's first target.
    pub fn destination(&self, lane: usize, module: &RepoPath) -> Option<RepoPath> {
        let lane = self.lanes.get(lane)?;
        let named = self.promote.target(module);
        let named = named.filter(|target| lane.targets.contains(target));
        lane.destination(module, named.or(lane.targets.first())?)
    }

    /// The lane whose modules are promoted to where that lies, by its source, and the target;
    /// `None` for what lies in a lane itself.
    pub fn goal_of(&self, path: &RepoPath) -> Option<(&RepoPath, &RepoPath)> {
        if self.lanes.iter().any(|it| path.is_within(&it.source)) {
            return None;
        }
        self.lanes.iter().find_map(|lane| {
            let mut targets = lane.targets.iter().filter(|it| !it.is_root());
            let target = targets.find(|it| path.is_within(it))?;
            Some((&lane.source, target))
        })
    }

    /// A module's path below its lane, which branches are named after: of lanes inside of
    /// one another the innermost has it. The whole path where it is in none.
    pub fn below_lane(&self, module: &RepoPath) -> RepoPath {
        let lanes = self.lanes.iter();
        let below = lanes.filter_map(|it| module.strip(&it.source));
        let short = below.min_by_key(|it| it.as_bytes().len());
        short.unwrap_or_else(|| module.clone())
    }
}

/// Who owns what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Owners {
    /// The CODEOWNERS file; `None`: where GitHub looks (`.github/`, root, `docs/`).
    pub codeowners: Option<RepoPath>,
    /// Glob → owner, before CODEOWNERS; of several that match the longest glob wins.
    pub modules: BTreeMap<String, String>,
}

/// Where tests are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tests {
    /// Globs of file names that are tests.
    pub patterns: Vec<String>,
    /// Module path → further test paths (files or directories).
    pub modules: BTreeMap<String, Vec<RepoPath>>,
}

impl Default for Tests {
    fn default() -> Self {
        Self {
            patterns: vec!["test_*.py".into(), "*_test.py".into()],
            modules: BTreeMap::new(),
        }
    }
}

/// Where tools come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tools {
    /// The environment whose tools and packages the gates use (a directory with
    /// `bin/python`), relative to the repository's work tree or absolute; `None`:
    /// `.venv` or `venv` in the work tree, else one that Countersign makes.
    pub environment: Option<String>,
    /// Requirement files to install into an environment that Countersign makes.
    pub requirements: Vec<RepoPath>,
    /// The Python to make it with; `None`: `python3` from `PATH`.
    pub python: Option<String>,
    /// Which Python counts as the one that is pinned.
    pub pinned_python: PinnedPython,
}

impl Default for ProjectConfig {
    fn default() -> Self {
        Self {
            base: None,
            lanes: lane::default_lanes(),
            include: Vec::new(),
            exclude: Vec::new(),
            owners: Owners::default(),
            tests: Tests::default(),
            tools: Tools::default(),
            sign_off: SignOff::default(),
            promote: Promote::default(),
            canary: Canary::default(),
            forge: Forge::default(),
            rollback: Rollback::default(),
            notify: Notify::default(),
            policy: Policy::default(),
        }
    }
}

/// Reads `countersign.toml`; `file` is its name in errors, of which all are told.
pub fn parse(text: &str, file: &str) -> Result<ProjectConfig, ConfigError> {
    let mut reader = Reader::new(text, file);
    let root = reader.read(&PROJECT);
    let lanes = lanes(&root, &mut reader);
    let config = ProjectConfig {
        base: root.get("base").and_then(Value::text),
        owners: root.section("owners").map(owners).unwrap_or_default(),
        tests: root.section("tests").map(tests).unwrap_or_default(),
        tools: root.section("tools").map(tools).unwrap_or_default(),
        sign_off: match root.section("sign_off") {
            Some(node) => sign_off::read(node, &mut reader),
            None => SignOff::default(),
        },
        canary: match root.section("canary") {
            Some(node) => canary::read(node, &mut reader),
            None => Canary::default(),
        },
        forge: match root.section("forge") {
            Some(node) => forge::read(node, &mut reader),
            None => Forge::default(),
        },
        rollback: root
            .section("rollback")
            .map(rollback::read)
            .unwrap_or_default(),
        notify: match root.section("notify") {
            Some(node) => notify::read(node, &mut reader),
            None => Notify::default(),
        },
        promote: match root.section("promote") {
            Some(node) => promote::read(node, &lanes, &mut reader),
            None => Promote::default(),
        },
        policy: match root.section("gates") {
            Some(gates) => policy(gates, &mut reader),
            None => Policy::default(),
        },
        include: globs(&root, "include"),
        exclude: globs(&root, "exclude"),
        lanes,
    };
    reader.finish(config)
}

/// The names of the gates that can be configured, in the order of the pipeline;
/// without those of a team's own.
pub fn gate_names() -> impl Iterator<Item = &'static str> {
    let gates = PROJECT.section("gates").map_or(&[][..], |s| s.sections);
    let gates = gates.iter().filter(|gate| gate.shape == Shape::Table);
    gates.map(|gate| gate.name)
}

fn globs(root: &Node, key: &str) -> Vec<String> {
    let modules = root.section("modules").and_then(|node| node.get(key));
    modules.and_then(Value::texts).unwrap_or_default()
}

fn lanes(root: &Node, reader: &mut Reader) -> Vec<Lane> {
    let Some(nodes) = root.sections.get("lanes") else {
        return lane::default_lanes();
    };
    let mut lanes: Vec<Lane> = Vec::new();
    for node in nodes {
        let (Some(source), Some(targets)) = (node.keys.get("source"), node.keys.get("targets"))
        else {
            continue; // was refused already
        };
        if let Some(lane) = lane_of(source, targets, reader) {
            if let Some(other) = lanes.iter().find(|other| {
                other.source.is_within(&lane.source) || lane.source.is_within(&other.source)
            }) {
                let message = format!("this lane lies in another one, `{}`", other.source);
                let help = "a module must have one lane; leave one of the two out";
                reader.refuse(source.span.clone(), message, help);
            }
            lanes.push(lane);
        }
    }
    lanes
}

fn lane_of(source: &Found, targets: &Found, reader: &mut Reader) -> Option<Lane> {
    let lane = Lane {
        source: source.value.clone().path()?,
        targets: targets.value.clone().paths()?,
    };
    if let Some(inside) = lane.targets.iter().find(|t| t.is_within(&lane.source)) {
        let message = if *inside == lane.source {
            format!("`{inside}` is this lane's source: nothing would move")
        } else {
            format!("the target `{inside}` lies in this lane's own source")
        };
        let help = "a promoted module must leave the source, or it stays a candidate";
        reader.refuse(targets.span.clone(), message, help);
    }
    Some(lane)
}

fn owners(node: &Node) -> Owners {
    let modules = node.section("modules").map_or(&[][..], |map| &map.entries);
    Owners {
        codeowners: node.get("codeowners").and_then(Value::path),
        modules: modules
            .iter()
            .filter_map(|(glob, owner)| {
                Some((glob.value.clone().text()?, owner.value.clone().text()?))
            })
            .collect(),
    }
}

fn tests(node: &Node) -> Tests {
    let modules = node.section("modules").map_or(&[][..], |map| &map.entries);
    Tests {
        patterns: node
            .get("patterns")
            .and_then(Value::texts)
            .unwrap_or_else(|| Tests::default().patterns),
        modules: modules
            .iter()
            .filter_map(|(module, tests)| {
                let module = module.value.clone().path()?.to_text().into_owned();
                Some((module, tests.value.clone().paths()?))
            })
            .collect(),
    }
}

fn tools(node: &Node) -> Tools {
    Tools {
        environment: node.get("environment").and_then(Value::text),
        requirements: node
            .get("requirements")
            .and_then(Value::paths)
            .unwrap_or_default(),
        python: node.get("python").and_then(Value::text),
        pinned_python: match node.get("pinned_python").and_then(Value::text).as_deref() {
            Some("exact") => PinnedPython::Exact,
            Some("ignore") => PinnedPython::Ignore,
            _ => PinnedPython::Minor,
        },
    }
}

fn policy(node: &Node, reader: &mut Reader) -> Policy {
    let gates =
        gate_names().filter_map(|name| Some((name.to_owned(), gate(name, node.section(name)?))));
    let mut gates: BTreeMap<String, GateOptions> = gates.collect();
    // Who answers in PROMOTE.md that it faces a model must be heard.
    let places = gates.get("promote").map(|promote| promote.places.clone());
    if let Some(places) = places.filter(|places| !places.is_empty()) {
        gates.entry("ethics".to_owned()).or_default().promote_places = places;
    }
    let observed = node.section("observability");
    if let (Some(node), Some(options)) = (observed, gates.get_mut("observability")) {
        let nodes = node.sections.get("services").into_iter().flatten();
        options.services = nodes.filter_map(|node| service(node, reader)).collect();
    }
    let mut custom: Vec<CustomGate> = Vec::new();
    for node in node.sections.get("custom").into_iter().flatten() {
        if let Some(gate) = custom_gate(node, &custom, reader) {
            custom.push(gate);
        }
    }
    Policy { gates, custom }
}

/// A gate of the team's own; `others` are those before it. `None` where it was refused.
fn custom_gate(node: &Node, others: &[CustomGate], reader: &mut Reader) -> Option<CustomGate> {
    let (name, command) = (node.keys.get("name"), node.keys.get("command"));
    let name = name.and_then(|name| custom_name(name, others, reader));
    let names = &CustomGate::PLACEHOLDERS;
    let command = command.and_then(|command| self::command(command, names, reader));
    let title = match node.keys.get("title") {
        Some(found) => title(found, reader)?,
        None => name.clone()?,
    };
    let word = |key: &str| node.get(key).and_then(Value::text);
    let codes = |key: &str, without: i32| match node.get(key) {
        Some(Value::Codes(codes)) => codes,
        _ => vec![without],
    };
    Some(CustomGate {
        name: name?,
        title,
        // By the word that it has in JSON.
        criterion: serde_json::from_value::<Criterion>(word("criterion")?.into()).ok()?,
        command: command?,
        format: serde_json::from_value::<ReportFormat>(word("format")?.into()).ok()?,
        clean: codes("clean", 0),
        found: codes("found", 1),
        tools: node.get("tools").and_then(Value::paths).unwrap_or_default(),
        options: gate("custom", node),
    })
}

fn custom_name(found: &Found, others: &[CustomGate], reader: &mut Reader) -> Option<String> {
    let name = found.value.clone().text()?;
    let mut refuse = |message: String, help: &str| {
        reader.refuse(found.span.clone(), message, help);
        None
    };
    let fits = name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !fits {
        return refuse(
            "this is no name for a gate".into(),
            "up to 32 small letters, digits and `-`, a letter first",
        );
    }
    if gate_names().chain(["custom"]).any(|own| own == name) {
        return refuse(
            format!("`{name}` is a gate of Countersign's own"),
            "give this one another name",
        );
    }
    if others.iter().any(|other| other.name == name) {
        return refuse(
            format!("there is a gate `{name}` above"),
            "give this one another name",
        );
    }
    Some(name)
}

fn title(found: &Found, reader: &mut Reader) -> Option<String> {
    let title = found.value.clone().text()?;
    if title.chars().count() > 80 || title.chars().any(text::is_hostile) {
        let help = "up to 80 characters, on one line";
        reader.refuse(found.span.clone(), "this is no title for a gate", help);
        return None;
    }
    Some(title)
}

/// A service.
fn service(node: &Node, reader: &mut Reader) -> Option<Service> {
    let command = node.keys.get("command")?;
    let command = self::command(command, &Service::PLACEHOLDERS, reader)?;
    let path = |key: &str, without: &str| {
        let given = node.get(key).and_then(Value::text);
        given.unwrap_or_else(|| without.to_owned())
    };
    let seconds = |key: &str, without: u64| match node.get(key) {
        Some(Value::Seconds(seconds)) => seconds,
        _ => without,
    };
    Some(Service {
        module: node.get("module").and_then(Value::path)?,
        command,
        port: match node.get("port") {
            Some(Value::Number(port)) => Some(port as u16),
            _ => None,
        },
        health: path("health", "/healthz"),
        metrics: path("metrics", "/metrics"),
        ready_s: seconds("ready", 30),
        stop_s: seconds("stop", 10),
    })
}

/// A command with placeholders.
fn command(
    found: &Found,
    names: &'static [&'static str],
    reader: &mut Reader,
) -> Option<Vec<String>> {
    let arguments = found.value.clone().texts()?;
    let refused = |argument: &String| match command::parse(argument, names) {
        Err(unknown) => Some(unknown.to_string()),
        Ok(pieces) if pieces.len() > 1 && pieces.contains(&command::Piece::Name("files")) => Some(
            format!("`{{files}}` must be an argument of its own, and stands in `{argument}`"),
        ),
        Ok(_) => None,
    };
    let program = arguments.first();
    let why = if program.is_none() {
        Some("a command needs a program".to_owned())
    } else if program.is_some_and(|program| program.contains('{') && program != "{python}") {
        Some("the program can only be `{python}`, a name, or a file of the repository".to_owned())
    } else if program.is_some_and(|program| program.starts_with('/')) {
        Some("an absolute path of one machine means nothing on another".to_owned())
    } else {
        arguments.iter().find_map(refused)
    };
    if let Some(why) = why {
        let allowed: Vec<_> = names.iter().map(|name| format!("`{{{name}}}`")).collect();
        let help = format!(
            "placeholders are {}; a brace that is meant is written twice",
            allowed.join(", ")
        );
        reader.refuse(found.span.clone(), why, help);
        return None;
    }
    Some(arguments)
}

fn gate(name: &str, node: &Node) -> GateOptions {
    let mut options = GateOptions::of(name);
    for (name, found) in &node.keys {
        match (*name, found.value.clone()) {
            ("enabled", Value::Bool(enabled)) => options.enabled = enabled,
            ("timeout", Value::Seconds(seconds)) => options.timeout_s = seconds,
            ("zero", Value::Text(word)) if word == "all" => options.zero = Zero::All,
            ("zero", Value::Text(_)) => options.zero = Zero::New,
            ("args", Value::Texts(args)) => options.args = args,
            ("select", Value::Texts(rules)) => options.select = rules,
            ("minimum", Value::Number(percent)) => options.minimum = percent,
            ("changed_minimum", Value::Number(percent)) => options.changed_minimum = Some(percent),
            ("max_drop", Value::Number(points)) => options.max_drop = Some(points),
            ("osv", Value::Text(directory)) => options.osv = Some(directory),
            ("budget", Value::Number(percent)) => options.budget = percent,
            ("command", Value::Texts(command)) => options.command = command,
            ("removed", Value::Texts(removed)) => options.removed = removed,
            ("osv_max_age", Value::Seconds(seconds)) => options.osv_max_age_s = seconds,
            ("provides", Value::Texts(provides)) => options.provides = provides,
            ("acknowledged", Value::Texts(answers)) => options.acknowledged = answers,
            ("places", Value::Texts(places)) => options.places = places,
            ("template", Value::Path(template)) => options.template = Some(template),
            ("changelog", Value::Texts(changelog)) => options.changelog = changelog,
            ("applies_to", Value::Paths(modules)) => options.applies_to = modules,
            ("paths", Value::Texts(globs)) => options.paths = globs,
            ("markers", Value::Texts(markers)) => options.markers = markers,
            ("not_services", Value::Paths(modules)) => options.not_services = modules,
            _ => {}
        }
    }
    options
}

#[cfg(test)]
mod tests_of_the_table {
    use super::*;
    use schema::{Key, Section, Shape};

    /// Every key of the table, alone in a file that is otherwise valid.
    fn files(section: &'static Section, parent: &str, files: &mut Vec<(String, String)>) {
        let path = section.path(parent);
        let head = if path.is_empty() {
            String::new()
        } else {
            format!("{}\n", section.heading(parent))
        };
        for key in section.keys {
            let others = section
                .keys
                .iter()
                .filter(|k| k.required && k.name != key.name);
            let line = |key: &Key| format!("{} = {}\n", key.name, key.example);
            let lines: String = std::iter::once(key).chain(others).map(line).collect();
            files.push((format!("{path}.{}", key.name), format!("{head}{lines}")));
        }
        if let Shape::Map { example, .. } = section.shape {
            files.push((path.clone(), format!("{head}{example}\n")));
        }
        for inner in section.sections {
            super::tests_of_the_table::files(inner, &path, files);
        }
    }

    #[test]
    fn every_documented_key_has_an_effect_and_every_default_is_one() {
        let mut all = Vec::new();
        files(&PROJECT, "", &mut all);
        assert!(all.len() > 30, "the table was walked");
        for (key, file) in all {
            let config = parse(&file, "f").unwrap_or_else(|e| panic!("{key}: {e}"));
            if key != ".version" {
                assert_ne!(config, ProjectConfig::default(), "{key} has no effect");
            }
        }
    }

    #[test]
    fn an_empty_file_says_what_no_file_says() {
        assert_eq!(parse("", "f").unwrap(), ProjectConfig::default());
        assert_eq!(parse("version = 1", "f").unwrap(), ProjectConfig::default());
    }

    #[test]
    fn written_defaults_are_the_defaults() {
        for name in gate_names() {
            let gate = PROJECT.section("gates").unwrap().section(name).unwrap();
            let mut file = format!("[gates.{name}]\n");
            let in_toml = |key: &&Key| key.default.parse::<toml_edit::Value>().is_ok();
            for key in gate.keys.iter().filter(in_toml) {
                file.push_str(&format!("{} = {}\n", key.name, key.default));
            }
            let config = parse(&file, "f").unwrap();
            assert_eq!(config.policy.gates[name], GateOptions::of(name), "{file}");
        }
    }
}
