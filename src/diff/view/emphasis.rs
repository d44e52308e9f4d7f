//! Which words of a changed line changed, and which part of a very long line is shown.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A part of a line: its text, and whether it is what changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// The text.
    pub(super) text: String,
    /// Whether it is what changed in the line.
    pub(super) is_changed: bool,
}

/// The longest line that is shown whole, in characters.
const LONGEST: usize = 400;

/// What is kept of a part of a longer line at either end, in characters.
const KEPT: usize = 120;

/// The most parts of a longer line that are shown.
const MOST_PARTS: usize = 8;

/// The most words that are compared one by one.
const MOST_WORDS: usize = 1_000;

/// Returns a line as one part.
pub(super) fn whole(text: &str) -> Vec<Span> {
    cut(vec![Span { text: text.to_owned(), is_changed: false }])
}

/// Returns a line before and after, with what changed in it; one part each where hardly a word is left.
pub(super) fn changed(before: &str, after: &str) -> (Vec<Span>, Vec<Span>) {
    let (old, new) = (words(before), words(after));
    let ops = if old.len().max(new.len()) > MOST_WORDS {
        ends(&old, &new)
    } else {
        capture_diff_slices(Algorithm::Myers, &old, &new)
    };
    let equal = ops.iter().filter(|op| matches!(op, DiffOp::Equal { .. }));
    let kept: usize = equal.map(|op| telling(&old[op.old_range()])).sum();
    let is_short = before.len().max(after.len()) <= LONGEST;
    if is_short && kept * 4 < telling(&old).min(telling(&new)) {
        return (whole(before), whole(after));
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for op in &ops {
        let is_changed = !matches!(op, DiffOp::Equal { .. });
        add(&mut left, &old[op.old_range()], is_changed);
        add(&mut right, &new[op.new_range()], is_changed);
    }
    (cut(left), cut(right))
}

/// Takes a line apart: runs of letters and digits, and every other character alone.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end = if first.is_alphanumeric() {
            rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

/// Counts the words that tell something: blanks and signs are in every line.
fn telling(words: &[&str]) -> usize {
    words.iter().filter(|word| word.starts_with(char::is_alphanumeric)).count()
}

/// Compares only what two lines begin and end with.
fn ends(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let same = |(old, new): &(&&str, &&str)| old == new;
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(same).count();
    let (old_len, new_len) = (old.len() - start - end, new.len() - start - end);
    vec![
        DiffOp::Equal { old_index: 0, new_index: 0, len: start },
        DiffOp::Replace { old_index: start, old_len, new_index: start, new_len },
        DiffOp::Equal { old_index: start + old_len, new_index: start + new_len, len: end },
    ]
}

fn add(spans: &mut Vec<Span>, words: &[&str], is_changed: bool) {
    if words.is_empty() {
        return;
    }
    match spans.last_mut().filter(|span| span.is_changed == is_changed) {
        Some(span) => span.text.extend(words.iter().copied()),
        None => spans.push(Span { text: words.concat(), is_changed }),
    }
}

/// Cuts a very long line: both ends of each part are kept, and what is left out is counted.
fn cut(spans: Vec<Span>) -> Vec<Span> {
    // No text has more characters than bytes.
    let bytes: usize = spans.iter().map(|span| span.text.len()).sum();
    if bytes <= LONGEST || spans.iter().map(|span| span.text.chars().count()).sum::<usize>() <= LONGEST {
        return spans;
    }
    let mut left_out = 0;
    let mut kept: Vec<Span> = Vec::new();
    for (index, span) in spans.into_iter().enumerate() {
        if index >= MOST_PARTS {
            left_out += span.text.chars().count();
        } else {
            kept.push(Span { text: shorten(&span.text, KEPT), ..span });
        }
    }
    if left_out > 0 {
        kept.push(Span { text: mark(left_out), is_changed: false });
    }
    kept
}

/// Returns a text of which both ends are kept, if it is much longer than they are.
pub(super) fn shorten(text: &str, kept: usize) -> String {
    let count = text.chars().count();
    if count <= 3 * kept {
        return text.to_owned();
    }
    let at = |index| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    format!("{}{}{}", &text[..at(kept)], mark(count - 2 * kept), &text[at(count - kept)..])
}

fn mark(characters: usize) -> String {
    format!(" …{characters} more characters… ")
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Span, changed, shorten, whole};

    /// Writes what changed in brackets.
    fn marked(spans: &[Span]) -> String {
        spans.iter().map(|span| if span.is_changed { format!("[{}]", span.text) } else { span.text.clone() }).collect()
    }

    #[test]
    fn words_that_changed_are_marked() {
        for (before, after, left, right) in [
            ("replicas: 3", "replicas: 5", "replicas: [3]", "replicas: [5]"),
            ("image: chaos:1.2.3", "image: chaos:1.2.4", "image: chaos:1.2.[3]", "image: chaos:1.2.[4]"),
            ("a b", "a b c", "a b", "a b[ c]"),
            ("name: x-5f6c", "name: x-9b1e", "name: x-[5f6c]", "name: x-[9b1e]"),
            ("one two three four five", "six seven", "one two three four five", "six seven"),
            ("", "", "", ""),
        ] {
            let (old, new) = changed(before, after);
            assert_eq!((marked(&old).as_str(), marked(&new).as_str()), (left, right));
        }
    }

    #[test]
    fn of_a_long_line_the_change_is_kept() {
        let long = "word ".repeat(5_000);
        let (old, new) = changed(&format!("{long}old{long}"), &format!("{long}new{long}"));
        let (old, new) = (marked(&old), marked(&new));
        assert!(old.contains("[wordold]") || old.contains("[old") || old.contains("old]"), "{old}");
        assert!(new.contains("new") && old.contains("more characters"), "{new}");
        assert!(old.chars().count() < 2 * LONGEST, "{old}");
        assert_eq!(whole(&long).len(), 1);
        assert!(whole(&long)[0].text.contains("…24760 more characters…"));
        assert_eq!(shorten("é".repeat(30).as_str(), 10), "é".repeat(30));
        assert_eq!(shorten("é".repeat(31).as_str(), 10).chars().filter(|c| *c == 'é').count(), 20);
    }
}
