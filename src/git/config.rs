//! Parsing one configuration file of git, for settings of the repository itself (storage, remotes).
//!
//! It does not follow `include`. Git does not follow it either for settings of the storage, and in a scanned
//! repository it could name any file of this machine. Settings that also depend on the user's configuration (hooks,
//! names of remotes) are read by [`super::layered_config`].

use std::borrow::Cow;
use std::ops::Range;

use bstr::ByteSlice;

/// The text of a configuration file.
#[derive(Clone, Debug, Default)]
pub struct GitConfig {
    text: Vec<u8>,
}

/// One line `key = value`, or a section header, which has no key.
#[derive(Clone, Debug)]
pub struct ConfigEntry<'a> {
    /// The section as written: `remote` in `[remote "origin"]`.
    pub section: &'a [u8],
    /// The subsection: `origin`.
    pub subsection: Option<Cow<'a, [u8]>>,
    /// The key as written; `None` for a section header.
    pub key: Option<&'a [u8]>,
    /// The byte range of the value, or of a header's subsection, with quotes, escapes and a trailing comment.
    pub span: Range<usize>,
    /// The unparsed value; `None` for a key without `=`, which means `true`.
    raw: Option<&'a [u8]>,
}

impl GitConfig {
    /// A configuration with this text.
    pub fn new(text: Vec<u8>) -> Self {
        Self { text }
    }

    /// The file's text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// All settings and section headers, in order. Invalid lines are ignored.
    pub fn settings(&self) -> ConfigEntries<'_> {
        ConfigEntries { text: &self.text, at: 0, section: b"", subsection: None }
    }

    /// The last value of `section.key` (without a subsection).
    pub fn value(&self, section: &str, key: &str) -> Option<Vec<u8>> {
        let wanted = |setting: &ConfigEntry<'_>| setting.subsection.is_none() && setting.is(section, key);
        self.settings().filter(wanted).last().map(|setting| setting.value())
    }

    /// Whether the last value of `section.key` means true.
    pub fn is_true(&self, section: &str, key: &str) -> bool {
        self.value(section, key).is_some_and(|value| is_true(&value))
    }
}

/// Whether a value means true.
pub(super) fn is_true(value: &[u8]) -> bool {
    ["true", "yes", "on", "1"].iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

impl ConfigEntry<'_> {
    /// Whether this is `section.key`, in any subsection.
    pub fn is(&self, section: &str, key: &str) -> bool {
        self.section.eq_ignore_ascii_case(section.as_bytes())
            && self.key.is_some_and(|name| name.eq_ignore_ascii_case(key.as_bytes()))
    }

    /// The value without quotes, escapes and trailing comment.
    pub fn value(&self) -> Vec<u8> {
        let Some(raw) = self.raw else { return b"true".to_vec() };
        let mut value = Vec::new();
        let mut quoted = false;
        let mut kept = 0;
        let mut bytes = raw.trim_ascii_start().iter().copied();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => quoted = !quoted,
                b'#' | b';' if !quoted => break,
                b'\\' => match bytes.next() {
                    Some(b'\n') | None => continue,
                    Some(b'\r') if bytes.clone().next() == Some(b'\n') => drop(bytes.next()),
                    Some(b'n') => value.push(b'\n'),
                    Some(b't') => value.push(b'\t'),
                    Some(b'b') => value.push(8),
                    Some(other) => value.push(other),
                },
                byte => value.push(byte),
            }
            if quoted || !byte.is_ascii_whitespace() {
                kept = value.len();
            }
        }
        value.truncate(kept);
        value
    }
}

/// Iterates over the settings of a file.
#[derive(Clone, Debug)]
pub struct ConfigEntries<'a> {
    text: &'a [u8],
    at: usize,
    section: &'a [u8],
    subsection: Option<Cow<'a, [u8]>>,
}

impl<'a> Iterator for ConfigEntries<'a> {
    type Item = ConfigEntry<'a>;

    fn next(&mut self) -> Option<ConfigEntry<'a>> {
        while self.at < self.text.len() {
            let line_end = self.line_end(self.at);
            let line = &self.text[self.at..line_end];
            let start = self.at + (line.len() - line.trim_ascii_start().len());
            let found = match self.text.get(start).filter(|_| start < line_end) {
                Some(b'[') => self.header(start, line_end),
                Some(b'#' | b';') | None => {
                    self.at = line_end + 1;
                    None
                }
                Some(_) => self.setting(start),
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

impl<'a> ConfigEntries<'a> {
    fn line_end(&self, at: usize) -> usize {
        at + self.text[at..].find_byte(b'\n').unwrap_or(self.text.len() - at)
    }

    /// Parses `[section]`, `[section "subsection"]` or `[section.subsection]`. A setting may follow on the same line.
    fn header(&mut self, start: usize, line_end: usize) -> Option<ConfigEntry<'a>> {
        let body = &self.text[start + 1..line_end];
        let name = body.find_byteset(b"]\" \t").map_or(body, |end| &body[..end]);
        let quote = body.find_byte(b'"').filter(|&at| body[..at].find_byte(b']').is_none());
        let (close, span) = match quote {
            Some(quote) => {
                let mut end = quote + 1;
                while !matches!(body.get(end), None | Some(b'"')) {
                    end += if body[end] == b'\\' { 2 } else { 1 };
                }
                let end = end.min(body.len());
                self.subsection = Some(unescape(&body[quote + 1..end]));
                (body[end..].find_byte(b']').map(|at| end + at), start + 2 + quote..start + 1 + end)
            }
            None => (body.find_byte(b']'), start + 1 + name.len()..start + 1 + name.len()),
        };
        self.section = name;
        if quote.is_none() {
            self.subsection = None;
            if let Some((section, subsection)) = name.split_once_str(".") {
                (self.section, self.subsection) = (section, Some(Cow::Borrowed(subsection)));
            }
        }
        self.at = close.map_or(line_end + 1, |close| start + 2 + close);
        let (section, subsection) = (self.section, self.subsection.clone());
        Some(ConfigEntry { section, subsection, key: None, span, raw: Some(b"") })
    }

    /// Parses a key and its value, which continues on the next line if the line ends in `\`.
    fn setting(&mut self, start: usize) -> Option<ConfigEntry<'a>> {
        let mut end = self.line_end(start);
        let line = &self.text[start..end];
        let name_end = line.find_byteset(b"= \t\r#;").unwrap_or(line.len());
        let after = line[name_end..].trim_ascii_start();
        let value = match after.strip_prefix(b"=") {
            Some(value) => {
                let start = end - value.len();
                while is_continued(&self.text[start..end]) && end < self.text.len() {
                    end = self.line_end(end + 1);
                }
                Some(start)
            }
            None => None,
        };
        self.at = end + 1;
        let from = value.unwrap_or(end);
        Some(ConfigEntry {
            section: self.section,
            subsection: self.subsection.clone(),
            key: Some(&line[..name_end]),
            span: from..end,
            raw: value.map(|from| &self.text[from..end]),
        })
    }
}

/// Whether a value continues on the next line: it ends in a backslash that is not escaped.
fn is_continued(value: &[u8]) -> bool {
    let value = value.strip_suffix(b"\r").unwrap_or(value);
    value.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

fn unescape(name: &[u8]) -> Cow<'_, [u8]> {
    if !name.contains(&b'\\') {
        return Cow::Borrowed(name);
    }
    let mut plain = Vec::with_capacity(name.len());
    let mut bytes = name.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'\\' { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_git_writes_and_what_people_write() {
        let file =
            b"# x\n[core]\n\tbare = false\n\tworktree = \"../a b\" ; why\n[extensions]\n\tObjectFormat = sha256\n\
            [core \"sub\"]\n\tworktree = no\n[Core] worktree2 = ..\\\n/x # y\n\tflag\n\ton = Yes\n[a.b] c = d\n\
            [remote \"o\\\"] x\"] url = u\\\\\n\tfetch = +refs/*:refs/*\n[broken\n";
        let config = GitConfig::new(file.to_vec());
        for (section, key, expected) in [
            ("core", "worktree", Some("../a b")),
            ("extensions", "objectformat", Some("sha256")),
            ("core", "worktree2", Some("../x")),
            ("core", "flag", Some("true")),
            ("core", "absent", None),
            ("user", "bare", None),
            ("a", "c", None),
        ] {
            let expected = expected.map(|text| text.as_bytes().to_vec());
            assert_eq!(config.value(section, key), expected, "{section}.{key}");
        }
        assert!(config.is_true("core", "on") && config.is_true("core", "flag") && !config.is_true("core", "bare"));
        let in_subsections: Vec<_> = config
            .settings()
            .filter(|setting| setting.key.is_some())
            .filter_map(|setting| Some((setting.subsection.clone()?.into_owned(), setting.value())))
            .map(|(name, value)| (String::from_utf8(name).unwrap(), String::from_utf8(value).unwrap()))
            .collect();
        let expected = [("sub", "no"), ("b", "d"), ("o\"] x", "u\\"), ("o\"] x", "+refs/*:refs/*")];
        assert_eq!(in_subsections, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn any_bytes_end() {
        let alphabet = b"[]\"\\= \t\n\r#;ab.";
        let mut state = 1_u64;
        for _ in 0..20_000 {
            let text = (0..24).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                alphabet[(state >> 33) as usize % alphabet.len()]
            });
            let config = GitConfig::new(text.collect());
            let read: usize = config.settings().map(|setting| setting.value().len() + setting.span.len()).sum();
            assert!(read <= 96);
        }
    }
}
