//! The duration of `@every`, as Go's `time.ParseDuration` reads it.

use super::CronError;
use crate::config::value_error::{ValueError, quoted};

/// The units in nanoseconds; both micro signs are known.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The magnitude of Go's smallest duration, in nanoseconds.
const LIMIT: u64 = 1 << 63;

/// The whole seconds between two fires: fractions are cut, and all below one second, negative ones too, is one second.
pub(super) fn seconds(text: &str) -> Result<i64, CronError> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let negative = text.starts_with('-');
    if unsigned == "0" {
        return Ok(1);
    }
    if unsigned.is_empty() {
        return Err(ValueError::new(0..text.len(), "no duration after `@every`, expected one as `90m`"));
    }
    let mut total: u64 = 0;
    let mut at = text.len() - unsigned.len();
    while at < text.len() {
        let (nanoseconds, length) = term(&text[at..]).map_err(|error| error.moved(at))?;
        at += length;
        total = total.checked_add(nanoseconds).filter(|total| *total <= LIMIT).ok_or_else(|| too_long(text))?;
    }
    if negative {
        return Ok(1);
    }
    let nanoseconds = i64::try_from(total).map_err(|_| too_long(text))?;
    Ok((nanoseconds / 1_000_000_000).max(1))
}

/// One number with its unit: nanoseconds, and the bytes it takes.
fn term(text: &str) -> Result<(u64, usize), CronError> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let fraction = match text[whole..].strip_prefix('.') {
        Some(rest) => 1 + digits(rest),
        None => 0,
    };
    let number = whole + fraction;
    let ends = |character: char| character == '.' || character.is_ascii_digit();
    let unit = text[number..].find(ends).unwrap_or(text.len() - number);
    if whole == 0 && fraction <= 1 {
        return Err(ValueError::new(0..text.len(), format!("{} is no duration", quoted(text)))
            .with_help("write numbers with units, as in `@every 1h30m`"));
    }
    let name = &text[number..number + unit];
    let Some((_, width)) = UNITS.iter().find(|(unit, _)| *unit == name) else {
        let help = "the units are `h`, `m`, `s` and `ms`, as in `@every 1h30m`; a day is `24h`";
        return Err(match name {
            "" => ValueError::new(0..number, format!("{} has no unit", quoted(&text[..number]))),
            _ => ValueError::new(number..number + unit, format!("unknown unit {}", quoted(name))),
        }
        .with_help(help));
    };
    let value: u64 = text[..whole]
        .bytes()
        .try_fold(0, |value: u64, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
        .filter(|value| *value <= LIMIT / width)
        .ok_or_else(|| too_long(text))?;
    let nanoseconds = value * width + part_of(&text[(whole + 1).min(number)..number], *width);
    if nanoseconds > LIMIT {
        return Err(too_long(text));
    }
    Ok((nanoseconds, number + unit))
}

/// The digits behind the point, in nanoseconds.
///
/// Go computes this in floating point; the same is done here, so that the same second comes out.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the rounding of Go's conversions is what is wanted; the result is positive and below one unit"
)]
fn part_of(digits: &str, unit: u64) -> u64 {
    let (mut value, mut scale) = (0_u64, 1_f64);
    for digit in digits.bytes() {
        // Digits that no longer fit are left out.
        let Some(next) = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(u64::from(digit - b'0')))
            .filter(|next| *next <= LIMIT)
        else {
            break;
        };
        value = next;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

fn too_long(text: &str) -> CronError {
    ValueError::new(0..text.len(), format!("{} is too long a duration", quoted(text)))
        .with_help("at most `2562047h`, about 292 years")
}
