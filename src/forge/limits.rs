//! What an answer says of how many requests there may be.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;

use super::error::Said;

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// How long it says to wait; `None`: it does not say.
    pub wait: Option<Duration>,
}

/// The limit that an answer speaks of: 403 and 429 both do, and a 403 may as well be
/// about what the token may not.
pub(super) fn limit(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: SystemTime,
) -> Option<Limit> {
    if status != 403 && status != 429 {
        return None;
    }
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let after = number("retry-after").map(Duration::from_secs);
    let spent = number("x-ratelimit-remaining") == Some(0);
    let reset = number("x-ratelimit-reset").filter(|_| spent).map(|at| {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(at.min(u64::from(u32::MAX)));
        // Its clock and ours differ by a little.
        at.duration_since(now).unwrap_or_default() + Duration::from_secs(1)
    });
    let is_limit = status == 429 || after.is_some() || spent || Said::read(body).is_limit();
    is_limit.then_some(Limit {
        wait: after.or(reset),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, headers: &[(&str, &str)], body: &str) -> Option<Option<u64>> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            map.insert(name, value.parse().unwrap());
        }
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let limit = limit(status, &map, body.as_bytes(), now)?;
        Some(limit.wait.map(|wait| wait.as_secs()))
    }

    #[test]
    fn each_kind_of_limit_is_read() {
        let spent = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1060"),
        ];
        for status in [403, 429] {
            assert_eq!(told(status, &[("retry-after", "7")], ""), Some(Some(7)));
            assert_eq!(told(status, &spent, ""), Some(Some(61)));
            let both = [spent[0], spent[1], ("retry-after", "3")];
            assert_eq!(told(status, &both, ""), Some(Some(3)));
            let secondary = r#"{"message":"You have exceeded a secondary rate limit"}"#;
            assert_eq!(told(status, &[], secondary), Some(None));
        }
        let left = [
            ("x-ratelimit-remaining", "4999"),
            ("x-ratelimit-reset", "1060"),
        ];
        assert_eq!(told(403, &left, r#"{"message":"Forbidden"}"#), None);
        assert_eq!(told(429, &left, ""), Some(None));
        assert_eq!(told(200, &spent, ""), None);
        let past = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "900")];
        assert_eq!(told(403, &past, ""), Some(Some(1)));
    }
}
