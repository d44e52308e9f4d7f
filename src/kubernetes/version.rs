//! The version of a server.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A Kubernetes version without its patch level, such as `1.33`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Always 1 so far.
    pub major: u32,
    /// The number that changes three times a year.
    pub minor: u32,
}

impl Version {
    /// The newest server that the built-in facts describe.
    pub const NEWEST: Self = Self::v1(37);
    /// The oldest server that the built-in facts describe.
    pub const OLDEST: Self = Self::v1(33);

    pub(super) const fn v1(minor: u32) -> Self {
        Self { major: 1, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Why a text is no [`Version`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VersionError {
    /// It is not of the form `1.33`.
    #[error("expected a version such as `{}`, found `{found}`", Version::OLDEST)]
    Form {
        /// The text.
        found: String,
    },
    /// It is a version that nothing is known of.
    #[error("expected a version from `{}` to `{}`, found `{found}`", Version::OLDEST, Version::NEWEST)]
    Range {
        /// The version.
        found: Version,
    },
}

impl FromStr for Version {
    type Err = VersionError;

    /// Reads `MAJOR.MINOR` in plain digits: no `v`, no patch level, no leading zero.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let number = |digits: &str| {
            let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
            plain.then(|| digits.parse().ok()).flatten()
        };
        let found = text
            .split_once('.')
            .and_then(|(major, minor)| Some(Self { major: number(major)?, minor: number(minor)? }))
            .ok_or_else(|| VersionError::Form { found: text.to_owned() })?;
        if (Self::OLDEST..=Self::NEWEST).contains(&found) { Ok(found) } else { Err(VersionError::Range { found }) }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn reads_what_it_writes() {
        for text in ["1.33", "1.34", "1.35", "1.36", "1.37"] {
            assert_eq!(text.parse::<Version>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_the_rest() {
        let form = |found: &str| format!("expected a version such as `1.33`, found `{found}`");
        let range = |found: &str| format!("expected a version from `1.33` to `1.37`, found `{found}`");
        for (text, message) in [
            ("", form("")),
            ("1", form("1")),
            ("1.", form("1.")),
            (".33", form(".33")),
            ("v1.33", form("v1.33")),
            ("1.33.2", form("1.33.2")),
            ("1.033", form("1.033")),
            ("+1.33", form("+1.33")),
            ("1.99999999999", form("1.99999999999")),
            ("1.32", range("1.32")),
            ("1.38", range("1.38")),
            ("2.33", range("2.33")),
        ] {
            assert_eq!(text.parse::<Version>().unwrap_err().to_string(), message);
        }
    }
}
