//! What a seed makes of a run: how many programs, how often what. Each kind of trouble is left out of half of the runs,
//! so that some have much of one and nothing of another.

use rand::rngs::Xoshiro256PlusPlus as Rng;
use rand::{RngExt as _, SeedableRng as _};
use tailmark::config::import::Import;

use super::program::Fault;
use super::stock::{MACHINES, TENANTS};

/// What can come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A client asks for something.
    Ask,
    /// A worker does its next step.
    Work,
    /// A program commits what waits there.
    Commit,
    /// Time passes.
    Tick,
    /// A program's clock is set.
    Jump,
    /// A program stops where it is.
    Stall,
    /// It goes on.
    Wake,
    /// It is killed.
    Kill,
    /// It is started again.
    Start,
    /// The disk gets full, read-only, locked, or well.
    Disk,
}

const TURNS: [(Turn, u32); 10] = [
    (Turn::Ask, 12),
    (Turn::Work, 30),
    (Turn::Commit, 30),
    (Turn::Tick, 6),
    (Turn::Jump, 1),
    (Turn::Stall, 2),
    (Turn::Wake, 3),
    (Turn::Kill, 1),
    (Turn::Start, 6),
    (Turn::Disk, 2),
];

pub struct Plan {
    pub turns: usize,
    /// More than one share a database and leave each other's claims alone; one has it to itself.
    pub programs: usize,
    pub tenants: usize,
    pub machines: usize,
    pub settings: Import,
    /// Units of 100 ns; nothing where there are no profiles.
    pub assignment_time: Option<i64>,
    weights: [u32; TURNS.len()],
    faults: [u32; 5],
    /// Of a hundred commits, so many end with the program's end.
    pub deadly: u32,
    /// Of a hundred answers, so many reach nobody.
    pub unheard: u32,
}

impl Plan {
    pub fn new(rng: &mut Rng) -> Self {
        let mut weights = TURNS.map(|(_, weight)| weight);
        for (weight, (turn, _)) in weights.iter_mut().zip(TURNS) {
            if matches!(turn, Turn::Jump | Turn::Stall | Turn::Kill | Turn::Disk) && rng.random_ratio(1, 2) {
                *weight = 0;
            }
        }
        let mut faults = [60, 4, 4, 2, 2];
        for weight in faults.iter_mut().skip(1) {
            if rng.random_ratio(1, 2) {
                *weight = 0;
            }
        }
        let sometimes =
            |rng: &mut Rng, most: u32| if rng.random_ratio(1, 2) { rng.random_range(1..=most) } else { 0 };
        Self {
            turns: rng.random_range(60..300),
            programs: rng.random_range(1..=3),
            tenants: rng.random_range(1..=TENANTS),
            machines: rng.random_range(2..=MACHINES),
            settings: Import {
                lease: rng.random_range(5..=60),
                attempts: rng.random_range(2..=6),
                ..Import::default()
            },
            assignment_time: rng.random_ratio(1, 2).then(|| rng.random_range(0..20_000_000)),
            weights,
            faults,
            deadly: sometimes(rng, 15),
            unheard: sometimes(rng, 30),
        }
    }

    pub fn turn(&self, rng: &mut Rng) -> Turn {
        TURNS[weighted(rng, &self.weights)].0
    }

    pub fn fault(&self, rng: &mut Rng) -> Fault {
        // Early ones hit every unit, late ones the large ones.
        let at = |rng: &mut Rng, most: u32| {
            let most = rng.random_range(1..=most);
            rng.random_range(0..most)
        };
        match weighted(rng, &self.faults) {
            1 => Fault::Statement(at(rng, 120)),
            2 => Fault::Interruption(at(rng, 3000)),
            3 => Fault::LastingInterruption(at(rng, 3000)),
            4 => Fault::Commit,
            _ => Fault::None,
        }
    }
}

pub fn rng(seed: u64) -> Rng {
    Rng::seed_from_u64(seed)
}

fn weighted(rng: &mut Rng, weights: &[u32]) -> usize {
    let mut left = rng.random_range(0..weights.iter().sum());
    weights.iter().position(|weight| left.checked_sub(*weight).map(|rest| left = rest).is_none()).unwrap()
}
