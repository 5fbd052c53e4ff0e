//! How a key came into a repository: what it stands in, by path, layers and surroundings.

use bstr::ByteSlice as _;
use serde::Serialize;

use crate::core::finding::{KeyForm, Part};
use crate::report::model::JsonFinding;
use crate::source::agents::{self, AgentFileKind as Kind};

/// What a key came in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum KeyOrigin {
    /// A text file.
    File,
    /// A file of environment variables.
    EnvironmentFile,
    /// A notebook's source.
    Notebook,
    /// What a notebook's cell printed.
    NotebookOutput,
    /// What a coding agent or a chat program recorded.
    Transcript,
    /// Recorded requests of a test.
    Cassette,
    /// A log.
    Log,
    /// A binary file.
    Binary,
    /// A member of an archive, or something compressed.
    Archive,
    /// A commit's message.
    CommitMessage,
    /// A commit's or tag's author.
    Author,
    /// A tag's message.
    TagMessage,
    /// A reference's name.
    RefName,
    /// A reflog's message.
    Reflog,
    /// A file's or directory's name.
    FileName,
}

impl KeyOrigin {
    /// Of one place.
    pub(in crate::report) fn of(entry: &JsonFinding<'_>) -> Self {
        match entry.location.part {
            Some(Part::Message) => return Self::CommitMessage,
            Some(Part::Author) => return Self::Author,
            Some(Part::Tag) => return Self::TagMessage,
            Some(Part::Ref) => return Self::RefName,
            Some(Part::Name) => return Self::FileName,
            Some(Part::Reflog) => return Self::Reflog,
            None => {}
        }
        if entry.location.member.is_some() || entry.layers.iter().any(|layer| layer.is_packed()) {
            return Self::Archive;
        }
        let path = entry.location.path.as_deref().unwrap_or_default();
        let lower = path.to_ascii_lowercase();
        let name = lower.rsplit('/').next().unwrap_or_default();
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        let is_transcript = || {
            agents::of(path.as_bytes().as_bstr())
                .is_some_and(|file| matches!(file.kind, Kind::Transcript | Kind::Store))
                || lower.contains(".aider.chat.history")
                || lower.contains("/.specstory/")
        };
        let form = entry.usage.as_ref().and_then(|usage| usage.form);
        match form {
            Some(KeyForm::NotebookOutput) => Self::NotebookOutput,
            _ if is_transcript() => Self::Transcript,
            Some(KeyForm::Binary) => Self::Binary,
            None if ends(&[".ipynb"]) => Self::Notebook,
            None if ends(&BINARY) => Self::Binary,
            None if lower.contains("cassette") || lower.contains("__recordings__") || ends(&[".har", ".vcr.yml"]) => {
                Self::Cassette
            }
            None if name == ".env" || name.starts_with(".env.") || ends(&[".env", ".envrc"]) => Self::EnvironmentFile,
            None if ends(&[".log", ".out"]) => Self::Log,
            None => Self::File,
        }
    }

    /// In words, after "it came in with".
    pub const fn words(self) -> &'static str {
        match self {
            Self::File => "a file",
            Self::EnvironmentFile => "an environment file",
            Self::Notebook => "a notebook's source",
            Self::NotebookOutput => "a notebook's output",
            Self::Transcript => "a transcript",
            Self::Cassette => "a test's recorded requests",
            Self::Log => "a log",
            Self::Binary => "a binary file",
            Self::Archive => "an archive",
            Self::CommitMessage => "a commit message",
            Self::Author => "an author's name",
            Self::TagMessage => "a tag's message",
            Self::RefName => "a reference's name",
            Self::Reflog => "a reflog's message",
            Self::FileName => "a file's name",
        }
    }

    /// Whether `git filter-repo --replace-text` takes it out.
    pub(super) const fn is_text(self) -> bool {
        matches!(
            self,
            Self::File
                | Self::EnvironmentFile
                | Self::Notebook
                | Self::NotebookOutput
                | Self::Transcript
                | Self::Cassette
                | Self::Log
        )
    }
}

/// Endings of files that hold no text, for reports that say nothing of the surroundings.
const BINARY: [&str; 14] = [
    ".pkl", ".pickle", ".pyc", ".so", ".dll", ".exe", ".bin", ".db", ".sqlite", ".npy", ".parquet", ".class", ".wasm",
    ".o",
];
