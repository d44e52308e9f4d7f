//! Random objects with secrets in every place: none of them survives, and nothing else is lost.
//!
//! A seed gives the same objects everywhere: `CHAOSC_TEST_SEED=2` tries others.

mod files;
mod plant;

use chaosc::diff::Mask;
use serde_json::{Value, json};

use crate::kubernetes::generate::Random;
use plant::{Canary, Planter, TRACES};

const OBJECTS: usize = 1000;
/// So many share a mask.
const GROUP: usize = 3;
/// One in so many secrets is looked for in messages, too.
const QUOTED: usize = 4;

#[test]
fn no_canary_survives_and_nothing_else_is_lost() {
    let mut random = random();
    let mut quoted = 0;
    for _ in 0..OBJECTS / GROUP {
        let mut mask = Mask::new();
        let mut planter = Planter::new(&mut random);
        let objects: Vec<Value> = (0..GROUP).map(|_| planter.object()).collect();
        let masked: Vec<Value> = objects.iter().map(|object| mask.object(object.clone())).collect();
        for (object, found) in objects.iter().zip(&masked) {
            let text = found.to_string();
            let numbers =
                planter.canaries.iter().map(|canary| canary.first.as_str()).filter(|first| !first.starts_with('C'));
            for trace in TRACES.into_iter().chain(numbers) {
                assert!(!text.contains(trace), "{trace}\n{object}\n{found}");
            }
            assert_eq!(&mask.object(found.clone()), found, "{object}");
        }
        let (shown, all) =
            (json!(objects.iter().map(without_copy).collect::<Vec<_>>()).to_string(), json!(masked).to_string());
        for plain in planter.plain.iter().filter(|plain| shown.contains(plain.as_str())) {
            assert!(all.contains(plain.as_str()), "{plain} is lost\n{shown}\n{all}");
        }
        let all = json!(objects).to_string();
        let is_there = |canary: &&Canary| canary.traces().iter().any(|part| all.contains(part));
        for canary in planter.canaries.iter().filter(is_there).step_by(QUOTED) {
            quoted += 1;
            for message in canary.messages() {
                let said = mask.text(&message);
                let is_hidden = !canary.traces().iter().any(|part| said.contains(part));
                assert!(is_hidden, "{canary:?}: {said}\n{}", json!(objects));
                assert_eq!(mask.text(&said), said);
            }
            assert!(!format!("{mask:?}").contains(&canary.first));
        }
    }
    assert!(quoted > OBJECTS / 2, "{quoted}");
}

fn random() -> Random {
    let seed = std::env::var("CHAOSC_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("seed {seed}");
    Random::new(seed)
}

/// Returns an object without the copy of itself, of which nothing is shown.
fn without_copy(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"]["annotations"]
        .as_object_mut()
        .unwrap()
        .remove("kubectl.kubernetes.io/last-applied-configuration");
    object
}

/// What assignments, addresses and marks are made of, in any order.
const PIECES: [&str; 62] = [
    "password",
    "token",
    "auth",
    "Authorization",
    "user",
    "x",
    "é",
    "12",
    "--",
    "-",
    "-u",
    "$",
    "$(",
    "${",
    ")",
    "}",
    "{",
    "[",
    "]",
    "(",
    "=",
    ":",
    "==",
    ":=",
    "=>",
    ">",
    "<",
    "\"",
    "'",
    "`",
    "\\",
    "\\\"",
    " ",
    "\t",
    "\n",
    "\n  ",
    "|",
    "://",
    "@",
    "@tcp(",
    "/",
    "?",
    "&",
    ";",
    "#",
    ",",
    "(secret 1)",
    "Bearer ",
    "<password>",
    "</password>",
    "<a name=",
    "/>",
    "[secrets]",
    "credentials:",
    "name: token",
    "value: ",
    "\n- ",
    "<<EOF",
    "\nEOF",
    "||",
    "{{ if }}",
    "mysql -p",
];

#[test]
fn any_text_is_masked_for_good_and_without_a_panic() {
    let mut random = random();
    for _ in 0..OBJECTS * 2 {
        let count = random.below(14);
        let text: String = (0..count).map(|_| PIECES[random.below(PIECES.len())]).collect();
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": text, "b": format!("{text}\na: b\n")},
            "metadata": {"annotations": {"a": format!("[{}]", json!(text))}}});
        let mut mask = Mask::new();
        let masked = mask.object(object.clone());
        assert_eq!(mask.object(masked.clone()), masked, "{object}");
        let said = mask.text(&text);
        assert_eq!(mask.text(&said), said, "{text:?}");
    }
}
