//! Values without a sign of assignment before them: flags (`--token x`), directives (`requirepass x`), SQL
//! (`PASSWORD 'x'`), arguments of functions (`define('PASSWORD', 'x')`), and defaults (`TOKEN || 'x'`).

use std::ops::Range;

use super::assignments::{user_password, without_scheme};
use super::extents::quoted;
use super::key::Key;
use super::keys::{self, Weight};
use super::values::is_harmless;

/// Flags that `user:password` follows.
pub(super) const USER_FLAGS: [&str; 3] = ["-u", "--user", "--proxy-user"];

/// Keys that are words of sentences, too: `kubectl get secret shop-1`.
const ORDINARY: [&str; 7] = ["secret", "secrets", "token", "tokens", "credential", "credentials", "creds"];

/// Returns the value behind the blank at `sign`, which follows a key.
pub(super) fn by_blank(line: &str, sign: usize, key: &Key<'_>, weight: Option<Weight>) -> Option<Range<usize>> {
    let value = sign + 1 + line[sign + 1..].find(|c: char| !matches!(c, ' ' | '\t'))?;
    let rest = &line[value..];
    if rest.starts_with(['=', ':']) {
        return None;
    }
    if USER_FLAGS.contains(&key.text) {
        let range = key.word(line, value);
        return user_password(&line[range.clone()]).map(|at| range.start + at..range.end);
    }
    let weight = weight?;
    if key.text.starts_with('-') && key.text.len() > 2 {
        return (!rest.starts_with('-')).then(|| without_scheme(line, key.word(line, value)));
    }
    if let Some(default) = default(rest) {
        return string(line, value + default).filter(|_| weight == Weight::Strong);
    }
    let is_last = !rest.trim_end().contains([' ', '\t']);
    if weight == Weight::Weak && key.text.ends_with("uthorization") {
        // `proxy_set_header Authorization "Basic x";`
        return string(line, value).map(|range| without_scheme(line, range));
    }
    if weight == Weight::Weak {
        // `stats auth admin:x`
        let range = word(line, value);
        let is_pair = is_last && key.text == "auth" && !rest.contains(['/', '(']);
        return user_password(&line[range.clone()]).filter(|_| is_pair).map(|at| range.start + at..range.end);
    }
    if rest.starts_with("<<") {
        let start = value + rest.len() - rest.trim_start_matches("<<<").trim_start_matches(' ').len();
        return Some(key.word(line, start));
    }
    if rest == "{" && key.starts_line() {
        return Some(value..line.len());
    }
    let is_password = keys::is_password(key.text);
    if let Some(inside) = rest.strip_prefix("$$").filter(|_| is_password) {
        return Some(value + 2..value + 2 + inside.find("$$").unwrap_or(inside.len()));
    }
    // `SECRET 'x'` of SQL.
    let is_command = key.text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    if rest.starts_with('\'') && (is_password || is_command) {
        return Some(key.word(line, value));
    }
    if is_last && key.starts_line() && is_password {
        return Some(key.word(line, value));
    }
    // `login u password x` of a netrc.
    let is_netrc = matches!(key.before.split_whitespace().rev().nth(1), Some("login" | "machine" | "account"));
    if is_netrc && is_password {
        return Some(key.word(line, value));
    }
    // `user a password x`, `proxy_set_header X-Api-Key x;`, `shared_key x`
    let is_quoted = rest.starts_with('"') && key.touches(line, sign);
    let is_directive = is_quoted || is_password || key.starts_line() || !ORDINARY.contains(&key.text);
    let is_path = key.before.ends_with(['/', '$', '{', '<', '.']);
    let range = word(line, value);
    ((is_last || is_quoted) && is_directive && !is_path && is_made_up(&line[range.clone()])).then_some(range)
}

/// Returns the string that begins at `start` or behind signs of a comparison and blanks.
pub(super) fn compared(line: &str, start: usize) -> Option<Range<usize>> {
    string(line, line.len() - line[start..].trim_start_matches(['=', '~', ' ']).len())
}

/// Returns the string that follows a key as an argument of the same function, or as its only argument.
pub(super) fn argument(line: &str, sign: usize, key: &Key<'_>, weight: Option<Weight>) -> Option<Range<usize>> {
    let rest = &line[sign + 1..];
    let value = sign + 1 + rest.len() - rest.trim_start_matches([' ', '\t', '<']).len();
    let is_first = || {
        let called = key.before.strip_suffix('(').is_some_and(|name| name.ends_with(|c: char| c.is_alphanumeric()));
        called || key.before.ends_with('{')
    };
    let is_argument = match line.as_bytes()[sign] {
        b',' => is_first(),
        _ => keys::is_password(key.text) && !key.is_quoted && key.touches(line, sign) && !key.text.starts_with("get"),
    };
    let inside = string(line, value).filter(|_| is_argument && weight.is_some())?;
    // Labels and texts for people.
    let text = &line[inside.clone()];
    let is_name = text.contains(char::is_whitespace) || keys::weight(text).is_some() && !is_made_up(text);
    (!is_name).then_some(inside)
}

/// Returns the length of an operator at the start of a text that gives a default, and of the blanks around it.
pub(super) fn default(text: &str) -> Option<usize> {
    let blank = text.len() - text.trim_start_matches(' ').len();
    let rest = ["||", "??", "or "].into_iter().find_map(|operator| text[blank..].strip_prefix(operator))?;
    Some(text.len() - rest.trim_start_matches(' ').len())
}

/// Returns where the content is of the quotes that begin at `start`.
fn string(line: &str, start: usize) -> Option<Range<usize>> {
    quoted(&line[start..]).map(|inside| start + inside.start..start + inside.end)
}

/// Returns the word that begins at `start`, without its quotes and the signs that end a directive.
fn word(line: &str, start: usize) -> Range<usize> {
    if let Some(string) = string(line, start) {
        return string;
    }
    let word = line[start..].split([' ', '\t']).next().unwrap_or_default();
    start..start + word.trim_end_matches([';', ',', '"', '\'', ')', '.']).len()
}

/// Returns whether a word is none of a sentence, because there is a digit in it, or a sign, or a capital letter.
fn is_made_up(word: &str) -> bool {
    let has_digit = word.contains(|c: char| c.is_ascii_digit());
    let has_letter = word.contains(char::is_alphabetic);
    let is_mixed = word.contains(char::is_lowercase) && word.chars().skip(1).any(char::is_uppercase);
    let is_elsewhere = word.starts_with(['$', '{', '<', '%', '@', '[', '`']) || word.contains(['(', '{', '/', '=']);
    has_letter && (has_digit || is_mixed) && !is_elsewhere && !is_harmless(word)
}

#[cfg(test)]
mod tests {
    use super::super::assignments::find;

    #[test]
    fn values_without_a_sign_are_found() {
        for (text, expected) in [
            ("user a password hunter2", &["hunter2"][..]),
            ("  user a insecure-password hunter2 # why", &[]),
            ("user a insecure-password hunter2", &["hunter2"]),
            ("proxy_set_header X-Api-Key hunter2;", &["hunter2"]),
            ("fastcgi_param DB_PASSWORD \"hunter2\";", &["hunter2"]),
            ("shared_key hunter2\napi_key hunter3\ntoken hunter4", &["hunter2", "hunter3", "hunter4"]),
            ("setenv DB_PASSWORD hunter2\nset -gx DB_PASSWORD hunter3", &["hunter2", "hunter3"]),
            ("stats auth admin:hunter2", &["hunter2"]),
            ("proxy_set_header Authorization \"Basic hunter2\"; key { secret \"hunter3\"; };", &["hunter2", "hunter3"]),
            ("if ($http_x_token != \"one\") or password == 'two'", &["one", "two"]),
            ("read -r PASSWORD <<'EOF'\none\ntwo\nEOF\nread TOKEN <<< 'three'", &["one\ntwo", "three"]),
            ("ALTER USER a PASSWORD $$one$$; SET x PASSWORD('two');", &["one", "two"]),
            ("CREATE SECRET s (TYPE S3, SECRET 'one');", &["one"]),
            ("define('DB_PASSWORD', 'one'); h:add(\"authorization\", \"two\")", &["one", "two"]),
            ("[{rabbit,[{default_pass, <<\"one\">>}]}].", &["one"]),
            (
                "x(process.env.TOKEN || 'one', ENV[\"TOKEN\"] ?? \"two\", e(\"TOKEN\") or 'three')",
                &["one", "two", "three"],
            ),
            ("client.password(\"one\").setPassword('two')", &["one", "two"]),
            ("credentials {\n  value = \"one\"\n}\nb {\n}", &["{\n  value = \"one\"\n}"]),
            // Sentences, names, code.
            ("the token expired; change the password now.", &[]),
            ("kubectl get secret shop-1; POST /oauth/token HTTP/1.1", &[]),
            ("x in (\"password\", \"token\"); prompt(\"password\", \"Password\"); password(\"Enter it\")", &[]),
            ("proxy_set_header X-Token $token; token VARCHAR(20))", &[]),
            ("secret {{ .x }}", &[]),
        ] {
            let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
