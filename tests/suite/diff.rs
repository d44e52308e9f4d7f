//! `tests/diff/*`: what is known of a bundle's objects, and what the diff says about it. No cluster.
//!
//! `snapshot.yaml` holds what was seen; for each object `desired`, `live` (with its `managedFields`), and the answer to
//! the question what an apply would do: `merged` with `conflicts`, `refused`, `unverified`, or nothing: it is the same.
//! `expected.txt` is what a person reads; `CHAOSC_UPDATE=1` rewrites it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use chaosc::cluster::Status;
use chaosc::diff::change_set::Compared;
use chaosc::diff::view::{Format, view};
use chaosc::diff::{Action, Change, ChangeSet, Origin, diff};
use chaosc::inventory;
use chaosc::kubernetes::ObjectId;
use chaosc::kubernetes::resource::Resource;
use chaosc::plan::marks::Mark;
use chaosc::snapshot::{ApplyAnswer, Observed, RunningJob, Snapshot, Wishes};
use chaosc::source::yaml;
use serde_json::{Map, Value, json};

use crate::folders::{cases, is_update, project};

#[test]
fn every_snapshot_is_judged_as_it_is_written_down() {
    let mut wrong = Vec::new();
    for case in cases("tests/diff") {
        let text = fs::read_to_string(case.join("snapshot.yaml")).unwrap();
        let path = case.join("expected.txt");
        let found = plain(&view(&changes(&text), Format::Human).collect::<String>());
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if found != expected {
            if is_update() {
                fs::write(&path, &found).unwrap();
            } else {
                wrong.push(format!("{}: expected\n{expected}\nfound\n{found}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n`CHAOSC_UPDATE=1` rewrites the expectations", wrong.join("\n"));
}

#[test]
fn of_two_jobs_the_summary_says_which_takes_the_place_of_the_other() {
    let text = fs::read_to_string(project("tests/diff/once-running-and-edit/snapshot.yaml"));
    let found = plain(&view(&changes(&text.unwrap()), Format::Summary).collect::<String>());
    let row = |action: &str| found.lines().find(|line| line.contains(action)).unwrap_or_else(|| panic!("{found}"));
    assert!(row("create ").ends_with("takes the place of `shop-chaos-once-0000000000`"), "{found}");
    let kept = "it is no longer desired, but it is running an experiment of `once`; `shop-chaos-once-1111111111` takes its place";
    assert!(row("keep ").ends_with(kept), "{found}");
}

/// Whatever a secret is, no sentence of ours tells it by a word that is missing.
#[test]
fn no_secret_is_told_by_our_own_words() {
    for folder in cases("tests/diff") {
        let text = fs::read_to_string(folder.join("snapshot.yaml")).unwrap();
        let plain = sentences(&changes(&text));
        let words: BTreeSet<&str> = plain.iter().flat_map(|sentence| sentence.split_whitespace()).collect();
        let data: BTreeMap<String, &str> =
            words.into_iter().enumerate().map(|(number, word)| (number.to_string(), word)).collect();
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "words"}, "stringData": data});
        let mut case = parsed(&text);
        case["objects"].as_array_mut().unwrap().insert(0, json!({"desired": secret, "merged": secret}));
        for numbers in case["recorded"].as_object_mut().into_iter().flat_map(Map::values_mut) {
            *numbers = list(numbers).iter().map(|number| json!(number.as_u64().unwrap() + 1)).collect();
        }
        assert_eq!(sentences(&judged(&case)), plain, "{}", folder.display());
    }
}

/// Returns the sentences of ours in a change set.
fn sentences(changes: &ChangeSet) -> Vec<String> {
    let of_the_server = |change: &Change| change.action == Action::Error && change.unverified.is_none();
    let rows = changes.changes.iter().filter(|change| !of_the_server(change));
    let of_rows =
        rows.flat_map(|change| [&change.reasons, &change.hints].into_iter().flatten().chain(&change.unverified));
    of_rows.chain(&changes.notes).filter(|sentence| !sentence.contains("(secret")).cloned().collect()
}

/// Judges a snapshot.
fn changes(text: &str) -> ChangeSet {
    judged(&parsed(text))
}

fn parsed(text: &str) -> Value {
    let (documents, errors) = yaml::read(text, yaml::Dialect::Kubernetes);
    assert!(errors.is_empty(), "{errors:?}");
    documents[0].to_json()
}

fn judged(case: &Value) -> ChangeSet {
    let known = ["running", "marks", "wishes", "recorded", "source", "objects", "stale", "notes"];
    let unknown: Vec<&String> = case.as_object().unwrap().keys().filter(|key| !known.contains(&key.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let set = inventory::id("shop", "shop");
    let objects: Vec<Observed> =
        list(&case["objects"]).iter().enumerate().map(|(number, one)| observed(number, one)).collect();
    let stale = list(&case["stale"]).iter().map(complete).collect();
    diff(&Snapshot {
        bundle: "shop".to_owned(),
        namespace: "shop".to_owned(),
        source: case["source"].as_str().map(str::to_owned),
        compared: Compared {
            context: Some("staging".to_owned()),
            server: "https://cluster.example".to_owned(),
            user: "ada".to_owned(),
            version: "v1.35.4".to_owned(),
            against: None,
        },
        wishes: Wishes {
            force_conflicts: case["wishes"]["force-conflicts"] == true,
            adopt: case["wishes"]["adopt"] == true,
            replace: strings(&case["wishes"]["replace"]),
            end_runs: case["wishes"]["end-runs"] == true,
            include_namespace: case["wishes"]["include-namespace"] == true,
            include_volumes: case["wishes"]["include-volumes"] == true,
        },
        set,
        inventory: inventory_of(case),
        objects,
        stale,
        resources: [("apps/v1", "Deployment"), ("v1", "ConfigMap")]
            .iter()
            .filter_map(|(version, kind)| Resource::built_in(version, kind))
            .collect(),
        running: list(&case["running"])
            .iter()
            .map(|one| RunningJob {
                schedule: string(&one["schedule"]),
                job: string(&one["job"]),
                account: string(&one["account"]),
                reads: strings(&one["reads"]).into_iter().map(|name| ("ConfigMap".to_owned(), name)).collect(),
            })
            .collect(),
        marks: list(&case["marks"]).iter().map(mark).collect(),
        notes: strings(&case["notes"]),
        warnings: Vec::new(),
    })
}

/// Returns the inventory of the last apply: `recorded` lists the numbers of the objects that it applied as they are
/// desired now (`objects`), and of those whose authors have written nothing since (`inputs`).
fn inventory_of(case: &Value) -> Option<Value> {
    if case["recorded"].is_null() {
        return None;
    }
    let mut parent = inventory::parent("shop", "shop", case["source"].as_str(), &[]);
    for key in ["inputs", "objects"] {
        let hashes: Vec<String> = list(&case["recorded"][key]).iter().map(|number| format!("{key}-{number}")).collect();
        parent["data"][key] = hashes.join("\n").into();
    }
    Some(parent)
}

fn observed(number: usize, one: &Value) -> Observed {
    let known = ["desired", "live", "merged", "conflicts", "refused", "unreadable", "unverified", "problems", "plural"];
    assert!(one.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{one}");
    let desired = complete(&one["desired"]);
    let live = Some(&one["live"]).filter(|live| !live.is_null()).map(complete);
    let conflicts = list(&one["conflicts"]);
    let answer = if let Some(status) = one.get("refused") {
        let conflicts = conflicts.iter().map(|one| (string(&one["field"]), string(&one["manager"]))).collect();
        ApplyAnswer::Refused { status: serde_json::from_value(status.clone()).unwrap(), conflicts }
    } else if let Some(message) = one["unreadable"].as_str() {
        ApplyAnswer::Unreadable(Status { message: message.to_owned(), ..Status::default() })
    } else if let Some(reason) = one["unverified"].as_str() {
        let problems = list(&one["problems"]).iter().map(|one| (string(&one[0]), string(&one[1]))).collect();
        ApplyAnswer::Unverified { reason: reason.to_owned(), problems }
    } else if one["merged"].is_null() {
        ApplyAnswer::Same
    } else {
        ApplyAnswer::Merged {
            object: complete(&one["merged"]),
            conflicts: conflicts.iter().map(|one| (string(&one["field"]), string(&one["manager"]))).collect(),
        }
    };
    let id = ObjectId::of(&desired).unwrap();
    Observed {
        plural: one["plural"]
            .as_str()
            .map_or_else(|| Some(format!("{}s", id.kind.to_lowercase())), |text| Some(text.to_owned())),
        id,
        origin: Some(Origin { file: "app.yaml".to_owned(), pointer: String::new(), line: 10 * number + 1 }),
        desired,
        is_scaled: false,
        inputs: format!("inputs-{number}"),
        content: format!("objects-{number}"),
        live,
        answer,
    }
}

/// Completes an object: the namespace is always the same, and a list of owners is shorter to write as
/// `owners: {MANAGER: {fields…}}`.
fn complete(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(owners) = object.as_object_mut().unwrap().remove("owners") {
        let entries: Vec<Value> = owners
            .as_object()
            .unwrap()
            .iter()
            .map(|(manager, fields)| {
                let is_ours = manager == "chaosc";
                json!({
                    "manager": manager,
                    "operation": if is_ours { "Apply" } else { "Update" },
                    "apiVersion": object["apiVersion"],
                    "time": if is_ours { "2026-11-01T09:00:00Z" } else { "2026-11-02T16:20:00Z" },
                    "fieldsV1": fields,
                })
            })
            .collect();
        object["metadata"]["managedFields"] = Value::Array(entries);
    }
    if object["kind"] != "ClusterRole" && object["kind"] != "ClusterRoleBinding" {
        object["metadata"]["namespace"] = "shop".into();
    }
    object
}

fn mark(one: &Value) -> Mark {
    Mark {
        group: string(&one["group"]),
        resource: string(&one["resource"]),
        namespace: Some("shop".to_owned()),
        name: one["name"].as_str().map(str::to_owned),
        pointer: string(&one["pointer"]),
        experiment: string(&one["experiment"]),
        schedule: string(&one["schedule"]),
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn strings(value: &Value) -> Vec<String> {
    list(value).iter().map(string).collect()
}

/// Returns a text without its colours.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn the_cases_show_every_action() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases("tests/diff") {
        let changes = changes(&fs::read_to_string(case.join("snapshot.yaml")).unwrap());
        for change in &changes.changes {
            *seen.entry(change.action.word()).or_default() += 1;
        }
    }
    for action in chaosc::diff::Action::ALL {
        assert!(seen.contains_key(action.word()), "no case under tests/diff shows `{}`: {seen:?}", action.word());
    }
}
