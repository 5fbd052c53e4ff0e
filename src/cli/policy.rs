//! Loads the policy and the suppressions from arguments and configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bstr::BString;

use crate::cli::args::SharedArgs;
use crate::cli::args::policy::PolicyArgs;
use crate::cli::output::{self, complain};
use crate::core::coverage::Report;
use crate::core::date::Date;
use crate::core::error::{Error, Result};
use crate::core::files::Files;
use crate::gitleaks::Engine;
use crate::policy::Policy;
use crate::policy::baseline::Baseline;
use crate::policy::commit::{CommitTree, NewMarkers, PolicyFiles, additions};
use crate::policy::config::found::{self, ConfigFile, FoundConfig};
use crate::policy::config::{self, Config, LocatedText, Selected};
use crate::policy::files::{self, DiskFiles, PathBase};
use crate::policy::ignore_file::IgnoreFile;
use crate::policy::inline::Markers;
use crate::policy::known_keys;
use crate::policy::suppressions::Suppressions;
use crate::report::Format;
use crate::rule::RuleSet;
use crate::rule::allowlist::Allowlist;
use crate::scan::Scanner;
use crate::source::archive::Embedded;

/// A loaded configuration, ready for a run.
pub(super) struct Loaded {
    pub(super) config: Config,
    pub(super) policy: Arc<Policy>,
    pub(super) known: Suppressions,
    pub(super) root: PathBuf,
    /// The path of the baseline.
    pub(super) baseline: PathBuf,
    pub(super) fail_on_stale: bool,
    /// The commit that the policy is read from, and the suppressions that the work tree adds to it.
    commit: Option<(CommitTree, Vec<String>)>,
    /// Whether line numbers of findings refer to the work tree, so that new inline markers can be recognised.
    is_of_work_tree: bool,
}

/// Loads the policy for a scan of `target`, whose report has paths relative to `start`.
pub(super) fn load(args: &PolicyArgs, start: &Path, target: &Path) -> Result<Loaded> {
    let found = found::find(args.config.as_deref(), target)?;
    let disk = found.disk();
    let commit = args.policy_from.as_deref().map(|rev| CommitTree::open(&found.root, rev)).transpose()?;
    let config = found::layered(configuration(&found, &disk, commit.as_ref())?)?;
    check_format(&config)?;
    if args.verbose {
        let file = config.file.as_deref().unwrap_or("none: every default holds");
        complain(&format!("configuration: {file}"));
    }
    let policy_files: &dyn Files = match &commit {
        Some(commit) => commit,
        None => &disk,
    };
    let more: Vec<LocatedText> = args.rules.iter().map(|path| named(path, "--rules")).collect();
    let selected = config::select(&config, policy_files, &more, args.skip_unsupported)?;
    for line in &selected.left_out {
        complain(line);
    }
    let base = PathBase::new(start, &found.root);
    let (about_findings, about_content): (Vec<Allowlist>, Vec<Allowlist>) =
        config.allowlists.iter().cloned().partition(Allowlist::is_about_findings);
    let ignore = ignore_file(args, &config, policy_files)?;
    let baseline_path = match (&args.baseline, &commit) {
        (Some(path), _) => path.clone(),
        (None, Some(_)) => found.root.join(&config.suppress.baseline),
        // A file that may not be read may not be written either.
        (None, None) => {
            let path = &config.suppress.baseline;
            disk.resolve(path)?.unwrap_or_else(|| found.root.join(path))
        }
    };
    let baseline = baseline(args, &config, &baseline_path, commit.as_ref())?;
    let known = Suppressions { ignore, baseline, today: Date::today(), allowlists: about_findings, base: base.clone() };
    let to = args.policy_to.as_deref().map(|rev| CommitTree::open(&found.root, rev)).transpose()?;
    let added = commit.as_ref().map(|_| added(to.as_ref(), &disk, &config, &known)).transpose()?;
    let is_of_work_tree = to.is_none();
    let policy = Arc::new(policy(args, &config, selected, about_content, base, &disk)?);
    output::mask_with(&policy);
    let fail_on_stale = args.fail_on_stale || config.suppress.fail_on_stale;
    let commit = commit.zip(added);
    Ok(Loaded {
        config,
        policy,
        known,
        root: found.root,
        baseline: baseline_path,
        fail_on_stale,
        commit,
        is_of_work_tree,
    })
}

/// Checks the name of the output format; the policy module does not know the formats.
fn check_format(config: &Config) -> Result<()> {
    let Some(format) = config.output.format.as_deref().filter(|format| Format::parse(format).is_none()) else {
        return Ok(());
    };
    let setting = config.settings.iter().find(|setting| setting.key == "output.format");
    let place = setting.map_or("output.format", |setting| setting.from.as_str());
    let fault = Error::new("read configuration", place, format!("{format:?} is not a format"));
    Err(fault.hint(format!("formats: {}", Format::NAMES.join(", "))))
}

fn named(path: &Path, at: &str) -> LocatedText {
    LocatedText { text: path.to_string_lossy().into_owned(), at: at.to_owned() }
}

/// Reads the configuration. A file that the command line or the environment names is read from the disk even with
/// `--policy-from`.
fn configuration(found: &FoundConfig, disk: &DiskFiles, commit: Option<&CommitTree>) -> Result<Config> {
    match (&found.file, commit) {
        (Some(ConfigFile::Named(file)), _) => {
            let name = disk.name(&file.to_string_lossy());
            let content =
                files::read_named(file)?.ok_or_else(|| Error::new("read configuration", &name, "no such file"))?;
            config::parse(&name, &content)
        }
        (_, Some(commit)) if commit.read(config::NAME)?.is_some() => config::load(commit, config::NAME),
        (Some(ConfigFile::AtRoot), None) => config::load(disk, config::NAME),
        (_, _) => config::default(),
    }
}

fn ignore_file(args: &PolicyArgs, config: &Config, files: &dyn Files) -> Result<IgnoreFile> {
    let (name, content) = match &args.ignore_file {
        Some(path) => {
            let name = path.display().to_string();
            let absent = || Error::new("read ignore file", &name, "no such file").hint("--ignore-file names it");
            let content = files::read_named(path)?.ok_or_else(absent)?;
            (name, Some(content))
        }
        None => (files.name(&config.suppress.ignore_file), files.read(&config.suppress.ignore_file)?),
    };
    let file = IgnoreFile::parse(&name, &content.unwrap_or_default())?;
    if config.suppress.require_reason
        && let Some(entry) = file.entries.iter().find(|entry| entry.reason.is_none())
    {
        let fault = Error::new("read ignore file", format!("{name}:{}", entry.line), "this entry gives no reason");
        return Err(fault.hint("suppress.require-reason is set; write it behind the entry: # why"));
    }
    Ok(file)
}

fn baseline(args: &PolicyArgs, config: &Config, path: &Path, commit: Option<&CommitTree>) -> Result<Baseline> {
    match commit {
        Some(commit) if args.baseline.is_none() => commit.baseline(&config.suppress.baseline),
        _ => Ok(Baseline::open(path)?.unwrap_or_default()),
    }
}

/// The suppressions that the work tree, or another commit, adds to the policy of the commit.
fn added(to: Option<&CommitTree>, disk: &DiskFiles, config: &Config, known: &Suppressions) -> Result<Vec<String>> {
    let files: &dyn Files = match to {
        Some(to) => to,
        None => disk,
    };
    // An invalid file in the change is ignored, because it has no effect here.
    let now = config::load(files, config::NAME).or_else(|_| config::default())?;
    let name = files.name(&now.suppress.ignore_file);
    let content = files.read(&now.suppress.ignore_file)?.unwrap_or_default();
    let ignore = IgnoreFile::parse(&name, &content).unwrap_or_default();
    let baseline = match to {
        Some(to) => to.baseline(&now.suppress.baseline)?,
        None => {
            let path = disk.resolve(&now.suppress.baseline)?;
            path.map(|path| Baseline::open(&path)).transpose()?.flatten().unwrap_or_default()
        }
    };
    let then = PolicyFiles { config, ignore: &known.ignore, baseline: &known.baseline };
    additions(&then, &PolicyFiles { config: &now, ignore: &ignore, baseline: &baseline })
}

fn policy(
    args: &PolicyArgs,
    config: &Config,
    selected: Selected,
    allowlists: Vec<Allowlist>,
    base: PathBase,
    disk: &DiskFiles,
) -> Result<Policy> {
    let sources = if args.known_keys.is_empty() { &config.known_keys } else { &args.known_keys };
    let are_named = !args.known_keys.is_empty();
    let known =
        known_keys::load(sources, |path| if are_named { files::read_named(Path::new(path)) } else { disk.read(path) })?;
    Ok(Policy {
        scanner: Scanner::new(RuleSet::new(selected.rules)).with_unpacker(Embedded::new(config.limits.archives)),
        markers: Markers {
            enabled: config.suppress.inline && !args.no_inline,
            foreign: config.suppress.foreign_markers,
            require_reason: config.suppress.require_reason,
            today: Date::today(),
        },
        allowlists,
        imported: Engine::new(selected.imported),
        known,
        paths: config.paths.clone(),
        max_file_size: config.limits.max_file_size,
        archives: config.limits.archives,
        base,
    })
}

impl Loaded {
    /// The number of threads in the arguments or else in the configuration; 0 is one for each processor.
    pub(super) fn threads(&self, shared: &SharedArgs) -> usize {
        match (shared.threads, self.config.limits.threads) {
            (0, Some(threads)) => threads.into(),
            (threads, _) => threads,
        }
    }

    /// The suppressions by fingerprint, unless the policy is read from a commit.
    pub(super) fn accepted(&self) -> Option<&Suppressions> {
        self.commit.is_none().then_some(&self.known)
    }

    /// Applies the suppressions and adds notes of the policy. `is_whole` says that everything below the root was
    /// scanned.
    pub(super) fn apply(&self, report: &mut Report, is_whole: bool) {
        if let Some((commit, additions)) = &self.commit {
            let mut markers = NewMarkers::since(commit);
            for finding in report.findings.iter_mut().filter(|_| self.is_of_work_tree) {
                let path = finding.location.path.as_ref().map(|path| self.known.base.from_root(path.as_ref()));
                if let Some(path) = path {
                    markers.distrust(finding, BString::as_ref(&path));
                }
            }
            let all = markers.list().chain(additions.iter().cloned());
            let lines = all.map(|line| format!("this change adds a suppression, which does not count: {line}"));
            report.coverage.notes.extend(lines);
        }
        let applied = self.known.apply(report);
        if !is_whole {
            return;
        }
        for stale in applied.stale {
            if self.fail_on_stale {
                let fault =
                    Error::new("accept", format!("{}: {}", stale.file, stale.entry), "it matches nothing any more");
                report.coverage.errors.push(fault.hint("remove it, or run keysweep baseline prune"));
            } else {
                report.coverage.notes.push(format!("stale: {}: {} matches nothing any more", stale.file, stale.entry));
            }
        }
    }
}
