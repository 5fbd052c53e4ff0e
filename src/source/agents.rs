//! The files of coding agents, as one table: settings, MCP servers, logins, transcripts.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fs, io};

use bstr::{BStr, ByteSlice as _};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::core::error::Error;
use crate::core::order::ListOrder as _;

/// The kind of an agent's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentFileKind {
    /// Settings of the agent, including its MCP servers.
    Settings,
    /// The credentials of a login.
    Login,
    /// A transcript of conversations, as text.
    Transcript,
    /// A transcript in a database.
    Store,
}

impl AgentFileKind {
    /// A noun that follows the agent's name.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Login => "login",
            Self::Transcript => "transcript",
            Self::Store => "chat store",
        }
    }
}

/// One kind of file of one agent, and its paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentFile {
    /// The product name of the agent.
    pub agent: &'static str,
    /// What the file is for.
    pub kind: AgentFileKind,
    /// The syntax with which it refers to environment variables, where `X` is the name; `None` if it has none.
    pub reference: Option<&'static str>,
    /// Path patterns relative to the home directory.
    home: &'static [&'static str],
    /// Path patterns relative to any directory of a project.
    project: &'static [&'static str],
}

const fn settings(
    agent: &'static str,
    reference: Option<&'static str>,
    home: &'static [&'static str],
    project: &'static [&'static str],
) -> AgentFile {
    AgentFile { agent, kind: AgentFileKind::Settings, reference, home, project }
}

const fn private(agent: &'static str, kind: AgentFileKind, home: &'static [&'static str]) -> AgentFile {
    AgentFile { agent, kind, reference: None, home, project: &[] }
}

/// All kinds of files; the first one that matches a path is used.
pub static FILES: &[AgentFile] = &[
    settings(
        "Claude Code",
        Some("${X}"),
        &[".claude.json", ".claude/settings.json", ".claude/settings.local.json"],
        &[".mcp.json", ".claude/settings.json", ".claude/settings.local.json"],
    ),
    settings("Cursor", Some("${env:X}"), &[".cursor/mcp.json"], &[".cursor/mcp.json"]),
    settings(
        "VS Code",
        Some("${env:X}"),
        &[
            ".config/Code/User/mcp.json",
            "Library/Application Support/Code/User/mcp.json",
            "AppData/Roaming/Code/User/mcp.json",
        ],
        &[".vscode/mcp.json"],
    ),
    settings(
        "Claude Desktop",
        None,
        &[
            ".config/Claude/claude_desktop_config.json",
            "Library/Application Support/Claude/claude_desktop_config.json",
            "AppData/Roaming/Claude/claude_desktop_config.json",
        ],
        &["claude_desktop_config.json"],
    ),
    settings("Codex", None, &[".codex/config.toml"], &[".codex/config.toml"]),
    settings("Gemini CLI", Some("${X}"), &[".gemini/settings.json"], &[".gemini/settings.json"]),
    settings("GitHub Copilot", Some("${X}"), &[".copilot/mcp-config.json"], &[".github/mcp.json"]),
    settings("Windsurf", Some("${env:X}"), &[".codeium/windsurf/mcp_config.json"], &[".windsurf/mcp_config.json"]),
    settings("aider", None, &[".aider.conf.yml"], &[".aider.conf.yml"]),
    settings("Continue", Some("${{ secrets.X }}"), &[".continue/config.yaml"], &[".continue/config.yaml"]),
    private("Claude Code", AgentFileKind::Login, &[".claude/.credentials.json"]),
    private("Codex", AgentFileKind::Login, &[".codex/auth.json", ".codex/.credentials.json"]),
    private("Gemini CLI", AgentFileKind::Login, &[".gemini/oauth_creds.json", ".gemini/.env"]),
    private("GitHub Copilot", AgentFileKind::Login, &[".copilot/config.json"]),
    private("OpenCode", AgentFileKind::Login, &[".local/share/opencode/auth.json"]),
    private("Continue", AgentFileKind::Login, &[".continue/.env"]),
    private("Claude Code", AgentFileKind::Transcript, &[".claude/projects/**/*.jsonl", ".claude/history.jsonl"]),
    private("Codex", AgentFileKind::Transcript, &[".codex/sessions/**/*.jsonl", ".codex/history.jsonl"]),
    private("GitHub Copilot", AgentFileKind::Transcript, &[".copilot/session-state/**/*.jsonl"]),
    private("Gemini CLI", AgentFileKind::Transcript, &[".gemini/tmp/**/chats/*.json"]),
    private(
        "VS Code",
        AgentFileKind::Transcript,
        &[
            ".config/Code/User/workspaceStorage/*/chatSessions/*.json*",
            "Library/Application Support/Code/User/workspaceStorage/*/chatSessions/*.json*",
            "AppData/Roaming/Code/User/workspaceStorage/*/chatSessions/*.json*",
        ],
    ),
    private("Cursor", AgentFileKind::Transcript, &[".cursor/projects/**/agent-transcripts/**/*.jsonl"]),
    private(
        "Cursor",
        AgentFileKind::Store,
        &[
            ".config/Cursor/User/**/state.vscdb*",
            "Library/Application Support/Cursor/User/**/state.vscdb*",
            "AppData/Roaming/Cursor/User/**/state.vscdb*",
        ],
    ),
    private(
        "VS Code",
        AgentFileKind::Store,
        &[
            ".config/Code/User/**/state.vscdb*",
            "Library/Application Support/Code/User/**/state.vscdb*",
            "AppData/Roaming/Code/User/**/state.vscdb*",
        ],
    ),
    AgentFile {
        agent: "aider",
        kind: AgentFileKind::Transcript,
        reference: None,
        home: &[],
        project: &[".aider.chat.history.md", ".aider.input.history"],
    },
];

/// The kind of file at a path; `None` if it is not an agent's. The home directory may be anywhere in the path,
/// because it may have been copied or committed.
pub fn of(path: &BStr) -> Option<&'static AgentFile> {
    static SET: OnceLock<(GlobSet, Vec<usize>)> = OnceLock::new();
    let (set, owners) = SET.get_or_init(|| {
        let mut builder = GlobSetBuilder::new();
        let mut owners = Vec::new();
        for (index, file) in FILES.iter().enumerate() {
            for pattern in file.project.iter().chain(file.home) {
                let glob = GlobBuilder::new(&format!("**/{pattern}")).literal_separator(true).build();
                if let Ok(glob) = glob {
                    builder.add(glob);
                    owners.push(index);
                }
            }
        }
        (builder.build().unwrap_or_default(), owners)
    });
    let matches = set.matches(Path::new(path.to_path_lossy().as_ref()));
    matches.into_iter().filter_map(|matched| owners.get(matched)).min().and_then(|index| FILES.get(*index))
}

/// An agent's file that exists in a home directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundAgentFile {
    /// Its path.
    pub path: PathBuf,
    /// The kind of file.
    pub file: &'static AgentFile,
    /// The time of the last change.
    pub modified: std::time::SystemTime,
}

/// All files of agents in a home directory, newest first, and the errors of directories that could not be listed.
pub fn at_home(home: &Path) -> (Vec<FoundAgentFile>, Vec<Error>) {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for file in FILES {
        for pattern in file.home {
            let parts: Vec<&str> = pattern.split('/').collect();
            for path in expand(home, &parts, &mut errors) {
                let modified = path.metadata().and_then(|metadata| metadata.modified());
                found.push(FoundAgentFile { path, file, modified: modified.unwrap_or(std::time::UNIX_EPOCH) });
            }
        }
    }
    found.order_by(|a, b| (b.modified, &a.path).cmp(&(a.modified, &b.path)));
    found.dedup_by(|a, b| a.path == b.path);
    (found, errors)
}

/// The home directory of this user.
pub fn home() -> crate::Result<PathBuf> {
    env::home_dir().ok_or_else(|| Error::new("find", "the home directory", "HOME is not set"))
}

/// The regular files that match a pattern. Links are not followed.
fn expand(home: &Path, parts: &[&str], errors: &mut Vec<Error>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![(home.to_owned(), parts)];
    while let Some((directory, parts)) = open.pop() {
        let Some((part, rest)) = parts.split_first() else { continue };
        if !part.contains('*') {
            let path = directory.join(part);
            match path.symlink_metadata() {
                Ok(kind) if rest.is_empty() && kind.is_file() => files.push(path),
                Ok(kind) if kind.is_dir() => open.push((path, rest)),
                _ => {}
            }
            continue;
        }
        if *part == "**" {
            open.push((directory.clone(), rest));
        }
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                errors.push(Error::new("list", directory.display(), error));
                continue;
            }
        };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name();
            if *part == "**" {
                if kind.is_dir() {
                    open.push((entry.path(), parts));
                }
            } else if fits(part.as_bytes(), name.as_encoded_bytes()) {
                match rest.is_empty() {
                    true if kind.is_file() => files.push(entry.path()),
                    false if kind.is_dir() => open.push((entry.path(), rest)),
                    _ => {}
                }
            }
        }
    }
    files.order();
    files.dedup();
    files
}

/// Whether a name matches a pattern in which `*` stands for any text.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let mut parts = pattern.split_str("*");
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let parts: Vec<&[u8]> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{AgentFileKind, at_home, of};

    #[test]
    fn agents_files_are_known_by_their_paths() {
        for (path, expected) in [
            (".mcp.json", Some(("Claude Code", AgentFileKind::Settings))),
            ("app/.cursor/mcp.json", Some(("Cursor", AgentFileKind::Settings))),
            ("/home/a/.claude/projects/-p/s.jsonl", Some(("Claude Code", AgentFileKind::Transcript))),
            ("backup/.claude/projects/-p/subagents/s.jsonl", Some(("Claude Code", AgentFileKind::Transcript))),
            (".codex/sessions/2026/01/02/rollout-x.jsonl", Some(("Codex", AgentFileKind::Transcript))),
            ("a/.codex/auth.json", Some(("Codex", AgentFileKind::Login))),
            (".config/Cursor/User/globalStorage/state.vscdb", Some(("Cursor", AgentFileKind::Store))),
            ("mcp.json", None),
            ("src/a.jsonl", None),
        ] {
            assert_eq!(of(path.into()).map(|file| (file.agent, file.kind)), expected, "{path}");
        }
    }

    #[test]
    fn a_home_directory_is_looked_through() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [
            ".claude.json",
            ".claude/projects/-p/a.jsonl",
            ".claude/projects/-p/subagents/b.jsonl",
            ".codex/sessions/2026/01/02/rollout-x.jsonl",
            ".config/Cursor/User/globalStorage/state.vscdb",
            ".claude/projects/-p/notes.txt",
            "other.jsonl",
        ];
        for path in paths {
            std::fs::create_dir_all(dir.path().join(path).parent().unwrap()).unwrap();
            std::fs::write(dir.path().join(path), "").unwrap();
        }
        let (found, errors) = at_home(dir.path());
        let mut found: Vec<_> =
            found.iter().map(|found| found.path.strip_prefix(dir.path()).unwrap().to_owned()).collect();
        found.sort();
        assert!(errors.is_empty());
        let mut expected: Vec<std::path::PathBuf> = paths[..5].iter().map(Into::into).collect();
        expected.sort();
        assert_eq!(found, expected);
    }
}
