//! The workflow for GitHub Actions: plan, a job for each cell, collect.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::CiError;
use crate::workflow::Workspace;

/// Where it is written, from the repository's root.
const PLACE: &str = ".github/workflows/countersign.yml";
/// Its first line: what begins so is ours to replace.
const FIRST: &str = "# Written by `countersign ci workflow`";

const CHECKOUT: &str = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
const UPLOAD: &str = "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0";
const DOWNLOAD: &str =
    "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1";

/// Installs Countersign where nothing else is asked for.
const INSTALL: &str = r#"if ! [[ "$COUNTERSIGN_REV" =~ ^[0-9a-f]{40}$ ]] || [[ -z "$COUNTERSIGN_GIT" ]]; then
  echo "Set the repository's variables COUNTERSIGN_GIT (the URL of Countersign's source) and" >&2
  echo "COUNTERSIGN_REV (the commit to build, 40 hexadecimal digits)." >&2
  exit 2
fi
cargo install --locked --git "$COUNTERSIGN_GIT" --rev "$COUNTERSIGN_REV" \
  --root "$RUNNER_TEMP/countersign" countersign"#;

const PLAN: &str = r#"mkdir -p "$RUNNER_TEMP/plan"
cp "$RUNNER_TEMP/countersign/bin/countersign" "$RUNNER_TEMP/plan/countersign"
"$RUNNER_TEMP/plan/countersign" ci plan SELECTION > "$RUNNER_TEMP/plan/plan.json"
printf 'plan=%s\n' "$(cat "$RUNNER_TEMP/plan/plan.json")" >> "$GITHUB_OUTPUT"
sum="$(sha256sum "$RUNNER_TEMP/plan/countersign")"
printf 'countersign=%s\n' "${sum%% *}" >> "$GITHUB_OUTPUT""#;

/// The executable is brought by an artifact: it is the one that was built, or
/// nothing runs.
const VERIFY: &str = r#"echo "$COUNTERSIGN_SHA256  $RUNNER_TEMP/plan/countersign" | sha256sum --strict --check -
chmod +x "$RUNNER_TEMP/plan/countersign""#;

const RUN: &str = r#""$RUNNER_TEMP/plan/countersign" ci run --plan "$RUNNER_TEMP/plan/plan.json" \
  --expect "$PLAN_DIGEST" --cell "$CELL" --out "$RUNNER_TEMP/cell""#;

const COLLECT: &str = r#"mkdir -p "$RUNNER_TEMP/cells"
code=0
"$RUNNER_TEMP/plan/countersign" ci collect --plan "$RUNNER_TEMP/plan/plan.json" \
  --expect "$PLAN_DIGEST" --out "$RUNNER_TEMP/report" "$RUNNER_TEMP/cells" || code=$?
if [[ -f "$RUNNER_TEMP/report/summary.md" ]]; then
  cat "$RUNNER_TEMP/report/summary.md" >> "$GITHUB_STEP_SUMMARY"
fi
exit "$code""#;

/// What a repository may choose.
#[derive(Clone, Debug, Default)]
pub struct Workflow {
    /// Only modules that differ from the merge-base with this revision.
    pub changed: Option<String>,
    /// The runner's label.
    pub runs_on: String,
    /// Puts Countersign at `$RUNNER_TEMP/countersign/bin/countersign`; `None`:
    /// from source, at a commit named by variables.
    pub install: Option<String>,
    /// Makes the project's environment, before a cell is run.
    pub prepare: Option<String>,
}

/// Why there is no workflow.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    /// Text that GitHub would take for an expression.
    #[error(
        "{what} holds `${{{{`, which GitHub replaces before a shell sees it, whatever stands there: \
         use a variable of the environment"
    )]
    Expression {
        /// Which option.
        what: &'static str,
    },
    /// A bare clone.
    #[error("a bare clone has no place for a workflow: use --print")]
    Bare,
    /// Somebody else's file.
    #[error("{} is not one that Countersign wrote: remove it first, or use --print", path.display())]
    Occupied {
        /// Where.
        path: PathBuf,
    },
    /// The disk.
    #[error("{} cannot be written: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The configuration.
    #[error(transparent)]
    Ci(#[from] CiError),
}

impl WorkflowError {
    /// True where the question is wrong, not the answer unknown.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Io { .. })
    }
}

impl Workflow {
    /// The file.
    pub fn text(&self) -> Result<String, WorkflowError> {
        let given = [
            ("--install", self.install.as_deref()),
            ("--prepare", self.prepare.as_deref()),
            ("--changed", self.changed.as_deref()),
            ("--runs-on", Some(self.runs_on.as_str())),
        ];
        for (what, text) in given {
            if text.is_some_and(|text| text.contains("${{")) {
                return Err(WorkflowError::Expression { what });
            }
        }
        let install = match &self.install {
            Some(command) => step("Install Countersign", &[], command),
            None => step(
                "Install Countersign",
                &[
                    ("COUNTERSIGN_GIT", "${{ vars.COUNTERSIGN_GIT }}"),
                    ("COUNTERSIGN_REV", "${{ vars.COUNTERSIGN_REV }}"),
                ],
                INSTALL,
            ),
        };
        let prepare = match &self.prepare {
            Some(command) => step("Prepare the project's environment", &[], command),
            None => String::new(),
        };
        let base = self.changed.as_ref().map(|base| quoted(base));
        let (selection, base) = match &base {
            Some(base) => (r#"--changed "$BASE""#, vec![("BASE", base.as_str())]),
            None => ("--all", Vec::new()),
        };
        let plan = step("Plan", &base, &PLAN.replace("SELECTION", selection));
        let plan = plan.replacen("name: Plan\n", "name: Plan\n        id: plan\n", 1);
        let sum = (
            "COUNTERSIGN_SHA256",
            "${{ needs.plan.outputs.countersign }}",
        );
        let digest = (
            "PLAN_DIGEST",
            "${{ fromJSON(needs.plan.outputs.plan).digest }}",
        );
        let cell = ("CELL", "${{ matrix.cell }}");
        let verify = step("Take the Countersign that was built", &[sum], VERIFY);
        let run = step("Run the cell", &[cell, digest], RUN);
        let collect = step("Collect", &[digest], COLLECT);
        let runs_on = quoted(&self.runs_on);
        let checkout = format!(
            "      - name: Check out the whole history
        uses: {CHECKOUT}
        with:
          fetch-depth: 0
          persist-credentials: false
"
        );
        let fetch_plan = format!(
            "      - name: Fetch the plan
        uses: {DOWNLOAD}
        with:
          name: countersign-plan
          path: ${{{{ runner.temp }}}}/plan
"
        );
        Ok(format!(
            "{FIRST}: write it again rather than edit it.
#
# Gate 1, spread over jobs: what each cell found is joined to the report that one machine
# would make. See docs/ci.md of Countersign for what that shows, and what it cannot.
name: Countersign

on:
  pull_request:
  workflow_dispatch:

permissions: {{}}

concurrency:
  group: countersign-${{{{ github.ref }}}}
  cancel-in-progress: true

defaults:
  run:
    shell: bash

jobs:
  plan:
    name: Plan
    runs-on: {runs_on}
    timeout-minutes: 60
    permissions:
      contents: read # to check out the repository
    outputs:
      plan: ${{{{ steps.plan.outputs.plan }}}}
      countersign: ${{{{ steps.plan.outputs.countersign }}}}
    steps:
{checkout}{install}{plan}      - name: Keep the plan
        uses: {UPLOAD}
        with:
          name: countersign-plan
          path: ${{{{ runner.temp }}}}/plan
          if-no-files-found: error

  cells:
    name: ${{{{ matrix.cell }}}}
    needs: plan
    if: ${{{{ fromJSON(needs.plan.outputs.plan).cells > 0 }}}}
    runs-on: {runs_on}
    timeout-minutes: 120
    permissions:
      contents: read # to check out the repository
    strategy:
      fail-fast: false
      matrix: ${{{{ fromJSON(needs.plan.outputs.plan).matrix }}}}
    steps:
{checkout}{fetch_plan}{verify}{prepare}{run}      - name: Keep what it found
        if: ${{{{ !cancelled() }}}}
        uses: {UPLOAD}
        with:
          name: countersign-cell-${{{{ matrix.cell }}}}
          path: ${{{{ runner.temp }}}}/cell
          if-no-files-found: error

  collect:
    name: Collect
    needs: [plan, cells]
    if: ${{{{ !cancelled() && needs.plan.result == 'success' }}}}
    runs-on: {runs_on}
    timeout-minutes: 30
    permissions:
      contents: read # to check out the repository
    steps:
{checkout}{fetch_plan}{verify}      - name: Fetch what the cells found
        uses: {DOWNLOAD}
        with:
          pattern: countersign-cell-*
          path: ${{{{ runner.temp }}}}/cells
{collect}      - name: Keep the report
        if: ${{{{ !cancelled() }}}}
        uses: {UPLOAD}
        with:
          name: countersign-report
          path: ${{{{ runner.temp }}}}/report
          if-no-files-found: error
"
        ))
    }
}

/// A step that runs a script.
fn step(name: &str, env: &[(&str, &str)], script: &str) -> String {
    let mut step = format!("      - name: {name}\n");
    if !env.is_empty() {
        step.push_str("        env:\n");
        for (name, value) in env {
            step.push_str(&format!("          {name}: {value}\n"));
        }
    }
    step.push_str("        run: |\n");
    for line in script.lines() {
        let line = format!("          {line}");
        step.push_str(line.trim_end());
        step.push('\n');
    }
    step
}

/// A YAML scalar in double quotes: JSON's strings are that.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes the workflow into the work tree. Gives its place.
pub fn write(ws: &Workspace, text: &str) -> Result<PathBuf, WorkflowError> {
    let root = ws.repo().work_tree().ok_or(WorkflowError::Bare)?;
    let path = root.join(PLACE);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| WorkflowError::Io { path, source }
    };
    match fs::read(&path) {
        Ok(there) if !there.starts_with(FIRST.as_bytes()) => {
            return Err(WorkflowError::Occupied { path });
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path)(error)),
        _ => {}
    }
    let directory = path.parent().unwrap_or(root);
    fs::create_dir_all(directory).map_err(failed(directory))?;
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(failed(directory))?;
    io::Write::write_all(&mut file, text.as_bytes()).map_err(failed(&path))?;
    let public = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(file.path(), public).map_err(failed(&path))?;
    file.persist(&path)
        .map_err(|error| failed(&path)(error.error))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_github_would_replace_is_refused() {
        let workflow = Workflow {
            runs_on: "ubuntu-24.04".into(),
            prepare: Some("echo ${{ github.event.pull_request.title }}".into()),
            ..Workflow::default()
        };
        let error = workflow.text().unwrap_err();
        assert!(
            error.is_usage() && error.to_string().contains("`${{`"),
            "{error}"
        );
    }

    #[test]
    fn no_script_holds_an_expression() {
        let workflow = Workflow {
            changed: Some("origin/\"main".into()),
            runs_on: "ubuntu-24.04".into(),
            prepare: Some("python3 -m venv .venv\n\n.venv/bin/pip install -r r.txt".into()),
            ..Workflow::default()
        };
        let text = workflow.text().unwrap();
        assert!(text.contains("BASE: \"origin/\\\"main\""), "{text}");
        let mut script = false;
        for line in text.lines() {
            script = match line.trim_end() {
                "        run: |" => true,
                line => script && (line.is_empty() || line.starts_with("          ")),
            };
            assert!(!script || !line.contains("${{"), "{line}");
        }
    }
}
