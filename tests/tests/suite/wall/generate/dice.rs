//! Numbers that are the same for the same seed.

/// A source of random numbers (xorshift).
#[derive(Debug, Clone)]
pub(in crate::wall) struct Dice {
    state: u64,
}

impl Dice {
    pub(in crate::wall) fn new(seed: u64) -> Dice {
        Dice {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
        }
    }

    pub(in crate::wall) fn below(&mut self, n: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from((self.state >> 16) % n as u64).unwrap()
    }

    pub(in crate::wall) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(in crate::wall) fn pick<V: Copy>(&mut self, of: &[V]) -> V {
        of[self.below(of.len())]
    }

    pub(in crate::wall) fn pick_ref<V>(&mut self, of: &'static [V]) -> &'static V {
        &of[self.below(of.len())]
    }
}
