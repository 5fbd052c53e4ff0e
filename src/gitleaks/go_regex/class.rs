//! Classes of Go's regex syntax: `[a-z]`, `[^\d]`, `[[:alpha:]]`.

use super::{ClassPart, GoRegexReader, push_literal};

impl GoRegexReader<'_> {
    /// Translates a class after its bracket.
    pub(super) fn class(&mut self) -> Result<(), String> {
        let negated = self.eat("^");
        let mut inside = String::new();
        let mut is_unicode = negated;
        let mut first = true;
        loop {
            let Some(c) = self.next() else { return Err(self.bad("a class is not closed")) };
            if c == ']' && !first {
                break;
            }
            first = false;
            if c == '['
                && self.peek() == Some(':')
                && let Some(name) = self.posix()
            {
                inside.push_str(&name);
                continue;
            }
            let part = if c == '\\' { self.escaped()? } else { ClassPart::Char(c) };
            match part {
                ClassPart::Char(low) => {
                    let high = self.range_end()?.unwrap_or(low);
                    if high < low {
                        return Err(self.bad("a range that ends before it starts"));
                    }
                    is_unicode |= !high.is_ascii();
                    push_literal(&mut inside, low);
                    if high > low {
                        inside.push('-');
                        push_literal(&mut inside, high);
                    }
                }
                ClassPart::Set(set) => inside.push_str(set),
                ClassPart::NotSet(set) => {
                    is_unicode = true;
                    inside.push_str(&format!("[^{set}]"));
                }
                ClassPart::Property(name) => {
                    is_unicode = true;
                    inside.push_str(&name);
                }
            }
        }
        // A negated ASCII class that is repeated without limit matches the same over bytes.
        let bytes = !is_unicode
            || (negated
                && self.is_free()
                && inside.is_ascii()
                && !inside.contains("[^")
                && !inside.contains("\\p")
                && !inside.contains("\\P"));
        let caret = if negated { "^" } else { "" };
        self.out.push_str(&if bytes { format!("[{caret}{inside}]") } else { format!("(?u:[{caret}{inside}])") });
        Ok(())
    }

    /// The end of a range, if the start that was just read belongs to one.
    fn range_end(&mut self) -> Result<Option<char>, String> {
        let follows = self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
        if !follows {
            return Ok(None);
        }
        self.at += 1;
        match self.next() {
            Some('\\') => match self.escaped()? {
                ClassPart::Char(c) => Ok(Some(c)),
                ClassPart::Set(_) | ClassPart::NotSet(_) | ClassPart::Property(_) => {
                    Err(self.bad("a range needs characters at its ends"))
                }
            },
            other => Ok(other),
        }
    }

    /// A POSIX class after its bracket: `[:alpha:]`.
    fn posix(&mut self) -> Option<String> {
        let rest: String = self.chars[self.at..].iter().take(12).collect();
        let end = rest.find(":]")?;
        let name = rest.get(1..end)?;
        let known = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
            "word", "xdigit",
        ];
        if !known.contains(&name.trim_start_matches('^')) {
            return None;
        }
        self.at += rest.get(..end + 2)?.chars().count();
        Some(format!("[:{name}:]"))
    }
}
