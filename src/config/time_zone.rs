//! The names of time zones, as a `CronJob` accepts them in `timeZone`.
//!
//! The API server asks Go's `time.LoadLocation`, which knows the names of the IANA database letter by letter, and
//! refuses `Local` and the empty name (`validateTimeZone` in pkg/apis/batch/validation). The database that is bundled
//! here holds the same names as Go's.

use std::fmt;
use std::str::FromStr;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use similar::get_close_matches;

use super::value_error::{ValueError, quoted};

/// A time zone of the bundled database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZoneName {
    name: String,
    zone: TimeZone,
}

impl TimeZoneName {
    /// Finds a zone by its exact name, or says which is nearest.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let span = 0..text.len();
        if text.is_empty() {
            return Err(ValueError::new(span, "empty time zone, expected a name as `Europe/Berlin`")
                .with_help("without the key it is `Etc/UTC`"));
        }
        let found = TimeZoneDatabase::bundled().get(text).ok();
        if let Some(zone) = found.filter(|zone| zone.iana_name() == Some(text)) {
            let name = text.to_owned();
            return Ok(Self { name, zone });
        }
        if text.eq_ignore_ascii_case("local") {
            return Err(ValueError::new(span, format!("{} is refused by Kubernetes as a time zone", quoted(text)))
                .with_help("it would be the zone of whatever machine reads it; name one, as `Europe/Berlin`"));
        }
        let error = ValueError::new(span, format!("unknown time zone {}", quoted(text)));
        if let Some(hours) = offset(text) {
            let name = etc_name(hours);
            return Err(match TimeZoneDatabase::bundled().get(&name) {
                Ok(_) => error
                    .with_help(format!(
                        "a zone is a name; `{name}` is the fixed offset of {hours:+} hours (these names count the other way)"
                    ))
                    .with_suggestion(name),
                Err(_) => error.with_help("a zone is a name, as `Europe/Berlin`, not an offset"),
            });
        }
        Err(match nearest(text) {
            Some(name) => error.with_suggestion(name),
            None => error.with_help("the names are those of the IANA database, as `Europe/Berlin` or `Etc/UTC`"),
        })
    }

    /// The name as Kubernetes knows it.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The zone itself, for computing with it.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

impl fmt::Display for TimeZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl FromStr for TimeZoneName {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        Self::parse(text)
    }
}

/// The name that was probably meant.
fn nearest(text: &str) -> Option<String> {
    /// Longer texts are no misspelt names, and comparing them takes long.
    const LONGEST: usize = 64;
    if text.len() > LONGEST {
        return None;
    }
    let database = TimeZoneDatabase::bundled();
    let names: Vec<_> = database.available().collect();
    let names: Vec<&str> = names.iter().map(jiff::tz::TimeZoneName::as_str).collect();
    let wanted = text.trim().replace([' ', '-'], "_").to_lowercase();
    let folded = |name: &str| name.replace('-', "_").to_lowercase();
    let exact = names.iter().find(|name| folded(name) == wanted);
    // A city without its continent.
    let city = || names.iter().find(|name| folded(name).rsplit('/').next() == Some(&wanted));
    let close = || get_close_matches(text, &names, 1, 0.7).into_iter().next();
    let (exact, city) = (exact.copied(), || city().copied());
    exact.or_else(city).or_else(close).map(str::to_owned)
}

/// The hours east of Greenwich in `+02:00`, `UTC+2`, `GMT-03`.
fn offset(text: &str) -> Option<i8> {
    let upper = text.trim().to_uppercase();
    let number = upper.strip_prefix("UTC").or_else(|| upper.strip_prefix("GMT")).unwrap_or(&upper).trim_start();
    let digits = number.strip_prefix(['+', '-'])?;
    let hours = digits
        .strip_suffix(":00")
        .or_else(|| digits.strip_suffix("00").filter(|hours| hours.len() == 2))
        .unwrap_or(digits);
    let hours: i8 = hours.parse().ok().filter(|_| hours.len() <= 2)?;
    Some(if number.starts_with('-') { -hours } else { hours })
}

/// The name of a fixed offset, whose sign POSIX turned round.
fn etc_name(hours: i8) -> String {
    match hours {
        0 => "Etc/UTC".to_owned(),
        _ => format!("Etc/GMT{:+}", -i16::from(hours)),
    }
}

#[cfg(test)]
mod tests {
    use super::TimeZoneName;
    use jiff::tz::TimeZoneDatabase;

    #[test]
    fn every_name_of_the_database_is_accepted() {
        let database = TimeZoneDatabase::bundled();
        let mut count = 0;
        for name in database.available() {
            let zone = TimeZoneName::parse(name.as_str()).unwrap();
            assert_eq!(zone.to_string(), name.as_str());
            // What the API server's pattern allows: parts of at most 14 letters.
            assert!(name.as_str().split('/').all(|part| (1..=14).contains(&part.len())));
            count += 1;
        }
        assert!(count > 590, "{count} zones");
        for name in ["UTC", "Etc/UTC", "Europe/Berlin", "US/Eastern", "EST5EDT", "Etc/GMT+12"] {
            assert_eq!(TimeZoneName::parse(name).unwrap().zone().iana_name(), Some(name));
        }
    }

    /// Text, the message, the suggestion (`-` for none).
    #[rustfmt::skip]
    const REFUSED: [(&str, &str, &str); 24] = [
        ("", "empty time zone, expected a name as `Europe/Berlin`", "-"),
        ("Local", "`Local` is refused by Kubernetes as a time zone", "-"),
        ("LOCAL", "`LOCAL` is refused by Kubernetes as a time zone", "-"),
        ("Europe/Berln", "unknown time zone `Europe/Berln`", "Europe/Berlin"),
        ("europe/berlin", "unknown time zone `europe/berlin`", "Europe/Berlin"),
        ("utc", "unknown time zone `utc`", "UTC"),
        ("Berlin", "unknown time zone `Berlin`", "Europe/Berlin"),
        ("new york", "unknown time zone `new york`", "America/New_York"),
        ("America/New York", "unknown time zone `America/New York`", "America/New_York"),
        ("America/Port_au_Prince", "unknown time zone `America/Port_au_Prince`", "America/Port-au-Prince"),
        ("Europe\\Berlin", "unknown time zone `Europe\\Berlin`", "Europe/Berlin"),
        ("Europe/Berlin ", "unknown time zone `Europe/Berlin `", "Europe/Berlin"),
        ("CEST", "unknown time zone `CEST`", "CET"),
        ("+02:00", "unknown time zone `+02:00`", "Etc/GMT-2"),
        ("UTC+2", "unknown time zone `UTC+2`", "Etc/GMT-2"),
        ("GMT-0300", "unknown time zone `GMT-0300`", "Etc/GMT+3"),
        ("UTC+0", "unknown time zone `UTC+0`", "Etc/UTC"),
        ("+05:30", "unknown time zone `+05:30`", "-"),
        ("UTC+99", "unknown time zone `UTC+99`", "-"),
        ("../etc/passwd", "unknown time zone `../etc/passwd`", "-"),
        ("/Europe/Berlin", "unknown time zone `/Europe/Berlin`", "Europe/Berlin"),
        ("Etc/Unknown", "unknown time zone `Etc/Unknown`", "-"),
        ("Zürich", "unknown time zone `Zürich`", "-"),
        ("\u{0}", "unknown time zone `\\u{0}`", "-"),
    ];

    #[test]
    fn a_refusal_names_the_nearest_zone() {
        for (text, message, suggestion) in REFUSED {
            let error = TimeZoneName::parse(text).unwrap_err();
            assert_eq!(error.message, message, "{text:?}");
            assert_eq!(error.span, 0..text.len(), "{text:?}");
            assert!(error.help.is_some(), "{text:?}");
            assert_eq!(error.suggestion.as_deref().unwrap_or("-"), suggestion, "{text:?}");
            assert!(suggestion == "-" || TimeZoneName::parse(suggestion).is_ok(), "{suggestion}");
        }
    }

    #[test]
    fn a_long_text_is_refused_at_once() {
        let text = "Europe/".repeat(10_000);
        assert_eq!(TimeZoneName::parse(&text).unwrap_err().suggestion, None);
    }
}
