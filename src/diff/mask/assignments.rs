//! Assignments in a text, in whatever language: `db.password=x`, `password: x`, `--token x`, `<password>x</password>`.
//!
//! A text has no grammar, so a value ends where the ways of writing one agree that it does, and later where they do not:
//! rather too much is hidden than too little.

use std::ops::Range;

use super::keys::{self, Weight};
use super::values::{is_harmless, mark_length};

/// Words that name a scheme of authentication; what follows one is the secret.
const SCHEMES: [&str; 6] = ["basic", "bearer", "digest", "token", "apikey", "negotiate"];

/// Flags that `user:password` follows.
pub(super) const USER_FLAGS: [&str; 3] = ["-u", "--user", "--proxy-user"];

/// What stands before an assignment at the start of a line.
const LEADS: [&str; 12] = ["export", "set", "env", "ENV", "ARG", "local", "readonly", "declare", "-", "#", "//", ";"];

/// How YAML announces a value of several lines.
const BLOCKS: [&str; 6] = ["|", ">", "|-", ">-", "|+", ">+"];

/// Returns where the secrets are that the assignments of a text give.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let start = end;
        end += line.len();
        let content = line.trim_end_matches(['\n', '\r']);
        if keys::hints(content) {
            in_line(content, |value| {
                let from = start + value.start;
                let value = from..continued(text, from, closing(text, from, start + value.end));
                if !is_harmless(&text[value.clone()]) {
                    found.push(value);
                }
            });
            found.extend(block(content, &text[end..]).map(|block| end + block.start..end + block.end));
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
    while let Some(next) = line[at..].find(['=', ':', '>', ' ', '\t']) {
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

/// Returns the end of a value that goes on behind its line, because the quotes before it are not closed there.
fn closing(text: &str, start: usize, end: usize) -> usize {
    let quotes = ["\"\"\"", "'''", "\"", "'", "`"];
    let quote = quotes.into_iter().find(|quote| text[..start].ends_with(quote));
    let is_cut = text[end..].starts_with(['\n', '\r']);
    quote.filter(|_| is_cut).and_then(|quote| text[end..].find(quote)).map_or(end, |more| end + more)
}

/// Returns whether a value that a line leaves empty goes on in the next one: behind a quote or a backslash.
fn is_open(line: &str, value: &Range<usize>) -> bool {
    let is_quoted = line[..value.start].ends_with(['"', '\'', '`']);
    is_quoted && value.start == line.len() || line[value.start..].trim() == "\\"
}

/// Returns the end of a value that goes on behind its line, because a backslash stands there, as in properties.
fn continued(text: &str, start: usize, end: usize) -> usize {
    let mut end = if &text[start..end] == "\\" { start } else { end };
    while let Some(rest) = text[end..].trim_start_matches([' ', '\t']).strip_prefix('\\') {
        let Some(next) = rest.trim_start_matches('\r').strip_prefix('\n') else { break };
        let line = next.lines().next().unwrap_or_default();
        // In a shell, other arguments may follow.
        let is_other = !text[end..].starts_with('\\') && line.contains('=') || line.trim_start().starts_with('-');
        if is_other || line.trim().is_empty() {
            break;
        }
        let from = text.len() - next.len();
        end = from + line.trim_end().trim_end_matches('\\').trim_end().len();
    }
    end
}

/// Returns where the lines are in `rest` that belong to a value which `line` announces as a block.
fn block(line: &str, rest: &str) -> Option<Range<usize>> {
    let (key, indicator) = line.split_once(':')?;
    if !BLOCKS.contains(&indicator.trim()) || keys::weight(key).is_none() {
        return None;
    }
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let belongs = |inner: &&str| inner.trim().is_empty() || indent(inner) > indent(line);
    let length: usize = rest.split_inclusive('\n').take_while(belongs).map(str::len).sum();
    let value = rest[..length].trim();
    let start = length - rest[..length].trim_start().len();
    (!is_harmless(value)).then_some(start..start + value.len())
}

/// Returns the value that the sign at `sign` assigns to a key that announces a secret.
fn assigned(line: &str, sign: usize) -> Option<Range<usize>> {
    let key = Key::before(line, sign)?;
    let weight = keys::weight(key.text);
    let after = &line[sign + 1..];
    let value = match line.as_bytes()[sign] {
        b' ' | b'\t' => return by_blank(line, sign, &key, weight),
        _ if weight.is_none() => return None,
        b'>' => return key.before.ends_with('<').then(|| until(line, sign + 1, "<")),
        b'=' if after.starts_with(['=', '~']) => return None,
        b'=' => sign + 1 + usize::from(after.starts_with('>')),
        _ if after.starts_with('=') => sign + 2,
        _ if after.starts_with([' ', '\t', '"', '\'']) || key.is_quoted => sign + 1,
        // `password:x` in a file of such lines; `auth:1.0` is an image and `token:8080` an address.
        _ if key.starts_line() && keys::is_password(key.text) => sign + 1,
        _ => return None,
    };
    let is_shell = line[sign..].starts_with('=');
    let range = without_scheme(line, key.value(line, value, is_shell));
    let text = &line[range.clone()];
    let is_header = !is_shell && (key.text.ends_with("uthorization") || key.text.ends_with("ookie"));
    // `auth: whatever is said`, `session = (a, b)`: prose, code.
    let is_prose = text.contains([' ', '\t', '(']) && mark_length(text) == 0;
    let is_value = weight == Some(Weight::Strong) || is_header || !is_prose;
    is_value.then_some(range)
}

/// Without any sign: flags (`--token x`, `-u user:x`), SQL (`PASSWORD 'x'`), and lines such as `requirepass x`.
fn by_blank(line: &str, sign: usize, key: &Key<'_>, weight: Option<Weight>) -> Option<Range<usize>> {
    let value = sign + 1 + line[sign + 1..].find(|c: char| !matches!(c, ' ' | '\t'))?;
    let rest = &line[value..];
    if rest.starts_with(['=', ':']) {
        return None;
    }
    if USER_FLAGS.contains(&key.text) {
        let range = key.word(line, value);
        return user_password(&line[range.clone()]).map(|at| range.start + at..range.end);
    }
    weight?;
    if key.text.starts_with('-') && key.text.len() > 2 {
        return (!rest.starts_with('-')).then(|| without_scheme(line, key.word(line, value)));
    }
    if !keys::is_password(key.text) {
        return None;
    }
    let is_alone = key.starts_line() && !rest.trim_end().contains([' ', '\t']);
    // `login u password x` of a netrc.
    let is_netrc = matches!(key.before.split_whitespace().rev().nth(1), Some("login" | "machine" | "account"));
    if rest.starts_with('\'') || is_alone || is_netrc { Some(key.word(line, value)) } else { None }
}

/// Returns where the password begins in `user:password`; two numbers are a user and a group.
pub(super) fn user_password(text: &str) -> Option<usize> {
    let (user, password) = text.split_once(':')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_other = is_number(user) && is_number(password) || password.starts_with("//");
    (!is_other).then_some(user.len() + 1)
}

/// Leaves the word `Bearer` and its like visible.
fn without_scheme(line: &str, range: Range<usize>) -> Range<usize> {
    let text = &line[range.clone()];
    match text.split_once(' ') {
        Some((scheme, rest)) if SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) => {
            range.end - rest.trim_start().len()..range.end
        }
        _ => range,
    }
}

/// A key in front of a sign.
struct Key<'t> {
    text: &'t str,
    /// The line up to the key, and to its quotes.
    before: &'t str,
    is_quoted: bool,
}

impl<'t> Key<'t> {
    fn before(line: &'t str, sign: usize) -> Option<Key<'t>> {
        let is_blank = line[sign..].starts_with([' ', '\t']);
        let head = if is_blank { &line[..sign] } else { line[..sign].trim_end_matches([' ', '\t', ']']) };
        let unquoted = head.trim_end_matches(['"', '\'', '`']).trim_end_matches('\\');
        let is_quoted = unquoted.len() < head.len();
        let start = unquoted.char_indices().rev().take_while(|(_, c)| keys::is_part(*c)).last()?.0;
        let text = &unquoted[start..];
        let before = if is_quoted { line[..start].trim_end_matches(['"', '\'', '`', '\\']) } else { &line[..start] };
        Some(Key { text, before, is_quoted })
    }

    fn starts_line(&self) -> bool {
        let lead = self.before.trim();
        lead.is_empty() || LEADS.contains(&lead)
    }

    /// Returns where the value is that begins at `start` or after blanks; in a shell, another command may follow.
    fn value(&self, line: &str, start: usize, is_shell: bool) -> Range<usize> {
        let start = start + line[start..].len() - line[start..].trim_start().len();
        if line[start..].starts_with(['"', '\'', '`', '\\']) || !self.starts_line() || self.text.starts_with('-') {
            return self.word(line, start);
        }
        let skipped = start + mark_length(&line[start..]);
        // A comment behind a mark, where the value was found otherwise.
        if skipped > start && line[skipped..].trim_start().starts_with('#') {
            return start..skipped;
        }
        let ends =
            [" && ", " || ", " | ", "; "].iter().filter(|_| is_shell).filter_map(|end| line[skipped..].find(end));
        let end = ends.min().map_or(line.len(), |end| skipped + end);
        let value = line[start..end].trim_end().trim_end_matches([',', ';', '\\']).trim_end();
        start..start + value.len()
    }

    /// Returns where the value is that begins at `start` and is one word, or whatever stands in quotes.
    fn word(&self, line: &str, start: usize) -> Range<usize> {
        let rest = &line[start..];
        if let Some(quoted) = quoted(rest) {
            return start + quoted.start..start + quoted.end;
        }
        let lead = if self.is_quoted { ' ' } else { self.before.trim_end().chars().next_back().unwrap_or(' ') };
        let touches = self.before.ends_with(lead);
        let stops = match lead {
            // The whole assignment is in quotes.
            '"' | '\'' | '`' if touches => return quote_end(line, start, lead),
            '?' | '&' if touches => "&# \t\"'`<>",
            ';' => ";\"'`",
            '{' | ',' | '(' | '[' => ",)}]; \t\"'`",
            _ if self.is_quoted => ",)}]; \t\"'`",
            _ => match open_quote(self.before) {
                Some('"') => " \t\"",
                Some('\'') => " \t'",
                Some(_) => " \t`",
                None => " \t",
            },
        };
        until(line, start, stops)
    }
}

/// Returns the range from `start` to the first of `stops` that is no part of a mark or of `$(…)`.
fn until(line: &str, start: usize, stops: &str) -> Range<usize> {
    let mut end = start;
    while let Some(c) = line[end..].chars().next().filter(|c| !stops.contains(*c)) {
        let command = if c == '$' && line[end..].starts_with("$(") { line[end..].find(')') } else { None };
        end += command.map_or(0, |close| close + 1).max(mark_length(&line[end..])).max(c.len_utf8());
    }
    start..end
}

/// Returns the range up to the quote that closes what `quote` has opened before the key, or to the end of the line.
fn quote_end(line: &str, start: usize, quote: char) -> Range<usize> {
    let end = line[start..].find(quote).map_or(line.len(), |end| start + end);
    start..start + line[start..end].trim_end_matches('\\').len()
}

/// Returns where the content is of the quotes that a text begins with; without a closing quote it goes on to the end.
pub(super) fn quoted(text: &str) -> Option<Range<usize>> {
    for triple in ["\"\"\"", "'''"] {
        if let Some(rest) = text.strip_prefix(triple) {
            return Some(3..3 + rest.find(triple).unwrap_or(rest.len()));
        }
    }
    // Quotes that are escaped, because the whole text stands in some.
    if let Some(rest) = text.strip_prefix("\\\"") {
        return Some(2..2 + rest.find("\\\"").unwrap_or(rest.len()));
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        // `\"` and, in YAML and SQL, `''`.
        let is_doubled = c == '\'' && quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == '\'');
        if is_doubled || c == '\\' && quote != '\'' {
            chars.next();
        } else if c == quote {
            return Some(1..at);
        }
    }
    Some(1..text.len())
}

/// Returns the quote that is open at the end of a text.
fn open_quote(text: &str) -> Option<char> {
    text.chars().filter(|c| matches!(c, '"' | '\'' | '`')).fold(None, |open, c| match open {
        None => Some(c),
        Some(quote) if quote == c => None,
        open => open,
    })
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
            ("{{ if }}\n  password: |-\n    one\n\n    two\n  user: a\n", &["one\n\n    two"]),
            ("{{ if }}\ntoken: >\n  one", &["one"]),
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
