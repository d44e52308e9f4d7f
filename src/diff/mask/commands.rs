//! Secrets in the arguments of well-known programs, whose flags say nothing by their names: `sshpass -p x`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::assignments::user_password;
use super::keys;
use super::values::is_harmless;

/// What ends a command in a shell.
const ENDS: [&str; 6] = ["|", "||", "&&", ";", "&", "("];

/// How a program is given a password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Behind this flag: `-a x`.
    After(&'static str),
    /// Right behind this flag, without a blank: `-px`.
    Attached(&'static str),
    /// As either of the two.
    Either(&'static str),
    /// The same, with the user before it: `-u user:x`.
    User(&'static str),
    /// Behind these words, in the place with that number: `vault login x`.
    Place(&'static [&'static str], usize),
    /// As any argument behind these words: `name=x`.
    Named(&'static [&'static str]),
}

/// Programs, and how they are given passwords; all that stand before one may stand in a text of any number of words.
const PROGRAMS: [(&str, &[Way]); 17] = [
    ("curl", &[Way::User("-u"), Way::User("-U"), Way::After("-b")]),
    ("http https xh", &[Way::User("-a")]),
    ("mysql mysqladmin mysqldump mariadb mariadb-dump mariadb-admin 7z", &[Way::Attached("-p")]),
    ("mongo mongosh mongodump mongorestore mongoexport mongoimport cqlsh useradd", &[Way::Either("-p")]),
    ("redis-cli valkey-cli", &[Way::After("-a")]),
    ("ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd", &[Way::Either("-w")]),
    ("sqlcmd bcp osql zip unzip", &[Way::Either("-P")]),
    ("smbclient", &[Way::User("-U")]),
    ("docker podman nerdctl buildah helm skopeo crane oras az", &[]),
    ("openssl", &[]),
    ("aws", &[]),
    ("sshpass", &[]),
    ("kubectl", &[Way::Named(&["create", "secret"])]),
    ("vault", &[Way::Place(&["login"], 1), Way::Named(&["kv", "put"]), Way::Named(&["write"])]),
    ("mc mcli", &[Way::Place(&["alias", "set"], 4)]),
    (
        "rabbitmqctl",
        &[Way::Place(&["add_user"], 2), Way::Place(&["change_password"], 2), Way::Place(&["authenticate_user"], 2)],
    ),
    ("htpasswd", &[Way::Place(&["htpasswd"], 3)]),
];

/// Further behind the program no place is counted: a text without line breaks may have any number of words.
const FAR: usize = 16;

/// Programs that read a password from what is printed into them.
const READERS: [&str; 4] = ["chpasswd", "kinit", "passwd", "cryptsetup"];

/// Returns where the secrets begin in words that are the arguments of a program: which word, and where in it.
pub(super) fn in_words(words: &[&str]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    // The program, and the words behind it.
    let mut first = 0;
    let mut known = None;
    for (at, word) in words.iter().enumerate() {
        let name = word.rsplit('/').next().unwrap_or_default();
        if ENDS.contains(word) {
            if *word == "|" {
                found
                    .extend(printed(&words[first..at], &words[at + 1..]).into_iter().map(|offset| (first + offset, 0)));
            }
            first = at + 1;
            known = None;
        } else if let Some(ways) = ways(name).filter(|_| at == first || known.is_none()) {
            first = at;
            known = Some((name, ways));
        } else if let Some((program, ways)) = known {
            let start = start(program, ways, &words[first..at], word);
            // What another command prints stands elsewhere.
            let is_value = |start: &usize| {
                let value = word[*start..].trim_matches(['"', '\'']);
                !is_harmless(value) && value != "$" && !value.starts_with("$(")
            };
            found.extend(start.filter(is_value).map(|start| (at, start)));
        }
    }
    found
}

fn ways(name: &str) -> Option<&'static [Way]> {
    static BY_NAME: LazyLock<HashMap<&str, &[Way]>> = LazyLock::new(|| {
        let each = PROGRAMS.iter().flat_map(|(names, ways)| names.split(' ').map(|name| (name, *ways)));
        each.collect()
    });
    BY_NAME.get(name).copied()
}

/// Returns where the secret begins in a word that follows a program and `before`.
fn start(program: &str, ways: &[Way], before: &[&str], word: &str) -> Option<usize> {
    let flag = before.last().copied().unwrap_or_default();
    for user in ["--user=", "--proxy-user="] {
        if let Some(start) = word.strip_prefix(user).and_then(user_password) {
            return Some(user.len() + start);
        }
    }
    let either = || after(flag, "-p").or_else(|| attached(word, "-p"));
    match program {
        "sshpass" => after(flag, "-p")
            .filter(|_| before.len() == 2)
            .or_else(|| attached(word, "-p").filter(|_| before.len() == 1)),
        "openssl" => {
            let pass = word.strip_prefix("pass:").filter(|_| flag.starts_with("-pass")).map(|_| "pass:".len());
            pass.or_else(|| after(flag, "-k").filter(|_| before.get(1) == Some(&"enc")))
        }
        "aws" => (before.iter().rev().nth(1) == Some(&"set") && keys::weight(flag).is_some()).then_some(0),
        // Right behind the program: a text without line breaks may have any number of words.
        _ if ways.is_empty() => {
            if before.iter().take(4).any(|word| *word == "login") {
                either()
            } else {
                None
            }
        }
        _ => ways.iter().find_map(|way| of_way(*way, before, flag, word)),
    }
}

fn of_way(way: Way, before: &[&str], flag: &str, word: &str) -> Option<usize> {
    match way {
        // `curl -b a=x`; `curl -b a.txt` names a file.
        Way::After(name) => after(flag, name).filter(|_| name != "-b" || word.contains('=')),
        Way::Attached(name) => attached(word, name),
        Way::Either(name) => after(flag, name).or_else(|| attached(word, name)),
        Way::User(name) => {
            // Short flags in one word: `-su a:x`.
            let is_joined = flag.len() > 2 && !flag.starts_with("--") && flag.ends_with(&name[1..]);
            let start = if flag == name || flag.starts_with('-') && is_joined { 0 } else { attached(word, name)? };
            let pair = word[start..].trim_start_matches(['"', '\'']);
            let quote = word.len() - start - pair.len();
            let percent = || pair.split_once('%').map(|(user, _)| user.len() + 1).filter(|_| name == "-U");
            user_password(pair).or_else(percent).map(|at| start + quote + at)
        }
        Way::Place(..) if before.len() > FAR => None,
        Way::Place(words, place) => {
            let last = before.windows(words.len()).take(4).position(|some| some == words)? + words.len();
            // Its own name, for a program whose arguments follow at once.
            let plain = |words: &[&str]| words.iter().filter(|word| !word.starts_with('-')).count();
            (!word.starts_with('-') && plain(&before[last..]) + 1 == place).then_some(0)
        }
        Way::Named(words) => {
            let is_behind = before.windows(words.len()).take(4).any(|some| some == words);
            // `--from-literal=name=x`
            let (flag, pair) =
                if word.starts_with("--from-literal=") { word.split_at("--from-literal=".len()) } else { ("", word) };
            let sign = pair.find('=').filter(|_| is_behind && !pair.starts_with('-'))?;
            Some(flag.len() + sign + 1)
        }
    }
}

fn after(flag: &str, name: &str) -> Option<usize> {
    (flag == name).then_some(0)
}

fn attached(word: &str, name: &str) -> Option<usize> {
    (word.starts_with(name) && word.len() > name.len()).then_some(name.len())
}

/// Returns which words a command prints into one that reads a password: `echo x | docker login --password-stdin`.
fn printed(printer: &[&str], reader: &[&str]) -> Vec<usize> {
    let mut command = reader.iter().take_while(|word| !ENDS.contains(word));
    let reads = command.any(|word| READERS.contains(word) || keys::is_read_password(word));
    let print = printer.iter().position(|word| matches!(*word, "echo" | "printf"));
    let is_printed = |word: &str| {
        let is_format = word.starts_with('-') || word.starts_with('%');
        !is_format && !is_harmless(word) && !word.starts_with("$(")
    };
    let words = print.filter(|_| reads).map_or(printer.len(), |print| print + 1)..printer.len();
    words.filter(|at| is_printed(printer[*at])).collect()
}

/// Returns where the secrets are in a text that has commands in its lines.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        end += line.len();
        // The command goes on in the next line.
        if line.trim_end().ends_with('\\') && end < text.len() {
            continue;
        }
        in_line(text, start..end, &mut found);
        start = end;
    }
    found
}

fn in_line(text: &str, line: Range<usize>, found: &mut Vec<Range<usize>>) {
    let split = split(text, line);
    let words: Vec<&str> = split.iter().map(|word| &text[word.range.clone()]).collect();
    for (at, start) in in_words(&words) {
        let range = split[at].range.clone();
        let value = &text[range.start + start..range.end];
        // `-p'x'`
        let value = range.start + start + value.len() - value.trim_start_matches(['"', '\'']).len()..range.end;
        let inside = text[value.clone()].trim_end_matches(['"', '\'']).len();
        found.push(value.start..value.start + inside);
    }
    for word in split {
        // A command within quotes.
        if let Some(inside) = word.inside.filter(|inside| text[inside.clone()].contains([' ', '\t'])) {
            in_line(text, inside, found);
        }
    }
}

/// A word of a command.
struct Word {
    /// Where it is, without quotes around all of it.
    range: Range<usize>,
    /// What stands in its quotes.
    inside: Option<Range<usize>>,
}

/// Splits a line as a shell does.
fn split(text: &str, line: Range<usize>) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = line.start;
    while at < line.end {
        let rest = &text[at..line.end];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', ')', '`', '\\']).len();
        if blank > 0 {
            at += blank;
            continue;
        }
        if rest.starts_with(['(', ';']) {
            words.push(Word { range: at..at + 1, inside: None });
            at += 1;
            continue;
        }
        let is_end = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '"' | '\'' | '`' | '(' | ')' | ';');
        let end = at + rest.find(is_end).unwrap_or(rest.len());
        // Quotes may follow the beginning of a word: `-p'x'`.
        let quote = text[end..line.end].chars().next().filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = quote else {
            let end = end.max(at + rest.chars().next().map_or(1, char::len_utf8));
            words.push(Word { range: at..end, inside: None });
            at = end;
            continue;
        };
        let inside = end + 1..text[end + 1..line.end].find(quote).map_or(line.end, |length| end + 1 + length);
        let close = (inside.end + 1).min(line.end);
        let range = if end == at { inside.clone() } else { at..close };
        words.push(Word { range, inside: Some(inside) });
        at = close;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_passwords_of_programs_are_found() {
        for (text, expected) in [
            ("curl --user=a:canary http://a", &["canary"][..]),
            ("curl -s -ua:canary http://a", &["canary"]),
            ("/usr/bin/sshpass -p canary ssh -p 22 a@b", &["canary"]),
            ("sshpass -pcanary ssh -p 22 a@b", &["canary"]),
            ("docker login -u a -p canary registry.example && docker run -p 80:80 a", &["canary"]),
            ("helm registry login a -p 'can ary'", &["can ary"]),
            ("redis-cli -h a -a canary ping", &["canary"]),
            ("exec mysql -h a -u root -pcanary shop", &["canary"]),
            ("openssl rsa -in a -passin pass:canary -out b", &["canary"]),
            ("aws configure set aws_secret_access_key canary", &["canary"]),
            ("sh -c \"redis-cli -a canary ping\"", &["canary"]),
            ("x=$(redis-cli -a canary)", &["canary"]),
            ("redis-cli -a $(cat /run/a) -a \"$(cat /run/a)\"", &[]),
            ("a\nmysql -pcanary\nb", &["canary"]),
            ("docker run -p 80:80 a; mysql -p -P 3306; ssh -p 22 a", &[]),
            ("redis-cli -a $PASSWORD; redis-cli -a \"${PASSWORD}\"", &[]),
            ("aws configure set region eu; openssl x -passin env:A -p", &[]),
            ("docker login -u a --password-stdin", &[]),
            ("mysqldump -p'can ary' x; mysql -p\"canary\"", &["can ary", "canary"]),
            ("curl -u a:x http://h; mysql -pcanary; exit", &["x", "canary"]),
            ("mysql -uroot \\\n  -pcanary db\nb", &["canary"]),
            ("curl -su a:canary h; curl -u'a:canary' h; curl -b 'sid=canary'", &["canary", "canary", "sid=canary"]),
            ("mongosh -u a -p canary; ldapsearch -w canary -D x; sqlcmd -P canary", &["canary", "canary", "canary"]),
            ("http -a u:canary h; smbclient -U 'a%canary'; openssl enc -k canary", &["canary", "canary", "canary"]),
            ("vault login canary; vault kv put secret/x value=canary", &["canary", "canary"]),
            ("mc alias set x http://h KEY canary; rabbitmqctl add_user a canary", &["canary", "canary"]),
            ("kubectl create secret generic a --from-literal=x=canary --from-file=a=b", &["canary"]),
            ("htpasswd -bc f user canary", &["canary"]),
            (
                "echo canary | docker login -u a --password-stdin; echo 'root:canary' | chpasswd",
                &["canary", "root:canary"],
            ),
            ("echo done | tee x; echo a | docker ps", &[]),
            ("é ü `$( \" '", &[]),
            ("", &[]),
        ] {
            let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
