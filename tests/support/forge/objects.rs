//! Things as GitHub writes them, every field that its description demands.

use serde_json::{Value, json};

use super::state::{Comment, OWNER, Pull, REPO, Review, State, Status, user};

const TIME: &str = "2026-01-02T03:04:05Z";

impl State {
    fn api(&self, path: &str) -> String {
        format!("http://{}/api/v3{path}", self.host)
    }

    fn web(&self, path: &str) -> String {
        format!("https://{}{path}", self.host)
    }

    fn repo_api(&self, path: &str) -> String {
        self.api(&format!("/repos/{OWNER}/{REPO}{path}"))
    }

    pub fn account(&self, login: &str) -> Value {
        let id = if login == OWNER { 1 } else { user(login).id };
        let at = |path: &str| self.api(&format!("/users/{login}{path}"));
        json!({
            "login": login, "id": id, "node_id": format!("U_{id}"),
            "avatar_url": self.web(&format!("/avatars/{id}")), "gravatar_id": "",
            "url": at(""), "html_url": self.web(&format!("/{login}")),
            "followers_url": at("/followers"), "following_url": at("/following{/other_user}"),
            "gists_url": at("/gists{/gist_id}"), "starred_url": at("/starred{/owner}{/repo}"),
            "subscriptions_url": at("/subscriptions"), "organizations_url": at("/orgs"),
            "repos_url": at("/repos"), "events_url": at("/events{/privacy}"),
            "received_events_url": at("/received_events"),
            "type": if login == OWNER { "Organization" } else { "User" }, "site_admin": false,
        })
    }

    pub fn own_account(&self, login: &str) -> Value {
        let mut it = self.account(login);
        for (name, value) in [
            ("name", json!(null)),
            ("company", json!(null)),
            ("blog", json!(null)),
            ("location", json!(null)),
            ("email", json!(null)),
            ("hireable", json!(null)),
            ("bio", json!(null)),
            ("public_repos", json!(1)),
            ("public_gists", json!(0)),
            ("followers", json!(0)),
            ("following", json!(0)),
            ("created_at", json!(TIME)),
            ("updated_at", json!(TIME)),
            ("user_view_type", json!("public")),
        ] {
            it[name] = value;
        }
        it
    }

    pub fn repository(&self) -> Value {
        let at = |path: &str| json!(self.repo_api(path));
        let mut it = json!({
            "id": 500, "node_id": "R_500", "name": REPO, "full_name": format!("{OWNER}/{REPO}"),
            "private": true, "owner": self.account(OWNER),
            "html_url": self.web(&format!("/{OWNER}/{REPO}")), "description": null, "fork": false,
            "url": at(""), "clone_url": self.web(&format!("/{OWNER}/{REPO}.git")),
            "git_url": format!("git://{}/{OWNER}/{REPO}.git", self.host),
            "ssh_url": format!("git@{}:{OWNER}/{REPO}.git", self.host),
            "svn_url": self.web(&format!("/{OWNER}/{REPO}")), "mirror_url": null, "homepage": null,
            "language": "Python", "forks": 0, "forks_count": 0, "stargazers_count": 0, "watchers": 0,
            "watchers_count": 0, "size": 1, "default_branch": "main", "open_issues": 0,
            "open_issues_count": 0, "has_issues": true, "has_projects": false, "has_wiki": false,
            "has_pages": false, "has_downloads": false, "has_discussions": false, "archived": false,
            "disabled": false, "visibility": "private", "pushed_at": TIME, "created_at": TIME,
            "updated_at": TIME, "license": null, "topics": [], "is_template": false,
            "web_commit_signoff_required": false, "allow_forking": true,
        });
        for (name, path) in [
            ("archive_url", "/{archive_format}{/ref}"),
            ("assignees_url", "/assignees{/user}"),
            ("blobs_url", "/git/blobs{/sha}"),
            ("branches_url", "/branches{/branch}"),
            ("collaborators_url", "/collaborators{/collaborator}"),
            ("comments_url", "/comments{/number}"),
            ("commits_url", "/commits{/sha}"),
            ("compare_url", "/compare/{base}...{head}"),
            ("contents_url", "/contents/{+path}"),
            ("contributors_url", "/contributors"),
            ("deployments_url", "/deployments"),
            ("downloads_url", "/downloads"),
            ("events_url", "/events"),
            ("forks_url", "/forks"),
            ("git_commits_url", "/git/commits{/sha}"),
            ("git_refs_url", "/git/refs{/sha}"),
            ("git_tags_url", "/git/tags{/sha}"),
            ("hooks_url", "/hooks"),
            ("issue_comment_url", "/issues/comments{/number}"),
            ("issue_events_url", "/issues/events{/number}"),
            ("issues_url", "/issues{/number}"),
            ("keys_url", "/keys{/key_id}"),
            ("labels_url", "/labels{/name}"),
            ("languages_url", "/languages"),
            ("merges_url", "/merges"),
            ("milestones_url", "/milestones{/number}"),
            (
                "notifications_url",
                "/notifications{?since,all,participating}",
            ),
            ("pulls_url", "/pulls{/number}"),
            ("releases_url", "/releases{/id}"),
            ("stargazers_url", "/stargazers"),
            ("statuses_url", "/statuses/{sha}"),
            ("subscribers_url", "/subscribers"),
            ("subscription_url", "/subscription"),
            ("tags_url", "/tags"),
            ("teams_url", "/teams"),
            ("trees_url", "/git/trees{/sha}"),
        ] {
            it[name] = at(path);
        }
        it
    }

    /// As one repository by its name.
    pub fn full_repository(&self, login: &str) -> Value {
        let mut it = self.repository();
        it["network_count"] = json!(0);
        it["subscribers_count"] = json!(1);
        let push = self.collaborators.contains(&login);
        it["permissions"] = json!({ "admin": false, "maintain": false, "push": push, "triage": push, "pull": true });
        it
    }

    fn side(&self, branch: &str, sha: &str) -> Value {
        json!({
            "label": format!("{OWNER}:{branch}"), "ref": branch, "sha": sha,
            "user": self.account(OWNER), "repo": self.repository(),
        })
    }

    /// As in a list.
    pub fn pull_simple(&self, pull: &Pull) -> Value {
        let n = pull.number;
        let head = self.head(pull).unwrap_or_default();
        let base = self.tip(&pull.base).unwrap_or_default();
        let at = |path: &str| self.repo_api(&format!("/pulls/{n}{path}"));
        let issue = |path: &str| self.repo_api(&format!("/issues/{n}{path}"));
        let page = self.web(&format!("/{OWNER}/{REPO}/pull/{n}"));
        let href = |url: String| json!({ "href": url });
        let merged = pull.merged.is_some();
        json!({
            "url": at(""), "id": pull.id, "node_id": format!("PR_{}", pull.id), "html_url": page,
            "diff_url": format!("{page}.diff"), "patch_url": format!("{page}.patch"),
            "issue_url": issue(""), "commits_url": at("/commits"),
            "review_comments_url": at("/comments"),
            "review_comment_url": self.repo_api("/pulls/comments{/number}"),
            "comments_url": issue("/comments"), "statuses_url": self.repo_api(&format!("/statuses/{head}")),
            "number": n, "state": if pull.closed { "closed" } else { "open" }, "locked": false,
            "title": pull.title, "user": self.account(pull.author), "body": pull.body, "labels": [],
            "milestone": null, "created_at": TIME, "updated_at": TIME,
            "closed_at": if pull.closed { json!(TIME) } else { json!(null) },
            "merged_at": if merged { json!(TIME) } else { json!(null) },
            "merge_commit_sha": pull.merged.as_ref().map(|(_, sha)| sha.clone()),
            "assignee": null, "assignees": [],
            "requested_reviewers": pull.reviewers.iter().map(|it| self.account(it)).collect::<Vec<_>>(),
            "requested_teams": [], "head": self.side(&pull.head, &head), "base": self.side(&pull.base, &base),
            "_links": {
                "self": href(at("")), "html": href(page), "issue": href(issue("")),
                "comments": href(issue("/comments")), "review_comments": href(at("/comments")),
                "review_comment": href(self.repo_api("/pulls/comments{/number}")),
                "commits": href(at("/commits")), "statuses": href(self.repo_api(&format!("/statuses/{head}"))),
            },
            "author_association": "MEMBER", "auto_merge": null, "draft": pull.draft,
        })
    }

    /// As one by its number.
    pub fn pull_full(&self, pull: &Pull) -> Value {
        let mut it = self.pull_simple(pull);
        let merged = pull.merged.as_ref();
        for (name, value) in [
            ("merged", json!(merged.is_some())),
            (
                "mergeable",
                if pull.closed {
                    json!(null)
                } else {
                    json!(true)
                },
            ),
            (
                "mergeable_state",
                json!(if pull.draft { "draft" } else { "blocked" }),
            ),
            (
                "merged_by",
                merged.map_or(json!(null), |(login, _)| self.account(login)),
            ),
            ("comments", json!(0)),
            ("review_comments", json!(0)),
            ("maintainer_can_modify", json!(false)),
            ("commits", json!(1)),
            ("additions", json!(1)),
            ("deletions", json!(1)),
            ("changed_files", json!(1)),
        ] {
            it[name] = value;
        }
        it
    }

    pub fn review(&self, review: &Review) -> Value {
        let pull = self.repo_api(&format!("/pulls/{}", review.pull));
        let page = self.web(&format!(
            "/{OWNER}/{REPO}/pull/{}#pullrequestreview-{}",
            review.pull, review.id
        ));
        let mut it = json!({
            "id": review.id, "node_id": format!("PRR_{}", review.id), "user": self.account(review.author),
            "body": review.body, "state": review.state, "html_url": page, "pull_request_url": pull,
            "_links": { "html": { "href": page }, "pull_request": { "href": pull } },
            "commit_id": review.commit, "author_association": "MEMBER",
        });
        if review.state != "PENDING" {
            it["submitted_at"] = json!(TIME);
        }
        it
    }

    pub fn status(&self, status: &Status) -> Value {
        json!({
            "url": self.repo_api(&format!("/statuses/{}", status.sha)), "avatar_url": self.web("/avatars/1"),
            "id": status.id, "node_id": format!("SC_{}", status.id), "state": status.state,
            "description": status.description, "target_url": status.target_url, "context": status.context,
            "created_at": TIME, "updated_at": TIME, "creator": self.account(status.author),
        })
    }

    /// As in the combined one.
    pub fn status_simple(&self, status: &Status) -> Value {
        let mut it = self.status(status);
        if let Some(it) = it.as_object_mut() {
            it.remove("creator");
        }
        it
    }

    pub fn combined(&self, sha: &str, statuses: Vec<Value>, total: usize, state: &str) -> Value {
        json!({
            "state": state, "statuses": statuses, "sha": sha, "total_count": total,
            "repository": self.repository(), "commit_url": self.repo_api(&format!("/commits/{sha}")),
            "url": self.repo_api(&format!("/commits/{sha}/status")),
        })
    }

    pub fn comment(&self, comment: &Comment) -> Value {
        json!({
            "url": self.repo_api(&format!("/issues/comments/{}", comment.id)),
            "html_url": self.web(&format!("/{OWNER}/{REPO}/pull/{}#issuecomment-{}", comment.pull, comment.id)),
            "issue_url": self.repo_api(&format!("/issues/{}", comment.pull)), "id": comment.id,
            "node_id": format!("IC_{}", comment.id), "user": self.account(comment.author),
            "created_at": TIME, "updated_at": TIME, "author_association": "MEMBER", "body": comment.body,
        })
    }
}
