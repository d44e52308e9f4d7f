//! Secrets that can be told by their own form: passwords in addresses, `Bearer x`, private keys, well-known tokens.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::assignments::user_password;
use super::extents::quoted;
use super::values::is_harmless;

/// What tokens of well-known services and hashes of passwords begin with.
const BEGINNINGS: &str = "
    ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- gldt- glrt- glptt- gloas- glsa_ xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xapp-
    sk_live_ sk_test_ rk_live_ rk_test_ whsec_ sk-proj- sk-ant- sk-svcacct- AIza GOCSPX- ya29. AKIA ASIA hvs. hvb. hvr. dop_v1_
    npm_ pypi- SG. dckr_pat_ dckr_oat_ shpat_ shpss_ xkeysib- lin_api_ PMAK- pul- tskey- sntrys_ nfp_ hf_ figd_ rubygems_
    ATATT3x AGE-SECRET-KEY-1 $2a$ $2b$ $2y$ $5$ $6$ $y$ $apr1$ $argon2 {SHA} {SSHA} {SSHA256} {SSHA512}";
/// The shortest of them, without the beginning.
const SHORTEST: usize = 16;

/// The address of a webhook is the right to post to it.
const WEBHOOKS: [&str; 9] = [
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "hooks.slack.com/triggers/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/webhookb2/",
    "outlook.office.com/webhook/",
    "hooks.zapier.com/hooks/catch/",
    "api.telegram.org/bot",
];

/// What stands in PEM and may be read by anybody.
const PUBLIC: [&str; 8] =
    ["CERTIFICATE", "PUBLIC KEY", "CRL", "PARAMETERS", "SIGNATURE", "SIGNED MESSAGE", "CMS", "PKCS7"];

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
    let beginnings = beginnings();
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        if found.last().is_some_and(|last| last.contains(&at)) {
            continue;
        }
        let begins_word = || !text[..at].ends_with(char::is_alphanumeric);
        let range = match byte {
            b':' => address(text, at),
            b'@' => data_source(text, at).or_else(|| plain_address(text, at)),
            b'-' => private_key(text, at),
            b'b' | b'B' | b'i' | b'I' if begins_word() => after_word(text, at),
            b'e' if begins_word() && text[at..].starts_with("eyJ") => web_token(text, at),
            _ if !beginnings[usize::from(byte)].is_empty() && begins_word() => {
                token(text, at, &beginnings[usize::from(byte)])
            }
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

/// The password in `user:password@host:port` without a scheme, as for proxies.
fn plain_address(text: &str, at: usize) -> Option<Range<usize>> {
    let is_end = |c: char| c.is_whitespace() || "\"'`=,;/@<>(){}[]".contains(c);
    let start = text[..at].rfind(is_end).map_or(0, |end| end + text[end..].chars().next().map_or(0, char::len_utf8));
    let (user, password) = text[start..at].split_once(':').filter(|_| !text[..start].ends_with('/'))?;
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let host = text[at + 1..].split(|c: char| !is_host(c)).next().filter(|host| !host.is_empty())?;
    let port = text[at + 1 + host.len()..].strip_prefix(':')?;
    // `image:tag@sha256:…` has digits there, too.
    let is_port = (1..=5).contains(&run(port, "")) && port[..run(port, "")].bytes().all(|byte| byte.is_ascii_digit());
    let is_user = user.chars().all(is_host) && !user.is_empty() && !password.is_empty();
    (is_port && is_user && !host.starts_with("sha")).then_some(at - password.len()..at)
}

/// What stands between the first and the last line of what is not public in PEM.
fn private_key(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text[at..].strip_prefix("-----BEGIN ")?;
    let title = &rest[..rest.find("-----")?];
    let start = at + text[at..].len() - rest.len() + title.len() + 5;
    let end = start + text[start..].find("-----END").unwrap_or(text.len() - start);
    let inside = text[start..end].trim_end().len();
    let blank = text[start..end].len() - text[start..end].trim_start().len();
    (!PUBLIC.iter().any(|public| title.contains(public)) && title.len() < 64 && blank < inside)
        .then_some(start + blank..start + inside)
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
    // `identified by 'x'`, `identified with a_plugin by 'x'`
    let start = after("identified by").or_else(|| {
        let name = after("identified with")?;
        let end = name + text[name..].find(' ')?;
        let by = text.get(end..end + 4).filter(|by| by.eq_ignore_ascii_case(" by "))?;
        Some(end + by.len())
    })?;
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

fn token(text: &str, at: usize, beginnings: &[&str]) -> Option<Range<usize>> {
    let rest = &text[at..];
    let beginning = *beginnings.iter().find(|beginning| rest.starts_with(**beginning))?;
    let start = at + beginning.len();
    if WEBHOOKS.contains(&beginning) {
        return Some(start..start + run(&text[start..], "/_-:@"));
    }
    let length = run(&text[start..], "_-./+=$");
    (length >= SHORTEST).then_some(at..start + length)
}

/// Returns for each byte the beginnings that begin with it, of tokens and of the addresses of webhooks.
fn beginnings() -> &'static [Vec<&'static str>] {
    static BY_BYTE: LazyLock<Vec<Vec<&str>>> = LazyLock::new(|| {
        let mut by_byte = vec![Vec::new(); 256];
        for beginning in BEGINNINGS.split_ascii_whitespace().chain(WEBHOOKS) {
            by_byte[usize::from(beginning.as_bytes()[0])].push(beginning);
        }
        by_byte
    });
    &BY_BYTE
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
            (
                "npm_0123456789abcdef0123 SG.0123456789.abcdef0123 $6$a$0123456789abcdef",
                &["npm_0123456789abcdef0123", "SG.0123456789.abcdef0123", "$6$a$0123456789abcdef"],
            ),
            ("AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQ", &["AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQ"]),
            ("-----BEGIN OpenVPN Static key V1-----\nabc\n-----END OpenVPN Static key V1-----", &["abc"]),
            ("HTTP_PROXY=u:hunter2@p:3128 u:p@h", &["hunter2"]),
            ("image a/shop:1.0@sha256:0123 shop:1.0@sha256:0123 mailto:a@b.c git@h:22", &[]),
            ("IDENTIFIED WITH a_plugin BY 'x'; identified with care", &["x"]),
            (
                "https://api.telegram.org/bot12:abc/send https://a.webhook.office.com/webhookb2/x@y",
                &["12:abc/send", "x@y"],
            ),
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
