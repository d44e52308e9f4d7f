//! What the sources of k8s-openapi say about every server version, not only about the compiled one.
//!
//! Only one version of the types can be compiled at a time. Their sources are generated and regular, so that the few
//! facts needed of the others are read from the text: which kinds there are, and which fields a schema has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The servers that the crate knows, by minor version.
pub(crate) const MINORS: std::ops::RangeInclusive<u32> = 33..=37;

/// One server version.
#[derive(Default)]
pub(crate) struct Published {
    /// By `apiVersion/kind`.
    pub(crate) kinds: BTreeMap<String, Kind>,
    /// By the schema's name.
    pub(crate) schemas: BTreeMap<String, Fields>,
}

/// A kind as a server version has it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) plural: String,
    pub(crate) cluster: bool,
}

/// The fields of one schema.
#[derive(Default)]
pub(crate) struct Fields {
    pub(crate) properties: BTreeSet<String>,
}

/// Reads the sources of all versions.
///
/// Fails where Cargo does not name the crate's folder, or where a file cannot be read.
pub(crate) fn read() -> Result<BTreeMap<u32, Published>, String> {
    let sources = sources()?;
    MINORS
        .map(|minor| {
            let mut published = Published::default();
            walk(&sources.join(format!("v1_{minor}")), &mut published)?;
            Ok((minor, published))
        })
        .collect()
}

/// Asks Cargo where it keeps the crate.
fn sources() -> Result<PathBuf, String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version=1", "--locked"])
        .output()
        .map_err(|error| format!("cannot run `cargo metadata`: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("cannot read the output of `cargo metadata`: {error}"))?;
    metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == "k8s-openapi")
        .and_then(|package| package["manifest_path"].as_str())
        .map(|manifest| Path::new(manifest).with_file_name("src"))
        .ok_or_else(|| "`cargo metadata` names no k8s-openapi".to_owned())
}

fn walk(folder: &Path, published: &mut Published) -> Result<(), String> {
    let fault = |error: std::io::Error| format!("cannot read `{}`: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.is_dir() {
            walk(&path, published)?;
        } else {
            let text =
                fs::read_to_string(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
            read_kind(&text, published);
            read_schema(&text, published);
        }
    }
    Ok(())
}

/// Reads `impl crate::Resource for X { const API_VERSION … }` of a kind that has metadata.
fn read_kind(text: &str, published: &mut Published) {
    if !text.contains("impl crate::Metadata for") {
        return;
    }
    let Some((_, block)) = text.split_once("\nimpl crate::Resource for ") else {
        return;
    };
    let constant = |name: &str| {
        let (_, rest) = block.split_once(&format!("const {name}: &'static str = \""))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let scope = |name: &str| block.contains(&format!("type Scope = crate::{name}ResourceScope;"));
    let (Some(api_version), Some(kind), Some(plural)) =
        (constant("API_VERSION"), constant("KIND"), constant("URL_PATH_SEGMENT"))
    else {
        return;
    };
    if scope("Cluster") || scope("Namespace") {
        let cluster = scope("Cluster");
        published.kinds.insert(format!("{api_version}/{kind}"), Kind { plural, cluster });
    }
}

/// Reads the schema's name and its properties, known by their indentation.
fn read_schema(text: &str, published: &mut Published) {
    let Some((_, block)) = text.split_once("fn schema_name()") else {
        return;
    };
    let mut fields = Fields::default();
    let mut name = None;
    for line in block.lines() {
        let quoted = line.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"'));
        let indent = line.len() - line.trim_start().len();
        match (indent, quoted) {
            (8, Some((quoted, ".into()"))) => name = name.or(Some(quoted)),
            (16, Some((quoted, rest))) if rest.starts_with(": ") => {
                fields.properties.insert(quoted.to_owned());
            }
            _ => {}
        }
    }
    if let Some(name) = name {
        published.schemas.insert(name.to_owned(), fields);
    }
}
