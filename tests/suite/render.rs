//! `tests/render/<case>/`: a chaos.toml and the whole `out/` it gives. `CHAOSC_UPDATE=1` rewrites it.

use crate::folders::{cases, contents, copy, is_update};
use crate::tools::run;

#[test]
fn every_case_gives_its_bundle() {
    let mut wrong = Vec::new();
    for case in cases("tests/render") {
        if is_update() {
            let (code, out, err) = run(&case, &["render"]);
            assert_eq!(code, 0, "{}\n{out}{err}", case.display());
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        copy(&case, folder.path());
        std::fs::remove_dir_all(folder.path().join("out")).unwrap();
        let (code, out, err) = run(folder.path(), &["render"]);
        assert_eq!(code, 0, "{}\n{out}{err}", case.display());
        let expected = contents(&case.join("out"));
        let found = contents(&folder.path().join("out"));
        for path in expected.keys().chain(found.keys()).collect::<std::collections::BTreeSet<_>>() {
            let text = |files: &std::collections::BTreeMap<String, Vec<u8>>| {
                files.get(path).map_or("(no file)".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
            };
            if expected.get(path) != found.get(path) {
                wrong.push(format!(
                    "{}/out/{path}: expected\n{}\nfound\n{}",
                    case.display(),
                    text(&expected),
                    text(&found)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n`CHAOSC_UPDATE=1` rewrites the expectations", wrong.join("\n"));
}
