//! `--shard`: which part of a divided audit this run does, and whether its report already exists.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::output::complain;
use super::targets::{self, TargetKind};
use crate::cli::args::{HistoryArgs, SharedArgs};
use crate::core::error::{Error, Exit, Result};
use crate::core::part::AuditPart;
use crate::core::path_bytes;
use crate::core::regular_file::{self, Links};
use crate::history::{Shard, rules_identity};
use crate::policy::Policy;
use crate::report::{Format, merge};

/// The size limit of a part's report in bytes.
const LONGEST: u64 = 8 << 30;

/// A job system that starts several equal jobs, and its environment variables.
struct JobSystem {
    name: &'static str,
    /// The variable with the number of this job.
    index: &'static str,
    /// The number of the first job.
    first: FirstJob,
    /// The variable with the number of jobs.
    count: &'static str,
}

enum FirstJob {
    Is(u64),
    /// The variables with the first number, and with the distance between numbers.
    Said(&'static str, &'static str),
}

const SYSTEMS: [JobSystem; 4] = [
    JobSystem { name: "Kubernetes", index: "JOB_COMPLETION_INDEX", first: FirstJob::Is(0), count: "JOB_COMPLETIONS" },
    JobSystem { name: "GitLab", index: "CI_NODE_INDEX", first: FirstJob::Is(1), count: "CI_NODE_TOTAL" },
    JobSystem {
        name: "Buildkite",
        index: "BUILDKITE_PARALLEL_JOB",
        first: FirstJob::Is(0),
        count: "BUILDKITE_PARALLEL_JOB_COUNT",
    },
    JobSystem {
        name: "Slurm",
        index: "SLURM_ARRAY_TASK_ID",
        first: FirstJob::Said("SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP"),
        count: "SLURM_ARRAY_TASK_COUNT",
    },
];

/// Parses `--shard`: `2/8`, or `auto` for the environment variables of a job system.
pub(super) fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Shard> {
    if text == "auto" {
        return of_environment(variable);
    }
    let wrong = || {
        Error::new("use --shard", text, "it has to be a part of a number")
            .hint("the second of eight is 2/8; auto asks the environment")
    };
    Shard::parse(text).ok_or_else(wrong)
}

/// The part that the job system gives to this process.
fn of_environment(variable: &dyn Fn(&str) -> Option<String>) -> Result<Shard> {
    let Some(system) = SYSTEMS.iter().find(|system| variable(system.index).is_some()) else {
        let names: Vec<&str> = SYSTEMS.iter().map(|system| system.index).collect();
        let why = format!("no variable says which part this is: {}", names.join(", "));
        return Err(Error::new("use --shard", "auto", why).hint("give the part: --shard 2/8"));
    };
    let number = |name: &str| -> Result<u64> {
        let wrong = |why: &str| Error::new("use --shard auto in", system.name, format!("{name} {why}"));
        let text = variable(name)
            .ok_or_else(|| wrong("is not set").hint("set it to the number of parts, or give --shard I/N"))?;
        text.trim().parse().map_err(|_| wrong(&format!("is {text:?}, not a number")))
    };
    let (index, count) = (number(system.index)?, number(system.count)?);
    let (first, step) = match system.first {
        FirstJob::Is(first) => (first, 1),
        FirstJob::Said(first, step) => (
            if variable(first).is_some() { number(first)? } else { 0 },
            if variable(step).is_some() { number(step)? } else { 1 },
        ),
    };
    let at = index.checked_sub(first).filter(|at| step > 0 && at % step == 0).map(|at| at / step);
    let outside = || {
        let why = format!("{} is {index}, which is not one of the {count} jobs from {first} on", system.index);
        Error::new("use --shard auto in", system.name, why).hint("number the jobs without gaps, or give --shard I/N")
    };
    at.filter(|at| *at < count).map(|at| Shard { index: at + 1, count }).ok_or_else(outside)
}

/// Hashes that identify a part: the settings of all parts, and the content of this one.
pub(super) struct PartIdentity {
    settings: Sha256,
}

impl PartIdentity {
    /// The settings in these arguments.
    pub(super) fn of(args: &HistoryArgs, shared: &SharedArgs, repositories: &[PathBuf]) -> Self {
        let mut settings = Sha256::new();
        settings.update(env!("CARGO_PKG_VERSION"));
        let HistoryArgs {
            range, since, branch, not_on_remote, submodules, file_names, allow_incomplete, max_refs, ..
        } = args;
        let SharedArgs { policy, show_secrets, severity, confidence, strict_archives, fail_on, .. } = shared;
        settings.update(format!(
            "{range:?}{since:?}{branch:?}{not_on_remote}{submodules}{file_names}{allow_incomplete}{max_refs}\
             {policy:?}{show_secrets}{severity:?}{confidence:?}{strict_archives}{fail_on:?}"
        ));
        for path in repositories {
            let name = path_bytes::bytes(path.clone());
            settings.update((name.len() as u64).to_le_bytes());
            settings.update(&name[..]);
        }
        Self { settings }
    }

    /// The header of a part. `common` identifies what all parts read, `own` what this part reads.
    pub(super) fn part(&self, shard: Shard, common: &[[u8; 32]], own: &[[u8; 32]]) -> AuditPart {
        let digest = |parts: &[[u8; 32]]| {
            let mut hash = self.settings.clone();
            parts.iter().for_each(|part| hash.update(part));
            HEXLOWER.encode(&hash.finalize()[..16])
        };
        AuditPart { index: shard.index, count: shard.count, whole: digest(common), content: digest(own) }
    }
}

/// A hash of the rules, which all parts must share.
pub(super) fn rules(policy: &Policy) -> [u8; 32] {
    Sha256::digest(rules_identity(policy.rules())).into()
}

/// The exit code of this part if its complete report already exists, so that an interrupted audit can be continued.
pub(super) fn done(shared: &SharedArgs, part: &AuditPart) -> Result<Option<Exit>> {
    let [target] = &targets::of(shared)?[..] else { return Ok(None) };
    let (TargetKind::File(file), Format::Jsonl) = (&target.to, target.format) else { return Ok(None) };
    // An unreadable report is written again.
    let Ok(Some(text)) = regular_file::read(file, Links::Follow, LONGEST) else { return Ok(None) };
    let Some(code) = merge::whole_part(&text, part) else { return Ok(None) };
    complain(&format!("part {}/{} is there already, and whole: {}", part.index, part.count, shown(file)));
    Ok(Some(match code {
        0 => Exit::Clean,
        1 => Exit::Findings,
        _ => Exit::Incomplete,
    }))
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Variables, and the part of how many, or what the error says.
    type Case = (&'static [(&'static str, &'static str)], std::result::Result<(u64, u64), &'static str>);

    #[test]
    fn the_environment_says_which_part() {
        let cases: &[Case] = &[
            (&[("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETIONS", "8")], Ok((1, 8))),
            (&[("JOB_COMPLETION_INDEX", "7"), ("JOB_COMPLETIONS", "8")], Ok((8, 8))),
            (&[("JOB_COMPLETION_INDEX", "8"), ("JOB_COMPLETIONS", "8")], Err("not one of the 8 jobs")),
            (&[("JOB_COMPLETION_INDEX", "3")], Err("JOB_COMPLETIONS is not set")),
            (&[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "5")], Ok((1, 5))),
            (&[("CI_NODE_INDEX", "5"), ("CI_NODE_TOTAL", "5")], Ok((5, 5))),
            (&[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "5")], Err("not one of the 5 jobs")),
            (&[("BUILDKITE_PARALLEL_JOB", "0"), ("BUILDKITE_PARALLEL_JOB_COUNT", "3")], Ok((1, 3))),
            (&[("BUILDKITE_PARALLEL_JOB", "2"), ("BUILDKITE_PARALLEL_JOB_COUNT", "3")], Ok((3, 3))),
            (
                &[("SLURM_ARRAY_TASK_ID", "1"), ("SLURM_ARRAY_TASK_COUNT", "4"), ("SLURM_ARRAY_TASK_MIN", "1")],
                Ok((1, 4)),
            ),
            (
                &[("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_COUNT", "4"), ("SLURM_ARRAY_TASK_MIN", "0")],
                Ok((4, 4)),
            ),
            (&[("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_COUNT", "4")], Ok((4, 4))),
            (
                &[
                    ("SLURM_ARRAY_TASK_ID", "20"),
                    ("SLURM_ARRAY_TASK_COUNT", "3"),
                    ("SLURM_ARRAY_TASK_MIN", "10"),
                    ("SLURM_ARRAY_TASK_STEP", "5"),
                ],
                Ok((3, 3)),
            ),
            (
                &[
                    ("SLURM_ARRAY_TASK_ID", "12"),
                    ("SLURM_ARRAY_TASK_COUNT", "3"),
                    ("SLURM_ARRAY_TASK_MIN", "10"),
                    ("SLURM_ARRAY_TASK_STEP", "5"),
                ],
                Err("not one of the 3 jobs"),
            ),
            (&[("CI_NODE_INDEX", "two"), ("CI_NODE_TOTAL", "5")], Err("not a number")),
            (&[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "0")], Err("not one of the 0 jobs")),
            (&[], Err("no variable says")),
        ];
        for (variables, expected) in cases {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            match (parse("auto", &variable), expected) {
                (Ok(shard), Ok(expected)) => assert_eq!((shard.index, shard.count), *expected, "{variables:?}"),
                (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{variables:?}: {error}"),
                (found, _) => panic!("{variables:?}: {found:?}, not {expected:?}"),
            }
        }
        let none = |_: &str| None;
        assert_eq!(parse("2/8", &none).ok(), Some(Shard { index: 2, count: 8 }));
        for text in ["0/8", "9/8", "8", "a/b", "1/0", "AUTO"] {
            assert!(parse(text, &none).is_err(), "{text}");
        }
    }
}
