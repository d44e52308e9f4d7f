//! References to container images: `registry:5000/a/b:tag@sha256:…`.
//!
//! The grammar is that of github.com/distribution/reference, which the container runtimes share, with Docker's rule for
//! where a registry ends: the part before the first `/` is one if it has a `.`, a `:` or a capital, or is `localhost`.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::value_error::{ValueError, character_span, quoted};

/// The longest repository, in bytes.
const REPOSITORY_LENGTH: usize = 255;

/// The longest tag, in bytes.
const TAG_LENGTH: usize = 128;

/// The digest algorithms that runtimes know, and their hexadecimal digits.
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// A repository, with a tag or a digest or both.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageReference {
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl ImageReference {
    /// Reads a whole reference.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let (named, digest) = match text.split_once('@') {
            Some((named, digest)) => (named, Some(digest)),
            None => (text, None),
        };
        // A `:` before a `/` belongs to the registry's port.
        let path = named.rfind('/').map_or(0, |slash| slash + 1);
        let (repository, tag) = match named[path..].find(':') {
            Some(colon) => (&named[..path + colon], Some(&named[path + colon + 1..])),
            None => (named, None),
        };
        check_repository(repository).map_err(|error| {
            let behind = &text[repository.len()..];
            let suggestion = error
                .suggestion
                .as_ref()
                .map(|new| format!("{new}{behind}"));
            ValueError {
                suggestion,
                ..error
            }
        })?;
        if let Some(tag) = tag {
            check_tag(tag).map_err(|error| moved(error, repository.len() + 1))?;
        }
        if let Some(digest) = digest {
            check_digest(digest).map_err(|error| moved(error, named.len() + 1))?;
        }
        Ok(Self {
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// A reference of parts that [`check_repository`], [`check_tag`] and [`check_digest`] accept.
    pub fn new(
        repository: &str,
        tag: Option<&str>,
        digest: Option<&str>,
    ) -> Result<Self, ValueError> {
        check_repository(repository)?;
        tag.map_or(Ok(()), check_tag)?;
        digest.map_or(Ok(()), check_digest)?;
        Ok(Self {
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// The registry and path: `registry:5000/a/b`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, where one is written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest with its algorithm: `sha256:…`.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// Whether another image may hide behind it tomorrow: no digest, and no tag or `latest`.
    pub fn is_floating(&self) -> bool {
        self.digest.is_none() && self.tag.as_deref().is_none_or(|tag| tag == "latest")
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for ImageReference {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        Self::parse(text)
    }
}

/// Checks a repository without tag and digest: `registry:5000/a/b`.
pub fn check_repository(text: &str) -> Result<(), ValueError> {
    repository(text).map_err(|error| {
        let plain = text.trim();
        let plain = plain.split_once("://").map_or(plain, |(_, rest)| rest);
        let plain = plain.trim_end_matches('/');
        let lower = match split_registry(plain) {
            (Some(registry), path) => format!("{registry}/{}", path.to_ascii_lowercase()),
            (None, path) => path.to_ascii_lowercase(),
        };
        if repository(&lower).is_ok() {
            error.with_suggestion(lower)
        } else {
            error
        }
    })
}

/// Checks a tag: at most 128 letters, digits, `_`, `.` and `-`, the first of them no `.` or `-`.
pub fn check_tag(text: &str) -> Result<(), ValueError> {
    let whole = 0..text.len();
    if text.is_empty() {
        return Err(ValueError::new(whole, "empty tag")
            .with_help("write one behind the `:`, as in `app:1.2.3`"));
    }
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    only(text, "tag", "letters, digits, `_`, `.` and `-`", |c| {
        word(c) || matches!(c, '.' | '-')
    })?;
    if text.starts_with(['.', '-']) {
        let message = format!(
            "tag {} starts with {}, expected a letter, digit or `_`",
            quoted(text),
            quoted(&text[..1])
        );
        return Err(ValueError::new(0..1, message));
    }
    if text.len() > TAG_LENGTH {
        let message = format!(
            "tag {} has {} characters, expected at most {TAG_LENGTH}",
            quoted(text),
            text.len()
        );
        return Err(ValueError::new(whole, message));
    }
    Ok(())
}

/// Checks a digest: `sha256:` and 64 lower-case hexadecimal digits, or sha384 or sha512 with theirs.
pub fn check_digest(text: &str) -> Result<(), ValueError> {
    let whole = 0..text.len();
    let Some((algorithm, digits)) = text.split_once(':') else {
        let error = ValueError::new(
            whole,
            format!(
                "{} is no digest, expected `sha256:` and 64 digits",
                quoted(text)
            ),
        );
        let meant = format!("sha256:{text}");
        return Err(match check_digest(&meant) {
            Ok(()) => error.with_suggestion(meant),
            Err(_) => error,
        });
    };
    let Some((_, length)) = ALGORITHMS.iter().find(|(name, _)| *name == algorithm) else {
        let message = format!(
            "unknown digest algorithm {}, expected sha256, sha384 or sha512",
            quoted(algorithm)
        );
        return Err(ValueError::new(0..algorithm.len(), message));
    };
    let start = algorithm.len() + 1;
    let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    only(digits, "digest", "the digits 0-9 and a-f", hexadecimal)
        .map_err(|error| moved(error, start))?;
    if digits.len() != *length {
        let message = format!(
            "{algorithm} digest of {} digits, expected {length}",
            digits.len()
        );
        return Err(ValueError::new(start..text.len(), message));
    }
    Ok(())
}

/// The registry, if one is named, and the path in it.
fn split_registry(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((first, path))
            if first.contains(['.', ':'])
                || first == "localhost"
                || first.contains(|c: char| c.is_ascii_uppercase()) =>
        {
            (Some(first), path)
        }
        _ => (None, text),
    }
}

fn repository(text: &str) -> Result<(), ValueError> {
    let whole = 0..text.len();
    if text.is_empty() {
        return Err(ValueError::new(
            whole,
            "empty image repository, expected one as `registry.example/app`",
        ));
    }
    if let Some(at) = text.find("://") {
        let message = format!(
            "{} in an image repository, which has no scheme",
            quoted(&text[..at + 3])
        );
        return Err(ValueError::new(0..at + 3, message));
    }
    if text.len() > REPOSITORY_LENGTH {
        let message = format!(
            "image repository of {} bytes, expected at most {REPOSITORY_LENGTH}",
            text.len()
        );
        return Err(ValueError::new(whole, message));
    }
    let (host, path) = split_registry(text);
    if let Some(host) = host {
        registry(host)?;
    }
    let mut start = text.len() - path.len();
    for part in path.split('/') {
        path_part(part, start..start + part.len(), text)?;
        start += part.len() + 1;
    }
    // Runtimes would take 64 digits for the short form of an image's identity.
    if host.is_none() && text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(
            ValueError::new(whole, "64 hexadecimal digits are no image repository")
                .with_help("a digest stands behind a repository and `@sha256:`"),
        );
    }
    Ok(())
}

/// A host name or an address in brackets, with or without a port.
fn registry(text: &str) -> Result<(), ValueError> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, behind)) => {
            let host = &text[..address.len() + 2];
            if address.is_empty() || !address.chars().all(|c| c.is_ascii_hexdigit() || c == ':') {
                let message = format!(
                    "registry {} is no address, expected one as `[fd00::1]`",
                    quoted(host)
                );
                return Err(ValueError::new(0..host.len(), message));
            }
            (
                host,
                behind
                    .strip_prefix(':')
                    .or(Some(behind).filter(|rest| !rest.is_empty())),
            )
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if let Some(port) = port {
        if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            let start = text.len() - port.len();
            let message = format!(
                "port {} of registry {}, expected a number",
                quoted(port),
                quoted(host)
            );
            return Err(ValueError::new(start..text.len(), message));
        }
    }
    if host.starts_with('[') {
        return Ok(());
    }
    only(host, "registry", "letters, digits, `-` and `.`", |c| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '.')
    })?;
    let ends = |label: &str| label.is_empty() || label.starts_with('-') || label.ends_with('-');
    if host.split('.').any(ends) {
        let message = format!("registry {} is no host name", quoted(host));
        return Err(ValueError::new(0..host.len(), message));
    }
    Ok(())
}

/// One part of a path: lower-case letters and digits, between them `.`, `_`, `__` or any number of `-`.
fn path_part(part: &str, span: Range<usize>, text: &str) -> Result<(), ValueError> {
    if part.is_empty() {
        let message = format!(
            "empty part in the path of image repository {}",
            quoted(text)
        );
        return Err(ValueError::new(span, message));
    }
    let solid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    only(
        part,
        "image repository",
        "lower-case letters, digits, `.`, `_` and `-`",
        |c| solid(c) || matches!(c, '.' | '_' | '-'),
    )
    .map_err(|error| moved(error, span.start))?;
    let mut separators = part.split(solid).filter(|separator| !separator.is_empty());
    let fits = |separator: &str| {
        matches!(separator, "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
    };
    let edge = part.starts_with(|c| !solid(c)) || part.ends_with(|c| !solid(c));
    if edge || !separators.all(fits) {
        let message = format!(
            "{} in image repository {}, expected letters or digits around single `.`, `_`, `__` or `-`",
            quoted(part),
            quoted(text)
        );
        return Err(ValueError::new(span, message));
    }
    Ok(())
}

/// Only characters that are `allowed`.
fn only(
    text: &str,
    what: &str,
    expected: &str,
    allowed: impl Fn(char) -> bool,
) -> Result<(), ValueError> {
    match text
        .char_indices()
        .find(|(_, character)| !allowed(*character))
    {
        Some((at, _)) => {
            let span = character_span(text, at);
            let character = quoted(&text[span.clone()]);
            let message = format!(
                "{character} in {what} {}, expected only {expected}",
                quoted(text)
            );
            Err(ValueError::new(span, message))
        }
        None => Ok(()),
    }
}

/// The same error, about a part that starts `start` bytes into the text.
fn moved(error: ValueError, start: usize) -> ValueError {
    ValueError {
        span: start + error.span.start..start + error.span.end,
        ..error
    }
}
