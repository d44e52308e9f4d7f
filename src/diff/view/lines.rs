//! An object as lines that look like YAML, each with the path of what it shows.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use serde_json::{Map, Value};

use super::scalar::{scalar, word};
use crate::diff::inner;
use crate::diff::path::{Path, Step, item_step, list_key, quoted};
use crate::plan::hash;
use crate::terminal::is_unseen;

/// What people write first in a manifest.
const IDENTITY: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// What they write first in `metadata`.
const NAMES: [&str; 2] = ["name", "namespace"];

/// Returns whether a text is a list of hashes, as the inventory has them: their number tells people more.
fn is_list_of_hashes(text: &str) -> bool {
    let is_hash = |line: &str| line.len() == 10 && line.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    text.contains('\n') && text.lines().all(is_hash)
}

/// Returns the line that stands for a list of hashes; another list has another line.
fn hashes(name: &str, text: &str) -> String {
    format!("{name} ({} hashes, together {})", text.lines().count(), hash::short(&[text]))
}

/// One line of an object.
pub(super) struct Line {
    /// How far it is indented, in characters.
    pub(super) indent: usize,
    /// The line without what it is indented by; no control characters.
    pub(super) text: String,
    /// The place of what it shows.
    pub(super) place: usize,
}

/// A value inside of an object.
pub(super) struct Place {
    /// The place that it is in; that of the object is its own.
    pub(super) parent: usize,
    /// The step from there; the object has none.
    step: Option<Step>,
    /// What tells it from its neighbours in another version of the object, where its number does not.
    sign: Option<String>,
    /// How many steps it is away from the object.
    depth: usize,
}

/// An object as lines; nothing is no lines.
#[derive(Default)]
pub(super) struct Lines {
    /// The lines, from the first.
    pub(super) lines: Vec<Line>,
    /// The places that they show.
    pub(super) places: Vec<Place>,
}

impl Lines {
    /// Returns the path of a place.
    pub(super) fn path(&self, place: usize) -> Path {
        let mut steps = Vec::new();
        let mut place = &self.places[place];
        while let Some(step) = &place.step {
            steps.push(step.clone());
            place = &self.places[place.parent];
        }
        steps.reverse();
        Path(steps)
    }

    /// Returns a number for each place, the same for the same field of all versions that share what is known.
    ///
    /// What stands before an item in its list has no part in it.
    pub(super) fn shapes<'l>(&'l self, known: &mut HashMap<Shape<'l>, usize>) -> Vec<usize> {
        let mut shapes = Vec::with_capacity(self.places.len());
        for Place { parent, step, sign, .. } in &self.places {
            let above = shapes.get(*parent).copied().unwrap_or_default();
            let shape = Shape { above, step: step.as_ref().filter(|_| sign.is_none()), sign: sign.as_deref() };
            let next = known.len();
            shapes.push(*known.entry(shape).or_insert(next));
        }
        shapes
    }
}

/// What makes two places the same.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Shape<'l> {
    above: usize,
    step: Option<&'l Step>,
    sign: Option<&'l str>,
}

/// Returns the lines of an object.
///
/// The other side of the comparison decides with it how items of lists are named and which texts are opened, so that
/// the same value has the same lines on both sides.
pub(super) fn lines(object: &Value, other: Option<&Value>) -> Lines {
    let may_hold_json = inner::may_hold(object) && other.is_none_or(inner::may_hold);
    let top = Place { parent: 0, step: None, sign: None, depth: 0 };
    let done = Lines { lines: Vec::new(), places: vec![top] };
    let mut printer = Printer { done, is_numbered: false, may_hold_json };
    match object {
        Value::Object(fields) => {
            printer.fields(fields, other, &IDENTITY, &Spot { indent: 0, dashes: String::new(), place: 0 });
        }
        other => printer.line(0, scalar(other), 0),
    }
    printer.done
}

/// Where something is printed.
struct Spot {
    /// How far lines are indented.
    indent: usize,
    /// What stands before the first line of a list's item.
    dashes: String,
    /// The place that it is in.
    place: usize,
}

struct Printer {
    done: Lines,
    /// Whether a list above has items that are told apart by their numbers alone.
    is_numbered: bool,
    may_hold_json: bool,
}

impl Printer {
    /// Prints the fields of an object, those of its key first.
    fn fields(&mut self, fields: &Map<String, Value>, other: Option<&Value>, key: &[&str], spot: &Spot) {
        let first = fields.iter().filter(|(name, _)| key.contains(&name.as_str()));
        let rest = fields.iter().filter(|(name, _)| !key.contains(&name.as_str()));
        for (index, (name, value)) in first.chain(rest).enumerate() {
            let (indent, dashes) = after_dashes(spot, index == 0);
            let place = self.enter(Step::Field(name.clone()), None, spot.place);
            self.field(name, value, other.and_then(|other| other.get(name)), &Spot { indent, dashes, place });
        }
    }

    fn field(&mut self, name: &str, value: &Value, other: Option<&Value>, spot: &Spot) {
        let name = format!("{}{}:", spot.dashes, word(name));
        let is_json_place = self.may_hold_json
            && self.done.places[spot.place].depth == inner::DEPTH
            && inner::is_place(&self.done.path(spot.place));
        match (value, is_json_place.then(|| opened(value, other)).flatten()) {
            (_, Some((value, other))) => self.value(&name, " # JSON", &value, other.as_ref(), spot),
            (Value::String(text), None) if is_list_of_hashes(text) => {
                self.line(spot.indent, hashes(&name, text), spot.place);
            }
            (Value::String(text), None) if text.contains('\n') => self.text(&name, text, spot, below(spot)),
            (value, None) => self.value(&name, "", value, other, spot),
        }
    }

    /// Prints a value behind its name, or below it, with a remark at the end of the line.
    fn value(&mut self, name: &str, remark: &str, value: &Value, other: Option<&Value>, spot: &Spot) {
        let inside = Spot { indent: below(spot), dashes: String::new(), place: spot.place };
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                self.line(spot.indent, format!("{name}{remark}"), spot.place);
                let step = self.done.places[spot.place].step.as_ref();
                let is_metadata = matches!(step, Some(Step::Field(field)) if field == "metadata");
                self.fields(fields, other, if is_metadata { &NAMES } else { &[] }, &inside);
            }
            Value::Array(items) if !items.is_empty() => {
                self.line(spot.indent, format!("{name}{remark}"), spot.place);
                self.items(items, other, &inside);
            }
            value => self.line(spot.indent, format!("{name} {}{remark}", scalar(value)), spot.place),
        }
    }

    fn items(&mut self, items: &[Value], other: Option<&Value>, spot: &Spot) {
        let others = other.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let key = list_key(&[items, others]);
        let key = key.as_deref();
        let was_numbered = self.is_numbered;
        self.is_numbered |= key.is_none();
        let there: HashSet<&Value> = others.iter().filter(|item| key.is_none() && is_nested(item)).collect();
        let by_key: HashMap<Step, &Value> =
            others.iter().filter(|_| key.is_some()).map(|item| (item_step(item, 0, key), item)).collect();
        for (index, item) in items.iter().enumerate() {
            let (indent, dashes) = after_dashes(spot, index == 0);
            let step = item_step(item, index, key);
            // The lines of an item that is on both sides are compared with those of no other item.
            let is_on_both = there.contains(item);
            let sign = if is_on_both { Some(digest(item)) } else { self.is_numbered.then(String::new) };
            let by_number = if is_on_both { Some(item) } else { others.get(index) };
            let other = if key.is_some() { by_key.get(&step).copied() } else { by_number };
            let place = self.enter(step, sign, spot.place);
            let spot = Spot { indent, dashes: dashes + "- ", place };
            match item {
                Value::Object(fields) if !fields.is_empty() => {
                    // Below numbered items either side may see another key; an order that depends on it would differ.
                    let first = if self.is_numbered { &[] } else { key.unwrap_or_default() };
                    self.fields(fields, other, first, &spot);
                }
                Value::Array(items) if !items.is_empty() => self.items(items, other, &spot),
                Value::String(text) if text.contains('\n') => {
                    let below = indent + spot.dashes.len();
                    self.text(spot.dashes.trim_end(), text, &spot, below);
                }
                item => self.line(indent, format!("{}{}", spot.dashes, scalar(item)), place),
            }
        }
        self.is_numbered = was_numbered;
    }

    /// Prints a text of several lines as it is, under its name; a line that hides something stands in quotes.
    fn text(&mut self, name: &str, text: &str, spot: &Spot, below: usize) {
        let kept = text.trim_end_matches('\n');
        let chomping = match text.len() - kept.len() {
            0 => "-",
            1 => "",
            _ => "+",
        };
        self.line(spot.indent, format!("{name} |{chomping}"), spot.place);
        // Of the line breaks at the end, one belongs to the last line.
        let shown = text.strip_suffix('\n').unwrap_or(text);
        for line in shown.split('\n') {
            let hides = line.starts_with('"') || line.ends_with(char::is_whitespace) || line.contains(is_unseen);
            self.line(below, if hides { quoted(line) } else { line.to_owned() }, spot.place);
        }
    }

    fn line(&mut self, indent: usize, text: String, place: usize) {
        self.done.lines.push(Line { indent, text, place });
    }

    fn enter(&mut self, step: Step, sign: Option<String>, parent: usize) -> usize {
        let depth = self.done.places[parent].depth + 1;
        self.done.places.push(Place { parent, step: Some(step), sign, depth });
        self.done.places.len() - 1
    }
}

/// Returns how far what is inside of a field is indented.
fn below(spot: &Spot) -> usize {
    spot.indent + spot.dashes.len() + 2
}

/// Returns whether a value has lines of its own below it.
fn is_nested(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

/// Returns a short text that equal values share.
fn digest(value: &Value) -> String {
    format!("{:x}", BuildHasherDefault::<DefaultHasher>::default().hash_one(value))
}

/// Returns what stands before a line: the dashes before the first, blanks before the others.
fn after_dashes(spot: &Spot, is_first: bool) -> (usize, String) {
    if is_first { (spot.indent, spot.dashes.clone()) } else { (spot.indent + spot.dashes.len(), String::new()) }
}

/// Returns what a text holds and what its counterpart holds, if both are to be shown opened.
fn opened(value: &Value, other: Option<&Value>) -> Option<(Value, Option<Value>)> {
    match other {
        Some(other) if value != other => inner::open_both(value, other).map(|(value, other)| (value, Some(other))),
        Some(_) => inner::open(value).map(|value| (value.clone(), Some(value))),
        None => Some((inner::open(value)?, None)),
    }
}
