//! A one-shot: its Job cannot be changed, may be running, and is not repeated without need.

use chaosc::diff::{Action, Verdict};
use serde_json::{Value, json};

use crate::lab::{Lab, assert_nothing, row, rows};

#[test]
fn a_one_shot_is_replaced_unless_it_has_run() {
    let lab = Lab::new("once");
    lab.edit("chaos.toml", "cron = \"0 0 29 2 *\"", "once = true");
    lab.apply();
    let job = lab.desired().0.into_iter().find(|one| one.id.kind == "Job").unwrap().id;
    // Its pod does not start: there is no such image, and here no node.
    lab.wait("its pod is there", |lab| lab.live("job", &job.name)["status"]["active"] == 1);
    assert_nothing(&lab.diff());
    lab.edit("chaos.toml", "1.0.0", "1.0.1");
    let changes = lab.diff();
    let pending = row(&changes, &job.to_string());
    assert_eq!((pending.action, pending.ends_run.as_deref()), (Action::Replace, None));
    assert!(pending.reasons.concat().starts_with("`spec.template` cannot be changed"), "{:?}", pending.reasons);
    assert_eq!(changes.runs, ["kill"], "the new one starts at once");

    // While it runs, the row says what the replacement would end.
    let pod = lab.kubectl(&["get", "pods", "-l", &format!("job-name={}", job.name), "-o", "name"]);
    let status = |status: Value| {
        lab.kubectl(&["patch", pod.trim(), "--subresource=status", "-p", &json!({"status": status}).to_string()]);
    };
    status(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}));
    lab.wait("it runs", |lab| lab.live("job", &job.name)["status"]["ready"] == 1);
    let changes = lab.diff();
    let running = row(&changes, &job.to_string());
    assert_eq!(running.action, Action::Replace);
    assert_eq!(
        running.ends_run.as_deref(),
        Some("the running experiments of `kill` would be ended, with their rollbacks")
    );

    // Once it has run, nothing is repeated only because it would be run in another way now.
    status(json!({"phase": "Succeeded"}));
    lab.wait("it has run", |lab| lab.live("job", &job.name)["status"]["succeeded"] == 1);
    lab.wait("it is complete", |lab| lab.live("job", &job.name)["status"]["completionTime"].is_string());
    let changes = lab.diff();
    let finished = row(&changes, &job.to_string());
    assert_eq!((finished.action, finished.ends_run.as_deref()), (Action::Keep, None));
    assert!(finished.reasons.concat().contains("has run"), "{:?}", finished.reasons);
    assert_eq!(changes.runs, [""; 0]);
    assert_eq!(rows(&changes), ["update ConfigMap/shop-chaos".to_owned(), format!("keep {job}")]);
    assert_eq!(changes.verdict(), Verdict::Changes, "the inventory follows");

    // Another experiment is another Job.
    lab.edit("kill.yaml", "qty: 1", "qty: 2");
    let changes = lab.diff();
    let new = changes.changes.iter().find(|one| one.action == Action::Create && one.id.kind == "Job").unwrap();
    assert_eq!(new.counterpart.as_ref(), Some(&job.name));
    let compared: Vec<&str> = new.fields.iter().map(|field| field.path.as_str()).collect();
    assert!(
        compared.iter().all(|path| !path.contains("completionMode") && !path.contains("dnsPolicy")),
        "{compared:?}"
    );
    assert_eq!(changes.runs, ["kill"]);
}

/// A Job that is the app's own, and what it runs.
fn migration(version: u32) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: migrate}}\nspec:\n  template:\n    spec:\n      \
         restartPolicy: Never\n      containers: [{{name: a, image: registry.example/a, args: [v{version}]}}]\n"
    )
}

#[test]
fn an_app_s_own_job_is_made_anew_although_it_has_run() {
    let lab = Lab::new("once-app");
    lab.write("app.yaml", &migration(1));
    lab.apply();
    lab.wait("its pod is there", |lab| lab.live("job", "migrate")["status"]["active"] == 1);
    let pod = lab.kubectl(&["get", "pods", "-l", "job-name=migrate", "-o", "name"]);
    lab.kubectl(&["patch", pod.trim(), "--subresource=status", "-p", r#"{"status":{"phase":"Succeeded"}}"#]);
    lab.wait("it is complete", |lab| lab.live("job", "migrate")["status"]["completionTime"].is_string());
    assert_nothing(&lab.diff());
    lab.write("app.yaml", &migration(2));
    let changes = lab.diff();
    let job = row(&changes, "Job/migrate");
    assert_eq!((job.action, changes.runs.as_slice()), (Action::Replace, &[][..]), "{job:#?}");
    assert!(job.reasons.concat().starts_with("`spec.template` cannot be changed"), "{:?}", job.reasons);
}
