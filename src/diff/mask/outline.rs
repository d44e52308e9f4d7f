//! What stands below a key or a heading, in a text that no reader can read: INI and TOML, templates of YAML, YAML with
//! faults.
//!
//! Depth is judged by indentation alone, as a person judges it.

use std::ops::Range;

use super::extents::{Extents, quoted};
use super::keys::{self, Weight};
use super::values::is_harmless;

/// Words that begin an instruction of a template, which stands between values.
const INSTRUCTIONS: [&str; 9] = ["if", "else", "end", "range", "with", "define", "template", "block", "/*"];
/// Keys of a pair that gives a name to the value beside it.
const NAMES: [&str; 2] = ["name", "key"];

/// Returns where the secrets are that keys and headings above them announce.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut outline = Outline::new(text);
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let start = end;
        end += line.len();
        outline.line(start, line.trim_end());
    }
    outline.end_block(text.len());
    outline.found
}

struct Outline<'t> {
    text: &'t str,
    extents: Extents<'t>,
    found: Vec<Range<usize>>,
    /// Whether the heading `[name]` above announces secrets.
    is_section: bool,
    /// The keys above, the outermost first, that say something about what stands below them.
    above: Vec<Above>,
    /// The value of several lines that goes on: the column of its key, and where it begins.
    block: Option<(usize, usize)>,
    pair: Pair,
}

struct Above {
    column: usize,
    /// Whether a secret is announced, or nothing that is secret.
    is_secret: bool,
    /// Whether tabs may indent what stands below, which YAML forbids.
    may_have_tabs: bool,
}

/// A name and the value beside it, as in environments.
#[derive(Default)]
struct Pair {
    column: usize,
    is_secret: bool,
    value: Option<Range<usize>>,
}

impl<'t> Outline<'t> {
    fn new(text: &'t str) -> Outline<'t> {
        Outline {
            text,
            extents: Extents::of(text),
            found: Vec::new(),
            is_section: false,
            above: Vec::new(),
            block: None,
            pair: Pair::default(),
        }
    }

    fn line(&mut self, start: usize, line: &str) {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        if content.is_empty() {
            return;
        }
        if let Some((column, _)) = self.block {
            if indent > column {
                return;
            }
            self.end_block(start);
        }
        if let Some(heading) = heading(line) {
            self.is_section = keys::weight(heading) == Some(Weight::Strong);
            self.above.clear();
            return;
        }
        if content.starts_with(['#', ';']) || is_instruction(content) {
            return;
        }
        let item = content.trim_start_matches("- ").trim_start();
        let column = line.len() - item.len();
        let has_tabs = line.starts_with('\t');
        let is_item = column > indent || content == "-";
        while self.above.last().is_some_and(|above| {
            indent < above.column || indent == above.column && !is_item || has_tabs && !above.may_have_tabs
        }) {
            self.above.pop();
        }
        if column != self.pair.column || is_item {
            self.pair = Pair { column, ..Pair::default() };
        }
        // In a list of secrets, `a=b` is one.
        let entry = Entry::of(item).filter(|entry| !is_item || !entry.is_assigned);
        let value = entry.as_ref().map_or(0, |entry| entry.value);
        let range = self.scalar(start + column + value, start + line.len());
        let end = start + line.len();
        match (self.above.last().map(|above| above.is_secret), entry) {
            (Some(true), entry) => self.announced(entry.as_ref(), column, end, range),
            (None, Some(entry)) if self.is_section => self.announced(Some(&entry), column, end, range),
            (None, Some(entry)) => self.entry(&entry, column, end, range),
            (Some(false), _) | (None, None) => {}
        }
    }

    /// Takes a line below a key that announces a secret.
    fn announced(&mut self, entry: Option<&Entry<'_>>, column: usize, end: usize, range: Range<usize>) {
        if entry.is_some_and(|entry| keys::is_attribute(entry.key)) {
            self.above.push(Above { column, is_secret: false, may_have_tabs: true });
        } else if entry.is_some_and(Entry::is_block) {
            self.block = Some((column, end));
        } else {
            self.add(range);
        }
    }

    /// Takes a line of which nothing is known but its own key.
    fn entry(&mut self, entry: &Entry<'_>, column: usize, end: usize, range: Range<usize>) {
        let weight = keys::weight(entry.key);
        if weight.is_some() && entry.is_block() {
            self.block = Some((column, end));
        } else if weight == Some(Weight::Strong) && (entry.is_empty() || entry.may_go_on()) {
            self.above.push(Above { column, is_secret: true, may_have_tabs: entry.is_assigned });
        } else if NAMES.contains(&entry.key) && keys::weight(&self.text[range.clone()]).is_some() {
            self.pair.is_secret = true;
            if let Some(value) = self.pair.value.take() {
                self.add(value);
            }
        } else if entry.key == "value" && self.pair.is_secret {
            self.add(range);
        } else if entry.key == "value" {
            self.pair.value = Some(range);
        }
    }

    /// Returns where the scalar is that begins at `start`, in a line that ends at `end`.
    fn scalar(&mut self, start: usize, end: usize) -> Range<usize> {
        let written = &self.text[start..end];
        if let Some(inside) = quoted(written) {
            return self.extents.whole(start + inside.start..start + inside.end);
        }
        let value = written.split_once(" #").map_or(written, |(value, _)| value);
        start..start + value.trim_end().trim_end_matches([',', ';']).trim_end().len()
    }

    fn add(&mut self, value: Range<usize>) {
        let text = &self.text[value.clone()];
        if !is_harmless(text) && text.contains(|c: char| !"{}[](),".contains(c)) {
            self.found.push(value);
        }
    }

    fn end_block(&mut self, end: usize) {
        if let Some((_, start)) = self.block.take() {
            let inside = self.text[start..end].trim_end();
            self.add(start + inside.len() - inside.trim_start().len()..start + inside.len());
        }
    }
}

/// A key with what a line gives to it.
struct Entry<'l> {
    key: &'l str,
    /// Where the value begins in the line.
    value: usize,
    /// The value, with its comment.
    rest: &'l str,
    /// Whether by `=`.
    is_assigned: bool,
}

impl<'l> Entry<'l> {
    fn of(line: &'l str) -> Option<Entry<'l>> {
        let quote = line.chars().next().filter(|c| matches!(c, '"' | '\''));
        let unquoted = &line[quote.map_or(0, char::len_utf8)..];
        let length = unquoted.find(|c: char| !keys::is_part(c)).filter(|length| *length > 0)?;
        let key = &unquoted[..length];
        let sign =
            quote.map_or(Some(&unquoted[length..]), |quote| unquoted[length..].strip_prefix(quote))?.trim_start();
        let is_assigned = sign.starts_with('=');
        let rest =
            sign.strip_prefix([':', '=']).filter(|rest| is_assigned || rest.is_empty() || rest.starts_with(' '))?;
        let rest = rest.trim_start();
        Some(Entry { key, value: line.len() - rest.len(), rest, is_assigned })
    }

    /// Whether the value is announced to stand in the next lines, as YAML does: `|`, `>2-`, `| # why`.
    fn is_block(&self) -> bool {
        let indicator = self.rest.split(" #").next().unwrap_or_default().trim();
        !self.is_assigned
            && indicator.starts_with(['|', '>'])
            && indicator[1..].chars().all(|c| c.is_ascii_digit() || "+-".contains(c))
    }

    fn is_empty(&self) -> bool {
        self.rest.is_empty() || self.rest.starts_with('#') || !self.is_assigned && self.rest.starts_with(['&', '!'])
    }

    /// Whether the next lines, if they stand deeper, belong to the value.
    fn may_go_on(&self) -> bool {
        !self.is_assigned && !self.rest.starts_with(['"', '\'', '`', '{', '[', '('])
    }
}

/// Returns the name in a heading of INI or TOML.
fn heading(line: &str) -> Option<&str> {
    let line = line.split(['#', ';']).next().unwrap_or_default().trim_end();
    let name = line.strip_prefix('[')?.strip_suffix(']')?;
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let is_name = name.chars().all(|c| keys::is_part(c) || " \"':/".contains(c));
    is_name.then_some(name)
}

fn is_instruction(content: &str) -> bool {
    let inside = content.strip_prefix("{{").map(|rest| rest.trim_start_matches('-').trim_start());
    inside.is_some_and(|inside| INSTRUCTIONS.iter().any(|word| inside.starts_with(word)))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn what_stands_below_is_secret() {
        for (text, expected) in [
            ("[credentials]\nuser=shop\nvalue=one\n[db]\nvalue=b", &["one"][..]),
            ("[secrets] # why\napi = \"one\"\n", &["one"]),
            ("[db.credentials]\nuser = 'a'\nvalue = 'one'\n[[tokens]]\nx = 'two'", &["one", "two"]),
            ("[passwords]\nshop: one\n", &["one"]),
            ("[db]\npassword =\n  one\n\ttwo\nuser=x\n", &["one", "two"]),
            ("credentials:\n  user: a\n  value: one # why\nb: c", &["one"]),
            ("credentials:\n  # why\n  user:\n    b: c\n  deep:\n    x: one\nb: c", &["one"]),
            ("passwords:\n- one\n- 'two'\nb:\n- c", &["one", "two"]),
            ("a:\n  passwords: &x\n    - one\n  b:\n    - c", &["one"]),
            ("passwords:\n- 'one=two'\n- a=b", &["one=two", "a=b"]),
            ("- passwords:\n  - one\n- b", &["one"]),
            ("- name: DB_PASSWORD\n  value: one\n- name: b\n  value: c\n", &["one"]),
            ("- value: \"one\"\n  name: DB_PASSWORD\n- value: c\n", &["one"]),
            ("password:\n  one\nb: c", &["one"]),
            ("password: |  # why\n  one\n\n  two\nb: c", &["one\n\n  two"]),
            ("  - auth: >2-\n      one\n", &["one"]),
            ("password: one\n  two\nb: c", &["two"]),
            ("credentials:\n{{- if a \"b\" }}\n  x: one\n{{- end }}\n  y: {{ .z }}\n", &["one"]),
            ("\"tokens\":\n  \"a\": \"one\",\n", &["one"]),
            // What is not.
            ("auth:\n  b: c\nsession:\n  d\n[auth]\na=b\n[[x]]\ntext: |\n  a\n", &[]),
            ("secrets:\n\tkubectl get pods\n", &[]),
            ("passwordPolicy:\n  a: b\nsecretName:\n  c\n", &[]),
            ("credentials:\n  enabled: true\nsecrets:\n\n", &[]),
            ("é:\n ü\n- - -\n[]\n:\n=\n\"", &[]),
        ] {
            let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
