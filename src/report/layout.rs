//! Text layout by display width in a terminal, not by bytes: cutting, padding and wrapping.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The start of a text, cut to at most `width` columns.
pub(super) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used + 1 > width {
            break;
        }
        shown.push(c);
    }
    shown.push('…');
    shown
}

/// The end of a text, cut to at most `width` columns (the end of a path is the most informative part).
pub(super) fn fit_end(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept: Vec<char> = Vec::new();
    let mut used = 0;
    for c in text.chars().rev() {
        used += c.width().unwrap_or(0);
        if used + 1 > width {
            break;
        }
        kept.push(c);
    }
    std::iter::once('…').chain(kept.into_iter().rev()).collect()
}

/// Pads a text with spaces to `width` columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    let mut text = text.to_owned();
    let missing = width.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// Wraps text into lines of at most `width` columns, and indents all but the first. Longer words are divided.
pub(super) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let width = width.max(indent + 10);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let mut is_empty = true;
    let mut next = |line: &mut String, used: &mut usize, is_empty: &mut bool| {
        lines.push(std::mem::replace(line, " ".repeat(indent)));
        (*used, *is_empty) = (indent, true);
    };
    for word in text.split(' ') {
        let wide = word.width();
        let gap = usize::from(!is_empty);
        if !is_empty && used + gap + wide > width {
            next(&mut line, &mut used, &mut is_empty);
        } else if !is_empty {
            line.push(' ');
            used += 1;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > width {
                next(&mut line, &mut used, &mut is_empty);
            }
            line.push(c);
            used += wide;
        }
        is_empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_wider_than_asked_for() {
        let long = "鍵 in a/very/long/path/that/does/not/end.py and some words after it, even 鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵";
        for width in [14, 20, 33, 80, 200] {
            assert!(fit(long, width).width() <= width);
            assert!(fit_end(long, width).width() <= width);
            let lines = wrap(long, width, 4);
            assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:?}");
            let words: String = lines.concat().split_whitespace().collect();
            assert_eq!(words, long.split_whitespace().collect::<String>(), "nothing is lost");
        }
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit_end("abcdef", 4), "…def");
        assert_eq!(pad("鍵", 4), "鍵  ");
    }
}
