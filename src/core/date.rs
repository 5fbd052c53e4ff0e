//! Calendar days, as far as `until=2027-01-31` needs them.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `2027-01-31`; `None` if it is no day of the calendar.
    ///
    /// ```
    /// # use keysweep::core::date::Date;
    /// assert!(Date::parse("2028-02-29").is_some());
    /// assert!(Date::parse("2027-02-29").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        let number = |range: std::ops::Range<usize>| {
            let digits = &bytes[range];
            let valid = digits.iter().all(u8::is_ascii_digit);
            valid.then(|| digits.iter().fold(0_u16, |n, d| n * 10 + u16::from(d - b'0')))
        };
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let last = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let fits = (1..=last).contains(&day);
        fits.then_some(Self { year, month: month as u8, day: day as u8 })
    }

    /// The day in UTC: `KEYSWEEP_TODAY` if it holds one (so that a run can be repeated), else the system's clock.
    pub fn today() -> Self {
        let given = std::env::var("KEYSWEEP_TODAY").ok().and_then(|text| Self::parse(&text));
        given.unwrap_or_else(|| {
            let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs());
            Self::from_days(seconds / 86_400)
        })
    }

    /// The day so many days after 1970-01-01, by counting years and months.
    fn from_days(days: u64) -> Self {
        // Era arithmetic of 400 years with years that start in March, so that the leap day is a year's last.
        let shifted = days + 719_468;
        let era = shifted / 146_097;
        let of_era = shifted % 146_097;
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        Self { year: year.min(9999) as u16, month: month as u8, day: day as u8 }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn days_since_1970_are_the_calendar_s() {
        for (days, date) in [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_848, "2027-01-30")] {
            assert_eq!(Date::from_days(days).to_string(), date);
        }
        let mut days = 0;
        let mut previous = Date::from_days(0);
        while days < 100_000 {
            days += 1;
            let next = Date::from_days(days);
            assert!(previous < next, "{previous} before {next}");
            assert_eq!(Date::parse(&next.to_string()), Some(next));
            previous = next;
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["", "2027-1-31", "2027-13-01", "2027-00-10", "2027-04-31", "27-01-31", "2027-01-31 ", "２027-01-1"]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }
}
