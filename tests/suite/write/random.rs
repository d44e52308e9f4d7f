//! Random histories of renders and of people who work in the output folder.
//!
//! The rules of who owns what are written here a second time, from the outside: from what was rendered
//! last, what stands in the folder and what is wanted, say what must stand there afterwards.

use std::fs;
use std::path::Path;

use chaosc::bundle::write::{Files, WriteError, compare, write};

use super::tree::{contents, picture};

const HISTORIES: u64 = 150;
const STEPS: usize = 12;
/// Few paths, so that renders and people often meet; some are both a file's and a folder's name.
const PATHS: [&str; 12] = ["a", "b", "c", "m", "m/a", "m/b", "m/n", "m/n/c", "m/n/d", "k/a", "k-a", "k"];

/// `SplitMix64`: a seed gives the same history everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    /// A set of files in which no path is a file and a folder; mostly near to the last one.
    fn files(&mut self, last: &Files) -> Files {
        let mut files = last.clone();
        for _ in 0..=self.below(5) {
            let path = PATHS[self.below(PATHS.len())];
            files.retain(|other, _| !nested(path, other));
            if self.below(3) == 0 {
                files.remove(path);
            } else {
                files.insert(path.into(), vec![b'0' + u8::try_from(self.below(3)).unwrap()]);
            }
        }
        files
    }

    /// Somebody adds, edits or removes a file by hand, with a content that a render may also want.
    fn work(&mut self, out: &Path) {
        let path = out.join(PATHS[self.below(PATHS.len())]);
        if self.below(3) == 0 {
            let _ = fs::remove_file(path);
        } else if fs::create_dir_all(path.parent().unwrap()).is_ok() {
            let _ = fs::write(path, [b"0123xyz"[self.below(7)]]);
        }
    }
}

/// Whether one of the two paths is a folder of the other.
fn nested(a: &str, b: &str) -> bool {
    a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'))
        || b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'))
}

/// What must be there after the write; the names in the way if it must refuse.
fn expected(last: &Files, there: &Files, wanted: &Files) -> Result<Files, Vec<String>> {
    let ours = |path: &String, content: &Vec<u8>| match wanted.get(path) {
        Some(new) => last.contains_key(path) || new == content,
        None => last.get(path) == Some(content),
    };
    let mut foreign = there.clone();
    foreign.retain(|path, content| !ours(path, content));
    let in_the_way = |path: &&String| wanted.contains_key(*path) || wanted.keys().any(|new| nested(path, new));
    let clashes: Vec<String> = foreign.keys().filter(in_the_way).cloned().collect();
    if !clashes.is_empty() {
        return Err(clashes);
    }
    foreign.extend(wanted.clone());
    Ok(foreign)
}

#[test]
fn random_histories_lose_nothing_and_end_exactly() {
    let (mut writes, mut refusals) = (0, 0);
    for seed in 0..HISTORIES {
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join("out");
        let mut random = Random(seed);
        let mut last = Files::new();
        for step in 0..STEPS {
            for _ in 0..random.below(4) {
                random.work(&out);
            }
            // Empty folders are foreign too; they are tested by name elsewhere.
            remove_empty(&out);
            let wanted = random.files(&last);
            let (before, there) = (picture(&out), contents(&out));
            let context = format!("seed {seed} step {step}: {last:?} {there:?} -> {wanted:?}");
            match (write(&out, &wanted), expected(&last, &there, &wanted)) {
                (Ok(_), Ok(after)) => {
                    assert_eq!(contents(&out), after, "{context}");
                    assert!(compare(&out, &wanted).unwrap().is_fresh(), "{context}");
                    last = wanted;
                    writes += 1;
                }
                (Err(WriteError::Clash { files, .. }), Err(clashes)) => {
                    // A foreign folder is named once, with a slash.
                    let named = |path: &String| {
                        let folder = |f: &String| f.ends_with('/') && path.starts_with(f);
                        files.contains(path) || files.iter().any(folder)
                    };
                    assert!(clashes.iter().all(named), "{context}: {files:?}");
                    assert_eq!(picture(&out), before, "{context}");
                    refusals += 1;
                }
                (found, expected) => panic!("{context}: {found:?}, expected {expected:?}"),
            }
            assert!(fs::read_dir(home.path()).unwrap().count() <= 1, "{context}");
        }
    }
    println!("{HISTORIES} histories: {writes} writes, {refusals} refusals");
    assert!(writes > 500 && refusals > 100);
}

fn remove_empty(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            remove_empty(&path);
            let _ = fs::remove_dir(path);
        }
    }
}
