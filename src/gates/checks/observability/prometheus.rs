//! The text in which Prometheus is told metrics, read strictly: every line is a
//! sample, a comment, or wrong.

use std::collections::{BTreeMap, BTreeSet};

/// What a library tells of the interpreter and the process, not of the module.
const OF_THE_PROCESS: [&str; 2] = ["python_", "process_"];

const TYPES: [&str; 9] = [
    "counter",
    "gauge",
    "gaugehistogram",
    "histogram",
    "info",
    "stateset",
    "summary",
    "unknown",
    "untyped",
];

/// The metrics that have at least one sample.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metrics {
    /// Those of the module.
    pub own: BTreeSet<String>,
    /// Those that every Python process can tell.
    pub of_the_process: BTreeSet<String>,
}

/// Reads what `/metrics` gave.
pub(super) fn read(body: &[u8]) -> Result<Metrics, String> {
    let text = std::str::from_utf8(body).map_err(|_| "it is no UTF-8".to_owned())?;
    let mut metrics = Metrics::default();
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    for (n, line) in text.split('\n').enumerate() {
        let line = line.trim_matches([' ', '\t']);
        let wrong = |why: &str| {
            let shown: String = line.chars().take(60).collect();
            format!("line {}: {why}: {shown:?}", n + 1)
        };
        if line.is_empty() {
            continue;
        }
        if let Some(comment) = line.strip_prefix('#') {
            let mut words = comment.split_ascii_whitespace();
            if words.next() == Some("TYPE") {
                let (name, kind) = (words.next().unwrap_or_default(), words.next());
                if !is_name(name) || !kind.is_some_and(|kind| TYPES.contains(&kind)) {
                    return Err(wrong("this is no type of a metric"));
                }
                types.insert(name, kind.unwrap_or_default());
            }
            continue;
        }
        let name = sample(line).map_err(wrong)?;
        let family = family(name, &types);
        let whose = match OF_THE_PROCESS.iter().any(|of| family.starts_with(of)) {
            true => &mut metrics.of_the_process,
            false => &mut metrics.own,
        };
        whose.insert(family.to_owned());
    }
    Ok(metrics)
}

/// The name of a sample; the whole line must be one.
fn sample(line: &str) -> Result<&str, &'static str> {
    let end = line.find(|c: char| !is_part(c)).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    if !is_name(name) {
        return Err("this is no sample of a metric");
    }
    let rest = match rest.trim_start().strip_prefix('{') {
        Some(labels) => labels_end(labels)?,
        None => rest,
    };
    // What follows after `#` belongs to OpenMetrics: an exemplar.
    let rest = rest.split('#').next().unwrap_or_default();
    let mut words = rest.split_ascii_whitespace();
    let value = words.next().ok_or("this sample has no value")?;
    value
        .parse::<f64>()
        .map_err(|_| "this value is no number")?;
    if let Some(time) = words.next() {
        time.parse::<f64>().map_err(|_| "this time is no number")?;
    }
    match words.next() {
        None => Ok(name),
        Some(_) => Err("there is more than a value and a time"),
    }
}

/// What follows after labels.
fn labels_end(labels: &str) -> Result<&str, &'static str> {
    let mut rest = labels.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Ok(after);
        }
        let (name, value) = rest.split_once('=').ok_or("these labels do not end")?;
        let name = name.trim();
        if !is_name(name) || name.contains(':') {
            return Err("this is no name of a label");
        }
        let value = value.trim_start().strip_prefix('"');
        let value = value.ok_or("the value of a label is not in quotes")?;
        let end = closing_quote(value).ok_or("the value of a label does not end")?;
        rest = value[end + 1..].trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None if rest.starts_with('}') => {}
            None => return Err("labels are not apart"),
        }
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// The metric a sample belongs to.
fn family<'a>(name: &'a str, types: &BTreeMap<&str, &str>) -> &'a str {
    let of = |suffix: &str| {
        let family = name.strip_suffix(suffix)?;
        let kind = types.get(family)?;
        matches!(
            *kind,
            "histogram" | "summary" | "gaugehistogram" | "counter" | "info"
        )
        .then_some(family)
    };
    let suffixes = ["_bucket", "_count", "_sum", "_created", "_total", "_info"];
    suffixes.into_iter().find_map(of).unwrap_or(name)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_part)
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn own(text: &str) -> Result<Vec<String>, String> {
        read(text.as_bytes()).map(|metrics| metrics.own.into_iter().collect())
    }

    #[test]
    fn samples_of_all_shapes_are_read() {
        let text = "# HELP a_total Things, \"quoted\".\n# TYPE a_total counter\na_total 3\n\
                    b{c=\"x\\\"},{\",d=\"\",} +Inf 1700000000000\nb { c=\"y\" } NaN\n\n# other\n\
                    # TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 1e-3\nh_count 2\n\
                    x:y 1 # {trace=\"z\"} 0.5\n# EOF\n";
        assert_eq!(own(text).unwrap(), ["a_total", "b", "h", "x:y"]);
    }

    #[test]
    fn what_every_process_tells_is_not_the_modules_own() {
        let text = "# TYPE python_info gauge\npython_info{version=\"3\"} 1.0\nprocess_cpu_seconds_total 2\n";
        let metrics = read(text.as_bytes()).unwrap();
        assert!(metrics.own.is_empty());
        assert_eq!(metrics.of_the_process.len(), 2);
        // A name and a type are no sample.
        assert!(
            own("# HELP mine x\n# TYPE mine gauge\n")
                .unwrap()
                .is_empty()
        );
        assert!(own("").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_such_text_is_refused_with_its_line() {
        for (text, why) in [
            ("<html><body>ok</body></html>", "line 1: this is no sample"),
            ("{\"a\": 1}", "line 1: this is no sample"),
            ("a 1\nok\n", "line 2: this sample has no value"),
            ("a one\n", "this value is no number"),
            ("a 1 2 3\n", "more than a value"),
            ("a 1 later\n", "this time is no number"),
            ("a{b=c} 1\n", "not in quotes"),
            ("a{b=\"c} 1\n", "does not end"),
            ("a{b=\"c\" d=\"e\"} 1\n", "not apart"),
            ("a{1=\"c\"} 1\n", "no name of a label"),
            ("a{ 1\n", "do not end"),
            ("1a 1\n", "no sample"),
            ("# TYPE a thing\n", "no type"),
        ] {
            let said = own(text).unwrap_err();
            assert!(said.contains(why), "{text:?}: {said}");
        }
        // A carriage return is white space.
        assert_eq!(own("a 1\r\n").unwrap(), ["a"]);
        assert!(read(b"a\xff 1").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_may_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn any_labels_may_be_read(text in "a[{}=\",\\\\b 1#]{0,40}") {
            let _ = read(text.as_bytes());
        }
    }
}
