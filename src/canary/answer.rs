//! What a server answered, or why that is no answer.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::promotion::Sha256;

/// One series of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    /// Its labels, its name among them.
    pub labels: BTreeMap<String, String>,
    /// Times in Unix seconds, and values.
    pub samples: Vec<(f64, f64)>,
}

/// An answer that can be believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The series; none where nothing matches.
    pub series: Vec<Sampled>,
    /// How far the server's clock is ahead of ours, in seconds; nothing where it does
    /// not say.
    pub skew: Option<i64>,
    /// The digest of the answer, byte for byte.
    pub digest: Sha256,
}

/// Why an answer cannot be believed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Its address is none.
    #[error("{url}: no address of a Prometheus server ({why}). Write it as http://host:9090")]
    Address {
        /// What was given.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// Nobody answered, or not to the end.
    #[error("the server does not answer: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("no answer within {}s", .0.as_secs_f64())]
    Deadline(Duration),
    /// Another status than 200.
    #[error("the server says {status}{}", said(.why))]
    Status {
        /// The status.
        status: u16,
        /// The server's reason.
        why: String,
    },
    /// More than we take in.
    #[error("the answer is larger than {0} bytes: aggregate the query, or look at less")]
    TooLarge(usize),
    /// Something else than the documented JSON.
    #[error("the answer is not what Prometheus sends: {0}")]
    Garbage(String),
    /// A part of the data is missing, or something else is odd with it.
    #[error("the answer comes with warnings: {0}")]
    Warnings(String),
}

fn said(why: &str) -> String {
    match why.is_empty() {
        true => String::new(),
        false => format!(": {why}"),
    }
}

impl SourceError {
    /// Whether it may be otherwise when asked again.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Deadline(_) => true,
            Self::Status { status, .. } => *status >= 500 || *status == 429,
            _ => false,
        }
    }
}

/// The times an answer may have samples at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// One.
    At(i64),
    /// From the first to the second, in steps of the third.
    Steps(i64, i64, i64),
}

impl Times {
    fn has(self, time: f64) -> bool {
        match self {
            Self::At(at) => time == at as f64,
            Self::Steps(first, last, step) => {
                time >= first as f64
                    && time <= last as f64
                    && time.fract() == 0.0
                    && (time as i64 - first).rem_euclid(step) == 0
            }
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    status: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Value,
}

#[derive(Deserialize)]
struct Row {
    metric: BTreeMap<String, String>,
    value: Option<(f64, String)>,
    values: Option<Vec<(f64, String)>>,
}

/// Reads the body of an answer with status 200: the documented form, samples only at
/// the times that were asked for, no series twice, no warnings.
pub fn read(body: &[u8], times: Times) -> Result<Vec<Sampled>, SourceError> {
    let garbage = |why: String| SourceError::Garbage(why);
    let envelope: Envelope =
        serde_json::from_slice(body).map_err(|error| garbage(error.to_string()))?;
    if envelope.status != "success" {
        return Err(garbage(format!(
            "status {:?}{}",
            envelope.status,
            said(&envelope.error)
        )));
    }
    if !envelope.warnings.is_empty() {
        return Err(SourceError::Warnings(envelope.warnings.join("; ")));
    }
    let data = envelope.data.ok_or_else(|| garbage("no data".into()))?;
    let expected = match times {
        Times::At(_) => "vector",
        Times::Steps(..) => "matrix",
    };
    if data.result_type != expected {
        let why = format!("a {} instead of a {expected}", data.result_type);
        return Err(garbage(why));
    }
    let rows: Vec<Row> =
        serde_json::from_value(data.result).map_err(|error| garbage(error.to_string()))?;
    let mut all: Vec<Sampled> = Vec::with_capacity(rows.len());
    for row in rows {
        let values = match (row.value, row.values) {
            (Some(value), None) if expected == "vector" => vec![value],
            (None, Some(values)) if expected == "matrix" => values,
            _ => return Err(garbage("a series without samples".into())),
        };
        let mut samples: Vec<(f64, f64)> = Vec::with_capacity(values.len());
        for (time, text) in values {
            let value = number(&text).ok_or_else(|| garbage(format!("{text:?} as a value")))?;
            let in_order = samples.last().is_none_or(|(last, _)| *last < time);
            if !times.has(time) || !in_order {
                return Err(garbage(format!(
                    "a sample at {time}, which was not asked for"
                )));
            }
            samples.push((time, value));
        }
        all.push(Sampled {
            labels: row.metric,
            samples,
        });
    }
    all.sort_by(|a, b| a.labels.cmp(&b.labels));
    match all.windows(2).any(|pair| pair[0].labels == pair[1].labels) {
        true => Err(garbage("a series twice".into())),
        false => Ok(all),
    }
}

/// The server's reason for an error, from its JSON or its first line.
pub fn reason(body: &[u8]) -> String {
    if let Ok(envelope) = serde_json::from_slice::<Envelope>(body) {
        return envelope.error;
    }
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or_default().chars().take(200).collect()
}

/// A value as Prometheus writes it; Rust's own words for what is no number are none.
fn number(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok().filter(|it: &f64| it.is_finite()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: Times = Times::Steps(0, 600, 300);

    fn of(body: &str) -> Result<Vec<Sampled>, SourceError> {
        read(body.as_bytes(), STEPS)
    }

    fn matrix(values: &str) -> String {
        format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[
            {{"metric":{{"a":"b"}},"values":{values}}}]}}}}"#
        )
    }

    #[test]
    fn a_good_answer_is_read() {
        let got = of(&matrix(r#"[[0,"1"],[600,"NaN"]]"#)).unwrap();
        assert_eq!(got[0].labels["a"], "b");
        assert_eq!(got[0].samples[0], (0.0, 1.0));
        assert!(got[0].samples[1].1.is_nan());
        let none = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
        assert_eq!(of(none).unwrap(), []);
    }

    #[test]
    fn nothing_else_is() {
        let good = matrix(r#"[[0,"1"]]"#);
        for bad in [
            "",
            "{}",
            "<html>",
            "null",
            "[]",
            &good[..good.len() - 9],
            &good.replace("matrix", "vector"),
            &good.replace("success", "error"),
            &good.replace("\"data\"", "\"date\""),
            &good.replace(
                "{\"status\"",
                "{\"warnings\":[\"a store is down\"],\"status\"",
            ),
            &good.replace("\"values\"", "\"value\""),
            &matrix(r#"[[0,1]]"#),
            &matrix(r#"[[0,"one"]]"#),
            &matrix(r#"[[0,"inf"]]"#),
            &matrix(r#"[[7,"1"]]"#),
            &matrix(r#"[[900,"1"]]"#),
            &matrix(r#"[[-300,"1"]]"#),
            &matrix(r#"[[0.5,"1"]]"#),
            &matrix(r#"[[300,"1"],[0,"1"]]"#),
            &matrix(r#"[[0,"1"],[0,"1"]]"#),
            &matrix(r#"[[0,"1"]]},{"metric":{"a":"b"},"values":[[0,"1"]]"#),
        ] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn reasons_are_short() {
        assert_eq!(
            reason(br#"{"status":"error","error":"bad query"}"#),
            "bad query"
        );
        assert_eq!(reason(b"\n  Bad Gateway\n<html>"), "Bad Gateway");
        assert_eq!(reason(&[b'x'; 9_999]).len(), 200);
    }
}
