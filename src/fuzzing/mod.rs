//! What reads bytes that somebody else wrote, one function for each kind of them. `fuzz/` calls these with inputs that a
//! fuzzer makes, a test below with a few that are always the same.
//!
//! A target returns whatever its input is: to refuse is well. It panics where something must hold and does not, such as
//! that a match lies in the content, or that the engine's work is in proportion to it. Time and memory are watched by
//! whoever calls it.

mod content;
mod disk;
mod files;
mod forms;
mod git;
mod git_seeds;
#[cfg(test)]
mod memory;
mod packs;
mod repository;
mod seeds;
#[cfg(test)]
mod tests;

/// One kind of bytes and what reads them.
pub struct FuzzTarget {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Reads one input.
    pub run: fn(&[u8]),
    /// Inputs to start from, which the readers accept.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// What stands in such bytes, and would not be guessed.
    pub words: &'static [&'static [u8]],
    /// How many changed seeds the test tries: fewer where one takes long.
    pub rounds: u32,
}

impl std::fmt::Debug for FuzzTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The table: a target is a function and a line here.
macro_rules! targets {
    ($($name:ident = $run:path, $seeds:expr, $rounds:literal, [$($word:literal),* $(,)?];)*) => {
        /// All of them.
        pub const TARGETS: &[FuzzTarget] = &[$(FuzzTarget {
            name: stringify!($name),
            run: $run,
            seeds: $seeds,
            words: &[$($word as &[u8]),*],
            rounds: $rounds,
        }),*];

        #[cfg(test)]
        mod short {
            $(#[test]
            fn $name() {
                super::tests::short_run(stringify!($name));
            })*
        }
    };
}

targets! {
    // Content: files, what is packed in them, and what is written about keys in them.
    engine = content::engine, seeds::texts, 600,
        [b"sk-proj-", b"T3BlbkFJ", b"sk-ant-api03-", b"AIza", b"gsk_", b"\\u0041", b"%41", b"&#65;", b"QUJD", b"4142",
         b"\xff\xfe", b"\xfe\xff", b"\\\\", b"-----BEGIN PRIVATE KEY-----", b"eyJhbGciOi", b"mistral_api_key=", b"s\0k\0"];
    encoded = content::encoded, seeds::plans, 120, [];
    imported = content::imported, seeds::texts, 600, [b"%3D", b"\\u003d", b"gitleaks:allow", b"c2VjcmV0", b"736563726574"];
    markers = content::markers, seeds::markers, 2000,
        [b"keysweep:allow", b"-next-line", b"[*", b"]", b"until=2027-01-31", b"reason=\"", b"gitleaks:allow", b"*/",
         b"pragma: allowlist nextline secret", b"\r"];
    archive = content::archive, seeds::archives, 1500,
        [b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08", b"\x1f\x8b\x08",
         b"BZh9\x31\x41\x59\x26\x53\x59", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18", b"%PDF-", b"stream\r\n",
         b"endstream", b"/FlateDecode", b"\x89PNG\r\n\x1a\n", b"zTXt", b"iTXt", b"ustar", b"\x78\x9c", b"././@LongLink"];
    packed = content::packed, seeds::archives, 300, [b"PK\x05\x06", b"\x1f\x8b\x08", b"ustar", b"\x78\x9c"];
    // Git's files.
    index = git::index, seeds::indexes, 2000,
        [b"DIRC", b"TREE", b"link", b"sdir", b"\0\0\0\x02", b"\0\0\0\x04", b"\xff\xff\xff\xff", b"\x80\0", b"-1 0\n"];
    split_index = git::split_index, seeds::split_indexes, 2000, [b"DIRC", b"link", b"\xff\xff\xff\xff"];
    pack_index = git::pack_index, seeds::pack_indexes, 500, [b"\xfftOc\0\0\0\x02", b"\xff\xff\xff\xff"];
    multi_pack_index = git::multi_pack_index, seeds::multi_pack_indexes, 2000,
        [b"MIDX", b"PNAM", b"OIDF", b"OIDL", b"OOFF", b"LOFF", b"\x80\0\0\0", b"pack-1.idx"];
    pack = git::pack, seeds::packs, 600, [b"\x78\x9c", b"\x78\x01\x01", b"\x60", b"\x70", b"\xff\xff\xff\xff\x7f"];
    delta = git::delta, seeds::deltas, 2000, [b"\x80", b"\xff", b"\x90\x04"];
    loose = git::loose, seeds::objects, 2000, [b"blob ", b"commit ", b"18446744073709551615", b"\x78\x9c", b"\x78\x01"];
    tree = git::tree, seeds::trees, 2000, [b"100644 ", b"40000 ", b"120000 ", b"160000 ", b"\0", b"a/b", b".."];
    commit = git::commit, seeds::commits, 2000,
        [b"tree ", b"parent ", b"author ", b"committer ", b"gpgsig ", b"tagger ", b"object ", b"type ", b"\n\n", b"> ",
         b"9223372036854775807", b"-9223372036854775808", b" +9999"];
    refs = git::refs, seeds::refs, 60,
        [b"ref: ", b"ref: HEAD", b"refs/heads/", b"../", b"^", b"# pack-refs with: peeled\n", b"\n", b"\0"];
    reftable = git::reftable, seeds::reftables, 1500, [b"REFT", b"s256", b"g", b"r", b"i", b"o", b"refs/heads/", b"\x80\0"];
    git_config = git::config, seeds::git_configs, 100,
        [b"[core]", b"[remote \"", b"worktree = ", b"\\\n", b"\"", b"objectformat = sha256", b"refstorage = reftable", b"]"];
    alternates = git::alternates, seeds::alternates, 100, [b"\"", b"\\042", b"#", b":", b"\n", b"../"];
    packs = packs::packs, seeds::plans, 80, [];
    repository = repository::repository, seeds::plans, 25, [];
    // Files that keysweep reads for itself.
    configuration = files::configuration, seeds::configurations, 400,
        [b"[rules]", b"enable = [", b"[[rule]]", b"[[allowlist]]", b"regex = '", b"extends = [", b"[limits]", b"\"\"\"",
         b"'''", b"[paths]", b"archives", b"known-keys = [", b"min-severity"];
    rules = files::rules, seeds::rules, 200,
        [b"[[rule]]", b"anchors = [", b"names = [", b"context = [", b"structure = { ", b"halves = [", b"examples = [",
         b"(?:", b"{1000}", b"\xc2\xab", b"\xc2\xbb", b"\xe2\x9f\xa8crc\xe2\x9f\xa9", b"[[rules]]", b"[extend]"];
    gitleaks = files::gitleaks, seeds::gitleaks, 200,
        [b"[[rules]]", b"[[rules.allowlists]]", b"[extend]", b"path = \"", b"useDefault = true", b"(?i)", b"(?P<a>", b"\\Q",
         b"\\E", b"[[:alpha:]]", b"\\pL", b"\\x{10FFFF}", b"{1000}", b"secretGroup = ", b"keywords = [", b"entropy = "];
    baseline = files::baseline, seeds::baselines, 2000, [b"%25", b"%", b" ", b"0123456789abcdef0123456789abcdef"];
    ignore_file = files::ignore_file, seeds::ignore_files, 300,
        [b" # ", b"until=2027-01-31", b"**/", b"{a,b}", b"[!a-z]", b"\\", b"openai-*:", b"0123456789abcdef0123456789abcdef"];
    accepted = files::accepted, seeds::accepted, 600,
        [b"[secrets]", b"{\"results\":{", b"hashed_secret", b"\"RuleID\":", b"\"Secret\":", b"\"StartLine\":", b"a.py:rule:1"];
    known_keys = files::known_keys, seeds::environments, 600, [b"export ", b"API_KEY=", b"\"", b"'", b"\\n", b"${", b"#"];
    report = files::report, seeds::reports, 600,
        [b"{\"type\":\"finding\"", b"{\"type\":\"summary\"", b"\"location\":", b"18446744073709551615", b"\"history\":",
         b"\"counts\":", b"\"shard\":", b"\\ud800", b"\"suppressed_by\":\"inline\""];
    agent_event = files::agent_event, seeds::agent_events, 600,
        [b"\"hook_event_name\":", b"\"PreToolUse\"", b"\"tool_input\":", b"\"command\":", b"\"tool_response\":", b"\"cwd\":",
         b"*** Begin Patch\n", b"*** Update File: ", b"\"edits\":[", b"\"prompt\":", b"@", b"cat .env", b"$(", b"mcp__"];
    agent_settings = files::agent_settings, seeds::agent_settings, 60,
        [b"\"hooks\":", b"\"PreToolUse\":[", b"// c\n", b"/*", b"*/", b",}", b"[[hooks.", b"keysweep hook run --agent claude"];
    hook_manager = files::hook_manager, seeds::hook_managers, 1000,
        [b"repos:\n", b"- repo: local\n", b"pre-commit:\n", b"  commands:\n", b"- id: keysweep", b"\t", b"jobs:\n"];
    push_updates = files::push_updates, seeds::updates, 2000, [b"refs/heads/", b"(delete)", b" ", b"\n"];
    ci_job = files::ci_job, seeds::ci_jobs, 1000,
        [b"GITHUB_ACTIONS=true\n", b"GITHUB_EVENT_PATH=e\n", b"GITHUB_EVENT_NAME=push\n", b"GITLAB_CI=true\n", b"\0{\"before\":",
         b"\"pull_request\":{\"base\":{\"sha\":", b"CI_COMMIT_BEFORE_SHA=", b"BUILDKITE=true\n", b"CIRCLECI=true\n"];
    arguments = files::arguments, seeds::arguments, 100,
        [b"scan\n", b"history\n", b"hook\nrun\n", b"--framework\n", b"--since\nyesterday\n", b"--shard\n2/8\n", b"--\n", b"-"];
    fixes = files::fixes, seeds::programs, 100, [b"\x01", b"'''", b"\"\"\"", b"`${", b"f\"", b"r#\"", b"//", b"/*", b"<<EOF\n", b"\\"];
}

/// The target of this name.
pub fn target(name: &str) -> Option<&'static FuzzTarget> {
    TARGETS.iter().find(|target| target.name == name)
}
