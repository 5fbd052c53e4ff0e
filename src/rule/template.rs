//! Text with random parts, so that rules can have examples and tests can make keys, while no file contains one.
//!
//! The syntax is a small part of regex syntax: literals, `\` escapes, classes `[A-Za-z0-9_-]`, groups `(?:a|b)`, and
//! the counts `{n}`, `{m,n}` and `?`. Three elements are added: `«` and `»` mark the secret, and `⟨crc⟩` is the
//! base-62 CRC-32 (six characters) of the text since `⟨body⟩`, or without `⟨body⟩` since the last `_`.
//!
//! A template may come with the scanned content, so there are limits: on the nesting of groups, the length of the
//! texts and the size of the classes.

use std::fmt;
use std::ops::Range;

/// A random number generator (SplitMix64) that gives the same sequence for the same seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator with this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    #[allow(clippy::should_implement_trait, reason = "it never ends, so it is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `end - 1`; `end` must not be 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }

    /// One of `items`, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template(TemplateNode);

#[derive(Clone, Debug)]
enum TemplateNode {
    Text(String),
    Class(Vec<char>),
    Sequence(Vec<Self>),
    Choice(Vec<Self>),
    Repeat(Box<Self>, usize, usize),
    SecretStart,
    SecretEnd,
    Body,
    Crc,
}

/// Why a template is invalid, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTemplate {
    /// The number of characters before the fault.
    pub at: usize,
    /// What is wrong.
    pub why: &'static str,
}

impl fmt::Display for BadTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at character {}", self.why, self.at + 1)
    }
}

impl std::error::Error for BadTemplate {}

/// A generated text, and where the secret is in it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The text.
    pub text: String,
    /// The byte range between `«` and `»`; `None` without these marks.
    pub secret: Option<Range<usize>>,
    /// The byte offset of `⟨body⟩`.
    body: Option<usize>,
}

impl Sample {
    /// The secret; empty without marks.
    pub fn secret(&self) -> &str {
        self.secret.clone().and_then(|range| self.text.get(range)).unwrap_or_default()
    }
}

impl Template {
    /// Parses a template.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let chars: Vec<char> = text.chars().collect();
        let mut parser = Parser { chars: &chars, at: 0, depth: 0, room: LARGEST_CLASSES };
        let node = parser.choice()?;
        if parser.at < chars.len() {
            return Err(parser.bad("unmatched )"));
        }
        if node.longest() > LONGEST {
            return Err(parser.bad("its texts would be too long"));
        }
        Ok(Self(node))
    }

    /// Generates one text.
    pub fn generate(&self, random: &mut Random) -> Sample {
        let mut sample = Sample { text: String::new(), secret: None, body: None };
        generate(&self.0, random, &mut sample);
        sample
    }
}

fn generate(node: &TemplateNode, random: &mut Random, sample: &mut Sample) {
    match node {
        TemplateNode::Text(text) => sample.text.push_str(text),
        TemplateNode::Class(chars) => sample.text.push(*random.pick(chars)),
        TemplateNode::Sequence(nodes) => nodes.iter().for_each(|node| generate(node, random, sample)),
        TemplateNode::Choice(nodes) => generate(random.pick(nodes), random, sample),
        TemplateNode::Repeat(node, least, most) => {
            for _ in 0..least + random.below(most - least + 1) {
                generate(node, random, sample);
            }
        }
        TemplateNode::SecretStart => sample.secret = Some(sample.text.len()..sample.text.len()),
        TemplateNode::SecretEnd => {
            if let Some(secret) = &mut sample.secret {
                secret.end = sample.text.len();
            }
        }
        TemplateNode::Body => sample.body = Some(sample.text.len()),
        TemplateNode::Crc => {
            let start = sample.body.or_else(|| sample.text.rfind('_').map(|at| at + 1)).unwrap_or(0);
            let body = sample.text.get(start..).unwrap_or_default();
            let crc = base62(crc32fast::hash(body.as_bytes()));
            sample.text.push_str(&crc);
        }
    }
}

/// A number in base 62 (`0-9A-Za-z`), padded with `0` to six characters.
pub fn base62(mut number: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    digits.iter().map(|&digit| digit as char).collect()
}

impl TemplateNode {
    /// The maximum length of a generated text, including one for each node.
    fn longest(&self) -> usize {
        let sum = |nodes: &[Self]| nodes.iter().map(Self::longest).fold(1, usize::saturating_add);
        match self {
            Self::Text(text) => text.len(),
            Self::Sequence(nodes) => sum(nodes),
            Self::Choice(nodes) => nodes.iter().map(Self::longest).max().unwrap_or(0).saturating_add(1),
            Self::Repeat(node, _, most) => node.longest().saturating_mul(*most).saturating_add(1),
            Self::Class(_) | Self::SecretStart | Self::SecretEnd | Self::Body => 1,
            Self::Crc => 6,
        }
    }
}

/// The maximum nesting depth of groups: the parser is recursive.
const DEEPEST: usize = 64;
/// The maximum length of a generated text, in bytes.
const LONGEST: usize = 1 << 20;
/// The maximum number of characters in all classes of a template together.
const LARGEST_CLASSES: usize = 1 << 16;

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
    /// The nesting depth of open groups.
    depth: usize,
    /// How many more characters classes may contain.
    room: usize,
}

impl Parser<'_> {
    fn bad(&self, why: &'static str) -> BadTemplate {
        BadTemplate { at: self.at, why }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn eat(&mut self, text: &str) -> bool {
        let wanted: Vec<char> = text.chars().collect();
        let found = self.chars[self.at..].starts_with(&wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn choice(&mut self) -> Result<TemplateNode, BadTemplate> {
        let mut nodes = vec![self.sequence()?];
        while self.eat("|") {
            nodes.push(self.sequence()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { TemplateNode::Choice(nodes) })
    }

    fn sequence(&mut self) -> Result<TemplateNode, BadTemplate> {
        let mut nodes = Vec::new();
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            let node = self.atom()?;
            nodes.push(self.counted(node)?);
        }
        Ok(TemplateNode::Sequence(nodes))
    }

    fn atom(&mut self) -> Result<TemplateNode, BadTemplate> {
        if self.eat("⟨crc⟩") {
            return Ok(TemplateNode::Crc);
        }
        if self.eat("⟨body⟩") {
            return Ok(TemplateNode::Body);
        }
        if self.eat("(?:") {
            if self.depth == DEEPEST {
                return Err(self.bad("groups nest too deep"));
            }
            self.depth += 1;
            let node = self.choice()?;
            self.depth -= 1;
            return if self.eat(")") { Ok(node) } else { Err(self.bad("unclosed group")) };
        }
        let Some(c) = self.peek() else { return Err(self.bad("unexpected end")) };
        self.at += 1;
        match c {
            '«' => Ok(TemplateNode::SecretStart),
            '»' => Ok(TemplateNode::SecretEnd),
            '[' => self.class(),
            '\\' => Ok(TemplateNode::Text(self.escaped()?.to_string())),
            '{' | '?' | '*' | '+' | '(' => {
                self.at -= 1;
                Err(self.bad("this character needs a backslash"))
            }
            c => Ok(TemplateNode::Text(c.to_string())),
        }
    }

    fn escaped(&mut self) -> Result<char, BadTemplate> {
        let Some(c) = self.peek() else { return Err(self.bad("backslash at the end")) };
        self.at += 1;
        Ok(match c {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            c => c,
        })
    }

    fn class(&mut self) -> Result<TemplateNode, BadTemplate> {
        let mut chars = Vec::new();
        loop {
            let Some(c) = self.peek() else { return Err(self.bad("unclosed class")) };
            self.at += 1;
            match c {
                ']' if !chars.is_empty() => return Ok(TemplateNode::Class(chars)),
                '\\' => chars.push(self.escaped()?),
                '-' if !chars.is_empty() && self.peek().is_some_and(|next| next != ']') => {
                    let (Some(first), Some(last)) = (chars.pop(), self.peek()) else { unreachable!("checked above") };
                    self.at += 1;
                    if first > last {
                        return Err(self.bad("a range that ends before it starts"));
                    }
                    let count = (last as usize - first as usize).saturating_add(1);
                    self.room = self.room.checked_sub(count).ok_or_else(|| self.bad("its classes are too large"))?;
                    chars.extend(first..=last);
                }
                c => chars.push(c),
            }
        }
    }

    fn counted(&mut self, node: TemplateNode) -> Result<TemplateNode, BadTemplate> {
        if self.eat("?") {
            return Ok(TemplateNode::Repeat(Box::new(node), 0, 1));
        }
        if !self.eat("{") {
            return Ok(node);
        }
        let least = self.number()?;
        let most = if self.eat(",") { self.number()? } else { least };
        if !self.eat("}") || most < least || most > 100_000 {
            return Err(self.bad("a count is {n} or {least,most}"));
        }
        Ok(TemplateNode::Repeat(Box::new(node), least, most))
    }

    fn number(&mut self) -> Result<usize, BadTemplate> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        let digits: String = self.chars[start..self.at].iter().collect();
        digits.parse().map_err(|_| self.bad("a count needs a number"))
    }
}

#[cfg(test)]
mod tests {
    use super::Template;

    #[test]
    fn a_template_that_asks_for_too_much_is_refused() {
        let nested = format!("{}a{}", "(?:".repeat(100_000), ")".repeat(100_000));
        for (text, why) in [
            (nested.as_str(), "nest too deep"),
            ("(?:(?:a{1000}){1000}){1000}", "too long"),
            ("[\u{0}-\u{10ffff}]", "too large"),
        ] {
            let refused = Template::parse(text).map(|_| ()).unwrap_err();
            assert!(refused.why.contains(why), "{refused}");
        }
        assert!(Template::parse("(?:[a-z]{100}|(?:b{2}){3,90})").is_ok());
    }
}
