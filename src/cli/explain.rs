//! `keysweep explain PATH:LINE`: shows in words which rules match a line, and why others do not.

use std::cmp::Reverse;
use std::fmt::Write as _;

use bstr::{BStr, BString, ByteSlice as _};

use crate::cli::ScanTarget;
use crate::cli::args::policy::Explain;
use crate::cli::machine_key;
use crate::cli::output::{self, masked};
use crate::cli::policy::{self, Loaded};
use crate::core::coverage::Report;
use crate::core::error::{Error, Exit, Result};
use crate::core::finding::{Location, SuppressedBy};
use crate::core::order::ListOrder as _;
use crate::core::path_bytes;
use crate::core::shell::shell_path;
use crate::gitleaks::MatchOutcome;
use crate::policy::encrypted::EncryptedParts;
use crate::policy::files;
use crate::report::escape;
use crate::rule::Likeness;
use crate::scan::{Match, Refusal, Step};

/// The maximum number of lines that are explained if no line is given.
const MOST_LINES: usize = 200;
/// How much of a line is shown, in bytes.
const LONGEST_LINE: usize = 400;
/// How far a key may extend beyond that, in bytes.
const LONGEST_KEY: usize = 4096;
/// How many rules are named that reject a value for the same reason.
const NAMED: usize = 4;

/// Executes the command.
pub(super) fn run(args: Explain) -> Result<Exit> {
    let place = path_bytes::bytes(&args.place);
    let (path, line) = split(&place);
    let (content, target) = if path == "-" {
        let mut content = Vec::new();
        let read = std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut content);
        read.map_err(|error| Error::io("read", "standard input", error))?;
        (content, ScanTarget::here())
    } else {
        let file = path_bytes::path(path);
        let absent =
            || Error::new("read", file.display(), "no such file").hint("give PATH, PATH:LINE, or - for standard input");
        let content = files::read_named(&file)?.ok_or_else(absent)?;
        (content, ScanTarget::of(&[path.to_owned()]))
    };
    let loaded = policy::load(&args.policy, &target.start, &target.path)?;
    let case = Explanation { all: args.all, ..Explanation::new(&loaded, path, &content) };
    if let Some(line) = line.filter(|line| *line == 0 || *line > case.starts.len()) {
        let why = format!("it has {} lines", case.starts.len());
        return Err(Error::new("explain", format!("{path}:{line}"), why));
    }
    let lines: Vec<usize> = match line {
        Some(line) => vec![line],
        None => case.lines_with_steps(),
    };
    let text = case.text(&lines);
    output::print(|out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Clean)
}

/// Splits `a.py:12` into the path and the line, unless a file has that whole name.
fn split(place: &[u8]) -> (&BStr, Option<usize>) {
    let whole = (place.as_bstr(), None);
    let Some((path, line)) = place.rsplit_once_str(":") else { return whole };
    let number = line.to_str().ok().and_then(|line| line.parse().ok());
    match number {
        Some(number) if !path_bytes::path(place).exists() => (path.as_bstr(), Some(number)),
        _ => whole,
    }
}

struct Explanation<'a> {
    /// Whether to list every rule that was tried.
    all: bool,
    loaded: &'a Loaded,
    path: &'a BStr,
    content: &'a [u8],
    /// The offset of the start of each line.
    starts: Vec<usize>,
    steps: Vec<Step>,
    outcomes: Vec<MatchOutcome<'a>>,
    matches: Vec<Match>,
}

impl<'a> Explanation<'a> {
    fn new(loaded: &'a Loaded, path: &'a BStr, content: &'a [u8]) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', content).map(|at| at + 1).filter(|at| *at < content.len()));
        let matches = loaded.policy.scan_at(content, Some(path));
        let engine = loaded.policy.imported.as_ref();
        let outcomes = engine.map_or_else(Vec::new, |engine| engine.explain(content, Some(path)));
        Self {
            all: false,
            loaded,
            path,
            content,
            starts,
            steps: loaded.policy.scanner.explain(content),
            outcomes,
            matches,
        }
    }

    fn line_of(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte).max(1)
    }

    fn lines_with_steps(&self) -> Vec<usize> {
        let steps = self.steps.iter().map(|step| self.line_of(step.span.start));
        let matches = self.matches.iter().map(|found| self.line_of(found.span.start));
        let outcomes = self.outcomes.iter().map(|outcome| self.line_of(outcome.span.start));
        let mut lines: Vec<usize> = steps.chain(matches).chain(outcomes).collect();
        lines.order();
        lines.dedup();
        lines.truncate(MOST_LINES);
        lines
    }

    fn text(&self, lines: &[usize]) -> String {
        let mut text = String::new();
        if let Some(reason) = self.loaded.policy.skips(self.path, self.content.len() as u64) {
            line(&mut text, &format!("A scan leaves this file out: {reason}."));
        }
        for found in self.loaded.policy.scan_path(self.path) {
            line(&mut text, &format!("{}: its path alone is a finding.", found.rule.id));
        }
        if lines.is_empty() {
            line(&mut text, "No rule had anything to look at here: no rule's anchor, and no key-like value, is in it.");
        }
        for number in lines {
            self.line(&mut text, *number);
        }
        text
    }

    fn line(&self, text: &mut String, number: usize) {
        let start = self.starts[number - 1];
        let end = self.starts.get(number).copied().unwrap_or(self.content.len());
        let shown = self.content[start..end].trim_end_with(|c| matches!(c, '\n' | '\r'));
        // A key that crosses the limit is masked before the line is cut.
        let shown = masked(&shown[..shown.len().min(LONGEST_LINE + LONGEST_KEY)]);
        let cut = &shown[..shown.len().min(LONGEST_LINE)];
        line(text, &format!("{}:{number}: {}", self.path, cut.to_str_lossy().trim()));
        let here = |at: usize| (start..end.max(start + 1)).contains(&at);
        let before = text.len();
        let mut steps: Vec<&Step> = self.steps.iter().filter(|step| here(step.span.start)).collect();
        // The likeliest rule comes first: those that matched, then the nearest miss.
        steps.order_by_key(|step| (step.rank(), Reverse(step.evidence.map_or(0, |evidence| evidence.sum()))));
        if !self.all {
            return self.shortly(text, &steps, number, start);
        }
        let is_vague = |step: &&&Step| {
            let rule = &self.loaded.policy.rules().rules()[step.rule].rule;
            step.refusal.is_some() && rule.is_contextual() && step.evidence.is_none_or(|evidence| evidence.sum() == 0)
        };
        let (mut vague, clear): (Vec<&Step>, Vec<&Step>) = steps.iter().partition(|step| is_vague(step));
        for step in clear {
            self.step(text, step, start);
        }
        vague.order_by_key(|step| step.span.start);
        self.vague(text, &vague, start);
        for outcome in self.outcomes.iter().filter(|outcome| here(outcome.span.start)) {
            self.outcome(text, outcome, start);
        }
        for found in self.matches.iter().filter(|found| here(found.span.start)) {
            self.verdict(text, found);
        }
        if text.len() == before {
            line(text, "  no rule had anything to look at: no rule's anchor, and no key-like value, is on this line");
        }
    }

    /// Only the matches, or else the likeliest rule and why it does not match; the others are counted.
    fn shortly(&self, text: &mut String, steps: &[&Step], number: usize, start: usize) {
        let end = self.starts.get(number).copied().unwrap_or(self.content.len());
        let here = |at: usize| (start..end.max(start + 1)).contains(&at);
        let outcomes: Vec<&MatchOutcome<'_>> =
            self.outcomes.iter().filter(|outcome| here(outcome.span.start)).collect();
        let is_found = self.matches.iter().any(|found| here(found.span.start));
        let passed = |outcome: &&&MatchOutcome<'_>| outcome.refusal.is_none();
        let mut told = 0;
        let rule = |step: &Step| &self.loaded.policy.rules().rules()[step.rule].rule;
        // If several rules match, only one makes the finding.
        let is_told = |step: &Step| {
            let is_match = |found: &&Match| here(found.span.start) && found.rule.id == rule(step).id;
            step.refusal.is_none() && (!is_found || self.matches.iter().any(|found| is_match(&found)))
        };
        for step in steps.iter().filter(|step| is_told(step)) {
            self.step(text, step, start);
            told += 1;
        }
        for outcome in outcomes.iter().filter(|outcome| passed(outcome) || outcomes.len() == 1 && steps.is_empty()) {
            self.outcome(text, outcome, start);
            told += 1;
        }
        if told == 0 && !is_found {
            match (self.likeliest(steps), outcomes.first()) {
                (Some((step, Some(likeness))), _) => {
                    let rule = &self.loaded.policy.rules().rules()[step.rule].rule;
                    let (column, difference) = (self.column(start, step.span.start), likeness.difference);
                    let name = format!("{} ({})", rule.title, rule.id);
                    line(text, &format!("  looks like: {name}, at column {column}, but: {difference}"));
                    told += 1;
                }
                (Some((step, None)), _) => {
                    self.step(text, step, start);
                    told += 1;
                }
                (None, Some(outcome)) => {
                    self.outcome(text, outcome, start);
                    told += 1;
                }
                (None, None) => {
                    line(
                        text,
                        "  no rule had anything to look at: no rule's anchor, and no key-like value, is on this line",
                    );
                    return;
                }
            }
        }
        for found in self.matches.iter().filter(|found| here(found.span.start)) {
            self.verdict(text, found);
        }
        let more = (steps.len() + outcomes.len()).saturating_sub(told);
        if more > 0 {
            let place = escape::text(&shell_path(self.path).into_bytes());
            let rules = if more == 1 { "1 more rule".to_owned() } else { format!("{more} more rules") };
            line(text, &format!("  {rules} looked at this line: keysweep explain --all {place}:{number}"));
        }
    }

    /// The rule that came closest to matching. If the shape was wrong, it is the one to which the text is most
    /// similar.
    fn likeliest<'s>(&self, steps: &[&'s Step]) -> Option<(&'s Step, Option<Likeness>)> {
        let first = steps.first()?;
        let rule = |step: &Step| &self.loaded.policy.rules().rules()[step.rule].rule;
        if first.refusal != Some(Refusal::Shape) || rule(first).is_contextual() {
            return Some((first, None));
        }
        let like = steps.iter().filter(|step| step.refusal == Some(Refusal::Shape) && !rule(step).is_contextual());
        let like = like.map(|step| (*step, Likeness::of(rule(step), self.word(step.span.start))));
        like.max_by_key(|(_, likeness)| (likeness.prefix, Reverse(likeness.off_by)))
            .map(|(step, likeness)| (step, Some(likeness)))
    }

    /// The word at a byte offset.
    fn word(&self, at: usize) -> &[u8] {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+' | b'~');
        let at = at.min(self.content.len());
        let start = self.content[..at].iter().rposition(|byte| !is_word(byte)).map_or(0, |before| before + 1);
        let rest = &self.content[start..];
        let end = rest.iter().position(|byte| !is_word(byte)).unwrap_or(rest.len());
        &rest[..end]
    }

    fn outcome(&self, text: &mut String, outcome: &MatchOutcome<'_>, start: usize) {
        let column = self.column(start, outcome.span.start);
        let verdict = outcome.refusal.as_ref().map_or("its regex matches".to_owned(), |why| format!("no: {why}"));
        line(text, &format!("  {} at column {column}: {verdict}", outcome.rule.info.id));
    }

    fn column(&self, start: usize, at: usize) -> usize {
        self.content[start..at.max(start)].chars().count() + 1
    }

    fn step(&self, text: &mut String, step: &Step, start: usize) {
        let rule = &self.loaded.policy.rules().rules()[step.rule].rule;
        let mut about = format!("  {} at column {}", rule.id, self.column(start, step.span.start));
        for layer in &step.layers {
            let _ = write!(about, ", in {layer}");
        }
        let verdict = match step.refusal {
            None => "every test passed".to_owned(),
            Some(Refusal::Shape) if rule.is_contextual() => format!("no: it does not have the shape {}", rule.regex),
            Some(refusal) => format!("no: {}", refusal.as_str()),
        };
        let evidence = step.evidence.map_or(String::new(), |evidence| format!(" (evidence: {evidence})"));
        line(text, &format!("{about}: {verdict}{evidence}"));
    }

    /// Dozens of rules accept values of this shape if a name nearby fits, so this is one line for each value.
    fn vague(&self, text: &mut String, steps: &[&Step], start: usize) {
        for group in steps.chunk_by(|a, b| a.span == b.span) {
            let rules = self.loaded.policy.rules().rules();
            let rule = |step: &&Step| &*rules[step.rule].rule;
            let names: Vec<&str> = group.iter().map(|step| rule(step).id.as_ref()).take(NAMED).collect();
            let more = if group.len() > NAMED { format!(" and {} more", group.len() - NAMED) } else { String::new() };
            let column = self.column(start, group[0].span.start);
            let words = if let [step] = group { format!(" ({})", wanted(rule(step))) } else { String::new() };
            // Most of them are rejected because of the context, so their shapes matter less.
            let outside = group.iter().find(|step| matches!(step.refusal, Some(Refusal::Context | Refusal::Owner)));
            let why = outside.unwrap_or(&group[0]).refusal.map_or("", Refusal::as_str);
            line(text, &format!("  {}{more} at column {column}: no: {why}{words}", names.join(", ")));
        }
    }

    /// Whether a match is a finding, or by what it is suppressed.
    fn verdict(&self, text: &mut String, found: &Match) {
        let location = Location { path: Some(BString::from(self.path)), ..Location::default() };
        let (severity, confidence) = (found.severity, found.confidence);
        let mut report = Report::default();
        report.findings.push(found.clone().at(location));
        self.loaded.apply(&mut report, false);
        machine_key::protect(&mut report);
        let Some(finding) = report.findings.first() else { return };
        if EncryptedParts::around(self.content, found.span.clone()).contain(&found.span) {
            return line(text, &format!("  {}: not a finding: it is in encrypted content", found.rule.id));
        }
        let name = format!("{} {}", found.rule.id, found.secret.mask());
        if let Some(note) = &finding.note {
            line(text, &format!("  {name}: {note}"));
        }
        let verdict = match &finding.suppressed {
            None => format!("a finding, {severity}, {confidence}"),
            Some(suppression) => {
                let by = match suppression.by {
                    SuppressedBy::Inline => "an inline marker",
                    SuppressedBy::IgnoreFile => "the ignore file",
                    SuppressedBy::Baseline => "the baseline",
                    SuppressedBy::Allowlist => "an allowlist",
                };
                let reason = suppression.reason.as_deref().map_or(String::new(), |reason| format!(" ({reason})"));
                format!("found, and suppressed by {by}{reason}")
            }
        };
        line(text, &format!("  => {name}: {verdict}; fingerprint {}", finding.fingerprint));
    }
}

fn wanted(rule: &crate::rule::Rule) -> String {
    let words: Vec<&str> = rule.names.iter().chain(rule.context.iter()).map(AsRef::as_ref).take(6).collect();
    format!("it looks for {}", words.join(", "))
}

fn line(text: &mut String, line: &str) {
    text.push_str(&escape::text(line.as_bytes()));
    text.push('\n');
}
