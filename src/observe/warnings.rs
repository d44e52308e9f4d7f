//! What the server warns of while it is asked: each text once, with the objects that it is about.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::Answer;
use crate::kubernetes::ObjectId;
use crate::snapshot::Warning;

/// How many warnings are shown, and how many objects of each.
const SHOWN: (usize, usize) = (20, 3);

/// The warnings so far: each text with the objects that it is about; `None`: it is about a whole kind.
#[derive(Debug, Default)]
pub(super) struct Warnings(BTreeMap<String, BTreeSet<Option<String>>>);

impl Warnings {
    /// Takes the warnings of an answer; about an object, if one was asked about.
    pub(super) fn add(&mut self, answer: &Answer, about: Option<&ObjectId>) {
        for text in &answer.warnings {
            self.0.entry(text.clone()).or_default().insert(about.map(ToString::to_string));
        }
    }

    /// Takes those of another question.
    pub(super) fn extend(&mut self, other: Warnings) {
        for (text, about) in other.0 {
            self.0.entry(text).or_default().extend(about);
        }
    }

    /// Returns those that are shown, the last of which counts the others.
    pub(super) fn shown(self) -> Vec<Warning> {
        let more = self.0.len().saturating_sub(SHOWN.0);
        let shown = self.0.into_iter().take(SHOWN.0).map(|(text, about)| Warning { about: objects(&about), text });
        let others = Warning { about: String::new(), text: format!("{more} more warnings") };
        shown.chain((more > 0).then_some(others)).collect()
    }
}

/// Names the first objects; nothing if a whole kind is meant.
fn objects(about: &BTreeSet<Option<String>>) -> String {
    let Some(all) = about.iter().map(Option::as_ref).collect::<Option<Vec<&String>>>() else { return String::new() };
    let mut named: Vec<String> = all.iter().take(SHOWN.1).map(|object| format!("`{object}`")).collect();
    if all.len() > SHOWN.1 {
        named.push(format!("{} more", all.len() - SHOWN.1));
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(of: &[(&str, Option<&str>)]) -> Vec<String> {
        let mut warnings = Warnings::default();
        for (text, about) in of {
            warnings.extend(Warnings([((*text).to_owned(), [about.map(str::to_owned)].into())].into()));
        }
        warnings.shown().iter().map(|warning| warning.told(str::to_owned)).collect()
    }

    #[test]
    fn each_text_is_said_once() {
        assert_eq!(
            warnings(&[
                ("b", Some("Job/b")),
                ("b", Some("Job/a")),
                ("b", Some("Job/b")),
                ("a", Some("Job/a")),
                ("a", None),
                ("c", Some("Job/1")),
                ("c", Some("Job/2")),
                ("c", Some("Job/3")),
                ("c", Some("Job/4")),
            ]),
            [
                "the server warns: a",
                "the server warns about `Job/a`, `Job/b`: b",
                "the server warns about `Job/1`, `Job/2`, `Job/3`, 1 more: c",
            ]
        );
        let many: Vec<String> = (10..50).map(|number| number.to_string()).collect();
        let many: Vec<(&str, Option<&str>)> = many.iter().map(|text| (text.as_str(), None)).collect();
        let notes = warnings(&many);
        assert_eq!((notes.len(), notes[20].as_str()), (21, "the server warns: 20 more warnings"));
    }
}
