//! The texts, numbers and words of JSON.

use serde_json::Number;

use super::super::tree::{Content, ReadError, ReadErrorKind};
use super::{Fault, MAX_ERRORS, Reader, short};

impl Reader<'_> {
    pub(super) fn string(&mut self) -> Result<String, Fault> {
        let open = self.at;
        self.at += 1;
        let mut read = String::new();
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let Some(length) = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)) else {
                return Err(self.unclosed(open));
            };
            read.push_str(&self.text[self.at..self.at + length]);
            self.at += length;
            match rest[length] {
                b'"' => {
                    self.at += 1;
                    return Ok(read);
                }
                b'\\' => read.push(self.escape()?),
                b'\n' | b'\r' => return Err(self.unclosed(open)),
                control => {
                    return Err(Self::fault(
                        self.at..self.at + 1,
                        &format!("the control character U+{control:04X} in a text"),
                        &format!("write it as `\\u{control:04x}`"),
                    ));
                }
            }
        }
    }

    fn unclosed(&self, open: usize) -> Fault {
        let mut fault = self.unexpected("`\"`");
        "a text is not closed, expected `\"`".clone_into(&mut fault.0.message);
        fault.0.related = Some((open..open + 1, "the text begins here".to_owned()));
        fault
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        let Some(sign) = self.text[start + 1..].chars().next() else {
            self.at = self.text.len();
            return Err(self.unexpected("an escape"));
        };
        self.at += 1 + sign.len_utf8();
        Ok(match sign {
            '"' | '\\' | '/' => sign,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(start),
            _ => {
                return Err(Self::fault(
                    start..self.at,
                    &format!("`\\{sign}` is no escape of JSON"),
                    "write `\\\\` for a backslash",
                ));
            }
        })
    }

    fn unicode(&mut self, start: usize) -> Result<char, Fault> {
        let high = self.hex(start)?;
        if let Some(found) = char::from_u32(high) {
            return Ok(found);
        }
        if (0xd800..0xdc00).contains(&high) && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let low = self.hex(start)?;
            if (0xdc00..0xe000).contains(&low)
                && let Some(found) = char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            {
                return Ok(found);
            }
        }
        Err(Self::fault(
            start..self.at,
            &format!("`\\u{high:04x}` is half a character"),
            "write the character itself, or both of its halves",
        ))
    }

    fn hex(&mut self, start: usize) -> Result<u32, Fault> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).unwrap_or_default();
        let code = std::str::from_utf8(digits)
            .ok()
            .filter(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(code) = code else {
            return Err(Self::fault(
                start..self.at,
                "`\\u` needs four hexadecimal digits",
                "write them, as in `\\u00e9`",
            ));
        };
        self.at += 4;
        Ok(code)
    }

    pub(super) fn number(&mut self) -> Result<Content, Fault> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let digits = |at: usize| bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut at = start + usize::from(bytes[start] == b'-');
        let whole = digits(at);
        let padded = whole > 1 && bytes[at] == b'0';
        at += whole;
        let mut integer = true;
        let mut complete = whole > 0 && !padded;
        if bytes.get(at) == Some(&b'.') {
            integer = false;
            let fraction = digits(at + 1);
            complete &= fraction > 0;
            at += 1 + fraction;
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            integer = false;
            at += 1;
            at += usize::from(matches!(bytes.get(at), Some(b'-' | b'+')));
            let exponent = digits(at);
            complete &= exponent > 0;
            at += exponent;
        }
        self.at = at;
        let written = &self.text[start..at];
        if !complete {
            return Err(Self::fault(
                start..at,
                &format!("`{}` is no number of JSON", short(written)),
                "write it without leading zeros, and with a digit on both sides of the point",
            ));
        }
        let number = if integer {
            written.parse::<i64>().map(Number::from).or_else(|_| written.parse::<u64>().map(Number::from)).ok()
        } else {
            written.parse::<f64>().ok().and_then(Number::from_f64)
        };
        Ok(number.map_or_else(
            || {
                if self.errors.len() < MAX_ERRORS {
                    self.errors.push(ReadError {
                        kind: ReadErrorKind::NoJsonForm,
                        span: start..at,
                        message: format!("the number `{}` is beyond 64 bits", short(written)),
                        help: Some("quote it to keep it as a text".to_owned()),
                        related: None,
                    });
                }
                Content::Null
            },
            Content::Number,
        ))
    }

    pub(super) fn word(&mut self) -> Result<Content, Fault> {
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        self.at += length;
        match &rest[..length] {
            "null" => Ok(Content::Null),
            "true" => Ok(Content::Bool(true)),
            "false" => Ok(Content::Bool(false)),
            found @ ("NaN" | "Infinity") => {
                let mut fault = Self::fault(start..self.at, "", "use a text or `null`");
                fault.0.kind = ReadErrorKind::NoJsonForm;
                fault.0.message = format!("`{found}` is no number of JSON");
                Err(fault)
            }
            found => {
                let message = format!("expected a value, found `{}`", short(found));
                Err(Self::fault(start..self.at, &message, "put the text in double quotes"))
            }
        }
    }
}
