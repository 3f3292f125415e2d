//! What the forge remembers.

use std::path::{Path, PathBuf};

use git2::{Oid, Repository, Signature};

pub const OWNER: &str = "acme";
pub const REPO: &str = "lantern";

pub struct User {
    pub login: &'static str,
    pub id: u64,
    pub token: &'static str,
}

pub const USERS: [User; 4] = [
    User {
        login: "olga",
        id: 11,
        token: "tok_olga",
    },
    User {
        login: "priya",
        id: 12,
        token: "tok_priya",
    },
    User {
        login: "jonas",
        id: 13,
        token: "tok_jonas",
    },
    User {
        login: "mallory",
        id: 14,
        token: "tok_mallory",
    },
];

pub fn user(login: &str) -> &'static User {
    USERS.iter().find(|it| it.login == login).unwrap()
}

#[derive(Clone)]
pub struct Pull {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: Option<String>,
    pub head: String,
    pub base: String,
    pub draft: bool,
    pub author: &'static str,
    pub closed: bool,
    pub merged: Option<(String, String)>,
    pub reviewers: Vec<&'static str>,
    /// The head when it was merged.
    pub last: Option<String>,
}

#[derive(Clone)]
pub struct Review {
    pub id: u64,
    pub pull: u64,
    pub author: &'static str,
    pub body: String,
    pub state: &'static str,
    pub commit: String,
}

#[derive(Clone)]
pub struct Status {
    pub id: u64,
    pub sha: String,
    pub state: String,
    pub context: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    pub author: &'static str,
}

#[derive(Clone)]
pub struct Comment {
    pub id: u64,
    pub pull: u64,
    pub author: &'static str,
    pub body: String,
}

pub struct State {
    pub host: String,
    pub bare: PathBuf,
    pub pulls: Vec<Pull>,
    pub reviews: Vec<Review>,
    pub statuses: Vec<Status>,
    pub comments: Vec<Comment>,
    pub collaborators: Vec<&'static str>,
    next: u64,
}

impl State {
    pub fn new(bare: &Path, host: &str) -> Self {
        Self {
            host: host.to_owned(),
            bare: bare.to_owned(),
            pulls: Vec::new(),
            reviews: Vec::new(),
            statuses: Vec::new(),
            comments: Vec::new(),
            collaborators: vec!["olga", "priya", "jonas"],
            next: 1000,
        }
    }

    pub fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub fn git(&self) -> Repository {
        Repository::open_bare(&self.bare).unwrap()
    }

    /// The commit of a branch.
    pub fn tip(&self, branch: &str) -> Option<String> {
        let git = self.git();
        let found = git.find_reference(&format!("refs/heads/{branch}")).ok()?;
        Some(found.peel_to_commit().ok()?.id().to_string())
    }

    pub fn has_commit(&self, sha: &str) -> bool {
        let oid = Oid::from_str(sha);
        oid.is_ok_and(|oid| self.git().find_commit(oid).is_ok())
    }

    /// Whether a commit is reached from the head of a pull request.
    pub fn in_pull(&self, pull: &Pull, sha: &str) -> bool {
        let (Some(head), Ok(oid)) = (self.head(pull), Oid::from_str(sha)) else {
            return false;
        };
        let head = Oid::from_str(&head).unwrap();
        head == oid || self.git().graph_descendant_of(head, oid).unwrap_or(false)
    }

    pub fn head(&self, pull: &Pull) -> Option<String> {
        self.tip(&pull.head).or_else(|| pull.last.clone())
    }

    pub fn pull(&self, number: u64) -> Option<&Pull> {
        self.pulls.iter().find(|it| it.number == number)
    }

    pub fn merge(&mut self, number: u64, login: &str) -> String {
        let pull = self.pull(number).unwrap().clone();
        let git = self.git();
        let commit = |branch: &str| {
            let sha = self.tip(branch).unwrap();
            git.find_commit(Oid::from_str(&sha).unwrap()).unwrap()
        };
        let (base, head) = (commit(&pull.base), commit(&pull.head));
        let who = Signature::now(login, &format!("{login}@example.org")).unwrap();
        let name = format!("refs/heads/{}", pull.base);
        let message = format!("Merge pull request #{number}");
        let tree = head.tree().unwrap();
        let merged = git
            .commit(Some(&name), &who, &who, &message, &tree, &[&base, &head])
            .unwrap();
        let last = head.id().to_string();
        let pull = self
            .pulls
            .iter_mut()
            .find(|it| it.number == number)
            .unwrap();
        pull.closed = true;
        pull.draft = false;
        pull.last = Some(last);
        pull.merged = Some((login.to_owned(), merged.to_string()));
        merged.to_string()
    }
}
