//! Scalars as `PyYAML` 6.0.3 resolves them: the implicit resolvers of `yaml.resolver.Resolver` and the constructors of
//! `yaml.constructor.SafeConstructor`, for values that JSON can hold.

use serde_json::Number;

use super::scalar::{Fault, Scalar, Written, quote, quoted};

/// What a plain scalar is, by its look.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Look {
    Null,
    Bool(bool),
    Int,
    Float,
    Timestamp,
    Merge,
    Value,
    Text,
}

/// Resolves a scalar; the signs `<<` and `=` mean something only as a key.
pub(super) fn resolve(written: Written<'_>, as_key: bool) -> Result<Scalar<'_>, Fault> {
    if written.tag.is_some() {
        return tagged(written, as_key);
    }
    let text = written.text;
    if !written.plain {
        return Ok(Scalar::Text(text));
    }
    match look(&text) {
        Look::Null => Ok(Scalar::Null),
        Look::Bool(value) => Ok(Scalar::Bool(value)),
        Look::Int => integer(&text),
        Look::Float => float(&text),
        Look::Timestamp => Err(timestamp(&text)),
        Look::Merge if as_key => Ok(Scalar::Merge),
        Look::Value if as_key => Ok(Scalar::Text(text)),
        Look::Merge | Look::Value => {
            Err(Fault::refused(format!("PyYAML has no value for a plain {}", quote(&text)), quoted(&text)))
        }
        Look::Text => Ok(Scalar::Text(text)),
    }
}

/// Turns a resolved scalar into a key: only a text is one.
pub(super) fn key(scalar: Scalar<'_>, written: &str) -> Result<String, Fault> {
    let found = match scalar {
        Scalar::Text(text) => return Ok(text.into_owned()),
        Scalar::Null => "nothing (null)",
        Scalar::Bool(true) => "the truth value `true`",
        Scalar::Bool(false) => "the truth value `false`",
        Scalar::Integer(_) | Scalar::Float(_) => "a number",
        Scalar::Merge => "a merge",
    };
    Err(Fault::no_json(format!("the key {} is {found} for PyYAML, expected a text", quote(written)), quoted(written)))
}

fn tagged(written: Written<'_>, as_key: bool) -> Result<Scalar<'_>, Fault> {
    let text = written.text.clone();
    let wrong = |what: &str| {
        Fault::refused(
            format!("{} is tagged as {what}, which it is not", quote(&text)),
            "remove the tag, or correct the value",
        )
    };
    match written.core_tag() {
        Some("str") => Ok(Scalar::Text(written.text)),
        Some("null") => Ok(Scalar::Null),
        Some("bool") => match text.to_lowercase().as_str() {
            "yes" | "true" | "on" => Ok(Scalar::Bool(true)),
            "no" | "false" | "off" => Ok(Scalar::Bool(false)),
            _ => Err(wrong("a truth value")),
        },
        Some("int") if look(&text) == Look::Int => integer(&text),
        Some("int") => Err(wrong("an integer")),
        Some("float") if matches!(look(&text), Look::Float) || is_decimal(&text) => float(&text),
        Some("float") => Err(wrong("a number")),
        Some("merge") if as_key => Ok(Scalar::Merge),
        Some("value") if as_key => Ok(Scalar::Text(written.text)),
        Some("timestamp") => Err(timestamp(&text)),
        Some("binary") => Err(Fault::no_json(
            "`!!binary` makes bytes, which JSON cannot hold",
            "remove the tag: the base64 text is then kept as text",
        )),
        _ => Err(unknown_tag(written.tag.as_deref().unwrap_or_default())),
    }
}

/// Says whether a sequence (or a mapping) may carry the tag.
pub(super) fn collection_tag(tag: &str, mapping: bool) -> Result<(), Fault> {
    let name = tag.strip_prefix(super::scalar::CORE);
    match (name, mapping) {
        (Some("map"), true) | (Some("seq"), false) => Ok(()),
        (Some("set"), true) | (Some("omap" | "pairs"), false) => Err(Fault::no_json(
            format!("`!!{}` has no JSON form", name.unwrap_or_default()),
            "remove the tag, and write a plain sequence or mapping",
        )),
        (Some("map" | "seq" | "set" | "omap" | "pairs" | "str" | "int" | "float" | "bool" | "null"), _) => {
            Err(Fault::refused(
                format!(
                    "a {} cannot be tagged `!!{}`",
                    if mapping { "mapping" } else { "sequence" },
                    name.unwrap_or_default()
                ),
                "remove the tag",
            ))
        }
        _ => Err(unknown_tag(tag)),
    }
}

fn unknown_tag(tag: &str) -> Fault {
    Fault::refused(format!("PyYAML cannot construct the tag {}", quote(tag)), "remove the tag")
}

fn timestamp(text: &str) -> Fault {
    Fault::no_json(format!("{} is a date for PyYAML, which JSON cannot hold", quote(text)), quoted(text))
}

fn look(text: &str) -> Look {
    let bytes = text.as_bytes();
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Look::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Look::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Look::Bool(false);
        }
        "<<" => return Look::Merge,
        "=" => return Look::Value,
        _ => {}
    }
    // No number and no date starts with anything else.
    if !matches!(bytes.first(), Some(b'-' | b'+' | b'.' | b'0'..=b'9')) {
        return Look::Text;
    }
    if is_float(bytes) {
        Look::Float
    } else if is_integer(bytes) {
        Look::Int
    } else if is_timestamp(bytes) {
        Look::Timestamp
    } else {
        Look::Text
    }
}

fn unsigned(bytes: &[u8]) -> &[u8] {
    match bytes {
        [b'-' | b'+', rest @ ..] => rest,
        _ => bytes,
    }
}

/// Splits off the bytes at the start that `keep` accepts.
fn run(bytes: &[u8], keep: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|b| !keep(*b)).unwrap_or(bytes.len());
    bytes.split_at(end)
}

fn digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

/// `1_000.5e+3`, `.5`, `12:30.5`, `-.inf`, `.NaN`: a point is needed, and the exponent needs a sign.
fn is_float(bytes: &[u8]) -> bool {
    let rest = unsigned(bytes);
    let signed = rest.len() < bytes.len();
    if matches!(rest, b".inf" | b".Inf" | b".INF") {
        return true;
    }
    if !signed && matches!(rest, b".nan" | b".NaN" | b".NAN") {
        return true;
    }
    match rest {
        [b'.', b'0'..=b'9', ..] if !signed => {
            let (_, rest) = run(&rest[1..], digit_or_underscore);
            is_signed_exponent(rest)
        }
        [b'0'..=b'9', ..] => {
            let (_, rest) = run(rest, digit_or_underscore);
            match rest {
                [b'.', rest @ ..] => {
                    let (_, rest) = run(rest, digit_or_underscore);
                    is_signed_exponent(rest)
                }
                [b':', ..] => match sixties(rest) {
                    Some([b'.', rest @ ..]) => rest.iter().all(|b| digit_or_underscore(*b)),
                    _ => false,
                },
                _ => false,
            }
        }
        _ => false,
    }
}

fn is_signed_exponent(bytes: &[u8]) -> bool {
    match bytes {
        [] => true,
        [b'e' | b'E', b'-' | b'+', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Skips `:59:59`; what follows the last part, or `None` where a part is no number below sixty.
fn sixties(mut bytes: &[u8]) -> Option<&[u8]> {
    while let [b':', rest @ ..] = bytes {
        bytes = match rest {
            [b'0'..=b'5', b'0'..=b'9', rest @ ..] | [b'0'..=b'9', rest @ ..] => rest,
            _ => return None,
        };
    }
    Some(bytes)
}

/// `0b1_0`, `0644`, `1_000`, `0xff`, `12:30:45`.
fn is_integer(bytes: &[u8]) -> bool {
    let rest = unsigned(bytes);
    match rest {
        b"0" => true,
        [b'0', b'b', digits @ ..] => !digits.is_empty() && digits.iter().all(|b| matches!(b, b'0' | b'1' | b'_')),
        [b'0', b'x', digits @ ..] => !digits.is_empty() && digits.iter().all(|b| b.is_ascii_hexdigit() || *b == b'_'),
        [b'0', digits @ ..] => digits.iter().all(|b| matches!(b, b'0'..=b'7' | b'_')),
        [b'1'..=b'9', ..] => {
            let (_, rest) = run(rest, digit_or_underscore);
            sixties(rest).is_some_and(<[u8]>::is_empty)
        }
        _ => false,
    }
}

/// `2026-01-31`, or a date and a time `2026-1-31T9:30:00.5 +01:00`; both as PyYAML matches them, valid or not.
fn is_timestamp(bytes: &[u8]) -> bool {
    let number = |bytes: &'_ [u8], least: usize, most: usize| -> Option<usize> {
        let count = bytes.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        (count >= least).then_some(count)
    };
    let date_time = || -> Option<bool> {
        let mut rest = bytes;
        let skip = |rest: &mut &[u8], least, most| -> Option<usize> {
            let count = number(rest, least, most)?;
            *rest = &rest[count..];
            Some(count)
        };
        let expect =
            |rest: &mut &[u8], sign: u8| -> Option<()> { (rest.first() == Some(&sign)).then(|| *rest = &rest[1..]) };
        skip(&mut rest, 4, 4)?;
        expect(&mut rest, b'-')?;
        let month = skip(&mut rest, 1, 2)?;
        expect(&mut rest, b'-')?;
        let day = skip(&mut rest, 1, 2)?;
        if rest.is_empty() {
            return Some(month == 2 && day == 2);
        }
        rest = match rest {
            [b'T' | b't', rest @ ..] => rest,
            [b' ' | b'\t', ..] => run(rest, |b| matches!(b, b' ' | b'\t')).1,
            _ => return None,
        };
        skip(&mut rest, 1, 2)?;
        expect(&mut rest, b':')?;
        skip(&mut rest, 2, 2)?;
        expect(&mut rest, b':')?;
        skip(&mut rest, 2, 2)?;
        if let [b'.', fraction @ ..] = rest {
            rest = run(fraction, |b| b.is_ascii_digit()).1;
        }
        if rest.is_empty() {
            return Some(true);
        }
        rest = run(rest, |b| matches!(b, b' ' | b'\t')).1;
        match rest {
            b"Z" => Some(true),
            [b'-' | b'+', zone @ ..] => {
                rest = zone;
                skip(&mut rest, 1, 2)?;
                if rest.is_empty() {
                    return Some(true);
                }
                expect(&mut rest, b':')?;
                skip(&mut rest, 2, 2)?;
                Some(rest.is_empty())
            }
            _ => None,
        }
    };
    date_time().unwrap_or(false)
}

/// What Python's `float()` reads without a point or without a sign in the exponent: for `!!float 12`, `!!float 1e3`.
fn is_decimal(text: &str) -> bool {
    let (whole, rest) = run(unsigned(text.as_bytes()), digit_or_underscore);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => run(rest, digit_or_underscore),
        _ => (&[][..], rest),
    };
    let exponent = match rest {
        [] => true,
        [b'e' | b'E', rest @ ..] => {
            let digits = unsigned(rest);
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    exponent && whole.iter().chain(fraction).any(u8::is_ascii_digit)
}

fn integer(written: &str) -> Result<Scalar<'static>, Fault> {
    let text = written.replace('_', "");
    let negative = text.starts_with('-');
    let digits = text.trim_start_matches(['-', '+']);
    let beyond = || {
        Fault::no_json(
            format!("the integer {} is beyond 64 bits", quote(written)),
            format!("{} to keep it as a text", quoted(written)),
        )
    };
    let radix = |digits: &str, radix: u32| -> Result<i128, Fault> {
        if digits.is_empty() {
            return Err(Fault::refused(format!("{} is an integer without a digit", quote(written)), quoted(written)));
        }
        i128::from_str_radix(digits, radix).map_err(|_| beyond())
    };
    let magnitude = if let Some(binary) = digits.strip_prefix("0b") {
        radix(binary, 2)?
    } else if let Some(hex) = digits.strip_prefix("0x") {
        radix(hex, 16)?
    } else if digits.starts_with('0') {
        radix(digits, 8)?
    } else {
        let mut sum = 0_i128;
        for part in digits.split(':') {
            let part = radix(part, 10)?;
            sum = sum.checked_mul(60).and_then(|sum| sum.checked_add(part)).ok_or_else(beyond)?;
        }
        sum
    };
    let value = if negative { -magnitude } else { magnitude };
    number(value).map(Scalar::Integer).ok_or_else(beyond)
}

/// The JSON integer, if it fits 64 bits.
pub(super) fn number(value: i128) -> Option<Number> {
    i64::try_from(value).map(Number::from).or_else(|_| u64::try_from(value).map(Number::from)).ok()
}

fn float(written: &str) -> Result<Scalar<'static>, Fault> {
    let text = written.replace('_', "").to_ascii_lowercase();
    let negative = text.starts_with('-');
    let digits = text.trim_start_matches(['-', '+']);
    let no_json = || Fault::no_json(format!("{} is a number that JSON cannot hold", quote(written)), quoted(written));
    let read = |text: &str| text.parse::<f64>().map_err(|_| no_json());
    let magnitude = if matches!(digits, ".inf" | ".nan") {
        return Err(no_json());
    } else if digits.contains(':') {
        // The parts are summed from the last one, as Python does: the order decides the rounding.
        let (mut sum, mut base) = (0.0, 1.0);
        for part in digits.rsplit(':') {
            sum += read(part)? * base;
            base *= 60.0;
        }
        sum
    } else {
        read(digits)?
    };
    if !magnitude.is_finite() {
        return Err(no_json());
    }
    Ok(Scalar::Float(if negative { -magnitude } else { magnitude }))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn plain(text: &str) -> Result<Scalar<'_>, Fault> {
        resolve(Written { text: Cow::Borrowed(text), plain: true, tag: None }, false)
    }

    #[test]
    fn yaml_1_1_reads_more_than_it_seems() {
        let int = |i: i64| Ok(Scalar::Integer(i.into()));
        for (text, expected) in [
            ("on", Ok(Scalar::Bool(true))),
            ("y", Ok(Scalar::Text("y".into()))),
            ("tRUE", Ok(Scalar::Text("tRUE".into()))),
            ("0644", int(420)),
            ("0o14", Ok(Scalar::Text("0o14".into()))),
            ("08", Ok(Scalar::Text("08".into()))),
            ("1_000", int(1000)),
            ("12:30:45", int(45045)),
            ("1e3", Ok(Scalar::Text("1e3".into()))),
            ("1.0e+3", Ok(Scalar::Float(1000.0))),
            ("-0b11", int(-3)),
            ("1:30.5", Ok(Scalar::Float(90.5))),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn what_json_cannot_hold_is_an_error_with_a_way_out() {
        for text in ["2026-01-31", "2026-1-31 9:30:00", ".nan", "-.inf", "99999999999999999999"] {
            let fault = plain(text).unwrap_err();
            assert_eq!(fault.kind, super::super::super::tree::ReadErrorKind::NoJsonForm, "{text}");
            assert!(fault.help.unwrap().starts_with("quote it"), "{text}");
        }
    }
}
