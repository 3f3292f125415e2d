//! What asks for more than a module needs, by the look of a line.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::kind::Kind;

/// What a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The rule.
    pub rule: &'static str,
    /// The words that gave it away.
    pub what: &'static str,
}

/// Which files words mean something in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    /// Python.
    Code,
    /// Shell, and what runs shell: workflows, Dockerfiles, Makefiles.
    Shell,
    /// SQL, by itself or in a string.
    Sql,
    /// YAML of workflows and clusters.
    Yaml,
    /// Dockerfiles.
    Image,
    /// Anything at all.
    Any,
}

const DELETES: &str = "deletes";
const DROPS: &str = "drops";
const GRANTS: &str = "grants";

/// Words with a space match any white space; they stand at the begin of a word.
const WORDS: &[(In, &str, &[&str])] = &[
    (
        In::Code,
        DELETES,
        &[
            "shutil.rmtree(",
            "rmtree(",
            "os.remove(",
            "os.unlink(",
            "os.rmdir(",
            "os.removedirs(",
            ".unlink(",
            ".rmdir(",
            ".flushall(",
            ".flushdb(",
            ".drop_database(",
            ".delete_many(",
            ".delete_bucket(",
            ".delete_object(",
            ".delete_objects(",
            ".delete_table(",
            ".delete_namespace(",
            ".terminate_instances(",
        ],
    ),
    (
        In::Code,
        DROPS,
        &[
            "op.drop_table(",
            "op.drop_column(",
            ".drop_all(",
            "migrations.DeleteModel(",
            "migrations.RemoveField(",
        ],
    ),
    (
        In::Code,
        GRANTS,
        &[
            "os.chown(",
            "os.setuid(",
            "os.setgid(",
            "os.chmod(",
            ".chmod(",
            ".attach_role_policy(",
            ".attach_user_policy(",
            ".put_role_policy(",
            ".put_user_policy(",
            ".create_access_key(",
            ".add_user_to_group(",
        ],
    ),
    (
        In::Shell,
        DELETES,
        &[
            "rm -r",
            "rm -f",
            "rm -R",
            "rmdir ",
            "shred ",
            "mkfs",
            "dd of=",
            "kubectl delete",
            "helm uninstall",
            "terraform destroy",
            "docker system prune",
            "docker volume rm",
            "aws s3 rm",
            "aws s3 rb",
            "gsutil rm",
            "git push --force",
            "git push -f",
            "git clean -",
            "git reset --hard",
            "dropdb ",
        ],
    ),
    (
        In::Shell,
        GRANTS,
        &[
            "sudo ",
            "su -",
            "chmod ",
            "chown ",
            "setcap ",
            "usermod ",
            "visudo",
            "--privileged",
        ],
    ),
    (
        In::Sql,
        DROPS,
        &[
            "DROP TABLE",
            "DROP DATABASE",
            "DROP SCHEMA",
            "DROP INDEX",
            "DROP VIEW",
            "DROP COLUMN",
            "DROP CONSTRAINT",
            "DROP ROLE",
            "DROP USER",
            "TRUNCATE TABLE",
            "DELETE FROM",
        ],
    ),
    (
        In::Sql,
        GRANTS,
        &[
            "GRANT ALL",
            "GRANT SELECT",
            "GRANT INSERT",
            "GRANT UPDATE",
            "GRANT DELETE",
            "GRANT EXECUTE",
            "GRANT USAGE",
            "CREATE ROLE",
            "CREATE USER",
            "ALTER ROLE",
            "ALTER USER",
            "ALTER DEFAULT PRIVILEGES",
            "SECURITY DEFINER",
        ],
    ),
    (
        In::Yaml,
        GRANTS,
        &[
            "pull_request_target",
            "permissions: write-all",
            "contents: write",
            "packages: write",
            "actions: write",
            "id-token: write",
            "privileged: true",
            "allowPrivilegeEscalation: true",
            "hostNetwork: true",
            "hostPID: true",
            "hostPath:",
            "runAsUser: 0",
            "kind: ClusterRoleBinding",
            "kind: ClusterRole",
            "kind: RoleBinding",
            "cluster-admin",
            "cap_add:",
            "/var/run/docker.sock",
        ],
    ),
    (In::Image, GRANTS, &["USER root", "USER 0"]),
    (
        In::Any,
        GRANTS,
        &[
            "\"Action\": \"*\"",
            "\"Action\":\"*\"",
            "NOPASSWD",
            "AdministratorAccess",
        ],
    ),
];

/// What a line of such a file does; the first of each rule.
pub fn hits(kind: Kind, line: &str) -> Vec<Hit> {
    let line = line.trim();
    let comment = match kind {
        Kind::Sql => "--",
        Kind::Other => "\0",
        _ => "#",
    };
    if line.starts_with(comment) {
        return Vec::new();
    }
    let squeezed = line.split_whitespace().collect::<Vec<_>>().join(" ");
    // Keywords of SQL stand alone in a file of it, else in capitals in a string.
    let upper = match kind {
        Kind::Sql => Some(squeezed.to_ascii_uppercase()),
        _ => None,
    };
    let mut first: Vec<usize> = Vec::new();
    let mut look = |text: &str, here: &dyn Fn(In) -> bool| {
        for found in FINDER.searcher.find_overlapping_iter(text) {
            let at = found.pattern().as_usize();
            let (place, ..) = FINDER.words[at];
            if here(place) && !first.contains(&at) && stands(text, found.range()) {
                first.push(at);
            }
        }
    };
    look(&squeezed, &|place| match place {
        In::Code => kind == Kind::Python,
        In::Shell => kind.runs_shell(),
        In::Sql => upper.is_none(),
        In::Yaml => kind.is_yaml(),
        In::Image => kind == Kind::Image,
        In::Any => true,
    });
    if let Some(upper) = &upper {
        look(upper, &|place| place == In::Sql);
    }
    first.sort_unstable();
    let mut found: Vec<Hit> = Vec::new();
    for at in first {
        let (_, rule, what) = FINDER.words[at];
        if found.iter().all(|hit| hit.rule != rule) {
            found.push(Hit { rule, what });
        }
    }
    found
}

/// All words at once: a line is read one time, and not once for each of them.
struct Finder {
    searcher: AhoCorasick,
    words: Vec<(In, &'static str, &'static str)>,
}

static FINDER: LazyLock<Finder> = LazyLock::new(|| {
    let of = |(place, rule, words): &(In, &'static str, &'static [&'static str])| {
        let (place, rule) = (*place, *rule);
        words.iter().map(move |word| (place, rule, word.trim_end()))
    };
    let words: Vec<_> = WORDS.iter().flat_map(of).collect();
    let patterns = words.iter().map(|(_, _, word)| word);
    Finder {
        searcher: AhoCorasick::new(patterns).expect("a few short words"),
        words,
    }
});

/// True where that word of `text` begins at the begin of a word.
fn stands(text: &str, at: Range<usize>) -> bool {
    let inner = |c: char| c.is_alphanumeric() || c == '_';
    let word = &text[at.clone()];
    let before = text[..at.start].chars().next_back();
    let after = text[at.end..].chars().next();
    // `rm -rf` is `rm -r`, and `rmdir` is not `rm`.
    let whole = !word.ends_with(inner) || word.contains(" -") || !after.is_some_and(inner);
    let begins = !before.is_some_and(|c| inner(c) || c == '.' || c == '-');
    whole && (word.starts_with('.') || begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(kind: Kind, line: &str) -> Vec<&'static str> {
        hits(kind, line).iter().map(|hit| hit.rule).collect()
    }

    #[test]
    fn what_deletes_drops_or_grants_is_seen() {
        for (kind, line, rule) in [
            (Kind::Python, "    shutil.rmtree(path)", DELETES),
            (
                Kind::Python,
                "from shutil import rmtree; rmtree(x)",
                DELETES,
            ),
            (Kind::Python, "Path(x).unlink(missing_ok=True)", DELETES),
            (Kind::Python, "db.execute(\"DROP   TABLE users\")", DROPS),
            (Kind::Python, "op.drop_column('a', 'b')", DROPS),
            (Kind::Python, "os.chmod(p, 0o777)", GRANTS),
            (Kind::Sql, "drop table users;", DROPS),
            (Kind::Sql, "grant all on x to y;", GRANTS),
            (Kind::Shell, "rm -rf \"$HOME\"", DELETES),
            (Kind::Shell, "exec sudo make", GRANTS),
            (Kind::Workflow, "  - run: rm -rf build", DELETES),
            (Kind::Workflow, "on: [pull_request_target]", GRANTS),
            (Kind::Workflow, "  contents:  write", GRANTS),
            (Kind::Cluster, "        privileged: true", GRANTS),
            (Kind::Image, "USER root", GRANTS),
            (Kind::Image, "RUN chmod 4755 /x", GRANTS),
            (Kind::Other, "{\"Action\": \"*\"}", GRANTS),
        ] {
            assert_eq!(rules(kind, line), [rule], "{line}");
        }
    }

    #[test]
    fn of_several_words_the_first_of_the_list_speaks_for_its_rule() {
        let found = hits(Kind::Python, "os.chmod(a); os.unlink(b); os.remove(c)");
        let found: Vec<_> = found.iter().map(|hit| (hit.rule, hit.what)).collect();
        assert_eq!(found, [(DELETES, "os.remove("), (GRANTS, "os.chmod(")]);
    }

    #[test]
    fn what_only_looks_like_it_is_not() {
        for (kind, line) in [
            (Kind::Python, "# shutil.rmtree(path)"),
            (Kind::Python, "items.remove(x)"),
            (Kind::Python, "my_os.removed(x)"),
            (
                Kind::Python,
                "\"we delete from the cache, and drop table by table\"",
            ),
            (Kind::Python, "confirm -r"),
            (Kind::Shell, "# rm -rf /"),
            (Kind::Shell, "./farm -rf"),
            (Kind::Shell, "pseudo x"),
            (Kind::Sql, "-- DROP TABLE x"),
            (Kind::Workflow, "  contents: read"),
            (Kind::Image, "USER app"),
            (Kind::Other, "shutil.rmtree("),
        ] {
            assert!(rules(kind, line).is_empty(), "{line}");
        }
    }
}
