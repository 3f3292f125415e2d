//! GitHub's own description of its API, and whether what passed is as it says.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{Exchange, Fault};

/// Where `tests/run` put it. Without it a test says that it was skipped, which in CI is
/// a failure.
pub fn path(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|it| it.exists());
    if found.is_none() {
        let told = format!("skipped: {variable} names no file; tests/run fetches it");
        assert!(
            std::env::var_os("CI").is_none_or(|it| it != "true"),
            "{told}"
        );
        eprintln!("{told}");
    }
    found
}

/// The description of the REST API.
pub struct Spec {
    root: Value,
    validators: std::cell::RefCell<BTreeMap<String, std::rc::Rc<Validator>>>,
}

impl Spec {
    pub fn load() -> Option<Self> {
        static TEXT: OnceLock<Option<String>> = OnceLock::new();
        let text = TEXT.get_or_init(|| {
            let path = path("COUNTERSIGN_TEST_OPENAPI")?;
            Some(std::fs::read_to_string(path).unwrap())
        });
        let root: Value = serde_json::from_str(text.as_deref()?).unwrap();
        assert!(root["openapi"].as_str().unwrap().starts_with("3.0"));
        Some(Self {
            root,
            validators: Default::default(),
        })
    }

    /// What is not as it is described, in words.
    pub fn wrong(&self, exchange: &Exchange) -> Vec<String> {
        // Not GitHub's own answers, but of what stands between.
        let between = matches!(
            exchange.fault,
            Some(Fault::BadGatewayAfter | Fault::BadGatewayBefore | Fault::Reset)
        );
        if exchange.path.ends_with("/graphql") {
            return Vec::new(); // see the test of queries
        }
        let at = format!(
            "{} {} ({})",
            exchange.method, exchange.path, exchange.status
        );
        let path = exchange
            .path
            .strip_prefix("/api/v3")
            .unwrap_or(&exchange.path);
        let method = exchange.method.to_lowercase();
        let Some((template, operation)) = self.operation(path, &method) else {
            return vec![format!("{at}: is not described")];
        };
        let mut wrong = Vec::new();
        for name in self.unknown_parameters(template, operation, &exchange.query) {
            wrong.push(format!("{at}: has no parameter {name}"));
        }
        let request = &operation["requestBody"];
        if !request.is_null() {
            let schema = &request["content"]["application/json"]["schema"];
            wrong.extend(self.errors(&format!("{at} request"), schema, &exchange.request));
            let known = &schema["properties"];
            for name in exchange
                .request
                .as_object()
                .into_iter()
                .flat_map(|it| it.keys())
            {
                if known.is_object() && known.get(name).is_none() {
                    wrong.push(format!("{at}: the request has no field {name}"));
                }
            }
        } else if !exchange.request.is_null() {
            wrong.push(format!("{at}: the request has no body"));
        }
        if between {
            return wrong;
        }
        let mut response = &operation["responses"][exchange.status.to_string()];
        // What any request may be answered with is not repeated at each.
        let general = matches!(exchange.status, 304 | 307 | 401 | 403 | 404 | 429);
        if response.is_null() {
            if !general {
                wrong.push(format!("{at}: no such answer is described"));
                return wrong;
            }
            if exchange.status != 304 {
                let basic = json!({ "$ref": "#/components/schemas/basic-error" });
                wrong.extend(self.errors(&at, &basic, &exchange.response));
            }
            return wrong;
        }
        if let Some(reference) = response["$ref"].as_str() {
            response = self
                .root
                .pointer(reference.trim_start_matches('#'))
                .unwrap();
        }
        let schema = &response["content"]["application/json"]["schema"];
        if !schema.is_null() {
            wrong.extend(self.errors(&at, schema, &exchange.response));
        }
        wrong
    }

    fn operation(&self, path: &str, method: &str) -> Option<(&Value, &Value)> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let fits = |template: &str| {
            let wanted: Vec<&str> = template.trim_matches('/').split('/').collect();
            wanted.len() == parts.len()
                && wanted
                    .iter()
                    .zip(&parts)
                    .all(|(want, part)| want.starts_with('{') || want == part)
        };
        let paths = self.root["paths"].as_object().unwrap();
        // Of several that fit, the one with the fewest holes.
        let mut found: Vec<_> = paths.iter().filter(|(it, _)| fits(it)).collect();
        found.sort_by_key(|(it, _)| it.matches('{').count());
        let (_, item) = found
            .into_iter()
            .find(|(_, item)| item.get(method).is_some())?;
        Some((item, &item[method]))
    }

    fn unknown_parameters(&self, item: &Value, operation: &Value, query: &str) -> Vec<String> {
        let all = [&item["parameters"], &operation["parameters"]];
        let known: Vec<&str> = all
            .iter()
            .filter_map(|it| it.as_array())
            .flatten()
            .map(|it| match it["$ref"].as_str() {
                Some(reference) => self
                    .root
                    .pointer(reference.trim_start_matches('#'))
                    .unwrap(),
                None => it,
            })
            .filter(|it| it["in"] == "query")
            .filter_map(|it| it["name"].as_str())
            .collect();
        let url = reqwest::Url::parse(&format!("http://x/?{query}")).unwrap();
        let names = url.query_pairs().map(|(name, _)| name.into_owned());
        names
            .filter(|name| !known.contains(&name.as_str()))
            .collect()
    }

    fn errors(&self, at: &str, schema: &Value, document: &Value) -> Vec<String> {
        let validator = self.validator(schema);
        let all = validator.iter_errors(document);
        all.take(8)
            .map(|error| format!("{at} {}: {error}", error.instance_path()))
            .collect()
    }

    /// A validator of that schema, with as much of the rest as it refers to.
    fn validator(&self, schema: &Value) -> std::rc::Rc<Validator> {
        let key = schema.to_string();
        if let Some(known) = self.validators.borrow().get(&key) {
            return known.clone();
        }
        let mut components = serde_json::Map::new();
        let mut open = references(schema);
        while let Some(reference) = open.pop() {
            let Some(name) = reference.strip_prefix("#/components/schemas/") else {
                panic!("{reference} is another kind of thing");
            };
            if components.contains_key(name) {
                continue;
            }
            let found = &self.root["components"]["schemas"][name];
            open.extend(references(found));
            components.insert(name.to_owned(), modern(found));
        }
        let whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [modern(schema)],
            "components": { "schemas": components },
        });
        let made = std::rc::Rc::new(jsonschema::validator_for(&whole).unwrap());
        self.validators.borrow_mut().insert(key, made.clone());
        made
    }
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(object) => object
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value.as_str()) {
                ("$ref", Some(reference)) => vec![reference.to_owned()],
                ("example" | "examples", _) => Vec::new(),
                _ => references(value),
            })
            .collect(),
        Value::Array(all) => all.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// OpenAPI 3.0 says `nullable` where JSON Schema has a type `null`.
fn modern(value: &Value) -> Value {
    match value {
        Value::Array(all) => all.iter().map(modern).collect(),
        Value::Object(object) => {
            let mut out: serde_json::Map<String, Value> = object
                .iter()
                .filter(|(name, value)| {
                    let name = name.as_str();
                    let is_odd = match name {
                        "example" => true,
                        "nullable" => value.is_boolean(),
                        "discriminator" => value.is_object(),
                        _ => false,
                    };
                    !is_odd
                })
                .map(|(name, value)| (name.clone(), modern(value)))
                .collect();
            match object.get("nullable") {
                Some(Value::Bool(true)) => json!({ "anyOf": [{ "type": "null" }, out] }),
                _ => {
                    // What is written for readers only.
                    out.remove("examples");
                    Value::Object(out)
                }
            }
        }
        other => other.clone(),
    }
}
