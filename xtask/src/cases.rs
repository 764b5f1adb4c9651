//! Chance that can be repeated: the seed is printed, the same seed draws the same cases.

/// SplitMix64: small, fast and good enough to choose what to do next. Never for secrets.
#[derive(Clone, Debug)]
pub struct Cases(u64);

impl Cases {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed nobody chose.
    pub fn fresh_seed() -> u64 {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        now.as_nanos() as u64 ^ u64::from(std::process::id()) << 32
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `0..n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { ((u128::from(self.next()) * u128::from(n)) >> 64) as u64 }
    }

    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// Uniform in 0..1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len() as u64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::Cases;

    #[test]
    fn same_seed_draws_the_same_cases() {
        let (mut a, mut b) = (Cases::new(7), Cases::new(7));
        for _ in 0..100 {
            assert_eq!(a.next(), b.next());
            assert!(a.between(3, 5) <= 5);
            b.next();
        }
    }
}
