//! The hook script that keysweep installs: a few lines of POSIX shell that run the previous hook, then find keysweep
//! and replace themselves by it.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::HookName;

/// The suffix of the previous hook's file name.
pub const CHAINED: &str = "keysweep-chained";

const MARKER: &str = "# keysweep-hook ";

/// The version of the script's text, to distinguish an older script from one that somebody has edited.
const VERSION: u32 = 2;

/// The variable parts of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shim {
    /// The hook that it is.
    pub name: HookName,
    /// The path of keysweep when the hook was installed.
    pub binary: PathBuf,
    /// Whether commits pass if keysweep is missing.
    pub fail_open: bool,
    /// Whether installing it created the hooks directory.
    pub made_directory: bool,
}

impl Shim {
    /// The text of the script.
    pub fn text(&self) -> Vec<u8> {
        let Self { name, fail_open, made_directory, .. } = self;
        let body = self.body();
        let flags = [flag(*fail_open, FAIL_OPEN), flag(*made_directory, MADE_DIRECTORY)].concat();
        let sum = crc32fast::hash(&body);
        let mut text = format!("#!/bin/sh\n{MARKER}{VERSION} {name}{flags} {SUM}{sum:08x}\n").into_bytes();
        text.extend_from_slice(&body);
        text
    }

    /// Everything below the first two lines.
    fn body(&self) -> Vec<u8> {
        let Self { name, fail_open, .. } = self;
        let mut text = Vec::new();
        let mut put = |part: &str| text.extend_from_slice(part.as_bytes());
        put("# `keysweep hook uninstall` takes it out again and brings back what was here before.\n");
        put("keysweep=");
        text.extend_from_slice(&quoted(&self.shell_binary()));
        let mut put = |part: &str| text.extend_from_slice(part.as_bytes());
        put(&format!("\nchained=${{0%/*}}/{name}.{CHAINED}\n"));
        put(if name.reads_input() { CHAIN_WITH_INPUT } else { CHAIN });
        let (what, outcome) = match name {
            // The commits already exist.
            HookName::PostRewrite => ("is not checked", "exit 0"),
            _ if *fail_open => ("passes unchecked", "exit 0"),
            _ => ("is stopped", "exit 1"),
        };
        let act = name.operation();
        put(&FIND.replace("WHAT", &format!("this {act} {what}")).replace("OUTCOME", outcome));
        put(&match name.reads_input() {
            false => format!("exec \"$keysweep\" hook run {name} -- \"$@\"\n"),
            true => RUN_WITH_INPUT.replace("NAME", name.as_str()),
        });
        text
    }

    /// The binary's path for the hook's shell. On Windows, `C:/a` works in Git for Windows' shell and in Windows
    /// itself.
    fn shell_binary(&self) -> Vec<u8> {
        let path = self.binary.as_os_str().as_encoded_bytes();
        if cfg!(windows) { path.replace(b"\\", b"/") } else { path.to_vec() }
    }

    /// Parses a script that [`Shim::text`] wrote; `None` for any other file.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut words = marked(text)?.split_whitespace().skip(1);
        let name = words.next()?;
        let name = HookName::ALL.into_iter().find(|hook| hook.as_str() == name)?;
        let flags: Vec<&str> = words.collect();
        let start = text.find(b"\nkeysweep='")? + b"\nkeysweep=".len();
        let end = text.find(b"\nchained=")?;
        let binary = unquoted(text.get(start..end)?)?;
        Some(Self {
            name,
            binary: binary.to_path().ok()?.to_owned(),
            fail_open: flags.contains(&FAIL_OPEN),
            made_directory: flags.contains(&MADE_DIRECTORY),
        })
    }

    /// Whether keysweep wrote the file, even if it was changed later.
    pub fn is_ours(text: &[u8]) -> bool {
        text.lines().nth(1).is_some_and(|line| line.starts_with(MARKER.as_bytes()))
    }

    /// Whether a script of ours was written by another version of keysweep.
    pub fn is_outdated(text: &[u8]) -> bool {
        let version = marked(text).and_then(|words| words.split(' ').next()?.parse::<u32>().ok());
        version.is_some_and(|version| version != VERSION)
    }

    /// Whether somebody has changed a script of ours since it was installed. For the first version this cannot be
    /// determined.
    pub fn is_changed(text: &[u8]) -> bool {
        let sum = marked(text).and_then(|words| words.split(' ').find_map(|word| word.strip_prefix(SUM)));
        let body = text.lines_with_terminator().take(2).map(<[u8]>::len).sum();
        let now = crc32fast::hash(text.get(body..).unwrap_or_default());
        match sum {
            Some(sum) => sum != format!("{now:08x}"),
            None => Self::parse(text).is_none(),
        }
    }

    /// The path to which the previous hook is renamed.
    pub fn chained(hook: &Path) -> PathBuf {
        let mut name = hook.as_os_str().to_owned();
        name.push(".");
        name.push(CHAINED);
        name.into()
    }
}

/// The text after the marker in the second line: the version, the hook's name, flags, a checksum of the rest.
fn marked(text: &[u8]) -> Option<&str> {
    text.lines().nth(1)?.strip_prefix(MARKER.as_bytes())?.to_str().ok()
}

const SUM: &str = "sum=";
const FAIL_OPEN: &str = "fail-open";
const MADE_DIRECTORY: &str = "made-directory";

fn flag(set: bool, name: &str) -> String {
    if set { format!(" {name}") } else { String::new() }
}

const CHAIN: &str = "\
[ ! -x \"$chained\" ] || \"$chained\" \"$@\" || exit
";

/// Both read the references that git writes to standard input.
const CHAIN_WITH_INPUT: &str = "\
if [ -x \"$chained\" ]; then
\trefs=$(cat; echo .)
\tprintf %s \"${refs%.}\" | \"$chained\" \"$@\" || exit
fi
";

const FIND: &str = "\
case ,$SKIP, in *,keysweep,*)
\techo 'keysweep: skipped, as SKIP says' >&2
\texit 0
esac
{ [ -x \"$keysweep\" ] && [ -s \"$keysweep\" ]; } || { keysweep=$(command -v keysweep) && [ -s \"$keysweep\" ]; } || {
\techo 'keysweep: not found in its place or in PATH; WHAT. Install it again, then run: keysweep hook update' >&2
\tOUTCOME
}
";

const RUN_WITH_INPUT: &str = "\
[ -n \"$refs\" ] || exec \"$keysweep\" hook run NAME -- \"$@\"
printf %s \"${refs%.}\" | \"$keysweep\" hook run NAME -- \"$@\"
";

fn quoted(text: &[u8]) -> Vec<u8> {
    [b"'".as_slice(), &text.replace("'", "'\\''"), b"'"].concat()
}

fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    Some(text.strip_prefix(b"'")?.strip_suffix(b"'")?.replace("'\\''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shim_reads_back_as_it_was_written() {
        for name in HookName::ALL {
            for (binary, fail_open, made_directory) in
                [("/usr/bin/keysweep", false, false), ("/it's a/\"dir\"\n/$(x)/keysweep", true, true)]
            {
                let shim = Shim { name, binary: binary.into(), fail_open, made_directory };
                let text = shim.text();
                assert!(!Shim::is_changed(&text) && !Shim::is_outdated(&text));
                let first = text.replace("hook 2 ", "hook 1 ");
                assert!(!Shim::is_changed(&first) && Shim::is_outdated(&first));
                assert!(Shim::is_changed(&[&text[..], b"echo mine\n"].concat()));
                assert_eq!(Shim::parse(&text), Some(shim));
            }
        }
        assert_eq!(Shim::parse(b"#!/bin/sh\necho keysweep\n"), None);
    }
}
