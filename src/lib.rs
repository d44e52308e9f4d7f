//! The chaos experiment compiler.
//!
//! One `chaos.toml`, kept in git, says which [Chaos Toolkit](https://chaostoolkit.org) experiments run, when, in which
//! namespace and with which permissions. This crate checks it, renders it into a complete Kubernetes bundle, shows what
//! applying the bundle would do to a cluster, and does it.
//!
//! # The line
//!
//! ```text
//! chaos.toml -read-> Source -check-> Config -plan-> Plan -render-> Bundle -observe-> Snapshot -diff-> ChangeSet -apply-> Report
//!              IO            pure           pure         pure         | IO, reads only         pure            IO, writes
//!                                                                     +-write-> out/
//!                                                                        IO
//! ```
//!
//! Each stage is one function; it takes the value before it and nothing later. Every command is a prefix of the line;
//! [`permissions`] prints what stands in the plan, and leaves the line for a cluster's word on it ([`observe::rights`]).
//!
//! | Type | Is | Fails with |
//! |---|---|---|
//! | [`source::Source`] | text and spanned trees of chaos.toml and of every file it names | [`error::Error`], diagnostics |
//! | [`config::Config`] | plain structs, defaults filled, every rule holds | diagnostics, all of them in one run |
//! | [`plan::Plan`] | what runs, when, as whom, with which permissions, and why | never |
//! | [`bundle::Bundle`] | ordered manifests, each with its text for the bundle and for the chart | a fault of ours |
//! | [`snapshot::Snapshot`] | for each object: what would be sent, what is there, what the server says would come out | [`cluster::ClusterError`] |
//! | [`diff::ChangeSet`] | what apply would do, object by object, and what others have changed; without any secret | never |
//! | [`apply::report::Report`] | what was done, what became ready, what was not and why | never: what fails stands in it |
//!
//! # Decisions
//!
//! - **Findings and errors are two worlds.** A [`diagnostic::Diagnostic`] is about the user's files: there may be many,
//!   each has a place. An [`error::Error`] is about the world: there is one, with its cause.
//! - **Doors.** Files are read by [`source`], the output folder is written by [`bundle::write`], the starter by the
//!   command `init`, man pages by the command `man`, changes files are read and written by the commands `apply` and `diff`
//!   (`commands::changes_file`), text is printed by [`terminal`], the API server is asked by [`cluster`], the addresses of
//!   checks by [`web`]. Everything else computes values from values; [`observe`] decides which questions are asked. There
//!   is one `block_on`, in [`commands`].
//! - **One reader of YAML for each consumer.** Chaos Toolkit reads experiments with `PyYAML`, the cluster reads manifests
//!   with Go's `sigs.k8s.io/yaml`; the two disagree about `on`, `0644`, `12:30` and much else, and no crate reads like
//!   either. So the parser gives events, and [`source::yaml`] resolves each scalar by the rules of whoever reads it.
//! - **Experiments become JSON.** What Chaos Toolkit reads back from the ConfigMap is then the same value on every
//!   reader.
//! - **A template prints JSON scalars only.** A value can therefore not leave its place, whatever it holds.
//! - **The chart comes out of the same rendering as the bundle** ([`bundle::document`]): where a value of the chart decides, a
//!   template has both forms side by side. A second set of templates would fall behind the first; one that Helm alone renders
//!   would need Helm to make the bundle. What a user has written is escaped as a whole, so `{{` in it is text.
//! - **Manifests are checked by a walk of our own** over schemas generated from k8s-openapi: it parses only the kinds that
//!   are there, which is fifteen times faster than compiling them for a JSON Schema validator; a test holds the two
//!   against each other.
//! - **Names are `NAME-chaos-SCHEDULE`**, so that adding a schedule renames nothing. What lies outside of the bundle's
//!   namespace ends in `.NAMESPACE`, too: two copies of a bundle in one cluster would otherwise share a `ClusterRoleBinding`.
//! - **What only the output folder has is made for it** ([`render::files`]): the chart's own files, the page of permissions, the
//!   kustomization. Whoever compares or applies needs the objects alone.
//! - **Of two bundles, what is unchanged goes the line once** ([`source::unchanged`]): a schedule that stands in both with all that
//!   it depends on was checked with the later one, and its objects are equal. So the earlier one is neither read nor checked nor
//!   planned there, and what else turns out to be the same is rendered once ([`plan::apart`]). A test holds the rows against
//!   those of two whole lines.
//! - **The output folder is exchanged as a whole** (`renameat2`), so that a render that is killed leaves no mixture.
//! - **What was found wrong is taken out of the draft**, so that the rules still see the rest: one run says everything, and
//!   one mistake gives one error.
//! - **The way to a cluster is kubectl's**, down to which proxy is used and which kubeconfig is passed over; what is told
//!   where it fails is chosen by the types of errors, because their texts may hold tokens and passwords.
//! - **Experiments are read, checked, planned and rendered on all cores**, and collected in the order of chaos.toml.
//! - **A stage takes what it can move, and what nobody asks again is dropped at once**: ten thousand objects are eighty
//!   megabytes each time they are held. Live objects wait as text for their turn to be asked about, and what is printed is made
//!   piece by piece ([`diff::view`]).
//! - **The API server's word is what a diff shows**: a server-side apply as a dry-run. Only what it need not be asked is not
//!   asked: an object whose `managedFields` say that chaosc owns exactly what it would send, with equal values
//!   ([`kubernetes::managed_fields`]). So the cost follows the change and not the bundle, and no schema is needed.
//! - **A client of our own making stands between kube and the stages** ([`cluster`]): one request, one answer of any status.
//!   `kube::Api` hides the status that tells a new object from an old one, its errors hide which kind of failure it was,
//!   and its retries last for minutes. What kube does well is kept: kubeconfig, exec plugins, TLS, proxies.
//! - **A change set holds no secret** ([`diff::mask`]): the masking stands before the outputs, not in them, so that none can
//!   forget it. What the server says is masked where it is heard, sentences of our own never: a mark in place of a known word
//!   would tell the secret. What is shown of a faulty file goes through a door of its own ([`diagnostic`]).
//! - **Texts of a Secret are sent as its data** ([`observe::desired`]): the owner of `stringData` owns nothing that the server
//!   keeps, so that what is taken out of a manifest would stay, and nobody could tell whose a value is.
//! - **What a change comes to is the same diff** ([`observe::against`]): the earlier bundle, rendered by the same program, takes
//!   the place of the cluster, so that a pull request and a terminal show the same rows. git itself is asked for its objects
//!   ([`source::revision`]), as it is for the repository's name: only it knows worktrees, alternates and packs of every kind.
//! - **The inventory and the label of its members are made by [`observe`]**, never rendered ([`inventory`]): `out/` and charts
//!   are applied by others, who would not keep the two in step. It holds hashes of what was applied and of what the authors
//!   wrote, so that change, drift and a newer program can be told apart without a copy of every object.
//! - **Apply takes the change set and the snapshot that it was made from.** The change set, which holds no secret, says what is
//!   done; the snapshot holds the objects, and the states that were seen ([`apply::seen`]). Neither alone is enough, and
//!   nothing is looked at again before it is written: the server refuses what is stale, and only then is it read.
//! - **A write is not repeated blindly.** Only where the server certainly has not heard it ([`cluster::Cluster::write`]); after
//!   any other failure the object itself tells what became of it. So a broken connection needs no journal, and a
//!   killed apply no lock: the next one sees what is there.
//! - **A namespace says by itself that apply has made it** (an annotation that comes with its creation): only then may a delete
//!   take it away. The inventory could not say so, because it is written afterwards.
//! - **A diff that was saved is not a plan that is replayed** ([`apply::changes_file`]): an apply of it goes the whole line
//!   again and compares ([`apply::agree`]). So the file needs no object and no secret, only keyed hashes, and what is done is
//!   judged by the cluster as it is.

pub mod apply;
pub mod bundle;
pub mod check;
pub mod cli;
pub mod cluster;
pub mod commands;
pub mod config;
pub mod diagnostic;
pub mod diff;
pub mod error;
pub mod inventory;
pub mod kubernetes;
pub mod observe;
pub mod permissions;
pub mod plan;
pub mod render;
pub mod snapshot;
pub mod source;
pub mod terminal;
pub mod web;
