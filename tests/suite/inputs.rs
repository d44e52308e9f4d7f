//! What the bundle says beside its objects: what the author of each wrote, and for whom it is.

use std::collections::BTreeMap;

use chaosc::bundle::Bundle;
use chaosc::check;
use chaosc::config::Config;
use chaosc::config::pod::{Pod, RunAsUser};
use chaosc::source::Source;
use chaosc::{plan, render};

const CHAOS_TOML: &str = r#"
name = "shop"

[kubernetes]
contexts = ["staging"]
cluster-uid = "6f8c1a52-0f43-4f3b-9d53-6c1d1c0c7a11"

[namespace]
name = "shop"

[image]
repository = "registry.example/chaos"
tag = "1"

[pod]
labels = { team = "a" }

[permissions]
namespaces = ["shop"]

[[permissions.rules]]
experiment = "kill"
api-groups = [""]
resources = ["services"]
verbs = ["get"]
reason = "it looks around"

[[apps]]
name = "shop"
manifests = ["app.yaml"]

[[experiments]]
file = "kill.yaml"

[[experiments]]
file = "look.yaml"
env = { COLOR = "blue" }

[[schedules]]
name = "nightly"
experiments = ["kill"]
cron = "0 3 * * *"

[[schedules]]
name = "release"
experiments = ["look"]
once = true
"#;

const KILL: &str = "
title: kill
description: d
method:
- type: action
  name: kill
  provider:
    type: python
    module: chaosk8s.pod.actions
    func: terminate_pods
    arguments: {ns: shop, label_selector: app=killed}
";

const LOOK: &str = "
title: look
description: d
method:
- type: probe
  name: look
  provider:
    type: python
    module: chaosk8s.pod.probes
    func: count_pods
    arguments: {ns: shop, label_selector: app=looked-at}
";

const APP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart}
spec:
  replicas: 3
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: main, image: registry.example/cart:1}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: colors}
data: {sky: gray}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: scaler}
spec:
  maxReplicas: 5
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: other}
";

/// The objects of the two schedules; the names of Jobs and of the ConfigMaps of experiments end in a hash.
const NIGHTLY: [&str; 4] = [
    "CronJob/shop-chaos-nightly",
    "Role/shop-chaos-nightly",
    "RoleBinding/shop-chaos-nightly",
    "ServiceAccount/shop-chaos-nightly",
];
const RELEASE: [&str; 4] = [
    "Job/shop-chaos-release",
    "Role/shop-chaos-release",
    "RoleBinding/shop-chaos-release",
    "ServiceAccount/shop-chaos-release",
];

/// The files with one text in place of another.
fn config(from: &str, to: &str) -> Config {
    let edited = |text: &str| text.replacen(from, to, 1).into_bytes();
    let files = [("kill.yaml", KILL), ("look.yaml", LOOK), ("app.yaml", APP)];
    assert!(files.iter().any(|(_, text)| text.contains(from)) || CHAOS_TOML.contains(from), "{from}");
    let files: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), edited(text))).collect();
    let checked = check::check(&Source::from_memory(&edited(CHAOS_TOML), &files));
    checked.config.unwrap_or_else(|| panic!("{to}: {:?}", checked.diagnostics))
}

fn bundle(config: &Config) -> Bundle {
    render::render(&plan::plan(config)).unwrap()
}

/// `Kind/name` without a hash at its end, and the hash of what the author wrote.
fn inputs(bundle: &Bundle) -> BTreeMap<String, &str> {
    let is_hash = |end: &str| end.len() == 10 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
    let shown = |id: String| match id.rsplit_once('-') {
        Some((name, end)) if is_hash(end) => name.to_owned(),
        _ => id,
    };
    bundle.manifests.iter().map(|manifest| (shown(manifest.id.to_string()), manifest.inputs.as_str())).collect()
}

#[test]
fn what_the_author_changes_shows_on_the_objects_that_come_from_it() {
    let first = "[[schedules]]\nname = \"first\"\nexperiments = [\"look\"]\nmanual = true\n[[schedules]]";
    let with = |config_map: &'static str, schedule: [&'static str; 4]| [&[config_map], &schedule[..]].concat();
    let cases: Vec<(&str, &str, &str, Vec<&str>)> = vec![
        ("a comment", "[pod]", "# of every pod\n[pod]", vec![]),
        ("the namespace", "[namespace]", "[namespace]\nistio = \"disabled\"", vec!["Namespace/shop"]),
        ("the image", "tag = \"1\"", "tag = \"2\"", [NIGHTLY, RELEASE].concat()),
        ("the pods", "\"a\"", "\"b\"", [NIGHTLY, RELEASE].concat()),
        ("a schedule", "0 3 * * *", "0 4 * * *", NIGHTLY.to_vec()),
        ("another schedule before it", "[[schedules]]", first, vec![]),
        ("a declared rule", "verbs = [\"get\"]", "verbs = [\"list\"]", NIGHTLY.to_vec()),
        ("the bounds of permissions", "namespaces = [\"shop\"]", "namespaces = [\"shop\", \"a\"]", vec![]),
        ("an experiment", "app=killed", "app=cart", with("ConfigMap/shop-chaos-kill", NIGHTLY)),
        ("its settings", "\"blue\"", "\"red\"", with("ConfigMap/shop-chaos-look", RELEASE)),
        ("a manifest", "sky: gray", "sky: blue", vec!["ConfigMap/colors"]),
        // What an autoscaler takes over was decided by its author.
        ("an autoscaler", "name: other", "name: cart", vec!["Deployment/cart", "HorizontalPodAutoscaler/scaler"]),
    ];
    let before = bundle(&config("", ""));
    for (what, from, to, mut expected) in cases {
        let after = bundle(&config(from, to));
        let (before, after) = (inputs(&before), inputs(&after));
        let changed = before.iter().filter(|(id, inputs)| after[*id] != **inputs);
        expected.sort_unstable();
        assert_eq!(changed.map(|(id, _)| id.as_str()).collect::<Vec<_>>(), expected, "{what}");
    }
}

/// So a newer program with other defaults is not taken for the author.
#[test]
fn what_is_left_to_the_default_does_not_count() {
    let config = config("", "");
    let pod = Pod { run_as_user: RunAsUser::Uid(7), ..config.pod.clone() };
    let (before, after) = (bundle(&config), bundle(&Config { pod, ..config }));
    assert_eq!(inputs(&before), inputs(&after));
    assert!(before.manifests.iter().zip(&after.manifests).any(|(one, two)| one.object != two.object));
}

#[test]
fn an_object_that_an_autoscaler_scales_says_so() {
    let scaled = |config: &Config| -> Vec<String> {
        let manifests = bundle(config).manifests;
        manifests.iter().filter(|manifest| manifest.is_scaled).map(|manifest| manifest.id.to_string()).collect()
    };
    assert_eq!(scaled(&config("", "")), [""; 0]);
    assert_eq!(scaled(&config("name: other", "name: cart")), ["Deployment/cart"]);
}

#[test]
fn the_bundle_says_for_which_cluster_it_is() {
    let bundle = bundle(&config("", ""));
    assert_eq!((bundle.name.as_str(), bundle.namespace.as_str()), ("shop", "shop"));
    assert_eq!(bundle.contexts, ["staging"]);
    assert_eq!(bundle.cluster_uid.as_deref(), Some("6f8c1a52-0f43-4f3b-9d53-6c1d1c0c7a11"));
}
