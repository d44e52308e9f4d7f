//! Names, labels and annotations, as the API server checks them (k8s.io/apimachinery/pkg/util/validation).

use super::value_error::{ValueError, character_span, only, quoted};

/// The longest label, in bytes.
pub const LABEL_LENGTH: usize = 63;

/// The longest subdomain, in bytes.
pub const SUBDOMAIN_LENGTH: usize = 253;

/// Checks the name of a namespace, a label in the sense of DNS (RFC 1123): `go-app`.
pub fn dns_label(text: &str) -> Result<(), ValueError> {
    label(text).map_err(|error| {
        let meant = replaced(&text.to_ascii_lowercase(), |c| is_lower(c) || c == '-', is_lower);
        suggested(error, text, meant, label)
    })
}

/// Checks the name of most objects, labels joined by dots (RFC 1123): `go-app.example`.
pub fn dns_subdomain(text: &str) -> Result<(), ValueError> {
    subdomain(text, "name").map_err(|error| {
        let allowed = |c| is_lower(c) || matches!(c, '-' | '.');
        let meant = replaced(&text.to_ascii_lowercase(), allowed, is_lower);
        suggested(error, text, meant, |text| subdomain(text, "name"))
    })
}

/// Checks a label's key: a name of 63 bytes, behind a subdomain and `/` if it has one.
pub fn label_key(text: &str) -> Result<(), ValueError> {
    qualified(text, "label key")
}

/// Checks an annotation's key: as a label's, but the case of the prefix does not matter.
pub fn annotation_key(text: &str) -> Result<(), ValueError> {
    // One byte stays one byte, so the places stay; only the text in messages would be of the wrong case.
    qualified(&text.to_ascii_lowercase(), "annotation key").map_err(|error| match qualified(text, "annotation key") {
        Err(as_written) if as_written.span == error.span => as_written,
        _ => error,
    })
}

/// Checks a label's value: nothing, or at most 63 bytes of letters, digits, `-`, `_` and `.` between letters or digits.
pub fn label_value(text: &str) -> Result<(), ValueError> {
    if text.is_empty() {
        return Ok(());
    }
    word(text, "label value").map_err(|error| {
        let meant = replaced(text, is_word, |c| c.is_ascii_alphanumeric());
        suggested(error, text, meant, |text| word(text, "label value"))
    })
}

/// Checks the name of an environment variable as pods may have it: printable ASCII without `=`.
pub fn environment_variable(text: &str) -> Result<(), ValueError> {
    length(text, "environment variable", usize::MAX)?;
    only(text, "environment variable", "printable ASCII characters other than `=`", |c| {
        (' '..='~').contains(&c) && c != '='
    })
}

/// Checks a name that shells and programming languages can refer to: letters, digits and `_`, no digit in front.
pub fn c_identifier(text: &str) -> Result<(), ValueError> {
    identifier(text).map_err(|error| {
        let meant = text.chars().map(|c| if is_identifier(c) { c } else { '_' }).collect();
        suggested(error, text, meant, identifier)
    })
}

/// Checks a key of a `ConfigMap` or `Secret`: at most 253 bytes of letters, digits, `-`, `_` and `.`, not `..` in front.
pub fn config_key(text: &str) -> Result<(), ValueError> {
    length(text, "key", SUBDOMAIN_LENGTH)?;
    only(text, "key", "letters, digits, `-`, `_` and `.`", is_word)?;
    if text == "." || text.starts_with("..") {
        return Err(ValueError::new(
            0..text.len(),
            format!("key {} would be a file name that leads out of its folder", quoted(text)),
        ));
    }
    Ok(())
}

fn is_lower(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit()
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

fn is_identifier(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Not empty, and not longer than `limit` bytes.
fn length(text: &str, what: &str, limit: usize) -> Result<(), ValueError> {
    if text.is_empty() {
        return Err(ValueError::new(0..0, format!("empty {what}")));
    }
    if text.len() > limit {
        return Err(ValueError::new(
            0..text.len(),
            format!("{what} {} has {} bytes, expected at most {limit}", quoted(text), text.len()),
        ));
    }
    Ok(())
}

/// A first and a last character that are `allowed`.
fn ends(text: &str, what: &str, expected: &str, allowed: impl Fn(char) -> bool) -> Result<(), ValueError> {
    let first = text.char_indices().next().filter(|(_, character)| !allowed(*character));
    let last = text.char_indices().next_back().filter(|(_, character)| !allowed(*character));
    let (at, side) = match (first, last) {
        (Some((at, _)), _) => (at, "starts"),
        (None, Some((at, _))) => (at, "ends"),
        (None, None) => return Ok(()),
    };
    let span = character_span(text, at);
    let character = quoted(&text[span.clone()]);
    Err(ValueError::new(span, format!("{what} {} {side} with {character}, expected {expected}", quoted(text))))
}

fn label(text: &str) -> Result<(), ValueError> {
    length(text, "name", LABEL_LENGTH)?;
    only(text, "name", "lower-case letters, digits and `-`", |c| is_lower(c) || c == '-')?;
    ends(text, "name", "a lower-case letter or digit", is_lower)
}

fn identifier(text: &str) -> Result<(), ValueError> {
    length(text, "identifier", usize::MAX)?;
    only(text, "identifier", "letters, digits and `_`", is_identifier)?;
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let message = format!("identifier {} starts with a digit", quoted(text));
        return Err(ValueError::new(0..1, message));
    }
    Ok(())
}

/// Labels joined by dots, none of them empty; their lengths are not limited one by one.
fn subdomain(text: &str, what: &str) -> Result<(), ValueError> {
    length(text, what, SUBDOMAIN_LENGTH)?;
    only(text, what, "lower-case letters, digits, `-` and `.`", |c| is_lower(c) || matches!(c, '-' | '.'))?;
    ends(text, what, "a lower-case letter or digit", is_lower)?;
    let beside_dot = |at: &usize| text[..*at].ends_with('.') || text[at + 1..].starts_with('.');
    let wrong = text.char_indices().filter(|(_, character)| !is_lower(*character)).map(|(at, _)| at).find(beside_dot);
    match wrong {
        Some(at) => Err(ValueError::new(
            at..at + 1,
            format!("{what} {} has no letter or digit on one side of a `.`", quoted(text)),
        )),
        None => Ok(()),
    }
}

/// The form that label values and the names of keys share.
fn word(text: &str, what: &str) -> Result<(), ValueError> {
    length(text, what, LABEL_LENGTH)?;
    only(text, what, "letters, digits, `-`, `_` and `.`", is_word)?;
    ends(text, what, "a letter or digit", |c| c.is_ascii_alphanumeric())
}

/// A name, or a subdomain, `/` and a name.
fn qualified(text: &str, what: &str) -> Result<(), ValueError> {
    length(text, what, usize::MAX)?;
    let Some((prefix, name)) = text.split_once('/') else {
        return word(text, what);
    };
    if let Some(at) = name.find('/') {
        let at = prefix.len() + 1 + at;
        return Err(ValueError::new(at..at + 1, format!("a second `/` in {what} {}", quoted(text)))
            .with_help("a domain may stand in front, as in `example.com/team`"));
    }
    subdomain(prefix, &format!("prefix of {what}"))?;
    word(name, &format!("name in {what}")).map_err(|error| {
        let start = prefix.len() + 1;
        ValueError { span: start + error.span.start..start + error.span.end, ..error }
    })
}

/// The text with `-` for each run of characters that are not `allowed`, cut at both ends to what may stand there.
fn replaced(text: &str, allowed: impl Fn(char) -> bool, end: impl Fn(char) -> bool) -> String {
    let mut result = String::new();
    let mut gap = false;
    for character in text.chars() {
        if allowed(character) {
            if gap {
                result.push('-');
            }
            gap = false;
            result.push(character);
        } else {
            gap = !result.is_empty();
        }
    }
    result.trim_matches(|character| !end(character)).to_owned()
}

/// Adds a suggestion if it is valid. Names in other scripts get none: what would be left of them says nothing.
fn suggested(error: ValueError, text: &str, meant: String, check: fn(&str) -> Result<(), ValueError>) -> ValueError {
    if text.is_ascii() && check(&meant).is_ok() { error.with_suggestion(meant) } else { error }
}

#[cfg(test)]
mod tests {
    use super::{
        annotation_key, c_identifier, config_key, dns_label, dns_subdomain, environment_variable, label_key,
        label_value,
    };

    type Check = fn(&str) -> Result<(), super::ValueError>;

    const CHECKS: [(&str, Check); 8] = [
        ("label", dns_label),
        ("subdomain", dns_subdomain),
        ("label key", label_key),
        ("label value", label_value),
        ("annotation key", annotation_key),
        ("variable", environment_variable),
        ("identifier", c_identifier),
        ("config key", config_key),
    ];

    /// Text, and the checks that accept it, in the order above.
    #[rustfmt::skip]
    const TEXTS: [(&str, [bool; 8]); 34] = {
        const Y: bool = true;
        const N: bool = false;
        [
            ("", [N, N, N, Y, N, N, N, N]),
            ("a", [Y, Y, Y, Y, Y, Y, Y, Y]),
            ("0", [Y, Y, Y, Y, Y, Y, N, Y]),
            ("go-app", [Y, Y, Y, Y, Y, Y, N, Y]),
            ("go--app", [Y, Y, Y, Y, Y, Y, N, Y]),
            ("123-abc", [Y, Y, Y, Y, Y, Y, N, Y]),
            ("-a", [N, N, N, N, N, Y, N, Y]),
            ("a-", [N, N, N, N, N, Y, N, Y]),
            ("-", [N, N, N, N, N, Y, N, Y]),
            ("go.app", [N, Y, Y, Y, Y, Y, N, Y]),
            ("go..app", [N, N, Y, Y, Y, Y, N, Y]),
            ("go.-app", [N, N, Y, Y, Y, Y, N, Y]),
            ("go-.app", [N, N, Y, Y, Y, Y, N, Y]),
            (".a", [N, N, N, N, N, Y, N, Y]),
            ("a.", [N, N, N, N, N, Y, N, Y]),
            (".", [N, N, N, N, N, Y, N, N]),
            ("..", [N, N, N, N, N, Y, N, N]),
            ("..a", [N, N, N, N, N, Y, N, N]),
            ("go_app", [N, N, Y, Y, Y, Y, Y, Y]),
            ("_a", [N, N, N, N, N, Y, Y, Y]),
            ("GoApp", [N, N, Y, Y, Y, Y, Y, Y]),
            ("NODE_LABEL", [N, N, Y, Y, Y, Y, Y, Y]),
            ("a b", [N, N, N, N, N, Y, N, N]),
            ("a=b", [N, N, N, N, N, N, N, N]),
            ("a\n", [N, N, N, N, N, N, N, N]),
            ("a\u{7f}", [N, N, N, N, N, N, N, N]),
            ("é", [N, N, N, N, N, N, N, N]),
            ("example.com/a", [N, N, Y, N, Y, Y, N, N]),
            ("Example.com/A", [N, N, N, N, Y, Y, N, N]),
            ("example.com/", [N, N, N, N, N, Y, N, N]),
            ("/a", [N, N, N, N, N, Y, N, N]),
            ("a/b/c", [N, N, N, N, N, Y, N, N]),
            ("exa_mple/a", [N, N, N, N, N, Y, N, N]),
            ("a..b/c", [N, N, N, N, N, Y, N, N]),
        ]
    };

    #[test]
    fn each_check_accepts_what_the_api_server_accepts() {
        for (text, expected) in TEXTS {
            for ((name, check), expected) in CHECKS.iter().zip(expected) {
                assert_eq!(check(text).is_ok(), expected, "{name} {text:?}: {:?}", check(text));
            }
        }
    }

    #[test]
    fn lengths_end_where_the_api_server_ends_them() {
        let cases: [(&str, Check, String, usize); 7] = [
            ("label", dns_label, String::new(), 63),
            ("subdomain", dns_subdomain, String::new(), 253),
            ("label value", label_value, String::new(), 63),
            ("label key", label_key, String::new(), 63),
            ("label key", label_key, format!("{}/", "a".repeat(253)), 63),
            ("annotation key", annotation_key, "a/".to_owned(), 63),
            ("config key", config_key, String::new(), 253),
        ];
        for (name, check, prefix, limit) in cases {
            assert!(check(&format!("{prefix}{}", "a".repeat(limit))).is_ok(), "{name}");
            let error = check(&format!("{prefix}{}", "a".repeat(limit + 1))).unwrap_err();
            let end = format!("has {} bytes, expected at most {limit}", limit + 1);
            assert!(error.message.ends_with(&end), "{name}: {error}");
            assert_eq!(error.suggestion, None, "a name is never cut");
        }
        assert!(label_key(&format!("{}/a", "a".repeat(254))).is_err());
        // A part of a subdomain may be longer than a label.
        assert!(dns_subdomain(&format!("{}.b", "a".repeat(100))).is_ok());
        // Bytes count, not characters.
        assert!(dns_label(&"é".repeat(32)).unwrap_err().message.contains("has 64 bytes"));
        assert!(environment_variable(&"A".repeat(10_000)).is_ok());
    }

    /// Check, text, the text under the span, the message, the suggestion (`-` for none).
    #[rustfmt::skip]
    const REFUSED: [(Check, &str, &str, &str, &str); 19] = [
        (dns_label, "Go_App", "G", "`G` in name `Go_App`, expected only lower-case letters, digits and `-`", "go-app"),
        (dns_label, "go app!", " ", "` ` in name `go app!`, expected only lower-case letters, digits and `-`", "go-app"),
        (dns_label, "go.app", ".", "`.` in name `go.app`, expected only lower-case letters, digits and `-`", "go-app"),
        (dns_label, "-go", "-", "name `-go` starts with `-`, expected a lower-case letter or digit", "go"),
        (dns_label, "go-", "-", "name `go-` ends with `-`, expected a lower-case letter or digit", "go"),
        (dns_label, "café", "é", "`é` in name `café`, expected only lower-case letters, digits and `-`", "-"),
        (dns_label, "", "", "empty name", "-"),
        (dns_label, "___", "_", "`_` in name `___`, expected only lower-case letters, digits and `-`", "-"),
        (dns_subdomain, "Go.App", "G", "`G` in name `Go.App`, expected only lower-case letters, digits, `-` and `.`", "go.app"),
        (dns_subdomain, "a..b", ".", "name `a..b` has no letter or digit on one side of a `.`", "-"),
        (label_value, "a b", " ", "` ` in label value `a b`, expected only letters, digits, `-`, `_` and `.`", "a-b"),
        (label_value, "_a", "_", "label value `_a` starts with `_`, expected a letter or digit", "a"),
        (label_key, "Example.com/a", "E", "`E` in prefix of label key `Example.com`, expected only lower-case letters, digits, `-` and `.`", "-"),
        (label_key, "example.com/a:b", ":", "`:` in name in label key `a:b`, expected only letters, digits, `-`, `_` and `.`", "-"),
        (label_key, "a/b/c", "/", "a second `/` in label key `a/b/c`", "-"),
        (annotation_key, "A B", " ", "` ` in annotation key `A B`, expected only letters, digits, `-`, `_` and `.`", "-"),
        (environment_variable, "A=B", "=", "`=` in environment variable `A=B`, expected only printable ASCII characters other than `=`", "-"),
        (c_identifier, "NODE-LABEL", "-", "`-` in identifier `NODE-LABEL`, expected only letters, digits and `_`", "NODE_LABEL"),
        (c_identifier, "1st", "1", "identifier `1st` starts with a digit", "-"),
    ];

    #[test]
    fn a_refusal_points_at_the_first_wrong_character() {
        for (check, text, span, message, suggestion) in REFUSED {
            let error = check(text).unwrap_err();
            assert_eq!(error.message, message, "{text:?}");
            assert_eq!(text.get(error.span.clone()), Some(span), "{text:?}: {error:?}");
            assert_eq!(error.suggestion.as_deref().unwrap_or("-"), suggestion, "{text:?}");
        }
    }
}
