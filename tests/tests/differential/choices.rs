//! What a program is made of: a list of choices, which can be made again and made simpler.
//!
//! Generators are plain code that asks for one choice after the other. Zero is the simplest choice, and
//! what lists of choices that are too short go on with. So any change to a list of choices makes a valid
//! program, and a failure is made smaller without knowing what the choices stand for.

use std::ops::Range;

/// Choices, made by a generator of random numbers or given.
#[derive(Debug)]
pub(crate) struct Choices {
    given: Option<Vec<u32>>,
    state: u64,
    made: Vec<u32>,
    parts: Vec<Range<usize>>,
}

/// The choices of one program, and which of them belong to the elements of lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Made {
    pub(crate) choices: Vec<u32>,
    parts: Vec<Range<usize>>,
}

impl Choices {
    /// The random choices of a seed.
    pub(crate) fn random(seed: u64) -> Self {
        Choices { given: None, state: seed, made: Vec::new(), parts: Vec::new() }
    }

    /// These choices again, and then the simplest ones.
    pub(crate) fn again(choices: Vec<u32>) -> Self {
        Choices { given: Some(choices), ..Choices::random(0) }
    }

    /// A number below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let number = match &self.given {
            Some(given) => given.get(self.made.len()).copied().unwrap_or(0) as usize,
            None => self.next(),
        };
        let choice = number % count.max(1);
        self.made.push(u32::try_from(choice).expect("few choices"));
        choice
    }

    /// Yes once in `rarity` times.
    pub(crate) fn rarely(&mut self, rarity: usize) -> bool {
        self.below(rarity) + 1 == rarity
    }

    /// One of these, the first of which is the simplest.
    pub(crate) fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// Up to `most` elements, `usual` on average.
    pub(crate) fn list<T>(
        &mut self,
        usual: usize,
        most: usize,
        mut element: impl FnMut(&mut Choices) -> T,
    ) -> Vec<T> {
        let mut list = Vec::new();
        loop {
            let start = self.made.len();
            // the end is chosen also where there is no choice, or an element that is left out would
            // change what the choices behind it stand for
            let more = if list.len() < most { usual + 1 } else { 1 };
            if self.below(more) == 0 {
                break;
            }
            list.push(element(self));
            self.parts.push(start..self.made.len());
        }
        list
    }

    /// What was chosen.
    pub(crate) fn into_made(mut self) -> Made {
        self.parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        Made { choices: self.made, parts: self.parts }
    }

    /// SplitMix64.
    fn next(&mut self) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 33) as usize
    }
}

/// Makes the choices of a failure simpler for as long as it stays one: `fails` gives the choices that
/// were made of those it is given, if they fail. Asks at most `tries` times.
pub(crate) fn simplest(
    mut best: Made,
    mut tries: usize,
    mut fails: impl FnMut(Vec<u32>) -> Option<Made>,
) -> Made {
    let mut simpler = |best: &mut Made, change: &dyn Fn(&mut Vec<u32>)| {
        let mut choices = best.choices.clone();
        change(&mut choices);
        if tries == 0 || choices == best.choices {
            return false;
        }
        tries -= 1;
        let size = |made: &Made| (made.choices.len(), made.choices.clone());
        match fails(choices).filter(|made| size(made) < size(best)) {
            Some(made) => *best = made,
            None => return false,
        }
        true
    };
    loop {
        let before = best.choices.clone();
        // without an element of a list, the largest first
        let mut at = 0;
        while let Some(part) = best.parts.get(at).cloned() {
            if !simpler(&mut best, &|choices| drop(choices.drain(part.clone()))) {
                at += 1;
            }
        }
        if best.choices.len() < before.len() {
            continue;
        }
        let mut at = 0;
        while let Some(choice) = best.choices.get(at).copied() {
            let lower = [0, choice / 2, choice.saturating_sub(1)];
            let _ = lower.iter().any(|lower| simpler(&mut best, &|choices| choices[at] = *lower));
            at += 1;
        }
        if best.choices == before {
            return best;
        }
    }
}

/// The seed says everything, and what is found is the smallest program that still fails.
pub(crate) fn check() {
    let numbers = |choices: &mut Choices| choices.list(20, 100, |choices| choices.below(1000));
    let mut random = Choices::random(7);
    let list = numbers(&mut random);
    assert_eq!(list, numbers(&mut Choices::random(7)));
    assert!(list.iter().any(|number| *number > 500), "{list:?}");
    let fails = |choices| {
        let mut again = Choices::again(choices);
        let fails = numbers(&mut again).iter().any(|number| *number > 500);
        fails.then(|| again.into_made())
    };
    let least = simplest(random.into_made(), 10_000, fails);
    assert_eq!(numbers(&mut Choices::again(least.choices)), [501]);
}
