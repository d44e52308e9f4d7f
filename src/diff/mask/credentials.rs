//! Secrets that can be told by their own form: passwords in addresses, `Bearer x`, private keys, well-known tokens.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::assignments::{quoted, user_password};
use super::values::is_harmless;

/// What tokens of well-known services and hashes of passwords begin with.
const BEGINNINGS: [&str; 29] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gldt-",
    "glrt-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxr-",
    "xoxs-",
    "xapp-",
    "sk_live_",
    "rk_live_",
    "sk-proj-",
    "sk-ant-",
    "AIza",
    "AKIA",
    "hvs.",
    "dop_v1_",
    "$2a$",
    "$2b$",
    "$2y$",
    "$apr1$",
    "{SHA}",
    "{SSHA}",
];
/// The shortest of them, without the beginning.
const SHORTEST: usize = 16;

/// The address of a webhook is the right to post to it.
const WEBHOOKS: [&str; 5] = [
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "hooks.slack.com/triggers/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
];

/// Words that follow `bearer` in a sentence.
const PROSE: [&str; 28] = [
    "access",
    "and",
    "auth",
    "authentication",
    "authorization",
    "credentials",
    "error",
    "errors",
    "for",
    "format",
    "header",
    "headers",
    "in",
    "is",
    "method",
    "not",
    "of",
    "on",
    "only",
    "or",
    "realm",
    "scheme",
    "security",
    "the",
    "to",
    "token",
    "tokens",
    "with",
];

/// Returns where secrets stand in a text that are such by their form.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        let begins_word = || !text[..at].ends_with(char::is_alphanumeric);
        let range = match byte {
            b':' => address(text, at),
            b'@' => data_source(text, at),
            b'-' => private_key(text, at),
            b'b' | b'B' | b'i' | b'I' if begins_word() => after_word(text, at),
            b'e' if begins_word() => web_token(text, at),
            b'g' | b'x' | b's' | b'r' | b'A' | b'h' | b'd' | b'$' | b'{' => token(text, at).filter(|_| begins_word()),
            _ => None,
        };
        if let Some(range) = range.filter(|range| !is_harmless(&text[range.clone()])) {
            found.push(range);
        }
    }
    found
}

/// The password in `scheme://user:password@host`.
fn address(text: &str, colon: usize) -> Option<Range<usize>> {
    let start = colon + 3;
    let rest = text[colon..].strip_prefix("://")?;
    let whole = &rest[..rest.find(|c: char| c.is_whitespace() || "\"'`<>\\".contains(c)).unwrap_or(rest.len())];
    let authority = &whole[..whole.find(['/', '?', '#']).unwrap_or(whole.len())];
    let user_info = if let Some(end) = authority.rfind('@') {
        &authority[..end]
    } else {
        // A password with an unescaped `/`, which some clients take; a number is a port.
        let (_, port) = authority.split_once(':')?;
        let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
        &whole[..whole.rfind('@').filter(|_| !is_port)?]
    };
    let is_web = text[..colon].ends_with("http") || text[..colon].ends_with("https");
    match user_info.find(':') {
        Some(separator) => Some(start + separator + 1..start + user_info.len()),
        // `https://TOKEN@host`; over ssh it is a user.
        None if is_web && user_info != "git" => Some(start..start + user_info.len()),
        None => None,
    }
}

/// The password in `user:password@tcp(host)`, as Go reads it for `MySQL`.
fn data_source(text: &str, at: usize) -> Option<Range<usize>> {
    if !text[at..].starts_with("@tcp(") && !text[at..].starts_with("@unix(") {
        return None;
    }
    let is_end = |c: char| c.is_whitespace() || "\"'`=".contains(c);
    let start = text[..at].rfind(is_end).map_or(0, |end| end + text[end..].chars().next().map_or(0, char::len_utf8));
    Some(start + user_password(&text[start..at])?..at)
}

/// What stands between the first and the last line of a private key in PEM.
fn private_key(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text[at..].strip_prefix("-----BEGIN ")?;
    let title = &rest[..rest.find("-----")?];
    let start = at + text[at..].len() - rest.len() + title.len() + 5;
    let end = start + text[start..].find("-----END").unwrap_or(text.len() - start);
    let inside = text[start..end].trim_end().len();
    let blank = text[start..end].len() - text[start..end].trim_start().len();
    (title.contains("PRIVATE KEY") && blank < inside).then_some(start + blank..start + inside)
}

/// What follows `Bearer`, `Basic` or `IDENTIFIED BY`.
fn after_word(text: &str, at: usize) -> Option<Range<usize>> {
    let after = |word: &str| {
        let end = at + word.len();
        let is_there = text.get(at..end).is_some_and(|found| found.eq_ignore_ascii_case(word));
        let rest = text.get(end..).filter(|rest| is_there && rest.starts_with([' ', '\t']))?;
        Some(end + rest.len() - rest.trim_start_matches([' ', '\t']).len())
    };
    if let Some(start) = after("bearer") {
        let is_end = |c: char| c.is_whitespace() || "\"'`\\,;<>(){}[]".contains(c);
        let range = start..start + text[start..].find(is_end).unwrap_or(text.len() - start);
        let is_prose =
            PROSE.iter().any(|word| word.eq_ignore_ascii_case(text[range.clone()].trim_end_matches(['.', ':'])));
        let is_elsewhere = text[start..].starts_with(['$', '{']);
        return (!is_prose && !is_elsewhere).then_some(range);
    }
    if let Some(start) = after("basic") {
        let range = start..start + run(&text[start..], "+/=");
        let is_pair = STANDARD.decode(&text[range.clone()]).is_ok_and(|pair| pair.contains(&b':'));
        return is_pair.then_some(range);
    }
    let start = after("identified by")?;
    quoted(&text[start..]).map(|inside| start + inside.start..start + inside.end)
}

/// A JSON Web Token.
fn web_token(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text[at..].strip_prefix("eyJ")?;
    let length = run(rest, "-_.");
    let mut parts = rest[..length].split('.');
    let is_token = parts.next()?.len() >= 8 && parts.next()?.len() >= 4 && parts.next().is_some();
    is_token.then_some(at..at + 3 + length)
}

fn token(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    if let Some(webhook) = WEBHOOKS.iter().find(|webhook| rest.starts_with(**webhook)) {
        let start = at + webhook.len();
        return Some(start..start + run(&rest[webhook.len()..], "/_-"));
    }
    let beginning = BEGINNINGS.iter().find(|beginning| rest.starts_with(**beginning))?.len();
    let length = run(&rest[beginning..], "_-./+=$");
    (length >= SHORTEST).then_some(at..at + beginning + length)
}

/// Returns how many bytes at the start of a text are letters, digits and `others`.
fn run(text: &str, others: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || others.as_bytes().contains(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn secrets_are_told_by_their_form() {
        for (text, expected) in [
            ("postgres://shop:hunter2@db:5432/shop?sslmode=disable", &["hunter2"][..]),
            ("redis://:hunter2@redis:6379/0", &["hunter2"]),
            ("amqp://a:b@c@mq", &["b@c"]),
            ("redis://:p1@h1,redis://:p2@h2", &["p1", "p2"]),
            ("mongodb://u:p@h1:27017,h2:27017/db", &["p"]),
            ("postgres://u:p/w@host/db", &["p/w"]),
            ("https://tok-123@git.example/a", &["tok-123"]),
            ("https://u:@host", &[]),
            ("https://u:${PASSWORD}@host", &[]),
            ("https://git@git.example/a ssh://git@git.example/a", &[]),
            ("http://host:8080/path@2x.png http://host/a@b http://[::1]:80/", &[]),
            ("shop:hunter2@tcp(db:3306)/shop", &["hunter2"]),
            ("dsn=shop:hunter2@unix(/tmp/s)/shop", &["hunter2"]),
            ("-H 'X: Bearer abc.def-1'", &["abc.def-1"]),
            ("bearer xyz, Bearer a%41:b", &["xyz", "a%41:b"]),
            ("Bearer ${TOKEN} Bearer $TOKEN Bearer <token> Bearer {{ .x }} Bearer", &[]),
            ("an invalid bearer token. Bearer authentication is on; the bearer: x", &[]),
            ("Basic c2hvcDpodW50ZXIy", &["c2hvcDpodW50ZXIy"]),
            ("Basic authentication, basic c2hvcA==", &[]),
            ("CREATE USER a IDENTIFIED BY 'it''s' ;", &["it''s"]),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\n", &["MIIE\nabcd"]),
            ("-----BEGIN PRIVATE KEY-----\nMIIE", &["MIIE"]),
            ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", &[]),
            ("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n", &[]),
            ("x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln y", &["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"]),
            ("eyJhbGciOiJIUzI1NiJ9", &[]),
            ("ghp_0123456789abcdef0123 xghp_0123456789abcdef0123 ghp_short", &["ghp_0123456789abcdef0123"]),
            ("shop:$2y$05$abcdefghijklmnopqrstuv", &["$2y$05$abcdefghijklmnopqrstuv"]),
            ("https://hooks.slack.com/services/T0/B0/xyz", &["T0/B0/xyz"]),
            ("https://discord.com/api/webhooks/123/a-b_c?wait=true", &["123/a-b_c"]),
            ("a 😀://é:ü@ö", &["ü"]),
            ("", &[]),
        ] {
            let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
