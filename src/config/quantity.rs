//! Amounts of resources, as `k8s.io/apimachinery` reads a `resource.Quantity`: `100m`, `128Mi`, `1.5`, `1e3`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::value_error::{ValueError, quoted};

/// The suffixes: a power of two or of ten.
const SUFFIXES: [(&str, Factor); 16] = [
    ("", Factor::Ten(0)),
    ("n", Factor::Ten(-9)),
    ("u", Factor::Ten(-6)),
    ("m", Factor::Ten(-3)),
    ("k", Factor::Ten(3)),
    ("M", Factor::Ten(6)),
    ("G", Factor::Ten(9)),
    ("T", Factor::Ten(12)),
    ("P", Factor::Ten(15)),
    ("E", Factor::Ten(18)),
    ("Ki", Factor::Two(10)),
    ("Mi", Factor::Two(20)),
    ("Gi", Factor::Two(30)),
    ("Ti", Factor::Two(40)),
    ("Pi", Factor::Two(50)),
    ("Ei", Factor::Two(60)),
];

/// What a unit in a value stands for: how many billionths it has.
const NANO: i128 = 1_000_000_000;

#[derive(Clone, Copy)]
enum Factor {
    Ten(i64),
    Two(u32),
}

/// An amount as it was written; equal and ordered by its value.
///
/// As in Kubernetes, digits beyond the ninth decimal round away from zero, and amounts with a binary suffix end at
/// 2^63 − 1. Amounts above 10^29 are all the same here.
#[derive(Debug, Clone)]
pub struct Quantity {
    text: String,
    nanos: i128,
}

impl Quantity {
    /// Reads an amount; white space around it counts for nothing, as in the API server.
    ///
    /// The API server takes texts without any digit (`Ki`, `-`, `.`) for zero; these are refused here.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let written = text.trim();
        let number = Number::read(written);
        let suffix = &written[number.length..];
        if number.whole.is_empty() && number.fraction.is_empty() {
            let message = format!("{} is no quantity, expected a number as `100m` or `128Mi`", quoted(text));
            let error = ValueError::new(0..text.len(), message);
            return Err(suggest(error, written));
        }
        let Some(factor) = factor(suffix) else {
            let start = text.len() - text.trim_start().len() + number.length;
            let message = format!(
                "{} is no suffix of a quantity, expected m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei or none",
                quoted(suffix)
            );
            let error = ValueError::new(start..start + suffix.len(), message);
            return Err(suggest(error, written));
        };
        Ok(Self { text: written.to_owned(), nanos: number.nanos(factor) })
    }

    /// The amount as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is below zero, which no request or limit may be.
    pub fn is_negative(&self) -> bool {
        self.nanos < 0
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// The amount as bytes; none if it is negative, above 64 bits, or no whole number (`128m` of memory).
    pub fn bytes(&self) -> Option<u64> {
        (self.nanos % NANO == 0).then(|| u64::try_from(self.nanos / NANO).ok()).flatten()
    }
}

/// Returns whether two values of a manifest are the same amount, however they are written: `"1000m"`, `"1"`, `1`.
pub fn is_same(a: &Value, b: &Value) -> bool {
    let amount = |value: &Value| match value {
        Value::String(text) => Quantity::parse(text).ok(),
        Value::Number(number) => Quantity::parse(&number.to_string()).ok(),
        _ => None,
    };
    amount(a).is_some_and(|a| Some(a) == amount(b))
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Quantity {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        Self::parse(text)
    }
}

/// The number in front of the suffix.
struct Number<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
    length: usize,
}

impl<'t> Number<'t> {
    fn read(text: &'t str) -> Self {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let digits = |text: &'t str| &text[..text.bytes().take_while(u8::is_ascii_digit).count()];
        let whole = digits(unsigned);
        let behind = &unsigned[whole.len()..];
        let (fraction, point) = match behind.strip_prefix('.') {
            Some(rest) => (digits(rest), 1),
            None => ("", 0),
        };
        Self {
            negative: text.starts_with('-'),
            whole,
            fraction,
            length: text.len() - behind.len() + point + fraction.len(),
        }
    }

    /// The number in billionths, computed on its decimal digits, so that none is lost before the rounding.
    fn nanos(&self, factor: Factor) -> i128 {
        let mut digits: Vec<u8> = self
            .whole
            .bytes()
            .chain(self.fraction.bytes())
            .map(|digit| digit - b'0')
            .skip_while(|digit| *digit == 0)
            .collect();
        if digits.is_empty() {
            return 0;
        }
        // The decimal point stands this many digits to the right of the end.
        let mut shift = 9 - i64::try_from(self.fraction.len()).unwrap_or(i64::MAX);
        match factor {
            Factor::Ten(exponent) => shift = shift.saturating_add(exponent),
            Factor::Two(exponent) => (0..exponent).for_each(|_| double(&mut digits)),
        }
        let mut rest = false;
        if shift < 0 {
            let dropped = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
            let kept = digits.len().saturating_sub(dropped);
            rest = digits[kept..].iter().any(|digit| *digit != 0);
            digits.truncate(kept);
        }
        let mut nanos =
            digits.iter().fold(0_i128, |value, digit| value.saturating_mul(10).saturating_add(i128::from(*digit)));
        // Forty zeros are beyond every amount.
        for _ in 0..shift.clamp(0, 40) {
            nanos = nanos.saturating_mul(10);
        }
        nanos = nanos.saturating_add(i128::from(rest));
        if matches!(factor, Factor::Two(_)) {
            nanos = nanos.min(i128::from(i64::MAX) * NANO);
        }
        if self.negative { -nanos } else { nanos }
    }
}

/// Twice a number in decimal digits.
fn double(digits: &mut Vec<u8>) {
    let mut carry = 0;
    for digit in digits.iter_mut().rev() {
        let twice = *digit * 2 + carry;
        *digit = twice % 10;
        carry = twice / 10;
    }
    if carry > 0 {
        digits.insert(0, carry);
    }
}

/// A known suffix, or an exponent as in `1e3`.
fn factor(suffix: &str) -> Option<Factor> {
    if let Some((_, factor)) = SUFFIXES.iter().find(|(name, _)| *name == suffix) {
        return Some(*factor);
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    // Go cuts exponents to 32 bits, which would give another number; nobody means those.
    exponent.parse::<i32>().ok().map(|exponent| Factor::Ten(i64::from(exponent)))
}

/// Adds the quantity that was probably meant: another case, a `B` for bytes, a decimal comma, inner space.
fn suggest(error: ValueError, written: &str) -> ValueError {
    let plain: String = written
        .chars()
        .filter(|character| !character.is_whitespace() && *character != '_')
        .map(|character| if character == ',' { '.' } else { character })
        .collect();
    let number = Number::read(&plain);
    let (amount, suffix) = plain.split_at(number.length);
    let lower = suffix.to_lowercase();
    let unit = lower
        .strip_suffix("bytes")
        .or_else(|| lower.strip_suffix("byte"))
        .or_else(|| lower.strip_suffix('b'))
        .unwrap_or(&lower);
    // A small `m` is a thousandth; in front of a `B` it was meant as a million.
    let capital = if unit.len() < lower.len() { unit.to_uppercase() } else { String::new() };
    let known = |wanted: &str| {
        let found = SUFFIXES.iter().map(|(name, _)| *name).find(|name| *name == wanted);
        let folded = || SUFFIXES.iter().map(|(name, _)| *name).find(|name| name.to_lowercase() == wanted);
        found.or_else(folded)
    };
    let meant = match capital.as_str() {
        "M" => Some("M"),
        // An exponent without its number.
        _ if unit == "e" => None,
        _ => known(unit),
    };
    match meant {
        Some(suffix) if !(number.whole.is_empty() && number.fraction.is_empty()) => {
            error.with_suggestion(format!("{amount}{suffix}"))
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// Texts of one value, from the smallest value to the greatest.
    #[rustfmt::skip]
    const ORDER: [&[&str]; 19] = [
        &["-1Ki", "-1024", "-1.024k"],
        &["-1n", "-0.1n"],
        &["0", "0m", "-0", "+0", "0.0Gi", "000", "0e99", "0.", ".0"],
        &["1n", "0.1n", "1e-9", "1e-30", "0.0000000000000000000000000001", "1e-2147483648"],
        &["2n", "1.1n", "0.0000000011"],
        &["1u", "1000n"],
        &["1m", "0.001", "1e-3", "1000u"],
        &["100m", "0.1", ".1", "+.1"],
        &["1", "1.", "1.0", "01", "+1", " 1 ", "1000m", "1e0", "1E0", "1e+0", "1e-0"],
        &["1.5", "1500m", "15e-1"],
        &["1k", "1000", "1e3", "1E3", "1e+3", "0.001M"],
        &["1Ki", "1024", "1.024k", "1024000m"],
        &["1.5Ki", "1536", "1.50000Ki"],
        &["128M", "128e6", "128000k"],
        &["128Mi", "134217728", "131072Ki", "0.125Gi"],
        &["1E", "1e18", "1000P"],
        &["1Ei", "1024Pi", "1152921504606846976"],
        &["8Ei", "9Ei", "99999999999999999999Ei", "9223372036854775807"],
        &["1e30", "1e99", "1e2147483647", "9e29"],
    ];

    #[test]
    fn quantities_compare_by_value() {
        let values: Vec<Vec<Quantity>> =
            ORDER.iter().map(|texts| texts.iter().map(|text| quantity(text)).collect()).collect();
        for (rank, same) in values.iter().enumerate() {
            for one in same {
                assert_eq!(one, &same[0], "{one} {}", same[0]);
                for greater in values.iter().skip(rank + 1).flatten() {
                    assert!(one < greater, "{one} < {greater}");
                }
            }
        }
    }

    #[test]
    fn bytes_are_whole_and_not_negative() {
        let cases: [(&str, Option<u64>); 11] = [
            ("0", Some(0)),
            ("128Mi", Some(134_217_728)),
            ("128M", Some(128_000_000)),
            ("1.5Ki", Some(1_536)),
            ("0.1Ki", None),
            ("1e3", Some(1_000)),
            ("128m", None),
            ("1000m", Some(1)),
            ("-1", None),
            ("8Ei", Some(9_223_372_036_854_775_807)),
            ("1e20", None),
        ];
        for (text, bytes) in cases {
            assert_eq!(quantity(text).bytes(), bytes, "{text}");
        }
        assert!(quantity("-1m").is_negative() && !quantity("-0").is_negative());
        assert!(quantity("-0Gi").is_zero() && !quantity("0.1n").is_zero());
        assert_eq!(quantity(" 1.50Gi").to_string(), "1.50Gi");
    }

    /// Text, the text under the span, the suggestion (`-` for none).
    #[rustfmt::skip]
    const REFUSED: [(&str, &str, &str); 27] = [
        ("", "", "-"),
        (" ", " ", "-"),
        ("-", "-", "-"),
        (".", ".", "-"),
        ("Ki", "Ki", "-"),
        ("abc", "abc", "-"),
        ("1K", "K", "1k"),
        ("1ki", "ki", "1Ki"),
        ("1mi", "mi", "1Mi"),
        ("1g", "g", "1G"),
        ("128MB", "MB", "128M"),
        ("128mb", "mb", "128M"),
        ("128MiB", "MiB", "128Mi"),
        ("1 Gi", " Gi", "1Gi"),
        (" 1 Gi", " Gi", "1Gi"),
        ("0,5", ",5", "0.5"),
        ("1_000", "_000", "1000"),
        ("64bytes", "bytes", "64"),
        ("1e", "e", "-"),
        ("1e3.5", "e3.5", "-"),
        ("1e5m", "e5m", "-"),
        ("1m5", "m5", "-"),
        ("1.2.3", ".3", "-"),
        ("1e99999999999", "e99999999999", "-"),
        ("--1", "--1", "-"),
        ("1½", "½", "-"),
        ("٣", "٣", "-"),
    ];

    #[test]
    fn a_refusal_points_at_the_suffix_and_says_what_was_meant() {
        for (text, span, suggestion) in REFUSED {
            let error = Quantity::parse(text).unwrap_err();
            assert_eq!(text.get(error.span.clone()), Some(span), "{text:?}: {error:?}");
            assert_eq!(error.suggestion.as_deref().unwrap_or("-"), suggestion, "{text:?}");
            assert!(suggestion == "-" || Quantity::parse(suggestion).is_ok(), "{suggestion}");
        }
        assert_eq!(
            Quantity::parse("1K").unwrap_err().message,
            "`K` is no suffix of a quantity, expected m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei or none"
        );
        assert_eq!(
            Quantity::parse("Ki").unwrap_err().message,
            "`Ki` is no quantity, expected a number as `100m` or `128Mi`"
        );
    }
}
