//! The chaos experiment compiler.
//!
//! One `chaos.toml`, kept in git, says which [Chaos Toolkit](https://chaostoolkit.org) experiments run, when, in which
//! namespace and with which permissions. This crate checks it and renders it into a complete Kubernetes bundle.
//!
//! # The line
//!
//! ```text
//! chaos.toml -read-> Source -check-> Config -plan-> Plan -render-> Bundle -write-> out/
//!              IO            pure           pure         pure             IO
//! ```
//!
//! Each stage is one function; it takes the value before it and nothing later. Every command is a prefix of the line.
//!
//! | Type | Is | Fails with |
//! |---|---|---|
//! | [`source::Source`] | text and spanned trees of chaos.toml and of every file it names | [`error::Error`], diagnostics |
//! | [`config::Config`] | plain structs, defaults filled, every rule holds | diagnostics, all of them in one run |
//! | [`plan::Plan`] | what runs, when, as whom, with which permissions, and why | never |
//! | [`bundle::Bundle`] | ordered manifests and the files of the output folder | a fault of ours |
//!
//! # Decisions
//!
//! - **Findings and errors are two worlds.** A [`diagnostic::Diagnostic`] is about the user's files: there may be many,
//!   each has a place. An [`error::Error`] is about the world: there is one, with its cause.
//! - **Doors.** Files are read by [`source`], the output folder is written by [`bundle::write`], the starter by the
//!   command `init`, text is printed by [`terminal`]. Everything else computes values from values.
//! - **One reader of YAML for each consumer.** Chaos Toolkit reads experiments with `PyYAML`, the cluster reads manifests
//!   with Go's `sigs.k8s.io/yaml`; the two disagree about `on`, `0644`, `12:30` and much else, and no crate reads like
//!   either. So the parser gives events, and [`source::yaml`] resolves each scalar by the rules of whoever reads it.
//! - **Experiments become JSON.** What Chaos Toolkit reads back from the ConfigMap is then the same value on every
//!   reader.
//! - **A template prints JSON scalars only.** A value can therefore not leave its place, whatever it holds.
//! - **Manifests are checked by a walk of our own** over schemas generated from k8s-openapi: it parses only the kinds that
//!   are there, which is fifteen times faster than compiling them for a JSON Schema validator; a test holds the two
//!   against each other.
//! - **Names are `NAME-chaos-SCHEDULE`**, so that adding a schedule renames nothing. What lies outside of the bundle's
//!   namespace ends in `.NAMESPACE`, too: two copies of a bundle in one cluster would otherwise share a `ClusterRoleBinding`.
//! - **The output folder is exchanged as a whole** (`renameat2`), so that a render that is killed leaves no mixture.
//! - **What was found wrong is taken out of the draft**, so that the rules still see the rest: one run says everything, and
//!   one mistake gives one error.
//! - **Experiments are read, checked, planned and rendered on all cores**, and collected in the order of chaos.toml.

pub mod bundle;
pub mod check;
pub mod cli;
pub mod commands;
pub mod config;
pub mod diagnostic;
pub mod error;
pub mod kubernetes;
pub mod plan;
pub mod render;
pub mod source;
pub mod terminal;
