//! The normal distribution, as exactly as an `f64` has it.

/// The chance of more than `z`: `erfc(z/√2)/2`.
///
/// By its Taylor series near 0 and by its continued fraction beyond (Abramowitz and
/// Stegun, *Handbook of Mathematical Functions*, 26.2.11 and 26.2.14).
pub fn above(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - above(-z);
    }
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if z < 2.5 {
        let (mut term, mut sum, mut n) = (z, z, 1.0);
        while term > sum * 1e-17 {
            n += 2.0;
            term *= z * z / n;
            sum += term;
        }
        return 0.5 - density * sum;
    }
    let mut fraction = z;
    for n in (1..=200).rev() {
        fraction = z + f64::from(n) / fraction;
    }
    density / fraction
}

/// The `z` that is exceeded with that chance, by halving.
pub fn quantile_above(chance: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        match above(middle) > chance {
            true => low = middle,
            false => high = middle,
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_tables() {
        for (z, chance) in [
            (0.0, 0.5),
            (1.0, 0.158_655_253_931_457_05),
            (1.96, 0.024_997_895_148_220_435),
            (2.5, 0.006_209_665_325_776_132),
            (4.0, 3.167_124_183_311_986e-5),
            (10.0, 7.619_853_024_160_527e-24),
            (-1.0, 0.841_344_746_068_543),
        ] {
            let off = (above(z) / chance - 1.0).abs();
            assert!(off < 1e-12, "{z}: {} instead of {chance}", above(z));
        }
        assert!((quantile_above(0.025) - 1.959_963_984_540_054).abs() < 1e-9);
        assert!((quantile_above(0.5)).abs() < 1e-9);
    }
}
