//! `keysweep rules`: lists, shows, checks and drafts rules.

mod draft;
mod words;

use std::path::Path;

use crate::cli::args::{RulesCommand, RulesFormat};
use crate::cli::output::{self, complain};
use crate::cli::{ScanTarget, policy};
use crate::core::error::{Error, Exit, Result};
use crate::core::regular_file;
use crate::core::text::nearest;
use crate::gitleaks::Engine;
use crate::policy::Policy;
use crate::policy::files;
use crate::report::escape;
use crate::rule::{Left, Rule, RuleSet, SharedRule, Structure, check};
use crate::scan::Scanner;

/// Executes the command, for built-in, own and imported rules.
pub(super) fn run(args: RulesCommand) -> Result<Exit> {
    let sources = match &args {
        RulesCommand::New { from, id } => return new(from, id.as_deref()),
        RulesCommand::List { sources, .. }
        | RulesCommand::Show { sources, .. }
        | RulesCommand::Check { sources }
        | RulesCommand::Test { sources, .. }
        | RulesCommand::Explain { sources, .. } => sources.policy(),
    };
    let target = ScanTarget::here();
    let loaded = policy::load(&sources, &target.start, &target.path)?;
    let mut rules: Vec<&Rule> = loaded.policy.rules().rules().iter().map(|compiled| &*compiled.rule).collect();
    let mut imported = loaded.policy.imported.as_ref();
    let ids = || {
        rules
            .iter()
            .map(|rule| rule.id.as_ref())
            .chain(imported.iter().flat_map(|engine| engine.rules().map(|rule| rule.info.id.as_ref())))
    };
    let unknown = |doing: &str, id: &str| {
        let fault = Error::new(doing, id, "there is no rule with this id");
        match nearest(id, ids()) {
            Some(near) => fault.hint(format!("did you mean {near}?")),
            None => fault.hint("keysweep rules list prints them all"),
        }
    };
    match args {
        RulesCommand::List { provider, format, .. } => {
            if let Some(provider) = &provider {
                if !rules.iter().any(|rule| rule.provider == *provider) {
                    let fault = Error::new("list the rules of", provider, "there is no such provider");
                    return Err(match nearest(provider, rules.iter().map(|rule| rule.provider.as_ref())) {
                        Some(near) => fault.hint(format!("did you mean {near}?")),
                        None => fault.hint("keysweep rules list prints all rules"),
                    });
                }
                rules.retain(|rule| rule.provider == *provider);
                imported = None;
            }
            match format {
                RulesFormat::Human => list(&rules, imported)?,
                RulesFormat::Json => json(&rules.iter().map(|rule| RuleObject::new(rule)).collect::<Vec<_>>())?,
            }
        }
        RulesCommand::Show { id, format, .. } => {
            let rule = rules.iter().find(|rule| rule.id == id).ok_or_else(|| unknown("show rule", &id))?;
            match format {
                RulesFormat::Human => show(rule)?,
                RulesFormat::Json => json(&RuleObject::new(rule))?,
            }
        }
        RulesCommand::Check { .. } => return check_all(&rules, &loaded.policy),
        RulesCommand::Test { id, file, .. } => {
            let rule = loaded.policy.rules().rules().iter().find(|compiled| compiled.rule.id == id);
            let rule = rule.ok_or_else(|| unknown("test rule", &id))?;
            return test(rule.rule.clone(), &file);
        }
        RulesCommand::Explain { id, .. } => {
            let own = rules.iter().find(|rule| rule.id == id).map(|rule| words::of(rule));
            let text = own.or_else(|| imported.and_then(|engine| words::of_imported(engine, &id)));
            let text = text.ok_or_else(|| unknown("explain rule", &id))?;
            output::print(|out| out.write_all(text.as_bytes()))?;
        }
        RulesCommand::New { .. } => {}
    }
    Ok(Exit::Clean)
}

fn new(from: &str, id: Option<&str>) -> Result<Exit> {
    let mut example = from.to_owned();
    if from == "-" {
        example.clear();
        let mut input = std::io::Read::take(std::io::stdin().lock(), regular_file::SMALL);
        let read = std::io::Read::read_to_string(&mut input, &mut example);
        read.map_err(|error| Error::io("read", "standard input", error))?;
    }
    let text = draft::of(&example, id)?;
    output::print(|out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Clean)
}

/// Prints what one rule finds in a file.
fn test(rule: SharedRule, file: &Path) -> Result<Exit> {
    let name = file.display().to_string();
    let content = match name.as_str() {
        "-" => {
            let mut content = Vec::new();
            let read = std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut content);
            read.map_err(|error| Error::io("read", "standard input", error))?;
            content
        }
        _ => files::read_named(file)?.ok_or_else(|| Error::new("read", &name, "no such file"))?,
    };
    let scanner = Scanner::new(RuleSet::new([rule.clone()]));
    let found = scanner.scan(&content);
    output::print(|out| {
        for found in &found {
            let at = found.position;
            writeln!(
                out,
                "{}:{}:{}  {}, {}",
                escape::text(name.as_bytes()),
                at.line,
                at.column,
                found.secret.mask(),
                found.confidence
            )?;
        }
        match found.len() {
            0 => {
                writeln!(out, "{} finds nothing; keysweep explain {} says why.", rule.id, escape::text(name.as_bytes()))
            }
            1 => writeln!(out, "1 finding."),
            more => writeln!(out, "{more} findings."),
        }
    })?;
    Ok(if found.is_empty() { Exit::Clean } else { Exit::Findings })
}

fn list(rules: &[&Rule], imported: Option<&Engine>) -> Result<()> {
    let own = rules.iter().map(|rule| (rule.id.as_str(), rule.severity, rule.confidence, rule.title.as_str()));
    let imported = imported.into_iter().flat_map(Engine::rules).filter(|rule| !rule.is_part);
    let imported =
        imported.map(|rule| (rule.info.id.as_ref(), rule.severity, rule.confidence, rule.info.title.as_ref()));
    let all: Vec<_> = own.chain(imported).collect();
    let width = all.iter().map(|(id, ..)| id.chars().count()).max().unwrap_or(0);
    output::print(|out| {
        for (id, severity, confidence, title) in &all {
            let (id, title) = (escape::text(id.as_bytes()), escape::text(title.as_bytes()));
            writeln!(out, "{id:width$}  {severity:8}  {confidence:8}  {title}")?;
        }
        writeln!(out, "{} rules.", all.len())
    })
}

fn show(rule: &Rule) -> Result<()> {
    output::print(|out| {
        let mut field = |name: &str, value: &str| match value {
            "" => Ok(()),
            value => writeln!(out, "{name:12}{}", escape::text(value.as_bytes())),
        };
        field("id", &rule.id)?;
        field("title", &rule.title)?;
        field("provider", &rule.provider)?;
        field("severity", rule.severity.as_str())?;
        field("confidence", rule.confidence.as_str())?;
        field("anchors", &rule.anchors.join(" "))?;
        field("names", &rule.names.join(" "))?;
        field("context", &rule.context.join(" "))?;
        field("regex", &rule.regex)?;
        field("structure", &structure(&rule.structure))?;
        field("revoke", &rule.revoke)?;
        field("advice", &rule.advice)?;
        rule.examples.iter().try_for_each(|example| field("finds", example))?;
        rule.non_examples.iter().try_for_each(|example| field("not", example))
    })
}

fn structure(structure: &Structure) -> String {
    match structure {
        Structure::Shape => String::new(),
        Structure::Halves { lengths, .. } => format!("two equal halves around a watermark, of {lengths:?} characters"),
        Structure::Watermark(text) => format!("contains {text}"),
        Structure::Crc32Base62 => "ends in its checksum (CRC-32, base 62)".into(),
        Structure::Decoded(text) => format!("decoded from base64 it contains {text}"),
    }
}

fn json(value: &impl serde::Serialize) -> Result<()> {
    output::print(|out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        out.write_all(b"\n")
    })
}

fn check_all(rules: &[&Rule], policy: &Policy) -> Result<Exit> {
    let problems = check::all(rules.iter().copied(), &|text| claims(policy, text));
    for problem in &problems {
        complain(&problem.to_string());
    }
    output::print(|out| {
        let examples: usize = rules.iter().map(|rule| rule.examples.len() + rule.non_examples.len()).sum();
        writeln!(out, "{} rules, {examples} examples and non-examples, {} problems.", rules.len(), problems.len())
    })?;
    Ok(if problems.is_empty() { Exit::Clean } else { Exit::Incomplete })
}

#[derive(serde::Serialize)]
struct RuleObject<'a> {
    id: &'a str,
    provider: &'a str,
    title: &'a str,
    severity: &'static str,
    confidence: &'static str,
    anchors: &'a [crate::rule::Text],
    names: &'a [crate::rule::Text],
    context: &'a [crate::rule::Text],
    regex: &'a str,
    secret_group: u8,
    alphabet: &'a str,
    left: &'static str,
    structure: String,
    entropy: f32,
    revoke: &'a str,
    advice: &'a str,
    examples: &'a [crate::rule::Text],
    non_examples: &'a [crate::rule::Text],
}

impl<'a> RuleObject<'a> {
    fn new(rule: &'a Rule) -> Self {
        Self {
            id: &rule.id,
            provider: &rule.provider,
            title: &rule.title,
            severity: rule.severity.as_str(),
            confidence: rule.confidence.as_str(),
            anchors: &rule.anchors,
            names: &rule.names,
            context: &rule.context,
            regex: &rule.regex,
            secret_group: rule.secret_group,
            alphabet: &rule.alphabet,
            left: match rule.left {
                Left::Any => "any",
                Left::Boundary => "boundary",
            },
            structure: structure(&rule.structure),
            entropy: rule.entropy,
            revoke: &rule.revoke,
            advice: &rule.advice,
            examples: &rule.examples,
            non_examples: &rule.non_examples,
        }
    }
}

/// What the whole policy finds in an example.
fn claims(policy: &Policy, text: &[u8]) -> Vec<check::ExampleMatch> {
    policy
        .scan(text)
        .into_iter()
        .map(|found| check::ExampleMatch { rule: found.rule.id, secret: found.secret })
        .collect()
}
