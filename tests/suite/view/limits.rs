//! What is too large: comments stay within what forges take, and nothing explodes.

use std::collections::BTreeMap;

use chaosc::diff::ChangeSet;
use chaosc::diff::view::Format;
use serde_json::json;

use super::{cases, whole, without_colours};

/// What GitHub takes of a comment, in characters.
const LIMIT: usize = 65_536;

#[test]
fn a_comment_fits_whatever_is_in_it() {
    for (name, changes) in cases::all() {
        let text = whole(&changes, Format::Markdown);
        assert!(text.encode_utf16().count() <= LIMIT, "{name}");
    }
    for rows in [100, 150, 200, 250, 2_000] {
        let text = whole(&cases::too_large(rows), Format::Markdown);
        assert!(text.encode_utf16().count() <= LIMIT, "{rows}");
        let is_whole = !text.contains("Left out");
        assert_eq!(is_whole, text.matches("<details>").count() == rows, "{rows}");
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count(), "{rows}");
        assert_eq!(text.matches("CLUSTER-WIDE").count(), 2, "{rows}");
    }
}

#[test]
fn even_permissions_alone_fit() {
    let mut changes = cases::too_large(3);
    changes.permissions = changes.permissions.iter().cycle().take(5_000).cloned().collect();
    let text = whole(&changes, Format::Markdown);
    assert!(text.encode_utf16().count() <= LIMIT);
    assert!(text.contains("permission changes, 3 rows, 3 differences"), "{}", &text[..600]);
}

#[test]
fn the_cut_says_how_much_is_missing() {
    let text = whole(&cases::too_large(2_000), Format::Markdown);
    let (_, rest) = text.split_once("characters: ").unwrap();
    let (left_out, _) = rest.split_once(".**").unwrap();
    let mut missing: BTreeMap<&str, usize> = BTreeMap::new();
    for part in left_out.split(", ") {
        let (number, what) = part.split_once(' ').unwrap();
        missing.insert(what, number.parse().unwrap());
    }
    assert_eq!(missing["differences"] + text.matches("<details>").count(), 2_000);
    let rows = text.lines().filter(|line| line.starts_with("| <code>&#126;</code>&nbsp;update"));
    assert_eq!(missing["rows"] + rows.count(), 2_000);
}

/// Texts on which an algorithm that looks for the shortest answer would not come back.
#[test]
fn no_text_takes_forever() {
    let text = |mut bits: u64| -> String {
        let mut line = |_| {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            format!("{}\n", bits >> 40 & 1)
        };
        (0..20_000).map(&mut line).collect()
    };
    let object = |salt| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},
            "data": {"text": text(salt), "line": text(salt).replace('\n', " ")}})
    };
    let mut changes: ChangeSet = cases::too_large(1);
    let row = &mut changes.changes[0];
    (row.before, row.after) = (Some(object(1)), Some(object(2)));
    assert!(whole(&changes, Format::Human).lines().count() > 5_000);
    assert!(whole(&changes, Format::Markdown).contains("1 difference."));
}

#[test]
fn the_order_of_rows_is_kept() {
    let text = without_colours(&whole(&cases::too_large(3_000), Format::Human));
    let names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("~ update ConfigMap/settings-")).collect();
    let expected: Vec<String> =
        (0..3_000).map(|index| format!("{index}  app/settings.yaml:{}", 9 * index + 1)).collect();
    assert_eq!(names, expected);
}
