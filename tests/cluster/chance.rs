//! Random choices, the same on every run unless `CHAOSC_TEST_SEED` says otherwise.

/// A small generator of numbers (splitmix64).
pub(crate) struct Chance(u64);

/// Returns the seed of this run; it is printed, so that a failure can be repeated.
pub(crate) fn seed() -> u64 {
    let seed = std::env::var("CHAOSC_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("seed {seed}");
    seed
}

impl Chance {
    /// Starts a row of choices that is told apart from others of the same seed by some numbers.
    pub(crate) fn new(seed: u64, apart: &[usize]) -> Chance {
        let mut chance = Chance(seed);
        for number in apart {
            chance.0 = chance.next() ^ u64::try_from(*number).unwrap();
        }
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    /// Picks one of a list that is not empty.
    pub(crate) fn pick<'t, T>(&mut self, choices: &'t [T]) -> &'t T {
        &choices[self.below(choices.len())]
    }
}
