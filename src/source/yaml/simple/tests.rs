//! The simple reader against the parser, over texts that are nearly simple.

use super::super::parsed;
use super::*;

const INDENTS: &[&str] = &["", "", "", "  ", "  ", "    ", " ", "      "];
const ITEMS: &[&str] = &["", "", "", "", "- ", "- ", "- - ", "-   ", "-", "? ", "-\n"];
const KEYS: &[&str] = &[
    "a: ",
    "b: ",
    "c: ",
    "d:",
    "e:  ",
    "a-b.c/d: ",
    "\"f\": ",
    "'g': ",
    "",
    "on: ",
    "1: ",
    "~: ",
    "a b: ",
    "<<: ",
    "\"h\\n\": ",
    "\"\": ",
    "i:j: ",
    "k : ",
    "-l: ",
    "[m]: ",
    "&n o: ",
    "\"p\":",
    ".: ",
    "...: ",
    "null: ",
    "yes: ",
];
const VALUES: &[&str] = &[
    "",
    "",
    "",
    "x",
    "some text",
    "1",
    "-1",
    "-x",
    "- x",
    "0644",
    "1e3",
    ".5",
    ".inf",
    "~",
    "null",
    "true",
    "on",
    "12:30",
    "2026-01-31",
    "http://a.b/c?d=e",
    "a,b",
    "a[0]",
    "a #b",
    "a#b",
    "a: b",
    "a:",
    "${x}",
    "(x)",
    "=",
    "<<",
    "é",
    "a  b ",
    "\"x\"",
    "\"\"",
    "\"a: b # c\"",
    "\"a\\\"b\\\\c\\n\"",
    "\"\\u00e9\"",
    "\"\\ud800\"",
    "\"\\x41\"",
    "\"\\/\"",
    "\"\\u+041\"",
    "\"x\" y",
    "\"x\"#y",
    "\"x",
    "'x'",
    "''",
    "'it''s'",
    "'a\\b'",
    "'x",
    "[]",
    "{}",
    "[a, b]",
    "[a, ]",
    "[a,b]",
    "[a b]",
    "[ 1, -1, x-y ]",
    "[\"a\", 'b', [c]]",
    "{a: b}",
    "{a: }",
    "{a: b, c: [d]}",
    "{\"a\": 1, \"a\": 2}",
    "{\"a\":1}",
    "{a}",
    "[a: b]",
    "[a",
    "[a]]",
    "{a: b} c",
    "[a]#c",
    "[a] # c",
    "{a: {b: {}}}",
    "[a/b.c_d]",
    "[.]",
    "[a:b]",
    "|",
    "|\n    x",
    ">-",
    "&a x",
    "*a",
    "!t x",
    "!!str 1",
    "@x",
    "%x",
    "`x",
    "# c",
    "? x",
    ", x",
    "\\x",
    "9.",
    "---",
    "...",
    "+1",
    "/x",
    "_",
    "a:b",
    "a :b",
    "a: ",
    "\u{85}",
    "\u{a0}x",
    "🙂",
    "-",
    "--",
    "[-]",
    "{- : a}",
    "{a: -1}",
    "{1: 2}",
    "{'a': b, }",
    "{a : b}",
    "[[]]",
    "[{}]",
    "[{}, {}]",
    "[]x",
    "\"a\": b",
    "\"a\":",
    "'a': b",
];
const ENDS: &[&str] =
    &["\n", "\n", "\n", "\n", "\n", " \n", " # c\n", "\n\n", "\n# c\n", "\n   # c\n", "", "\r\n", "\t\n", "\n---\n"];

/// A generator that always gives the same (xorshift).
struct Random(u64);

impl Random {
    fn pick<'l>(&mut self, list: &[&'l str]) -> &'l str {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        list[usize::try_from(self.0 % list.len() as u64).unwrap()]
    }

    fn text(&mut self) -> String {
        let mut text =
            self.pick(&["", "", "", "---\n", "# c\n", "--- \n", "\n", "\u{feff}", "%YAML 1.1\n---\n"]).to_owned();
        for _ in 0..self.pick(&["1", "12", "123", "1234", "12345"]).len() {
            let is_plain = self.pick(&["", "x", "x", "x"]).len() == 1;
            for part in [INDENTS, ITEMS, KEYS, VALUES, ENDS] {
                // The first of each are the usual ones.
                text.push_str(self.pick(if is_plain { &part[..part.len().min(12) / 2] } else { part }));
            }
        }
        text
    }
}

/// Returns whether the text was simple.
fn agree(text: &str) -> bool {
    let mut is_simple = false;
    for dialect in [Dialect::PyYaml, Dialect::Kubernetes] {
        if let Some(document) = read(text, dialect) {
            is_simple = true;
            assert_eq!((vec![document], Vec::new()), parsed(text, dialect), "{dialect:?}\n{text}");
        }
    }
    is_simple
}

#[test]
fn what_is_simple_is_what_the_parser_reads() {
    let mut random = Random(88_172_645_463_325_252);
    let rounds = std::env::var("CHAOSC_TEST_ROUNDS").map_or(30_000, |rounds| rounds.parse().unwrap());
    let simple = (0..rounds).filter(|_| agree(&random.text())).count();
    assert!(simple > rounds / 40, "only {simple}");
}

#[test]
fn what_is_usual_is_simple() {
    let starter = include_str!("../../../../templates/starter/experiments/terminate-pod.yaml");
    for text in [
        starter,
        "---\na: 1 # c\n\n# c\nb:\n- c: [d, {e: \"f\"}]\n  g:\n- - h\n  - i: {}\nj: \"k\\n\\u0085\"\nl:",
        "- a\n- b: c\n  d: 'e'\n-   f:\n      g: http://h/i?j=k,l\n",
    ] {
        assert!(agree(text), "{text}");
    }
    for text in [
        "",
        "a",
        "{a: b}",
        "a: |+\n  b\n",
        "a: &b c\n",
        "a:\n  b\n",
        "a: b\n  c\n",
        "a: b\n---\nc: d\n",
        "a: b\na: c\n",
    ] {
        assert!(!agree(text), "{text}");
    }
}
