//! The page of a report for people: text in colours, with hyperlinks.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use crate::report::hyperlink;
use crate::report::model::JsonFinding;

pub(super) const BOLD: &str = "1";
pub(super) const DIM: &str = "2";
pub(super) const RED: &str = "1;31";
pub(super) const YELLOW: &str = "33";
pub(super) const GREEN: &str = "32";

/// The output, and how it is displayed.
pub(super) struct Page<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) color: bool,
    /// Whether URLs and paths are hyperlinks.
    pub(super) links: bool,
    /// The width in columns; 0 if unknown.
    pub(super) width: usize,
    /// The directory that paths in the report are relative to.
    pub(super) root: Option<&'a Path>,
}

impl Page<'_> {
    /// Text in a colour, where colours are wanted.
    pub(super) fn paint(&mut self, code: &str, text: &str) -> io::Result<()> {
        if self.color && !code.is_empty() {
            write!(self.out, "\x1b[{code}m{text}\x1b[0m")
        } else {
            self.out.write_all(text.as_bytes())
        }
    }

    /// Text that is a hyperlink to a finding, if its file exists here.
    pub(super) fn linked(
        &mut self,
        finding: &JsonFinding<'_>,
        with_line: bool,
        code: &str,
        text: &str,
    ) -> io::Result<()> {
        let at = &finding.location;
        let is_file = self.links && finding.commit.is_none() && at.path_bytes.is_none();
        let address = match (self.root, &at.path) {
            (Some(root), Some(path)) if is_file => hyperlink::file(root, path, with_line.then_some(at.line)),
            _ => None,
        };
        match address {
            Some(address) => self.paint(code, &hyperlink::to(&address, text)),
            None => self.paint(code, text),
        }
    }

    /// Text in which URLs are hyperlinks, if hyperlinks are wanted.
    pub(super) fn with_links<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.links { hyperlink::addresses(text) } else { text.into() }
    }
}
