//! Which days, hours and minutes a calendar matches, and how close two fires come.

use jiff::civil::{Date, Weekday};

use super::Calendar;

/// The days of the months, in a leap year.
const LONGEST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn has(set: u64, value: impl Into<i64>) -> bool {
    u32::try_from(value.into()).ok().and_then(|value| set.checked_shr(value)).is_some_and(|rest| rest & 1 == 1)
}

impl Calendar {
    pub(super) fn has_minute(&self, minute: i8) -> bool {
        has(self.minutes, minute)
    }

    pub(super) fn has_hour(&self, hour: i8) -> bool {
        has(self.hours, hour)
    }

    pub(super) fn has_month(&self, date: Date) -> bool {
        has(self.months, date.month())
    }

    /// Whether the day fields match: either of them where both are restricted, else both.
    pub(super) fn has_day(&self, date: Date) -> bool {
        self.day_matches(date.day(), date.weekday())
    }

    fn day_matches(&self, day: i8, weekday: Weekday) -> bool {
        let of_month = has(self.days, day);
        let of_week = has(self.weekdays, weekday.to_sunday_zero_offset());
        if self.either_day { of_month || of_week } else { of_month && of_week }
    }

    /// Whether no date at all matches.
    pub(super) fn never_fires(&self) -> bool {
        if self.minutes == 0 || self.hours == 0 || self.months == 0 {
            return true;
        }
        // Each date of a year falls on each weekday at some time, so a weekday is found as soon as any is asked for.
        let weekday = self.weekdays != 0;
        let date = (1..=12_u8)
            .zip(LONGEST)
            .any(|(month, days)| has(self.months, month) && (1..=days).any(|day| has(self.days, day)));
        if self.either_day { !(date || weekday) } else { !(date && weekday) }
    }

    /// The shortest time between two fires in seconds, on a clock that never changes.
    pub(super) fn shortest_interval(&self) -> Option<i64> {
        let mut times = (0..24_i64)
            .filter(|hour| has(self.hours, *hour))
            .flat_map(|hour| (0..60).filter(|minute| has(self.minutes, *minute)).map(move |minute| hour * 60 + minute));
        let first = times.next()?;
        let (mut last, mut shortest) = (first, i64::MAX);
        for time in times {
            shortest = shortest.min(time - last);
            last = time;
        }
        let days = self.closest_days()?;
        Some(shortest.min(days * 24 * 60 - (last - first)) * 60)
    }

    /// The smallest distance of two days that match.
    ///
    /// Years begin on each weekday, before and after leap years, within 28 years; the four years that lie between two
    /// 29ths of February come on top.
    fn closest_days(&self) -> Option<i64> {
        let mut date = Date::constant(2001, 1, 1);
        let mut weekday = date.weekday();
        let (mut day_number, mut previous, mut closest) = (0_i64, None, None::<i64>);
        while date.year() < 2001 + 28 + 4 {
            if self.has_month(date)
                && self.day_matches(date.day(), weekday)
                && let Some(before) = previous.replace(day_number)
            {
                let distance = day_number - before;
                closest = Some(closest.map_or(distance, |closest| closest.min(distance)));
                if distance == 1 {
                    return closest;
                }
            }
            date = date.tomorrow().ok()?;
            weekday = weekday.next();
            day_number += 1;
        }
        closest
    }
}
