//! CODEOWNERS follows: lines that name the module name where it goes, and who owned it
//! owns it there.

use crate::promotion::papers::{owned, reowned};
use crate::promotion::{Module, ModuleKind, RepoPath};
use crate::repo::owners::{CodeOwners, PLACES};
use crate::workflow::Workspace;

use super::plan::planned;
use super::{Left, Plan, PromoteError, Why, Write};

pub(super) fn write(ws: &Workspace, module: &Module, plan: &mut Plan) -> Result<(), PromoteError> {
    let config = &ws.config().owners;
    let places: Vec<RepoPath> = match &config.codeowners {
        Some(path) => vec![path.clone()],
        None => PLACES.into_iter().map(RepoPath::from).collect(),
    };
    for place in places {
        if let Some((before, mode)) = planned(ws, plan, &place)? {
            // Who owns the module is what the file says before anything is rewritten in it.
            let entry = ws.repo().entry(plan.head, &place)?;
            let said = match entry {
                Some(entry) => ws.repo().read_blob(entry.id)?,
                None => Vec::new(),
            };
            let after = follow(
                module,
                &place,
                &said,
                &before,
                ws.config().promote.codeowners,
                plan,
            );
            if let Some(after) = after {
                // It follows: nobody has to see to the lines that name the module.
                plan.left.retain(|it| it.path != place || it.line == 0);
                plan.writes.push(Write {
                    path: place,
                    why: Why::Owners,
                    mode,
                    before: Some(before),
                    after,
                });
            }
            break;
        }
    }
    let from = module.path.to_text().into_owned();
    let named = config.modules.keys().filter(|glob| glob.contains(&from));
    plan.left.extend(named.map(|glob| Left {
        path: crate::config::project::FILE_NAME.into(),
        line: 0,
        why: format!(
            "[owners.modules] names {glob}: once it is merged, say on the base branch who owns {}. A \
             branch brings no rules of its own",
            plan.relocation.to
        ),
    }));
    if ws.config().tests.modules.contains_key(&from) {
        plan.left.push(Left {
            path: crate::config::project::FILE_NAME.into(),
            line: 0,
            why: format!(
                "[tests.modules] names {from}: once it is merged, name {} there on the base branch. A \
                 branch brings no rules of its own",
                plan.relocation.to
            ),
        });
    }
    Ok(())
}

/// The file as it has to be; `None` where it stays, or is left for a person.
fn follow(
    module: &Module,
    place: &RepoPath,
    said: &[u8],
    before: &[u8],
    wanted: bool,
    plan: &mut Plan,
) -> Option<Vec<u8>> {
    let to = plan.relocation.to.clone();
    let is_dir = module.kind != ModuleKind::File;
    let of = |file: &[u8], path: &RepoPath| {
        let file = CodeOwners::parse(file);
        let owners = match is_dir {
            true => file.of_directory(path),
            false => file.of_file(path),
        };
        owners.join(" ")
    };
    let were = of(said, &module.path);
    let renamed = reowned(before, &module.path, &to);
    let mut after = renamed.clone().unwrap_or_else(|| before.to_vec());
    let mut lacking = None;
    if of(&after, &to) != were {
        match owned(&after, &to, is_dir, &were) {
            // Of several sections each has its say: nothing is added there.
            Some(more) if of(&more, &to) == were => after = more,
            _ => lacking = Some(()),
        }
    }
    let mut left = |why: String| {
        plan.left.push(Left {
            path: place.clone(),
            line: 0,
            why,
        });
    };
    match (wanted, lacking) {
        (_, Some(())) => left(format!(
            "{} is owned by {} and {to} would be by {}: say who owns it",
            module.path,
            named(&were),
            named(&of(&after, &to)),
        )),
        (false, None) if after != before => left(format!(
            "{} is owned by {}, and {to} is not: [promote] codeowners is off",
            module.path,
            named(&were)
        )),
        _ => {}
    }
    (wanted && after != before).then_some(after)
}

fn named(owners: &str) -> &str {
    match owners {
        "" => "nobody",
        owners => owners,
    }
}
