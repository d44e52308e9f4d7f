//! Random scalars and small documents, the same on every run unless `CHAOSC_TEST_SEED` says otherwise.

/// A small generator of numbers (xorshift) and of texts.
pub(super) struct Generator {
    state: u64,
}

const PIECES: &[&str] = &[
    "0",
    "1",
    "7",
    "8",
    "12",
    "60",
    "_",
    "-",
    "+",
    ".",
    ":",
    "e",
    "E",
    "x",
    "o",
    "b",
    "0x",
    "0o",
    "0b",
    "f",
    "yes",
    "no",
    "on",
    "y",
    "n",
    "true",
    "null",
    "~",
    "inf",
    "nan",
    ".inf",
    ".nan",
    "2026-01-01",
    "T10:00:00",
    "Z",
    "<<",
    "=",
    "é",
    "😀",
    "a",
    "z",
    " ",
    "  ",
    "#",
    "'",
    "\"",
    "!",
    "&",
    "*",
    "?",
    "/",
    "\\",
    "%",
    "@",
    ",",
];

impl Generator {
    /// Starts from the printed seed.
    pub(super) fn seeded() -> Self {
        let seed = std::env::var("CHAOSC_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_260_101);
        println!("seed {seed}");
        Generator { state: seed | 1 }
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        // The high bits are the better ones.
        usize::try_from(self.state >> 33).unwrap_or(0) % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    /// A scalar or a small document.
    pub(super) fn text(&mut self) -> String {
        if self.below(3) == 0 {
            let scalar = self.scalar();
            return self.pick(&["a: %\n", "- %\n", "%: v\n", "[%]\n", "{a: %}\n", "{%: v}\n"]).replace('%', &scalar);
        }
        let mut text = String::new();
        let kind = self.below(4);
        self.block(&mut text, 0, 0, kind);
        text
    }

    fn scalar(&mut self) -> String {
        let count = 1 + self.below(4);
        let text: String = (0..count).map(|_| self.pick(PIECES)).collect();
        match self.below(12) {
            0 => format!("\"{}\"", text.replace(['"', '\\'], "")),
            1 => format!("'{}'", text.replace('\'', "''")),
            2 => format!("{} {text}", self.pick(&["!!str", "!!int", "!!float", "!!bool", "!!null", "!foo", "!"])),
            _ => text,
        }
    }

    fn word(&mut self) -> String {
        let words =
            ["a", "bb", "c1", "on", "x y", "0644", "1.5", "é", "a:b", "it's", "12:30", "''", "\"q\"", "~", "-1"];
        self.pick(&words).to_owned()
    }

    fn key(&mut self) -> String {
        let keys = ["a", "b", "c", "dd", "'e'", "\"f\"", "g h", "é", "k1", "k2", "k3", "<<"];
        self.pick(&keys).to_owned()
    }

    /// A block at an indentation: a mapping, a sequence or a value.
    fn block(&mut self, text: &mut String, indent: usize, depth: usize, kind: usize) {
        let pad = " ".repeat(indent);
        match kind {
            0 | 1 if depth < 4 => {
                for _ in 0..=self.below(3) {
                    if self.below(9) == 0 {
                        text.push_str(self.pick(&["# note\n", "\n", "  # note\n", "   \n"]));
                    }
                    text.push_str(&pad);
                    if kind == 0 {
                        text.push_str(&self.key());
                        text.push(':');
                    } else {
                        text.push('-');
                    }
                    if self.below(8) == 0 {
                        text.push_str(self.pick(&[" &x", " &y", " !!str", " !foo", " !!map", " !!seq"]));
                    }
                    if self.below(3) == 0 {
                        text.push('\n');
                        let inner = self.below(2);
                        let step = 1 + self.below(3);
                        self.block(text, indent + step, depth + 1, inner);
                    } else {
                        text.push(' ');
                        self.value(text, indent);
                    }
                }
            }
            _ => {
                text.push_str(&pad);
                self.value(text, indent);
            }
        }
    }

    /// A value that begins on this line, with its line break.
    fn value(&mut self, text: &mut String, indent: usize) {
        let pad = " ".repeat(indent + 1 + self.below(2));
        match self.below(12) {
            0 | 1 => self.block_scalar(text, &pad),
            2 => text.extend([&self.word(), "\n", &pad, &self.word(), "\n"]),
            3 => {
                let word = self.word().replace('"', "");
                text.extend(["\"", &word, "\n", &pad, "b \\\n", &pad, " c\n\n", &pad, "d\"\n"]);
            }
            4 => {
                let word = self.word().replace('\'', "");
                text.extend(["'", &word, "\n", &pad, "b\n\n\n", &pad, "d'\n"]);
            }
            5 | 6 => {
                self.flow(text, 0);
                text.push('\n');
            }
            7 => {
                text.push_str(self.pick(&["*x\n", "*y\n", "# note\n", "\n", "a # note\n", "a #\n"]));
            }
            8 => {
                let scalar = self.scalar();
                text.push_str(&scalar);
                text.push('\n');
            }
            _ => {
                text.push_str(&self.word());
                text.push('\n');
            }
        }
    }

    fn block_scalar(&mut self, text: &mut String, pad: &str) {
        text.push_str(self.pick(&["|", ">"]));
        text.push_str(self.pick(&["", "-", "+"]));
        text.push('\n');
        for at in 0..self.below(5) {
            let line = self.pick(&["one", "two three", "", "  more", "\ttab", "# no note", "a: b", "- c", "end "]);
            // The first line sets the indentation.
            let line = if at == 0 { line.trim_start() } else { line };
            if !line.is_empty() {
                text.push_str(pad);
                text.push_str(line);
            }
            text.push('\n');
        }
    }

    fn flow(&mut self, text: &mut String, depth: usize) {
        match self.below(if depth < 3 { 4 } else { 2 }) {
            2 => {
                text.push('[');
                for _ in 0..self.below(4) {
                    self.flow(text, depth + 1);
                    text.push_str(self.pick(&[",", ", "]));
                }
                text.push(']');
            }
            3 => {
                text.push('{');
                for _ in 0..self.below(4) {
                    text.push_str(&self.key());
                    text.push_str(self.pick(&[": ", ": ", ": ", " : ", ":"]));
                    self.flow(text, depth + 1);
                    text.push_str(self.pick(&[",", ", "]));
                }
                text.push('}');
            }
            _ => text.push_str(&self.word()),
        }
    }

    /// Damages a text: flips, cuts, doubles or inserts; always valid UTF-8.
    pub(super) fn damage(&mut self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(3) {
            if chars.is_empty() {
                chars.push('a');
            }
            let at = self.below(chars.len());
            match self.below(6) {
                0 => chars.truncate(at),
                1 => {
                    chars.remove(at);
                }
                2 => {
                    let end = (at + 1 + self.below(20)).min(chars.len());
                    let part = chars[at..end].to_vec();
                    chars.splice(at..at, part);
                }
                3 => {
                    let end = (at + 1 + self.below(20)).min(chars.len());
                    chars.drain(at..end);
                }
                _ => {
                    let signs: Vec<char> =
                        ":-?,[]{}#&*!|>'\"%@`\\ \t\n\r~<=.0aé😀\u{feff}\u{85}\u{2028}\0\u{7f}".chars().collect();
                    let sign = signs[self.below(signs.len())];
                    if self.below(2) == 0 {
                        chars[at] = sign;
                    } else {
                        chars.insert(at, sign);
                    }
                }
            }
        }
        chars.into_iter().collect()
    }
}
