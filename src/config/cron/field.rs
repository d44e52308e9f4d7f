//! One of the five fields: a list of values, ranges and steps, read into a bit set.

use std::ops::Range;

use super::CronError;
use crate::config::value_error::{ValueError, quoted};

/// What a field may hold.
pub(super) struct Field {
    noun: &'static str,
    min: u64,
    max: u64,
    /// The names of the values, from `min` on.
    names: &'static [&'static str],
}

/// The values that a field matches.
#[derive(Default)]
pub(super) struct Set {
    pub(super) bits: u64,
    /// It holds a `*` or `?` without a step, which makes the other day field decide alone.
    pub(super) star: bool,
}

/// The fields in the order in which they stand.
pub(super) const FIELDS: [Field; 5] = [
    Field { noun: "minute", min: 0, max: 59, names: &[] },
    Field { noun: "hour", min: 0, max: 23, names: &[] },
    Field { noun: "day of the month", min: 1, max: 31, names: &[] },
    Field {
        noun: "month",
        min: 1,
        max: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { noun: "day of the week", min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/// A piece of the field with its place.
#[derive(Clone, Copy)]
struct Part<'t> {
    start: usize,
    text: &'t str,
}

impl<'t> Part<'t> {
    fn span(self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    fn split(self, separator: char) -> impl Iterator<Item = Part<'t>> {
        let mut next = self.start;
        self.text.split(separator).map(move |text| {
            let start = next;
            next += text.len() + separator.len_utf8();
            Part { start, text }
        })
    }
}

impl Field {
    /// Reads the field; spans and suggestions are about this field alone.
    ///
    /// Empty list items count for nothing, so `,` is a field that matches nothing: accepted, and it never fires.
    pub(super) fn parse(&self, text: &str) -> Result<Set, CronError> {
        let whole = Part { start: 0, text };
        let mut set = Set::default();
        for item in whole.split(',').filter(|item| !item.text.is_empty()) {
            let Set { bits, star } = self.item(item).map_err(|error| {
                let Range { start, end } = item.span();
                error.map_suggestion(|new| Some(format!("{}{new}{}", &text[..start], &text[end..])))
            })?;
            set.bits |= bits;
            set.star |= star;
        }
        Ok(set)
    }

    /// `*`, `5`, `1-5`, each with or without `/2`.
    fn item(&self, item: Part<'_>) -> Result<Set, CronError> {
        let mut halves = item.split('/');
        let range = halves.next().unwrap_or(item);
        let step = halves.next();
        if halves.next().is_some() {
            return Err(ValueError::new(item.span(), format!("more than one `/` in {}", quoted(item.text)))
                .with_help("one step follows the range, as in `0-30/5`"));
        }
        let mut ends = range.split('-');
        let low = ends.next().unwrap_or(range);
        let high = ends.next();

        // What follows a star is not even looked at: `*-5` means `*`.
        let all = matches!(low.text, "*" | "?");
        let start = match low.text {
            _ if all => self.min,
            // What follows is the `-` or `/` that makes the item not empty.
            "" => return Err(self.one_end_only(low.start..low.start + 1)),
            _ => self.value(low)?,
        };
        let mut end = match high {
            _ if all => self.max,
            None => start,
            Some(_) if ends.next().is_some() => {
                return Err(ValueError::new(range.span(), format!("more than one `-` in {}", quoted(range.text)))
                    .with_help("a range has two ends; separate ranges by `,`"));
            }
            Some(high) if high.text.is_empty() => return Err(self.one_end_only(high.start - 1..high.start)),
            Some(high) => self.value(high)?,
        };
        let step_width = match step {
            None => 1,
            Some(step) => self.step(step)?,
        };
        if step.is_some() && high.is_none() {
            // `5/15` is `5-59/15`.
            end = self.max;
        }
        if start < self.min {
            return Err(ValueError::new(
                low.span(),
                format!("{} is below {}, the lowest {}", quoted(low.text), self.min, self.noun),
            ));
        }
        if end > self.max || start > self.max {
            return Err(self.too_high(low, high, start, end, step.is_some()));
        }
        if start > end {
            return Err(self.backwards(range, low, high, step.is_some()));
        }
        let width = usize::try_from(step_width).unwrap_or(usize::MAX);
        Ok(Set {
            bits: (start..=end).step_by(width).fold(0, |bits, value| bits | 1 << value),
            star: all && step_width == 1,
        })
    }

    /// A number or a name.
    fn value(&self, part: Part<'_>) -> Result<u64, CronError> {
        let folded = fold(part.text);
        if let Some((_, value)) = self.named().find(|(name, _)| *name == folded) {
            return Ok(value);
        }
        number(part.text).ok_or_else(|| self.no_value(part, &folded))
    }

    fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.names.iter().copied().zip(self.min..)
    }

    fn step(&self, part: Part<'_>) -> Result<u64, CronError> {
        match number(part.text) {
            Some(0) => Err(ValueError::new(part.span(), "a step of 0, expected at least 1")
                .with_help(format!("`*/1`, or `*`, is every {}", self.noun))),
            Some(width) => Ok(width),
            None if part.text.is_empty() => Err(ValueError::new(part.start - 1..part.start, "no number after `/`")
                .with_help("write the step, as in `*/5`")),
            None => {
                Err(ValueError::new(part.span(), format!("{} is no step, expected a number from 1", quoted(part.text))))
            }
        }
    }

    fn one_end_only(&self, hyphen: Range<usize>) -> CronError {
        let (min, max) = (self.min, self.max);
        ValueError::new(hyphen, format!("a range with one end only, expected two numbers from {min} to {max}"))
            .with_help("`-` stands between the first and the last value")
    }

    fn no_value(&self, part: Part<'_>, folded: &str) -> CronError {
        let noun = self.noun;
        let error =
            ValueError::new(part.span(), format!("{} is no {noun}, expected {}", quoted(part.text), self.expected()));
        if let Some((name, _)) = self.named().find(|(name, _)| folded.starts_with(name)) {
            return error.with_help(format!("did you mean `{name}`? names have three letters"));
        }
        if let Some(step) = part.text.strip_prefix('*').filter(|step| number(step).is_some()) {
            return error.with_help(format!("did you mean `*/{step}`?"));
        }
        if part.text.contains(['L', 'W', '#', 'l', 'w']) {
            return error.with_help("`L`, `W` and `#` belong to other crons; Kubernetes does not read them");
        }
        if part.text.contains('~') || part.text == "H" {
            return error.with_help("Kubernetes knows no random values; `[schedules.random]` does what is meant");
        }
        error
    }

    fn expected(&self) -> String {
        match self.names {
            [first, .., last] => format!("{}-{} or `{first}`-`{last}`", self.min, self.max),
            _ => format!("{}-{}", self.min, self.max),
        }
    }

    fn too_high(&self, low: Part<'_>, high: Option<Part<'_>>, start: u64, end: u64, stepped: bool) -> CronError {
        let part = high.filter(|_| start <= self.max).unwrap_or(low);
        let error = ValueError::new(
            part.span(),
            format!("{} is above {}, the highest {}", quoted(part.text), self.max, self.noun),
        );
        // Sunday as 7 is the one number that other crons accept.
        if self.max == 6 && (start == 7 || end == 7) {
            let error = error.with_help("Sunday is `0` or `sun`");
            return match high {
                None if !stepped => error.with_suggestion("0"),
                Some(_) if !stepped && start <= 6 => {
                    let days = if start == 6 { "6".to_owned() } else { format!("{}-6", low.text) };
                    let days = if start == 0 { "*".to_owned() } else { format!("{days},0") };
                    error.with_suggestion(days)
                }
                _ => error,
            };
        }
        error
    }

    fn backwards(&self, range: Part<'_>, low: Part<'_>, high: Option<Part<'_>>, stepped: bool) -> CronError {
        let error = ValueError::new(range.span(), format!("range {} runs backwards", quoted(range.text)));
        let Some(high) = high.filter(|_| !stepped) else {
            return error.with_help("a range does not go past its highest value; write two, separated by `,`");
        };
        let named = number(low.text).is_none();
        let end_of = |value: u64, name: Option<&&str>| match name {
            Some(name) if named => (*name).to_owned(),
            _ => value.to_string(),
        };
        let (last, first) = (end_of(self.max, self.names.last()), end_of(self.min, self.names.first()));
        let join = |from: &str, to: &str| {
            if from == to { from.to_owned() } else { format!("{from}-{to}") }
        };
        let two = format!("{},{}", join(low.text, &last), join(&first, high.text));
        error.with_help(format!("ranges do not wrap around; write `{two}`")).with_suggestion(two)
    }
}

/// A whole number as Go's `strconv.Atoi` reads it, none if negative or above 63 bits.
fn number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<i64>().ok().and_then(|value| u64::try_from(value).ok())
}

/// Lower case one character at a time, as Go does it: it makes one `i` of a dotted capital I.
fn fold(text: &str) -> String {
    text.chars().map(|character| character.to_lowercase().next().unwrap_or(character)).collect()
}
