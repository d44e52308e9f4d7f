//! Somebody else writes exactly between what the program has seen and what it writes, at each of its writes.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use chaosc::cluster::Request;
use http::Method;
use serde_json::{Value, json};

use super::course::Course;
use super::passage::pass;
use super::proxy::{Asked, Deed, Way};
use super::state::{same, send};
use crate::lab::{Lab, rows};
use crate::user::User;

/// What somebody does to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// They set a field that is ours.
    OurField,
    /// They set a field that nobody has set.
    OtherField,
    /// They make the object that was about to be made.
    SameCreate,
    /// They make another object of its name.
    OtherCreate,
    /// They delete it.
    Delete,
    /// They delete it, and make it anew.
    Anew,
}

const ALL: [Act; 6] = [Act::OurField, Act::OtherField, Act::SameCreate, Act::OtherCreate, Act::Delete, Act::Anew];

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Create,
    Update,
    /// Something is deleted, to be made anew.
    Replace,
    Prune,
}

impl Act {
    /// Returns whether it can be done where a write comes.
    fn is_possible(self, kind: Kind) -> bool {
        matches!(self, Act::SameCreate | Act::OtherCreate) == (kind == Kind::Create)
    }

    /// Returns what the program has to end with.
    fn code(self, kind: Kind) -> i32 {
        match (self, kind) {
            // Of what was to go, another object of its name is none of the program's business.
            (Act::OtherField, Kind::Update) | (Act::Delete, Kind::Replace | Kind::Prune) | (Act::Anew, Kind::Prune) => {
                0
            }
            _ => 1,
        }
    }
}

/// One write of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Write {
    method: String,
    /// Its path in a namespace that is called `NAMESPACE`.
    path: String,
    /// How many of the same came before it.
    earlier: usize,
}

const MARK: &str = "example.com/theirs";

#[test]
fn what_somebody_writes_in_between_is_theirs() {
    let started = Instant::now();
    let user = User::new(&format!("writer-{}", std::process::id()), "system:masters");
    let way = Way::new(&user);
    let writes = Arc::new(Mutex::new(Vec::new()));
    let lab = lab();
    let (seen, namespace) = (Arc::clone(&writes), lab.namespace.clone());
    let ended = pass(&way, &lab, Course::Forth.arguments(), "10s", move |_, asked, _| {
        let mut seen = seen.lock().unwrap();
        if let Some(write) = write(asked, &namespace) {
            let is_there = get(path(asked)).is_some();
            let earlier = seen.iter().filter(|(one, _): &&(Write, bool)| one.is_same(&write)).count();
            seen.push((Write { earlier, ..write }, is_there));
        }
        Deed::Pass
    });
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let writes = std::mem::take(&mut *writes.lock().unwrap());
    let points: Vec<(Write, Kind, Act)> = writes
        .iter()
        .map(|(write, is_there)| (write.clone(), kind(write, *is_there, &writes)))
        .flat_map(|(write, kind)| ALL.map(|act| (write.clone(), kind, act)))
        .filter(|(_, kind, act)| act.is_possible(*kind))
        .collect();
    let count = |kind: Kind| points.iter().filter(|point| point.1 == kind).count();
    let counts = [Kind::Create, Kind::Update, Kind::Replace, Kind::Prune].map(count);
    assert!(counts.iter().all(|count| *count > 0), "{writes:#?}");
    let (expected, queue) = (points.len(), Arc::new(Mutex::new(points)));
    let workers: Vec<_> = (0..super::AT_A_TIME)
        .map(|_| {
            let (way, queue) = (Arc::clone(&way), Arc::clone(&queue));
            std::thread::spawn(move || {
                let mut results = Vec::new();
                let next = || queue.lock().unwrap().pop();
                while let Some((write, kind, act)) = next() {
                    let result = try_act(&way, &write, kind, act);
                    results.push(result.map_err(|fault| format!("{write:?} {kind:?} {act:?}: {fault}")));
                }
                results
            })
        })
        .collect();
    let results: Vec<Result<(), String>> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    println!(
        "{} writes, {} acts of somebody else (at creates, updates, replacements, prunes: {counts:?}) in {:.0} s",
        writes.len(),
        results.len(),
        started.elapsed().as_secs_f64()
    );
    assert_eq!(results.len(), expected);
    let faults: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n\n"));
}

/// A lab in which something of each kind is to be done.
fn lab() -> Lab {
    let lab = Course::lab(&[Course::Forth]);
    Course::Forth.prepare(&lab);
    lab
}

impl Write {
    fn is_same(&self, other: &Write) -> bool {
        (&self.method, &self.path) == (&other.method, &other.path)
    }
}

/// Returns the write that a request is, if it is one.
fn write(asked: &Asked<'_>, namespace: &str) -> Option<Write> {
    let is_write = matches!(asked.method, "PATCH" | "DELETE") && !asked.path.contains("dryRun=All");
    let path = path(asked).replace(namespace, "NAMESPACE");
    is_write.then(|| Write { method: asked.method.to_owned(), path, earlier: 0 })
}

fn path<'p>(asked: &Asked<'p>) -> &'p str {
    asked.path.split('?').next().unwrap_or_default()
}

fn kind(write: &Write, is_there: bool, writes: &[(Write, bool)]) -> Kind {
    let is_made = writes.iter().any(|(one, _)| one.method == "PATCH" && one.path == write.path);
    match (write.method.as_str(), is_there) {
        ("DELETE", _) if is_made => Kind::Replace,
        ("DELETE", _) => Kind::Prune,
        (_, false) => Kind::Create,
        (_, true) => Kind::Update,
    }
}

/// Reads an object as the cluster has it.
fn get(path: &str) -> Option<Value> {
    let answer = send(vec![Request::get(path)]).remove(0);
    answer.is_success().then(|| answer.json())
}

/// Lets somebody act before one write, and judges what the program makes of it.
fn try_act(way: &Arc<Way>, at: &Write, kind: Kind, act: Act) -> Result<(), String> {
    let lab = lab();
    let full = at.path.replace("NAMESPACE", &lab.namespace);
    let theirs: Arc<Mutex<Option<Option<Value>>>> = Arc::default();
    let earlier = Mutex::new(0);
    let (left, wanted, namespace, place) = (Arc::clone(&theirs), at.clone(), lab.namespace.clone(), full.clone());
    let ended = pass(way, &lab, Course::Forth.arguments(), "10s", move |_, asked, _| {
        if write(asked, &namespace).is_some_and(|write| write.is_same(&wanted)) {
            let mut earlier = earlier.lock().unwrap();
            if *earlier == wanted.earlier {
                carry_out(act, &place, asked.body);
                *left.lock().unwrap() = Some(get(&place));
            }
            *earlier += 1;
        }
        Deed::Pass
    });
    let Some(theirs) = theirs.lock().unwrap().take() else {
        return Err(format!("the write did not come: {}{}", ended.out, ended.err));
    };
    let fault = |what: &str| Err(format!("{what}\n{theirs:?}\nnow {:?}\n{}{}", get(&full), ended.out, ended.err));
    if ended.fault().is_some() || ended.code != Some(act.code(kind)) {
        return fault(&format!("it ended with {:?}", ended.code));
    }
    let name = full.rsplit('/').next().unwrap_or_default();
    let is_named = ended.out.lines().any(|line| line.starts_with("failed") && line.ends_with(&format!("/{name}")));
    if ended.code == Some(1) && !is_named {
        return fault("the report does not name the object");
    }
    if act == Act::Delete && kind == Kind::Update && !ended.out.contains("somebody has deleted it meanwhile") {
        return fault("the report does not say that it was deleted");
    }
    let is_kept = |now: Option<Value>| match (act, kind) {
        (Act::OtherField, Kind::Update) => now.is_some_and(|now| {
            let is_same = Some(&now["metadata"]["uid"]) == theirs.as_ref().map(|one| &one["metadata"]["uid"]);
            is_same && now["metadata"]["annotations"][MARK] == "1"
        }),
        (Act::Delete, Kind::Replace) => now.is_some(),
        (Act::Delete, _) => now.is_none(),
        _ => now.map(whole) == theirs.clone().map(whole),
    };
    if !is_kept(get(&full)) {
        return fault("what they did was undone");
    }
    later(&lab, &full, act, kind).or_else(|what| fault(&what))?;
    Ok(())
}

/// Returns an object with its uid, and without what is never the same twice.
fn whole(object: Value) -> (Value, Value) {
    (object["metadata"]["uid"].clone(), same(object))
}

/// Judges what is shown and done afterwards.
fn later(lab: &Lab, full: &str, act: Act, kind: Kind) -> Result<(), String> {
    let before = get(full);
    let changes = lab.diff();
    let name = full.rsplit('/').next().unwrap_or_default();
    let row = changes.changes.iter().find(|change| change.id.name == name && full.contains(&plural(&change.id.kind)));
    let is_drift = format!("{:?}", changes.drift).contains(&format!("name: \"{name}\""));
    let (code, out, err) = lab.chaosc(Course::Forth.arguments());
    let after = get(full);
    let told = || format!("{:?}\n{out}{err}", rows(&changes));
    match (act, kind) {
        // Nothing of theirs is ours any more, or everything that was wanted is there.
        (Act::OtherField, Kind::Update) | (Act::Delete, _) | (Act::Anew, Kind::Prune) => {
            let is_settled = code == 0 && rows(&lab.diff()) == [""; 0];
            return is_settled.then_some(()).ok_or_else(|| format!("the next apply does not settle it: {}", told()));
        }
        _ if row.is_none() && !is_drift => return Err(format!("the next diff does not show it: {}", told())),
        // A field that they have set stays theirs. What is deleted or taken over is so because it was shown, now as it is.
        (Act::OurField, Kind::Update) if before.clone().map(whole) != after.map(whole) => {
            return Err(format!("the next apply undoes it: {}", told()));
        }
        _ => {}
    }
    Ok(())
}

fn plural(kind: &str) -> String {
    format!(
        "/{}/",
        match kind {
            "NetworkPolicy" => "networkpolicies".to_owned(),
            kind => format!("{}s", kind.to_lowercase()),
        }
    )
}

/// Does what somebody does, through a connection of their own.
fn carry_out(act: Act, place: &str, ours: &[u8]) {
    let request = |method: Method, path: &str, body: Option<Value>| Request {
        method: method.clone(),
        path: format!("{path}?fieldManager=theirs"),
        body: body.map(|body| {
            let kind = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
            (kind, body.to_string().into_bytes())
        }),
    };
    let collection = place.rsplit_once('/').unwrap().0;
    let create = |object: Value| request(Method::POST, collection, Some(object));
    let delete = || Request { method: Method::DELETE, path: place.to_owned(), body: None };
    // They know nothing of the set; to carry its label would be to say that the object is of it.
    let ours = || {
        let mut object: Value = serde_json::from_slice(ours).unwrap();
        object["metadata"].as_object_mut().unwrap().remove("labels");
        object
    };
    let requests = match act {
        Act::OurField => vec![request(Method::PATCH, place, Some(our_field(&get(place).unwrap())))],
        Act::OtherField => {
            vec![request(Method::PATCH, place, Some(json!({"metadata": {"annotations": {MARK: "1"}}})))]
        }
        Act::SameCreate => vec![create(ours())],
        Act::OtherCreate => {
            let mut object = ours();
            object["data"] = json!({"theirs": "1"});
            vec![create(object)]
        }
        Act::Delete => vec![delete()],
        Act::Anew => {
            let mut object = same(get(place).unwrap());
            object["apiVersion"] = get(place).unwrap()["apiVersion"].clone();
            object["metadata"].as_object_mut().unwrap().remove("managedFields");
            vec![delete(), create(object)]
        }
    };
    for answer in send(requests) {
        assert!(answer.is_success(), "{act:?} {place}: {:?}", answer.failure());
    }
}

/// Returns the patch of a field that the program owns.
fn our_field(live: &Value) -> Value {
    match live["kind"].as_str().unwrap() {
        // Its data cannot be changed.
        "ConfigMap" if live["immutable"] == true => {
            json!({"metadata": {"labels": {"applyset.kubernetes.io/part-of": "theirs"}}})
        }
        "ConfigMap" => {
            let key = live["data"].as_object().unwrap().keys().next().unwrap();
            json!({"data": {key: "theirs"}})
        }
        "Service" => json!({"spec": {"selector": {"app": "theirs"}}}),
        "Deployment" => json!({"spec": {"replicas": 1}}),
        "ClusterRole" => json!({"rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]}),
        "NetworkPolicy" => json!({"spec": {"podSelector": {"matchLabels": {"app": "theirs"}}}}),
        kind => panic!("{kind} is not written in this test"),
    }
}
