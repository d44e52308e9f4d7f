//! What cannot be changed: the row says so before an apply finds out, and never of what the server takes.

mod cases;
mod left_out;

use chaosc::cluster::{Answer, Request};
use chaosc::diff::{Action, ChangeSet};
use chaosc::kubernetes::kinds;
use chaosc::observe::desired::Desired;
use chaosc::snapshot::Wishes;
use serde_json::{Value, json};

use crate::lab::{Lab, assert_nothing, row, rows, send};
use cases::Case;
use cases::Expected::{Error, Precious, Replace, Update};

/// Returns an object with some fields set to other values.
fn edited(case: &Case) -> Value {
    let mut object = case.object.clone();
    for (pointer, value) in case.edits.as_object().unwrap() {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = object.pointer_mut(parent).unwrap();
        match parent {
            Value::Array(items) => items[name.parse::<usize>().unwrap()] = value.clone(),
            _ => parent[name] = value.clone(),
        }
    }
    object
}

fn id(case: &Case) -> String {
    format!("{}/{}", case.object["kind"].as_str().unwrap(), case.object["metadata"]["name"].as_str().unwrap())
}

/// Says what a row comes to, in the words of the table.
fn found(changes: &ChangeSet, case: &Case) -> String {
    if !rows(changes).iter().any(|row| row.ends_with(&format!(" {}", id(case)))) {
        return "no row".to_owned();
    }
    let row = row(changes, &id(case));
    let allows = row.hints.iter().any(|hint| hint.contains(&format!("`--replace {}`", id(case))));
    let reasons = row.reasons.concat();
    let is_named = |field: &str| reasons.contains(&format!("`{field}`")) && reasons.contains("cannot be changed");
    match (row.action, case.expected) {
        (Action::Replace, Replace(field)) if is_named(field) && row.ends_run.is_none() => "as expected".to_owned(),
        (Action::Error, Precious(field)) if is_named(field) && allows => "as expected".to_owned(),
        (Action::Error, Error) if !allows => "as expected".to_owned(),
        (Action::Update, Update) => "as expected".to_owned(),
        (action, _) => format!("{} because {reasons} {:?}", action.word(), row.hints),
    }
}

/// Applies an object, and returns what the server says.
fn applied(sent: &Desired) -> Answer {
    let id = &sent.id;
    let root = if id.group().is_empty() { "/api" } else { "/apis" };
    let place = id.namespace.as_ref().map_or_else(String::new, |namespace| format!("namespaces/{namespace}/"));
    let plural = kinds::plural(&id.api_version, &id.kind).unwrap();
    send(Request {
        method: http::Method::PATCH,
        path: format!("{root}/{}/{place}{plural}/{}?fieldManager=chaosc&force=true", id.api_version, id.name),
        body: Some(("application/apply-patch+yaml", sent.object.to_string().into_bytes())),
    })
}

#[test]
fn what_the_server_will_not_change_is_replaced_and_nothing_else() {
    let lab = Lab::new("replace");
    let cases: Vec<Case> =
        [cases::workloads(), cases::data_and_network(), cases::cluster_wide(&lab), left_out::left_out(&lab)]
            .into_iter()
            .flatten()
            .collect();
    let write = |object: &dyn Fn(&Case) -> Value| {
        let all: Vec<String> = cases.iter().map(|case| object(case).to_string()).collect();
        lab.write("app.yaml", &all.join("\n---\n"));
    };
    write(&|case| case.object.clone());
    lab.apply();
    for kind in ["scopes", "kinds", "columns"] {
        lab.kubectl(&["wait", "--for=condition=Established", &format!("crd/{kind}.{}.example", lab.namespace)]);
    }
    lab.wait("the claim is bound", |lab| lab.live("pvc", "claim-bound")["status"]["phase"] == "Bound");
    assert_nothing(&lab.diff());

    write(&edited);
    let changes = lab.diff();
    let precious: Vec<String> = cases.iter().filter(|case| matches!(case.expected, Precious(_))).map(id).collect();
    let named = lab.diff_with(Wishes { replace: precious.clone(), ..Wishes::default() });
    let desired = lab.desired().0;
    let mut wrong = Vec::new();
    for case in cases.iter().filter(|case| case.edits != json!({})) {
        let told = found(&changes, case);
        if told != "as expected" {
            wrong.push(format!("{}: expected {:?}, found {told}", id(case), case.expected));
        }
        if precious.contains(&id(case)) && row(&named, &id(case)).action != Action::Replace {
            wrong.push(format!("{}: is not replaced although it is named", id(case)));
        }
        // The server has the last word.
        let sent = desired.iter().find(|one| one.id.to_string() == id(case)).unwrap();
        let answer = applied(sent);
        if answer.is_success() != (case.expected == Update) {
            let message = answer.failure().message;
            wrong.push(format!(
                "{}: expected {:?}, and the server says {} {message}",
                id(case),
                case.expected,
                answer.status
            ));
        }
    }
    lab.kubectl(&[
        "delete",
        "-f",
        lab.folder.path().join("app.yaml").to_str().unwrap(),
        "--wait=false",
        "--ignore-not-found",
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
