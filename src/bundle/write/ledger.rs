//! The ledger `.chaosc`: which files of the folder are ours, and with which content.
//!
//! A text that reads well in a review, and that `sha256sum` can check (`grep '  ' .chaosc | sha256sum -c`):
//!
//! ```text
//! format 1
//! program chaosc 0.1.0
//! 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  bundle.yaml
//! ```
//!
//! The ledger is committed together with the folder, so it can come back from a merge with conflict
//! markers in it. Then the claims of both sides count: each side was written by a render, and a file is
//! removed only if its content is what one of them claims. Every other line that is not understood stops
//! the write: a guess here could delete somebody's work.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Files, name};

/// Name of the ledger inside the folder.
pub(super) const NAME: &str = ".chaosc";

const FORMAT: u32 = 1;

/// What git, with any of its conflict styles, leaves at the start of a line.
pub(super) const CONFLICT: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

type Hash = [u8; 32];

/// The parsed ledger; the default is that of a folder without one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    /// Path to the contents claimed for it: one, or one per side of a merge conflict.
    claims: BTreeMap<String, Vec<Hash>>,
    /// It has conflict markers, so it must be rewritten even if all claims hold.
    conflict: bool,
}

/// Why a ledger cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Written by a later program, in this format.
    Newer(String),
    /// Line number from 1, and what is wrong there.
    Damaged(usize, &'static str),
}

impl Ledger {
    /// The ledger of a folder that holds exactly these files.
    pub(super) fn of(files: &Files) -> Self {
        let claims = files.iter().map(|(path, content)| (path.clone(), vec![hash(content)])).collect();
        Self { claims, conflict: false }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let text = str::from_utf8(bytes).map_err(|e| {
            let line = bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n');
            Fault::Damaged(line.count() + 1, "it is not UTF-8")
        })?;
        let mut lines = (1..).zip(text.lines());
        let first = lines.next().map_or("", |(_, line)| line);
        match first.strip_prefix("format ").map(|f| (f, f.parse::<u32>())) {
            Some((_, Ok(FORMAT))) => {}
            Some((found, Ok(format))) if format > FORMAT => {
                return Err(Fault::Newer(found.to_owned()));
            }
            _ => return Err(Fault::Damaged(1, "expected `format 1`")),
        }
        // A text cut off in its last line could end in a shorter path that is somebody else's.
        if !text.ends_with('\n') {
            return Err(Fault::Damaged(text.lines().count(), "it is cut off here"));
        }
        let mut ledger = Self::default();
        for (number, line) in lines {
            if CONFLICT.iter().any(|marker| line.starts_with(marker)) {
                ledger.conflict = true;
            } else if !line.starts_with("program ") {
                let (path, hash) = claim(line).map_err(|why| Fault::Damaged(number, why))?;
                ledger.claims.entry(path).or_default().push(hash);
            }
        }
        Ok(ledger)
    }

    pub(super) fn print(&self) -> String {
        let mut text = format!("format {FORMAT}\nprogram chaosc {}\n", env!("CARGO_PKG_VERSION"));
        for (path, hashes) in &self.claims {
            for hash in hashes {
                for byte in hash {
                    text.push(char::from(HEX[usize::from(byte >> 4)]));
                    text.push(char::from(HEX[usize::from(byte & 15)]));
                }
                text.push_str("  ");
                text.push_str(path);
                text.push('\n');
            }
        }
        text
    }

    /// Whether a render wrote this path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.claims.contains_key(path)
    }

    /// Whether a render wrote something below this folder (`/`-separated, no slash at its end).
    pub(super) fn has_below(&self, folder: &str) -> bool {
        name::any_below(&self.claims, folder)
    }

    /// Whether the path still has the content that a render gave it.
    pub(super) fn proves(&self, path: &str, content: &[u8]) -> bool {
        self.claims.get(path).is_some_and(|claimed| claimed.contains(&hash(content)))
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn hash(content: &[u8]) -> Hash {
    Sha256::digest(content).into()
}

fn claim(line: &str) -> Result<(String, Hash), &'static str> {
    let (hex, path) = line.split_once("  ").ok_or("expected a SHA-256, two spaces and a path")?;
    let mut hash = Hash::default();
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if pairs.len() != hash.len() || !rest.is_empty() {
        return Err("expected a SHA-256 of 64 digits");
    }
    for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
        let (Some(high), Some(low)) = (nibble(*high), nibble(*low)) else {
            return Err("expected a SHA-256 of lower case hexadecimal digits");
        };
        *byte = high << 4 | low;
    }
    name::check(path)?;
    Ok((path.to_owned(), hash))
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Ledger, hash};
    use crate::bundle::write::Files;

    const A: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"; // of `a`
    const B: &str = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"; // of `b`

    fn files(list: &[(&str, &str)]) -> Files {
        let own = |(path, content): &(&str, &str)| (String::from(*path), content.as_bytes().into());
        list.iter().map(own).collect()
    }

    #[test]
    fn is_sorted_text_and_comes_back() {
        let ledger = Ledger::of(&files(&[("z", "b"), ("manifests/a.yaml", "a")]));
        let version = env!("CARGO_PKG_VERSION");
        let text = format!("format 1\nprogram chaosc {version}\n{A}  manifests/a.yaml\n{B}  z\n");
        assert_eq!(ledger.print(), text);
        assert_eq!(Ledger::parse(text.as_bytes()), Ok(ledger));
    }

    #[test]
    fn another_program_version_is_the_same_ledger() {
        let text = format!("format 1\nprogram chaosc 99.0.0\n{A}  a\n");
        let ours = Ledger::of(&files(&[("a", "a")]));
        assert_eq!(Ledger::parse(text.as_bytes()), Ok(ours));
    }

    #[test]
    fn windows_line_ends_are_read() {
        let text = format!("format 1\r\nprogram chaosc 0\r\n{A}  a\r\n");
        assert!(Ledger::parse(text.as_bytes()).unwrap().proves("a", b"a"));
    }

    #[test]
    fn in_a_merge_conflict_both_sides_count() {
        let text = format!("format 1\n<<<<<<< HEAD\n{A}  x\n||||||| base\n=======\n{B}  x\n{A}  y\n>>>>>>> topic\n");
        let ledger = Ledger::parse(text.as_bytes()).unwrap();
        assert!(ledger.proves("x", b"a") && ledger.proves("x", b"b") && ledger.has("y"));
        assert!(!ledger.proves("x", b"c"));
        assert_ne!(ledger, Ledger::of(&files(&[("x", "a"), ("y", "a")])));
    }

    #[test]
    fn what_is_not_understood_is_a_fault_with_its_line() {
        let long = format!("format 1\n{A}0  a\n");
        let upper = format!("format 1\n{}  a\n", A.to_uppercase());
        let above = format!("format 1\nprogram x\n{A}  ../a\n");
        let cut = format!("format 1\n{A}  manifests/a");
        let cases: [(&[u8], Fault); 9] = [
            (b"", Fault::Damaged(1, "expected `format 1`")),
            (b"hello\n", Fault::Damaged(1, "expected `format 1`")),
            (b"format 0\n", Fault::Damaged(1, "expected `format 1`")),
            (b"format 2\nnew things\n", Fault::Newer("2".into())),
            (b"format 1\nhello\n", Fault::Damaged(2, "expected a SHA-256, two spaces and a path")),
            (b"format 1\n\xff\n", Fault::Damaged(2, "it is not UTF-8")),
            (long.as_bytes(), Fault::Damaged(2, "expected a SHA-256 of 64 digits")),
            (upper.as_bytes(), Fault::Damaged(2, "expected a SHA-256 of lower case hexadecimal digits")),
            (cut.as_bytes(), Fault::Damaged(2, "it is cut off here")),
        ];
        for (text, fault) in cases {
            assert_eq!(Ledger::parse(text), Err(fault));
        }
        let fault = Ledger::parse(above.as_bytes());
        assert_eq!(fault, Err(Fault::Damaged(3, "it leaves the folder")));
    }

    #[test]
    fn below_means_a_path_component() {
        let ledger = Ledger::of(&files(&[("a-b/c", ""), ("ab", "")]));
        assert!(ledger.has_below("a-b"));
        assert!(!ledger.has_below("a") && !ledger.has_below("ab"));
        assert_eq!(hash(b"a")[0], 0xca);
    }
}
