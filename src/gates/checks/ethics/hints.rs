//! What in the source speaks for models, user data or safety. A hint may only
//! add: nothing here makes the gate not apply.

use std::collections::BTreeSet;

use ruff_python_ast::token::TokenKind;
use ruff_text_size::Ranged;

use crate::gates::checks::syntax;

/// Libraries that train, run or call models.
const MODELS: [&str; 38] = [
    "anthropic",
    "autogen",
    "catboost",
    "cohere",
    "crewai",
    "ctransformers",
    "diffusers",
    "dspy",
    "flax",
    "gensim",
    "groq",
    "haystack",
    "huggingface_hub",
    "instructor",
    "jax",
    "keras",
    "langchain",
    "langchain_core",
    "langchain_openai",
    "langgraph",
    "lightgbm",
    "litellm",
    "llama_cpp",
    "llama_index",
    "mistralai",
    "ollama",
    "onnxruntime",
    "openai",
    "peft",
    "sentence_transformers",
    "sklearn",
    "spacy",
    "tensorflow",
    "tiktoken",
    "torch",
    "transformers",
    "vllm",
    "xgboost",
];

/// Words in names that speak for data of people.
const PEOPLE: [&str; 19] = [
    "biometric",
    "birthdate",
    "birthday",
    "ccpa",
    "consent",
    "consents",
    "email",
    "emails",
    "gdpr",
    "passport",
    "patient",
    "patients",
    "phone",
    "pii",
    "ssn",
    "user",
    "username",
    "usernames",
    "users",
];

/// Words in names that speak for safety.
const SAFETY: [&str; 8] = [
    "guardrail",
    "guardrails",
    "harm",
    "jailbreak",
    "moderation",
    "safety",
    "toxic",
    "toxicity",
];

/// Something that speaks for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hint {
    /// The line, from 1.
    pub line: u32,
    /// In words.
    pub what: String,
}

/// The hints in a file, of each kind the first. `imports`: the libraries it
/// imports, with their lines.
pub fn of(content: &[u8], imports: &[(String, u32)]) -> Vec<Hint> {
    let mut hints = Vec::new();
    let mut seen = BTreeSet::new();
    for (library, line) in imports {
        if MODELS.contains(&library.as_str()) && seen.insert(library.clone()) {
            let what = format!("imports {library}, which has to do with models");
            hints.push(Hint { line: *line, what });
        }
    }
    for (name, line) in identifiers(content) {
        for word in words(&name) {
            let about = match word.as_str() {
                word if PEOPLE.contains(&word) => "data of people",
                word if SAFETY.contains(&word) => "safety",
                _ => continue,
            };
            if seen.insert(word) {
                let what = format!("`{name}` sounds like {about}");
                hints.push(Hint { line, what });
            }
        }
    }
    hints.sort();
    hints
}

/// The names in a file. Of one that cannot be parsed everything is a name.
fn identifiers(content: &[u8]) -> Vec<(String, u32)> {
    let parsed = syntax::read(content, |source| {
        let tokens = source.parsed.tokens().iter();
        let names = tokens.filter(|token| token.kind() == TokenKind::Name);
        names
            .map(|token| (source.words(token), source.line(token.range().start())))
            .collect()
    });
    parsed.unwrap_or_else(|| {
        let text = String::from_utf8_lossy(content);
        let of_line = |(number, line): (u32, &str)| {
            line.split(|c: char| !c.is_alphanumeric() && c != '_')
                .filter(|word| !word.is_empty())
                .map(|word| (word.to_owned(), number))
                .collect::<Vec<_>>()
        };
        (1..).zip(text.lines()).flat_map(of_line).collect()
    })
}

/// The words of a name: `userEmail_hash` is `user`, `email`, `hash`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = '_';
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if c != '_'
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hints(source: &str) -> Vec<(u32, String)> {
        let imports = [("torch".to_owned(), 1)];
        of(source.as_bytes(), &imports)
            .into_iter()
            .map(|hint| (hint.line, hint.what))
            .collect()
    }

    #[test]
    fn names_and_imports_speak_and_texts_do_not() {
        let source = "import torch\n\"\"\"The user's email.\"\"\"\n# consent\nuser_agent = 1\nuser = sendEmail()\ncuser = 2\n";
        assert_eq!(
            hints(source),
            [
                (1, "imports torch, which has to do with models".to_owned()),
                (4, "`user_agent` sounds like data of people".to_owned()),
                (5, "`sendEmail` sounds like data of people".to_owned()),
            ]
        );
    }

    #[test]
    fn what_cannot_be_parsed_is_still_heard() {
        assert_eq!(
            hints("def f(:\n  consent = 1\n")[1],
            (2, "`consent` sounds like data of people".to_owned())
        );
    }

    #[test]
    fn lists_are_sorted() {
        assert!(MODELS.is_sorted() && PEOPLE.is_sorted() && SAFETY.is_sorted());
    }

    proptest! {
        #[test]
        fn any_bytes_may_be_listened_to(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = of(&bytes, &[]);
        }
    }
}
