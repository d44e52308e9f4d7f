//! The table of codes: every kind of problem that `chaosc` can find.

use std::fmt;

/// How bad a problem is. Each code has one severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Kubernetes or Chaos Toolkit refuses it, it can have no effect, it needs rights that are not allowed, or a name
    /// leads nowhere.
    Error,
    /// It runs, but hardly as meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

/// Declares the codes once: variant, name, severity, title.
macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $severity:ident,)*) => {
        /// A kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Code {
            /// Every code, in the order of the stages that find them.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// Returns the name that users see, in kebab-case.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// Returns how bad it is.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// Returns the explanation: Markdown with a wrong and a right example.
            pub(super) fn page(self) -> &'static str {
                match self { $(Code::$variant => include_str!(concat!("explain/", $name, ".md")),)* }
            }
        }
    };
}

codes! {
    // Reading.
    /// A file that chaos.toml names does not exist.
    FileNotFound "file-not-found" Error,
    /// A file exists but cannot be read.
    UnreadableFile "unreadable-file" Error,
    /// A file is over the limit of 16 MiB.
    FileTooLarge "file-too-large" Error,
    /// A file is not UTF-8.
    InvalidUtf8 "invalid-utf8" Error,
    /// A folder of manifests holds none.
    EmptyFolder "empty-folder" Error,
    /// An experiment file has an ending that Chaos Toolkit does not load.
    UnknownExtension "unknown-extension" Error,
    /// chaos.toml is no TOML.
    TomlSyntax "toml-syntax" Error,
    /// A YAML file is no YAML.
    YamlSyntax "yaml-syntax" Error,
    /// A JSON file is no JSON.
    JsonSyntax "json-syntax" Error,
    /// A key stands twice in one table or mapping.
    DuplicateKey "duplicate-key" Error,
    /// A value that JSON cannot hold, such as a YAML date.
    NoJsonForm "no-json-form" Error,
    /// A file unfolds to more values, or nests deeper, than is read.
    TooManyNodes "too-many-nodes" Error,
    /// An experiment file holds more than one document.
    SeveralDocuments "several-documents" Error,

    // The schemas of chaos.toml and of experiments.
    /// A key that nobody reads.
    UnknownKey "unknown-key" Error,
    /// A key that must be there is not.
    MissingKey "missing-key" Error,
    /// A value of the wrong type.
    WrongType "wrong-type" Error,
    /// A value of the right type that is not allowed.
    InvalidValue "invalid-value" Error,
    /// Two keys of which only one may be given.
    ExclusiveKeys "exclusive-keys" Error,
    /// A key that is kept for a later version of the format.
    ReservedKey "reserved-key" Error,
    /// A key of the format that no stage honours yet.
    NotYetSupported "not-yet-supported" Error,

    // The languages inside values.
    /// A name that Kubernetes does not accept.
    InvalidName "invalid-name" Error,
    /// A name that leads to an object name over Kubernetes' limit.
    NameTooLong "name-too-long" Error,
    /// A duration that cannot be read.
    InvalidDuration "invalid-duration" Error,
    /// A cron expression that Kubernetes does not accept.
    InvalidCron "invalid-cron" Error,
    /// A cron expression that never fires.
    NeverFires "never-fires" Warning,
    /// A time zone that does not exist.
    InvalidTimeZone "invalid-time-zone" Error,
    /// A date that does not exist, or is not written as year-month-day.
    InvalidDate "invalid-date" Error,
    /// A quantity that Kubernetes does not accept.
    InvalidQuantity "invalid-quantity" Error,
    /// A request above its limit.
    RequestAboveLimit "request-above-limit" Error,
    /// An image reference that no registry accepts.
    InvalidImage "invalid-image" Error,
    /// An image without a digest and without a fixed tag.
    FloatingTag "floating-tag" Warning,
    /// A label or annotation that Kubernetes does not accept.
    InvalidLabel "invalid-label" Error,
    /// A label that chaosc sets itself.
    OwnLabel "own-label" Error,
    /// Pod Security that refuses the pods with Istio's sidecar.
    InjectionNeedsCni "injection-needs-cni" Warning,
    /// A URL that cannot be asked.
    InvalidUrl "invalid-url" Error,
    /// A path that holds on one machine only.
    AbsolutePath "absolute-path" Warning,

    // Names that lead somewhere.
    /// Two things of one kind with the same name.
    DuplicateName "duplicate-name" Error,
    /// A name that leads nowhere.
    UnknownReference "unknown-reference" Error,
    /// A schedule that says nothing about when it runs.
    NoTrigger "no-trigger" Error,
    /// An experiment without content: neither a file nor a spec, or an empty file.
    NoExperiment "no-experiment" Error,
    /// An experiment that no schedule runs.
    UnusedExperiment "unused-experiment" Warning,
    /// A variable that the experiment does not declare.
    UndeclaredVariable "undeclared-variable" Error,

    // App manifests.
    /// A document that is no Kubernetes object.
    NotAnObject "not-an-object" Error,
    /// Two objects of the same identity.
    DuplicateObject "duplicate-object" Error,
    /// A manifest that names a namespace other than its app's.
    ForeignNamespace "foreign-namespace" Error,
    /// An API version that the server does not serve any more.
    RemovedApi "removed-api" Error,
    /// An API version that the oldest server does not serve yet.
    NewerApi "newer-api" Error,
    /// A kind that its group does not have.
    UnknownKind "unknown-kind" Error,
    /// A field that the kind does not have.
    UnknownField "unknown-field" Error,
    /// A field of the wrong type.
    WrongFieldType "wrong-field-type" Error,
    /// A field that the kind demands is not there.
    MissingField "missing-field" Error,

    // What the experiments need.
    /// An activity whose permissions are not known.
    UnknownActivity "unknown-activity" Error,
    /// An activity that is called with an argument that it does not have.
    UnknownArgument "unknown-argument" Error,
    /// An activity that is called without an argument that it needs.
    MissingArgument "missing-argument" Error,
    /// A value that must be known before the run to give the right permissions.
    UnknownTarget "unknown-target" Error,
    /// An activity that needs rights in a namespace that is not allowed.
    NamespaceNotAllowed "namespace-not-allowed" Error,
    /// An activity that needs rights in the whole cluster, which are not allowed.
    ClusterNotAllowed "cluster-not-allowed" Error,
    /// An activity that can never succeed, as it is called.
    ActivityFails "activity-fails" Warning,
    /// A declared rule with which the account could gain further rights.
    DangerousRule "dangerous-rule" Warning,
    /// A declared rule that changes nothing.
    PointlessRule "pointless-rule" Warning,
    /// A package that the image does not bring.
    MissingPackage "missing-package" Error,
    /// An experiment that does not fit into a ConfigMap.
    ExperimentTooLarge "experiment-too-large" Error,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Code {
    type Err = UnknownCode;

    fn from_str(name: &str) -> Result<Code, UnknownCode> {
        Code::ALL.iter().copied().find(|code| code.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
            let near = similar::get_close_matches(name, &names, 1, 0.6);
            UnknownCode { name: name.to_owned(), suggestion: near.first().map(|near| (*near).to_owned()) }
        })
    }
}

/// A name that is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no diagnostic `{name}`")]
pub struct UnknownCode {
    /// The name that was asked for.
    pub name: String,
    /// The nearest code.
    pub suggestion: Option<String>,
}
