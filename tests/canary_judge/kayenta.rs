//! Kayenta's judge of one metric, after its published description (Graff and Sanden,
//! "Automated Canary Analysis at Netflix with Kayenta", 2018, and its documentation):
//! values without outliers (three interquartile ranges), Mann and Whitney's interval of
//! 98 % for the shift of the canary, and "high" where all of it lies above a quarter of
//! the estimated shift.

use countersign::promotion::canary::mann_whitney::shift;

/// Whether the canary is classified as high.
pub fn high(base: &[f64], canary: &[f64]) -> bool {
    let (base, canary) = (without_outliers(base), without_outliers(canary));
    if base.is_empty() || canary.is_empty() || base == canary {
        return false;
    }
    let mut differences: Vec<f64> = canary
        .iter()
        .flat_map(|a| base.iter().map(move |b| a - b))
        .collect();
    differences.sort_by(f64::total_cmp);
    let estimate = quantile(&differences, 0.5);
    shift(&canary, &base, 0.98).is_some_and(|it| it.low > 0.25 * estimate.abs())
}

fn without_outliers(values: &[f64]) -> Vec<f64> {
    let mut good: Vec<f64> = values.iter().copied().filter(|it| it.is_finite()).collect();
    good.sort_by(f64::total_cmp);
    if good.is_empty() {
        return good;
    }
    let (low, high) = (quantile(&good, 0.25), quantile(&good, 0.75));
    let reach = 3.0 * (high - low);
    good.retain(|it| (low - reach..=high + reach).contains(it));
    good
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let at = part * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}
