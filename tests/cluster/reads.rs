//! Reads only: what a diff of the example asks of the server, as the server's audit log has it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::lab::{Lab, row};
use crate::user::{User, of_plane};

#[test]
fn a_diff_of_the_example_only_reads() {
    let log = of_plane("CHAOSC_TEST_AUDIT_LOG");
    let lab = example("reads");
    let user = User::new(&format!("{}-reader", lab.namespace), "system:masters");
    let guest = User::new(&format!("{}-guest", lab.namespace), "guests");
    let diff = |what: &str, options: &[&str], expected: i32| {
        let before = asked(&log, &user.name).len();
        let config = user.kubeconfig();
        let arguments = [&["diff", "--kubeconfig", config.to_str().unwrap(), "--exit-code"], options].concat();
        let (code, out, err) = lab.chaosc(&arguments);
        assert_eq!(code, expected, "{what}\n{out}\n{err}");
        let events = asked(&log, &user.name);
        let new = &events[before..];
        println!("{what}: {} requests ({})", new.len(), counted(new));
        assert!(!new.is_empty(), "{what}: nothing is in the audit log");
        for event in new {
            assert_eq!(judge(event), Ok(()), "{what}: {event:#}");
        }
        out
    };

    diff("nothing there", &[], 2);
    assert_eq!(lab.kubectl(&["get", "namespace", &lab.namespace, "--ignore-not-found"]), "", "diff has made something");

    lab.apply();
    diff("applied", &[], 0);
    diff("applied, every object asked about", &["--thorough"], 0);

    lab.edit("example/app/go-app.yaml", "memory: 64Mi", "memory: 96Mi");
    lab.edit("example/experiments/minimum-pods.yaml", "qty: 1", "qty: 2");
    lab.edit("chaos.toml", "name = \"on-release\"", "name = \"at-release\"");
    diff("edited, with something to be removed", &[], 2);

    let limits = ["set", "resources", "deployment/go-app", "--limits=memory=80Mi"];
    lab.kubectl(&limits);
    let out = diff("conflicts", &[], 2);
    assert!(out.contains("kubectl-set"), "{out}");
    diff("conflicts, with force", &["--force-conflicts", "--adopt", "--replace", "StatefulSet/mongodb"], 2);

    // Who may not write is told by a review that the server does without storing it.
    guest.may(Some(&lab.namespace), &["get", "list"], &["configmaps", "deployments.apps"]);
    let changes = lab.diff_as(&guest.kubeconfig(), chaosc::snapshot::Wishes::default(), false);
    assert!(row(&changes, "Deployment/go-app").unverified.is_some());
    let events = asked(&log, &guest.name);
    println!("few rights: {} requests ({})", events.len(), counted(&events));
    assert!(events.iter().any(|event| event["objectRef"]["resource"] == "selfsubjectaccessreviews"));
    for event in &events {
        assert_eq!(judge(event), Ok(()), "{event:#}");
    }
}

/// Judges one request of an audit log: it reads, it asks about rights, or it is a dry-run.
pub(crate) fn judge(event: &Value) -> Result<(), String> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (verb, group, resource) = (text("/verb"), text("/objectRef/apiGroup"), text("/objectRef/resource"));
    let query = text("/requestURI").split_once('?').map_or("", |(_, query)| query);
    let is_review = verb == "create" && group == "authorization.k8s.io" && resource.ends_with("reviews");
    let is_dry_run = query.split('&').any(|parameter| parameter == "dryRun=All");
    if matches!(verb, "get" | "list" | "watch") || is_review || is_dry_run {
        return Ok(());
    }
    Err(format!("this writes: {verb} {}", text("/requestURI")))
}

#[test]
fn the_judge_lets_no_write_pass() {
    let event = |verb: &str, group: &str, resource: &str, uri: &str| json!({"verb": verb, "requestURI": uri, "objectRef": {"apiGroup": group, "resource": resource}});
    let deployment = "/apis/apps/v1/namespaces/a/deployments/b";
    let pods = "/api/v1/namespaces/a/pods";
    for (event, passes) in [
        (event("get", "apps", "deployments", deployment), true),
        (event("list", "", "pods", &format!("{pods}?limit=500")), true),
        (event("watch", "", "pods", &format!("{pods}?watch=1")), true),
        (event("patch", "apps", "deployments", &format!("{deployment}?dryRun=All&fieldManager=chaosc")), true),
        (event("patch", "apps", "deployments", &format!("{deployment}?fieldManager=chaosc&dryRun=All")), true),
        (
            event(
                "create",
                "authorization.k8s.io",
                "selfsubjectaccessreviews",
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            ),
            true,
        ),
        (event("patch", "apps", "deployments", deployment), false),
        (event("patch", "apps", "deployments", &format!("{deployment}?fieldManager=chaosc&force=true")), false),
        (event("patch", "apps", "deployments", &format!("{deployment}?fieldManager=x%26dryRun=All")), false),
        (event("patch", "apps", "deployments", &format!("{deployment}?fieldManager=dryRun=All")), false),
        (event("patch", "apps", "deployments", &format!("{deployment}?dryRun=Allowed")), false),
        (event("update", "apps", "deployments", "/apis/apps/v1/namespaces/a/deployments/dryRun=All"), false),
        (event("create", "", "pods", pods), false),
        (
            event("create", "authentication.k8s.io", "tokenreviews", "/apis/authentication.k8s.io/v1/tokenreviews"),
            false,
        ),
        (event("create", "example.com", "reviews", "/apis/example.com/v1/reviews"), false),
        (event("update", "authorization.k8s.io", "selfsubjectaccessreviews", "/apis/authorization.k8s.io/v1/x"), false),
        (event("delete", "", "pods", &format!("{pods}/b")), false),
        (event("deletecollection", "", "pods", pods), false),
        (json!({}), false),
    ] {
        assert_eq!(judge(&event).is_ok(), passes, "{event}");
    }
}

/// Returns the requests of a user, each once.
pub(crate) fn asked(log: &str, user: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap();
    let lines = text.lines().filter(|line| line.contains(user));
    let events = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.filter(|event| event["user"]["username"] == user && event["stage"] == "ResponseComplete").collect()
}

/// Returns the requests by verb.
fn counted(events: &[Value]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events {
        *counts.entry(event["verb"].as_str().unwrap()).or_default() += 1;
    }
    counts.iter().map(|(verb, count)| format!("{verb} {count}")).collect::<Vec<_>>().join(", ")
}

/// Copies the repository's example into a lab, where it runs in a namespace that nobody else uses.
pub(crate) fn example(name: &str) -> Lab {
    let lab = Lab::new(name);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (named, ns) = (format!("[namespace]\nname = \"{}\"", lab.namespace), format!("ns: {}", lab.namespace));
    let copied = |path: &Path| {
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        let text = text.replace("[namespace]\nname = \"go-app\"", &named).replace("ns: go-app", &ns);
        // No test is long enough to meet the leap day; any may meet the fifth minute, and what a run uses is kept.
        let text = text.replace("cron = \"*/5 * * * *\"", "cron = \"0 0 29 2 *\"");
        text.replace("\"ns\": \"go-app\"", &format!("\"ns\": \"{}\"", lab.namespace))
    };
    lab.write("chaos.toml", &copied(Path::new("chaos.toml.example")));
    for folder in ["example/app", "example/experiments"] {
        std::fs::create_dir_all(lab.folder.path().join(folder)).unwrap();
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = Path::new(folder).join(entry.unwrap().file_name());
            lab.write(path.to_str().unwrap(), &copied(&path));
        }
    }
    lab
}
