//! Scalars as `PyYAML` 6.0.3 resolves them: the implicit resolvers of `yaml.resolver.Resolver` and the constructors of
//! `yaml.constructor.SafeConstructor`, for values that JSON can hold.

use serde_json::Number;

use super::look::{Look, is_decimal, is_new_octal, is_sexagesimal, look};
use super::scalar::{Fault, Scalar, Written, quote, quoted};

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
        // `!!int 0o17` is read by Python's `int`, though a plain `0o17` is a text.
        Some("int") if look(&text) == Look::Int || is_new_octal(&text) => integer(&text),
        Some("int") => Err(wrong("an integer")),
        Some("float") if look(&text) == Look::Float || is_decimal(&text) || is_sexagesimal(&text) => float(&text),
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
        radix(digits.strip_prefix("0o").unwrap_or(digits), 8)?
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
