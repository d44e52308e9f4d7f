//! What a plain scalar looks like to `PyYAML`: the patterns of `yaml.resolver.Resolver`, byte by byte.

/// What a plain scalar is, by its look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Look {
    Null,
    Bool(bool),
    Int,
    Float,
    Timestamp,
    Merge,
    Value,
    Text,
}

/// Tells what a plain scalar is.
pub(super) fn look(text: &str) -> Look {
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
pub(super) fn is_decimal(text: &str) -> bool {
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

/// `0o17`.
pub(super) fn is_new_octal(text: &str) -> bool {
    matches!(unsigned(text.as_bytes()), [b'0', b'o', b'0'..=b'7', rest @ ..] if rest.iter().all(|b| matches!(b, b'0'..=b'7')))
}

/// `12:30:45`.
pub(super) fn is_sexagesimal(text: &str) -> bool {
    text.contains(':') && is_integer(text.as_bytes())
}
