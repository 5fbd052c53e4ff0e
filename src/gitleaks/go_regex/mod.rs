//! Translates Go's regex syntax (RE2) to that of the `regex` crate, so that imported rules match the same text as in
//! Go.
//!
//! Most of the syntax is the same. The differences: Go's `\w`, `\d`, `\s` and `\b` are ASCII, and `\s` has no
//! vertical tab; a `{` that starts no count is a literal; `[`, `&` and `~` are literals in a class; `\<` is a
//! literal; there are octal escapes and `\Q...\E`. In Go a negated class and a dot match characters, not bytes.

mod class;

/// Translates a Go pattern for use without Unicode mode. The error says what is not valid in Go, or not supported
/// here.
pub fn translate(pattern: &str) -> Result<String, String> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut reader = GoRegexReader { chars: &chars, at: 0, out: String::with_capacity(pattern.len() + 16) };
    while let Some(c) = reader.next() {
        reader.item(c)?;
    }
    Ok(reader.out)
}

/// Reads a Go pattern and writes its translation.
struct GoRegexReader<'a> {
    chars: &'a [char],
    at: usize,
    out: String,
}

/// What an element of a class, or an escape, stands for.
enum ClassPart {
    Char(char),
    /// The inside of a class of ASCII characters.
    Set(&'static str),
    /// The complement of such a class.
    NotSet(&'static str),
    /// A Unicode property: `\pL`, `\P{Greek}`.
    Property(String),
}

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\t\n\x0C\r\x20";

impl GoRegexReader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = text.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c));
        if found {
            self.at += text.chars().count();
        }
        found
    }

    fn bad(&self, why: &str) -> String {
        format!("{why} (at character {})", self.at)
    }

    fn item(&mut self, c: char) -> Result<(), String> {
        match c {
            '\\' => self.escape(),
            '[' => self.class(),
            '.' => {
                // Matching bytes or characters is the same if the part is repeated without limit, and bytes are
                // faster.
                let text = if self.is_free() { "." } else { "(?u:.)" };
                self.out.push_str(text);
                Ok(())
            }
            '(' => self.group(),
            '{' => {
                if !self.count() {
                    self.out.push_str("\\{");
                }
                Ok(())
            }
            '}' | ']' | '&' | '~' | '-' | '#' | ' ' => {
                self.literal(c);
                Ok(())
            }
            c => {
                self.out.push(c);
                Ok(())
            }
        }
    }

    /// Whether the part that was just read is repeated without limit.
    fn is_free(&self) -> bool {
        matches!(self.peek(), Some('*' | '+'))
    }

    /// The start of a group. Flags and names are the same in Go and Rust; the other forms do not exist in Go.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if !self.eat("?") {
            return Ok(());
        }
        self.out.push('?');
        if matches!(self.peek(), Some('=' | '!'))
            || self.chars[self.at..].starts_with(&['<', '='])
            || self.chars[self.at..].starts_with(&['<', '!'])
        {
            return Err(self.bad("look-around, which neither Go nor keysweep has"));
        }
        if self.eat("P<") || self.eat("<") {
            self.out.push_str("P<");
            return Ok(());
        }
        while let Some(c) = self.next() {
            match c {
                'i' | 'm' | 's' | 'U' | '-' => self.out.push(c),
                ':' | ')' => {
                    self.out.push(c);
                    return Ok(());
                }
                _ => return Err(self.bad("a group that Go does not know")),
            }
        }
        Err(self.bad("a group is not closed"))
    }

    /// A count after `{`: `2}`, `2,}` or `2,5}`. Anything else is plain text in Go.
    fn count(&mut self) -> bool {
        let rest: String = self.chars[self.at..].iter().take_while(|c| **c != '}').collect();
        let closed = self.chars.get(self.at + rest.chars().count()) == Some(&'}');
        let number = |text: &str| !text.is_empty() && text.len() < 6 && text.bytes().all(|b| b.is_ascii_digit());
        let holds = match rest.split_once(',') {
            None => number(&rest),
            Some((least, most)) => number(least) && (most.is_empty() || number(most)),
        };
        if !closed || !holds {
            return false;
        }
        self.out.push('{');
        self.out.push_str(&rest);
        self.out.push('}');
        self.at += rest.chars().count() + 1;
        true
    }

    fn escape(&mut self) -> Result<(), String> {
        match self.peek() {
            Some('Q') => {
                self.at += 1;
                while self.at < self.chars.len() && !self.eat("\\E") {
                    let c = self.chars[self.at];
                    self.at += 1;
                    self.literal(c);
                }
                return Ok(());
            }
            // In RE2 a `\E` without `\Q` means nothing.
            Some('E') => {
                self.at += 1;
                return Ok(());
            }
            Some(c @ ('b' | 'B' | 'A' | 'z')) => {
                self.at += 1;
                self.out.push('\\');
                self.out.push(c);
                return Ok(());
            }
            _ => {}
        }
        match self.escaped()? {
            ClassPart::Char(c) => self.literal(c),
            ClassPart::Set(set) => self.out.push_str(&format!("[{set}]")),
            ClassPart::NotSet(set) if self.is_free() => self.out.push_str(&format!("[^{set}]")),
            ClassPart::NotSet(set) => self.out.push_str(&format!("(?u:[^{set}])")),
            ClassPart::Property(name) => self.out.push_str(&format!("(?u:{name})")),
        }
        Ok(())
    }

    /// The meaning of the characters after a backslash, inside or outside of a class.
    fn escaped(&mut self) -> Result<ClassPart, String> {
        let Some(c) = self.next() else { return Err(self.bad("a backslash at the end")) };
        Ok(match c {
            'd' => ClassPart::Set(DIGIT),
            'D' => ClassPart::NotSet(DIGIT),
            'w' => ClassPart::Set(WORD),
            'W' => ClassPart::NotSet(WORD),
            's' => ClassPart::Set(SPACE),
            'S' => ClassPart::NotSet(SPACE),
            'a' => ClassPart::Char('\x07'),
            'f' => ClassPart::Char('\x0c'),
            'n' => ClassPart::Char('\n'),
            'r' => ClassPart::Char('\r'),
            't' => ClassPart::Char('\t'),
            'v' => ClassPart::Char('\x0b'),
            'x' => ClassPart::Char(self.hex()?),
            'p' | 'P' => ClassPart::Property(self.property(c)?),
            '0' => ClassPart::Char(self.octal(c)),
            '1'..='7' if self.peek().is_some_and(|next| ('0'..='7').contains(&next)) => ClassPart::Char(self.octal(c)),
            '1'..='9' => return Err(self.bad("a back-reference, which neither Go nor keysweep has")),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => ClassPart::Char(c),
            _ => return Err(self.bad(&format!("\\{c}, which Go does not know"))),
        })
    }

    fn hex(&mut self) -> Result<char, String> {
        let digits: String = if self.eat("{") {
            let digits: String = self.chars[self.at..].iter().take_while(|c| **c != '}').collect();
            self.at += digits.chars().count() + 1;
            digits
        } else {
            let digits: String = self.chars[self.at..].iter().take(2).collect();
            self.at += digits.chars().count();
            digits
        };
        let value = u32::from_str_radix(&digits, 16).ok().filter(|_| !digits.starts_with('+'));
        value.and_then(char::from_u32).ok_or_else(|| self.bad("\\x needs a character's number in hexadecimal"))
    }

    fn octal(&mut self, first: char) -> char {
        let mut value = first.to_digit(8).unwrap_or_default();
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
            value = value * 8 + digit;
            self.at += 1;
        }
        char::from_u32(value).unwrap_or('\0')
    }

    fn property(&mut self, kind: char) -> Result<String, String> {
        if self.eat("{") {
            let name: String = self.chars[self.at..].iter().take_while(|c| **c != '}').collect();
            self.at += name.chars().count();
            return if self.eat("}") { Ok(format!("\\{kind}{{{name}}}")) } else { Err(self.bad("\\p{ is not closed")) };
        }
        let Some(name) = self.next() else { return Err(self.bad("\\p needs a name")) };
        Ok(format!("\\{kind}{name}"))
    }

    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
    }
}

/// Writes a literal character, escaped for use inside or outside of a class.
fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii() {
        out.push(c);
    } else {
        out.push_str(&format!("\\x{:02X}", c as u32));
    }
}

#[cfg(test)]
mod tests {
    use super::translate;
    use crate::rule::pattern::Pattern;

    /// Pattern, what it matches, what it does not: as Go's regexp package answers.
    #[test]
    fn matches_as_go_does() {
        let table: &[(&str, &[&str], &[&str])] = &[
            (r"^a{,5}$", &["a{,5}"], &["aaa", ""]),
            (r"^\$(?:\d+|{\d+})$", &["$12", "${12}"], &["$", "${}"]),
            (r"^\w$", &["a", "_"], &["é", "ß"]),
            (r"^\s$", &[" ", "\t", "\x0c"], &["\x0b", "\u{a0}"]),
            (r"^[\s]$", &["\n"], &["\x0b"]),
            (r"^.$", &["a", "é", "€"], &["\n", "ab"]),
            (r"^[^x]$", &["a", "é", "\n"], &["x", "ab"]),
            (r"^[^x]{2}$", &["éé", "ab"], &["é"]),
            (r"^[a[&&~]$", &["[", "&", "~", "a"], &["b"]),
            (r"^[\w .-/]+$", &["a./", "a b"], &["a,"]),
            (r"^[]a]+$", &["]a"], &["["]),
            (r"^\Qa.b\E+$", &["a.b", "a.bb"], &["axb"]),
            (r"^\Qa.b*$", &[], &["a.b"]),
            (r"\<a\>", &["<a>"], &["a"]),
            (r"^\pN$", &["1", "²"], &["a"]),
            (r"^[\pN_]$", &["²", "_"], &["a"]),
            (r"^\p{Greek}$", &["α"], &["a"]),
            (r"^\x60\x{1F600}\101$", &["`😀A"], &["`"]),
            (r"^(?i)key(?-i)X$", &["KEYX", "keyX"], &["keyx"]),
            (r"^(?P<name>a)(?:b)(?i:C)$", &["abc", "abC"], &["ABC"]),
            (r"^[[:alpha:]_]+$", &["ab_"], &["1"]),
            (r"^a\z", &["a"], &["a\n"]),
            (r"a$", &["a"], &["a\n"]),
            (r"(?m)a$", &["a\nb"], &["ab"]),
            (r"(?s)^a.b$", &["a\nb"], &["ab"]),
            (r"\bx\b", &["-x-", "éx"], &["xy"]),
            (r"^%[+\-# 0]?[bcd]$", &["%#b", "% c", "%-d"], &["%%b"]),
            (r"^a}$", &["a}"], &["a"]),
            (r"^[\W_]$", &["_", "-", "é"], &["a"]),
        ];
        for (pattern, good, bad) in table {
            let rust = translate(pattern).unwrap_or_else(|why| panic!("{pattern}: {why}"));
            let regex = Pattern::ascii(&rust).unwrap_or_else(|why| panic!("{pattern} as {rust}: {why}")).0;
            for text in *good {
                assert!(regex.is_match(text.as_bytes()), "{pattern} as {rust} matches {text:?}");
            }
            for text in *bad {
                assert!(!regex.is_match(text.as_bytes()), "{pattern} as {rust} does not match {text:?}");
            }
        }
    }

    #[test]
    fn what_go_does_not_have_is_refused() {
        for pattern in [
            r"(?=a)", r"(?!a)", r"(?<=a)b", r"(?<!a)b", r"(a)\1", r"\Z", r"[a", r"\xZZ", r"[b-a]", r"(?x)a", r"\p{",
            r"\", r"(?",
        ] {
            assert!(translate(pattern).is_err(), "{pattern}");
        }
    }
}
