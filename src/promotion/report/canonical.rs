//! JSON as RFC 8785 (JCS) writes it.

use serde_json::Value;

/// A document that RFC 8785 has no form for.
#[derive(Debug, thiserror::Error)]
#[error("the report has no canonical form: {0}")]
pub struct NotCanonical(#[from] serde_json::Error);

/// The canonical bytes.
pub fn bytes(document: &Value) -> Result<Vec<u8>, NotCanonical> {
    Ok(serde_json_canonicalizer::to_vec(document)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The samples of RFC 8785, sections 3.2.2 and 3.2.3.
    #[test]
    fn it_is_as_the_rfc_says() {
        let sorted = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis",
        });
        let text = String::from_utf8(bytes(&sorted).unwrap()).unwrap();
        let at = |key: &str| text.find(key).unwrap();
        let order = [
            "Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew",
        ];
        assert!(
            order.windows(2).all(|pair| at(pair[0]) < at(pair[1])),
            "{text}"
        );
        let literal = json!({"n": [90.0, 4.5, 0.002, 1e30, 56], "s": "\u{20ac}$\u{f}\nA'B\"\\\"/", "z": null});
        assert_eq!(
            String::from_utf8(bytes(&literal).unwrap()).unwrap(),
            "{\"n\":[90,4.5,0.002,1e+30,56],\"s\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\"/\",\"z\":null}"
        );
    }
}
