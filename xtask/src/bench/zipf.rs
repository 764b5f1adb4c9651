//! Zipf's law: few keys do most of the calls, as in life. Ranks are dealt to keys at random, so that busy
//! keys are not neighbours in memory.

use crate::cases::Cases;

pub struct Zipf {
    /// Probability of rank ≤ i.
    cumulated: Vec<f64>,
    /// Rank → item.
    items: Vec<u32>,
}

impl Zipf {
    /// Exponent 1 over `n` items.
    pub fn new(n: usize, cases: &mut Cases) -> Self {
        let mut sum = 0.0;
        let mut cumulated: Vec<f64> = (1..=n)
            .map(|rank| {
                sum += 1.0 / rank as f64;
                sum
            })
            .collect();
        cumulated.iter_mut().for_each(|p| *p /= sum);
        let mut items: Vec<u32> = (0..n as u32).collect();
        for at in (1..items.len()).rev() {
            items.swap(at, cases.below(at as u64 + 1) as usize);
        }
        Self { cumulated, items }
    }

    pub fn draw(&self, cases: &mut Cases) -> usize {
        let p = cases.unit();
        let rank = self.cumulated.partition_point(|upto| *upto < p);
        self.items.get(rank).copied().unwrap_or_default() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rank_is_drawn_about_as_often_as_the_law_says() {
        let mut cases = Cases::new(1);
        let zipf = Zipf::new(1_000, &mut cases);
        let first = zipf.items[0] as usize;
        let hits = (0..100_000).filter(|_| zipf.draw(&mut cases) == first).count();
        // 1 / H(1000) = 0.1336
        assert!((12_500..14_500).contains(&hits), "{hits}");
    }
}
