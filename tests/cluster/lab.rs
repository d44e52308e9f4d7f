//! A bundle in namespaces of its own, and the programs that look at it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chaosc::cluster::{Access, Cluster, Request};
use chaosc::diff::{Action, Change, ChangeSet};
use chaosc::observe::desired::{Desired, desired};
use chaosc::observe::origins::Origins;
use chaosc::observe::{Subject, observe};
use chaosc::snapshot::Wishes;
use chaosc::source::Source;
use serde_json::Value;
use tempfile::TempDir;

use crate::tools::{parts, tool};

/// A folder with a chaos.toml, and a namespace in the cluster that nobody else uses.
pub(crate) struct Lab {
    pub(crate) folder: TempDir,
    pub(crate) namespace: String,
}

/// An app with one of each kind that has something of its own to be compared.
const APP: &str = r"
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  selector: {app: shop}
  ports: [{port: 80, name: http}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - name: shop
          image: registry.example/shop:1.0.0
          ports: [{containerPort: 8080}]
          resources: {requests: {cpu: 100m}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: blue, size: large}
";

/// The experiment of the starter, in a namespace that is told.
pub(crate) fn experiment(namespace: &str, extra: &str) -> String {
    format!(
        "title: a pod goes\ndescription: and comes back\nmethod:\n  - type: action\n    name: terminate\n    provider:\n      type: python\n      module: chaosk8s.pod.actions\n      func: terminate_pods\n      arguments: {{label_selector: app=shop, ns: {namespace}, qty: 1}}\n{extra}"
    )
}

impl Lab {
    /// Creates a lab with an app, an experiment and a schedule; nothing is in the cluster yet.
    pub(crate) fn new(name: &str) -> Lab {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("{name}-{}-{number}", std::process::id());
        let lab = Lab { folder: TempDir::new().unwrap(), namespace };
        lab.toml("");
        lab.write("app.yaml", APP);
        lab.write("kill.yaml", &experiment(&lab.namespace, ""));
        lab
    }

    /// Writes chaos.toml: the usual one, and something more.
    ///
    /// Its schedule is for the leap day: a tick during a test would make a Job, and a pod that begins with `shop-`.
    pub(crate) fn toml(&self, more: &str) {
        let namespace = &self.namespace;
        self.write(
            "chaos.toml",
            &format!(
                "name = \"shop\"\n[namespace]\nname = \"{namespace}\"\n[[apps]]\nname = \"shop\"\nmanifests = [\"app.yaml\"]\n\
                 [image]\nrepository = \"registry.example/chaos\"\ntag = \"1.0.0\"\n\
                 [[experiments]]\nfile = \"kill.yaml\"\n[[schedules]]\nexperiments = [\"kill\"]\ncron = \"0 0 29 2 *\"\n{more}"
            ),
        );
    }

    /// Writes a file of the folder.
    pub(crate) fn write(&self, path: &str, text: &str) {
        std::fs::write(self.folder.path().join(path), text).unwrap();
    }

    /// Changes a text in a file of the folder; it has to be there.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.folder.path().join(path)).unwrap();
        assert!(text.contains(from), "`{from}` is not in {path}:\n{text}");
        self.write(path, &text.replace(from, to));
    }

    /// Runs the program under test in the folder.
    pub(crate) fn chaosc(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = crate::tools::chaosc(self.folder.path());
        command.env("KUBECONFIG", kubeconfig()).env("PATH", std::env::var_os("PATH").unwrap());
        parts(command.args(arguments).output().unwrap())
    }

    /// Returns what apply would send, and the rest of the bundle.
    pub(crate) fn desired(&self) -> (Vec<Desired>, chaosc::bundle::Bundle) {
        self.desired_from(None)
    }

    /// Returns the same for a bundle that comes from a repository.
    pub(crate) fn desired_from(&self, repository: Option<&str>) -> (Vec<Desired>, chaosc::bundle::Bundle) {
        let source = Source::read(&self.folder.path().join("chaos.toml")).unwrap();
        let checked = chaosc::check::check(&source);
        let errors: Vec<_> = checked.diagnostics.iter().filter(|one| one.is_error()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let config = checked.config.unwrap();
        let mut bundle = chaosc::render::render(&chaosc::plan::plan(&config)).unwrap();
        (desired(&mut bundle, &Origins::of(&config, &source), repository), bundle)
    }

    /// Returns the value of the label that the objects of the bundle carry.
    pub(crate) fn set(&self) -> String {
        chaosc::inventory::id("shop", &self.namespace)
    }

    /// Returns the change set, as the administrator sees it.
    pub(crate) fn diff(&self) -> ChangeSet {
        self.diff_as(&kubeconfig(), Wishes::default(), false)
    }

    /// Returns the change set with wishes.
    pub(crate) fn diff_with(&self, wishes: Wishes) -> ChangeSet {
        self.diff_as(&kubeconfig(), wishes, false)
    }

    /// Returns the change set as somebody else sees it, or with every object asked about.
    pub(crate) fn diff_as(&self, kubeconfig: &std::path::Path, wishes: Wishes, is_thorough: bool) -> ChangeSet {
        compare(kubeconfig, Subject { wishes, is_thorough, ..self.subject() })
    }

    /// Returns what a diff of the folder looks at.
    pub(crate) fn subject(&self) -> Subject {
        let (desired, bundle) = self.desired();
        Subject {
            bundle: bundle.name,
            namespace: bundle.namespace,
            source: None,
            desired,
            marks: bundle.marks,
            wishes: Wishes::default(),
            is_thorough: false,
        }
    }

    /// Applies what the diff shows: every object with the label of the set, and the inventory.
    pub(crate) fn apply(&self) {
        self.apply_text(&self.documents(), "chaosc");
    }

    /// Returns what apply would send as one text.
    pub(crate) fn documents(&self) -> String {
        let mut desired = self.desired().0;
        // Whoever has made the namespace goes on saying so.
        let made =
            ["get", "namespace", &self.namespace, "--ignore-not-found", "-o", "jsonpath={.metadata.annotations}"];
        if self.kubectl(&made).contains("chaosc.dev/made-by-apply") {
            let namespace = desired.iter_mut().find(|one| one.id.kind == "Namespace").unwrap();
            namespace.object["metadata"]["annotations"]["chaosc.dev/made-by-apply"] = "true".into();
        }
        documents(&desired)
    }

    /// Applies documents as a field manager.
    #[allow(clippy::unused_self)] // A lab is what is applied to.
    pub(crate) fn apply_text(&self, documents: &str, manager: &str) {
        let arguments = ["apply", "--server-side", "--force-conflicts", "--field-manager", manager, "-f", "-"];
        kubectl_with(&arguments, documents);
    }

    /// Runs kubectl in the namespace; it has to succeed.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        let mut all = vec!["--namespace", &self.namespace];
        all.extend(arguments);
        kubectl_with(&all, "")
    }

    /// Runs kubectl in the namespace with a text as its input, whatever comes of it.
    pub(crate) fn try_kubectl(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        let mut all = vec!["--namespace", &self.namespace];
        all.extend(arguments);
        try_kubectl(&all, input)
    }

    /// Returns an object as the cluster has it.
    pub(crate) fn live(&self, kind: &str, name: &str) -> Value {
        serde_json::from_str(&self.kubectl(&["get", kind, name, "-o", "json", "--show-managed-fields"])).unwrap()
    }

    /// Waits until something holds, for at most half a minute.
    pub(crate) fn wait(&self, what: &str, mut holds: impl FnMut(&Lab) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < Duration::from_secs(30), "still not so after 30 s: {what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = Command::new(tool("CHAOSC_TEST_KUBECTL"))
            .args(["delete", "namespace", &self.namespace, "--wait=false", "--ignore-not-found"])
            .env("KUBECONFIG", kubeconfig())
            .output();
    }
}

/// The kubeconfig of the administrator.
pub(crate) fn kubeconfig() -> PathBuf {
    let variable = "CHAOSC_TEST_KUBECONFIG";
    std::env::var_os(variable)
        .unwrap_or_else(|| {
            panic!("{variable} is not set: `./test --cluster cargo test --test cluster` starts a cluster")
        })
        .into()
}

/// Runs kubectl as the administrator, with a text as its input; it has to succeed.
pub(crate) fn kubectl_with(arguments: &[&str], input: &str) -> String {
    let (code, out, err) = try_kubectl(arguments, input);
    assert_eq!(code, 0, "kubectl {arguments:?}\n{out}\n{err}");
    out
}

/// Runs kubectl as the administrator, with a text as its input, whatever comes of it.
pub(crate) fn try_kubectl(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(tool("CHAOSC_TEST_KUBECTL"));
    command.args(arguments).env("KUBECONFIG", kubeconfig());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    parts(child.wait_with_output().unwrap())
}

/// Returns objects as one text that kubectl takes.
pub(crate) fn documents(desired: &[Desired]) -> String {
    desired.iter().fold(String::new(), |mut text, one| {
        let _ = write!(text, "---\n{}\n", one.object);
        text
    })
}

/// Looks at the cluster, and works out what apply would do.
pub(crate) fn compare(kubeconfig: &std::path::Path, subject: Subject) -> ChangeSet {
    let snapshot = run(async {
        let cluster = connect(kubeconfig).await;
        observe(&cluster, subject).await.unwrap()
    });
    chaosc::diff::diff(&snapshot)
}

/// Runs a future to its end.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Connects as whoever a kubeconfig says.
pub(crate) async fn connect(kubeconfig: &std::path::Path) -> Cluster {
    let access =
        Access { kubeconfig: Some(kubeconfig), context: None, contexts: &[], request_timeout: Duration::from_secs(30) };
    Cluster::connect(&access).await.unwrap()
}

/// Sends one request as the administrator.
#[allow(dead_code)]
pub(crate) fn send(request: Request) -> chaosc::cluster::Answer {
    run(async { connect(&kubeconfig()).await.send(request).await.unwrap() })
}

/// Returns the rows as `action KIND/NAME`.
pub(crate) fn rows(changes: &ChangeSet) -> Vec<String> {
    changes.changes.iter().map(|change| format!("{} {}", change.action.word(), change.id)).collect()
}

/// Returns the row of an object.
pub(crate) fn row<'c>(changes: &'c ChangeSet, id: &str) -> &'c Change {
    let found = changes.changes.iter().find(|change| change.id.to_string() == id);
    found.unwrap_or_else(|| panic!("there is no row of {id}: {:?}", rows(changes)))
}

/// Asserts that nothing is to be done, and tells what is otherwise.
pub(crate) fn assert_nothing(changes: &ChangeSet) {
    assert_eq!(rows(changes), [""; 0], "{:#?}", changes.changes);
    assert!(changes.unchanged > 0);
}

/// Returns the fields of a row as `path: before -> after`.
pub(crate) fn fields(change: &Change) -> Vec<String> {
    let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    change
        .fields
        .iter()
        .map(|field| format!("{}: {} -> {}", field.path, text(&field.before), text(&field.after)))
        .collect()
}

/// Returns how many rows have an action.
pub(crate) fn count(changes: &ChangeSet, action: Action) -> usize {
    changes.count(action)
}
