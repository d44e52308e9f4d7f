//! When a request is sent again, and when not.
//!
//! Everything that is sent may be repeated: it reads, or asks what a write would do. The pauses double and hold no
//! chance, so that a run can be repeated; who asks are people and pipelines, not a thousand pods at once.

use std::time::Duration;

use http::HeaderValue;
use jiff::Timestamp;

/// How many times one request is sent at most.
pub(super) const ATTEMPTS: usize = 5;

/// How many times at most if the API server itself answers 500. It says so for what it has no other word for: an object
/// that does not fit its kind (apimachinery, `managedfields/internal/structuredmerge.go`), where it stays so, and a store
/// that was slow, where it does not.
const ATTEMPTS_AT_A_FAULT: usize = 2;

/// The pause after the first attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause that is told apart from another: more than any request may take, and no sum with it overflows.
const LONGEST_PAUSE: Duration = Duration::from_hours(7 * 24);

/// Returns whether the same request may be answered otherwise soon.
fn is_passing(status: u16) -> bool {
    // 501 and 505 say that the server will never know how.
    matches!(status, 429 | 500 | 502..=504 | 506..=599)
}

/// Returns how many times at most a request is sent that was answered so; `is_word` says that the API server itself spoke.
pub(super) fn attempts(status: u16, is_word: bool) -> usize {
    match status {
        500 if is_word => ATTEMPTS_AT_A_FAULT,
        status if is_passing(status) => ATTEMPTS,
        _ => 1,
    }
}

/// Returns how long to wait after an attempt, counted from one.
pub(super) fn pause(attempt: usize, asked_for: Option<Duration>) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    let own = FIRST_PAUSE * 2_u32.pow(doublings);
    asked_for.map_or(own, |asked_for| asked_for.max(own))
}

/// Returns how long the server asks to wait: seconds or a date, at most [`LONGEST_PAUSE`]; `None` if it is neither.
pub(super) fn retry_after(header: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let text = header.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds).min(LONGEST_PAUSE));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default().min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;
    use jiff::Timestamp;

    use super::{ATTEMPTS, attempts, is_passing, pause, retry_after};

    #[test]
    fn pauses_double_and_heed_the_server() {
        let own: Vec<u128> = (1..ATTEMPTS).map(|attempt| pause(attempt, None).as_millis()).collect();
        assert_eq!(own, [200, 400, 800, 1600]);
        let second = Some(Duration::from_secs(1));
        let asked: Vec<u128> = (1..ATTEMPTS).map(|attempt| pause(attempt, second).as_millis()).collect();
        assert_eq!(asked, [1000, 1000, 1000, 1600]);
        assert_eq!(pause(usize::MAX, None), pause(17, None), "no overflow");
    }

    #[test]
    fn the_server_asks_in_seconds_or_by_a_date() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        for (header, expected) in [
            ("1", Some(1)),
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Fri, 02 Jan 2026 03:04:35 GMT", Some(30)),
            ("Fri, 02 Jan 2026 03:04:00 GMT", Some(0)),
            ("18446744073709551615", Some(7 * 24 * 60 * 60)),
            ("Fri, 02 Jan 9998 03:04:05 GMT", Some(7 * 24 * 60 * 60)),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ] {
            let found = retry_after(&HeaderValue::from_static(header), now);
            assert_eq!(found, expected.map(Duration::from_secs), "{header}");
        }
    }

    #[test]
    fn what_will_never_be_otherwise_is_not_repeated() {
        let passing: Vec<u16> = (100..600).filter(|status| is_passing(*status)).collect();
        let never: Vec<u16> = (500..600).filter(|status| !is_passing(*status)).collect();
        assert_eq!((passing[0], passing.len(), never), (429, 99, vec![501, 505]));
        assert_eq!([(500, true), (500, false), (503, true), (404, true)].map(|(s, w)| attempts(s, w)), [2, 5, 5, 1]);
    }
}
