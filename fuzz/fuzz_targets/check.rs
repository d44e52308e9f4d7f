//! The whole line in memory. Lines of `=====` separate chaos.toml, the experiment (`e.yaml`, `e.json`) and the
//! manifests (`m.yaml`, and below the folder `m`).
#![no_main]

use std::collections::BTreeMap;

use chaosc::source::Source;
use chaosc_fuzz::invariants;

const SEPARATOR: &[u8] = b"=====\n";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (chaos, rest) = split(bytes);
    let (experiment, manifests) = split(rest);
    let files = [("e.yaml", experiment), ("e.json", experiment), ("m.yaml", manifests), ("m/m.yaml", manifests)];
    let files: BTreeMap<String, Vec<u8>> = files.map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).into();
    invariants::judge(&Source::from_memory(chaos, &files));
});

/// Returns what stands before the first separator and what stands behind it.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.windows(SEPARATOR.len()).position(|window| window == SEPARATOR) {
        Some(at) => (&bytes[..at], &bytes[at + SEPARATOR.len()..]),
        None => (bytes, &[]),
    }
}
