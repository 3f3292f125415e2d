//! What evidence has to be like that was made elsewhere: everything its key
//! follows from, as far as the repository alone can tell.

use serde_json::Value;

use super::inputs::Keys;
use super::located::Located;
use super::{CheckError, ModuleReport, choose, find};
use crate::gates::cache::digest;
use crate::promotion::{Evidence, GateId, RepoPath};
use crate::workflow::dirs;
use crate::workflow::workspace::Workspace;

/// A module with the gates whose evidence is waited for.
pub struct Expected {
    /// Its report, without evidence.
    pub report: ModuleReport,
    /// Its gates, in the order of the pipeline.
    pub gates: Vec<ExpectedGate>,
}

/// One gate on one module.
pub struct ExpectedGate {
    /// Its name.
    pub gate: GateId,
    manifest: Value,
}

/// What is expected of these gates on these modules. Starts nothing.
pub fn expected(
    ws: &Workspace,
    modules: &[RepoPath],
    only: &[GateId],
) -> Result<Vec<Expected>, CheckError> {
    let chosen = choose(ws, only)?;
    let store = super::store(&dirs::cache_dir()?);
    let keys = Keys::new(ws, None, &super::advisories(ws), &store, false)?;
    let mut all = Vec::new();
    for module in find(ws, modules)? {
        let located = Located::of(ws, &module)?;
        let mut gates = Vec::new();
        for check in &chosen {
            let options = ws.config().policy.gate(&check.id());
            let key = keys.of(check.as_ref(), &options, &module, &located)?;
            gates.push(ExpectedGate {
                gate: check.id(),
                // Our own: it is JSON.
                manifest: serde_json::from_slice(&key.manifest.json).unwrap_or_default(),
            });
        }
        all.push(Expected {
            report: ModuleReport {
                target: super::target(ws, &module),
                baseline: located.baseline(ws, &module.path)?,
                module: module.path,
                object: module.object,
                evidence: Vec::new(),
            },
            gates,
        });
    }
    Ok(all)
}

/// What the machine contributed to the key of evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// The version of Python.
    pub python: String,
    /// Tools with their versions.
    pub tools: Vec<(String, String)>,
}

impl ExpectedGate {
    /// Holds evidence, and what its key was made of, against what the repository
    /// says. Gives what the machine contributed, or what is wrong.
    pub fn holds(&self, evidence: &Evidence, inputs: &[u8]) -> Result<Machine, String> {
        if digest(inputs) != evidence.key {
            return Err("its key is not that of its inputs".into());
        }
        let theirs: Value =
            serde_json::from_slice(inputs).map_err(|error| format!("its inputs: {error}"))?;
        let mut own = self.manifest.clone();
        own["isolation"] = theirs["isolation"].clone();
        let machine = adopt(&mut own["head"], &theirs["head"])?;
        if own["base"].is_object() && adopt(&mut own["base"], &theirs["base"])? != machine {
            return Err("it was compared with what other tools say of the merge-base".into());
        }
        if own != theirs {
            return Err(format!("it is of other {}", differing(&own, &theirs)));
        }
        if evidence.base.is_some() == own["base"].is_null() {
            return Err("it does not say what it was compared with".into());
        }
        let ran_under = evidence.interpreter.as_ref().map(|it| &it.version);
        if ran_under.is_some_and(|version| *version != machine.python) {
            return Err("its code ran under another Python than it says".into());
        }
        for run in &evidence.runs {
            let known = machine.tools.iter().find(|(name, _)| *name == run.tool);
            if known.is_some_and(|(_, told)| told.split(' ').next() != Some(&run.version)) {
                return Err(format!(
                    "it was made with another {} than it says",
                    run.tool
                ));
            }
        }
        Ok(machine)
    }
}

/// Takes over what only the machine can tell.
fn adopt(own: &mut Value, theirs: &Value) -> Result<Machine, String> {
    let names = |side: &Value| -> Option<Vec<(String, String)>> {
        serde_json::from_value(side["tools"].clone()).ok()
    };
    let broken = || "its inputs are not those of a gate".to_owned();
    let (mine, told) = (
        names(own).ok_or_else(broken)?,
        names(theirs).ok_or_else(broken)?,
    );
    if !mine
        .iter()
        .map(|(name, _)| name)
        .eq(told.iter().map(|(name, _)| name))
    {
        return Err("it is of other tools".into());
    }
    let python = theirs["python"].as_str().ok_or_else(broken)?.to_owned();
    // Of a gate of the team's own: its program, and what is installed beside it.
    let program = own["program"][0].clone();
    if program != theirs["program"][0] {
        return Err("it is of another program".into());
    }
    if let Some(packages) = theirs.get("packages").filter(|_| !program.is_null()) {
        own["packages"] = packages.clone();
    }
    for field in ["tools", "python", "advisories", "program"] {
        if !own[field].is_null() {
            own[field] = theirs[field].clone();
        }
    }
    Ok(Machine {
        python,
        tools: told,
    })
}

/// What differs first, by name.
fn differing(own: &Value, theirs: &Value) -> String {
    let names = |side: &Value| -> Vec<String> {
        side.as_object()
            .map_or(Vec::new(), |it| it.keys().cloned().collect())
    };
    let differs = |name: &&String| own[name.as_str()] != theirs[name.as_str()];
    let all = names(own).into_iter().chain(names(theirs));
    let all: Vec<String> = all.collect();
    match all.iter().find(differs) {
        Some(side) if own[side].is_object() && theirs[side].is_object() => {
            format!("{side} {}", differing(&own[side], &theirs[side]))
        }
        Some(name) => name.clone(),
        None => "inputs".into(),
    }
}
