//! What a secret holds that is secret by itself: the password in a file, the token in a header.
//!
//! It is not shown, because the whole is not; but a message may quote it alone.

use serde_json::Value;

use super::free_text;
use super::places::{self, Keys};

/// The shortest line of a secret of several lines that is looked for alone: one of PEM has 64 characters.
const SHORTEST_LINE: usize = 16;
/// The shortest first word: `hunter2` of `PASSWORD=hunter2 ./run`, which was taken as a whole to be sure.
const SHORTEST_WORD: usize = 7;

/// Returns the parts of a secret that are secret by themselves.
pub(super) fn of(secret: &str) -> Vec<String> {
    let mut parts = Vec::new();
    if secret.trim_start().starts_with(['{', '['])
        && let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(secret)
    {
        let scalars =
            places::secret(&value, Keys::Configuration).into_iter().filter_map(|place| value.pointer(&place.pointer));
        parts.extend(scalars.map(|scalar| scalar.as_str().map_or_else(|| scalar.to_string(), str::to_owned)));
        texts(&value, &mut parts);
        return parts;
    }
    parts.extend(free_text::find(secret).into_iter().map(|found| found.secret));
    if secret.starts_with(['{', '[']) {
        let words = secret.split(['"', '\'', '[', ']', '{', '}', ',', '\n']).map(str::trim);
        parts.extend(words.filter(|word| word.len() >= SHORTEST_WORD).map(str::to_owned));
    }
    if secret.contains('\n') {
        let lines = secret.lines().map(str::trim);
        parts.extend(lines.filter(|line| line.len() >= SHORTEST_LINE).map(str::to_owned));
    }
    let word = secret.split_whitespace().next().filter(|word| word.len() >= SHORTEST_WORD);
    let before_comment = secret.split_once(" #").map(|(value, _)| value.trim());
    parts.extend(word.into_iter().chain(before_comment).map(str::to_owned));
    parts.retain(|part| part != secret);
    parts
}

/// Adds the parts of every text of a value.
fn texts(value: &Value, parts: &mut Vec<String>) {
    match value {
        Value::String(text) => parts.extend(of(text)),
        Value::Array(items) => items.iter().for_each(|item| texts(item, parts)),
        Value::Object(map) => map.values().for_each(|child| texts(child, parts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_secret_may_hold_others() {
        for (secret, expected) in [
            ("hunter2", &[][..]),
            ("hunter2 ./run", &["hunter2"]),
            ("abc # why", &["abc"]),
            ("the one", &[]),
            ("Bearer hunter2", &["hunter2"]),
            ("x://shop:hunter2@db/shop", &["hunter2"]),
            ("{\"auths\":{\"a\":{\"user\":\"b\",\"password\":\"hunter2\",\"auth\":\"Yjpj\"}}}", &["Yjpj", "hunter2"]),
            ("{\"a\":\"Bearer hunter2\"}", &["hunter2"]),
            ("USER=a\nDB_PASSWORD=hunter2\n", &["hunter2", "DB_PASSWORD=hunter2"]),
            ("[\"hunter22\", 'b',]", &["hunter22", "[\"hunter22\","]),
            ("users:\n- token: abc\n", &["abc"]),
            ("- X\n 0123456789abcdef\nabc\n", &["0123456789abcdef"]),
            ("", &[]),
        ] {
            assert_eq!(of(secret), expected, "{secret}");
        }
    }
}
