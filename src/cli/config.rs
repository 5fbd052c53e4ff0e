//! `keysweep config`: shows and checks the configuration.

use crate::cli::args::policy::ConfigCommand;
use crate::cli::{ScanTarget, output, policy};
use crate::core::error::{Exit, Result};
use crate::policy::config::show;
use crate::report::escape;
use crate::report::numbers::counted;
use crate::rule::check;

/// The JSON schema of the configuration, from the source tree.
const SCHEMA: &str = include_str!("../../keysweep.schema.json");

/// Problems of the user's own rules, and for each whether it is an error (not a warning).
fn own_rules(loaded: &policy::Loaded) -> Vec<(String, bool)> {
    let mut faults = Vec::new();
    let claims = |text: &[u8]| {
        let found = loaded.policy.scan(text).into_iter();
        found.map(|found| check::ExampleMatch { rule: found.rule.id, secret: found.secret }).collect()
    };
    for rule in &loaded.config.own {
        if rule.examples.is_empty() {
            faults.push((
                format!("warning: rule {} has no examples, so nothing shows that it finds anything", rule.id),
                false,
            ));
        }
        for anchor in rule.anchors.iter() {
            let in_regex = rule.regex.replace('\\', "").contains(anchor.as_ref());
            let in_example = rule.examples.iter().any(|example| example.replace('\\', "").contains(anchor.as_ref()));
            if !in_regex && !in_example {
                let why = "is in neither its regex nor its examples, so it may never be found";
                faults.push((format!("warning: rule {}: the anchor {anchor:?} {why}", rule.id), false));
            }
        }
        if !loaded.policy.rules().rules().iter().any(|on| on.rule.id == rule.id) {
            faults.push((format!("warning: rule {} is turned off by rules.enable or rules.disable", rule.id), false));
        }
    }
    let with_examples = loaded.config.own.iter().filter(|rule| !rule.examples.is_empty());
    let problems = check::all(with_examples, &claims).into_iter().map(|problem| problem.to_string());
    let missing = |problem: &String| problem.contains("at least one example and one non-example");
    faults.extend(problems.filter(|problem| !missing(problem)).map(|problem| (problem, true)));
    faults
}

/// Executes the command.
pub(super) fn run(args: ConfigCommand) -> Result<Exit> {
    let target = ScanTarget::here();
    match args {
        ConfigCommand::Show { args } => {
            let loaded = policy::load(&args.policy(), &target.start, &target.path)?;
            let text = show::text(&loaded.config);
            output::print(|out| {
                text.lines().try_for_each(|line| writeln!(out, "{}", escape::text(line.as_bytes())))?;
                writeln!(out, "# ignore file: {}", counted(loaded.known.ignore.entries.len() as u64, "entry"))
            })?;
        }
        ConfigCommand::Schema => output::print(|out| out.write_all(SCHEMA.as_bytes()))?,
        ConfigCommand::Check { args } => {
            let loaded = policy::load(&args.policy(), &target.start, &target.path)?;
            let faults = own_rules(&loaded);
            for (fault, _) in &faults {
                output::complain(fault);
            }
            if faults.iter().any(|(_, is_fault)| *is_fault) {
                return Ok(Exit::Incomplete);
            }
            let entries = loaded.known.baseline.entries()?.len();
            let imported = loaded.policy.imported.as_ref().map_or(0, |engine| engine.rules().count());
            let rules = loaded.policy.rules().rules().len() + imported;
            let file = loaded.config.file.as_deref().unwrap_or("no configuration file").to_owned();
            output::print(|out| {
                let ignored = loaded.known.ignore.entries.len();
                let file = escape::text(file.as_bytes());
                writeln!(out, "{file}: fine. {rules} rules, {ignored} ignore entries, {entries} baseline entries.")
            })?;
        }
    }
    Ok(Exit::Clean)
}
