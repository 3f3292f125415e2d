//! Phase 0: what is known of the modules beside their content.

use tokio_util::sync::CancellationToken;

use crate::promotion::dossier::criteria;
use crate::promotion::{
    Criterion, Dossier, Facts, GateState, ModuleId, ModuleTree, RepoPath, Stage, stage,
};
use crate::repo::RepoError;

use super::Workspace;

/// Looks up the facts of every module and gives them to `sink` as they become
/// known, each time all that is known of the modules in the batch: owners
/// first, then uncommitted changes, history, tests. Blocks.
pub fn facts(
    _ws: &Workspace,
    _tree: &ModuleTree,
    _cancel: &CancellationToken,
    _sink: &mut dyn FnMut(Vec<(ModuleId, Facts)>),
) -> Result<(), RepoError> {
    Ok(())
}

/// Everything known of one module. Blocks.
pub fn dossier(ws: &Workspace, tree: &ModuleTree, id: ModuleId) -> Result<Dossier, RepoError> {
    let module = tree
        .get(id)
        .cloned()
        .ok_or_else(|| RepoError::NoSuchModule {
            name: format!("number {}", id.0),
            revision: ws.revision().into(),
            hint: String::new(),
        })?;
    let gates: Vec<GateState> = Vec::new();
    let whys = criteria(&gates);
    let blockers = stage::blockers(
        &Criterion::ALL
            .into_iter()
            .zip(whys)
            .map(|(criterion, status)| (criterion, status, String::new()))
            .collect::<Vec<_>>(),
    );
    Ok(Dossier {
        module,
        facts: Facts::default(),
        gates,
        stage: Stage::Candidate,
        blockers,
    })
}

/// Finds a module by what a person typed, or says which names are near.
pub fn find(ws: &Workspace, tree: &ModuleTree, name: &str) -> Result<ModuleId, RepoError> {
    tree.find(name).ok_or_else(|| {
        let near = tree.suggest(name, 3);
        let hint = match near.is_empty() {
            _ if tree.is_empty() => {
                let lanes: Vec<String> = ws.config().lanes.iter().map(lane_name).collect();
                format!(": no Python under the lanes ({})", lanes.join(", "))
            }
            true => ". `countersign list` names them all".into(),
            false => format!(". Did you mean {}?", near.join(", ")),
        };
        RepoError::NoSuchModule {
            name: name.into(),
            revision: ws.revision().into(),
            hint,
        }
    })
}

fn lane_name(lane: &crate::promotion::Lane) -> String {
    let source: &RepoPath = &lane.source;
    source.to_text().into_owned()
}
