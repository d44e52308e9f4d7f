//! Cron expressions, exactly as a Kubernetes `CronJob` reads them.
//!
//! Kubernetes reads `schedule` with `ParseStandard` of github.com/robfig/cron v3.0.1 and, when a `CronJob` is created,
//! refuses any that contains `TZ` (its `validateScheduleFormat`). The integration tests ask the real module.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::ZonedDateTime;

use super::value_error::{ValueError, quoted};
use field::{FIELDS, Set};

mod every;
mod field;
mod interval;
mod next;

/// Why a cron expression is refused; the span lies inside the expression.
pub type CronError = ValueError;

/// A cron expression that Kubernetes accepts.
///
/// Equal expressions have the same text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    rule: Rule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    /// `@every`: so many whole seconds after the last time, at least one.
    Every(i64),
    Calendar(Calendar),
}

/// The five fields as bit sets: bit `n` stands for the value `n`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Calendar {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Both day fields are restricted, so a day fires where either of them matches.
    either_day: bool,
}

/// The names for whole expressions, and what they stand for.
const DESCRIPTORS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Cron {
    /// Reads an expression, or says where and why Kubernetes would refuse it.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        if let Some((start, word)) = words(text).into_iter().find(|(_, word)| word.contains("TZ")) {
            let message = format!("{} in a cron expression is refused by Kubernetes", quoted(word));
            return Err(ValueError::new(start..start + word.len(), message)
                .with_help("name the zone in `time-zone` of the schedule, and leave it out here"));
        }
        // Where more than one thing is wrong, mending one does not help.
        let whole = |error: CronError| error.map_suggestion(|text| rule(&text).is_ok().then_some(text));
        let rule = rule(text).map_err(whole)?;
        Ok(Self { text: text.to_owned(), rule })
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The next fire strictly after `after`, in its time zone; none if there is none within about five years.
    ///
    /// This is what the `CronJob` controller computes, clock changes included: an hour that is skipped has no fires, and
    /// an hour that comes twice has them twice.
    pub fn next(&self, after: &ZonedDateTime) -> Option<ZonedDateTime> {
        match &self.rule {
            Rule::Every(seconds) => next::after_delay(*seconds, after),
            Rule::Calendar(calendar) => next::after(calendar, after),
        }
    }

    /// Whether it is accepted and yet no date matches it, as the 31st of February.
    pub fn never_fires(&self) -> bool {
        match &self.rule {
            Rule::Every(_) => false,
            Rule::Calendar(calendar) => calendar.never_fires(),
        }
    }

    /// The shortest time between two fires on a clock that never changes; none if it never fires.
    ///
    /// A change of the clock moves two neighbouring fires up to an hour closer.
    pub fn shortest_interval(&self) -> Option<Duration> {
        let seconds = match &self.rule {
            Rule::Every(seconds) => *seconds,
            Rule::Calendar(calendar) => calendar.shortest_interval()?,
        };
        u64::try_from(seconds).ok().map(Duration::from_secs)
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        Self::parse(text)
    }
}

fn rule(text: &str) -> Result<Rule, CronError> {
    if text.starts_with('@') { descriptor(text) } else { calendar(text).map(Rule::Calendar) }
}

/// A text that starts with `@`.
fn descriptor(text: &str) -> Result<Rule, CronError> {
    if let Some((_, fields)) = DESCRIPTORS.iter().find(|(name, _)| *name == text) {
        return Ok(Rule::Calendar(calendar(fields)?));
    }
    if let Some(duration) = text.strip_prefix("@every ") {
        let start = text.len() - duration.len();
        return every::seconds(duration).map(Rule::Every).map_err(|error| error.moved(start));
    }
    let error = ValueError::new(0..text.len(), format!("unknown descriptor {}", quoted(text)));
    let plain = text.trim().to_ascii_lowercase();
    if let Some((name, _)) = DESCRIPTORS.iter().find(|(name, _)| *name == plain) {
        return Err(error.with_help(format!("it is lower case without spaces: `{name}`")).with_suggestion(*name));
    }
    Err(error.with_help(match plain.split_whitespace().next() {
        Some("@reboot") => {
            "Kubernetes has no start of the machine; a schedule with `once = true` runs when it is applied"
        }
        Some("@every") => "one space and a duration follow it, as in `@every 90m`",
        _ => "expected `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually` or `@every 90m`",
    }))
}

/// Five fields, separated by white space.
fn calendar(text: &str) -> Result<Calendar, CronError> {
    let words = words(text);
    let [minutes, hours, days, months, weekdays] = words[..] else {
        return Err(wrong_count(text, &words));
    };
    let read = |index: usize, (start, word): (usize, &str)| -> Result<Set, CronError> {
        FIELDS[index].parse(word).map_err(|error| {
            let (before, after) = (&text[..start], &text[start + word.len()..]);
            error.moved(start).map_suggestion(|new| Some(format!("{before}{new}{after}")))
        })
    };
    let (minutes, hours) = (read(0, minutes)?, read(1, hours)?);
    let (days, months) = (read(2, days)?, read(3, months)?);
    let weekdays = read(4, weekdays)?;
    Ok(Calendar {
        minutes: minutes.bits,
        hours: hours.bits,
        days: days.bits,
        months: months.bits,
        weekdays: weekdays.bits,
        either_day: !days.star && !weekdays.star,
    })
}

/// The words of a text with their first bytes.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    text.split(char::is_whitespace)
        .filter_map(|word| {
            let start = text[at..].find(word).map_or(at, |found| at + found);
            at = start + word.len();
            (!word.is_empty()).then_some((start, word))
        })
        .collect()
}

fn wrong_count(text: &str, words: &[(usize, &str)]) -> CronError {
    const FORM: &str = "Kubernetes reads five fields: minute, hour, day of month, month and day of week";
    if words.is_empty() {
        return ValueError::new(0..text.len(), "empty cron expression, expected five fields")
            .with_help(format!("{FORM}, as in `*/5 * * * *`"));
    }
    let (from, to) = match words.get(5) {
        Some((start, _)) => (*start, text.trim_end().len()),
        None => (0, text.len()),
    };
    let fields = if words.len() == 1 { "field" } else { "fields" };
    let error = ValueError::new(from..to, format!("found {} {fields}, expected 5", words.len()));
    // Six and seven fields come from other crons: seconds stand first, years last.
    let plain: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
    let (five, missing) = match plain[..] {
        [ref five @ .., year] if five.len() == 5 && year.len() >= 4 => (five, "and no year"),
        [_, ref five @ ..] if five.len() == 5 => (five, "and no seconds"),
        [_, ref five @ .., _] if five.len() == 5 => (five, "no seconds and no year"),
        _ => return error.with_help(FORM),
    };
    let five = five.join(" ");
    if calendar(&five).is_ok() {
        error.with_help(format!("{FORM}, {missing}: `{five}`")).with_suggestion(five)
    } else {
        error.with_help(format!("{FORM}, {missing}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Cron;
    use std::time::Duration;

    /// Expression, the text under the span, the message, the help, the suggestion (`-` for none).
    #[rustfmt::skip]
    const REFUSED: [(&str, &str, &str, &str, &str); 33] = [
        ("", "", "empty cron expression, expected five fields", "as in `*/5 * * * *`", "-"),
        (" \t", " \t", "empty cron expression, expected five fields", "five fields", "-"),
        ("5", "5", "found 1 field, expected 5", "minute, hour, day of month, month and day of week", "-"),
        ("* * * *", "* * * *", "found 4 fields, expected 5", "Kubernetes reads five fields", "-"),
        ("0 */5 * * * *", "*", "found 6 fields, expected 5", "no seconds: `*/5 * * * *`", "*/5 * * * *"),
        ("0 0 12 * * ?", "?", "found 6 fields, expected 5", "no seconds: `0 12 * * ?`", "0 12 * * ?"),
        ("0 12 * * 1 2027", "2027", "found 6 fields, expected 5", "no year: `0 12 * * 1`", "0 12 * * 1"),
        ("0 0 12 1 * ? *", "? *", "found 7 fields, expected 5", "no seconds and no year", "0 12 1 * ?"),
        ("0 0 * * 7", "7", "`7` is above 6, the highest day of the week", "Sunday is `0` or `sun`", "0 0 * * 0"),
        ("0 0 * * 1,5-7", "7", "`7` is above 6, the highest day of the week", "Sunday is `0`", "0 0 * * 1,5-6,0"),
        ("0 0 * * 0-7", "7", "`7` is above 6, the highest day of the week", "Sunday is `0`", "0 0 * * *"),
        ("60 * * * *", "60", "`60` is above 59, the highest minute", "", "-"),
        ("0 24 * * *", "24", "`24` is above 23, the highest hour", "", "-"),
        ("0 0 0 * *", "0", "`0` is below 1, the lowest day of the month", "", "-"),
        ("0 0 28-32 * *", "32", "`32` is above 31, the highest day of the month", "", "-"),
        ("0 0 * 13 *", "13", "`13` is above 12, the highest month", "", "-"),
        ("0 0 * * fri-sun", "fri-sun", "range `fri-sun` runs backwards", "`fri-sat,sun`", "0 0 * * fri-sat,sun"),
        ("0 22-5 * * *", "22-5", "range `22-5` runs backwards", "`22-23,0-5`", "0 22-23,0-5 * * *"),
        ("0 22-5/2 * * *", "22-5", "range `22-5` runs backwards", "separated by `,`", "-"),
        ("0 0 * january *", "january", "`january` is no month, expected 1-12 or `jan`-`dec`", "`jan`", "-"),
        ("0 0 L * *", "L", "`L` is no day of the month, expected 1-31", "belong to other crons", "-"),
        ("H * * * *", "H", "`H` is no minute, expected 0-59", "`[schedules.random]`", "-"),
        ("*5 * * * *", "*5", "`*5` is no minute, expected 0-59", "`*/5`", "-"),
        ("*/0 * * * *", "0", "a step of 0, expected at least 1", "every minute", "-"),
        ("*/ * * * *", "/", "no number after `/`", "`*/5`", "-"),
        ("1-2-3 * * * *", "1-2-3", "more than one `-` in `1-2-3`", "two ends", "-"),
        ("*/5/2 * * * *", "*/5/2", "more than one `/` in `*/5/2`", "one step", "-"),
        ("TZ=Europe/Berlin 0 9 * * *", "TZ=Europe/Berlin", "`TZ=Europe/Berlin` in a cron expression is refused by Kubernetes", "`time-zone`", "-"),
        ("@reboot", "@reboot", "unknown descriptor `@reboot`", "`once = true`", "-"),
        ("@Daily ", "@Daily ", "unknown descriptor `@Daily `", "lower case without spaces: `@daily`", "@daily"),
        ("@every 1d", "d", "unknown unit `d`", "a day is `24h`", "-"),
        ("@every 5", "5", "`5` has no unit", "`@every 1h30m`", "-"),
        ("é * * * *", "é", "`é` is no minute, expected 0-59", "", "-"),
    ];

    #[test]
    fn a_refusal_says_where_what_and_what_next() {
        for (text, span, message, help, suggestion) in REFUSED {
            let error = Cron::parse(text).unwrap_err();
            assert_eq!(text.get(error.span.clone()), Some(span), "{text:?}: {error:?}");
            assert_eq!(error.message, message, "{text:?}");
            let given = error.help.unwrap_or_default();
            assert!(given.contains(help), "{text:?}: {given}");
            assert_eq!(error.suggestion.as_deref().unwrap_or("-"), suggestion, "{text:?}");
            if suggestion != "-" {
                assert!(Cron::parse(suggestion).is_ok(), "{suggestion:?}");
            }
        }
    }

    /// Expression, the shortest interval in seconds (0: it never fires).
    #[rustfmt::skip]
    const INTERVALS: [(&str, u64); 24] = [
        ("* * * * *", 60),
        ("*/5 * * * *", 300),
        ("*/7 * * * *", 240),
        ("*/59 * * * *", 60),
        ("0 * * * *", 3_600),
        ("58,1 * * * *", 180),
        ("0 9-17/4 * * *", 14_400),
        ("0 1,23 * * *", 7_200),
        ("0 1,23 * * 1", 79_200),
        ("@daily", 86_400),
        ("0 0 */2 * *", 86_400),
        ("0 0 * * mon,wed", 172_800),
        ("@weekly", 604_800),
        ("@monthly", 28 * 86_400),
        ("0 0 31 * *", 31 * 86_400),
        ("0 0 1 3,2 *", 28 * 86_400),
        ("@yearly", 365 * 86_400),
        ("0 0 29 2 *", 1_461 * 86_400),
        ("0 0 13 * 5", 86_400),
        ("0 0 31 2 *", 0),
        ("0 0 31 2 1", 604_800),
        (", * * * *", 0),
        ("@every 0s", 1),
        ("@every 90m", 5_400),
    ];

    #[test]
    fn the_shortest_interval_is_exact() {
        for (text, seconds) in INTERVALS {
            let cron = Cron::parse(text).unwrap();
            let expected = (seconds > 0).then(|| Duration::from_secs(seconds));
            assert_eq!(cron.shortest_interval(), expected, "{text}");
            assert_eq!(cron.never_fires(), seconds == 0, "{text}");
        }
    }

    #[test]
    fn an_hour_that_is_skipped_does_not_fire_and_one_that_comes_twice_fires_twice() {
        // The expression, the instant, the next three fires.
        const CASES: [(&str, &str, [&str; 3]); 4] = [
            (
                "30 2 * * *",
                "2026-03-28T02:30:00+01:00[Europe/Berlin]",
                ["2026-03-30T02:30:00+02:00", "2026-03-31T02:30:00+02:00", "2026-04-01T02:30:00+02:00"],
            ),
            (
                "30 2 * * *",
                "2026-10-24T02:30:00+02:00[Europe/Berlin]",
                ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00"],
            ),
            (
                "0 0 * * *",
                "2017-10-14T00:00:00-03:00[America/Sao_Paulo]",
                ["2017-10-16T00:00:00-02:00", "2017-10-17T00:00:00-02:00", "2017-10-18T00:00:00-02:00"],
            ),
            // A day that did not exist; the controller itself would search for ever here.
            (
                "0 0 31 * *",
                "2011-12-28T00:00:00-10:00[Pacific/Apia]",
                ["2011-12-31T00:00:00+14:00", "2012-01-31T00:00:00+14:00", "2012-03-31T00:00:00+14:00"],
            ),
        ];
        for (text, after, fires) in CASES {
            let cron = Cron::parse(text).unwrap();
            let mut at = after.parse().unwrap();
            for expected in fires {
                at = cron.next(&at).unwrap();
                let shown = at.to_string();
                assert_eq!(shown.split('[').next(), Some(expected), "{text} after {after}");
            }
        }
    }

    #[test]
    fn the_end_of_the_calendar_is_no_fire() {
        let end = "9999-12-30T12:00:00+00:00[UTC]".parse().unwrap();
        for text in ["0 0 1 1 *", "@every 9999h", "0 0 29 2 *"] {
            assert_eq!(Cron::parse(text).unwrap().next(&end), None, "{text}");
        }
    }
}
