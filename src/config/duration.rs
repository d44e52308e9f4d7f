//! The durations of chaos.toml: `90s`, `10m`, `1h30m`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::value_error::{ValueError, quoted};

/// The units, longest first, in milliseconds.
///
/// These are Go's, which the users of Kubernetes know; there is no day, because a day is not always 24 hours.
const UNITS: [(&str, u64); 4] = [("h", 60 * 60 * 1000), ("m", 60 * 1000), ("s", 1000), ("ms", 1)];

/// The longest duration, in milliseconds: seven days.
const LONGEST: u64 = 7 * 24 * 60 * 60 * 1000;

/// What other languages call a unit, and what it is here: a number of a known one.
const FOREIGN_UNITS: [(&str, u64, &str); 20] = [
    ("d", 24, "h"),
    ("day", 24, "h"),
    ("days", 24, "h"),
    ("w", 168, "h"),
    ("week", 168, "h"),
    ("hr", 1, "h"),
    ("hrs", 1, "h"),
    ("hour", 1, "h"),
    ("hours", 1, "h"),
    ("min", 1, "m"),
    ("mins", 1, "m"),
    ("minute", 1, "m"),
    ("minutes", 1, "m"),
    ("sec", 1, "s"),
    ("secs", 1, "s"),
    ("second", 1, "s"),
    ("seconds", 1, "s"),
    ("msec", 1, "ms"),
    ("millis", 1, "ms"),
    ("milliseconds", 1, "ms"),
];

/// A time span between one millisecond and seven days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    milliseconds: u64,
}

impl Duration {
    /// Reads whole numbers with the units h, m, s and ms, each at most once and the longer before the shorter.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        if text.is_empty() {
            return Err(ValueError::new(0..0, "empty duration, expected one as `90s` or `1h30m`"));
        }
        let mut milliseconds: u64 = 0;
        let mut at = 0;
        let mut longest = UNITS.len();
        while at < text.len() {
            let (amount, unit, length) = term(text, at)?;
            let rank = UNITS.len() - unit;
            if rank > longest || rank == longest && at > 0 {
                let (name, _) = UNITS[unit];
                return Err(ValueError::new(
                    at..at + length,
                    format!("`{name}` again or behind a shorter unit in {}", quoted(text)),
                )
                .with_help("each unit stands once and the longer before the shorter, as in `1h30m`"));
            }
            longest = rank;
            milliseconds = amount
                .checked_mul(UNITS[unit].1)
                .and_then(|amount| milliseconds.checked_add(amount))
                .ok_or_else(|| too_long(text))?;
            at += length;
        }
        match milliseconds {
            0 => Err(ValueError::new(
                0..text.len(),
                format!("{} is no time at all, expected a positive duration", quoted(text)),
            )),
            1..=LONGEST => Ok(Self { milliseconds }),
            _ => Err(too_long(text)),
        }
    }

    /// A duration of so many whole seconds; none if it is zero or above seven days.
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        let milliseconds = seconds.checked_mul(1000)?;
        (1..=LONGEST).contains(&milliseconds).then_some(Self { milliseconds })
    }

    /// The whole seconds, rounded up, for fields that know nothing shorter.
    pub fn seconds(self) -> u64 {
        self.milliseconds.div_ceil(1000)
    }

    /// The same as a type of the standard library.
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.milliseconds)
    }
}

impl fmt::Display for Duration {
    /// The canonical form: `90s` becomes `1m30s`, `60m` becomes `1h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.milliseconds;
        for (name, width) in UNITS {
            if rest >= width {
                write!(f, "{}{name}", rest / width)?;
                rest %= width;
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl FromStr for Duration {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        Self::parse(text)
    }
}

/// The number and unit at `at`: the amount, the index of the unit, the bytes both take.
fn term(text: &str, at: usize) -> Result<(u64, usize, usize), ValueError> {
    let rest = &text[at..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let behind = &rest[digits..];
    let name = &behind[..behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len())];
    let unit = UNITS.iter().position(|(unit, _)| *unit == name);
    let (Some(unit), true) = (unit, digits > 0) else {
        return Err(refused(text, at, digits, name));
    };
    // A number that does not fit is far above the longest duration.
    let amount = rest[..digits].parse().map_err(|_| too_long(text))?;
    Ok((amount, unit, digits + name.len()))
}

/// The error for a number and unit that are none, with the duration that was probably meant.
fn refused(text: &str, at: usize, digits: usize, name: &str) -> ValueError {
    let number = &text[at..at + digits];
    let error = match (number, name) {
        (_, "") => {
            ValueError::new(at..at + digits, format!("{} has no unit, expected one of h, m, s, ms", quoted(number)))
        }
        ("", _) => ValueError::new(
            at..at + name.len(),
            format!("{} is no duration, expected one as `90s` or `1h30m`", quoted(text)),
        ),
        _ => ValueError::new(
            at + digits..at + digits + name.len(),
            format!("unknown unit {}, expected one of h, m, s, ms", quoted(name)),
        ),
    };
    match meant(text) {
        Some(meant) => error.with_suggestion(meant.to_string()),
        None => error,
    }
}

/// The duration of a text in another notation; a bare number counts seconds.
fn meant(text: &str) -> Option<Duration> {
    let lower = text.to_lowercase();
    let iso = lower.strip_prefix("pt").or_else(|| lower.strip_prefix('p'));
    let mut milliseconds = 0_u64;
    let mut rest = iso.unwrap_or(&lower).trim();
    while !rest.is_empty() {
        let split = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at(split);
        let behind = behind.trim_start();
        let end = behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len());
        let (name, behind) = behind.split_at(end);
        let width = match name {
            "" if behind.is_empty() => 1000,
            _ => width_of(name)?,
        };
        milliseconds = milliseconds.checked_add(scaled(number, width)?)?;
        rest = behind.trim_start();
    }
    (1..=LONGEST).contains(&milliseconds).then_some(Duration { milliseconds })
}

fn width_of(name: &str) -> Option<u64> {
    let known = |name: &str| UNITS.iter().find(|(unit, _)| *unit == name).map(|(_, width)| *width);
    known(name).or_else(|| {
        let (_, count, unit) = FOREIGN_UNITS.iter().find(|(foreign, ..)| *foreign == name)?;
        Some(count * known(unit)?)
    })
}

/// A decimal number of units in milliseconds, where that is a whole number.
fn scaled(number: &str, width: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = whole.parse::<u64>().ok()?.checked_mul(width)?;
    if fraction.is_empty() {
        return Some(whole);
    }
    let scale = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = fraction.parse::<u64>().ok()?.checked_mul(width)?;
    (part % scale == 0).then_some(whole.checked_add(part / scale)?)
}

fn too_long(text: &str) -> ValueError {
    ValueError::new(0..text.len(), format!("{} is longer than seven days", quoted(text)))
        .with_help("the longest duration is `168h`")
}

#[cfg(test)]
mod tests {
    use super::Duration;

    /// Text, canonical form, seconds rounded up.
    #[rustfmt::skip]
    const ACCEPTED: [(&str, &str, u64); 13] = [
        ("10m", "10m", 600),
        ("1h30m", "1h30m", 5_400),
        ("90s", "1m30s", 90),
        ("60m", "1h", 3_600),
        ("0h5m", "5m", 300),
        ("5m0s", "5m", 300),
        ("007s", "7s", 7),
        ("1ms", "1ms", 1),
        ("1500ms", "1s500ms", 2),
        ("1000ms", "1s", 1),
        ("1h2m3s4ms", "1h2m3s4ms", 3_724),
        ("168h", "168h", 604_800),
        ("167h59m60s", "168h", 604_800),
    ];

    #[test]
    fn a_duration_has_one_canonical_form() {
        for (text, canonical, seconds) in ACCEPTED {
            let duration = Duration::parse(text).unwrap();
            assert_eq!(duration.to_string(), canonical, "{text}");
            assert_eq!(duration.seconds(), seconds, "{text}");
            assert_eq!(Duration::parse(canonical), Ok(duration), "{text}");
        }
        assert!(Duration::from_seconds(90) < Duration::from_seconds(91));
        assert_eq!(Duration::parse("1500ms").unwrap().to_std().as_millis(), 1_500);
        assert_eq!(Duration::from_seconds(90), Duration::parse("90s").ok());
        assert_eq!(Duration::from_seconds(0), None);
        assert_eq!(Duration::from_seconds(604_801), None);
        assert_eq!(Duration::from_seconds(u64::MAX), None);
    }

    /// Text, the text under the span, the message, the suggestion (`-` for none).
    #[rustfmt::skip]
    const REFUSED: [(&str, &str, &str, &str); 32] = [
        ("", "", "empty duration, expected one as `90s` or `1h30m`", "-"),
        ("10", "10", "`10` has no unit, expected one of h, m, s, ms", "10s"),
        ("1h30", "30", "`30` has no unit, expected one of h, m, s, ms", "1h30s"),
        ("1d", "d", "unknown unit `d`, expected one of h, m, s, ms", "24h"),
        ("7d", "d", "unknown unit `d`, expected one of h, m, s, ms", "168h"),
        ("8d", "d", "unknown unit `d`, expected one of h, m, s, ms", "-"),
        ("1w", "w", "unknown unit `w`, expected one of h, m, s, ms", "168h"),
        ("10M", "M", "unknown unit `M`, expected one of h, m, s, ms", "10m"),
        ("10 m", " m", "unknown unit ` m`, expected one of h, m, s, ms", "10m"),
        ("10m ", "m ", "unknown unit `m `, expected one of h, m, s, ms", "10m"),
        (" 10m", " ", "` 10m` is no duration, expected one as `90s` or `1h30m`", "10m"),
        ("1h 30m", "h ", "unknown unit `h `, expected one of h, m, s, ms", "1h30m"),
        ("10min", "min", "unknown unit `min`, expected one of h, m, s, ms", "10m"),
        ("2 hours", " hours", "unknown unit ` hours`, expected one of h, m, s, ms", "2h"),
        ("1.5h", ".", "unknown unit `.`, expected one of h, m, s, ms", "1h30m"),
        ("0.5s", ".", "unknown unit `.`, expected one of h, m, s, ms", "500ms"),
        ("1.23456s", ".", "unknown unit `.`, expected one of h, m, s, ms", "-"),
        ("PT10M", "PT", "`PT10M` is no duration, expected one as `90s` or `1h30m`", "10m"),
        ("P1D", "P", "`P1D` is no duration, expected one as `90s` or `1h30m`", "24h"),
        ("5us", "us", "unknown unit `us`, expected one of h, m, s, ms", "-"),
        ("-5m", "-", "`-5m` is no duration, expected one as `90s` or `1h30m`", "-"),
        ("+5m", "+", "`+5m` is no duration, expected one as `90s` or `1h30m`", "-"),
        ("m", "m", "`m` is no duration, expected one as `90s` or `1h30m`", "-"),
        ("0", "0", "`0` has no unit, expected one of h, m, s, ms", "-"),
        ("0s", "0s", "`0s` is no time at all, expected a positive duration", "-"),
        ("5m5m", "5m", "`m` again or behind a shorter unit in `5m5m`", "-"),
        ("30m1h", "1h", "`h` again or behind a shorter unit in `30m1h`", "-"),
        ("1ms1s", "1s", "`s` again or behind a shorter unit in `1ms1s`", "-"),
        ("169h", "169h", "`169h` is longer than seven days", "-"),
        ("168h1ms", "168h1ms", "`168h1ms` is longer than seven days", "-"),
        ("99999999999999999999h", "99999999999999999999h", "`99999999999999999999h` is longer than seven days", "-"),
        ("5µs", "µs", "unknown unit `µs`, expected one of h, m, s, ms", "-"),
    ];

    #[test]
    fn a_refusal_names_the_duration_that_was_meant() {
        for (text, span, message, suggestion) in REFUSED {
            let error = Duration::parse(text).unwrap_err();
            assert_eq!(error.message, message, "{text:?}");
            assert_eq!(text.get(error.span.clone()), Some(span), "{text:?}");
            assert_eq!(error.suggestion.as_deref().unwrap_or("-"), suggestion, "{text:?}");
            assert!(suggestion == "-" || Duration::parse(suggestion).is_ok(), "{suggestion}");
        }
    }
}
