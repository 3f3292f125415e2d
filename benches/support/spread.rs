//! Many measurements in few figures.

use std::time::Duration;

/// The value below which that share of them lies; they are put in order.
pub fn at<T: PartialOrd + Copy>(values: &mut [T], share: f64) -> Option<T> {
    values.sort_by(|a, b| a.partial_cmp(b).expect("no NaN"));
    let last = values.len().checked_sub(1)?;
    values.get((last as f64 * share).round() as usize).copied()
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// `p50 1.0 ms   p99 2.0 ms   max 2.1 ms   (n = 100)`
pub fn spread(times: &mut [Duration]) -> String {
    let n = times.len();
    let mut at = |share| at(times, share).map(ms);
    match (at(0.5), at(0.99), at(1.0)) {
        (Some(p50), Some(p99), Some(max)) => {
            format!("p50 {p50:.1} ms   p99 {p99:.1} ms   max {max:.1} ms   (n = {n})")
        }
        _ => "nothing was painted".to_owned(),
    }
}
