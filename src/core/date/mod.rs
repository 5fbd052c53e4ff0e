//! Calendar days (`until=2027-01-31`) and points in time as people write them (`--since '3 weeks ago'`). All are in
//! UTC, so they are the same on every machine.

mod approximate;

use std::fmt;

use jiff::civil::{self, DateTime};
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};

pub use approximate::approximate;

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// Reads `2027-01-31`; `None` if it is no day of the calendar.
    ///
    /// ```
    /// # use keysweep::core::date::Date;
    /// assert!(Date::parse("2028-02-29").is_some());
    /// assert!(Date::parse("2027-02-29").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        text.parse().ok().filter(|_| is_plain).map(Self)
    }

    /// Today in UTC: `KEYSWEEP_TODAY` if it holds a day (for reproducible runs), else by the system's clock.
    pub fn today() -> Self {
        let given = std::env::var("KEYSWEEP_TODAY").ok().and_then(|text| Self::parse(&text));
        given.unwrap_or_else(|| Self::of(Timestamp::now()))
    }

    /// The UTC day of a point in time.
    pub fn of(moment: Timestamp) -> Self {
        Self(in_utc(moment).date())
    }

    /// The UTC day of a time in seconds since 1970; 1970-01-01 if the calendar cannot represent it.
    pub fn of_seconds(seconds: u64) -> Self {
        Self::of(
            i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or_default(),
        )
    }
}

/// Formats seconds since 1970 as UTC without an offset: `2027-01-31T23:59:59`.
pub fn utc(seconds: i64) -> String {
    in_utc(Timestamp::from_second(seconds).unwrap_or_default()).to_string()
}

/// The time now, in seconds since 1970: `SOURCE_DATE_EPOCH` if it is set (for reproducible reports), else the
/// system's clock.
pub fn now() -> i64 {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| Timestamp::now().as_second())
}

/// The moment of an RFC 3339 date (`2027-01-31T23:59:59+01:00`) in seconds since 1970; `None` if it is none.
pub fn rfc3339(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

/// Formats seconds since 1970 in RFC 3339, at an offset from UTC in minutes.
pub fn at_offset(seconds: i64, minutes: i32) -> String {
    let latest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let moment = Timestamp::from_second(seconds).unwrap_or(latest);
    let offset = Offset::from_seconds(minutes.saturating_mul(60)).unwrap_or(Offset::UTC);
    strtime::format("%FT%T%:z", &moment.to_zoned(offset.to_time_zone())).unwrap_or_default()
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Parses a point in time to seconds since 1970; `None` if it is not understood. Accepts `2026-01-31`,
/// `2026-01-31T12:00:00+01:00`, `yesterday`, `3 weeks ago`, `1.day.ago`, `@1700000000`, and the format of `git log`.
/// Relative times count back from `now`; a day starts at midnight.
pub fn moment(text: &str, now: i64) -> Option<i64> {
    let text = text.trim();
    if let Some(exact) = exact(text) {
        return Some(exact);
    }
    let now = in_utc(Timestamp::from_second(now).ok()?);
    let midnight = |day: civil::Date| seconds(day.at(0, 0, 0, 0));
    match text.to_ascii_lowercase().as_str() {
        "now" => return seconds(now),
        "today" => return midnight(now.date()),
        // From the start of that day, so that the whole day is included.
        "yesterday" => return now.date().yesterday().ok().and_then(midnight),
        _ => {}
    }
    if let Ok(day) = text.parse::<civil::Date>() {
        return midnight(day);
    }
    seconds(now.checked_sub(relative(text)?.abs()).ok()?)
}

/// Parses a day with its time of day: `@1700000000`, ISO 8601, RFC 2822, and the format of `git log`.
fn exact(text: &str) -> Option<i64> {
    if let Some(seconds) = text.strip_prefix('@') {
        return seconds.parse().ok();
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_second());
    }
    if let Ok(time) = text.parse::<DateTime>() {
        return seconds(time).filter(|_| text.len() > 10);
    }
    let as_git = ["%a %b %d %H:%M:%S %Y %z", "%F %T %z"];
    let as_git = || as_git.iter().find_map(|form| strtime::parse(form, text).ok()?.to_timestamp().ok());
    let time = rfc2822::parse(text).ok().map(|time| time.timestamp()).or_else(as_git);
    time.map(Timestamp::as_second)
}

fn in_utc(moment: Timestamp) -> DateTime {
    moment.to_zoned(TimeZone::UTC).datetime()
}

fn seconds(time: DateTime) -> Option<i64> {
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// Parses a span of time: `3 weeks ago`, `a week ago`, `last month`.
fn relative(text: &str) -> Option<Span> {
    let words = text.split(|c: char| c == '.' || c.is_whitespace()).filter(|word| !word.is_empty());
    let number = |word| match word {
        "a" | "an" | "last" => "1",
        word => word,
    };
    words.map(number).collect::<Vec<_>>().join(" ").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_utc() {
        assert_eq!(utc(0), "1970-01-01T00:00:00");
        assert_eq!(utc(1_735_689_599), "2024-12-31T23:59:59");
    }

    #[test]
    fn times_are_written_with_their_offset() {
        for (seconds, minutes, expected) in [
            (0, 0, "1970-01-01T00:00:00+00:00"),
            (1_709_164_800, 60, "2024-02-29T01:00:00+01:00"),
            (1_709_164_800, -330, "2024-02-28T18:30:00-05:30"),
            (951_782_399, 0, "2000-02-28T23:59:59+00:00"),
            (-1, 0, "1969-12-31T23:59:59+00:00"),
            (i64::MAX, 0, "9999-12-30T22:00:00+00:00"),
            (i64::MIN, -1499, "-9999-01-01T01:00:59-24:59"),
        ] {
            assert_eq!(at_offset(seconds, minutes), expected);
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["", "2027-1-31", "2027-13-01", "2027-00-10", "2027-04-31", "27-01-31", "2027-01-31 ", "２027-01-1"]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert_eq!(Date::parse("2028-02-29").unwrap().to_string(), "2028-02-29");
    }

    #[test]
    fn moments_are_read_in_the_usual_forms() {
        const DAY: i64 = 86_400;
        for (text, expected) in [
            ("1970-01-02", Some(DAY)),
            ("2024-02-29", Some(1_709_164_800)),
            ("2024-02-29T01:00:00+01:00", Some(1_709_164_800)),
            ("2024-02-29 01:30", Some(1_709_170_200)),
            ("2024-02-29T01:30:00Z", Some(1_709_170_200)),
            ("Thu, 29 Feb 2024 01:30:00 +0000", Some(1_709_170_200)),
            ("Thu Feb 29 02:30:00 2024 +0100", Some(1_709_170_200)),
            ("2024-02-29 02:30:00 +0100", Some(1_709_170_200)),
            ("@12", Some(12)),
            ("2 weeks ago", Some(40 * DAY + 5 - 14 * DAY)),
            ("10 days", Some(30 * DAY + 5)),
            ("1.day.ago", Some(39 * DAY + 5)),
            ("a week ago", Some(33 * DAY + 5)),
            ("last month", Some(10 * DAY + 5 - DAY)),
            ("1 week 2 days ago", Some(31 * DAY + 5)),
            ("now", Some(40 * DAY + 5)),
            ("today", Some(40 * DAY)),
            ("Yesterday", Some(39 * DAY)),
            ("2024-13-01", None),
            ("2024-02", None),
            ("sometime", None),
            ("", None),
            ("99999999999999999 years ago", None),
        ] {
            assert_eq!(moment(text, 40 * DAY + 5), expected, "{text}");
        }
    }
}
