//! Inputs to start from. They are made here so that no file of this tree holds a key or an archive.

use super::forms::{self, owned};
use super::git::{id, zlib};
use crate::rule;
use crate::rule::template::{Random, Template};

pub(super) use super::git_seeds::{
    alternates, commits, deltas, git_configs, indexes, multi_pack_indexes, objects, pack_indexes, packs, refs,
    reftables, split_indexes, trees,
};

/// Rules that the target for imported rules runs.
pub(super) const GITLEAKS: &str = r#"
[[rules]]
id = "acme-key"
regex = '''(?i)acme[a-z0-9_ .\-]{0,20}[=:> "']{1,5}([a-z0-9]{16,40})(?:["'\s;]|$)'''
keywords = ["acme"]
entropy = 2.5
secretGroup = 1
[[rules]]
id = "secret-word"
regex = '''secret\w{4,64}'''
keywords = ["secret"]
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''example''']
stopwords = ["test"]
[[rules]]
id = "anything"
regex = '''[A-Za-z]{3}_[0-9a-f]{32,}'''
[[rules]]
id = "by-path"
path = '''\.pem$'''
"#;

/// A key of one of the built-in rules.
pub(super) fn key(number: u8) -> String {
    let rules = rule::builtin();
    let rule = &rules[usize::from(number) % rules.len()];
    let template = rule.examples.first().and_then(|text| Template::parse(text).ok());
    template.map(|template| template.generate(&mut Random::new(number.into())).text).unwrap_or_default()
}

/// Text in one of the forms in which keys are written.
pub(super) fn encode(encoding: u8, text: &[u8]) -> Vec<u8> {
    let each = |write: &dyn Fn(u8) -> String| text.iter().map(|&byte| write(byte)).collect::<String>().into_bytes();
    match encoding % 9 {
        0 => data_encoding::BASE64.encode(text).into_bytes(),
        1 => data_encoding::BASE64URL_NOPAD.encode(text).into_bytes(),
        2 => data_encoding::HEXLOWER.encode(text).into_bytes(),
        3 => each(&|byte| format!("%{byte:02X}")),
        4 => each(&|byte| format!("\\u{byte:04x}")),
        5 => each(&|byte| format!("&#{byte};")),
        6 => text.iter().flat_map(|&byte| [byte, 0]).collect(),
        7 => each(&|byte| format!("\\x{byte:02x}")),
        _ => each(&|byte| {
            if byte == b'"' || byte == b'\\' { format!("\\{}", byte as char) } else { (byte as char).into() }
        }),
    }
}

/// Text with keys, plain and encoded.
pub(super) fn texts() -> Vec<Vec<u8>> {
    let rules = rule::builtin().len() as u8;
    let mut texts: Vec<Vec<u8>> =
        (0..12).map(|step| format!("api_key = \"{}\"\n", key(step * (rules / 12).max(1))).into_bytes()).collect();
    texts.extend((0..9).map(|way| [b"x = ", &encode(way, key(way).as_bytes())[..], b"\n"].concat()));
    texts.push(encode(0, &encode(2, key(3).as_bytes())));
    texts.push(encode(4, &encode(3, key(4).as_bytes())));
    texts.push(format!("a\nacme_token: '{}'\nsecret{}", "0a1b2c3d".repeat(3), "Zz".repeat(9)).into_bytes());
    texts.push(b"\\".repeat(200));
    texts
}

/// Bytes that make a plan: anything does.
pub(super) fn plans() -> Vec<Vec<u8>> {
    let mut random = Random::new(5);
    let mut plans: Vec<Vec<u8>> =
        (0..24).map(|number| (0..40 + 30 * number).map(|_| random.next() as u8).collect()).collect();
    plans.push((0..=255).collect());
    plans
}

pub(super) fn markers() -> Vec<Vec<u8>> {
    let lines = [
        "k = KEY # keysweep:allow[openai-*] reason=\"a test\" until=2027-01-31",
        "// keysweep:allow-next-line\nk = KEY",
        "k = KEY /* keysweep:allow[a*b*c*d, e] until=2020-01-01 */",
        "k = KEY # gitleaks:allow\r\nx # pragma: allowlist nextline secret\r",
        "keysweep:allow[**********Z keysweep:allow[x",
    ];
    lines.iter().map(|line| [&[16, 3], line.as_bytes()].concat()).collect()
}

pub(super) fn archives() -> Vec<Vec<u8>> {
    let key = key(0);
    let text = key.as_bytes();
    let tar = forms::tar(&[
        (b"a.txt", b'0', text),
        (b"d/", b'5', b""),
        (b"long", b'L', b"a/long/name\0"),
        (b"x", b'x', b"9 path=b\n"),
        (b"b", b'0', b"b"),
        (b"l", b'2', b""),
    ]);
    let zip = forms::zip(&[(b"a.txt", text), (b"b.txt", text), (b"c.gz", &forms::gzip(b"c"))]);
    // More pieces than members are allowed: a document's text ends at each of these words.
    let words = [&b"%PDF-1.4\n"[..], &b"stream ".repeat(2000)].concat();
    let document = forms::zip(&[(b"a.pdf", &words)]);
    let chunk = |name: &[u8; 4], body: &[u8]| {
        [&(body.len() as u32).to_be_bytes()[..], name, body, &crc32fast::hash(&[name, body].concat()).to_be_bytes()]
            .concat()
    };
    let png = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]),
        chunk(b"tEXt", &[b"Comment\0", text].concat()),
        chunk(b"zTXt", &[b"Comment\0\0", &zlib(text)[..]].concat()),
        chunk(b"iTXt", &[b"Comment\0\x01\0en\0\0", &zlib(text)[..]].concat()),
        chunk(b"IEND", b""),
    ];
    let stream = zlib(text);
    let head = format!("%PDF-1.4\n1 0 obj\n<</Length {}/Filter/FlateDecode>>\nstream\r\n", stream.len());
    let pdf = [head.as_bytes(), &stream, b"\nendstream\nendobj\n"].concat();
    // A frame of one raw block.
    let zstd = [&b"\x28\xb5\x2f\xfd\x20\x03"[..], &[3 << 3 | 1, 0, 0], b"abc"].concat();
    let mut bzip2 = Vec::new();
    let mut writer = bzip2::write::BzEncoder::new(&mut bzip2, bzip2::Compression::fast());
    std::io::Write::write_all(&mut writer, text).and_then(|()| writer.finish().map(drop)).expect("writing to memory");
    // `hello`, as the xz program writes it.
    let xz = data_encoding::BASE64
        .decode(b"/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAEaGVsbG8AAAAAsTe52+XaHpsAAR0FuC2Arx+2830BAAAAAARZWg==")
        .expect("a constant");
    let nested = forms::gzip(&forms::tar(&[(b"in.zip", b'0', &zip)]));
    vec![
        tar,
        [b"#!/bin/sh\n", &zip[..]].concat(),
        zip,
        document,
        forms::gzip(text),
        zlib(text),
        png.concat(),
        pdf,
        zstd,
        bzip2,
        xz,
        nested,
    ]
}

pub(super) fn configurations() -> Vec<Vec<u8>> {
    owned(&[
        "extends = [\"rules.toml\"]\n[rules]\nenable = [\"openai-*\"]\ndisable = [\"*\"]\nmin-severity = \"low\"\n[rules.severity]\n\"openai-*\" = \"high\"\n",
        "[paths]\nexclude = [\"**/*.md\", \"a/{b,c}/[!d]*\"]\n[limits]\nmax-file-size = \"10 MB\"\nthreads = 4\narchives = \"strict\"\n[suppress]\ninline = false\nrequire-reason = true\n",
        "[[allowlist]]\nreason = \"x\"\nregexes = ['''^abc''']\npaths = [\"docs/**\"]\nstopwords = [\"example\"]\nrules = [\"openai-*\"]\n",
        "[[rule]]\nid = \"acme-key\"\ntitle = \"Acme\"\nseverity = \"high\"\nconfidence = \"likely\"\nanchors = [\"acme_\"]\nregex = 'acme_[a-z0-9]{20}'\n[context]\nopenai = [\"gpt\"]\n[hook]\nwhole-files = true\nreceive-timeout = 5\n",
        "[output]\nformat = \"json\"\ncolor = \"never\"\n",
    ])
}

pub(super) fn rules() -> Vec<Vec<u8>> {
    owned(&[
        "provider = \"acme\"\nrevoke = \"there\"\n[[rule]]\nid = \"acme-key\"\ntitle = \"Acme\"\nseverity = \"high\"\nconfidence = \"certain\"\nanchors = [\"acme_\"]\nregex = 'acme_[A-Za-z0-9]{20,40}'\nalphabet = 'A-Za-z0-9_'\nentropy = 3.0\nexamples = ['k = \u{ab}acme_[A-Za-z0-9]{20}\u{bb}']\nnon-examples = ['acme_x{3}(?:a|b)?']\n",
        "[[rule]]\nid = \"a-b\"\ntitle = \"A\"\nseverity = \"low\"\nconfidence = \"possible\"\nnames = [\"a_key\"]\ncontext = [\"acme\"]\nregex = '[0-9a-f]{32}'\nstructure = { checksum = \"crc32-base62\" }\nexamples = ['\u{27e8}body\u{27e9}[a-z]{9}\u{27e8}crc\u{27e9}']\n",
        "[[rule]]\nid = \"h\"\ntitle = \"H\"\nseverity = \"low\"\nconfidence = \"likely\"\nanchors = [\"MARK\"]\nlookback = 20\nregex = '([a-z]{8})MARK[a-z]{8}'\nsecret-group = 1\nstructure = { halves = [8], ending = \"AE\" }\nleft = \"any\"\n",
        GITLEAKS,
    ])
}

pub(super) fn gitleaks() -> Vec<Vec<u8>> {
    owned(&[
        GITLEAKS,
        "title = \"x\"\n[extend]\npath = \"base.toml\"\ndisabledRules = [\"a\"]\n[[rules]]\nid = \"a\"\nregex = '''(?P<x>\\Qa.b\\E|[[:alpha:]]\\pL{2,5}\\x{41})'''\nkeywords = [\"a\"]\n[[rules.required]]\nid = \"b\"\nwithinLines = 3\n[[rules]]\nid = \"b\"\nregex = '''b+'''\n[[allowlists]]\ntargetRules = [\"a\"]\ncondition = \"AND\"\npaths = ['''\\.md$''']\ncommits = [\"abc\"]\n",
        "(?i)a{2,3}(?:b|c)*?\\z\n[^\\x00-\\x1f[:^space:]]+\n\\Q*\\E(?s:.)\\d\\W\n",
    ])
}

const FINGERPRINT: &str = "0123456789abcdef0123456789abcdef";

pub(super) fn baselines() -> Vec<Vec<u8>> {
    owned(&[
        &format!("# x\n{FINGERPRINT} openai-project-key\n{FINGERPRINT} a b%20c/d%25\n"),
        &format!("{FINGERPRINT} r \u{e9}\n"),
    ])
}

pub(super) fn ignore_files() -> Vec<Vec<u8>> {
    owned(&[&format!(
        "# x\n{FINGERPRINT}\nopenai-*:{FINGERPRINT} docs/** # reason until=2027-01-31\n{FINGERPRINT} {{a,b}}/[!c]? # until=2020-01-01\n"
    )])
}

pub(super) fn accepted() -> Vec<Vec<u8>> {
    owned(&[
        "src/a.py:rule:1\n0123456789abcdef:src/a.py:rule:1\n# x\n[secrets]\n^sk-.*\n/docs/\n*.md\n",
        "[{\"RuleID\":\"r\",\"File\":\"src/a.py\",\"StartLine\":1,\"Secret\":\"REDACTED\"}]",
        "{\"results\":{\"src/a.py\":[{\"type\":\"T\",\"hashed_secret\":\"da39a3ee5e6b4b0d3255bfef95601890afd80709\",\"line_number\":1,\"is_secret\":false}]}}",
    ])
}

pub(super) fn environments() -> Vec<Vec<u8>> {
    let value = "aB3dE6gH9jK2mN5pQ8sT";
    owned(&[&format!(
        "export API_KEY=\"{value}\\n\"\n# c\nA_TOKEN='{value}x' # c\nB_SECRET={value}y\nX={value}\n{value}\n"
    )])
}

pub(super) fn reports() -> Vec<Vec<u8>> {
    let finding = format!(
        "{{\"type\":\"finding\",\"rule\":\"openai-project-key\",\"provider\":\"openai\",\"title\":\"T\",\"severity\":\"critical\",\
         \"confidence\":\"certain\",\"secret\":\"sk-Ab\u{2026}yZ\",\"fingerprint\":\"{FINGERPRINT}\",\"status\":\"active\",\
         \"suppressed_by\":null,\"location\":{{\"path\":\"src/a.py\",\"member\":\"b/c\",\"line\":3,\"column\":12,\"end_line\":3,\
         \"end_column\":175}},\"layers\":[\"base64\"],\"commit\":{{\"id\":\"4f0c1b\",\"author_name\":\"A\",\"author_email\":\"a@b\",\
         \"date\":\"2026-01-02T03:04:05+00:00\",\"summary\":\"S\"}},\"history\":{{\"last_commit\":null,\"in_head\":true,\
         \"refs\":[\"refs/heads/main\"],\"refs_total\":3,\"on_remote\":true,\"reach\":\"head\",\"versions\":2,\"days_exposed\":12}}}}"
    );
    let summary = "{\"type\":\"summary\",\"findings\":1,\"suppressed\":0,\"exit_code\":1,\"coverage\":{\"files\":3,\"bytes\":9,\
                   \"skipped\":[{\"path\":\"x\",\"reason\":\"y\"}],\"errors\":[],\"notes\":[\"n\"],\"shard\":1,\"shards\":2}}";
    vec![
        format!("{finding}\n{finding}\n{summary}\n").into_bytes(),
        format!("{summary}\n").into_bytes(),
        format!("{{\"findings\": [{finding}], \"summary\": {summary}}}").into_bytes(),
    ]
}

pub(super) fn agent_events() -> Vec<Vec<u8>> {
    let key = key(0);
    let events = [
        (0, format!("{{\"hook_event_name\":\"PreToolUse\",\"cwd\":\".\",\"tool_name\":\"Bash\",\"tool_input\":{{\"command\":\"cat .env; echo {key}\"}}}}")),
        (0, format!("{{\"hook_event_name\":\"PostToolUse\",\"tool_name\":\"mcp__a__b\",\"tool_input\":{{}},\"tool_response\":{{\"a\":[\"{key}\",1,null]}}}}")),
        (0, "{\"hook_event_name\":\"UserPromptSubmit\",\"prompt\":\"see @a.py and 'b c.txt'\"}".to_owned()),
        (1, "{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"apply_patch\",\"tool_input\":{\"command\":\"*** Begin Patch\\n*** Update File: a.py\\n@@\\n-x\\n+y\\n*** Add File: b\\n+z\\n*** End Patch\\n\"}}".to_owned()),
        (2, "{\"hook_event_name\":\"beforeReadFile\",\"file_path\":\"a.py\",\"content\":\"x\",\"attachments\":[{\"type\":\"file\",\"file_path\":\"b\"}]}".to_owned()),
        (2, "{\"hook_event_name\":\"beforeShellExecution\",\"command\":\"sudo head -n 5 'a b' | grep x $(cat c)\",\"cwd\":\"\"}".to_owned()),
        (3, "{\"toolName\":\"bash\",\"toolArgs\":\"{\\\"command\\\":\\\"cat x\\\"}\",\"cwd\":\".\"}".to_owned()),
        (4, "{\"hook_event_name\":\"BeforeTool\",\"tool_name\":\"write_file\",\"tool_input\":{\"file_path\":\"a\",\"content\":\"b\"}}".to_owned()),
        (5, "{\"agent_action_name\":\"pre_write_code\",\"tool_info\":{\"file_path\":\"a\",\"edits\":[{\"old_string\":\"b\",\"new_string\":\"c\"}]}}".to_owned()),
    ];
    events.map(|(agent, event)| [&[agent], event.as_bytes()].concat()).to_vec()
}

pub(super) fn agent_settings() -> Vec<Vec<u8>> {
    let json = "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\"matcher\": \"x\", \"hooks\": [{\"type\": \"command\", \"command\": \"true\"}]}\n    ]\n  },\n  // c\n  \"a\": [1, 2,],\n}\n";
    let toml = "model = \"x\"\n[features]\nhooks = true\n[[hooks.PreToolUse]]\nmatcher = \"a\"\n[[hooks.PreToolUse.hooks]]\ntype = \"command\"\ncommand = \"true\"\n";
    (0..6)
        .flat_map(|agent| [json, toml, "{}", "{\"hooks\":{}}"].map(|text| [&[agent], text.as_bytes()].concat()))
        .collect()
}

pub(super) fn hook_managers() -> Vec<Vec<u8>> {
    owned(&[
        "repos:\n  - repo: https://a\n    rev: v1\n    hooks:\n      - id: b # c\n      - {id: keysweep, args: [--]}\n",
        "pre-commit:\n  parallel: true\n  commands:\n    lint:\n      run: a\npre-push:\n  jobs:\n    - run: b\n",
        "",
    ])
}

pub(super) fn updates() -> Vec<Vec<u8>> {
    let (a, none) = (id(1), id(0));
    owned(&[
        &format!("refs/heads/x {a} refs/heads/x {none}\n(delete) {none} refs/heads/y {a}\n"),
        &format!("{none} {a} refs/heads/x\n"),
    ])
}

pub(super) fn ci_jobs() -> Vec<Vec<u8>> {
    owned(&[
        "GITHUB_ACTIONS=true\nGITHUB_EVENT_NAME=pull_request\nGITHUB_EVENT_PATH=e\nGITHUB_SHA=abc\nGITHUB_REF=refs/pull/1/merge\n\0{\"pull_request\":{\"base\":{\"sha\":\"a\",\"ref\":\"main\"},\"head\":{\"sha\":\"b\"}},\"repository\":{\"default_branch\":\"main\"}}",
        "GITHUB_ACTIONS=true\nGITHUB_EVENT_NAME=push\nGITHUB_EVENT_PATH=e\nGITHUB_REF=refs/heads/x\n\0{\"before\":\"0000\",\"after\":\"b\",\"forced\":true,\"deleted\":false}",
        "GITLAB_CI=true\nCI_COMMIT_SHA=a\nCI_COMMIT_BEFORE_SHA=b\nCI_MERGE_REQUEST_DIFF_BASE_SHA=c\nCI_COMMIT_BRANCH=x\n",
        "BUILDKITE=true\nBUILDKITE_COMMIT=a\nBUILDKITE_PULL_REQUEST=1\nBUILDKITE_PULL_REQUEST_BASE_BRANCH=main\n",
        "TF_BUILD=True\nBUILD_REASON=PullRequest\nBUILD_SOURCEVERSION=a\n",
    ])
}

pub(super) fn arguments() -> Vec<Vec<u8>> {
    owned(&[
        "scan\n.\n--format\njsonl\n--threads\n4\n--config\nx.toml",
        "history\n--since\nyesterday\n--shard\n2/8\n--max-refs\n3",
        "hook\nrun\npre-commit\n--framework\n--\na\nb",
        "hook\nrun\n--agent\nclaude",
        "ci\n--fail-on\nhigh",
        "2026-01-31\n3 weeks ago\n2026-01-02T03:04:05Z\n1/2",
    ])
}

/// The first byte says in which language.
pub(super) fn programs() -> Vec<Vec<u8>> {
    let texts: [(u8, &[u8]); 12] = [
        (0, b"import x\nk = \"\x01\"\nd = {'a': f\"{x}\x01\", 'b': r'''\x01'''}  # \x01\n"),
        (1, b"const k = `\x01`; // \x01\nconst j = {\"a\": '\x01', b: `${k}\x01`};\n"),
        (3, b"var k = `\x01`\nconst c = \"\x01\" /* \x01 */\n"),
        (4, b"let k = r#\"\x01\"#; let b = b\"\x01\"; // '\x01'\n"),
        (5, b"export K=\x01\ncurl -H \"Bearer \x01\" '\x01' <<EOF\n\x01\nEOF\n"),
        (6, b"K = %q(\x01)\nputs \"#{x}\x01\"\n"),
        (8, b"a: \x01\nb: \"\x01\"\nc: |\n  \x01\n- '\x01'\n"),
        (9, b"{\"a\": \"\x01\", \"b\": [\"\x01\"]}\n"),
        (11, b"variable \"a\" {\n default = \"\x01\"\n}\n"),
        (12, b"{\"cells\":[{\"cell_type\":\"code\",\"source\":[\"k = '\x01'\\n\"],\"outputs\":[{\"text\":[\"\x01\"]}]}],\"metadata\":{}}"),
        (13, b"API_KEY=\x01\nB=\"\x01\"\n"),
        (14, b"FROM x\nENV K=\x01\nRUN echo \x01\n"),
    ];
    texts.iter().map(|(first, text)| [&[*first], *text].concat()).collect()
}
