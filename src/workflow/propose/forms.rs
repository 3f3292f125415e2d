//! The forms: the repository's own where it has some, else ours; or the documents
//! themselves, where they are there already.

use std::collections::BTreeMap;

use crate::gates::checks::{ethics, promote};
use crate::promotion::policy::GateOptions;
use crate::promotion::proposal::{Asks, Form, Template, Which};
use crate::promotion::{GateId, Module, ModuleKind, ModuleTree, ObjectId, RepoPath, Sha256};
use crate::workflow::Workspace;

use super::{ProposeError, place, prefill};

/// Ours.
const PROMOTE: &str = include_str!("../../../assets/templates/PROMOTE.md");
const ETHICS: &str = include_str!("../../../assets/templates/ETHICS_ASSESSMENT.md");

/// A larger file is nothing that anybody fills in.
const MOST: usize = 1 << 20;

/// One form with its text.
pub(super) struct Source {
    which: Which,
    /// Where the document belongs.
    path: RepoPath,
    /// The document as it is, where it is there.
    pub document: Option<String>,
    /// The form: of the repository, with its place, or ours.
    pub form: (Option<RepoPath>, String),
}

/// Both.
pub(super) struct Forms {
    pub promote: Source,
    pub ethics: Source,
    /// What there is to know of them.
    pub notes: Vec<String>,
}

/// The words of the six parts of an assessment.
const PARTS: [&[&str]; 6] = {
    let parts = &ethics::PARTS;
    [
        parts[0].1, parts[1].1, parts[2].1, parts[3].1, parts[4].1, parts[5].1,
    ]
};

/// What a document of that kind must have answered.
fn asks(which: Which) -> Asks {
    match which {
        Which::Promote => Asks {
            all: true,
            parts: &[],
        },
        Which::Ethics => Asks {
            all: false,
            parts: &PARTS,
        },
    }
}

impl Forms {
    /// Reads them at a commit.
    pub fn read(
        ws: &Workspace,
        tree: &ModuleTree,
        module: &Module,
        target: &RepoPath,
        at: ObjectId,
    ) -> Result<Self, ProposeError> {
        let options = |gate| ws.config().policy.gate(&GateId::new(gate));
        let (promoted, assessed) = (options("promote"), options("ethics"));
        let mut notes = Vec::new();
        for (gate, options) in [("promote", &promoted), ("ethics", &assessed)] {
            if !options.enabled {
                notes.push(format!("the gate {gate} is turned off in countersign.toml"));
            }
        }
        let of = |which, options: &GateOptions| -> Result<Source, ProposeError> {
            let about = place(ws, module, target, options);
            let (places, forms) = match which {
                Which::Promote => (promote::places(about), promote::forms(about)),
                Which::Ethics => (ethics::assessments(about), ethics::forms(about)),
            };
            source(
                ws,
                tree,
                module,
                at,
                which,
                (places, forms, options.places.is_empty()),
            )
        };
        Ok(Self {
            promote: of(Which::Promote, &promoted)?,
            ethics: of(Which::Ethics, &assessed)?,
            notes,
        })
    }

    /// What tells whether they are what they were.
    pub fn digest(&self) -> Sha256 {
        let mut all = Vec::new();
        for source in [&self.promote, &self.ethics] {
            all.extend_from_slice(source.form.1.as_bytes());
            all.push(0);
        }
        Sha256::of(&all)
    }

    /// With what facts say.
    pub fn fill(&self, given: &prefill::Given<'_>) -> (Form, Form) {
        let form = |source: &Source| {
            let asks = asks(source.which);
            let form = Template::parse(&source.form.1, asks);
            let (template, from) = match (&source.document, &source.form.0) {
                (Some(document), _) => (
                    Template::parse_filled(document, asks, &form),
                    format!("{} as it is", source.path),
                ),
                (None, Some(path)) => (form, path.to_string()),
                (None, None) => (form, "Countersign's own form".to_owned()),
            };
            let mut filled = Form {
                which: source.which,
                path: source.path.clone(),
                from,
                template,
                prefills: BTreeMap::new(),
            };
            given.fill(&mut filled);
            filled
        };
        (form(&self.promote), form(&self.ethics))
    }
}

fn source(
    ws: &Workspace,
    tree: &ModuleTree,
    module: &Module,
    at: ObjectId,
    which: Which,
    (places, forms, usual): (Vec<RepoPath>, Vec<RepoPath>, bool),
) -> Result<Source, ProposeError> {
    let mut found = None;
    for path in &places {
        if let Some(text) = text(ws, at, path)? {
            found = Some((path.clone(), text));
            break;
        }
    }
    // Beside a single file there is no directory of its name.
    let first = match (module.kind, usual) {
        (ModuleKind::File, true) => {
            let beside = |path: &&RepoPath| path.parent() == module.path.parent();
            places.iter().find(beside).or(places.first())
        }
        _ => places.first(),
    };
    let path = match (&found, first) {
        (Some((path, _)), _) => path.clone(),
        (None, Some(path)) => path.clone(),
        (None, None) => module.path.join(which.title()),
    };
    let mut form = None;
    for path in forms.iter().filter(|path| !places.contains(path)) {
        // What lies in another module is about that one, filled in.
        let others = path
            .parent()
            .is_some_and(|directory| tree.modules().iter().any(|module| module.path == directory));
        if others {
            continue;
        }
        if let Some(text) = text(ws, at, path)? {
            form = Some((Some(path.clone()), text));
            break;
        }
    }
    let ours = match which {
        Which::Promote => PROMOTE,
        Which::Ethics => ETHICS,
    };
    Ok(Source {
        which,
        path,
        document: found.map(|(_, text)| text),
        form: form.unwrap_or_else(|| (None, ours.to_owned())),
    })
}

/// A file's text at a commit; `None` where there is none.
fn text(ws: &Workspace, at: ObjectId, path: &RepoPath) -> Result<Option<String>, ProposeError> {
    let entry = match ws.repo().entry(at, path)? {
        Some(entry) if entry.mode.is_file() && path.is_safe() => entry,
        _ => return Ok(None),
    };
    let content = ws.repo().read_blob(entry.id)?;
    if content.len() > MOST {
        return Ok(None);
    }
    match String::from_utf8(content) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(ProposeError::NoText(path.clone())),
    }
}
