//! Every code's page: its wrong example gives that code, its right example gives nothing.

use std::path::Path;

use chaosc::check;
use chaosc::commands::STARTER;
use chaosc::diagnostic::explain::{ExampleFile, explain};
use chaosc::diagnostic::{Code, Diagnostic};
use chaosc::source::Source;

use crate::folders::put;

#[test]
fn the_examples_of_every_page_are_true() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let page = explain(*code);
        if !page.page.starts_with("# ") || page.wrong.is_empty() || page.right.is_empty() {
            wrong.push(format!("{code}: a page has a title, and files under `## Wrong` and `## Right`"));
            continue;
        }
        let found = diagnostics(&page.wrong);
        if !found.iter().any(|one| one.code == *code) {
            wrong.push(format!("{code}: the wrong example gives {found:#?}"));
        }
        let found = diagnostics(&page.right);
        if !found.is_empty() {
            wrong.push(format!("{code}: the right example gives {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Checks the starter with some of its files replaced.
fn diagnostics(files: &[ExampleFile]) -> Vec<Diagnostic> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in STARTER {
        put(&folder.path().join(path), text);
    }
    for file in files {
        place(&folder.path().join(&file.path), file);
    }
    let source = Source::read(&folder.path().join("chaos.toml")).unwrap();
    check::check(&source).diagnostics
}

/// Writes one file of an example. What text cannot show is described: `link` names a target, `bytes` is hexadecimal,
/// `size` is a number of bytes.
fn place(path: &Path, file: &ExampleFile) {
    let text = file.text.trim();
    let _ = std::fs::remove_file(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    match file.language.as_str() {
        "link" => std::os::unix::fs::symlink(text, path).unwrap(),
        "size" => std::fs::File::create(path).unwrap().set_len(text.parse().unwrap()).unwrap(),
        "folder" => std::fs::create_dir_all(path).unwrap(),
        "bytes" => {
            let bytes: Vec<u8> = text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
            put(path, bytes);
        }
        _ => put(path, &file.text),
    }
}
