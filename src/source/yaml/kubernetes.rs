//! Scalars as `YAMLToJSON` of Go's sigs.k8s.io/yaml 1.6 resolves them: `resolve` of go.yaml.in/yaml/v2, then
//! encoding/json.

use serde_json::Number;

use super::pyyaml::number;
use super::scalar::{CORE, Fault, Scalar, Written, quote, quoted};

/// Resolves a scalar; `<<` means something only as a key.
pub(super) fn resolve(written: Written<'_>, as_key: bool) -> Result<Scalar<'_>, Fault> {
    if as_key && &*written.text == "<<" && is_merge(&written) {
        return Ok(Scalar::Merge);
    }
    let Some(tag) = written.tag.as_deref() else {
        return if written.plain { implicit(written) } else { Ok(Scalar::Text(written.text)) };
    };
    let Some(name) = tag.strip_prefix(CORE) else {
        // A tag of its own is dropped and leaves the text.
        return Ok(Scalar::Text(written.text));
    };
    let what = match name {
        "null" => "null",
        "bool" => "a truth value",
        "int" => "an integer",
        "float" => "a number",
        "timestamp" => {
            return Err(Fault::no_json(
                "`!!timestamp` has no JSON form",
                "remove the tag: a date without one stays a text",
            ));
        }
        "binary" => return binary(&written.text),
        _ => return Ok(Scalar::Text(written.text)),
    };
    let wrong = Fault::refused(
        format!("{} is tagged as {what}, which it is not", quote(&written.text)),
        "remove the tag, or correct the value",
    );
    let name = name.to_owned();
    match (name.as_str(), implicit(written)?) {
        ("null", found @ Scalar::Null)
        | ("bool", found @ Scalar::Bool(_))
        | ("int", found @ Scalar::Integer(_))
        | ("float", found @ Scalar::Float(_)) => Ok(found),
        ("float", Scalar::Integer(whole)) => match whole.as_i64() {
            // The reader rounds to the nearest double without a word; `exact` refuses that.
            #[allow(clippy::cast_precision_loss)]
            Some(whole) => exact(whole as f64, &whole.to_string()),
            None => Err(wrong),
        },
        _ => Err(wrong),
    }
}

/// Turns a resolved scalar into a key, as `YAMLToJSON` writes it.
pub(super) fn key(scalar: Scalar<'_>, written: &str) -> Result<String, Fault> {
    match scalar {
        Scalar::Text(text) => Ok(text.into_owned()),
        Scalar::Bool(value) => Ok(value.to_string()),
        Scalar::Integer(value) if value.is_i64() => Ok(value.to_string()),
        Scalar::Float(value) => Ok(float_key(value)),
        Scalar::Null | Scalar::Integer(_) | Scalar::Merge => {
            Err(Fault::no_json(format!("the key {} is no text for the cluster", quote(written)), quoted(written)))
        }
    }
}

/// `!!binary` is decoded, though hardly anyone means that; it must come out as UTF-8 to have a JSON form.
fn binary(text: &str) -> Result<Scalar<'static>, Fault> {
    let help = "remove the tag: the base64 text is then kept as text";
    let bytes = decode(text).ok_or_else(|| Fault::refused(format!("{} is no base64", quote(text)), help))?;
    String::from_utf8(bytes)
        .map(|text| Scalar::Text(text.into()))
        .map_err(|_| Fault::no_json("`!!binary` bytes that are no UTF-8 text", help))
}

/// Base64 as Go's `StdEncoding` reads it: line breaks are skipped, the padding is needed.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut held, mut padding) = (0_u32, 0_usize, 0_usize);
    for sign in text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')) {
        let value = match sign {
            b'=' if held + padding >= 2 && held + padding < 4 => {
                padding += 1;
                continue;
            }
            b'A'..=b'Z' => sign - b'A',
            b'a'..=b'z' => sign - b'a' + 26,
            b'0'..=b'9' => sign - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        bits = bits << 6 | u32::from(value);
        held += 1;
        if held == 4 {
            bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, held) = (0, 0);
        }
    }
    match (held, padding) {
        (0, 0) => {}
        (2, 2) => bytes.extend_from_slice(&(bits << 12).to_be_bytes()[1..2]),
        (3, 1) => bytes.extend_from_slice(&(bits << 6).to_be_bytes()[1..3]),
        _ => return None,
    }
    Some(bytes)
}

fn is_merge(written: &Written<'_>) -> bool {
    match written.core_tag() {
        Some(name) => name == "merge",
        None => written.plain && written.tag.is_none(),
    }
}

fn implicit(written: Written<'_>) -> Result<Scalar<'_>, Fault> {
    let text = &*written.text;
    let found = match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => {
            let found = match text.as_bytes()[0] {
                b'.' => match separated(text) {
                    Some(digits) => decimal(&digits)?,
                    None => None,
                },
                b'0'..=b'9' | b'-' | b'+' => {
                    let digits = text.replace('_', "");
                    match integer(&digits) {
                        Some(found) => Some(found),
                        None => decimal(&digits)?.or_else(|| odd_binary(&digits)),
                    }
                }
                _ => None,
            };
            match found {
                Some(found) => found,
                None => Scalar::Text(written.text),
            }
        }
    };
    Ok(found)
}

/// Go's `ParseInt` and `ParseUint` with base 0: `0x1f`, `0o17`, `0b11`, `017`.
fn integer(text: &str) -> Option<Scalar<'static>> {
    let (negative, signed, digits) = match text.as_bytes() {
        [b'-', ..] => (true, true, &text[1..]),
        [b'+', ..] => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // A second sign is no digit, though Rust would read it.
    if !digits.as_bytes().first()?.is_ascii_alphanumeric() {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, radix).ok()?;
    let value = if negative { -magnitude } else { magnitude };
    // A sign keeps Go from trying an unsigned integer.
    if signed && i64::try_from(value).is_err() {
        return None;
    }
    number(value).map(Scalar::Integer)
}

/// Takes the underscores out of a text that begins with a point, where Go wants a digit on both sides of each.
fn separated(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    let stray = text
        .as_bytes()
        .windows(3)
        .any(|around| around[1] == b'_' && !(around[0].is_ascii_digit() && around[2].is_ascii_digit()));
    if !text.contains('_') {
        Some(text.into())
    } else if stray || text.ends_with('_') {
        None
    } else {
        Some(text.replace('_', "").into())
    }
}

/// `0b-1`: what the reader makes of a binary number whose sign stands behind the prefix.
fn odd_binary(text: &str) -> Option<Scalar<'static>> {
    let value = i64::from_str_radix(text.strip_prefix("0b")?, 2).ok()?;
    Some(Scalar::Integer(value.into()))
}

/// A decimal fraction or exponent, or an integer beyond 64 bits, as a double.
fn decimal(text: &str) -> Result<Option<Scalar<'static>>, Fault> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    let mantissa_fits = digits(whole)
        && fraction.is_none_or(digits)
        && (!whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty()));
    if !mantissa_fits || !exponent_fits {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            if fraction.is_none() && exponent.is_none() {
                exact(value, text).map(Some)
            } else {
                Ok(Some(Scalar::Float(value)))
            }
        }
        // Beyond a double it stays a text.
        _ => Ok(None),
    }
}

/// The double that the reader takes for an integer, if it is that integer.
fn exact(value: f64, digits: &str) -> Result<Scalar<'static>, Fault> {
    let (sign, magnitude) = match digits.strip_prefix('-') {
        Some(magnitude) => ("-", magnitude),
        None => ("", digits.strip_prefix('+').unwrap_or(digits)),
    };
    let magnitude = magnitude.trim_start_matches('0');
    let magnitude = if magnitude.is_empty() { "0" } else { magnitude };
    if format!("{value:.0}") == format!("{sign}{magnitude}") {
        return Ok(Scalar::Float(value));
    }
    Err(Fault::no_json(
        format!("the integer {} is beyond 64 bits and would be rounded", quote(digits)),
        format!("{} to keep it as a text", quoted(digits)),
    ))
}

/// A double as the cluster reads it back from JSON: Go writes one without a fraction as an integer.
pub(super) fn json_number(value: f64) -> Option<Number> {
    // Both bounds are exact doubles, and inside them the cast loses nothing.
    const BELOW_U64: f64 = 18_446_744_073_709_551_616.0;
    const LEAST_I64: f64 = -9_223_372_036_854_775_808.0;
    if value.fract() == 0.0 && (LEAST_I64..BELOW_U64).contains(&value) {
        #[allow(clippy::cast_possible_truncation)]
        return number(value as i128);
    }
    Number::from_f64(value)
}

/// A double as a key: Go's `FormatFloat(value, 'g', -1, 32)`, the shortest text of the nearest single.
fn float_key(value: f64) -> String {
    #[allow(clippy::cast_possible_truncation)]
    let single = value as f32;
    if single.is_nan() {
        return ".nan".to_owned();
    }
    if single.is_infinite() {
        return if single > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{single:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        format!("{single}")
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::super::tree::ReadErrorKind;
    use super::*;

    fn plain(text: &str) -> Result<Scalar<'_>, Fault> {
        resolve(Written { text: Cow::Borrowed(text), plain: true, tag: None }, false)
    }

    #[test]
    fn the_cluster_reads_otherwise_than_chaos_toolkit() {
        let int = |i: i64| Ok(Scalar::Integer(i.into()));
        for (text, expected) in [
            ("y", Ok(Scalar::Bool(true))),
            ("tRUE", Ok(Scalar::Text("tRUE".into()))),
            ("0644", int(420)),
            ("0o14", int(12)),
            ("08", Ok(Scalar::Float(8.0))),
            ("1_000", int(1000)),
            ("12:30:45", Ok(Scalar::Text("12:30:45".into()))),
            ("1e3", Ok(Scalar::Float(1000.0))),
            ("2026-01-31", Ok(Scalar::Text("2026-01-31".into()))),
            ("0b-1", int(-1)),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn an_integer_beyond_64_bits_is_a_double_only_if_nothing_is_lost() {
        assert_eq!(plain("100000000000000000000"), Ok(Scalar::Float(100_000_000_000_000_000_000.0)));
        let fault = plain("100000000000000000001").unwrap_err();
        assert_eq!(fault.kind, ReadErrorKind::NoJsonForm);
    }

    #[test]
    fn keys_become_texts() {
        for (scalar, expected) in [
            (Scalar::Bool(true), "true"),
            (Scalar::Float(0.1), "0.1"),
            (Scalar::Float(1e21), "1e+21"),
            (Scalar::Float(1e-5), "1e-05"),
        ] {
            assert_eq!(key(scalar, "").unwrap(), expected);
        }
        assert!(key(Scalar::Null, "~").is_err());
    }
}
