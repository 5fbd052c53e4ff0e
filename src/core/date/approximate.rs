//! Dates as git reads them in `main@{yesterday}`: unlike `--since` here, a day without a time of day means that day at
//! the present time of day. A word that git would silently ignore is refused.

use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, Timestamp, ToSpan as _};

/// Parses such a date to seconds since 1970, relative to `now`; `None` if it is not understood.
pub fn approximate(text: &str, now: i64) -> Option<i64> {
    if let Some(exact) = super::exact(text) {
        return Some(exact);
    }
    let now = super::in_utc(Timestamp::from_second(now).ok()?);
    let mut date = Approximation { now, year: None, month: None, day: None, time: now.time(), number: None };
    let text = text.to_ascii_lowercase();
    let is_filler = |word: &&str| matches!(*word, "" | "ago" | "at" | "on" | "the" | "of");
    let words: Vec<&str> = text.split(['.', ',', ' ', '\t', '\n']).filter(|word| !is_filler(word)).collect();
    if words.is_empty() {
        return None;
    }
    for word in words {
        date.word(word)?;
    }
    date.keep_number()?;
    super::seconds(date.moved_back(Span::new())?)
}

/// A date that is known in parts; what is missing is taken from `now`.
struct Approximation {
    now: DateTime,
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    time: Time,
    /// A number whose meaning the next word decides.
    number: Option<i32>,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const NUMBERS: [&str; 10] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

impl Approximation {
    fn word(&mut self, word: &str) -> Option<()> {
        let is_start = |of: &&str| word.len() >= 3 && of.starts_with(word);
        let position = |of: &[&str]| of.iter().position(is_start);
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            self.keep_number()?;
            return self.digits(word);
        }
        if let Some(month) = position(&MONTHS) {
            self.month = i8::try_from(month + 1).ok();
            return Some(());
        }
        match word {
            "now" | "today" => return self.settle(Span::new()),
            "yesterday" => return self.settle(1.day()),
            "midnight" => return self.at_hour(0),
            "noon" => return self.at_hour(12),
            "tea" => return self.at_hour(17),
            "last" => {
                self.number = Some(1);
                return Some(());
            }
            _ => {}
        }
        if let Some(number) = NUMBERS.iter().position(|name| *name == word) {
            self.number = i32::try_from(number + 1).ok();
            return Some(());
        }
        let number = self.number.take()?;
        if let Some(weekday) = position(&WEEKDAYS) {
            let today = i32::from(self.now.weekday().to_sunday_zero_offset());
            let back = today - i32::try_from(weekday).ok()?;
            let weeks = if back <= 0 { number } else { number - 1 };
            return self.settle(Span::new().try_days(back + 7 * weeks).ok()?);
        }
        let span = Span::new();
        let span = match word.strip_suffix('s').unwrap_or(word) {
            "second" => span.try_seconds(number),
            "minute" => span.try_minutes(number),
            "hour" => span.try_hours(number),
            "day" => span.try_days(number),
            "week" => span.try_weeks(number),
            "month" => span.try_months(number),
            "year" => span.try_years(number),
            _ => return None,
        };
        self.settle(span.ok()?)
    }

    /// Reads `10:30`, `2024-01-31`, `2024/01/31` or a plain number.
    fn digits(&mut self, word: &str) -> Option<()> {
        if word.contains(':') {
            self.time = word.parse().ok()?;
        } else if word.contains(['-', '/']) {
            let date: Date = word.replace('/', "-").parse().ok()?;
            (self.year, self.month, self.day) = (Some(date.year()), Some(date.month()), Some(date.day()));
        } else {
            self.number = Some(word.parse().ok()?);
        }
        Some(())
    }

    /// Takes a number that no unit follows as the day of the month or as the year.
    fn keep_number(&mut self) -> Option<()> {
        let Some(number) = self.number.take() else { return Some(()) };
        if self.day.is_none() && (1..32).contains(&number) {
            self.day = Some(i8::try_from(number).ok()?);
        } else if self.year.is_none() && (1970..2100).contains(&number) {
            self.year = Some(i16::try_from(number).ok()?);
        } else {
            return None;
        }
        Some(())
    }

    /// The last time that it was so late.
    fn at_hour(&mut self, hour: i8) -> Option<()> {
        self.keep_number()?;
        let back = if self.time.hour() < hour { 1.day() } else { Span::new() };
        self.settle(back)?;
        self.time = Time::new(hour, 0, 0, 0).ok()?;
        Some(())
    }

    /// The date, moved back by a span. As in git, a day that the month does not have is in the next month.
    fn moved_back(&self, span: Span) -> Option<DateTime> {
        let month = self.month.unwrap_or(self.now.month());
        let this_year = self.now.year() - i16::from(self.month.is_some() && month > self.now.month());
        let first = Date::new(self.year.unwrap_or(this_year), month, 1).ok()?;
        let months = Span::new().try_months(span.get_months()).ok()?.try_years(span.get_years()).ok()?;
        let rest = span.try_months(0).ok()?.try_years(0).ok()?;
        let day = self.day.unwrap_or(self.now.day());
        let date = first.checked_sub(months).ok()?.checked_add((day - 1).days()).ok()?;
        date.to_datetime(self.time).checked_sub(rest).ok()
    }

    fn settle(&mut self, back: Span) -> Option<()> {
        let date = self.moved_back(back)?;
        (self.year, self.month, self.day) = (Some(date.year()), Some(date.month()), Some(date.day()));
        self.time = date.time();
        Some(())
    }
}
