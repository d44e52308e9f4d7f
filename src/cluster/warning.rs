//! What an API server warns of beside its answer (Kubernetes documentation, "API warnings"; RFC 7234, 5.5).

use http::HeaderValue;

/// How many warnings of one answer are kept, and how many characters of each.
const KEPT: (usize, usize) = (10, 500);

/// Returns the texts of warnings with the code 299, which the API server gives its own: `299 - "text"`.
pub(super) fn texts<'h>(headers: impl Iterator<Item = &'h HeaderValue>) -> Vec<String> {
    let texts = headers.filter_map(|header| text(&String::from_utf8_lossy(header.as_bytes())));
    texts.take(KEPT.0).collect()
}

fn text(header: &str) -> Option<String> {
    let (_, quoted) = header.trim().strip_prefix("299 ")?.trim_start().split_once(' ')?;
    let mut characters = quoted.trim_start().strip_prefix('"')?.chars();
    let mut text = String::new();
    loop {
        match characters.next()? {
            '"' => break,
            '\\' => text.push(characters.next()?),
            character => text.push(character),
        }
    }
    Some(text.chars().take(KEPT.1).collect()).filter(|text: &String| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_the_text_between_its_quotes() {
        let long = format!("299 - \"{}\"", "a".repeat(1000));
        let cases = [
            (
                r#"299 - "v1 Endpoints is deprecated in v1.33+""#,
                Some("v1 Endpoints is deprecated in v1.33+".to_owned()),
            ),
            (r#"299 - "a \"b\" \\ c" "Fri, 02 Jan 2026 03:04:05 GMT""#, Some(r#"a "b" \ c"#.to_owned())),
            (r#"299 api.example:6443 "a""#, Some("a".to_owned())),
            (r#"110 - "stale""#, None),
            (r#"299 - "open"#, None),
            (r#"299 - """#, None),
            ("299", None),
            (&long, Some("a".repeat(500))),
        ];
        for (header, expected) in cases {
            assert_eq!(text(header), expected, "{header}");
        }
        let many = vec![HeaderValue::from_static("299 - \"a\""); 100];
        assert_eq!(texts(many.iter()).len(), 10);
    }
}
