//! A simple lexer that finds the strings and comments of a program. It is iterative, and its work is linear in the
//! text.

use std::ops::Range;

use super::language::Literal;

/// A string or a comment in a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Region {
    /// The byte range of a comment.
    Comment(Range<usize>),
    /// A string, or a part of one between two interpolated expressions.
    Text(StringToken),
}

/// A string, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StringToken {
    /// The byte range with prefix and quotes.
    pub(super) outer: Range<usize>,
    /// The byte range without them.
    pub(super) inner: Range<usize>,
    /// The index of its kind in the language's strings.
    pub(super) kind: usize,
    /// Whether it is the whole string, without interpolated expressions.
    pub(super) is_whole: bool,
}

/// What the current position is inside of.
enum Open {
    /// A string: the offsets of its prefix, of its text, and of the text since the last expression; and its kind.
    Text { outer: usize, inner: usize, from: usize, kind: usize },
    /// An interpolated expression, with the number of open brackets.
    Expression(usize),
}

/// The strings and comments of a program, sorted by their ends.
pub(super) fn regions(text: &[u8], literal: &Literal) -> Vec<Region> {
    let mut lexer = Lexer { text, literal, at: 0, open: Vec::new(), found: Vec::new() };
    while lexer.at < text.len() {
        match lexer.open.last() {
            Some(&Open::Text { outer, inner, from, kind }) => lexer.in_text(outer, inner, from, kind),
            _ => lexer.in_code(),
        }
    }
    lexer.found
}

struct Lexer<'a> {
    text: &'a [u8],
    literal: &'a Literal,
    at: usize,
    open: Vec<Open>,
    found: Vec<Region>,
}

impl Lexer<'_> {
    fn starts(&self, word: &str) -> bool {
        self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()))
    }

    fn in_text(&mut self, outer: usize, inner: usize, from: usize, kind: usize) {
        let quote = self.literal.strings[kind];
        let byte = self.text[self.at];
        if quote.escapes && byte == b'\\' && !quote.interpolation.is_some_and(|(opens, _)| self.starts(opens)) {
            self.at += 2;
        } else if self.starts(quote.close) {
            let text = from..self.at;
            self.at += quote.close.len();
            let is_whole = from == inner;
            let outer = if is_whole { outer..self.at } else { text.clone() };
            self.found.push(Region::Text(StringToken { outer, inner: text, kind, is_whole }));
            self.open.pop();
        } else if let Some((opens, _)) = quote.interpolation.filter(|(opens, _)| self.starts(opens)) {
            let part = from..self.at;
            self.found.push(Region::Text(StringToken { outer: part.clone(), inner: part, kind, is_whole: false }));
            self.at += opens.len();
            self.open.push(Open::Expression(1));
        } else if byte == b'\n' && !quote.multiline {
            // It was not a string, or the program has a syntax error.
            self.open.pop();
        } else {
            self.at += 1;
        }
    }

    fn in_code(&mut self) {
        let literal = self.literal;
        if literal.line_comments.iter().any(|opens| self.starts(opens)) {
            let end = memchr::memchr(b'\n', &self.text[self.at..]).map_or(self.text.len(), |length| self.at + length);
            self.found.push(Region::Comment(self.at..end));
            self.at = end;
            return;
        }
        if let Some((_, closes)) = literal.block_comment.filter(|(opens, _)| self.starts(opens)) {
            let rest = &self.text[self.at + 2..];
            let length = memchr::memmem::find(rest, closes.as_bytes()).map(|length| length + closes.len());
            let end = length.map_or(self.text.len(), |length| self.at + 2 + length);
            self.found.push(Region::Comment(self.at..end));
            self.at = end;
            return;
        }
        let byte = self.text[self.at];
        if byte == b'\'' && self.is_character() {
            self.at += if self.text.get(self.at + 1) == Some(&b'\\') { 4 } else { 3 };
            return;
        }
        if byte == b'/' && self.is_pattern() {
            return self.pattern();
        }
        if let Some(kind) = literal.strings.iter().position(|quote| self.starts(quote.open)) {
            let outer = self.at - self.prefix();
            self.at += literal.strings[kind].open.len();
            self.open.push(Open::Text { outer, inner: self.at, from: self.at, kind });
            return;
        }
        self.at += 1;
        match (self.open.last_mut(), byte) {
            (Some(Open::Expression(depth)), b'{' | b'(') => *depth += 1,
            (Some(Open::Expression(depth)), b'}' | b')') => {
                *depth -= 1;
                if *depth == 0 {
                    self.open.pop();
                    if let Some(Open::Text { from, .. }) = self.open.last_mut() {
                        *from = self.at;
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether this is a character literal as in Rust (`'a'`), where `'` does not start a string.
    fn is_character(&self) -> bool {
        let rest = &self.text[self.at..];
        let opens_string = self.literal.strings.iter().any(|quote| quote.open == "'");
        !opens_string && (rest.get(2) == Some(&b'\'') || rest.get(1) == Some(&b'\\') && rest.get(3) == Some(&b'\''))
    }

    /// Whether this is a JavaScript regex `/…/`, in which quotes have no meaning: it comes where a value is possible,
    /// not an operator.
    fn is_pattern(&self) -> bool {
        let is_script = self.literal.strings.iter().any(|quote| quote.open == "`" && quote.interpolation.is_some());
        if !is_script {
            return false;
        }
        let before = self.text[..self.at].trim_ascii_end();
        match before.last() {
            None => true,
            Some(byte) if b"(,=:[!&|?{};+-*%~^<>".contains(byte) => true,
            Some(_) => ["return", "typeof", "case", "in", "of"].iter().any(|word| {
                before.strip_suffix(word.as_bytes()).is_some_and(|rest| !rest.last().is_some_and(|b| is_word(*b)))
            }),
        }
    }

    fn pattern(&mut self) {
        let start = self.at;
        let mut in_class = false;
        self.at += 1;
        while let Some(&byte) = self.text.get(self.at) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            match byte {
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => return,
                b'\n' => {
                    // It was a division.
                    self.at = start + 1;
                    return;
                }
                _ => {}
            }
        }
    }

    /// The length of the string prefix before the quote.
    fn prefix(&self) -> usize {
        let before = &self.text[..self.at];
        let word = before.iter().rev().take(3).take_while(|byte| is_word(**byte) || b"$@".contains(byte)).count();
        let found = self.literal.prefixes.iter().find(|prefix| {
            word == prefix.len() && before[before.len() - word..].eq_ignore_ascii_case(prefix.as_bytes())
        });
        found.map_or(0, |prefix| prefix.len())
    }
}

/// Whether a byte can be part of a name.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice as _;

    use super::{Region, regions};
    use crate::fix::language;

    fn shown(extension: &str, text: &str) -> Vec<String> {
        let literal = language::of(extension.as_bytes()).and_then(|language| language.literal.as_ref()).unwrap();
        let show = |region| match region {
            Region::Comment(at) => format!("#{}", text.as_bytes()[at].as_bstr()),
            Region::Text(found) => {
                let mark = if found.is_whole { "" } else { "~" };
                format!("{mark}{}|{}", text.as_bytes()[found.outer].as_bstr(), text.as_bytes()[found.inner].as_bstr())
            }
        };
        regions(text.as_bytes(), literal).into_iter().map(show).collect()
    }

    #[test]
    fn strings_and_comments_are_told_apart() {
        for (extension, text, expected) in [
            (
                "py",
                "a = b'x' # 'c'\ns = '''q\"\n'q''' + \"\\\"\"",
                &["b'x'|x", "## 'c'", "'''q\"\n'q'''|q\"\n'q", "\"\\\"\"|\\\""][..],
            ),
            ("py", "print(bar'x')", &["'x'|x"]),
            ("js", "x = `a${f('b', {})}c` // d", &["~a|a", "'b'|b", "~c|c", "#// d"]),
            ("js", "r = /'[/']/; s = 'x' / 2", &["'x'|x"]),
            ("rs", "let c: &'a str = '\"'; r#\"a\"b\"#", &["r#\"a\"b\"#|a\"b"]),
            ("go", "/* \" */ `a\\` \"b\"", &["#/* \" */", "`a\\`|a\\", "\"b\"|b"]),
            ("rb", "\"a#{h[\"k\"]}b\"", &["~a|a", "\"k\"|k", "~b|b"]),
            ("java", "char c = '\"'; String s = \"x\";", &["'\"'|\"", "\"x\"|x"]),
            ("js", "it's\n'x'", &["'x'|x"]),
        ] {
            assert_eq!(shown(extension, text), expected.to_vec(), "{text}");
        }
    }
}
