//! The shortcut never differs from the dry-run: where an object is held to be unchanged without asking, the server
//! would change nothing of it either, neither a value nor an owner. Random objects, histories and edits, see
//! `CHAOSC_TEST_SEED`.

mod edits;
mod others;

use std::collections::BTreeMap;

use chaosc::cluster::{Answer, Cluster, Request};
use chaosc::diff::fields::fields;
use chaosc::kubernetes::{ObjectId, kinds};
use chaosc::observe::desired::Desired;
use chaosc::observe::{Subject, is_same, observe};
use chaosc::snapshot::{ApplyAnswer, Wishes};
use chaosc::source::yaml::{Dialect, read};
use futures_util::{StreamExt, stream};
use http::Method;
use serde_json::{Value, json};

use crate::chance::{self, Chance};
use crate::lab::{Lab, connect, kubeconfig, run};

/// How many objects of each kind there are.
const EACH: usize = 3;

#[test]
fn the_shortcut_never_differs_from_the_dry_run() {
    rounds(8);
}

#[test]
#[ignore = "minutes"]
fn the_shortcut_never_differs_from_the_dry_run_at_length() {
    rounds(60);
}

/// An object with its history.
struct Subjected {
    number: usize,
    first: Value,
    desired: Value,
    /// The place of the last edit.
    place: Option<String>,
    /// What was done since the last round.
    history: Vec<String>,
}

/// What came of all the cases.
#[derive(Default)]
struct Tally {
    cases: usize,
    same: usize,
    raced: usize,
    /// By kind: how often the dry-run would have changed nothing, and how often that was not proven.
    by_kind: BTreeMap<String, (usize, usize)>,
    missed: BTreeMap<String, usize>,
    faults: Vec<String>,
}

fn rounds(count: usize) {
    let seed = chance::seed();
    let lab = Lab::new("shortcut");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let mut objects = objects(&lab.namespace);
    let mut tally = Tally::default();
    run(async {
        let cluster = connect(&kubeconfig()).await;
        for round in 0..count {
            stream::iter(&mut objects).for_each_concurrent(8, |object| live_on(&cluster, object, seed, round)).await;
            judge(&cluster, &lab.namespace, &objects, &mut tally).await;
        }
        stream::iter(&objects).for_each_concurrent(8, |object| remove(&cluster, &object.desired)).await;
    });
    println!("{} cases, {} unchanged by the shortcut, {} raced", tally.cases, tally.same, tally.raced);
    for (kind, (unchanged, missed)) in &tally.by_kind {
        println!("  {kind}: {unchanged} unchanged, {missed} of them not proven");
    }
    let mut missed: Vec<_> = tally.missed.into_iter().collect();
    missed.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (what, count) in missed.iter().take(20) {
        println!("  {count} times not proven: {what}");
    }
    assert!(tally.faults.is_empty(), "{} faults with seed {seed}:\n{}", tally.faults.len(), tally.faults.join("\n\n"));
    assert!(tally.same * 5 > tally.cases, "the shortcut proves too little to be tested");
}

/// Returns the objects as they begin.
fn objects(namespace: &str) -> Vec<Subjected> {
    let (documents, errors) = read(include_str!("shortcut/objects.yaml"), Dialect::Kubernetes);
    assert!(errors.is_empty(), "{errors:?}");
    let each = (0..EACH).flat_map(|copy| documents.iter().map(move |document| (copy, document)));
    let named = each.enumerate().map(|(number, (copy, document))| {
        let mut object = document.to_json();
        let (version, kind) = (object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap());
        let is_outside = kinds::find(version, kind).is_some_and(|row| row.scope == kinds::Scope::Cluster);
        if object["metadata"].is_null() {
            object["metadata"] = json!({});
        }
        object["metadata"]["name"] = json!(if is_outside { format!("{namespace}-{copy}") } else { format!("a{copy}") });
        if !is_outside {
            object["metadata"]["namespace"] = json!(namespace);
        }
        Subjected { number, first: object.clone(), desired: object, place: None, history: Vec::new() }
    });
    named.collect()
}

/// Applies an object, lets others write it, and edits it.
async fn live_on(cluster: &Cluster, object: &mut Subjected, seed: u64, round: usize) {
    let mut chance = Chance::new(seed, &[round, object.number]);
    object.history.clear();
    let version = others::other_version(&object.desired).filter(|_| chance.one_in(8));
    let applied = cluster.send(others::apply(&object.desired, "chaosc", true, version)).await.unwrap();
    // Many edits make strange objects; most are near to what people write.
    if !applied.is_success() || chance.one_in(6) {
        object.desired = object.first.clone();
        let applied = cluster.send(others::apply(&object.desired, "chaosc", true, None)).await.unwrap();
        object.history.push(format!("applied anew: {}", applied.status));
        let text = String::from_utf8_lossy(&applied.body);
        assert!(round > 0 || applied.is_success(), "{}: {text}", object.desired);
    }
    for _ in 0..chance.below(3) {
        let Some(live) = live(cluster, &object.desired).await else { return };
        let (what, requests) = others::write(&object.desired, &live, &mut chance);
        for request in requests {
            let answer = cluster.send(request).await.unwrap();
            object.history.push(format!("{what}: {}", answer.status));
        }
    }
    let Some(live) = live(cluster, &object.desired).await else { return };
    for _ in 0..[0, 0, 1, 1, 2][chance.below(5)] {
        let what = edits::edit(&mut object.desired, &live, &mut object.place, &mut chance);
        object.history.push(what);
    }
}

/// Removes an object; what its finalizers wait for never comes.
async fn remove(cluster: &Cluster, object: &Value) {
    let path = others::address(object, None);
    let freed = json!({"metadata": {"finalizers": null}}).to_string().into_bytes();
    let body = Some(("application/merge-patch+json", freed));
    cluster.send(Request { method: Method::PATCH, path: path.clone(), body }).await.unwrap();
    cluster.send(Request { method: Method::DELETE, path, body: None }).await.unwrap();
}

/// Returns an object as the cluster has it; nothing if it is gone.
async fn live(cluster: &Cluster, object: &Value) -> Option<Value> {
    let answer = cluster.send(Request::get(others::address(object, None))).await.unwrap();
    answer.is_success().then(|| answer.json())
}

/// Asks the server about every object, and compares with what the shortcut says.
async fn judge(cluster: &Cluster, namespace: &str, objects: &[Subjected], tally: &mut Tally) {
    let desired: Vec<Desired> = objects
        .iter()
        .map(|object| Desired {
            id: ObjectId::of(&object.desired).unwrap(),
            origin: None,
            object: object.desired.clone(),
            inputs: String::new(),
            content: String::new(),
            is_scaled: false,
        })
        .collect();
    let subject = Subject {
        bundle: "shop".to_owned(),
        namespace: namespace.to_owned(),
        source: None,
        desired: desired.clone(),
        marks: Vec::new(),
        wishes: Wishes::default(),
        is_thorough: true,
    };
    let snapshot = observe(cluster, subject).await.unwrap();
    let told: Vec<Option<(Value, Answer)>> = stream::iter(objects)
        .map(async |object| {
            let live = live(cluster, &object.desired).await?;
            let mut request = others::apply(&object.desired, "chaosc", false, None);
            request.path.push_str("&dryRun=All&fieldValidation=Strict");
            Some((live, cluster.send(request).await.unwrap()))
        })
        .buffered(8)
        .collect()
        .await;
    for (((object, desired), seen), told) in objects.iter().zip(&desired).zip(&snapshot.objects).zip(&told) {
        let Some((live, answer)) = told else { continue };
        tally.cases += 1;
        let is_proven = is_same(desired, live);
        // What was found out by asking is judged as well; the server counts a generation where it only writes anew.
        let says_same = is_proven || seen.answer == ApplyAnswer::Same;
        let mut merged = answer.json();
        if answer.is_success() && merged["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"] {
            tally.raced += 1;
            continue;
        }
        if let Some(generation) = live["metadata"].get("generation").filter(|_| !is_proven) {
            merged["metadata"]["generation"] = generation.clone();
        }
        let unchanged = if answer.is_success() { difference(live, &merged) } else { Some(answer.failure().message) };
        tally.same += usize::from(is_proven);
        let kind = tally.by_kind.entry(desired.id.kind.clone()).or_default();
        kind.0 += usize::from(unchanged.is_none());
        kind.1 += usize::from(unchanged.is_none() && !is_proven);
        match unchanged {
            Some(difference) if says_same => tally.faults.push(format!(
                "{}\n  {}\nsent {}\nlive {live}\nbut {difference}",
                desired.id,
                object.history.join("\n  "),
                object.desired
            )),
            None if !is_proven => {
                let what = first_apart(&object.desired, live).unwrap_or_else(|| "the owned fields".to_owned());
                *tally.missed.entry(format!("{} {what}", desired.id.kind)).or_default() += 1;
            }
            _ => {}
        }
    }
}

/// Returns the first thing that is sent and does not stand so in the live object.
fn first_apart(sent: &Value, live: &Value) -> Option<String> {
    let apart = edits::places(sent).into_iter().filter(|place| sent.pointer(place) != live.pointer(place));
    apart.max_by_key(String::len).map(|place| {
        format!("{place} is {} and not {}", live.pointer(&place).unwrap_or(&Value::Null), sent.pointer(&place).unwrap())
    })
}

/// Says what an apply would change: anything but the times of managers, by which their entries are sorted.
fn difference(live: &Value, merged: &Value) -> Option<String> {
    let without_times = |object: &Value| {
        let mut object = object.clone();
        if let Some(entries) = object["metadata"]["managedFields"].as_array_mut() {
            for entry in entries.iter_mut() {
                entry["time"] = Value::Null;
            }
            entries.sort_by_key(ToString::to_string);
        }
        object
    };
    let (live, merged) = (without_times(live), without_times(merged));
    let told = |(path, before, after)| format!("{path}: {} -> {}", json!(before), json!(after));
    let found = fields(&live, &merged);
    (!found.is_empty()).then(|| found.into_iter().map(told).collect::<Vec<_>>().join("\n    "))
}
