//! When a schedule fires next, second for second as the `CronJob` controller computes it.
//!
//! The walk goes field by field, from the month down, and starts again at the top where a field runs over. That order,
//! and steps of real hours rather than of the clock's, decide what happens when the clock changes; so both are kept.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ZonedDateTime};

use super::Calendar;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How many years are searched.
const YEARS: i16 = 5;

/// The fire of an `@every` schedule after `after`.
pub(super) fn after_delay(seconds: i64, after: &ZonedDateTime) -> Option<ZonedDateTime> {
    let unix = whole_seconds(after)?.checked_add(seconds)?;
    Some(Timestamp::from_second(unix).ok()?.to_zoned_datetime(after.time_zone().clone()))
}

/// The first fire of a calendar after `after`; none beyond five years, or beyond the years of the calendar.
pub(super) fn after(calendar: &Calendar, after: &ZonedDateTime) -> Option<ZonedDateTime> {
    if calendar.never_fires() {
        return None;
    }
    let zone = after.time_zone();
    let mut time = Local::at(zone, whole_seconds(after)?.checked_add(1)?)?;
    let last_year = time.clock.year().checked_add(YEARS)?;
    // Once a field was moved on, those below it start from zero.
    let mut moved = false;

    'wrap: loop {
        if time.clock.year() > last_year {
            return None;
        }
        while !calendar.has_month(time.clock.date()) {
            if !moved {
                moved = true;
                time = time.start_of_month()?;
            }
            time = time.next_month()?;
            if time.clock.month() == 1 {
                continue 'wrap;
            }
        }
        while !calendar.has_day(time.clock.date()) {
            if !moved {
                moved = true;
                time = time.start_of_day()?;
            }
            time = time.next_day()?;
            if time.clock.day() == 1 {
                continue 'wrap;
            }
        }
        while !calendar.has_hour(time.clock.hour()) {
            if !moved {
                moved = true;
                time = time.start_of_hour()?;
            }
            time = time.plus(HOUR)?;
            if time.clock.hour() == 0 {
                continue 'wrap;
            }
        }
        while !calendar.has_minute(time.clock.minute()) {
            if !moved {
                moved = true;
                time = time.start_of_minute()?;
            }
            time = time.plus(MINUTE)?;
            if time.clock.minute() == 0 {
                continue 'wrap;
            }
        }
        while time.clock.second() != 0 {
            moved = true;
            time = time.plus(1)?;
            if time.clock.second() == 0 {
                continue 'wrap;
            }
        }
        return Some(Timestamp::from_second(time.unix).ok()?.to_zoned_datetime(zone.clone()));
    }
}

/// The whole seconds since 1970, rounded down.
fn whole_seconds(time: &ZonedDateTime) -> Option<i64> {
    i64::try_from(time.timestamp().as_nanosecond().div_euclid(1_000_000_000)).ok()
}

/// A second, and what the clocks of a zone show then.
#[derive(Clone, Copy)]
struct Local<'z> {
    zone: &'z TimeZone,
    unix: i64,
    clock: DateTime,
}

impl<'z> Local<'z> {
    fn at(zone: &'z TimeZone, unix: i64) -> Option<Self> {
        let clock = zone.to_datetime(Timestamp::from_second(unix).ok()?);
        Some(Self { zone, unix, clock })
    }

    fn plus(self, seconds: i64) -> Option<Self> {
        Self::at(self.zone, self.unix.checked_add(seconds)?)
    }

    /// The moment at which the clock shows `seconds` of the day that is `days` after `date`.
    ///
    /// A clock time that is skipped or comes twice is resolved as Go's `time.Date` does it: the offset is that of the
    /// moment which the clock time would be in UTC, corrected once.
    fn on(self, date: Date, days: i64, seconds: i64) -> Option<Self> {
        let midnight = date.to_datetime(Time::midnight());
        let utc = Offset::UTC.to_timestamp(midnight).ok()?.as_second();
        let unix = utc.checked_add(days * DAY + seconds)?;
        let offset_at = |unix: i64| -> Option<i64> {
            let moment = Timestamp::from_second(unix).ok()?;
            Some(i64::from(self.zone.to_offset(moment).seconds()))
        };
        let guess = offset_at(unix)?;
        let offset = match guess {
            0 => 0,
            _ => offset_at(unix - guess)?,
        };
        Self::at(self.zone, unix - offset)
    }

    fn start_of_month(self) -> Option<Self> {
        self.on(self.clock.date().first_of_month(), 0, 0)
    }

    fn start_of_day(self) -> Option<Self> {
        self.on(self.clock.date(), 0, 0)
    }

    fn start_of_hour(self) -> Option<Self> {
        self.on(self.clock.date(), 0, i64::from(self.clock.hour()) * HOUR)
    }

    /// Counted in real seconds, so in zones that are off by seconds not where the clock shows zero.
    fn start_of_minute(self) -> Option<Self> {
        self.plus(-self.unix.rem_euclid(MINUTE))
    }

    /// The second of the day that the clock shows.
    fn second_of_day(self) -> i64 {
        let (hour, minute, second) = (self.clock.hour(), self.clock.minute(), self.clock.second());
        i64::from(hour) * HOUR + i64::from(minute) * MINUTE + i64::from(second)
    }

    /// The same day and clock time in the next month; a day that the month does not have runs over into the one after.
    fn next_month(self) -> Option<Self> {
        let date = self.clock.date();
        let (year, month) = match date.month() {
            12 => (date.year().checked_add(1)?, 1),
            month => (date.year(), month + 1),
        };
        let first = Date::new(year, month, 1).ok()?;
        self.on(first, i64::from(date.day()) - 1, self.second_of_day())
    }

    /// Midnight of the next day, or the first hour of it where midnight is skipped.
    fn next_day(self) -> Option<Self> {
        let mut next = self.on(self.clock.date(), 1, self.second_of_day())?;
        match i64::from(next.clock.hour()) {
            0 => {}
            hour if hour > 12 => next = next.plus((24 - hour) * HOUR)?,
            hour => next = next.plus(-hour * HOUR)?,
        }
        if next.unix <= self.unix {
            // Zones that crossed the date line have left out a whole day (Pacific/Apia, 30 December 2011); the
            // controller would search for ever there.
            next = self.plus(DAY)?;
        }
        Some(next)
    }
}
