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
mod writer;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::chance::{self, Chance};
use crate::lab::Lab;
use crate::user::{User, of_plane};
use course::{Course, seen, settle_down, theirs, wait_for_leaving};
use fault::Fault;
use passage::{Count, Ended, pass};
use proxy::{Deed, Way};
use state::{State, difference};

/// How many labs are there at a time.
const AT_A_TIME: usize = 6;

/// How often a worker tries again at most, where the machine is so busy that other requests meet a fault, too.
const BUSY: usize = 20;

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

#[test]
fn what_cannot_be_read_is_not_taken_for_gone() {
    let user = User::new(&format!("weather-lists-{}", std::process::id()), "system:masters");
    let way = Way::new(&user);
    let lab = Course::lab(&[Course::Forth]);
    Course::Forth.prepare(&lab);
    let before = state::read(&lab);
    for part in ["/configmaps?", "/configmaps/shop-chaos", "/jobs?", "/api/v1/namespaces/weather"] {
        let ended = pass(&way, &lab, Course::Forth.arguments(), "1s", move |_, asked, _| {
            let is_it = asked.method == "GET" && asked.path.contains(part);
            if is_it { Deed::Answer(503, None) } else { Deed::Pass }
        });
        assert_eq!((ended.code, ended.fault()), (Some(1), None), "{part}");
        assert!(ended.err.contains("the API server answered 503 Service Unavailable for"), "{part}: {}", ended.err);
    }
    let after = state::read(&lab);
    let versions = |state: &State| -> Vec<serde_json::Value> {
        state.values().map(|object| object["metadata"]["resourceVersion"].clone()).collect()
    };
    let is_noisy = |name: &String| name.starts_with("Deployment/");
    let (mut before, mut after) = (before, after);
    before.retain(|name, _| !is_noisy(name));
    after.retain(|name, _| !is_noisy(name));
    assert_eq!(versions(&before), versions(&after), "nothing was written");
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
        let ended = pass(way, &lab, course.arguments(), "10s", |_, _, _| Deed::Pass);
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
    let (mut tried, mut faults, mut given_up) = (0, Vec::new(), 0);
    let mut lab = None;
    loop {
        let mut drawn: VecDeque<(Course, Option<Point>)> = {
            let mut points = points.lock().unwrap();
            round.iter().map(|course| (*course, points.get_mut(course).and_then(Vec::pop))).collect()
        };
        if drawn.iter().all(|(_, point)| point.is_none()) {
            return (tried, faults);
        }
        // The first round begins with nothing, the second one goes to and fro.
        let here = lab.take().unwrap_or_else(|| Course::lab(round));
        let mut is_sound = true;
        while is_sound && let Some((course, point)) = drawn.pop_front() {
            let missed = try_point(way, &here, course, point, &calm[&course]);
            is_sound = missed.is_ok();
            match missed {
                Err(Missed::Busy) if given_up < BUSY => {
                    given_up += 1;
                    drawn.push_front((course, point));
                    break;
                }
                Err(missed) => faults.push(format!("{course:?} {point:?}: {missed:?}").replace("\\n", "\n")),
                Ok(()) => {}
            }
            tried += usize::from(point.is_some());
        }
        // What was drawn and not tried is for a lab in which all is well.
        let mut points = points.lock().unwrap();
        for (course, point) in drawn {
            points.get_mut(&course).unwrap().extend(point);
        }
        lab = Some(here).filter(|_| is_sound && round[0] != Course::Come);
    }
}

/// Why a point is not good.
#[derive(Debug)]
enum Missed {
    /// The machine was so busy that other requests met a fault before.
    Busy,
    #[allow(dead_code)] // Shown by its `Debug`.
    Fault(String),
}

impl From<String> for Missed {
    fn from(fault: String) -> Missed {
        Missed::Fault(fault)
    }
}

/// Goes one course with a fault at one request, and again without.
fn try_point(way: &Arc<Way>, lab: &Lab, course: Course, point: Option<Point>, calm: &Calm) -> Result<(), Missed> {
    course.prepare(lab);
    let before = state::read(lab);
    if let Some((number, fault)) = point {
        let is_reached = Arc::new(AtomicBool::new(false));
        let reached = Arc::clone(&is_reached);
        let ended = pass(way, lab, course.arguments(), fault.request_timeout(), move |counted, _, program| {
            if counted == Some(number) && !reached.swap(true, Ordering::SeqCst) {
                fault.deed(program)
            } else {
                Deed::Pass
            }
        });
        if !is_reached.load(Ordering::SeqCst) {
            return Err(if ended.is_out_of_time() {
                Missed::Busy
            } else {
                format!("request {number} was not reached, only {}", ended.requests).into()
            });
        }
        judge(lab, course, fault, &ended, calm, &before)?;
    }
    let between = wait_for_leaving(lab);
    let (code, out, err) = lab.chaosc(course.arguments());
    if code != 0 {
        return Err(format!("the second run ended with {code}:\n{out}{err}").into());
    }
    let (after, normal) = seen(lab);
    if let Some(difference) = difference(&normal, &calm.end) {
        return Err(format!("after the second run:\n{difference}\n{out}").into());
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
