//! All of it: every case with every variation of its rights, several at a time.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use chaosc::plan::catalogue;
use tempfile::TempDir;

use crate::audit;
use crate::case::{Case, Kind};
use crate::driver::Driver;
use crate::exceptions;
use crate::shapes;
use crate::trial::{self, Outcome, Variation};
use crate::verdict::{Judge, Verdict};
use crate::world::World;

/// How many cases run at a time. Most of the time of some is waiting.
const AT_A_TIME: usize = 10;

/// What the variable `CHAOSC_TEST_ACTIVITY` holds has to be in the name of an activity; for work on a few of them.
fn is_chosen(case: &Case) -> bool {
    std::env::var("CHAOSC_TEST_ACTIVITY").map_or(true, |part| case.name.contains(&part))
}

#[test]
fn every_activity_asks_for_what_its_step_is_granted_and_for_nothing_else() {
    let started = Instant::now();
    let cases: Vec<Case> = shapes::all().into_iter().map(Case::of_call).filter(is_chosen).collect();
    let exceptions = exceptions::all();
    let verdicts = prove("a", &cases, &exceptions);
    let mut functions = BTreeSet::new();
    let mut broken = BTreeSet::new();
    for (case, verdict) in cases.iter().zip(&verdicts) {
        let Kind::Call(call) = &case.kind else { continue };
        functions.insert(call.function.clone());
        if !verdict.faults.is_empty() {
            broken.insert(call.function.clone());
        }
    }
    let proven: usize = verdicts.iter().map(|verdict| verdict.proven).sum();
    let needed: BTreeSet<usize> = verdicts.iter().flat_map(|verdict| verdict.excepted.clone()).collect();
    for number in &needed {
        println!("exception: {}", exceptions[*number]);
    }
    println!(
        "catalogue: {} of {} functions proven, {} shapes, {proven} single grants used and missed, {} exceptions of at \
         most {}, {} s",
        functions.len() - broken.len(),
        catalogue::all().count(),
        cases.len(),
        needed.len(),
        exceptions::MOST,
        started.elapsed().as_secs(),
    );
    let faults: Vec<&str> = verdicts.iter().flat_map(|verdict| &verdict.faults).map(String::as_str).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    if std::env::var_os("CHAOSC_TEST_ACTIVITY").is_none() {
        for (number, exception) in exceptions.iter().enumerate() {
            assert!(needed.contains(&number), "this is not so any more, take it out of exceptions.toml: {exception}");
        }
    }
}

/// Runs cases, and judges each. The letter tells the namespaces apart from those of other tests.
pub(crate) fn prove(letter: &str, cases: &[Case], exceptions: &[exceptions::Exception]) -> Vec<Verdict> {
    let driver = Driver::start();
    let folder = TempDir::new().unwrap();
    let prefix = format!("p{}{letter}-", std::process::id());
    let next = AtomicUsize::new(0);
    // The shapes that meet in one namespace.
    let alone = Mutex::new(());
    let outcomes: Vec<Mutex<Vec<Outcome>>> = cases.iter().map(|_| Mutex::default()).collect();
    let work = || {
        let world = World::connect();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(number) else { return };
            let is_alone = matches!(&case.kind, Kind::Call(call) if !call.shape.clear.is_empty());
            let guard = is_alone.then(|| alone.lock().unwrap());
            let found = vary(&world, &driver, &folder, case, &format!("{prefix}{number}"));
            drop(guard);
            *outcomes[number].lock().unwrap() = found;
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME.min(cases.len()) {
            scope.spawn(work);
        }
    });
    let world = World::connect();
    let events = audit::read(&prefix);
    let judge = Judge { world: &world, events: &events, exceptions };
    cases.iter().zip(&outcomes).map(|(case, outcomes)| judge.judge(case, &outcomes.lock().unwrap())).collect()
}

/// Runs a case with all its rights, with each of them taken away, and, if it fails anyway, with all rights that there are.
fn vary(world: &World, driver: &Driver, folder: &TempDir, case: &Case, prefix: &str) -> Vec<Outcome> {
    let run = |suffix: String, variation: &dyn Fn(&[crate::rights::Grant]) -> Variation| {
        trial::run(world, driver, folder.path(), case, &format!("{prefix}-{suffix}"), variation)
    };
    let mut outcomes = vec![run("r".to_owned(), &|_| Variation::Rendered)];
    let count = outcomes[0].grants.len();
    if count > 0 {
        outcomes.push(run("s".to_owned(), &|_| Variation::Single));
    }
    for number in 0..count {
        outcomes.push(run(number.to_string(), &|grants| Variation::Without(grants[number].clone())));
    }
    if let Kind::Call(call) = &case.kind
        && (call.shape.fails.is_some() || call.shape.idle)
    {
        outcomes.push(run("e".to_owned(), &|_| Variation::Everything));
    }
    outcomes
}
