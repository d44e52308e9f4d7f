//! Secrets in the arguments of well-known programs, whose flags say nothing by their names: `sshpass -p x`.

use std::ops::Range;

use super::assignments::user_password;
use super::keys;
use super::values::is_harmless;

/// What ends a command in a shell.
const ENDS: [&str; 6] = ["|", "||", "&&", ";", "&", "("];
/// Programs that log in to a registry with `-p`.
const REGISTRIES: [&str; 8] = ["docker", "podman", "nerdctl", "buildah", "helm", "skopeo", "crane", "oras"];
/// Programs to which `-p` gives a password only if it follows at once.
const DATABASES: [&str; 5] = ["mysql", "mysqladmin", "mysqldump", "mariadb", "mariadb-dump"];

/// Returns where the secrets begin in words that are the arguments of a program: which word, and where in it.
pub(super) fn in_words(words: &[&str]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    // The program, and the words behind it.
    let mut first = 0;
    for (at, word) in words.iter().enumerate() {
        let name = word.rsplit('/').next().unwrap_or_default();
        if ENDS.contains(word) || word.ends_with(';') {
            first = at + 1;
        } else if is_known(name) && (at == first || !words[first..at].iter().any(|word| is_known(word))) {
            first = at;
        } else {
            let program = words[first].rsplit('/').next().unwrap_or_default();
            let start = start(program, &words[first..at], word);
            // What another command prints stands elsewhere.
            let is_value = |start: &usize| {
                let value = &word[*start..];
                !is_harmless(value) && value != "$" && !value.starts_with("$(")
            };
            found.extend(start.filter(is_value).map(|start| (at, start)));
        }
    }
    found
}

fn is_known(name: &str) -> bool {
    REGISTRIES.contains(&name)
        || DATABASES.contains(&name)
        || matches!(name, "curl" | "sshpass" | "redis-cli" | "openssl" | "aws")
}

/// Returns where the secret begins in a word that follows a program and `before`.
fn start(program: &str, before: &[&str], word: &str) -> Option<usize> {
    let flag = before.last().copied().unwrap_or_default();
    let user = |prefix: &str| {
        let rest = word.strip_prefix(prefix)?;
        user_password(rest).map(|at| prefix.len() + at)
    };
    if let Some(start) = user("--user=").or_else(|| user("--proxy-user=")) {
        return Some(start);
    }
    let attached = || (word.starts_with("-p") && word.len() > 2).then_some(2);
    let after = |wanted: &str| (flag == wanted).then_some(0);
    match program {
        "curl" => user("-u").or_else(|| user("-U")),
        "sshpass" => after("-p").filter(|_| before.len() == 2).or_else(|| attached().filter(|_| before.len() == 1)),
        "redis-cli" => after("-a"),
        "openssl" => word.strip_prefix("pass:").filter(|_| flag.starts_with("-pass")).map(|_| "pass:".len()),
        "aws" => (before.iter().rev().nth(1) == Some(&"set") && keys::weight(flag).is_some()).then_some(0),
        _ if DATABASES.contains(&program) => attached(),
        // Right behind the program: a text without line breaks may have any number of words.
        _ if before.iter().take(4).any(|word| *word == "login") => after("-p").or_else(attached),
        _ => None,
    }
}

/// Returns where the secrets are in a text that has commands in its lines.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        in_line(text, end..end + line.len(), &mut found);
        end += line.len();
    }
    found
}

fn in_line(text: &str, line: Range<usize>, found: &mut Vec<Range<usize>>) {
    let ranges = split(text, line);
    let words: Vec<&str> = ranges.iter().map(|range| &text[range.clone()]).collect();
    found.extend(in_words(&words).into_iter().map(|(at, start)| ranges[at].start + start..ranges[at].end));
    for (range, word) in ranges.iter().zip(words) {
        // A command within quotes.
        if word.contains([' ', '\t']) {
            in_line(text, range.clone(), found);
        }
    }
}

/// Splits a line as a shell does, without the quotes around its words.
fn split(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut at = line.start;
    while at < line.end {
        let rest = &text[at..line.end];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', ')', '`']).len();
        if blank > 0 {
            at += blank;
            continue;
        }
        if rest.starts_with('(') {
            words.push(at..at + 1);
            at += 1;
            continue;
        }
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let start = at + quote.map_or(0, char::len_utf8);
        let is_end = |c: char| match quote {
            Some(quote) => c == quote,
            None => matches!(c, ' ' | '\t' | '\n' | '\r' | '"' | '\'' | '`' | '(' | ')'),
        };
        let end = text[start..line.end].find(is_end).map_or(line.end, |length| start + length);
        words.push(start..end);
        at = (end + quote.map_or(0, char::len_utf8)).min(line.end).max(at + 1);
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
            ("é ü `$( \" '", &[]),
            ("", &[]),
        ] {
            let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
