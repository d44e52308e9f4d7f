//! The secrets that were seen: their marks, and every form in which a text could give them away.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::values::{holds_mark, mark_length};
use crate::plan::canonical;

/// Shorter secrets are too likely to be a part of an ordinary word; of them only what stands in quotes is hidden.
const SHORTEST_ALONE: usize = 4;

/// Which secrets were seen, numbered in the order in which they first were.
#[derive(Default)]
pub(super) struct Ledger {
    numbers: HashMap<Vec<u8>, usize>,
    last: usize,
    /// What must not stand in a text.
    needles: HashMap<String, Needle>,
    /// How long those are that begin with these three bytes.
    lengths: HashMap<[u8; 3], BTreeSet<usize>>,
}

#[derive(Clone)]
struct Needle {
    /// Where the secret is in it, without the quotes around it.
    secret: Range<usize>,
    number: usize,
    /// Whether it is a part of another secret, and has that one's number.
    is_borrowed: bool,
}

impl Ledger {
    /// Returns the number of secrets.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Returns the highest number that was given.
    pub(super) fn last(&self) -> usize {
        self.last
    }

    /// Returns the number of a secret that was seen; a mark stands for the one whose mark it is.
    pub(super) fn number_of(&self, secret: &[u8]) -> Option<usize> {
        let known = self.numbers.get(secret).copied();
        known.or_else(|| std::str::from_utf8(secret).ok().and_then(|text| self.issued(text)))
    }

    /// Gives a new secret its number, and returns it.
    pub(super) fn add(&mut self, secret: &[u8]) -> usize {
        self.last += 1;
        // A secret that looks like a mark: no other one may get that mark.
        while self.numbers.contains_key(mark(self.last).as_bytes()) {
            self.last += 1;
        }
        self.numbers.insert(secret.to_vec(), self.last);
        // A text that was masked in part holds no secret of its own that could be looked for.
        if !holds_mark(&String::from_utf8_lossy(secret)) {
            self.hide_forms(secret, self.last, false);
        }
        self.last
    }

    /// Hides a part of a secret, too, behind the mark of the whole.
    pub(super) fn borrow(&mut self, part: &str, number: usize) {
        if !self.numbers.contains_key(part.as_bytes()) {
            self.hide_forms(part.as_bytes(), number, true);
        }
    }

    /// Returns a text in which no secret stands.
    ///
    /// Where secrets overlap, all that they cover is hidden, behind the mark of the longest.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut found: Vec<(Range<usize>, &Needle)> = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let mark = text.get(at..).map_or(0, mark_length);
            if mark > 0 && self.issued(&text[at..at + mark]).is_some() {
                at += mark;
                continue;
            }
            if let Some(needle) = self.longest(text, at) {
                let range = at + needle.secret.start..at + needle.secret.end;
                match found.last_mut() {
                    Some((last, longest)) if range.start < last.end => {
                        if needle.secret.len() > longest.secret.len() {
                            *longest = needle;
                        }
                        last.end = last.end.max(range.end);
                    }
                    _ => found.push((range, needle)),
                }
            }
            at += 1;
        }
        let mut hidden = String::with_capacity(text.len());
        let mut rest = 0;
        for (range, needle) in found {
            hidden.push_str(&text[rest..range.start]);
            hidden.push_str(&mark(needle.number));
            rest = range.end;
        }
        hidden.push_str(&text[rest..]);
        hidden
    }

    fn longest(&self, text: &str, at: usize) -> Option<&Needle> {
        let first: &[u8; 3] = text.as_bytes()[at..].first_chunk()?;
        let mut lengths = self.lengths.get(first)?.iter().rev();
        lengths.find_map(|length| self.needles.get(text.get(at..at + length)?))
    }

    /// Returns the number in a mark that was given out.
    fn issued(&self, text: &str) -> Option<usize> {
        let number = text.strip_prefix("(secret ")?.strip_suffix(')')?.parse().ok()?;
        let is_issued = number <= self.last && mark(number) == text && !self.numbers.contains_key(text.as_bytes());
        is_issued.then_some(number)
    }

    fn hide_forms(&mut self, secret: &[u8], number: usize, is_borrowed: bool) {
        for form in forms(secret) {
            if form.len() >= SHORTEST_ALONE {
                self.insert(&form, Needle { secret: 0..form.len(), number, is_borrowed });
                continue;
            }
            for quote in ["\"", "'", "`", "\\\""] {
                let secret = quote.len()..quote.len() + form.len();
                self.insert(&format!("{quote}{form}{quote}"), Needle { secret, number, is_borrowed });
            }
        }
    }

    fn insert(&mut self, text: &str, needle: Needle) {
        if let Some(first) = text.as_bytes().first_chunk() {
            self.lengths.entry(*first).or_default().insert(text.len());
            let known = self.needles.entry(text.to_owned()).or_insert_with(|| needle.clone());
            if known.is_borrowed && !needle.is_borrowed {
                *known = needle;
            }
        }
    }
}

/// Returns the mark with a number.
pub(super) fn mark(number: usize) -> String {
    format!("(secret {number})")
}

/// Returns the texts that give a secret away: itself, as JSON and Go write it inside of quotes (inside of quotes, too),
/// and in base64.
fn forms(secret: &[u8]) -> Vec<String> {
    let mut forms = vec![
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ];
    if let Ok(text) = std::str::from_utf8(secret) {
        for text in [text, text.trim()] {
            forms.push(text.to_owned());
            let once = escaped(text);
            let go = once.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
            forms.extend([escaped(&once), escaped(&go), once, go]);
        }
    }
    forms.sort_unstable();
    forms.dedup();
    forms.retain(|form| !form.is_empty());
    forms
}

/// Returns a text as it stands between the quotes of JSON.
fn escaped(text: &str) -> String {
    let quoted = canonical::json(&Value::from(text));
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&quoted).to_owned()
}

#[cfg(test)]
mod tests {
    use super::Ledger;

    fn ledger(secrets: &[&str]) -> Ledger {
        let mut ledger = Ledger::default();
        for secret in secrets {
            ledger.add(secret.as_bytes());
        }
        ledger
    }

    #[test]
    fn no_form_of_a_secret_stands() {
        for (secrets, text, expected) in [
            (&["hunter2"][..], "is hunter2, or \"hunter2\"", "is (secret 1), or \"(secret 1)\""),
            (&["hunter2"], "aHVudGVyMg== and aHVudGVyMg", "(secret 1) and (secret 1)"),
            (&["a\"b<c"], r#"a\"b<c, a\"b\u003cc, a\\\"b\\u003cc"#, "(secret 1), (secret 1), (secret 1)"),
            (&["x>y?z\u{ff}"], "eD55P3rDvw== eD55P3rDvw", "(secret 1) (secret 1)"),
            (&["???>>>"], "Pz8_Pj4-", "(secret 1)"),
            (&["line one\nline two"], r"line one\nline two", "(secret 1)"),
            (&["hunter2\n"], "hunter2", "(secret 1)"),
            (&["hunter2", "hunter22"], "hunter22 hunter2", "(secret 2) (secret 1)"),
            (&["abcd", "bcdefgh"], "xabcdefghx", "x(secret 2)x"),
            (&["abcd", "cdef"], "xabcdefx", "x(secret 1)x"),
            // Short ones: in quotes only.
            (
                &["abc"],
                r#"abc "abc" 'abc' `abc` \"abc\" abcd"#,
                r#"abc "(secret 1)" '(secret 1)' `(secret 1)` \"(secret 1)\" abcd"#,
            ),
            (&["1"], "port 1 of \"1\" is \"11\"", "port 1 of \"(secret 1)\" is \"11\""),
            (&["é", "日本語語"], "\"é\" 日本語語 é", "\"(secret 1)\" (secret 2) é"),
            (&["hunter2"], "", ""),
            (&[], "hunter2", "hunter2"),
        ] {
            let ledger = ledger(secrets);
            let hidden = ledger.hide(text);
            assert_eq!(hidden, expected, "{secrets:?}");
            assert_eq!(ledger.hide(&hidden), hidden);
        }
    }

    #[test]
    fn a_part_borrows_a_mark_until_it_has_its_own() {
        let mut ledger = Ledger::default();
        let whole = ledger.add(b"Bearer hunter2");
        ledger.borrow("hunter2", whole);
        assert_eq!(ledger.hide("hunter2; Bearer hunter2"), "(secret 1); (secret 1)");
        ledger.add(b"hunter2");
        ledger.borrow("hunter2", whole);
        assert_eq!(ledger.hide("hunter2; Bearer hunter2"), "(secret 2); (secret 1)");
    }

    #[test]
    fn marks_are_marks_and_what_looks_like_one_is_a_secret() {
        let mut ledger = ledger(&["secret", "(secret 3)", "other"]);
        assert_eq!(ledger.number_of(b"secret"), Some(1));
        assert_eq!(ledger.number_of(b"(secret 3)"), Some(2));
        // The third one is taken by a secret that looks like it.
        assert_eq!(ledger.number_of(b"other"), Some(4));
        assert_eq!(ledger.number_of(b"(secret 4)"), Some(4));
        assert_eq!(ledger.number_of(b"(secret 5)"), None);
        assert_eq!(ledger.number_of(b"(secret 04)"), None);
        assert_eq!(ledger.hide("the secret is (secret 1)"), "the (secret 1) is (secret 1)");
        assert_eq!(ledger.add(b"\xff\xfe"), 5);
        assert_eq!(ledger.hide("//4= is not text"), "(secret 5) is not text");
    }
}
