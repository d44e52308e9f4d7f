//! How long the stage `plan` alone takes, with the inference of the permissions: for `benches/scale.py`.
//!
//! Prints the seconds of each of five runs over the chaos.toml that it is given, one a line.
#![allow(clippy::unwrap_used, clippy::disallowed_macros)]

use std::path::Path;
use std::time::Instant;

use chaosc::check;
use chaosc::plan::plan;
use chaosc::source::Source;

fn main() {
    // Cargo's own arguments do not name a file.
    let Some(path) = std::env::args().nth(1).filter(|argument| !argument.starts_with('-')) else { return };
    let source = Source::read(Path::new(&path)).unwrap();
    let config = check::check(&source).config.unwrap();
    for _ in 0..5 {
        let started = Instant::now();
        let plan = plan(&config);
        let took = started.elapsed();
        assert_eq!(plan.experiments.len(), config.experiments.len());
        println!("{:.4}", took.as_secs_f64());
    }
}
