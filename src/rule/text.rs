//! The text of rules. That of a built-in rule is a place in one text of the program, not a pointer to it: the loader
//! would have to correct thousands of pointers at each start, in memory that processes then could not share.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// The texts of all built-in rules, one after the other.
static TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/builtin.txt"));

// `TEXTS`, the items of their lists.
include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// Text that is part of the program for a built-in rule and owned for a loaded rule.
#[derive(Clone)]
pub struct Text(TextPlace<str>);

/// A list of texts that is part of the program for a built-in rule and owned for a loaded rule.
#[derive(Clone)]
pub struct TextList(TextPlace<[Text]>);

/// Where the content is.
enum TextPlace<T: ?Sized> {
    /// A range of what is built in.
    Builtin { start: u32, length: u32 },
    /// Its own.
    Owned(Arc<T>),
}

impl<T: ?Sized> Clone for TextPlace<T> {
    fn clone(&self) -> Self {
        match self {
            &Self::Builtin { start, length } => Self::Builtin { start, length },
            Self::Owned(content) => Self::Owned(content.clone()),
        }
    }
}

impl Text {
    /// A range of the text that is built in.
    pub(super) const fn builtin(start: u32, length: u32) -> Self {
        Self(TextPlace::Builtin { start, length })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            TextPlace::Builtin { start, length } => part(*start, *length),
            TextPlace::Owned(text) => text,
        }
    }
}

/// A range of the text that is built in.
fn part(start: u32, length: u32) -> &'static str {
    TEXT.get(start as usize..(start + length) as usize).unwrap_or_default()
}

impl TextList {
    /// A range of the texts that are built in.
    pub(super) const fn builtin(start: u32, length: u32) -> Self {
        Self(TextPlace::Builtin { start, length })
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Deref for TextList {
    type Target = [Text];

    fn deref(&self) -> &[Text] {
        match &self.0 {
            TextPlace::Builtin { start, length } => {
                TEXTS.get(*start as usize..(*start + *length) as usize).unwrap_or_default()
            }
            TextPlace::Owned(texts) => texts,
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(TextPlace::Owned(text.into()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(TextPlace::Owned(text.into()))
    }
}

impl From<&Text> for Cow<'static, str> {
    fn from(text: &Text) -> Self {
        match &text.0 {
            TextPlace::Builtin { start, length } => Self::Borrowed(part(*start, *length)),
            TextPlace::Owned(text) => Self::Owned(text.as_ref().to_owned()),
        }
    }
}

impl<T: Into<Text>> FromIterator<T> for TextList {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        Self(TextPlace::Owned(texts.into_iter().map(Into::into).collect()))
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl fmt::Debug for TextList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl<T: AsRef<str> + ?Sized> PartialEq<&T> for Text {
    fn eq(&self, other: &&T) -> bool {
        self.as_str() == other.as_ref()
    }
}

impl PartialEq<Text> for String {
    fn eq(&self, other: &Text) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<Text> for Cow<'_, str> {
    fn eq(&self, other: &Text) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other)
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_takes_no_more_than_a_pointer_with_a_length() {
        assert_eq!([size_of::<Text>(), size_of::<TextList>()], [16; 2]);
    }
}
