//! Tasks of this tree: `cargo run -p xtask -- TASK`.

// A task is a program for the terminal and the tree.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods)]

mod definitions;
mod kinds;
mod published;
mod table;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo run -p xtask -- kubernetes-schemas [--check]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["kubernetes-schemas"] => kubernetes_schemas(false),
        ["kubernetes-schemas", "--check"] => kubernetes_schemas(true),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Writes what the program knows of Kubernetes; with `check`, compares it with what is there instead.
fn kubernetes_schemas(check: bool) -> Result<(), String> {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the task's package stands in no tree")?;
    let published = published::read()?;
    let mut generator = schemars::SchemaGenerator::default();
    let roots = kinds::roots(&mut generator);
    let schemas = definitions::render(&roots, generator.take_definitions(true), &published)?;
    let table = table::render(&roots, &published)?;
    for (file, text) in [("schema/kubernetes.json", schemas), ("src/kubernetes/kinds/table.rs", table)] {
        let path = tree.join(file);
        if !check {
            fs::write(&path, text).map_err(|error| format!("cannot write `{file}`: {error}"))?;
        } else if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            return Err(format!("`{file}` is stale: run `cargo run -p xtask -- kubernetes-schemas`"));
        }
    }
    Ok(())
}
