//! GitHub's semantics, for what is asked of it here.

use serde_json::{Value, json};

use super::graphql;
use super::state::{Comment, OWNER, Pull, REPO, Review, State, Status, USERS};

pub struct Asked<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub body: &'a Value,
    pub token: Option<&'a str>,
    pub etag: Option<String>,
}

pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: Vec<(String, String)>,
    pub remaining: u64,
}

const DOCS: &str = "https://docs.github.com/rest";

impl Answer {
    fn of(status: u16, body: Value) -> Self {
        Self {
            status,
            body,
            headers: Vec::new(),
            remaining: 4999,
        }
    }

    pub fn message(status: u16, message: &str) -> Self {
        Self::of(
            status,
            json!({ "message": message, "documentation_url": DOCS }),
        )
    }

    /// 422, with errors as objects.
    fn invalid(errors: Value) -> Self {
        let body =
            json!({ "message": "Validation Failed", "errors": errors, "documentation_url": DOCS });
        Self::of(422, body)
    }

    /// 422, with errors as texts.
    fn unprocessable(error: &str) -> Self {
        let body = json!({ "message": "Unprocessable Entity", "errors": [error], "documentation_url": DOCS });
        Self::of(422, body)
    }
}

impl Asked<'_> {
    fn parameter(&self, name: &str) -> Option<String> {
        let url = reqwest::Url::parse(&format!("http://x/?{}", self.query)).unwrap();
        let found = url.query_pairs().find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.body[name].as_str().map(str::to_owned)
    }

    /// The page that is asked for, of how many things, and how many there are.
    fn page<T>(&self, all: Vec<T>) -> (Vec<T>, Vec<(String, String)>, usize) {
        let number = |name: &str, without: usize| {
            self.parameter(name)
                .and_then(|it| it.parse().ok())
                .unwrap_or(without)
        };
        let (per_page, page) = (
            number("per_page", 30).clamp(1, 100),
            number("page", 1).max(1),
        );
        let total = all.len();
        let last = total.div_ceil(per_page).max(1);
        let items = all
            .into_iter()
            .skip((page - 1) * per_page)
            .take(per_page)
            .collect();
        let mut links = Vec::new();
        let link = |to: usize, rel: &str, host: &str| {
            let mut url = reqwest::Url::parse(&format!("http://{host}{}", self.path)).unwrap();
            let old = reqwest::Url::parse(&format!("http://x/?{}", self.query)).unwrap();
            for (name, value) in old.query_pairs().filter(|(name, _)| name != "page") {
                url.query_pairs_mut().append_pair(&name, &value);
            }
            url.query_pairs_mut().append_pair("page", &to.to_string());
            format!("<{url}>; rel=\"{rel}\"")
        };
        let host = self.host();
        if page < last {
            links.push(link(page + 1, "next", &host));
            links.push(link(last, "last", &host));
        }
        if page > 1 {
            links.push(link(page - 1, "prev", &host));
        }
        let headers = match links.is_empty() {
            true => Vec::new(),
            false => vec![("link".to_owned(), links.join(", "))],
        };
        (items, headers, total)
    }

    fn host(&self) -> String {
        HOST.with(|host| host.borrow().clone())
    }
}

thread_local! {
    static HOST: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

pub fn route(state: &mut State, asked: &Asked<'_>) -> Answer {
    HOST.with(|host| *host.borrow_mut() = state.host.clone());
    let Some(me) = USERS
        .iter()
        .find(|it| Some(it.token) == asked.token)
        .map(|it| it.login)
    else {
        return Answer::message(401, "Bad credentials");
    };
    if asked.method == "POST" && matches!(asked.path, "/api/graphql" | "/graphql") {
        return Answer::of(200, graphql::execute(state, me, asked.body));
    }
    let path = asked.path.strip_prefix("/api/v3").unwrap_or(asked.path);
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let own = match parts.as_slice() {
        ["repos", OWNER, REPO, rest @ ..] => Some(rest),
        _ => None,
    };
    let mut answer = match (asked.method, own, parts.as_slice()) {
        ("GET", None, ["user"]) => Answer::of(200, state.own_account(me)),
        ("GET", None, [""]) => Answer::of(200, json!({})),
        (method, Some(rest), _) => repository(state, asked, me, method, rest),
        _ => Answer::message(404, "Not Found"),
    };
    if asked.method == "GET" && answer.status == 200 {
        let digest = countersign::promotion::Sha256::of(answer.body.to_string().as_bytes());
        let etag = format!("W/\"{digest}\"");
        if asked.etag.as_deref() == Some(&etag) {
            answer.status = 304;
            answer.body = Value::Null;
        }
        answer.headers.push(("etag".into(), etag));
    }
    answer
}

fn repository(
    state: &mut State,
    asked: &Asked<'_>,
    me: &'static str,
    method: &str,
    rest: &[&str],
) -> Answer {
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    let known = |state: &State, n: &str| state.pull(number(n)).cloned();
    match (method, rest) {
        ("GET", []) => Answer::of(200, state.full_repository(me)),
        ("GET", ["pulls"]) => {
            let head = asked.parameter("head");
            let wanted = asked.parameter("state").unwrap_or_else(|| "open".into());
            let base = asked.parameter("base");
            let mut found: Vec<&Pull> = state
                .pulls
                .iter()
                .filter(|it| {
                    head.as_ref()
                        .is_none_or(|head| *head == format!("{OWNER}:{}", it.head))
                })
                .filter(|it| base.as_ref().is_none_or(|base| *base == it.base))
                .filter(|it| wanted == "all" || (wanted == "open") != it.closed)
                .collect();
            if asked.parameter("direction").as_deref() != Some("asc") {
                found.reverse();
            }
            let all = found.into_iter().map(|it| state.pull_simple(it)).collect();
            list(asked, all)
        }
        ("POST", ["pulls"]) => open(state, asked, me),
        ("GET", ["pulls", n]) => match known(state, n) {
            Some(pull) => Answer::of(200, state.pull_full(&pull)),
            None => Answer::message(404, "Not Found"),
        },
        ("PATCH", ["pulls", n]) => {
            if known(state, n).is_none() {
                return Answer::message(404, "Not Found");
            }
            if let Some(answer) = too_long(asked) {
                return answer;
            }
            let at = state
                .pulls
                .iter()
                .position(|it| it.number == number(n))
                .unwrap();
            if let Some(body) = asked.text("body") {
                state.pulls[at].body = Some(body);
            }
            let pull = state.pulls[at].clone();
            Answer::of(200, state.pull_full(&pull))
        }
        ("POST", ["pulls", n, "requested_reviewers"]) => match known(state, n) {
            Some(pull) => ask(state, asked, &pull),
            None => Answer::message(404, "Not Found"),
        },
        ("GET", ["pulls", n, "reviews"]) => {
            let all = state
                .reviews
                .iter()
                .filter(|it| it.pull == number(n) && (it.state != "PENDING" || it.author == me));
            list(asked, all.map(|it| state.review(it)).collect())
        }
        ("POST", ["pulls", n, "reviews"]) => match known(state, n) {
            Some(pull) => draft_review(state, asked, me, &pull),
            None => Answer::message(404, "Not Found"),
        },
        ("POST", ["pulls", n, "reviews", id, "events"]) => match known(state, n) {
            Some(pull) => submit(state, asked, me, &pull, number(id)),
            None => Answer::message(404, "Not Found"),
        },
        ("GET", ["commits", sha, "status"]) => combined(state, asked, sha),
        ("GET", ["commits", sha, "check-runs"]) if state.has_commit(sha) => {
            Answer::of(200, json!({ "total_count": 0, "check_runs": [] }))
        }
        ("POST", ["statuses", sha]) => {
            if !state.collaborators.contains(&me) {
                return Answer::message(404, "Not Found");
            }
            if !state.has_commit(sha) {
                return Answer::message(422, &format!("No commit found for SHA: {sha}"));
            }
            if asked
                .text("description")
                .is_some_and(|it| it.chars().count() > 140)
            {
                return Answer::invalid(
                    json!([{ "resource": "Status", "code": "custom", "field": "description",
                    "message": "description is too long (maximum is 140 characters)" }]),
                );
            }
            let status = Status {
                id: state.id(),
                sha: (*sha).to_owned(),
                state: asked.text("state").unwrap_or_default(),
                context: asked.text("context").unwrap_or_else(|| "default".into()),
                description: asked.text("description"),
                target_url: asked.text("target_url"),
                author: me,
            };
            state.statuses.push(status.clone());
            Answer::of(201, state.status(&status))
        }
        ("GET", ["issues", n, "comments"]) => {
            let all = state.comments.iter().filter(|it| it.pull == number(n));
            list(asked, all.map(|it| state.comment(it)).collect())
        }
        ("POST", ["issues", n, "comments"]) => {
            if let Some(answer) = too_long(asked) {
                return answer;
            }
            let comment = Comment {
                id: state.id(),
                pull: number(n),
                author: me,
                body: asked.text("body").unwrap_or_default(),
            };
            state.comments.push(comment.clone());
            Answer::of(201, state.comment(&comment))
        }
        ("PATCH", ["issues", "comments", id]) => {
            let Some(at) = state.comments.iter().position(|it| it.id == number(id)) else {
                return Answer::message(404, "Not Found");
            };
            state.comments[at].body = asked.text("body").unwrap_or_default();
            let comment = state.comments[at].clone();
            Answer::of(200, state.comment(&comment))
        }
        _ => Answer::message(404, "Not Found"),
    }
}

fn list(asked: &Asked<'_>, all: Vec<Value>) -> Answer {
    let (items, headers, _) = asked.page(all);
    let mut answer = Answer::of(200, json!(items));
    answer.headers = headers;
    answer
}

fn too_long(asked: &Asked<'_>) -> Option<Answer> {
    let long = asked
        .text("body")
        .is_some_and(|it| it.chars().count() > 65_536);
    long.then(|| {
        Answer::invalid(
            json!([{ "resource": "Issue", "code": "custom", "field": "body",
            "message": "body is too long (maximum is 65536 characters)" }]),
        )
    })
}

fn open(state: &mut State, asked: &Asked<'_>, me: &'static str) -> Answer {
    let (head, base) = (
        asked.text("head").unwrap_or_default(),
        asked.text("base").unwrap_or_default(),
    );
    let own = format!("{OWNER}:");
    let head = head.strip_prefix(&own).unwrap_or(&head).to_owned();
    for (field, branch) in [("head", &head), ("base", &base)] {
        if state.tip(branch).is_none() {
            let error = json!([{ "resource": "PullRequest", "field": field, "code": "invalid" }]);
            return Answer::invalid(error);
        }
    }
    if let Some(answer) = too_long(asked) {
        return answer;
    }
    let custom = |message: String| {
        Answer::invalid(
            json!([{ "resource": "PullRequest", "code": "custom", "message": message }]),
        )
    };
    if state
        .pulls
        .iter()
        .any(|it| !it.closed && it.head == head && it.base == base)
    {
        return custom(format!("A pull request already exists for {OWNER}:{head}."));
    }
    if state.tip(&head) == state.tip(&base) {
        return custom(format!("No commits between {base} and {head}"));
    }
    let pull = Pull {
        id: state.id(),
        number: 1 + state.pulls.len() as u64,
        title: asked.text("title").unwrap_or_default(),
        body: asked.text("body"),
        head,
        base,
        draft: asked.body["draft"] == json!(true),
        author: me,
        closed: false,
        merged: None,
        reviewers: Vec::new(),
        last: None,
    };
    state.pulls.push(pull.clone());
    Answer::of(201, state.pull_full(&pull))
}

fn ask(state: &mut State, asked: &Asked<'_>, pull: &Pull) -> Answer {
    let logins = asked.body["reviewers"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut found = Vec::new();
    for login in &logins {
        let login = login.as_str().unwrap_or_default();
        if login == pull.author {
            return Answer::message(422, "Review cannot be requested from pull request author.");
        }
        match state.collaborators.iter().find(|it| **it == login) {
            Some(known) => found.push(*known),
            None => {
                return Answer::message(
                    422,
                    "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the acme/lantern repository.",
                );
            }
        }
    }
    let at = state
        .pulls
        .iter()
        .position(|it| it.number == pull.number)
        .unwrap();
    for login in found {
        if !state.pulls[at].reviewers.contains(&login) {
            state.pulls[at].reviewers.push(login);
        }
    }
    let pull = state.pulls[at].clone();
    Answer::of(201, state.pull_simple(&pull))
}

fn draft_review(state: &mut State, asked: &Asked<'_>, me: &'static str, pull: &Pull) -> Answer {
    if state
        .reviews
        .iter()
        .any(|it| it.pull == pull.number && it.author == me && it.state == "PENDING")
    {
        return Answer::unprocessable("User can only have one pending review per pull request");
    }
    if let Some(answer) = too_long(asked) {
        return answer;
    }
    let commit = asked
        .text("commit_id")
        .or_else(|| state.head(pull))
        .unwrap_or_default();
    if !state.in_pull(pull, &commit) {
        return Answer::unprocessable("The commit_id is not part of the pull request");
    }
    let event = asked.text("event");
    let becomes = match event.as_deref() {
        None => "PENDING",
        Some(event) => match submitted(event, me, pull) {
            Ok(becomes) => becomes,
            Err(answer) => return answer,
        },
    };
    let review = Review {
        id: state.id(),
        pull: pull.number,
        author: me,
        body: asked.text("body").unwrap_or_default(),
        state: becomes,
        commit,
    };
    state.reviews.push(review.clone());
    Answer::of(200, state.review(&review))
}

fn submitted(event: &str, me: &str, pull: &Pull) -> Result<&'static str, Answer> {
    match event {
        "APPROVE" if pull.author == me => Err(Answer::unprocessable(
            "Can not approve your own pull request",
        )),
        "REQUEST_CHANGES" if pull.author == me => Err(Answer::unprocessable(
            "Can not request changes on your own pull request",
        )),
        "APPROVE" => Ok("APPROVED"),
        "REQUEST_CHANGES" => Ok("CHANGES_REQUESTED"),
        "COMMENT" => Ok("COMMENTED"),
        _ => Err(Answer::unprocessable(
            "Variable $event of type PullRequestReviewEvent was provided invalid value",
        )),
    }
}

fn submit(state: &mut State, asked: &Asked<'_>, me: &'static str, pull: &Pull, id: u64) -> Answer {
    let found = state
        .reviews
        .iter()
        .position(|it| it.id == id && it.author == me);
    let Some(at) = found else {
        return Answer::message(404, "Not Found");
    };
    if state.reviews[at].state != "PENDING" {
        return Answer::unprocessable("Can not submit a review that was submitted already");
    }
    let becomes = match submitted(&asked.text("event").unwrap_or_default(), me, pull) {
        Ok(becomes) => becomes,
        Err(answer) => return answer,
    };
    if let Some(body) = asked.text("body") {
        state.reviews[at].body = body;
    }
    state.reviews[at].state = becomes;
    let review = state.reviews[at].clone();
    let pull = state
        .pulls
        .iter_mut()
        .find(|it| it.number == review.pull)
        .unwrap();
    pull.reviewers.retain(|it| *it != me);
    Answer::of(200, state.review(&review))
}

fn combined(state: &State, asked: &Asked<'_>, sha: &str) -> Answer {
    if !state.has_commit(sha) {
        return Answer::message(404, "Not Found");
    }
    let mut newest: Vec<&Status> = Vec::new();
    for status in state.statuses.iter().rev().filter(|it| it.sha == sha) {
        if !newest.iter().any(|it| it.context == status.context) {
            newest.push(status);
        }
    }
    let any = |word: &str| newest.iter().any(|it| it.state == word);
    let all = match () {
        () if any("failure") || any("error") => "failure",
        () if newest.is_empty() || any("pending") => "pending",
        () => "success",
    };
    let rows = newest.iter().map(|it| state.status_simple(it)).collect();
    let (rows, headers, total) = asked.page(rows);
    let mut answer = Answer::of(200, state.combined(sha, rows, total, all));
    answer.headers = headers;
    answer
}
