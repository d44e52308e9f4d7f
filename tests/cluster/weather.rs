//! Bad weather: whatever happens to any single request, an apply or a delete that is run again comes to the same end.
//!
//! The requests of a run are counted where nothing happens to them; then, for each of them and each fault, the program
//! is run with that fault at that request, and once more without.

mod course;
mod fault;
mod http;
mod passage;
mod proxy;
mod state;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::chance::{self, Chance};
use crate::lab::Lab;
use crate::user::{User, of_plane};
use course::{Course, seen, settle_down, theirs};
use fault::Fault;
use passage::{Count, Ended, pass};
use proxy::{Deed, Way};
use state::{State, difference};

/// How many labs are there at a time.
const AT_A_TIME: usize = 6;

/// A request by its number, and what happens to it.
type Point = (usize, Fault);

#[test]
fn an_apply_that_is_disturbed_is_finished_by_the_next() {
    weather(Some(24));
}

#[test]
#[ignore = "minutes"]
fn an_apply_that_is_disturbed_anywhere_is_finished_by_the_next() {
    weather(None);
}

/// What a course comes to where nothing happens.
struct Calm {
    /// How many requests it takes.
    requests: usize,
    end: BTreeMap<String, String>,
}

fn weather(sample: Option<usize>) {
    let started = Instant::now();
    let seed = chance::seed();
    let user = User::new(&format!("weather-{}", std::process::id()), "system:masters");
    let way = Way::new(&user);
    let mut faults = Vec::new();
    let (mut tried, mut expected) = (0, 0);
    for round in Course::ROUNDS {
        let calm = calm(&way, &user, round);
        let points: BTreeMap<Course, Vec<Point>> = round
            .iter()
            .map(|course| {
                let all = (1..=calm[course].requests).flat_map(|number| Fault::ALL.map(|fault| (number, fault)));
                (*course, chosen(all.collect(), sample, &mut Chance::new(seed, &[*course as usize])))
            })
            .collect();
        expected += round
            .iter()
            .map(|course| (calm[course].requests * Fault::ALL.len()).min(sample.unwrap_or(usize::MAX)))
            .sum::<usize>();
        for (course, points) in &points {
            let requests = calm[course].requests;
            println!("{course:?}: {requests} requests x {} faults, {} points", Fault::ALL.len(), points.len());
        }
        let points = Arc::new(Mutex::new(points));
        let workers: Vec<_> = (0..AT_A_TIME)
            .map(|_| {
                let (way, calm, points) = (Arc::clone(&way), Arc::clone(&calm), Arc::clone(&points));
                std::thread::spawn(move || work(&way, round, &calm, &points))
            })
            .collect();
        for worker in workers {
            let (done, found) = worker.join().unwrap();
            tried += done;
            faults.extend(found);
        }
    }
    println!("{tried} points tried in {:.0} s, {} faults", started.elapsed().as_secs_f64(), faults.len());
    assert!(faults.is_empty(), "seed {seed}:\n{}", faults.join("\n\n"));
    assert_eq!(tried, expected, "not every point was tried");
}

/// Goes a round undisturbed, and counts its requests: the program's own server has the last word about how many.
fn calm(way: &Arc<Way>, user: &User, round: &[Course]) -> Arc<BTreeMap<Course, Calm>> {
    let lab = Course::lab(round);
    let log = of_plane("CHAOSC_TEST_AUDIT_LOG");
    let courses = round.iter().map(|course| {
        course.prepare(&lab);
        let before = crate::reads::asked(&log, &user.name).len();
        let ended = pass(way, &lab, course.arguments(), |_, _, _| Deed::Pass);
        assert_eq!(ended.code, Some(0), "{course:?}: {}{}", ended.out, ended.err);
        let mut count = Count::default();
        for event in &crate::reads::asked(&log, &user.name)[before..] {
            let method = match event["verb"].as_str().unwrap() {
                "get" | "list" => "GET",
                "delete" => "DELETE",
                other => other,
            };
            count.next(method, event["requestURI"].as_str().unwrap());
        }
        assert_eq!(ended.requests, count.total(), "{course:?}: the gate and the audit log do not agree");
        let end = seen(&lab).1;
        if *course == Course::Come {
            settle_down(&lab);
        }
        (*course, Calm { requests: ended.requests, end })
    });
    Arc::new(courses.collect())
}

/// Chooses points by chance, or all of them.
fn chosen(mut all: Vec<Point>, sample: Option<usize>, chance: &mut Chance) -> Vec<Point> {
    let Some(sample) = sample.filter(|sample| *sample < all.len()) else { return all };
    (0..sample).map(|_| all.swap_remove(chance.below(all.len()))).collect()
}

/// Goes rounds until there are no more points; returns how many were tried, and what was wrong.
fn work(
    way: &Arc<Way>,
    round: &'static [Course],
    calm: &BTreeMap<Course, Calm>,
    points: &Mutex<BTreeMap<Course, Vec<Point>>>,
) -> (usize, Vec<String>) {
    let (mut tried, mut faults) = (0, Vec::new());
    let mut lab = None;
    loop {
        let mut is_sound = true;
        let mut is_over = true;
        for course in round {
            let point = points.lock().unwrap().get_mut(course).and_then(Vec::pop);
            is_over &= point.is_none();
            // A lab whose points are over goes on all the same while another course of its round needs it.
            if is_over && points.lock().unwrap().values().all(Vec::is_empty) {
                break;
            }
            let lab = lab.get_or_insert_with(|| Course::lab(round));
            if !is_sound {
                faults
                    .extend(point.map(|point| format!("{course:?} {point:?}: not tried, because of the fault before")));
                continue;
            }
            tried += usize::from(point.is_some());
            if let Err(fault) = try_point(way, lab, *course, point, &calm[course]) {
                faults.push(format!("{course:?} {point:?}: {fault}"));
                is_sound = false;
            }
        }
        if is_over {
            return (tried, faults);
        }
        // The first round begins with nothing, the second one goes to and fro.
        if round[0] == Course::Come || !is_sound {
            lab = None;
        }
    }
}

/// Goes one course with a fault at one request, and again without.
fn try_point(way: &Arc<Way>, lab: &Lab, course: Course, point: Option<Point>, calm: &Calm) -> Result<(), String> {
    course.prepare(lab);
    let before = state::read(lab);
    if let Some((number, fault)) = point {
        let is_reached = Arc::new(AtomicBool::new(false));
        let reached = Arc::clone(&is_reached);
        let ended = pass(way, lab, course.arguments(), move |counted, _, program| {
            if counted == Some(number) && !reached.swap(true, Ordering::SeqCst) {
                fault.deed(program)
            } else {
                Deed::Pass
            }
        });
        if !is_reached.load(Ordering::SeqCst) {
            return Err(format!("request {number} was not reached, only {}", ended.requests));
        }
        judge(lab, course, fault, &ended, calm, &before)?;
    }
    let between = state::read(lab);
    let (code, out, err) = lab.chaosc(course.arguments());
    if code != 0 {
        return Err(format!("the second run ended with {code}:\n{out}{err}"));
    }
    let (after, normal) = seen(lab);
    if let Some(difference) = difference(&normal, &calm.end) {
        return Err(format!("after the second run:\n{difference}\n{out}"));
    }
    is_untouched(&before, &after)?;
    made_once(course, &before, &between, &after)?;
    if course == Course::Come {
        settle_down(lab);
    }
    Ok(())
}

/// Judges a disturbed run.
fn judge(lab: &Lab, course: Course, fault: Fault, ended: &Ended, calm: &Calm, before: &State) -> Result<(), String> {
    if let Some(fault) = ended.fault() {
        return Err(fault);
    }
    if ended.code.is_none() != fault.kills() {
        return Err(format!("it ended with {:?}\n{}{}", ended.code, ended.out, ended.err));
    }
    if ended.code == Some(0) {
        let (after, normal) = seen(lab);
        if let Some(difference) = difference(&normal, &calm.end) {
            return Err(format!("{course:?} says that all is well, but\n{difference}\n{}{}", ended.out, ended.err));
        }
        is_untouched(before, &after)?;
    }
    Ok(())
}

/// Asserts that what others have is as it was.
fn is_untouched(before: &State, after: &State) -> Result<(), String> {
    let (before, after) = (theirs(before), theirs(after));
    if before == after { Ok(()) } else { Err(format!("something of theirs was touched: {before:?} {after:?}")) }
}

/// Asserts that no object was made twice where once was enough.
fn made_once(course: Course, before: &State, between: &State, after: &State) -> Result<(), String> {
    let uid = |state: &State, name: &str| state.get(name).map(|object| object["metadata"]["uid"].clone());
    for name in after.keys() {
        let is_replaced = matches!(course, Course::Forth | Course::Back) && name == "ConfigMap/fixed";
        let uids = [uid(before, name), uid(between, name), uid(after, name)];
        let mut known: Vec<_> = uids.into_iter().flatten().collect();
        known.dedup();
        if known.len() > 1 + usize::from(is_replaced) {
            return Err(format!("{name} was made anew: {known:?}"));
        }
    }
    Ok(())
}
