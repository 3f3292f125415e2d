//! As much of GraphQL as is needed to answer ours, and what `gh` asks: operations,
//! variables, aliases, fragments. What a query asks for that is not here is an error in
//! the answer, never a silent nothing.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::state::{OWNER, Pull, REPO, State, user};

#[derive(Clone, Debug)]
enum Selected {
    Field {
        alias: String,
        name: String,
        args: BTreeMap<String, Value>,
        inner: Vec<Selected>,
    },
    Inline {
        on: String,
        inner: Vec<Selected>,
    },
    Spread(String),
}

struct Reader<'a> {
    tokens: Vec<String>,
    at: usize,
    variables: &'a Value,
}

fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut out) = (0, Vec::new());
    while at < chars.len() {
        let c = chars[at];
        let start = at;
        match c {
            '#' => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
            }
            '"' => {
                at += 1;
                while chars[at] != '"' {
                    at += 1 + usize::from(chars[at] == '\\');
                }
                at += 1;
                out.push(chars[start..at].iter().collect());
            }
            '.' => {
                at += 3;
                out.push("...".into());
            }
            c if c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '@') => {
                while at < chars.len()
                    && (chars[at].is_alphanumeric() || matches!(chars[at], '_' | '$' | '-' | '@'))
                {
                    at += 1;
                }
                out.push(chars[start..at].iter().collect());
            }
            c if c.is_whitespace() || c == ',' => at += 1,
            c => {
                at += 1;
                out.push(c.to_string());
            }
        }
    }
    out
}

impl Reader<'_> {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        self.at += 1;
        self.tokens[self.at - 1].clone()
    }

    fn eat(&mut self, token: &str) -> bool {
        let is = self.peek() == token;
        self.at += usize::from(is);
        is
    }

    fn selection(&mut self) -> Vec<Selected> {
        let mut all = Vec::new();
        if !self.eat("{") {
            return all;
        }
        while !self.eat("}") {
            if self.eat("...") {
                if self.eat("on") {
                    let on = self.next();
                    all.push(Selected::Inline {
                        on,
                        inner: self.selection(),
                    });
                } else {
                    all.push(Selected::Spread(self.next()));
                }
                continue;
            }
            let first = self.next();
            let (alias, name) = match self.eat(":") {
                true => (first, self.next()),
                false => (first.clone(), first),
            };
            let args = self.arguments();
            all.push(Selected::Field {
                alias,
                name,
                args,
                inner: self.selection(),
            });
        }
        all
    }

    fn arguments(&mut self) -> BTreeMap<String, Value> {
        let mut args = BTreeMap::new();
        if self.eat("(") {
            while !self.eat(")") {
                let name = self.next();
                assert!(self.eat(":"), "an argument has a value");
                args.insert(name, self.value());
            }
        }
        args
    }

    fn value(&mut self) -> Value {
        let token = self.next();
        match token.as_str() {
            "[" => {
                let mut all = Vec::new();
                while !self.eat("]") {
                    all.push(self.value());
                }
                json!(all)
            }
            "{" => {
                let mut all = Map::new();
                while !self.eat("}") {
                    let name = self.next();
                    self.eat(":");
                    all.insert(name, self.value());
                }
                json!(all)
            }
            token if token.starts_with('$') => self.variables[&token[1..]].clone(),
            // Numbers and texts as in JSON; else the word of an enumeration.
            token => serde_json::from_str(token).unwrap_or_else(|_| json!(token)),
        }
    }
}

/// Answers a query.
pub fn execute(state: &State, me: &str, body: &Value) -> Value {
    let mut reader = Reader {
        tokens: tokens(body["query"].as_str().unwrap_or_default()),
        at: 0,
        variables: &body["variables"],
    };
    let (mut operation, mut fragments) = (Vec::new(), BTreeMap::new());
    while !reader.peek().is_empty() {
        match reader.peek() {
            "{" => operation = reader.selection(),
            "fragment" => {
                reader.next();
                let name = reader.next();
                assert!(reader.eat("on"));
                let on = reader.next();
                fragments.insert(name, (on, reader.selection()));
            }
            "mutation" => return wrong("nothing here is changed by GraphQL"),
            _ => {
                while reader.peek() != "{" && reader.peek() != "(" {
                    reader.next();
                }
                while reader.peek() != "{" {
                    reader.next();
                }
                operation = reader.selection();
            }
        }
    }
    let mut errors = Vec::new();
    let mut data = Map::new();
    for selected in &operation {
        let Selected::Field {
            alias,
            name,
            args,
            inner,
        } = selected
        else {
            errors.push("fragments at the root".to_owned());
            continue;
        };
        let value = match root(state, me, name, args) {
            Some(value) => pick(state, &value, inner, &fragments, &mut errors),
            None => {
                errors.push(format!("Field '{name}' doesn't exist on type 'Query'"));
                Value::Null
            }
        };
        data.insert(alias.clone(), value);
    }
    match errors.is_empty() {
        true => json!({ "data": data }),
        false => wrong(&errors.join("; ")),
    }
}

fn wrong(message: &str) -> Value {
    json!({ "data": null, "errors": [{ "type": "UNDEFINED", "message": message }] })
}

fn root(state: &State, me: &str, name: &str, args: &BTreeMap<String, Value>) -> Option<Value> {
    Some(match name {
        "viewer" => {
            json!({ "__typename": "User", "login": me, "id": format!("U_{}", user(me).id) })
        }
        "__type" => json!({ "__typename": "__Type", "fields": [], "name": args["name"] }),
        "repository" => {
            let known = args["owner"] == json!(OWNER) && args["name"] == json!(REPO);
            match known {
                true => {
                    json!({ "__typename": "Repository", "id": "R_500", "name": REPO, "__pulls": true,
                    "owner": { "__typename": "Organization", "login": OWNER },
                    "defaultBranchRef": { "__typename": "Ref", "name": "main" } })
                }
                false => Value::Null,
            }
        }
        "search" => search(state, args),
        "rateLimit" => json!({ "__typename": "RateLimit", "remaining": 4999, "cost": 1 }),
        _ => return None,
    })
}

/// What `repo:`, `is:pr`, `head:` (a prefix) and `base:` find.
fn search(state: &State, args: &BTreeMap<String, Value>) -> Value {
    let words = args["query"].as_str().unwrap_or_default();
    let word = |name: &str| words.split(' ').find_map(|it| it.strip_prefix(name));
    let mut found: Vec<&Pull> = state
        .pulls
        .iter()
        .filter(|_| word("repo:") == Some(&format!("{OWNER}/{REPO}")))
        .filter(|it| word("head:").is_none_or(|head| it.head.starts_with(head)))
        .filter(|it| word("base:").is_none_or(|base| it.base == base))
        .collect();
    found.reverse();
    let first = args.get("first").and_then(Value::as_u64).unwrap_or(0) as usize;
    let after: usize = args
        .get("after")
        .and_then(Value::as_str)
        .and_then(|it| it.parse().ok())
        .unwrap_or(0);
    let end = (after + first).min(found.len());
    let nodes: Vec<Value> = found[after.min(end)..end]
        .iter()
        .map(|it| pull(state, it))
        .collect();
    json!({
        "__typename": "SearchResultItemConnection", "issueCount": found.len(), "nodes": nodes,
        "pageInfo": { "__typename": "PageInfo", "hasNextPage": end < found.len(), "endCursor": end.to_string() },
    })
}

fn pull(state: &State, pull: &Pull) -> Value {
    let head = state.head(pull).unwrap_or_default();
    let of = |login: &str| json!({ "__typename": "User", "login": login, "id": format!("U_{}", user(login).id), "name": login });
    let merged = pull.merged.as_ref();
    let newest = |context: &str| {
        let mut all = state.statuses.iter().rev().filter(|it| it.sha == head);
        all.find(|it| it.context == context)
            .map(|it| it.state.clone())
    };
    let contexts: Vec<&str> = state
        .statuses
        .iter()
        .filter(|it| it.sha == head)
        .map(|it| it.context.as_str())
        .collect();
    let states: Vec<String> = contexts.iter().filter_map(|it| newest(it)).collect();
    let rollup = match () {
        () if states.is_empty() => Value::Null,
        () if states.iter().any(|it| it == "failure") => {
            json!({ "__typename": "StatusCheckRollup", "state": "FAILURE" })
        }
        () if states.iter().any(|it| it == "error") => {
            json!({ "__typename": "StatusCheckRollup", "state": "ERROR" })
        }
        () if states.iter().any(|it| it == "pending") => {
            json!({ "__typename": "StatusCheckRollup", "state": "PENDING" })
        }
        () => json!({ "__typename": "StatusCheckRollup", "state": "SUCCESS" }),
    };
    let reviews: Vec<_> = state
        .reviews
        .iter()
        .filter(|it| it.pull == pull.number)
        .collect();
    let has = |word: &str| reviews.iter().any(|it| it.state == word);
    let decision = match () {
        () if has("CHANGES_REQUESTED") => json!("CHANGES_REQUESTED"),
        () if has("APPROVED") => json!("APPROVED"),
        () => json!("REVIEW_REQUIRED"),
    };
    json!({
        "__typename": "PullRequest", "id": format!("PR_{}", pull.id), "number": pull.number,
        "url": format!("https://{}/{OWNER}/{REPO}/pull/{}", state.host, pull.number),
        "title": pull.title, "body": pull.body.clone().unwrap_or_default(), "isDraft": pull.draft,
        "state": match (merged, pull.closed) { (Some(_), _) => "MERGED", (None, true) => "CLOSED", _ => "OPEN" },
        "mergeable": if pull.closed { "UNKNOWN" } else { "MERGEABLE" }, "reviewDecision": decision,
        "headRefName": pull.head, "headRefOid": head, "baseRefName": pull.base, "author": of(pull.author),
        "mergedAt": merged.map(|_| "2026-01-02T03:04:05Z"), "mergedBy": merged.map(|(login, _)| of(login)),
        "mergeCommit": merged.map(|(_, sha)| json!({ "__typename": "Commit", "oid": sha })),
        "statusCheckRollup": rollup, "isCrossRepository": false, "maintainerCanModify": false,
        "headRepositoryOwner": { "__typename": "Organization", "login": OWNER, "id": "O_1" },
        "headRepository": { "__typename": "Repository", "name": REPO, "id": "R_500" },
    })
}

fn pick(
    state: &State,
    value: &Value,
    inner: &[Selected],
    fragments: &BTreeMap<String, (String, Vec<Selected>)>,
    errors: &mut Vec<String>,
) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Array(all) => all
            .iter()
            .map(|it| pick(state, it, inner, fragments, errors))
            .collect(),
        _ if inner.is_empty() => value.clone(),
        Value::Object(object) => {
            let mut out = Map::new();
            into(state, object, inner, fragments, errors, &mut out);
            Value::Object(out)
        }
        other => other.clone(),
    }
}

fn into(
    state: &State,
    object: &Map<String, Value>,
    inner: &[Selected],
    fragments: &BTreeMap<String, (String, Vec<Selected>)>,
    errors: &mut Vec<String>,
    out: &mut Map<String, Value>,
) {
    let kind = object
        .get("__typename")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let fits = |on: &str| {
        on == kind
            || matches!(
                (on, kind),
                ("Actor", "User") | ("RepositoryOwner", "Organization")
            )
    };
    for selected in inner {
        match selected {
            Selected::Field {
                alias,
                name,
                args,
                inner,
            } => {
                let found = match (name.as_str(), object.contains_key("__pulls")) {
                    ("pullRequest", true) => {
                        let found = state.pull(args["number"].as_u64().unwrap_or(0));
                        Some(found.map_or(Value::Null, |it| pull(state, it)))
                    }
                    _ => object.get(name).cloned(),
                };
                match found {
                    Some(value) => {
                        out.insert(alias.clone(), pick(state, &value, inner, fragments, errors));
                    }
                    None => errors.push(format!("Field '{name}' doesn't exist on type '{kind}'")),
                }
            }
            Selected::Inline { on, inner } if fits(on) => {
                into(state, object, inner, fragments, errors, out)
            }
            Selected::Inline { .. } => {}
            Selected::Spread(name) => {
                if let Some((on, inner)) = fragments.get(name).filter(|(on, _)| fits(on)) {
                    let _ = on;
                    into(state, object, inner, fragments, errors, out);
                }
            }
        }
    }
}
