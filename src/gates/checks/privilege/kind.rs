//! What a file is for, by its name, and by its content where that does not tell.

use crate::promotion::RepoPath;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Python source.
    Python,
    /// A script, or a Makefile.
    Shell,
    /// SQL that is no migration.
    Sql,
    /// What a service runs on a push, or at night.
    Workflow,
    /// How an image is made, or several are run together.
    Image,
    /// What a cluster is told.
    Cluster,
    /// Terraform and its like.
    Terraform,
    /// A change of a database: SQL or Python.
    Migration,
    /// What a machine starts by itself.
    Unit,
    /// Anything else.
    Other,
}

impl Kind {
    /// What it is, where having it at all is for a person to answer for.
    pub fn infrastructure(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Workflow => ("workflow", "a workflow"),
            Self::Image => ("container", "how a container is made or run"),
            Self::Cluster => ("kubernetes", "what a cluster is told"),
            Self::Terraform => ("terraform", "Terraform"),
            Self::Migration => ("migration", "a migration of a database"),
            Self::Unit => ("service", "what a machine starts by itself"),
            Self::Python | Self::Shell | Self::Sql | Self::Other => return None,
        })
    }

    /// True where shell may stand in it.
    pub fn runs_shell(self) -> bool {
        matches!(
            self,
            Self::Shell | Self::Workflow | Self::Image | Self::Unit
        )
    }

    /// True where its settings are YAML.
    pub fn is_yaml(self) -> bool {
        matches!(self, Self::Workflow | Self::Cluster | Self::Image)
    }
}

/// True for a path that is read outside of the module where a branch changes it.
pub fn concerns(path: &RepoPath) -> bool {
    let kind = by_name(path);
    kind.infrastructure().is_some() || matches!(kind, Kind::Shell | Kind::Sql) || is_yaml(path)
}

/// What a file is for; of YAML with no telling name its content says so.
pub fn of(path: &RepoPath, content: &str) -> Kind {
    match by_name(path) {
        Kind::Other if is_yaml(path) && is_manifest(content) => Kind::Cluster,
        Kind::Other if content.starts_with("#!") => match content.lines().next() {
            Some(line) if line.contains("python") => Kind::Python,
            Some(line) if line.contains("sh") => Kind::Shell,
            _ => Kind::Other,
        },
        kind => kind,
    }
}

fn is_yaml(path: &RepoPath) -> bool {
    path.name().ends_with(b".yaml") || path.name().ends_with(b".yml")
}

fn is_manifest(content: &str) -> bool {
    let has = |key: &str| content.lines().any(|line| line.starts_with(key));
    has("apiVersion:") && has("kind:")
}

fn by_name(path: &RepoPath) -> Kind {
    let text = path.to_text().to_ascii_lowercase();
    let mut parts: Vec<&str> = text.split('/').collect();
    let name = parts.pop().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let within = |names: &[&str]| parts.iter().any(|part| names.contains(part));
    let yaml = matches!(ending, "yaml" | "yml");
    let starts = |names: &[&str]| names.iter().any(|start| name.starts_with(start));
    if text.starts_with(".github/workflows/")
        || text.starts_with(".github/actions/")
        || text.starts_with(".circleci/")
        || starts(&[".gitlab-ci.", "jenkinsfile", "azure-pipelines.", ".travis."])
        || name == "bitbucket-pipelines.yml"
    {
        return Kind::Workflow;
    }
    if starts(&["dockerfile", "containerfile"])
        || ending == "dockerfile"
        || yaml && starts(&["docker-compose", "compose."])
    {
        return Kind::Image;
    }
    if matches!(ending, "tf" | "tfvars" | "hcl") {
        return Kind::Terraform;
    }
    if yaml
        && (within(&["k8s", "kubernetes", "helm", "charts", "kustomize"])
            || matches!(
                name,
                "chart.yaml" | "kustomization.yaml" | "kustomization.yml"
            ))
    {
        return Kind::Cluster;
    }
    let in_migrations = within(&["migrations", "alembic"]);
    if in_migrations && matches!(ending, "py" | "sql") && name != "__init__.py" {
        return Kind::Migration;
    }
    if matches!(ending, "service" | "timer" | "socket") || name == "crontab" {
        return Kind::Unit;
    }
    match ending {
        "py" | "pyi" => Kind::Python,
        "sh" | "bash" | "zsh" | "mk" => Kind::Shell,
        "sql" => Kind::Sql,
        _ if name == "makefile" || name == "justfile" => Kind::Shell,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_names() {
        for (path, kind) in [
            (".github/workflows/ci.yml", Kind::Workflow),
            ("a/.github/workflows/ci.yml", Kind::Other),
            ("deploy/Dockerfile.prod", Kind::Image),
            ("docker-compose.yml", Kind::Image),
            ("infra/main.tf", Kind::Terraform),
            ("deploy/k8s/app.yaml", Kind::Cluster),
            ("app/migrations/0001_first.py", Kind::Migration),
            ("app/migrations/__init__.py", Kind::Python),
            ("x/run.service", Kind::Unit),
            ("x/service.py", Kind::Python),
            ("Makefile", Kind::Shell),
            ("x/q.sql", Kind::Sql),
            ("README.md", Kind::Other),
        ] {
            assert_eq!(by_name(&path.into()), kind, "{path}");
        }
        assert!(concerns(&"x/any.yaml".into()) && !concerns(&"x/any.py".into()));
    }

    #[test]
    fn a_manifest_and_a_script_are_told_by_their_content() {
        let path = "x/any.yaml".into();
        assert_eq!(of(&path, "apiVersion: v1\nkind: Pod\n"), Kind::Cluster);
        assert_eq!(of(&path, "kind: of\n"), Kind::Other);
        assert_eq!(of(&"bin/x".into(), "#!/bin/sh\n"), Kind::Shell);
        assert_eq!(
            of(&"bin/x".into(), "#!/usr/bin/env python3\n"),
            Kind::Python
        );
    }
}
