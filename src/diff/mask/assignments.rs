//! Assignments in a text, in whatever language: `db.password=x`, `password: x`, `--token x`, `<password>x</password>`.
//!
//! A text has no grammar, so a value ends where the ways of writing one agree that it does, and later where they do not:
//! rather too much is hidden than too little.

use std::ops::Range;

use super::directives::{self, by_blank};
use super::extents::{Extents, until};
use super::hints::hints;
use super::key::Key;
use super::keys::{self, Weight};
use super::values::{is_harmless, mark_length};

/// Words that name a scheme of authentication; what follows one is the secret.
const SCHEMES: [&str; 6] = ["basic", "bearer", "digest", "token", "apikey", "negotiate"];

/// How YAML announces a value of several lines.
const BLOCKS: [&str; 6] = ["|", ">", "|-", ">-", "|+", ">+"];

/// Returns where the secrets are that the assignments of a text give.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut extents = Extents::of(text);
    let mut found = Vec::new();
    let mut end = 0;
    // Up to where the values found so far go.
    let mut known = 0;
    for line in text.split_inclusive('\n') {
        let start = end;
        end += line.len();
        let content = line.trim_end_matches(['\n', '\r']);
        if end > known && hints(content) {
            in_line(content, |value| {
                let value = extents.whole(start + value.start..start + value.end);
                if !is_harmless(&text[value.clone()]) {
                    known = known.max(value.end);
                    found.push(value);
                }
            });
        }
    }
    found
}

/// Returns where the secrets are that a message repeats: of addresses, forms and JSON, whose signs do not belong to sentences.
pub(super) fn in_message(text: &str) -> Vec<Range<usize>> {
    let is_written = |value: &Range<usize>| {
        let before = text[..value.start].trim_end_matches(['"', '\\']);
        before.ends_with('=') || before.trim_end_matches(' ').ends_with("\":") || before.ends_with("\\\":")
    };
    find(text).into_iter().filter(is_written).collect()
}

fn in_line(line: &str, mut found: impl FnMut(Range<usize>)) {
    let mut at = 0;
    while let Some(next) = line[at..].find(['=', ':', '>', ',', '(', ' ', '\t']) {
        let sign = at + next;
        at = sign + 1;
        let value = assigned(line, sign).filter(|value| {
            let text = &line[value.clone()];
            !is_harmless(text) && !BLOCKS.contains(&text) || is_open(line, value)
        });
        if let Some(value) = value {
            at = at.max(value.end);
            found(value);
        }
    }
}

/// Returns whether a value that a line leaves empty goes on in the next one: behind a quote or a backslash.
fn is_open(line: &str, value: &Range<usize>) -> bool {
    let is_quoted = line[..value.start].ends_with(['"', '\'', '`']);
    is_quoted && value.start == line.len() || line[value.start..].trim() == "\\"
}

/// Returns the value that the sign at `sign` assigns to a key that announces a secret.
fn assigned(line: &str, sign: usize) -> Option<Range<usize>> {
    let key = Key::before(line, sign)?;
    let after = &line[sign + 1..];
    let weight = keys::weight(key.text).or_else(|| key.container_weight()).or_else(|| connection_password(&key, after));
    let value = match line.as_bytes()[sign] {
        b' ' | b'\t' => return by_blank(line, sign, &key, weight),
        _ if weight.is_none() => return None,
        b',' | b'(' => return directives::argument(line, sign, &key, weight),
        b'>' => return key.before.ends_with('<').then(|| until(line, sign + 1, "<")),
        b'=' if after.starts_with(['=', '~']) || line[..sign].ends_with('!') => {
            return directives::compared(line, sign + 1).filter(|_| weight == Some(Weight::Strong));
        }
        b'=' => sign + 1 + usize::from(after.starts_with('>')),
        _ if after.starts_with('=') => sign + 2,
        _ if after.starts_with([' ', '\t', '"', '\'', '\u{a0}']) || key.is_quoted || key.is_header() => sign + 1,
        // `password:x` in a file of such lines, `/password:x`; `auth:1.0` is an image and `token:8080` an address.
        _ if (key.starts_line() || key.is_option()) && keys::is_password(key.text) => sign + 1,
        _ => return None,
    };
    let is_shell = line[sign..].starts_with('=');
    let range = without_scheme(line, key.value(line, value, is_shell));
    let text = &line[range.clone()];
    if weight == Some(Weight::Weak) && text.starts_with(['{', '[']) || keys::is_count(key.text, text) {
        return None;
    }
    let is_header = !is_shell && (key.text.ends_with("uthorization") || key.text.ends_with("ookie"));
    // `auth: whatever is said`, `session = (a, b)`: prose, code.
    let is_command = is_shell && key.touches(line, sign) && !after.starts_with([' ', '\t']);
    let is_prose = text.contains('(') || text.contains([' ', '\t']) && !is_command;
    let is_prose = is_prose && mark_length(text) == 0;
    let is_value = weight == Some(Weight::Strong) || is_header || !is_prose;
    is_value.then_some(range)
}

/// `PWD` is the folder that a shell works in; where it holds something else, it is a password, as in `UID=a;PWD=b`.
fn connection_password(key: &Key<'_>, value: &str) -> Option<Weight> {
    let is_folder = value.trim_start_matches(['"', '\'', ' ']).starts_with(['/', '$', '`', '.', '~']);
    (key.text == "PWD" && !is_folder).then_some(Weight::Strong)
}

/// Returns where the password begins in `user:password`; two numbers are a user and a group.
pub(super) fn user_password(text: &str) -> Option<usize> {
    let (user, password) = text.split_once(':')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_other = is_number(user) && is_number(password) || password.starts_with("//");
    (!is_other).then_some(user.len() + 1)
}

/// Leaves the word `Bearer` and its like visible.
pub(super) fn without_scheme(line: &str, range: Range<usize>) -> Range<usize> {
    let text = &line[range.clone()];
    match text.split_once(' ') {
        Some((scheme, rest)) if SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) => {
            range.end - rest.trim_start().len()..range.end
        }
        _ => range,
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn values_end_where_their_language_ends_them() {
        for (text, expected) in [
            // Properties, shell, YAML, TOML, JSON with faults.
            ("db.password=hunter2", &["hunter2"][..]),
            ("db.password = correct horse\nuser=a", &["correct horse"]),
            ("password: correct horse", &["correct horse"]),
            ("  - password: hunter2\r\n", &["hunter2"]),
            ("password=a#b, c;", &["a#b, c"]),
            ("password = \"correct \\\"horse\\\"\" # why", &["correct \\\"horse\\\""]),
            ("password: 'it''s'", &["it''s"]),
            ("token = '''a'b'''", &["a'b"]),
            ("password = \"open", &["open"]),
            ("{\"password\": \"hunter2\", \"user\": \"a\",}", &["hunter2"]),
            ("{\"password\":12345,}", &["12345"]),
            ("{password: hunter2, user: a, token: x}", &["hunter2", "x"]),
            ("\\\"password\\\": \\\"hunter2\\\", \\\"user\\\"", &["hunter2"]),
            ("'password' => 'hunter2',", &["hunter2"]),
            ("$config['password'] = 'hunter2';", &["hunter2"]),
            ("password := \"hunter2\"", &["hunter2"]),
            ("<password>hunter2</password><user>a</user>", &["hunter2"]),
            ("<user password=\"hunter2\" name=\"a\"/>", &["hunter2"]),
            ("# password: old", &["old"]),
            ("requirepass hunter2", &["hunter2"]),
            ("  password hunter2", &["hunter2"]),
            ("ALTER USER a WITH PASSWORD 'hunter2';", &["hunter2"]),
            // Over several lines.
            ("PASSWORD=\"one\ntwo\" x\nuser=a", &["one\ntwo"]),
            ("password: \"one\nuser: a", &["one"]),
            ("{{ if }}\ntext: |\n  one\ntoken: |\nuser: a", &[]),
            ("password = '''\n one's\n'''\nuser = 1", &["\n one's\n"]),
            ("token = \"\"\"\none\"\"\"\nuser = \"a\"", &["\none"]),
            ("PASSWORD=\"\none\" x", &["\none"]),
            ("db.password=one\\\n  two\\\r\n  three\nuser=a", &["one\\\n  two\\\r\n  three"]),
            ("db.password = \\\n  one\nuser=a", &["\\\n  one"]),
            ("db.password = one \\\n  two\nuser=a", &["one \\\n  two"]),
            ("TOKEN=one \\\n  USER=a run", &["one"]),
            ("machine h login u password one", &["one"]),
            ("the login password is lost", &[]),
            // Shells.
            ("export TOKEN=abc && run", &["abc"]),
            ("TOKEN=abc; run --fast", &["abc"]),
            ("run --password=hun,ter;2 --fast", &["hun,ter;2"]),
            ("--password=hunter2 --fast \\", &["hunter2"]),
            ("run --token abc --fast", &["abc"]),
            ("run -password 'correct horse' -x", &["correct horse"]),
            ("sh -c \"run --token=abc\"", &["abc"]),
            ("sh -c 'TOKEN=abc run'", &["abc run"]),
            ("curl -u shop:hunter2 http://shop", &["hunter2"]),
            ("curl --user 'shop:hunter 2' http://shop", &["hunter 2"]),
            ("docker run -u 1000:1000 shop", &[]),
            ("curl -H 'Authorization: Bearer abc' -H \"X-Api-Key: k y\"", &["abc", "k y"]),
            ("Authorization: Bearer abc", &["abc"]),
            ("Authorization: abc def", &["abc def"]),
            ("Cookie: session=abc; other=d", &["session=abc; other=d"]),
            // Connection strings and queries.
            ("jdbc:x://h;user=a;password=hunter2;encrypt=true", &["hunter2"]),
            ("host=db user=a password=hunter2 dbname=b", &["hunter2"]),
            ("AccountName=a;AccountKey=ab+c==;EndpointSuffix=b", &["ab+c=="]),
            ("http://shop/?user=a&access_token=abc&x=y", &["abc"]),
            ("http://shop/?token=abc#top", &["abc"]),
            ("Login required username=\"a\" password=\"b\";", &["b"]),
            // References, paths, switches, marks.
            ("--password=$DB_PASSWORD --token ${TOKEN} PASSWORD=$(DB_PASSWORD)", &[]),
            ("password: {{ .Values.password }}", &[]),
            ("password=\npassword:\npassword: \"\"\ntoken: ''", &[]),
            ("password: (secret 1) # token=abc", &["abc"]),
            ("password: !!str (secret 1)", &[]),
            ("password=(secret 1) && token: (secret 2)", &[]),
            ("run --token (secret 1) --password=(secret 2) {token: (secret 3)}", &[]),
            ("TOKEN=$(cat /run/x)x y", &["$(cat /run/x)x y"]),
            ("run TOKEN=$(get it) now", &["$(get it)"]),
            ("--token=/var/run/secrets/token --auth=true", &[]),
            // What is no assignment.
            ("if token == other or secret != x", &[]),
            ("image: registry.example/auth:1.0", &[]),
            ("http://token:8080/ http://auth:80", &[]),
            ("auth: users stay logged in", &[]),
            ("auth = (user, other)", &[]),
            ("forgot password? the token is gone, secrets are none", &[]),
            ("run --token --fast --secret", &[]),
            ("token_url=http://shop secretName: shop", &[]),
            ("=: :: = > \t", &[]),
            ("", &[]),
            ("pässword: ü; tökën=é secret=é", &["é"]),
        ] {
            let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
