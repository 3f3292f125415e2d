//! Simulated requests and errors: 0.1 % of them, half to each arm, in bins of five
//! minutes.

use countersign::promotion::benchmark::random::Random;
use countersign::promotion::canary::{Bin, Counts};

/// The usual part of errors.
const ERRORS: f64 = 0.001;

/// How errors come.
#[derive(Clone, Copy, Debug)]
pub enum Noise {
    /// One by one.
    Chance,
    /// In clusters: negative binomial in each bin, with that index of dispersion.
    Clusters(f64),
    /// In bursts of an arm: every so many minutes, so many long, so many fold.
    OnOff {
        every: f64,
        lasting: f64,
        times: f64,
    },
    /// At a rate that moves: its logarithm an autoregression with that spread and
    /// memory in minutes.
    Wave {
        spread: f64,
        memory: f64,
        shared: bool,
    },
}

pub const OFTEN: Noise = Noise::OnOff {
    every: 360.0,
    lasting: 15.0,
    times: 10.0,
};
pub const SELDOM: Noise = Noise::OnOff {
    every: 1_440.0,
    lasting: 30.0,
    times: 10.0,
};
pub const RARE: Noise = Noise::OnOff {
    every: 2_880.0,
    lasting: 30.0,
    times: 10.0,
};
pub const WAVE: Noise = Noise::Wave {
    spread: 0.5,
    memory: 30.0,
    shared: false,
};
pub const SLOW_WAVE: Noise = Noise::Wave {
    spread: 0.5,
    memory: 120.0,
    shared: false,
};
pub const SHARED_WAVE: Noise = Noise::Wave {
    spread: 0.5,
    memory: 30.0,
    shared: true,
};

/// What goes on; the same for the same seed.
pub struct World {
    noise: Noise,
    /// Requests a second, of both arms.
    rate: f64,
    random: Random,
    waves: [f64; 2],
    on: [bool; 2],
}

impl World {
    pub fn new(noise: Noise, rate: f64, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut waves = [0.0; 2];
        if let Noise::Wave { spread, .. } = noise {
            waves = [normal(&mut random) * spread, normal(&mut random) * spread];
        }
        Self {
            noise,
            rate,
            random,
            waves,
            on: [false; 2],
        }
    }

    /// The next bin with both arms; the canary's errors that many fold.
    pub fn bin(&mut self, times: f64) -> Bin<Counts> {
        let [canary, base] = self.step();
        Bin {
            end: 0,
            canary: Some(self.counts(0.5, canary * times)),
            base: Some(self.counts(0.5, base)),
        }
    }

    /// The next bin as it was before the merge: everything goes to the base.
    pub fn base_alone(&mut self) -> Bin<Counts> {
        let [_, base] = self.step();
        Bin {
            end: 0,
            canary: None,
            base: Some(self.counts(1.0, base)),
        }
    }

    /// How many fold each arm's errors come now.
    fn step(&mut self) -> [f64; 2] {
        let mut fold = [1.0; 2];
        for (arm, fold) in fold.iter_mut().enumerate() {
            match self.noise {
                Noise::Chance | Noise::Clusters(_) => {}
                Noise::OnOff {
                    every,
                    lasting,
                    times,
                } => {
                    let change = if self.on[arm] { lasting } else { every };
                    self.on[arm] ^= self.random.part() < 5.0 / change;
                    *fold = if self.on[arm] { times } else { 1.0 };
                }
                Noise::Wave {
                    spread,
                    memory,
                    shared,
                } => {
                    let kept = (-5.0 / memory).exp();
                    let new = spread * (1.0 - kept * kept).sqrt() * normal(&mut self.random);
                    self.waves[arm] = match shared && arm == 1 {
                        true => self.waves[0],
                        false => kept * self.waves[arm] + new,
                    };
                    *fold = (self.waves[arm] - spread * spread / 2.0).exp();
                }
            }
        }
        fold
    }

    fn counts(&mut self, part: f64, fold: f64) -> Counts {
        let total = poisson(&mut self.random, self.rate * 300.0 * part);
        let mut mean = total as f64 * ERRORS * fold;
        if let Noise::Clusters(phi) = self.noise {
            mean = gamma(&mut self.random, mean / (phi - 1.0)) * (phi - 1.0);
        }
        let bad = poisson(&mut self.random, mean).min(total);
        Counts { total, bad }
    }
}

/// Box and Muller's.
fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.part()).ln()).sqrt();
    radius * (2.0 * std::f64::consts::PI * random.part()).cos()
}

/// Knuth's for small means, the normal one for large ones: requests, mostly.
fn poisson(random: &mut Random, mean: f64) -> u64 {
    if mean > 200.0 {
        return (mean + mean.sqrt() * normal(random)).round().max(0.0) as u64;
    }
    let (least, mut left, mut count) = ((-mean).exp(), random.part(), 0);
    while left > least {
        left *= random.part();
        count += 1;
    }
    count
}

/// Marsaglia and Tsang's (*ACM Trans. Math. Softw.* 26, 2000).
fn gamma(random: &mut Random, shape: f64) -> f64 {
    if shape <= 0.0 {
        return 0.0;
    }
    if shape < 1.0 {
        return gamma(random, shape + 1.0) * (1.0 - random.part()).powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(random);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && (1.0 - random.part()).ln() < x * x / 2.0 + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

#[test]
fn worlds_are_what_they_say() {
    for (noise, least, most) in [
        (Noise::Chance, 0.9, 1.1),
        (Noise::Clusters(3.0), 2.7, 3.3),
        (OFTEN, 2.2, 3.4),
        (WAVE, 1.1, 1.8),
    ] {
        let mut world = World::new(noise, 5.0, 1);
        let all: Vec<f64> = (0..20_000)
            .map(|_| world.bin(1.0).canary.unwrap().bad as f64)
            .collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let variance = all.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / all.len() as f64;
        let phi = variance / mean;
        assert!((least..most).contains(&phi), "{noise:?}: {phi}");
        let on_off = matches!(noise, Noise::OnOff { .. });
        assert!(on_off || (0.7..0.8).contains(&mean), "{noise:?}: {mean}");
    }
}
