//! References to container images: `registry:5000/a/b:tag@sha256:…`.
//!
//! The grammar is that of github.com/distribution/reference, which the container runtimes share, with Docker's rule for
//! where a registry ends: the part before the first `/` is one if it has a `.`, a `:` or a capital, or is `localhost`.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::value_error::{ValueError, only, quoted};

/// The longest path behind the registry, in bytes, with the `library/` that Docker puts in front of a single part.
const PATH_LENGTH: usize = 255;

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
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            // Runtimes take 64 digits for the short form of an image's identity.
            let message = "64 hexadecimal digits are no image repository";
            return Err(
                ValueError::new(0..text.len(), message).with_help("a digest stands behind a repository and `@sha256:`")
            );
        }
        let tag_fault = tag.and_then(|tag| check_tag(tag).err());
        let digest_fault = digest.and_then(|digest| check_digest(digest).err());
        let sound = tag_fault.is_none() && digest_fault.is_none();
        check_repository(repository).map_err(|error| {
            // A better repository is only worth showing where the rest can stay.
            error.map_suggestion(|new| sound.then(|| format!("{new}{}", &text[repository.len()..])))
        })?;
        if let Some(error) = tag_fault {
            return Err(error.moved(repository.len() + 1));
        }
        if let Some(error) = digest_fault {
            return Err(error.moved(named.len() + 1).map_suggestion(|new| Some(format!("{named}@{new}"))));
        }
        Ok(Self { repository: repository.to_owned(), tag: tag.map(str::to_owned), digest: digest.map(str::to_owned) })
    }

    /// A reference of parts that [`check_repository`], [`check_tag`] and [`check_digest`] accept.
    pub fn new(repository: &str, tag: Option<&str>, digest: Option<&str>) -> Result<Self, ValueError> {
        check_repository(repository)?;
        tag.map_or(Ok(()), check_tag)?;
        digest.map_or(Ok(()), check_digest)?;
        Ok(Self { repository: repository.to_owned(), tag: tag.map(str::to_owned), digest: digest.map(str::to_owned) })
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
        if repository(&lower).is_ok() { error.with_suggestion(lower) } else { error }
    })
}

/// Checks a tag: at most 128 letters, digits, `_`, `.` and `-`, the first of them no `.` or `-`.
pub fn check_tag(text: &str) -> Result<(), ValueError> {
    let whole = 0..text.len();
    if text.is_empty() {
        return Err(ValueError::new(whole, "empty tag").with_help("write one behind the `:`, as in `app:1.2.3`"));
    }
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    only(text, "tag", "letters, digits, `_`, `.` and `-`", |c| word(c) || matches!(c, '.' | '-'))?;
    if text.starts_with(['.', '-']) {
        let message =
            format!("tag {} starts with {}, expected a letter, digit or `_`", quoted(text), quoted(&text[..1]));
        return Err(ValueError::new(0..1, message));
    }
    if text.len() > TAG_LENGTH {
        let message = format!("tag {} has {} characters, expected at most {TAG_LENGTH}", quoted(text), text.len());
        return Err(ValueError::new(whole, message));
    }
    Ok(())
}

/// Checks a digest: `sha256:` and 64 lower-case hexadecimal digits, or sha384 or sha512 with theirs.
pub fn check_digest(text: &str) -> Result<(), ValueError> {
    let whole = 0..text.len();
    let Some((algorithm, digits)) = text.split_once(':') else {
        let error = ValueError::new(whole, format!("{} is no digest, expected `sha256:` and 64 digits", quoted(text)));
        let meant = format!("sha256:{text}");
        return Err(match check_digest(&meant) {
            Ok(()) => error.with_suggestion(meant),
            Err(_) => error,
        });
    };
    let Some((_, length)) = ALGORITHMS.iter().find(|(name, _)| *name == algorithm) else {
        let message = format!("unknown digest algorithm {}, expected sha256, sha384 or sha512", quoted(algorithm));
        return Err(ValueError::new(0..algorithm.len(), message));
    };
    let start = algorithm.len() + 1;
    let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    only(digits, "digest", "the digits 0-9 and a-f", hexadecimal).map_err(|error| error.moved(start))?;
    if digits.len() != *length {
        let message = format!("{algorithm} digest of {} digits, expected {length}", digits.len());
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
        return Err(ValueError::new(whole, "empty image repository, expected one as `registry.example/app`"));
    }
    if let Some(at) = text.find("://") {
        let message = format!("{} in an image repository, which has no scheme", quoted(&text[..at + 3]));
        return Err(ValueError::new(0..at + 3, message));
    }
    let (host, path) = split_registry(text);
    let library = if host.is_none() && !path.contains('/') { "library/" } else { "" };
    if library.len() + path.len() > PATH_LENGTH {
        let message = format!(
            "path of image repository {} has {} bytes, expected at most {}",
            quoted(text),
            path.len(),
            PATH_LENGTH - library.len()
        );
        return Err(ValueError::new(text.len() - path.len()..text.len(), message));
    }
    if let Some(host) = host {
        registry(host)?;
    }
    let mut start = text.len() - path.len();
    for part in path.split('/') {
        path_part(part, start..start + part.len(), text)?;
        start += part.len() + 1;
    }
    Ok(())
}

/// A host name or an address in brackets, with or without a port.
fn registry(text: &str) -> Result<(), ValueError> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, behind)) => {
            let host = &text[..address.len() + 2];
            let port = behind.strip_prefix(':');
            let hexadecimal = address.chars().all(|c| c.is_ascii_hexdigit() || c == ':');
            if address.is_empty() || !hexadecimal || port.is_none() && !behind.is_empty() {
                let message =
                    format!("registry {} is no address, expected one as `[fd00::1]` or `[fd00::1]:5000`", quoted(text));
                return Err(ValueError::new(0..text.len(), message));
            }
            (host, port)
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if let Some(port) = port
        && (port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()))
    {
        let start = text.len() - port.len();
        let message = format!("port {} of registry {}, expected a number", quoted(port), quoted(host));
        return Err(ValueError::new(start..text.len(), message));
    }
    if host.starts_with('[') {
        return Ok(());
    }
    only(host, "registry", "letters, digits, `-` and `.`", |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))?;
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
        let message = format!("empty part in the path of image repository {}", quoted(text));
        return Err(ValueError::new(span, message));
    }
    let solid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    only(part, "image repository", "lower-case letters, digits, `.`, `_` and `-`", |c| {
        solid(c) || matches!(c, '.' | '_' | '-')
    })
    .map_err(|error| error.moved(span.start))?;
    let mut separators = part.split(solid).filter(|separator| !separator.is_empty());
    let fits = |separator: &str| matches!(separator, "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-');
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

#[cfg(test)]
mod tests {
    use super::{ImageReference, check_digest, check_repository, check_tag};

    const SHA256: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// Text (`…` for the digest above), repository, tag, with a digest, floating.
    #[rustfmt::skip]
    const ACCEPTED: [(&str, &str, &str, bool, bool); 20] = [
        ("nginx", "nginx", "-", false, true),
        ("nginx:latest", "nginx", "latest", false, true),
        ("nginx:1.29", "nginx", "1.29", false, false),
        ("nginx@…", "nginx", "-", true, false),
        ("nginx:latest@…", "nginx", "latest", true, false),
        ("library/nginx", "library/nginx", "-", false, true),
        ("registry:5000/a/b:tag@…", "registry:5000/a/b", "tag", true, false),
        ("registry:5000/a", "registry:5000/a", "-", false, true),
        ("localhost/a:1", "localhost/a", "1", false, false),
        ("localhost:5000/a", "localhost:5000/a", "-", false, true),
        ("ghcr.io/a/b-c/d__e/f.g/h---i:v1", "ghcr.io/a/b-c/d__e/f.g/h---i", "v1", false, false),
        ("Registry.Example/a:V1_x.y-z", "Registry.Example/a", "V1_x.y-z", false, false),
        ("REGISTRY/a:1", "REGISTRY/a", "1", false, false),
        ("127.0.0.1:80/a:1", "127.0.0.1:80/a", "1", false, false),
        ("[fd00::1]/a:1", "[fd00::1]/a", "1", false, false),
        ("[fd00::1]:5000/a:1", "[fd00::1]:5000/a", "1", false, false),
        ("a:_1", "a", "_1", false, false),
        ("0/1:2", "0/1", "2", false, false),
        ("test.example:80", "test.example", "80", false, false),
        ("chaostoolkit/chaostoolkit:full", "chaostoolkit/chaostoolkit", "full", false, false),
    ];

    #[test]
    fn a_reference_falls_into_its_parts() {
        for (text, repository, tag, digest, floating) in ACCEPTED {
            let text = text.replace('…', SHA256);
            let image = ImageReference::parse(&text).unwrap();
            assert_eq!(image.repository(), repository, "{text}");
            assert_eq!(image.tag().unwrap_or("-"), tag, "{text}");
            assert_eq!(image.digest(), digest.then_some(SHA256), "{text}");
            assert_eq!(image.is_floating(), floating, "{text}");
            assert_eq!(image.to_string(), text);
            assert_eq!(ImageReference::new(repository, image.tag(), image.digest()), Ok(image.clone()));
        }
    }

    /// Text, the text under the span, the message, the suggestion (`-` for none).
    #[rustfmt::skip]
    const REFUSED: [(&str, &str, &str, &str); 32] = [
        ("", "", "empty image repository, expected one as `registry.example/app`", "-"),
        (":tag", "", "empty image repository, expected one as `registry.example/app`", "-"),
        ("App", "A", "`A` in image repository `App`, expected only lower-case letters, digits, `.`, `_` and `-`", "app"),
        ("a/App:V1", "A", "`A` in image repository `App`, expected only lower-case letters, digits, `.`, `_` and `-`", "a/app:V1"),
        ("https://ghcr.io/a:1", "https://", "`https://` in an image repository, which has no scheme", "ghcr.io/a:1"),
        ("a b", " ", "` ` in image repository `a b`, expected only lower-case letters, digits, `.`, `_` and `-`", "-"),
        ("a:1 ", " ", "` ` in tag `1 `, expected only letters, digits, `_`, `.` and `-`", "-"),
        (" a:1", " ", "` ` in image repository ` a`, expected only lower-case letters, digits, `.`, `_` and `-`", "a:1"),
        ("a//b", "", "empty part in the path of image repository `a//b`", "-"),
        ("a/", "", "empty part in the path of image repository `a/`", "a"),
        ("/a", "", "empty part in the path of image repository `/a`", "-"),
        ("-a", "-a", "`-a` in image repository `-a`, expected letters or digits around single `.`, `_`, `__` or `-`", "-"),
        ("a/b_", "b_", "`b_` in image repository `a/b_`, expected letters or digits around single `.`, `_`, `__` or `-`", "-"),
        ("a..b", "a..b", "`a..b` in image repository `a..b`, expected letters or digits around single `.`, `_`, `__` or `-`", "-"),
        ("a___b", "a___b", "`a___b` in image repository `a___b`, expected letters or digits around single `.`, `_`, `__` or `-`", "-"),
        ("a.-b", "a.-b", "`a.-b` in image repository `a.-b`, expected letters or digits around single `.`, `_`, `__` or `-`", "-"),
        ("é", "é", "`é` in image repository `é`, expected only lower-case letters, digits, `.`, `_` and `-`", "-"),
        ("a:", "", "empty tag", "-"),
        ("a:.1", ".", "tag `.1` starts with `.`, expected a letter, digit or `_`", "-"),
        ("a:1:2", ":", "`:` in tag `1:2`, expected only letters, digits, `_`, `.` and `-`", "-"),
        ("registry:port/a", "port", "port `port` of registry `registry`, expected a number", "-"),
        ("registry:/a", "", "port `` of registry `registry`, expected a number", "-"),
        ("reg_istry.example/a", "_", "`_` in registry `reg_istry.example`, expected only letters, digits, `-` and `.`", "-"),
        ("a..example/b", "a..example", "registry `a..example` is no host name", "-"),
        ("-a.example/b", "-a.example", "registry `-a.example` is no host name", "-"),
        ("[x:]/a", "[x:]", "registry `[x:]` is no address, expected one as `[fd00::1]` or `[fd00::1]:5000`", "-"),
        ("[::1]80/a", "[::1]80", "registry `[::1]80` is no address, expected one as `[fd00::1]` or `[fd00::1]:5000`", "-"),
        ("a@", "", "`` is no digest, expected `sha256:` and 64 digits", "-"),
        ("a@sha256:", "", "sha256 digest of 0 digits, expected 64", "-"),
        ("a@sha256:ABC", "A", "`A` in digest `ABC`, expected only the digits 0-9 and a-f", "-"),
        ("a@md5:d41d8cd98f00b204e9800998ecf8427e", "md5", "unknown digest algorithm `md5`, expected sha256, sha384 or sha512", "-"),
        ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "64 hexadecimal digits are no image repository", "-"),
    ];

    #[test]
    fn a_refusal_points_at_the_part() {
        for (text, span, message, suggestion) in REFUSED {
            let error = ImageReference::parse(text).unwrap_err();
            assert_eq!(error.message, message, "{text:?}");
            assert_eq!(text.get(error.span.clone()), Some(span), "{text:?}: {error:?}");
            assert_eq!(error.suggestion.as_deref().unwrap_or("-"), suggestion, "{text:?}");
        }
    }

    #[test]
    fn the_parts_are_checked_alone_up_to_their_lengths() {
        assert!(check_tag(&"a".repeat(128)).is_ok() && check_tag(&"a".repeat(129)).is_err());
        let lengths = [("", 247), ("a/", 253), ("registry.example/", 255), ("localhost:5000/a/", 253)];
        for (prefix, longest) in lengths {
            assert!(check_repository(&format!("{prefix}{}", "z".repeat(longest))).is_ok(), "{prefix}");
            assert!(check_repository(&format!("{prefix}{}", "z".repeat(longest + 1))).is_err(), "{prefix}");
        }
        // Sixty-four digits are a repository where a tag follows.
        assert!(ImageReference::parse(&format!("{}:1", "0".repeat(64))).is_ok());
        assert!(check_repository("a:1").is_err() && check_repository("a@b").is_err());
        for (algorithm, length) in [("sha256", 64), ("sha384", 96), ("sha512", 128)] {
            for digits in [length - 1, length, length + 1] {
                let digest = format!("{algorithm}:{}", "0".repeat(digits));
                assert_eq!(check_digest(&digest).is_ok(), digits == length, "{digest}");
            }
        }
        let bare = SHA256.trim_start_matches("sha256:");
        assert_eq!(check_digest(bare).unwrap_err().suggestion.as_deref(), Some(SHA256));
        assert!(ImageReference::new("a", Some(""), None).is_err());
        assert!(ImageReference::new("a", None, Some("x")).is_err());
        assert!(ImageReference::new("A", None, None).is_err());
    }
}
