//! The example, damaged: cut off at every 97th byte, and at random as hands, editors and merges damage files.
//!
//! A seed gives the same damage everywhere: `CHAOSC_TEST_SEED=2` tries other damage.

use std::collections::BTreeMap;

use chaosc::source::Source;

use crate::folders::{contents, project};
use crate::invariants::{self, Fate};

/// Damaged examples of the short and of the long random run.
const DAMAGED: [usize; 2] = [300, 5000];
/// What makes a difference to a reader.
const TELLING: [&[u8]; 26] = [
    b"\"",
    b"'",
    b"\n",
    b"\r",
    b"\t",
    b":",
    b"- ",
    b"[",
    b"]",
    b"{",
    b"}",
    b"#",
    b"|",
    b">",
    b"&a ",
    b"*a",
    b"!!str ",
    b"---\n",
    b"=",
    b"<<: ",
    b"\\",
    b"\xff",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xc2\x85",
    b"99999999999999999999",
];

/// The files of the example by their paths.
type Files = BTreeMap<String, Vec<u8>>;

fn example() -> Files {
    let files = contents(&project("example"));
    let mut files: Files = files.into_iter().map(|(path, bytes)| (format!("example/{path}"), bytes)).collect();
    files.insert("chaos.toml".to_owned(), std::fs::read(project("chaos.toml.example")).unwrap());
    files
}

fn judge(files: &Files) -> Fate {
    invariants::judge(&Source::from_memory(&files["chaos.toml"], files))
}

#[test]
fn the_example_in_memory_is_sound() {
    assert_eq!(judge(&example()), Fate::Rendered);
}

#[test]
fn cut_off_at_every_97th_byte() {
    let files = example();
    let mut refused = 0;
    for (path, bytes) in &files {
        for at in (0..bytes.len()).step_by(97) {
            let mut files = files.clone();
            files.insert(path.clone(), bytes[..at].to_vec());
            refused += usize::from(judge(&files) == Fate::Refused);
        }
    }
    assert!(refused > 100, "only {refused} were refused");
}

#[test]
fn damaged_at_random() {
    damaged(DAMAGED[0]);
}

#[test]
#[ignore = "long: minutes where nothing is optimised"]
fn damaged_at_random_for_long() {
    damaged(DAMAGED[1]);
}

fn damaged(times: usize) {
    let seed = std::env::var("CHAOSC_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut random = Random(seed);
    let files = example();
    let paths: Vec<&String> = files.keys().collect();
    let mut fates = [0, 0];
    for number in 0..times {
        let mut damaged = files.clone();
        // chaos.toml as often as all the others together.
        let path = if number % 2 == 0 { "chaos.toml" } else { paths[random.below(paths.len())].as_str() };
        let bytes = damaged.get_mut(path).unwrap();
        for _ in 0..=random.below(3) {
            random.damage(bytes);
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        let fate = std::panic::catch_unwind(|| judge(&damaged));
        let fate = fate.unwrap_or_else(|_| panic!("seed {seed}, number {number}: {path} as\n{text}"));
        fates[usize::from(fate == Fate::Rendered)] += 1;
    }
    assert!(fates.iter().all(|fate| *fate > times / 20), "refused and rendered: {fates:?}");
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound.max(1) as u64).unwrap()
    }

    /// Damages a text in one place.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let at = self.below(bytes.len());
        let to = (at + self.below(40)).min(bytes.len());
        match self.below(8) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << self.below(8),
            2 => bytes[at] = u8::try_from(self.below(256)).unwrap(),
            3 => drop(bytes.drain(at..to)),
            4 => drop(bytes.splice(at..at, TELLING[self.below(TELLING.len())].iter().copied())),
            _ => self.damage_lines(bytes),
        }
    }

    /// Removes, repeats, exchanges or moves in a line.
    fn damage_lines(&mut self, bytes: &mut Vec<u8>) {
        let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let (one, other) = (self.below(lines.len()), self.below(lines.len()));
        match self.below(4) {
            0 => drop(lines.remove(one)),
            1 => lines.insert(other, lines[one].clone()),
            2 => lines.swap(one, other),
            _ => drop(lines[one].splice(0..0, *b"  ")),
        }
        *bytes = lines.concat();
    }
}
