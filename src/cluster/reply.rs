//! What came back over HTTP, before it is known to be an API server's.

use http::HeaderValue;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::HttpStatus;
use crate::config::value_error::quoted;
use crate::diff::mask::told;

/// What came back over HTTP.
pub(super) struct Reply {
    /// The status.
    pub(super) status: HttpStatus,
    /// How long the server asks to wait.
    pub(super) retry_after: Option<HeaderValue>,
    /// What the body is said to be.
    pub(super) content_type: Option<HeaderValue>,
    /// What the server warns of beside it.
    pub(super) warnings: Vec<String>,
    /// The body.
    pub(super) body: Vec<u8>,
}

/// What an object in JSON says that it is.
#[derive(Deserialize)]
struct Kind {
    kind: String,
}

impl Reply {
    /// Takes the body if it is an object in JSON, as everything is that an API server says; it sends nobody elsewhere.
    pub(super) fn json(&mut self) -> Option<Vec<u8>> {
        if self.is_redirect() {
            return None;
        }
        let is_object = self.body.trim_ascii_start().starts_with(b"{");
        let is_json = is_object && serde_json::from_slice::<IgnoredAny>(&self.body).is_ok();
        is_json.then(|| std::mem::take(&mut self.body))
    }

    /// Returns whether the body is a Status, which only an API server writes.
    pub(super) fn is_word(&self) -> bool {
        serde_json::from_slice::<Kind>(&self.body).is_ok_and(|body| body.kind == "Status")
    }

    fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status.0)
    }

    /// Says what the body is where it is no JSON object: the title of a page, or its type.
    ///
    /// Nothing else of it is repeated: some gateways send back what they got, with its token.
    pub(super) fn content(&self) -> String {
        if let Some(title) = title(&String::from_utf8_lossy(&self.body)) {
            return format!("a page {}", quoted(&told(&title)));
        }
        let kind = self
            .content_type
            .as_ref()
            .and_then(|header| header.to_str().ok())
            .map(|kind| kind.split(';').next().unwrap_or_default().trim());
        match kind {
            _ if self.is_redirect() => "a redirect".to_owned(),
            _ if self.body.is_empty() => "nothing".to_owned(),
            Some("application/json") if serde_json::from_slice::<IgnoredAny>(&self.body).is_err() => {
                "broken JSON".to_owned()
            }
            Some("application/json") if self.body.trim_ascii_start().starts_with(b"[") => "a JSON array".to_owned(),
            Some("application/json") => "a JSON value".to_owned(),
            Some(kind) if !kind.is_empty() => quoted(kind),
            _ => "something".to_owned(),
        }
    }
}

/// Returns the first words of a page's title, on one line.
fn title(page: &str) -> Option<String> {
    const WORDS: usize = 8;
    let lower = page.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = lower[start..].find('<').map_or(page.len(), |length| start + length);
    let words: Vec<&str> = page[start..end].split_whitespace().take(WORDS).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::{HttpStatus, Reply};

    fn reply(status: u16, kind: &'static str, body: &str) -> Reply {
        Reply {
            status: HttpStatus(status),
            retry_after: None,
            content_type: Some(HeaderValue::from_static(kind)),
            warnings: Vec::new(),
            body: body.into(),
        }
    }

    #[test]
    fn an_answer_is_an_object_in_json() {
        for (status, body, is_answer) in [
            (200, "{}", true),
            (200, " {\"a\": [1]}\n", true),
            (404, "404 page not found\n", false),
            (200, "{\"a\": ", false),
            (200, "{} {}", false),
            (200, "[]", false),
            (302, "{}", false),
            (200, "ok", false),
            (200, "", false),
        ] {
            assert_eq!(reply(status, "", body).json().is_some(), is_answer, "{status} {body}");
        }
    }

    #[test]
    fn a_path_that_is_not_there_is_told_by_the_status_and_the_text() {
        for (status, body, expected) in [
            (404, "404 page not found\n", true),
            (200, "404 page not found\n", false),
            (404, "default backend - 404", false),
        ] {
            assert_eq!(reply(status, "", body).is_unknown_path(), expected, "{status} {body}");
        }
        let mut unknown = reply(404, "", "404 page not found");
        unknown.say_unknown_path();
        let status: serde_json::Value = serde_json::from_slice(&unknown.json().unwrap()).unwrap();
        assert_eq!((status["reason"].as_str(), status["code"].as_u64()), (Some("NotFound"), Some(404)));
    }

    #[test]
    fn a_page_is_named_by_its_title_alone() {
        for (kind, body, expected) in [
            (
                "text/html",
                "<html><TITLE lang=en>\n Bad \u{1b}[31m Gateway</TITLE>secret",
                "a page `Bad \\u{1b}[31m Gateway`",
            ),
            (
                "text/html",
                "<title>one two three four five six seven eight nine</title>",
                "a page `one two three four five six seven eight`",
            ),
            ("text/html", "<title>unfinished", "a page `unfinished`"),
            (
                "text/html",
                "<title>Login?token=canary Bearer canary</title>",
                "a page `Login?token=(secret) Bearer (secret)`",
            ),
            ("text/html; charset=utf-8", "<title></title>secret", "`text/html`"),
            ("text/plain", "Authorization: Bearer secret", "`text/plain`"),
            ("application/json", "{\"a\"", "broken JSON"),
            ("application/json", " [1, 2]", "a JSON array"),
            ("application/json", "12", "a JSON value"),
            ("", "secret", "something"),
            ("text/html", "", "nothing"),
        ] {
            assert_eq!(reply(502, kind, body).content(), expected);
        }
        assert_eq!(reply(302, "application/json", "{}").content(), "a redirect");
        assert_eq!(reply(302, "text/html", "<title>Sign in</title>").content(), "a page `Sign in`");
    }
}
