//! Cron expressions: refused with a place, or computed with until the end of jiff's calendar.
#![no_main]

use chaosc::config::cron::Cron;
use jiff::Timestamp;
use jiff::civil::date;

const ZONE: &str = "Europe/Berlin";

libfuzzer_sys::fuzz_target!(|text: &str| {
    let cron = match Cron::parse(text) {
        Ok(cron) => cron,
        Err(error) => {
            assert!(text.get(error.span.clone()).is_some(), "{error:?}");
            assert!(!error.message.is_empty());
            if let Some(better) = error.suggestion {
                assert!(Cron::parse(&better).is_ok(), "the suggestion {better:?} is refused, too");
            }
            return;
        }
    };
    let starts = [
        date(2026, 3, 29).at(1, 59, 59, 0).in_tz(ZONE).expect("the zone is bundled"),
        date(2026, 10, 25).at(2, 30, 0, 0).in_tz(ZONE).expect("the zone is bundled"),
        Timestamp::MIN.in_tz(ZONE).expect("the zone is bundled"),
        Timestamp::MAX.in_tz(ZONE).expect("the zone is bundled"),
    ];
    for start in starts {
        let mut at = start;
        for _ in 0..3 {
            let Some(next) = cron.next(&at) else { break };
            assert!(next > at, "{next} is not after {at}");
            at = next;
        }
    }
    assert!(cron.shortest_interval().is_none_or(|interval| !interval.is_zero()));
    assert_eq!(cron.never_fires(), cron.shortest_interval().is_none());
});
