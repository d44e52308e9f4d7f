use serde_json::{Value, json};

use super::body;
use crate::diff::{Action, Cause, Change, Conflict, FieldChange};
use crate::kubernetes::ObjectId;

fn change() -> Change {
    let id = ObjectId { api_version: "v1".into(), kind: "ConfigMap".into(), namespace: None, name: "a".into() };
    Change { action: Action::Update, ..Change::of(id) }
}

fn drawn_for(change: &Change, before: &Value, after: &Value) -> String {
    let mut drawn = String::new();
    let body = body(Some(before), Some(after), change);
    for hunk in body.hunks {
        drawn.extend(hunk.path.iter().map(|path| format!("@@ {path}\n")));
        for row in hunk.rows {
            let marked = |one: &super::Span| if one.is_changed { format!("[{}]", one.text) } else { one.text.clone() };
            let text: String = row.spans.iter().map(marked).collect();
            let notes: String = row.notes.iter().map(|note| format!(" # {note}")).collect();
            drawn.push_str(&format!("{}{}{text}{notes}\n", row.sign.mark(), " ".repeat(row.indent)));
        }
    }
    drawn.extend(body.notes.iter().map(|note| format!("# {note}\n")));
    drawn
}

fn drawn(before: &Value, after: &Value) -> String {
    drawn_for(&change(), before, after)
}

#[test]
fn an_item_that_stays_is_not_drawn_anew_where_another_goes() {
    let rule = |host: &str| json!({"host": host, "http": {"paths": [{"path": "/"}, {"path": "/b"}]}});
    let ingress = |hosts: &[&str]| json!({"spec": {"rules": hosts.iter().map(|host| rule(host)).collect::<Vec<_>>()}});
    let drawn = drawn(&ingress(&["a", "b"]), &ingress(&["b"]));
    let signed = |sign: char| drawn.lines().filter(|line| line.starts_with(sign)).count();
    assert_eq!((signed('-'), signed('+')), (5, 0), "{drawn}");
}

#[test]
fn hunks_say_where_they_are() {
    let object = |image: &str, tail: i32| {
        json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"}, "spec": {
            "containers": [
                {"args": ["x"], "name": "main", "image": image},
                {"args": ["x"], "name": "side", "image": "side:1"},
            ],
            "a": 1, "b": {"c": 1}, "tail": tail, "other": {"d": 1, "e": 2, "f": 3},
        }})
    };
    assert_eq!(
        drawn(&object("main:1", 1), &object("main:2", 1)),
        concat!(
            "@@ spec.containers[name=main]\n",
            "     - name: main\n",
            "       args:\n",
            "         - x\n",
            "-      image: main:[1]\n",
            "+      image: main:[2]\n",
            "     - name: side\n",
            "       args:\n",
            "         - x\n",
        )
    );
    assert!(drawn(&object("main:1", 1), &object("main:2", 2)).contains("@@ spec\n"));
}

#[test]
fn an_item_of_a_list_keeps_its_lines_where_it_moves() {
    let env = |names: &str| {
        let item = |name: char| json!({"name": name.to_string(), "value": "same"});
        json!({"env": names.chars().map(item).collect::<Vec<Value>>()})
    };
    assert_eq!(
        drawn(&env("abc"), &env("axbc")),
        concat!(
            " env:\n",
            "   - name: a\n",
            "     value: same\n",
            "+  - name: x\n",
            "+    value: same\n",
            "   - name: b\n",
            "     value: same\n",
            "   - name: c\n",
        )
    );
}

#[test]
fn rules_without_a_key_are_compared_as_text() {
    let rules = |verbs: &[&str]| json!({"rules": verbs.iter().map(|verb| json!({"resources": ["pods"], "verbs": [verb]})).collect::<Value>()});
    assert_eq!(
        drawn(&rules(&["get", "list"]), &rules(&["delete", "get", "list"])),
        concat!(
            " rules:\n",
            "+  - resources:\n",
            "+      - pods\n",
            "+    verbs:\n",
            "+      - delete\n",
            "   - resources:\n",
            "       - pods\n",
            "     verbs:\n",
        )
    );
}

#[test]
fn the_json_of_an_experiment_is_shown_field_by_field() {
    let object = |pause: i32| {
        let text = format!("{{\"method\":[{{\"name\":\"kill it\",\"pauses\":{{\"after\":{pause}}}}}]}}");
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"experiment.json": text, "note": "a\nb\t\n"}})
    };
    assert_eq!(
        drawn(&object(5), &object(10)),
        concat!(
            "@@ data[\"experiment.json\"].method[name=\"kill it\"].pauses\n",
            "     method:\n",
            "       - name: kill it\n",
            "         pauses:\n",
            "-          after: [5]\n",
            "+          after: [10]\n",
            "   note: |\n",
            "     a\n",
            "     \"b\\t\"\n",
        )
    );
}

#[test]
fn nothing_is_taken_where_nothing_is_written() {
    let taken =
        FieldChange { path: "a".into(), before: None, after: None, cause: Cause::Taken { from: "argo".into() } };
    for (action, expected) in
        [(Action::Update, true), (Action::Refused, false), (Action::Keep, false), (Action::Error, false)]
    {
        let change = Change { action, fields: vec![taken.clone()], ..change() };
        let drawn = drawn_for(&change, &json!({"a": 1}), &json!({"a": 2}));
        assert_eq!(drawn.contains("taken from argo"), expected, "{drawn}");
    }
}

#[test]
fn notes_stand_at_their_lines() {
    let field = |path: &str, cause| FieldChange { path: path.into(), before: None, after: None, cause };
    let change = Change {
        fields: vec![
            field("a", Cause::Admission),
            field("b", Cause::Taken { from: "kubectl\u{1b}".into() }),
            field("c", Cause::Experiment),
            field("d", Cause::Bundle),
            field("elsewhere", Cause::Admission),
        ],
        conflicts: vec![Conflict { path: "d.e".into(), manager: "argo".into() }],
        ..change()
    };
    let before = json!({"b": 1, "c": 1, "d": {"e": 1}});
    let after = json!({"a": {"b": 1, "c": 2}, "b": 2, "c": 2, "d": {"e": 2}});
    assert_eq!(
        drawn_for(&change, &before, &after),
        concat!(
            "-b: [1]\n",
            "-c: [1] # by an experiment\n",
            "+a: # by admission\n",
            "+  b: 1\n",
            "+  c: 2\n",
            "+b: [2] # taken from kubectl\\u{1b}\n",
            "+c: [2]\n",
            " d:\n",
            "-  e: [1] # conflict: owned by argo\n",
            "+  e: [2]\n",
            "# elsewhere: by admission\n",
        )
    );
}

/// What differs is never shown as the same.
#[test]
fn every_difference_is_shown() {
    let config = |text: &str| json!({"kind": "ConfigMap", "data": {"a": text}});
    let values = [
        json!({"a": [["x"], ["y"]]}),
        json!({"a": [["x", "y"]]}),
        json!({"a": ["x", "y"]}),
        json!({"a": [{"b": 1}, {"c": 2}]}),
        json!({"a": [{"b": 1, "c": 2}]}),
        json!({"a": [{"name": "x", "c": 2}, {"name": "y"}]}),
        json!({"a": [{"name": "y"}, {"name": "x", "c": 2}]}),
        json!({"a": 1}),
        json!({"a": "1"}),
        json!({"a": 1.0}),
        json!({"a": null}),
        json!({"a": "null"}),
        json!({"a": {}}),
        json!({"a": []}),
        json!({"a": "{}"}),
        json!({"a": ""}),
        json!({"a": "\n"}),
        json!({"a": "x\n"}),
        json!({"a": "x\n\n"}),
        json!({"a": "x\ny"}),
        json!({"a": "x\ny\n"}),
        json!({"a": "x\n\ty"}),
        json!({"a": "x\n\"\\ty\""}),
        json!({"a": "x\ny "}),
        json!({"a": "x\u{200b}"}),
        json!({"a": "x\\u200b"}),
        json!({}),
        config("{\"b\":1}"),
        config("{\"b\": 1}"),
        config("{\"b\":2}"),
        config("{\"b\":\"1\"}"),
        config("{}"),
        config("[]"),
        config("{"),
        config("b: 1"),
    ];
    for (left, before) in values.iter().enumerate() {
        for (right, after) in values.iter().enumerate() {
            assert_eq!(drawn(before, after).is_empty(), left == right, "{before}\n{after}");
        }
    }
}

#[test]
fn a_rule_that_stays_is_not_compared_with_another() {
    let rules = |verbs: &[&str]| json!({"rules": verbs.iter().map(|verb| json!({"resources": ["pods"], "verbs": [verb]})).collect::<Value>()});
    assert_eq!(
        drawn(&rules(&["get", "delete"]), &rules(&["create", "get"])),
        concat!(
            " rules:\n",
            "+  - resources:\n",
            "+      - pods\n",
            "+    verbs:\n",
            "+      - create\n",
            "   - resources:\n",
            "       - pods\n",
            "     verbs:\n",
            "       - get\n",
            "-  - resources:\n",
            "-      - pods\n",
            "-    verbs:\n",
            "-      - delete\n",
        )
    );
}
