//! Formats numbers for people.

/// Formats a count with its noun: `1 key`, `8,062 files`, `2 entries`.
pub fn counted(number: u64, noun: &str) -> String {
    let number_text = grouped(number);
    match noun.strip_suffix("ry") {
        _ if number == 1 => format!("{number_text} {noun}"),
        Some(stem) => format!("{number_text} {stem}ries"),
        None => format!("{number_text} {noun}s"),
    }
}

/// Formats a number with separators: `8,062`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a number of bytes: `81.2 MB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::{counted, grouped, size};

    #[test]
    fn numbers_for_people() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (81_234_567, "81,234,567")] {
            assert_eq!(grouped(number), text);
        }
        for (number, noun, text) in [
            (0, "key", "0 keys"),
            (1, "entry", "1 entry"),
            (1, "repository", "1 repository"),
            (2, "entry", "2 entries"),
        ] {
            assert_eq!(counted(number, noun), text);
        }
        for (bytes, text) in [(999, "999 B"), (1000, "1.0 kB"), (999_999, "1.0 MB"), (81_234_567, "81.2 MB")] {
            assert_eq!(size(bytes), text);
        }
    }
}
